// SPDX-License-Identifier: Apache-2.0
package dev.openlines.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.contract.ContractReport;
import dev.openlines.contract.ContractSuite;
import dev.openlines.contract.EffectSource;
import dev.openlines.contract.Level;
import dev.openlines.contract.Verdict;
import dev.openlines.testkit.SomeAtATime;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The suite's own teeth: each sin is caught by the case that names it, and nothing else is blamed. */
class SinsTest {

    @RegisterExtension
    private final SomeAtATime some = SomeAtATime.of(4);

    /** Only what never comes is waited for so long. */
    private static final Duration SLOW_MACHINE = Duration.ofMinutes(2);

    @Test
    void thereAreAtLeast24Sins() {
        assertThat(Arrays.stream(Sin.values()).map(Sin::label))
                .hasSizeGreaterThanOrEqualTo(24)
                .doesNotHaveDuplicates();
    }

    @Test
    void everyMustCaseHasASinThatItCatches() {
        assertThat(SelftestCommand.toothless()).isEmpty();
    }

    /**
     * Runs sins that take a second each, some at a time. The rest waits long, loads the machine, or starts processes.
     */
    @TestFactory
    Stream<DynamicTest> aSinIsCaughtByItsCase() {
        Set<Sin> slow = EnumSet.of(
                Sin.WAITS_FOR_PORTAL,
                Sin.ONE_AT_A_TIME,
                Sin.HANGS_ON_BAD_TOKEN,
                Sin.FEW_CONNECTIONS,
                Sin.LAX_HTTP,
                Sin.GIVES_UP,
                Sin.WORKS_FIRST,
                Sin.DROPS_WHEN_BUSY,
                Sin.TRIES_FOREVER);
        List<DynamicTest> tests = Arrays.stream(Sin.values())
                .filter(sin -> !sin.needsProcess() && !slow.contains(sin))
                .map(sin -> {
                    Future<ContractReport> report = some.submit(() -> judged(sin));
                    return DynamicTest.dynamicTest(
                            sin.label() + " by " + sin.caughtBy().get(0), () -> assertCaught(sin, report.get()));
                })
                .toList();
        return tests.stream();
    }

    /** Checks that each fails the case that was made for it and no other of its group. */
    @ParameterizedTest
    @EnumSource(names = {"HANDLES_LISTED", "HANDLES_LATE"})
    @Tag("long")
    void aHandlerThatReconcilesWronglyIsCaughtByItsCaseAlone(Sin sin) {
        ContractReport report = SelftestCommand.judge(sin, true, List.of("OSF-C-9*"), SLOW_MACHINE);

        assertThat(report.ids(Level.MUST, Verdict.FAIL)).isEqualTo(sin.caughtBy());
    }

    /** Checks that none of the cases about one instance blames a handler that is wrong with two. */
    @ParameterizedTest
    @EnumSource(names = {"DEDUPLICATES_ALONE", "REWRITES_AT_START"})
    @Tag("long")
    void aHandlerThatIsWrongWithTwoInstancesIsCaughtByItsCaseAlone(Sin sin) {
        ContractReport report = SelftestCommand.judge(
                sin, true, List.of("OSF-C-116", "OSF-C-501", "OSF-C-502", "OSF-C-6*"), SLOW_MACHINE);

        assertThat(report.ids(Level.MUST, Verdict.FAIL)).isEqualTo(sin.caughtBy());
    }

    @Test
    @Tag("long")
    void twoInstancesOfTheGoodHandlerShareAStore() {
        ContractReport report = SelftestCommand.judge(null, true, List.of("OSF-C-608", "OSF-C-615"), SLOW_MACHINE);

        assertThat(report.ids(Level.MUST, Verdict.PASS)).containsExactly("OSF-C-608", "OSF-C-615");
    }

