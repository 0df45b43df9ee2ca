// SPDX-License-Identifier: Apache-2.0
package dev.openlines.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.client.RestClient;
import dev.openlines.client.Subscriptions;
import dev.openlines.model.OnAppTest;
import dev.openlines.model.OnSessionFinish;
import dev.openlines.portal.Portal;
import dev.openlines.portal.PortalChat;
import dev.openlines.portal.PortalLine;
import dev.openlines.portal.PortalServer;
import dev.openlines.portal.PortalSetup;
import dev.openlines.portal.SimulatedPortal;
import dev.openlines.receiver.Handlers;
import dev.openlines.server.ReceiverServer;
import dev.openlines.server.Settings;
import dev.openlines.testkit.RecordingHandler;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code openlines doctor} between a simulated portal and a real receiver. */
@SimulatedPortal
@Timeout(300)
class ClientDoctorTest {

    @TempDir
    Path folder;

    private ReceiverServer receiver;
    private Path handled = Path.of("");

    @BeforeEach
    void startAReceiver(Portal portal) {
        handled = folder.resolve("handled");
        receiver = ReceiverServer.builder(Handlers.on(OnAppTest.class, (test, context) -> write(test))
                        .otherwise((event, context) -> {}))
                .settings(Settings.of(Map.of(
                        "OPENLINES_PORT", "0",
                        "OPENLINES_PATH", "/bitrix",
                        "OPENLINES_INBOX", folder.resolve("inbox.db").toString(),
                        "OPENLINES_MEMBER_ID", portal.memberId(),
                        "OPENLINES_APPLICATION_TOKEN", portal.applicationToken().reveal())))
                .start();
    }

    @AfterEach
    void stopTheReceiver() {
        receiver.close();
    }

