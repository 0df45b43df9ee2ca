// SPDX-License-Identifier: Apache-2.0
package dev.openlines.examples.quickstart;

import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.portal.Fault;
import dev.openlines.portal.Portal;
import dev.openlines.portal.PortalServer;
import dev.openlines.portal.PortalSetup;
import dev.openlines.server.ReceiverCommand;
import dev.openlines.testkit.Await;
import dev.openlines.testkit.PostgresServer;
import jakarta.json.Json;
import jakarta.json.JsonObject;
import jakarta.json.JsonReader;
import java.io.IOException;
import java.io.StringReader;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/**
 * The packaged receiver around an outage of an hour, killed while it compares: what was handled is what was closed, each
 * close once. A failure names its seed, and {@code -Dreconcile.seed=N} repeats it as the first round.
 */
@Timeout(7200)
@Tag("long")
class ReconciliationIT {

    private static final long SEED = Long.getLong("reconcile.seed", 20_261_129L);
    private static final int ROUNDS = Integer.getInteger("reconcile.outages", 1);

    /** A close of a session, by the portal's clock, which stands still while it is closed. */
    record Close(long session, long second) {}

    @TempDir
    Path folder;

    private final List<Node> nodes = new ArrayList<>();
    private Path directory;
    private String inbox = "";
    private PortalServer server;
    private Portal portal;
    private Front front;
    private OutageHistory history;
    private Random random;

    @AfterEach
    void end() {
        endRound();
    }

    @Test
    void chatsClosedAroundAnOutageAreHandledOnceOverSqlite() throws Exception {
        for (int round = 0; round < ROUNDS; round++) {
            directory = Files.createDirectory(folder.resolve("sqlite-" + round));
            round(SEED + round, directory.resolve("inbox.db").toString(), 1);
        }
    }

    @Test
    @EnabledIfSystemProperty(
            named = "reconcile.outages",
            matches = "[2-9]|[1-9]\\d+",
            disabledReason = "takes long: -Psoak")
    void chatsClosedAroundAnOutageAreHandledOnceOverPostgresqlWithTwoNodes() throws Exception {
        for (int round = 0; round < ROUNDS; round++) {
            directory = Files.createDirectory(folder.resolve("postgresql-" + round));
            round(SEED + round, PostgresServer.newSchema(), 2);
        }
    }

    private void round(long seed, String newInbox, int count) throws Exception {
        inbox = newInbox;
        random = new Random(seed);
        server = PortalServer.start();
        portal = server.portal(PortalSetup.minted().label("shop").notInstalled());
        front = new Front();
        history = new OutageHistory(portal, front.url(), seed);
        for (int number = 0; number < count; number++) {
            nodes.add(new Node(number));
        }
        try {
            outage();
            assertThat(handled())
                    .as("multiset of sessions and closes, seed %d", seed)
                    .containsExactlyInAnyOrderElementsOf(history.closes());
        } catch (AssertionError | RuntimeException e) {
            throw new AssertionError("seed " + seed + "\n" + logs(), e);
        }
        endRound();
    }

    private void outage() throws Exception {
        start();
        history.before();
        kill(nodes);

        history.during();
        // Killed while it asks the portal.
        portal.faults().add(Fault.slow(Duration.ofSeconds(10)).on("imopenlines.v2.Session.list"));
        int lists = lists();
        start();
        Await.until("a comparison", () -> lists() > lists);
        killOne();

        // Killed when what was missing is stored, or while it is.
        portal.faults().clear();
        int handled = effects().size();
        int more = 1 + random.nextInt(10);
        start();
        history.deliverSome();
        Await.until("missing closes are handled", () -> effects().size() >= handled + more);
        killOne();

        start();
        history.after();
        history.deliverSome();
        stop();

        // Old enough by the portal's clock to count as missing.
        history.pass(600);
        long compared = compared();
        start();
        Await.until("the last comparison", () -> compared() > compared);
        history.deliverRest();
        Await.until("every event is handled", () -> number("select count(*) from inbox where state = 'waiting'") == 0);
        stop();
    }

    /** Starts the nodes that are not running. */
    private void start() throws IOException {
        for (Node node : nodes) {
            if (node.process == null) {
                node.start();
            }
        }
        front.to(nodes.stream().map(Node::url).toList());
    }

    /** Kills a node, also in the middle of a comparison. Another one takes that over when its lease has ended. */
    private void killOne() throws Exception {
        kill(List.of(nodes.get(random.nextInt(nodes.size()))));
        if (nodes.size() > 1) {
            // Ends the lease now, not after five minutes.
            try (Connection connection = DriverManager.getConnection(inbox);
                    Statement statement = connection.createStatement()) {
                statement.executeUpdate("update reconcile_state set lease_until = 0");
            }
        }
    }

    private void kill(List<Node> which) throws InterruptedException {
        front.to(nodes.stream()
                .filter(node -> node.process != null && !which.contains(node))
                .map(Node::url)
                .toList());
        for (Node node : which) {
            node.end(true);
        }
    }