    @Test
    @Tag("long")
    void aLogThatStrangersFillIsCaughtByItsCaseAlone() {
        ContractReport report = SelftestCommand.judge(
                Sin.PRINTS_TRACES, true, List.of("OSF-C-210", "OSF-C-317", "OSF-C-319", "OSF-C-70*"), SLOW_MACHINE);

        assertThat(report.ids(Level.SHOULD, Verdict.FAIL)).containsExactly("OSF-C-319");
        assertThat(report.ids(Level.MUST, Verdict.FAIL)).isEmpty();
        assertThat(report.result("OSF-C-319").orElseThrow().failures())
                .singleElement()
                .asString()
                .startsWith("expected less than 512 bytes in the log for each of 300 events with a wrong token; got ");
    }

    @Test
    @Tag("long")
    void theGoodHandlerPrintsLittle() {
        ContractReport report = SelftestCommand.judge(null, true, List.of("OSF-C-319"), SLOW_MACHINE);

        assertThat(report.ids(Level.SHOULD, Verdict.PASS)).containsExactly("OSF-C-319");
    }

    @Test
    @Tag("long")
    void aHandlerThatDoesNotReconcileIsCaught() {
        assertCaught(
                Sin.NEVER_COMPARES,
                SelftestCommand.judge(Sin.NEVER_COMPARES, true, List.of("OSF-C-901"), SelftestCommand.SOON));
    }

    @Test
    @Tag("long")
    void theGoodHandlerReconciles() {
        ContractReport report = SelftestCommand.judge(null, true, List.of("OSF-C-9*"), SLOW_MACHINE);

        assertThat(report.ids(Level.MUST, Verdict.PASS)).containsExactly("OSF-C-901", "OSF-C-902", "OSF-C-903");
    }

    /** Checks that a capture shows a fault which the shapes of the catalogue do not. */
    @Test
    void aShapeThatOnlyACaptureHasIsFoundByNoOtherCase() {
        ContractReport report = SelftestCommand.judge(
                Sin.KNOWS_ITS_SESSION,
                false,
                List.of("OSF-C-00*", "OSF-C-01*", "OSF-C-023", "OSF-C-026", "OSF-C-20*", "OSF-C-21*"),
                SLOW_MACHINE);

        assertThat(report.ids(Level.MUST, Verdict.FAIL)).containsExactly("OSF-C-026");
        // The practice handler has its portal from settings, and takes no new token of an update.
        assertThat(report.ids(Level.SHOULD, Verdict.FAIL)).isSubsetOf("OSF-C-019");
        assertThat(report.result("OSF-C-026").orElseThrow().failures())
                .satisfiesExactly(
                        first -> assertThat(first).contains("ONSESSIONFINISH in the shape of capture 1"),
                        second -> assertThat(second).contains("ONSESSIONFINISH in the shape of capture 2"));
        assertThat(report.result("OSF-C-026").orElseThrow().warnings())
                .containsExactly(
                        "1 capture of the application's own events not sent: 016 to 019 send such events, which"
                                + " change whom the handler trusts");
    }

    @Test
    void theGoodHandlerPassesTheShouldCasesAboutStrangers() {
        List<String> ids = List.of("OSF-C-316", "OSF-C-317", "OSF-C-318", "OSF-C-426", "OSF-C-427");
        ContractReport report = SelftestCommand.judge(null, false, ids, SLOW_MACHINE);

        assertThat(report.ids(Level.SHOULD, Verdict.PASS)).isEqualTo(ids);
    }

    /** Checks that the content is looked at if only a command prints it, and that a command that fails proves nothing. */
    @Test
    void tokensInADatabaseAreFoundByACommand(@TempDir Path folder) {
        Path evidence = folder.resolve("evidence");
        Path data = folder.resolve("data");
        try (PracticeHandler handler = PracticeHandler.start(
                0, SelftestCommand.MEMBER_ID, SelftestCommand.PROOF, data, evidence, Sin.STORES_TOKENS, line -> {})) {
            ContractSuite suite = ContractSuite.of(handler.uri(), SelftestCommand.MEMBER_ID, SelftestCommand.PROOF)
                    .only("001", "706")
                    .settle(SLOW_MACHINE)
                    .evidence(EffectSource.file(evidence));
            ContractReport found = suite.storeCommand("cat '" + data + "'/*").run();
            ContractReport blind = suite.storeCommand("exit 3").run();

            assertThat(found.result("OSF-C-706").orElseThrow().failures())
                    .containsExactly("expected no token in clear in a store that other users can read; got"
                            + " <application_token> in what the command of --store prints");
            assertThat(blind.result("OSF-C-706").orElseThrow().missing())
                    .containsExactly("what the handler stores (L): the command of --store ended with exit code 3");
        }
    }

