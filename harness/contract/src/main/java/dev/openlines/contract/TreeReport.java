// SPDX-License-Identifier: Apache-2.0
package dev.openlines.contract;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * The result on a terminal: a line for each case that was observed, group by group, then the others by their reason, then
 * the failures in full, in the order to fix them.
 */
final class TreeReport {

    private static final int IN_A_LINE = 10;

    private final ContractReport report;
    private final Baseline baseline;
    private final PrintWriter out;

    private TreeReport(ContractReport report, Baseline baseline, PrintWriter out) {
        this.report = report;
        this.baseline = baseline;
        this.out = out;
    }

    static String of(ContractReport report, Baseline baseline) {
        StringWriter text = new StringWriter();
        PrintWriter out = new PrintWriter(text);
        new TreeReport(report, baseline, out).print();
        out.flush();
        return text.toString();
    }

    private void print() {
        report.results().stream()
                .filter(Outcome.NOT_OBSERVED.in(baseline).negate())
                .collect(Collectors.groupingBy(
                        result -> result.contractCase().group(), TreeMap::new, Collectors.toList()))
                .forEach((group, results) -> {
                    out.println(group + " " + Catalogue.groupTitle(group));
                    results.forEach(this::line);
                });
        unseen();
        List<CaseResult> known =
                report.results().stream().filter(Outcome.KNOWN.in(baseline)).toList();
        if (!known.isEmpty()) {
            out.println();
            out.println("KNOWN FAILURES: " + known.size());
            known.forEach(result -> {
                out.println("  " + result.id() + ", " + baseline.told(result.id()));
                result.failures().forEach(line -> out.println("         " + line));
            });
        }
        failures();
        report.remarks().forEach(remark -> out.println("WARNING: " + remark));
        report.stopped().ifPresent(why -> out.println("THE RUN ENDED EARLY: " + why));
    }

    private void line(CaseResult result) {
        String mark = switch (Outcome.of(result, baseline)) {
            case PASS -> "pass";
            case FAIL -> result.contractCase().level() == Level.MUST ? "FAIL" : "warn";
            case KNOWN -> "know";
            case NOT_OBSERVED -> throw new IllegalStateException(result.id());
        };
        out.println(String.format(
                Locale.ROOT,
                "  %s %s %-6s %s",
                mark,
                result.id(),
                result.contractCase().level(),
                result.contractCase().requirement()));
        if (result.verdict() != Verdict.FAIL) {
            result.warnings().forEach(line -> out.println("         note: " + line));
        }
    }

    private void unseen() {
        List<CaseResult> unseen = report.results().stream()
                .filter(Outcome.NOT_OBSERVED.in(baseline))
                .toList();
        if (unseen.isEmpty()) {
            return;
        }
        out.println();
        out.println("NOT OBSERVED: " + unseen.size());
        unseen.stream()
                .collect(Collectors.groupingBy(
                        result -> String.join(", and ", result.missing()), LinkedHashMap::new, Collectors.toList()))
                .forEach((reason, results) -> {
                    out.println("  " + reason);
                    for (int i = 0; i < results.size(); i += IN_A_LINE) {
                        out.println(results.subList(i, Math.min(i + IN_A_LINE, results.size())).stream()
                                .map(CaseResult::id)
                                .collect(Collectors.joining(" ", "    ", "")));
                    }
                    results.forEach(result ->
                            result.warnings().forEach(line -> out.println("    " + result.id() + " note: " + line)));
                });
    }

    private void failures() {
        List<CaseResult> failed = Outcome.toMend(report.results(), baseline);
        if (failed.isEmpty()) {
            return;
        }
        out.println();
        out.println("FAILURES: " + failed.size() + ", in the order to fix them");
        report.handlerCommand()
                .ifPresent(command -> out.println("  before a line by hand, start the handler: " + command));
        failed.forEach(result -> {
            ContractCase one = result.contractCase();
            out.println();
            out.println("  " + one.id() + " " + one.level());
            out.println("    sent:     " + one.sent());
            out.println("    required: " + one.requirement());
            out.println("    why:      " + Advice.why(one.id()));
            out.println("    source:   " + one.provenance());
            result.failures().forEach(line -> out.println("    seen:     " + line));
            out.println("    fix:      " + Advice.fix(one.id()));
            if (!result.reproduce().isEmpty()) {
                out.println("    by hand:  " + result.reproduce());
            }
            result.warnings().forEach(line -> out.println("    note:     " + line));
        });
    }
}
