// SPDX-License-Identifier: Apache-2.0
package dev.openlines.contract;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Case 517 checks its hook: while it is on, acknowledged events must really wait. */
class SlowProcessingTest {

    @TempDir
    private Path folder;

    private CaseResult judge(String on, String off) {
        try (SmallHandler handler = SmallHandler.right(folder)) {
            Settings settings = new Settings(handler.uri(), SmallHandler.MEMBER_ID, SmallHandler.PROOF);
            settings.evidence = EffectSources.file(handler.evidence());
            settings.settle = Duration.ofSeconds(30);
            settings.slowness = Duration.ofSeconds(2);
            settings.slowOn = on.replace("{}", handler.slow().toString());
            settings.slowOff = off.replace("{}", handler.slow().toString());
            settings.only = java.util.List.of("OSF-C-517");
            return new ContractSuite(settings).run().result("OSF-C-517").orElseThrow();
        }
    }

    @Test
    void aHookThatHoldsTheWorkShowsThatTheAnswerDoesNotWaitForIt() {
        CaseResult result = judge("touch '{}'", "rm '{}'");

        assertThat(result.verdict()).isEqualTo(Verdict.PASS);
        assertThat(result.missing()).isEmpty();
    }

    @Test
    void aHookThatDoesNothingIsNoProof() {
        CaseResult result = judge("true", "true");

        assertThat(result.verdict()).isEqualTo(Verdict.NOT_OBSERVED);
        assertThat(result.missing())
                .containsExactly(
                        "the handler's slow processing: 5 of 5 events that were acknowledged after --slow-on had"
                                + " their effect before --slow-off");
    }

    @Test
    void aHookThatFailsIsNoProof() {
        assertThat(judge("false", "true").missing())
                .containsExactly("the handler's slow processing: the command of --slow-on failed");
    }

    @Test
    void slowProcessingThatCannotBeEndedIsNotHeldAgainstTheHandler() {
        CaseResult result = judge("touch '{}'", "false");

        assertThat(result.verdict()).isEqualTo(Verdict.NOT_OBSERVED);
        assertThat(result.missing()).containsExactly("the end of slow processing: the command of --slow-off failed");
    }

    @Test
    @Tag("long")
    void anEventThatWasAcknowledgedMeanwhileAndIsNeverHandledIsLost() {
        CaseResult result = judge("touch '{}'", "true");

        assertThat(result.verdict()).isEqualTo(Verdict.FAIL);
        assertThat(result.failures())
                .singleElement()
                .asString()
                .startsWith("expected one effect for each event acknowledged while processing was slow, after"
                        + " --slow-off; got no effect for chat ");
    }
}
