// SPDX-License-Identifier: Apache-2.0
package dev.openlines.contract;

import java.util.List;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** A summary to read in a merge request. */
final class MarkdownReport {

    private MarkdownReport() {}

    static String of(ContractReport report, int exitCode, Baseline baseline) {
        StringBuilder out = new StringBuilder("# Contract of the handler\n\n`")
                .append(report.summary(exitCode, baseline))
                .append("`\n\n");
        report.remarks().forEach(remark -> out.append("**").append(remark).append(".**\n\n"));
        report.stopped()
                .ifPresent(
                        why -> out.append("**The run ended early: ").append(why).append(".**\n\n"));
        out.append("| group | pass | fail | known | not observed |\n| --- | --- | --- | --- | --- |\n");
        report.results().stream()
                .collect(Collectors.groupingBy(
                        result -> result.contractCase().group(), TreeMap::new, Collectors.toList()))
                .forEach((group, results) -> out.append("| ")
                        .append(group)
                        .append(' ')
                        .append(Catalogue.groupTitle(group))
                        .append(cell(results, Outcome.PASS, baseline))
                        .append(cell(results, Outcome.FAIL, baseline))
                        .append(cell(results, Outcome.KNOWN, baseline))
                        .append(cell(results, Outcome.NOT_OBSERVED, baseline))
                        .append(" |\n"));
        for (Level level : Level.values()) {
            List<CaseResult> failed = Outcome.toMend(report.results(), baseline).stream()
                    .filter(result -> result.contractCase().level() == level)
                    .toList();
            if (!failed.isEmpty()) {
                out.append("\n## Failed: ").append(level).append("\n");
                failed.forEach(result -> failure(out, result));
            }
        }
        List<CaseResult> known =
                report.results().stream().filter(Outcome.KNOWN.in(baseline)).toList();
        if (!known.isEmpty()) {
            out.append("\n## Known failures\n");
            known.forEach(result -> {
                failure(out, result);
                out.append("\n").append(baseline.told(result.id())).append(".\n");
            });
        }
        List<CaseResult> unseen = report.results().stream()
                .filter(result -> result.verdict() == Verdict.NOT_OBSERVED)
                .toList();
        if (!unseen.isEmpty()) {
            out.append("\n## Not observed\n\n");
            unseen.forEach(result -> out.append("- ")
                    .append(result.id())
                    .append(": ")
                    .append(String.join("; ", result.missing()))
                    .append('\n'));
        }
        return out.toString();
    }

    private static String cell(List<CaseResult> results, Outcome outcome, Baseline baseline) {
        return " | " + results.stream().filter(outcome.in(baseline)).count();
    }

    private static void failure(StringBuilder out, CaseResult result) {
        out.append("\n**")
                .append(result.id())
                .append("** ")
                .append(result.contractCase().requirement())
                .append("\n\n");
        out.append("- sent: ").append(result.contractCase().sent()).append('\n');
        out.append("- why: ").append(Advice.why(result.id())).append('\n');
        result.failures().forEach(line -> out.append("- ").append(line).append('\n'));
        out.append("- fix: ").append(Advice.fix(result.id())).append('\n');
        if (!result.reproduce().isEmpty()) {
            out.append("\n```sh\n").append(result.reproduce()).append("\n```\n");
        }
    }
}
