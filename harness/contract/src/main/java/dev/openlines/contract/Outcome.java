// SPDX-License-Identifier: Apache-2.0
package dev.openlines.contract;

import java.util.List;
import java.util.function.Predicate;

/** The counts that every report has: verdicts, and among the failures those that the baseline knows. */
enum Outcome {
    PASS("pass"),
    FAIL("fail"),
    KNOWN("known"),
    NOT_OBSERVED("not-observed");

    private final String label;

    Outcome(String label) {
        this.label = label;
    }

    static Outcome of(CaseResult result, Baseline baseline) {
        return switch (result.verdict()) {
            case PASS -> PASS;
            case FAIL -> baseline.expects(result.id()) ? KNOWN : FAIL;
            case NOT_OBSERVED -> NOT_OBSERVED;
        };
    }

    /** Tells for a result whether it has this outcome. */
    Predicate<CaseResult> in(Baseline baseline) {
        return result -> of(result, baseline) == this;
    }

    /** Returns the failures that the baseline does not know, in the order to fix them. */
    static List<CaseResult> toMend(List<CaseResult> results, Baseline baseline) {
        return results.stream()
                .filter(FAIL.in(baseline))
                .sorted(java.util.Comparator.comparing(Outcome::consequence)
                        .thenComparing(result -> result.contractCase().level())
                        .thenComparing(
                                result -> ORDER.indexOf(result.contractCase().group()))
                        .thenComparing(CaseResult::id))
                .toList();
    }

    /** Groups whose failures explain those of others come first. */
    private static final String ORDER = "ABFJGHCDE";

    private static boolean consequence(CaseResult result) {
        return result.warnings().stream().anyMatch(warning -> warning.startsWith(CaseRun.CONSEQUENCE));
    }

    @Override
    public String toString() {
        return label;
    }
}