    @Test
    void aSmallLimitLosesTheLongestMessagesToo() {
        ContractReport report =
                SelftestCommand.judge(Sin.SMALL_LIMIT, false, List.of("OSF-C-316"), SelftestCommand.SOON);

        assertThat(report.ids(Level.SHOULD, Verdict.FAIL)).containsExactly("OSF-C-316");
    }

    private static ContractReport judged(Sin sin) {
        return SelftestCommand.judge(sin, false, sin.caughtBy().subList(0, 1), SelftestCommand.SOON);
    }

    private static void assertCaught(Sin sin, ContractReport report) {
        String id = sin.caughtBy().get(0);
        Level level = report.result(id).orElseThrow().contractCase().level();
        assertThat(report.ids(level, Verdict.FAIL)).containsExactly(id);
        if (level != Level.MUST) {
            assertThat(report.ids(Level.MUST, Verdict.FAIL)).isEmpty();
        }
        assertThat(report.exitCode(level, false)).isEqualTo(ContractReport.FAILED);
    }

    @ParameterizedTest
    @EnumSource
    @EnabledIfSystemProperty(named = "selftest", matches = "true")
    void everySinIsCaughtByItsCases(Sin sin) {
        assertThat(SelftestCommand.missed(sin, sin.caughtBy())).isEmpty();
    }

    @Test
    void theGoodHandlerPassesWhatIsQuickAndIsSeen() {
        ContractReport report = SelftestCommand.judge(
                null, false, List.of("OSF-C-00*", "OSF-C-10*", "OSF-C-20*", "OSF-C-40*", "OSF-C-50*"), SLOW_MACHINE);

        assertThat(report.ids(Level.MUST, Verdict.FAIL)).isEmpty();
        assertThat(report.ids(Level.SHOULD, Verdict.FAIL)).isEmpty();
        assertThat(report.ids(Level.MUST, Verdict.NOT_OBSERVED)).isEmpty();
        assertThat(report.exitCode(Level.SHOULD, true)).isEqualTo(ContractReport.PASSED);
    }

    @Test
    @EnabledIfSystemProperty(named = "selftest", matches = "true")
    void theGoodHandlerPassesTheWholeDurableProfile() {
        ContractReport report = SelftestCommand.judge(null, true, List.of(), SelftestCommand.LATE);

        assertThat(report.ids(Level.MUST, Verdict.FAIL)).isEmpty();
        assertThat(report.ids(Level.MUST, Verdict.NOT_OBSERVED)).isEmpty();
    }

    @Test
    void withoutEvidenceNothingThatNeedsItPasses() {
        ContractReport report = SelftestCommand.judgeWithoutEvidence(List.of("OSF-C-001", "OSF-C-101", "OSF-C-121"));

        assertThat(report.ids(Level.MUST, Verdict.NOT_OBSERVED)).containsExactly("OSF-C-001", "OSF-C-101");
        assertThat(report.ids(Level.MUST, Verdict.PASS)).containsExactly("OSF-C-121");
        assertThat(report.result("OSF-C-101").orElseThrow().missing()).containsExactly("evidence of effects (E)");
        assertThat(report.exitCode(Level.MUST, false)).isEqualTo(ContractReport.PASSED);
        assertThat(report.exitCode(Level.MUST, true)).isEqualTo(ContractReport.INCONCLUSIVE);
    }
}