    private void write(OnAppTest test) throws IOException {
        Files.writeString(handled, test.query() + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }

    @Test
    void aWholeWayHasNoComplaintAndATestEventComesThrough(Portal portal) {
        bind(portal, OnSessionFinish.CODE);
        bind(portal, OnAppTest.CODE);

        Ran ran = doctor(portal, "--round-trip", "file:" + handled, "--wait", "20");

        assertThat(ran.out().lines().map(line -> line.split(" {2,}", 3)).map(line -> line[0] + " " + line[1]))
                .containsExactly(
                        "ok token",
                        "ok installed",
                        "ok scope",
                        "ok event",
                        "ok subscription",
                        "ok address",
                        "ok answer",
                        "note firewall",
                        " > Let a firewall pass what https://dl.bitrix24.com/webhook/app-world.json lists; ask it every"
                                + " five to ten minutes.",
                        "note closing",
                        " > Close a chat of a line without rating to try.",
                        "note sessions",
                        " > The list leaves out lines that the token's user may not see.",
                        "ok round-trip");
        assertThat(ran.out()).contains("the handler answers a POST with 4").endsWith("a test event came through\n");
        assertThat(ran.err()).isEmpty();
        assertThat(ran.exit()).isZero();
    }

    @Test
    void anEventThatIsNotBoundIsAnErrorWithARemedy(Portal portal) {
        assertThat(doctor(portal).out())
                .contains("note     app-token     the receiver's application token was not tried");

        Ran ran = doctor(portal, "--format", "jsonl", "--round-trip", "url:" + receiver.url(), "--wait", "1");

        assertThat(ran.out().lines().filter(line -> line.contains("\"error\"")))
                .containsExactly(
                        "{\"severity\":\"error\",\"check\":\"subscription\",\"text\":\"the event is not bound, or by a"
                                + " user whose subscriptions this token does not see\",\"remedy\":\"Call ensure after each"
                                + " installation and update; both may end subscriptions.\"}",
                        "{\"severity\":\"error\",\"check\":\"round-trip\",\"text\":\"ONAPPTEST is bound to no handler that"
                                + " this token sees, so a test event would go nowhere\",\"remedy\":\"Bind ONAPPTEST to the"
                                + " handler, beside the event you wait for.\"}");
        assertThat(ran.exit()).isEqualTo(1);
    }

    @Test
    void aTestEventThatGoesElsewhereIsFound(Portal portal) {
        try (RecordingHandler elsewhere = RecordingHandler.start()) {
            portal.subscribe(OnAppTest.CODE, elsewhere.uri());

            Ran ran = doctor(portal, "--round-trip", "file:" + handled, "--wait", "1");

            assertThat(ran.out())
                    .contains(
                            "error    round-trip    the portal took the test event, and it did not arrive within 1 s");
        }
    }

    @Test
    void closesOfTheLastDayThatWereNotHandledAreFound(Portal portal) throws IOException {
        portal.clock().freezeAt(Instant.now().minus(Duration.ofHours(1)));
        PortalLine line = portal.openLine("Support");
        PortalChat twice = line.openChat();
        twice.close();
        portal.clock().advance(Duration.ofMinutes(1));
        twice.customerReturns();
        portal.clock().advance(Duration.ofMinutes(1));
        twice.close();
        PortalChat other = line.openChat();
        other.close();
        assertThat(doctor(portal).out())
                .contains("note     sessions      3 sessions were closed in the last day, in 2 chats, the last at ");

        Path evidence = folder.resolve("evidence");
        String first = "{\"member_id\":\"p\",\"chat_id\":\"" + twice.id() + "\"}\n";
        Files.writeString(evidence, first + "{\"chat_id\": " + other.id() + "}\n");
        Ran less = doctor(portal, "--handled", "file:" + evidence);
        assertThat(less.out())
                .contains("error    sessions      3 sessions were closed in the last day, in 2 chats; 1 of them was not"
                        + " handled, of the chats [" + twice.id() + "]");
        assertThat(less.exit()).isEqualTo(1);

        Files.writeString(evidence, first, StandardOpenOption.APPEND);
        assertThat(doctor(portal, "--handled", "file:" + evidence).out())
                .contains(
                        "ok       sessions      3 sessions were closed in the last day, in 2 chats, and each was handled");
        assertThat(doctor(portal, "--handled", "file:" + folder.resolve("none")).err())
                .isEqualTo("openlines: --handled: nothing can be read there\n");
        portal.reports().included(false);
        assertThat(doctor(portal).out())
                .contains("note     sessions      the portal does not say which sessions were closed: ");
    }

    @Test
    void anApplicationThatIsNotInstalledToTheEndIsFound() {
        try (PortalServer server = PortalServer.start()) {
            Portal portal = server.portal(PortalSetup.minted().notInstalled());
            bind(portal, OnSessionFinish.CODE);

            assertThat(doctor(portal).out())
                    .contains("error    installed     the application is not installed to the end");
        }
    }

    @Test
    void anExpiredTokenIsFoundAndNotShown(Portal portal) {
        String expired = portal.expiredAccessToken().reveal();

        Ran ran = Ran.of(List.of(
                "doctor",
                "--portal",
                portal.restUri().toString(),
                "--access-token-file",
                file(expired),
                "--handler",
                receiver.url().toString()));

        assertThat(ran.out())
                .contains(
                        "error    token         app.info: HTTP 401 EXPIRED_TOKEN: The access token provided has expired")
                .doesNotContain(expired);
        assertThat(ran.exit()).isEqualTo(1);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            https://p.example/rest/   |       |                     | expected --access-token-file or the variable OPENLINES_ACCESS_TOKEN but found neither
            http://p.example/rest/    | t     |                     | --portal: expected https but found http, which is for loopback and must be allowed
            https://p.example/hooks/  | t     |                     | --portal: expected https://HOST/rest/ but found another path
            https://p.example         | t     | --wait=0            | expected at least 1 for --wait but found 0
            https://p.example         | t     | --round-trip=x.json | expected file:PATH or url:URL for --round-trip but found neither
            https://p.example         | t     | --handled=x.json    | expected file:PATH or url:URL for --handled but found neither
            """)
    void optionsThatCannotBeMetAreRefusedInOneLine(String portal, String token, String more, String message) {
        List<String> arguments =
                new ArrayList<>(List.of("doctor", "--portal", portal, "--handler", "https://a.example/h"));
        if (token != null) {
            arguments.addAll(List.of("--access-token-file", file(token)));
        }
        if (more != null) {
            arguments.add(more);
        }

        assertThat(Ran.of(arguments)).isEqualTo(new Ran(3, "", "openlines: " + message + "\n"));
    }

    @Test
    void theTokenMayComeFromTheEnvironment(Portal portal) throws Exception {
        ProcessBuilder builder = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        OpenlinesCommand.class.getName(),
                        "doctor",
                        "--portal",
                        portal.restUri().toString(),
                        "--handler",
                        receiver.url().toString())
                .redirectErrorStream(true);
        builder.environment()
                .put(PortalOptions.TOKEN_VARIABLE, portal.accessToken().reveal());
        Process process = builder.start();
        try {
            String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(process.waitFor(2, TimeUnit.MINUTES)).isTrue();
            assertThat(said).startsWith("ok       token         the portal accepts the access token");
            assertThat(process.exitValue()).isEqualTo(1);
        } finally {
            process.destroyForcibly();
        }
    }

    private String file(String token) {
        try {
            return Files.writeString(folder.resolve("token"), token).toString();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void bind(Portal portal, String event) {
        Subscriptions subscriptions = RestClient.builder()
                .allowLoopback()
                .build()
                .portal(portal.restUri(), portal.accessToken())
                .subscriptions();
        subscriptions.bind(dev.openlines.client.Subscription.online(
                event, URI.create(receiver.url().toString())));
    }

    private Ran doctor(Portal portal, String... more) {
        List<String> arguments = new ArrayList<>(List.of(
                "doctor",
                "--portal",
                portal.restUri().toString(),
                "--access-token-file",
                file(portal.accessToken().reveal()),
                "--handler",
                receiver.url().toString()));
        arguments.addAll(List.of(more));
        return Ran.of(arguments);
    }
}