    private void stop() throws InterruptedException {
        front.to(List.of());
        for (Node node : nodes) {
            node.end(false);
        }
    }

    private void endRound() {
        try {
            kill(List.copyOf(nodes));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        nodes.clear();
        front.close();
        server.close();
    }

    private int lists() {
        return (int) portal.calls().stream()
                .filter(call -> call.method().equalsIgnoreCase("imopenlines.v2.Session.list"))
                .count();
    }

    /** Returns when the last comparison ended, by the inbox's clock, or 0 while one goes on. */
    private long compared() throws SQLException {
        return number("select coalesce(max(case when lease_until = 0 then last_success else 0 end), 0)"
                + " from reconcile_state");
    }

    private long number(String query) throws SQLException {
        String url = inbox.startsWith("jdbc:") ? inbox : "jdbc:sqlite:" + inbox;
        try (Connection connection = DriverManager.getConnection(url);
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(query)) {
            row.next();
            return row.getLong(1);
        }
    }

    private List<Close> handled() throws IOException {
        return effects().values().stream()
                .map(effect -> {
                    long at = effect.getJsonNumber("at").longValue();
                    long session =
                            history.session(effect.getJsonNumber("chat_id").longValue(), at);
                    if (effect.containsKey("session_id")) {
                        assertThat(effect.getJsonNumber("session_id").longValue())
                                .isEqualTo(session);
                    }
                    return new Close(session, at);
                })
                .toList();
    }

    /** Returns what was handled, by idempotency key: after a crash an event may be handled again by its key. */
    private Map<String, JsonObject> effects() throws IOException {
        Map<String, JsonObject> effects = new HashMap<>();
        for (Node node : nodes) {
            if (Files.exists(node.evidence)) {
                for (String line : Files.readString(node.evidence).split("\n")) {
                    // The last one may be half written.
                    if (line.endsWith("}")) {
                        try (JsonReader reader = Json.createReader(new StringReader(line))) {
                            JsonObject effect = reader.readObject();
                            effects.put(effect.getString("idempotency_key") + effect.getInt("chat_id"), effect);
                        }
                    }
                }
            }
        }
        return effects;
    }

    private String logs() throws IOException {
        StringBuilder logs = new StringBuilder();
        for (Node node : nodes) {
            logs.append("node ").append(node.number).append('\n').append(Files.readString(node.log));
        }
        return logs.toString();
    }

    /** The packaged jar as a process of its own, started again after each end. */
    private final class Node {

        private final int number;
        private final Path log;
        private final Path evidence;
        private @Nullable Process process;
        private URI url = URI.create("");
        private int starts;

        Node(int number) {
            this.number = number;
            log = directory.resolve("node-" + number + ".log");
            evidence = directory.resolve("evidence-" + number + ".jsonl");
        }

        URI url() {
            return url;
        }

        void start() throws IOException {
            Path key = folder.resolve("token.key");
            if (!Files.exists(key)) {
                ReceiverCommand.run(List.of("inbox", "new-key", key.toString()), Map.of(), told -> {}, told -> {});
            }
            ProcessBuilder builder = new ProcessBuilder(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-XX:TieredStopAtLevel=1",
                    "-XX:+UseSerialGC",
                    "-cp",
                    System.getProperty("quickstart.jar"),
                    Main.class.getName());
            builder.environment()
                    .putAll(Map.of(
                            "OPENLINES_PORT",
                            "0",
                            "OPENLINES_INBOX",
                            inbox,
                            "OPENLINES_EVIDENCE",
                            evidence.toString(),
                            "OPENLINES_TOKENS",
                            inbox.startsWith("jdbc:")
                                    ? inbox
                                    : directory.resolve("tokens.db").toString(),
                            "OPENLINES_TOKEN_KEY",
                            key.toString(),
                            "OPENLINES_CLIENT_ID",
                            portal.clientId(),
                            "OPENLINES_CLIENT_SECRET",
                            portal.clientSecret().reveal(),
                            "OPENLINES_OAUTH_HOSTS",
                            server.uri().getAuthority()));
            builder.redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
            Process started = builder.directory(directory.toFile()).start();
            process = started;
            starts++;
            Await.until(() -> "node " + number + " is ready", () -> {
                assertThat(started.isAlive()).as("node %d runs", number).isTrue();
                List<String> ready = Files.readString(log, StandardCharsets.UTF_8)
                        .lines()
                        .filter(line -> line.startsWith("receiver ready at "))
                        .toList();
                if (ready.size() == starts) {
                    url = URI.create(ready.get(starts - 1).substring("receiver ready at ".length()));
                }
                return ready.size() == starts;
            });
        }

        void end(boolean kill) throws InterruptedException {
            if (process != null) {
                if (kill) {
                    process.destroyForcibly();
                } else {
                    process.destroy();
                }
                assertThat(process.waitFor(2, TimeUnit.MINUTES)).isTrue();
                process = null;
            }
        }
    }
}
