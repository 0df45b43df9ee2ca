// SPDX-License-Identifier: Apache-2.0
package dev.openlines.contract;

import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.DynamicTest;

/**
 * The suite as dynamic tests, one for each case:
 *
 * <pre>{@code @TestFactory
 * Stream<DynamicTest> contract() {
 *     return ContractTests.of(ContractSuite.of(app.url(), MEMBER_ID, APPLICATION_TOKEN)
 *             .evidence(app::effects)
 *             .exclude("OSF-C-421"));
 * }}</pre>
 *
 * <p>The handler is judged once, when the first of the tests runs. A failed must-case fails its test; a
 * case that was not observed, and a should-case that failed, is aborted with the reason,
 * which reports show as skipped.
 */
public final class ContractTests {

    private ContractTests() {}

    /**
     * Makes the tests of a suite.
     *
     * @param suite the suite to run
     * @return one test for each case, in the order of the ids
     */
    public static Stream<DynamicTest> of(ContractSuite suite) {
        Once report = new Once(suite::run);
        return suite.cases().stream()
                .map(one ->
                        DynamicTest.dynamicTest(one.id() + " " + one.requirement(), () -> judge(report.get(), one)));
    }

    private static void judge(ContractReport report, ContractCase one) {
        CaseResult result = report.result(one.id()).orElseThrow();
        String told = one.id() + " (" + one.level() + "): " + one.requirement() + "\n  "
                + Advice.told(result).replace("\n", "\n  ");
        if (result.verdict() == Verdict.FAIL && one.level() == Level.MUST) {
            Assertions.fail(told);
        }
        Assumptions.assumeTrue(result.verdict() != Verdict.FAIL, told);
        Assumptions.assumeTrue(
                result.verdict() == Verdict.PASS, () -> result.verdict() + ": " + String.join("; ", result.missing()));
    }

    private static final class Once implements Supplier<ContractReport> {

        private final Supplier<ContractReport> maker;
        private @Nullable ContractReport made;

        Once(Supplier<ContractReport> maker) {
            this.maker = maker;
        }

        @Override
        public synchronized ContractReport get() {
            ContractReport report = made;
            if (report == null) {
                report = maker.get();
                made = report;
            }
            return report;
        }
    }
}
