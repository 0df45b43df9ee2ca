// SPDX-License-Identifier: Apache-2.0
package dev.openlines.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.client.Subscription;
import dev.openlines.model.OnSessionFinish;
import dev.openlines.portal.Fault;
import dev.openlines.portal.Portal;
import dev.openlines.portal.SimulatedPortal;
import dev.openlines.testkit.Await;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code openlines compare --reversible}: it unbinds what it has bound, and nothing else. */
@SimulatedPortal(strict = false) // An unknown method is one of the questions.
@Timeout(600)
class CompareReversibleTest {

    @TempDir
    private Path folder;

    @Test
    void subscriptionsOfACrashedRunAreUnbound(Portal portal) throws IOException {
        OwnApplication own = OwnApplication.of("compare", portal.restUri());
        CompareCommandTest.subscriptions(portal).bind(Subscription.online("ONAPPTEST", own.handler()));
        CompareCommandTest.subscriptions(portal)
                .bind(Subscription.offline(OnSessionFinish.CODE).withConnector(own.key()));

        Ran ran = CompareCommandTest.byToken(folder, portal, portal.restUri(), "--reversible");

        assertThat(ran.out()).contains("no difference");
        assertThat(CompareCommandTest.subscriptions(portal).get()).isEmpty();
    }

    @Test
    void subscriptionsAreUnboundAlsoIfThePortalBreaksOff(Portal portal) throws IOException {
        portal.faults().add(Fault.reset().on("event.test"));

        Ran ran = CompareCommandTest.byToken(folder, portal, portal.restUri(), "--reversible");

        assertThat(ran.err()).startsWith("openlines: the portal does not answer: ");
        assertThat(ran.exit()).isEqualTo(1);
        assertThat(CompareCommandTest.subscriptions(portal).get()).isEmpty();
    }

    /** Starts a process that compares, and waits until it has bound a handler. The portal then keeps it waiting. */
    private Process comparing(Portal portal) throws IOException {
        portal.faults().add(Fault.hangs(Duration.ofMinutes(5)).on("event.test"));
        ProcessBuilder command = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                        OpenlinesCommand.class.getName(),
                        "compare",
                        "--reversible",
                        "--portal",
                        portal.restUri().toString())
                .redirectErrorStream(true);
        command.environment()
                .put(PortalOptions.TOKEN_VARIABLE, portal.accessToken().reveal());
        Process comparing = command.start();
        Await.until(
                "a test event",
                () -> portal.calls().stream()
                        .anyMatch(call -> call.method().equals("event.bind") && call.status() == 200));
        return comparing;
    }

    @Test
    void aSignalUnbindsToo(Portal portal) throws Exception {
        Process comparing = comparing(portal);
        try (BufferedReader lines = comparing.inputReader(UTF_8)) {
            comparing.toHandle().destroy();

            assertThat(comparing.waitFor(2, TimeUnit.MINUTES)).isTrue();
            assertThat(CompareCommandTest.subscriptions(portal).get()).isEmpty();
            assertThat(lines.lines()).last().isEqualTo("openlines: ended before all was compared");
        } finally {
            comparing.destroyForcibly();
        }
    }

    @Test
    void theRunAfterOneThatWasKilledUnbinds(Portal portal) throws Exception {
        Process comparing = comparing(portal);
        comparing.destroyForcibly();
        assertThat(comparing.waitFor(2, TimeUnit.MINUTES)).isTrue();
        assertThat(CompareCommandTest.subscriptions(portal).get()).isNotEmpty();
        portal.faults().clear();

        assertThat(CompareCommandTest.byToken(folder, portal, portal.restUri(), "--reversible")
                        .out())
                .contains("no difference");

        assertThat(CompareCommandTest.subscriptions(portal).get()).isEmpty();
    }

    @Test
    void anApplicationWithWorkOfItsOwnIsNotTouched(Portal portal) throws IOException {
        portal.subscribe(OnSessionFinish.CODE, URI.create("http://127.0.0.1:9/production"));

        assertThat(CompareCommandTest.byToken(folder, portal, portal.restUri(), "--reversible"))
                .isEqualTo(new Ran(
                        1,
                        "",
                        "openlines: the application has a subscription to ONSESSIONFINISH that compare did not make;"
                                + " make a local application for compare alone\n"));
        assertThat(CompareCommandTest.subscriptions(portal).get()).hasSize(1);
    }
}
