// SPDX-License-Identifier: Apache-2.0
package dev.openlines.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.contentOf;

import dev.openlines.client.FakePortal.Answered;
import dev.openlines.model.Secret;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Processes that are killed: two rounds of each, ten with {@code -Psoak}. The seed says where.
 *
 * <p>In a refresh: before the OAuth host answers, after its answer, before or
 * after the new pair is stored, before or after it is used. The fake host kills the old pair at the first
 * use of the new one, so a refresh token that was used before it was stored would be lost.
 */
@Timeout(300)
class CrashTest {

    /** The lease of a client that sets none. */
    private static final Duration USUAL = Duration.ZERO;

    @TempDir
    Path folder;

    static LongStream rounds() {
        return LongStream.rangeClosed(1, Integer.getInteger("crash.rounds", 2));
    }

    @ParameterizedTest
    @MethodSource("rounds")
    void aProcessKilledInARefreshLosesNoRefreshToken(long seed) throws Exception {
        Random random = new Random(seed);
        boolean beforeTheAnswer = random.nextInt(4) == 0;
        long afterNanos = (long) (random.nextDouble() * Duration.ofMillis(40).toNanos());
        Secret keyset = TokenSeal.newKeyset();
        Path file = folder.resolve("tokens.db");
        try (FakeOAuth host = new FakeOAuth()) {
            TokenStore store = TokenStore.sqlite(file, TokenSeal.of(keyset));
            store.save(host.first());
            host.expireAccess();
            CountDownLatch refreshing = new CountDownLatch(1);
            CountDownLatch killed = new CountDownLatch(1);
            host.oauth = answer -> {
                refreshing.countDown();
                if (beforeTheAnswer) {
                    awaitQuietly(killed);
                }
                return answer;
            };
            // Those that come after a death wait less.
            Process process = refreshing(file, host, keyset, "process", Duration.ofMillis(300));
            try {
                boolean refreshed = refreshing.await(30, TimeUnit.SECONDS);
                assertThat(refreshed)
                        .as(() -> "the process came to its refresh: "
                                + contentOf(folder.resolve("process.log").toFile()))
                        .isTrue();
                LockSupport.parkNanos(afterNanos);
            } finally {
                process.destroyForcibly().waitFor();
                killed.countDown();
            }

            host.oauth = answer -> answer;
            RestReply reply =
                    host.client(store).build().portal(FakeOAuth.MEMBER).call("profile", Map.of());

            assertThat(reply.fields().integer()).as("seed %d", seed).isGreaterThan(1);
            assertThat(store.find(FakeOAuth.MEMBER).orElseThrow().needsReinstall())
                    .as("seed %d", seed)
                    .isFalse();
        }
    }

    @Test
    void processesThatShareAStoreRefreshOnce() throws Exception {
        Secret keyset = TokenSeal.newKeyset();
        Path file = folder.resolve("shared.db");
        try (FakeOAuth host = new FakeOAuth()) {
            TokenStore.sqlite(file, TokenSeal.of(keyset)).save(host.first());
            host.expireAccess();
            List<Process> processes = new ArrayList<>();
            try {
                for (int i = 0; i < 3; i++) {
                    processes.add(refreshing(file, host, keyset, "shared" + i, USUAL));
                }
                for (int i = 0; i < 3; i++) {
                    int number = i;
                    assertThat(processes.get(i).waitFor(60, TimeUnit.SECONDS)).isTrue();
                    assertThat(processes.get(i).exitValue())
                            .as(() -> contentOf(
                                    folder.resolve("shared" + number + ".log").toFile()))
                            .isZero();
                }
            } finally {
                processes.forEach(Process::destroyForcibly);
            }
            assertThat(host.refreshes).hasValue(1);
        }
    }

    private Process refreshing(Path file, FakeOAuth host, Secret keyset, String log, Duration lease)
            throws IOException {
        Process process = java(
                log,
                RefreshingProcess.class,
                file.toString(),
                host.portal.rest().toString(),
                lease.toString());
        process.getOutputStream().write(keyset.reveal().getBytes(StandardCharsets.UTF_8));
        process.getOutputStream().close();
        return process;
    }

