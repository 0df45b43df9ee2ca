// SPDX-License-Identifier: Apache-2.0
package dev.openlines.contract;

import jakarta.json.Json;
import jakarta.json.JsonArrayBuilder;
import jakarta.json.JsonObjectBuilder;
import java.util.List;

/** One line of JSON for each case. */
final class JsonlReport {

    private JsonlReport() {}

    static String of(ContractReport report, Baseline baseline) {
        StringBuilder out = new StringBuilder();
        report.results().forEach(result -> out.append(line(result, baseline)).append('\n'));
        return out.toString();
    }

    private static String line(CaseResult result, Baseline baseline) {
        ContractCase one = result.contractCase();
        JsonObjectBuilder line = Json.createObjectBuilder()
                .add("id", one.id())
                .add("level", one.level().toString())
                .add("verdict", result.verdict().toString())
                .add("profile", one.profile().toString())
                .add("sent", one.sent())
                .add("requirement", one.requirement())
                .add("source", one.provenance())
                .add(
                        "oracles",
                        String.join("", one.oracles().stream().map(Oracle::name).toList()))
                .add("elapsed_ms", result.took().toMillis())
                .add("failures", array(result.failures()))
                .add("warnings", array(result.warnings()))
                .add("missing", array(result.missing()));
        if (result.verdict() == Verdict.FAIL) {
            baseline.tell(one.id(), line);
            line.add("why", Advice.why(one.id())).add("mend", Advice.fix(one.id()));
        }
        if (!result.reproduce().isEmpty()) {
            line.add("reproduce", result.reproduce());
        }
        return line.build().toString();
    }

    private static JsonArrayBuilder array(List<String> texts) {
        JsonArrayBuilder array = Json.createArrayBuilder();
        texts.forEach(array::add);
        return array;
    }
}
