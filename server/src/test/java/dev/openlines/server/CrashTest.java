// SPDX-License-Identifier: Apache-2.0
package dev.openlines.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.testkit.Await;
import dev.openlines.testkit.Bodies;
import dev.openlines.testkit.PostgresServer;
import dev.openlines.testkit.Rows;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Kills a receiver in the middle of a burst and starts it again: whatever was acknowledged must be handled,
 * and nothing twice. One round; {@code -Psoak} makes it twenty. {@code -Dcrash.seed=N} repeats a run.
 */
@Timeout(1800)
class CrashTest {

    private static final int SENDERS = 8;
    private static final String OPEN = "select count(*) from inbox where state <> 'done'";
    private static final Pattern CHAT = Pattern.compile("\"chat_id\":(\\d+)");

    @TempDir
    Path directory;

    private final long seed = Long.getLong("crash.seed", new Random().nextLong());
    private final int rounds = Integer.getInteger("crash.rounds", 1);
    private final HttpClient http = HttpClient.newHttpClient();
    private final AtomicLong nextChat = new AtomicLong(1);
    private final Set<Long> acknowledged = ConcurrentHashMap.newKeySet();
    private Process process;

    @AfterEach
    void kill() {
        if (process != null) {
            process.destroyForcibly();
        }
    }

    @Test
    void nothingAcknowledgedBySqliteIsLost() throws Exception {
        String inbox = directory.resolve("inbox.db").toString();

        survive(inbox, () -> Rows.of(Path.of(inbox), OPEN).equals(List.of("0")));

        assertThat(Rows.of(Path.of(inbox), OPEN)).containsExactly("0");
    }

    @Test
    @Tag("long")
    void nothingAcknowledgedByPostgresqlIsLost() throws Exception {
        String inbox = PostgresServer.newSchema();

        survive(inbox, () -> {
            try (Connection connection = DriverManager.getConnection(inbox);
                    Statement statement = connection.createStatement();
                    ResultSet row = statement.executeQuery(OPEN)) {
                return row.next() && row.getLong(1) == 0;
            }
        });
    }

    /** Kills the process after the acknowledgement and before anything is dispatched: it has no workers. */
    @Test
    @Tag("long")
    void eventsStoredBeforeAKillAndNotYetDispatchedAreHandledOnce() throws Exception {
        for (String inbox : List.of(directory.resolve("inbox.db").toString(), PostgresServer.newSchema())) {
            Files.deleteIfExists(directory.resolve("evidence.jsonl"));
            acknowledged.clear();
            URI url = ready(start(inbox, "0").inputReader(StandardCharsets.UTF_8));
            for (int i = 0; i < 20; i++) {
                assertThat(send(url, nextChat.getAndIncrement())).isTrue();
            }
            assertThat(process.destroyForcibly().waitFor(60, TimeUnit.SECONDS)).isTrue();
            assertThat(effects()).isEmpty();

            BufferedReader output = start(inbox, "4").inputReader(StandardCharsets.UTF_8);
            ready(output);
            await(output, acknowledged);
            process.destroy();
            assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
            assertThat(effects()).containsExactlyInAnyOrderElementsOf(acknowledged);
        }
    }

    /**
     * Starts processes until nothing is open. A kill also leaves events that were stored and not acknowledged; one that
     * was being handled is a suspect, which waits for the others. So the last process is stopped only when none is
     * left.
     */
    private void survive(String inbox, Await.Condition nothingOpen) throws Exception {
        Random random = new Random(seed);
        for (int round = 1; round <= rounds; round++) {
            URI url = ready(start(inbox).inputReader(StandardCharsets.UTF_8));
            burst(url, 50 + random.nextInt(400));
        }
        BufferedReader output = start(inbox).inputReader(StandardCharsets.UTF_8);
        URI url = ready(output);
        long last = nextChat.getAndIncrement();
        assertThat(send(url, last)).isTrue();

        assertThat(acknowledged).as("seed %d", seed).hasSizeGreaterThan(rounds);
        await(output, acknowledged);
        Await.until("no event is left to handle, seed " + seed, nothingOpen);
        process.destroy();
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        List<Long> effects = effects();
        assertThat(effects).as("seed %d", seed).doesNotHaveDuplicates().containsAll(acknowledged);
    }

    /** Sends from all sides and kills when so many events were acknowledged. */
    private void burst(URI url, int acknowledgements) throws Exception {
        CountDownLatch enough = new CountDownLatch(acknowledgements);
        ExecutorService senders = Executors.newFixedThreadPool(SENDERS);
        for (int i = 0; i < SENDERS; i++) {
            senders.execute(() -> {
                while (send(url, nextChat.getAndIncrement())) {
                    enough.countDown();
                }
            });
        }
        assertThat(enough.await(120, TimeUnit.SECONDS)).as("seed %d", seed).isTrue();
        process.destroyForcibly();
        senders.shutdown();
        assertThat(senders.awaitTermination(120, TimeUnit.SECONDS)).isTrue();
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    }

    /** Returns whether the receiver answered 200. */
    private boolean send(URI url, long chat) {
        HttpRequest request = HttpRequest.newBuilder(url)
                .header("Content-Type", "application/x-www-form-urlencoded")
                .POST(HttpRequest.BodyPublishers.ofString(Bodies.finish(chat)))
                .build();
        try {
            boolean yes =
                    http.send(request, HttpResponse.BodyHandlers.discarding()).statusCode() == 200;
            if (yes) {
                acknowledged.add(chat);
            }
            return yes;
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Reads until each of these chats was handled, in this process or in one before. */
    private void await(BufferedReader output, Set<Long> chats) throws IOException {
        Set<Long> missing = new HashSet<>(chats);
        missing.removeAll(effects());
        while (!missing.isEmpty()) {
            String line = output.readLine();
            assertThat(line).as("seed %d, missing %s", seed, missing).isNotNull();
            if (line.startsWith("chat ")) {
                missing.remove(Long.valueOf(line.substring("chat ".length())));
            }
        }
    }

    private List<Long> effects() throws IOException {
        List<Long> chats = new ArrayList<>();
        if (!Files.exists(directory.resolve("evidence.jsonl"))) {
            return chats;
        }
        for (String line : Files.readAllLines(directory.resolve("evidence.jsonl"))) {
            Matcher chat = CHAT.matcher(line);
            assertThat(chat.find()).as(line).isTrue();
            chats.add(Long.valueOf(chat.group(1)));
        }
        return chats;
    }

    private Process start(String inbox) {
        return start(inbox, "4");
    }

    private Process start(String inbox, String workers) {
        ProcessBuilder builder = new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                CrashApp.class.getName());
        builder.environment().put("OPENLINES_PORT", "0");
        builder.environment().put("OPENLINES_INBOX", inbox);
        builder.environment().put("OPENLINES_WORKERS", workers);
        builder.environment().put("OPENLINES_MEMBER_ID", Bodies.MEMBER);
        builder.environment().put("OPENLINES_APPLICATION_TOKEN", Bodies.TOKEN);
        builder.environment()
                .put("OPENLINES_EVIDENCE", directory.resolve("evidence.jsonl").toString());
        builder.redirectError(
                ProcessBuilder.Redirect.appendTo(directory.resolve("errors.log").toFile()));
        try {
            process = builder.start();
            return process;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static URI ready(BufferedReader output) throws IOException {
        String line = output.readLine();
        while (line != null && !line.startsWith("ready ")) {
            line = output.readLine();
        }
        assertThat(line).as("the line that says where it listens").isNotNull();
        return URI.create(line.substring("ready ".length()));
    }
}