    private Process java(String log, Class<?> program, String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-Xshare:auto",
                "-cp",
                System.getProperty("java.class.path"),
                program.getName()));
        command.addAll(List.of(arguments));
        return new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve(log + ".log").toFile())
                .start();
    }

    /**
     * Kills a drain: before or after the portal did what it was asked, before or after events were stored. Another
     * process then drains the rest, among it a chat that was closed again meanwhile.
     */
    @ParameterizedTest
    @MethodSource("rounds")
    @Tag("long")
    void aProcessKilledInADrainLosesAndDoublesNoEvent(long seed) throws Exception {
        Random random = new Random(seed);
        int calls = 1 + random.nextInt(14);
        boolean beforeItIsDone = random.nextBoolean();
        long afterNanos = (long) (random.nextDouble() * Duration.ofMillis(15).toNanos());
        Path inbox = folder.resolve("inbox.db");
        FakeQueue queue = new FakeQueue();
        for (int chat = 1; chat <= 300; chat++) {
            queue.add(chat);
        }
        CountDownLatch reached = new CountDownLatch(1);
        CountDownLatch killed = new CountDownLatch(1);
        AtomicInteger left = new AtomicInteger(calls);
        try (FakePortal portal = new FakePortal(asked -> {
            if (left.decrementAndGet() > 0) {
                return queue.answer(asked);
            }
            if (beforeItIsDone) {
                reached.countDown();
                awaitQuietly(killed);
            }
            Answered answer = queue.answer(asked);
            reached.countDown();
            return answer;
        })) {
            Process process = java(
                    "draining",
                    DrainingProcess.class,
                    inbox.toString(),
                    portal.rest().toString());
            try {
                assertThat(reached.await(30, TimeUnit.SECONDS))
                        .as(() -> contentOf(folder.resolve("draining.log").toFile()))
                        .isTrue();
                LockSupport.parkNanos(beforeItIsDone ? 0 : afterNanos);
            } finally {
                process.destroyForcibly().waitFor();
                killed.countDown();
            }
            portal.answer(queue::answer);
            queue.add(700, "2026-11-22T19:00:00+02:00");
            drain(inbox, portal.rest());
            queue.add(7, "2026-11-22T20:00:00+02:00");

            drain(inbox, portal.rest());

            assertThat(queue.size()).as("seed %d", seed).isZero();
            List<String> events = stored(inbox);
            assertThat(events).as("seed %d", seed).hasSize(302).doesNotHaveDuplicates();
            assertThat(events.stream().filter(event -> event.startsWith("%032d ".formatted(7))))
                    .as("seed %d", seed)
                    .hasSize(2);
        }
    }

    private static void drain(Path inbox, URI portal) {
        TokenStore store = TokenStore.memory();
        store.save(new Grant(
                FakeOAuth.MEMBER,
                portal,
                portal,
                Secret.of("access"),
                Secret.of("refresh"),
                Instant.now().plusSeconds(3600),
                List.of(),
                false,
                0));
        RestClient client = RestClient.builder()
                .allowLoopback()
                .rate(1e6, 10_000)
                .application("app.1", FakeOAuth.SECRET, store)
                .build();
        try (Connection database = DriverManager.getConnection("jdbc:sqlite:" + inbox);
                Statement setup = database.createStatement()) {
            setup.execute("PRAGMA journal_mode = WAL");
            setup.execute("PRAGMA synchronous = FULL");
            setup.execute("CREATE TABLE IF NOT EXISTS event (message TEXT, ts TEXT, PRIMARY KEY (message, ts))");
            try (PreparedStatement insert =
                    database.prepareStatement("INSERT INTO event VALUES (?, ?) ON CONFLICT DO NOTHING")) {
                client.portal(FakeOAuth.MEMBER).offlineQueue().drain(event -> {
                    try {
                        insert.setString(1, event.messageId());
                        insert.setString(2, event.queuedAt().toString());
                        insert.executeUpdate();
                    } catch (SQLException e) {
                        throw new IllegalStateException(e);
                    }
                });
            }
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private static List<String> stored(Path inbox) throws SQLException {
        List<String> events = new ArrayList<>();
        try (Connection database = DriverManager.getConnection("jdbc:sqlite:" + inbox);
                Statement select = database.createStatement();
                ResultSet rows = select.executeQuery("SELECT message || ' ' || ts FROM event")) {
            while (rows.next()) {
                events.add(rows.getString(1));
            }
        }
        return events;
    }

    /** The process that is killed: it drains a queue into a database. */
    static final class DrainingProcess {

        private DrainingProcess() {}

        /** Arguments: the database's file and the portal's address. */
        public static void main(String[] args) {
            drain(Path.of(args[0]), URI.create(args[1]));
        }
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** The process that is killed: it calls a portal whose token has expired. */
    static final class RefreshingProcess {

        private RefreshingProcess() {}

        /** Arguments: the store's file, the portal's address and the lease; the keyset comes by standard input. */
        public static void main(String[] args) throws IOException {
            Secret keyset;
            try (InputStream in = System.in) {
                keyset = Secret.of(new String(in.readAllBytes(), StandardCharsets.UTF_8));
            }
            URI portal = URI.create(args[1]);
            Duration lease = Duration.parse(args[2]);
            RestClient.Builder builder = RestClient.builder();
            if (!lease.equals(USUAL)) {
                builder.lease(lease);
            }
            RestClient client = builder.allowLoopback()
                    .oauthHosts("127.0.0.1:" + portal.getPort())
                    .application("app.1", FakeOAuth.SECRET, TokenStore.sqlite(Path.of(args[0]), TokenSeal.of(keyset)))
                    .build();
            for (String method : List.of("profile", "app.info")) {
                client.portal(FakeOAuth.MEMBER).call(method, Map.of());
            }
        }
    }
}
