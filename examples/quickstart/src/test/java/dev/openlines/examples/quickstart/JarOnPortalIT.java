// SPDX-License-Identifier: Apache-2.0
package dev.openlines.examples.quickstart;

import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.client.Grant;
import dev.openlines.client.RestCall;
import dev.openlines.client.RestClient;
import dev.openlines.client.Subscription;
import dev.openlines.client.TokenStore;
import dev.openlines.model.OnSessionFinish;
import dev.openlines.portal.Delivery;
import dev.openlines.portal.Fault;
import dev.openlines.portal.Portal;
import dev.openlines.portal.PortalChat;
import dev.openlines.portal.PortalLine;
import dev.openlines.portal.PortalServer;
import dev.openlines.portal.PortalSetup;
import dev.openlines.server.ReceiverCommand;
import dev.openlines.testkit.Await;
import dev.openlines.testkit.Rows;
import jakarta.json.Json;
import jakarta.json.JsonObject;
import jakarta.json.JsonReader;
import java.io.IOException;
import java.io.StringReader;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The packaged jar, as processes of its own, with a simulated portal that has installed the application. */
@Timeout(900)
@Tag("long")
class JarOnPortalIT {

    @TempDir
    Path directory;

    private final List<Process> processes = new ArrayList<>();
    private final Map<String, String> more = new HashMap<>();
    private PortalServer server;
    private Portal portal;
    private PortalLine line;
    private Front front;
    private Path inbox;
    private int starts;

    @BeforeEach
    void install() throws Exception {
        inbox = directory.resolve("inbox.db");
        server = PortalServer.start();
        portal = server.portal(PortalSetup.minted().label("shop").notInstalled());
        portal.clock().freeze();
        line = portal.openLine("Support");
        front = new Front();
        portal.subscribe("ONAPPINSTALL", front.url());
        ReceiverCommand.run(List.of("inbox", "new-key", key().toString()), Map.of(), told -> {}, told -> {});
        Process receiver = start();
        assertThat(portal.install()).isNotEmpty().allMatch(Delivery::acknowledged);
        stop(receiver);
        portal.clock().advance(Duration.ofHours(1));
    }

    @AfterEach
    void end() {
        processes.forEach(Process::destroyForcibly);
        front.close();
        server.close();
    }

    @Test
    void theCommandFindsWhatWasClosedWhileTheReceiverWasAwayAndTheReceiverHandlesItOnce() throws Exception {
        portal.subscribe(OnSessionFinish.CODE, front.url());
        Map<Long, Long> sessions = new HashMap<>();
        for (int i = 0; i < 3; i++) {
            PortalChat chat = line.openChat();
            sessions.put(chat.id(), chat.sessionId());
            assertThat(chat.close()).noneMatch(Delivery::acknowledged);
            portal.clock().advance(Duration.ofMinutes(1));
        }
        portal.clock().advance(Duration.ofMinutes(10));

        List<String> dry = jar(2, "reconcile", "--dry-run");
        assertThat(dry).hasSize(4);
        assertThat(dry.get(0))
                .startsWith("reconciled portal=" + portal.memberId()
                        + " closed=3 handled=0 missing=3 stored=0 young=0 until=");
        sessions.forEach((chat, session) -> assertThat(dry)
                .anyMatch(text -> text.contains(" chat=" + chat + " session=" + session + " ")
                        && text.endsWith(" reason=no-event")));
        assertThat(rows("select count(*) from inbox where event = 'ONSESSIONFINISH'"))
                .isZero();

        List<String> stored = jar(0, "reconcile", "--portal", portal.memberId(), "--json");
        assertThat(stored).singleElement().satisfies(text -> {
            JsonObject object = object(text);
            assertThat(object.getInt("missing")).isEqualTo(3);
            assertThat(object.getInt("stored")).isEqualTo(3);
            assertThat(object.getJsonArray("closes")).hasSize(3);
        });
        assertThat(jar(0, "reconcile")).singleElement().asString().contains(" closed=3 handled=3 missing=0 stored=0 ");

        Process receiver = start();
        Await.until("every close is handled", () -> effects().size() >= 3);
        Await.until("nothing waits", () -> rows("select count(*) from inbox where state = 'waiting'") == 0);
        stop(receiver);
        assertThat(effects().values())
                .extracting(effect -> effect.getJsonNumber("chat_id").longValue() + " "
                        + effect.getJsonNumber("session_id").longValue())
                .containsExactlyInAnyOrderElementsOf(sessions.entrySet().stream()
                        .map(one -> one.getKey() + " " + one.getValue())
                        .toList());
    }

