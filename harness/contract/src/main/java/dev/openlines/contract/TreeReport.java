// SPDX-License-Identifier: Apache-2.0
package dev.openlines.contract;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.Locale;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** The result on a terminal: group by group, failures in full. */
final class TreeReport {

    private TreeReport() {}

    static String of(ContractReport report) {
        StringWriter text = new StringWriter();
        PrintWriter out = new PrintWriter(text);
        print(report, out);
        out.flush();
        return text.toString();
    }

    private static void print(ContractReport report, PrintWriter out) {
        report.results().stream()
                .collect(Collectors.groupingBy(
                        result -> result.contractCase().group(), TreeMap::new, Collectors.toList()))
                .forEach((group, results) -> {
                    out.println(group + " " + Catalogue.groupTitle(group));
                    results.stream()
                            .filter(result -> result.verdict() != Verdict.PLANNED)
                            .forEach(result -> print(result, out));
                    long planned = results.stream()
                            .filter(result -> result.verdict() == Verdict.PLANNED)
                            .count();
                    if (planned > 0) {
                        out.println("  PLANNED, NOT RUN: "
                                + results.stream()
                                        .filter(result -> result.verdict() == Verdict.PLANNED)
                                        .map(result -> result.id().substring(6))
                                        .collect(Collectors.joining(" ")));
                    }
                });
        report.remarks().forEach(remark -> out.println("WARNING: " + remark));
        report.stopped().ifPresent(why -> out.println("THE RUN ENDED EARLY: " + why));
    }

    private static void print(CaseResult result, PrintWriter out) {
        String mark = switch (result.verdict()) {
            case PASS -> "pass";
            case FAIL -> result.contractCase().level() == Level.MUST ? "FAIL" : "warn";
            case NOT_OBSERVED -> "????";
            case PLANNED -> "plan";
        };
        out.println(String.format(
                Locale.ROOT,
                "  %s %s %-6s %s",
                mark,
                result.id(),
                result.contractCase().level(),
                result.contractCase().requirement()));
        if (result.verdict() == Verdict.FAIL) {
            result.failures().forEach(line -> out.println("         " + line));
            if (!result.reproduce().isEmpty()) {
                out.println("         by hand: " + result.reproduce());
            }
        }
        if (result.verdict() == Verdict.NOT_OBSERVED) {
            result.missing().forEach(line -> out.println("         not observed: " + line));
        }
        result.warnings().forEach(line -> out.println("         note: " + line));
    }
}
