// SPDX-License-Identifier: Apache-2.0
package dev.openlines.contract;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The suite's own teeth: each sin is caught by the case that names it, and nothing else is blamed. */
class SinsTest {

    @Test
    void thereAreAtLeast24Sins() {
        assertThat(Arrays.stream(Sin.values()).map(Sin::label))
                .hasSizeGreaterThanOrEqualTo(24)
                .doesNotHaveDuplicates();
    }

    @ParameterizedTest
    @EnumSource(
            names = {
                "TRUSTS_USER_AGENT",
                "ANY_TOKEN",
                "LOOSE_COMPARISON",
                "IGNORES_MEMBER_ID",
                "ACTS_BEFORE_CHECK",
                "KEY_WITHOUT_TS",
                "REFRESHES_PER_EVENT",
                "BELIEVES_INSTALLS",
                "FOLLOWS_ENDPOINT",
                "ECHOES_BODY",
                "FIRST_ELEMENT_ONLY",
                "IDS_AS_FLOATS",
                "REJECTS_OLD",
                "BREAKS_ON_LIST",
                "EFFECT_ON_GET"
            })
    void aSinIsCaughtByItsCase(Sin sin) {
        assertCaught(sin);
    }

    @ParameterizedTest
    @EnumSource
    @EnabledIfSystemProperty(named = "selftest", matches = "true")
    void everySinIsCaughtByItsCase(Sin sin) {
        assertCaught(sin);
    }

    private static void assertCaught(Sin sin) {
        ContractReport report = SelftestCommand.judge(sin, sin.needsProcess(), List.of(sin.caughtBy()));

        assertThat(report.ids(Level.MUST, Verdict.FAIL)).containsExactly(sin.caughtBy());
        assertThat(report.exitCode(Level.MUST, false)).isEqualTo(ContractReport.FAILED);
    }

    @Test
    void theGoodHandlerPassesWhatIsQuickAndIsSeen() {
        ContractReport report = SelftestCommand.judge(
                null, false, List.of("OSF-C-00*", "OSF-C-10*", "OSF-C-20*", "OSF-C-40*", "OSF-C-50*"));

        assertThat(report.ids(Level.MUST, Verdict.FAIL)).isEmpty();
        assertThat(report.ids(Level.SHOULD, Verdict.FAIL)).isEmpty();
        assertThat(report.ids(Level.MUST, Verdict.NOT_OBSERVED)).isEmpty();
        assertThat(report.exitCode(Level.SHOULD, true)).isEqualTo(ContractReport.PASSED);
    }

    @Test
    @EnabledIfSystemProperty(named = "selftest", matches = "true")
    void theGoodHandlerPassesTheWholeDurableProfile() {
        ContractReport report = SelftestCommand.judge(null, true, List.of());

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