    @Test
    void eventsOfAnOfflineQueueAreHandledOnceAlthoughTheProcessIsKilledWhileItDrains() throws Exception {
        RestClient client = client();
        portal.extendedOfflineEvents(true);
        client.portal(portal.memberId()).subscriptions().bind(Subscription.offline(OnSessionFinish.CODE));
        List<Long> closed = new ArrayList<>();
        for (int i = 0; i < 120; i++) {
            PortalChat chat = line.openChat();
            chat.close();
            closed.add(chat.id());
        }
        // A drain takes fifty events at once, and clears them on the portal when all of them are stored.
        portal.faults().add(Fault.slow(Duration.ofSeconds(20)).on("event.offline.clear"));
        more.put("OPENLINES_OFFLINE", "PT10S");
        more.put("OPENLINES_RECONCILE", "off");

        Process storing = start();
        Await.until("the first is stored", () -> rows("select count(*) from inbox where origin = 'offline'") > 0);
        kill(storing);
        long clears = clears();
        Process clearing = start();
        Await.until("a batch is being cleared", () -> clears() > clears);
        kill(clearing);
        assertThat(waiting(client)).isPositive();
        portal.faults().clear();

        Process last = start();
        Await.until("an empty queue", () -> waiting(client) == 0);
        Await.until("nothing waits", () -> rows("select count(*) from inbox where state = 'waiting'") == 0);
        stop(last);
        assertThat(effects().values())
                .extracting(effect -> effect.getJsonNumber("chat_id").longValue())
                .containsExactlyInAnyOrderElementsOf(closed);
        assertThat(rows("select count(*) from inbox where event = 'ONSESSIONFINISH'"))
                .isEqualTo(120);
    }

    private long clears() {
        return portal.calls().stream()
                .filter(call -> call.method().equalsIgnoreCase("event.offline.clear"))
                .count();
    }

    private int waiting(RestClient client) {
        return client.portal(portal.memberId())
                .list(RestCall.of("event.offline.list"))
                .size();
    }

    private RestClient client() {
        TokenStore tokens = TokenStore.memory();
        tokens.save(new Grant(
                portal.memberId(),
                portal.restUri(),
                portal.serverEndpoint(),
                portal.accessToken(),
                portal.accessToken(),
                Instant.now().plus(Duration.ofDays(1)),
                List.of(),
                false,
                0));
        return RestClient.builder()
                .allowLoopback()
                .rate(1e6, 1_000_000)
                .application(portal.clientId(), portal.clientSecret(), tokens)
                .build();
    }

    private long rows(String count) {
        return Long.parseLong(Rows.of(inbox, count).get(0));
    }

    /** Returns what was handled, by idempotency key: after a kill an event may be handled again by its key. */
    private Map<String, JsonObject> effects() throws IOException {
        Map<String, JsonObject> effects = new HashMap<>();
        Path evidence = directory.resolve("evidence.jsonl");
        if (Files.exists(evidence)) {
            String text = Files.readString(evidence);
            for (String effect :
                    text.substring(0, text.lastIndexOf('\n') + 1).lines().toList()) {
                JsonObject object = object(effect);
                effects.put(object.getString("idempotency_key"), object);
            }
        }
        return effects;
    }

    private static JsonObject object(String text) {
        try (JsonReader reader = Json.createReader(new StringReader(text))) {
            return reader.readObject();
        }
    }

    private Path key() {
        return directory.resolve("token.key");
    }

    private ProcessBuilder builder(String... arguments) {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-jar",
                System.getProperty("quickstart.jar")));
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command).directory(directory.toFile());
        builder.environment()
                .putAll(Map.of(
                        "OPENLINES_PORT", "0",
                        "OPENLINES_INBOX", inbox.toString(),
                        "OPENLINES_EVIDENCE",
                                directory.resolve("evidence.jsonl").toString(),
                        "OPENLINES_TOKENS", directory.resolve("tokens.db").toString(),
                        "OPENLINES_TOKEN_KEY", key().toString(),
                        "OPENLINES_CLIENT_ID", portal.clientId(),
                        "OPENLINES_CLIENT_SECRET", portal.clientSecret().reveal(),
                        "OPENLINES_OAUTH_HOSTS", server.uri().getAuthority()));
        builder.environment().putAll(more);
        return builder;
    }

    /** Runs an operator's command and returns what it prints. */
    private List<String> jar(int exitCode, String... arguments) throws Exception {
        Path output = directory.resolve("command.txt");
        Path errors = directory.resolve("command-errors.txt");
        Process process = builder(arguments)
                .redirectOutput(output.toFile())
                .redirectError(errors.toFile())
                .start();
        processes.add(process);
        int code = process.onExit().join().exitValue();
        assertThat(code).as("%s", Files.readString(errors)).isEqualTo(exitCode);
        return Files.readAllLines(output);
    }

    /** Starts the receiver, and has the public address lead to it. */
    private Process start() throws IOException {
        Path log = directory.resolve("receiver-" + ++starts + ".log");
        Process process =
                builder().redirectErrorStream(true).redirectOutput(log.toFile()).start();
        processes.add(process);
        Await.until("the receiver is ready", () -> {
            assertThat(process.isAlive()).as("it runs").isTrue();
            return Files.readString(log).matches("(?s).*receiver ready at \\S+\n.*");
        });
        String ready = Files.readAllLines(log).stream()
                .filter(text -> text.startsWith("receiver ready at "))
                .findFirst()
                .orElseThrow();
        front.to(List.of(URI.create(ready.substring("receiver ready at ".length()))));
        return process;
    }

    private void stop(Process process) {
        front.to(List.of());
        process.destroy();
        process.onExit().join();
    }

    private void kill(Process process) {
        process.destroyForcibly();
        process.onExit().join();
    }
}
