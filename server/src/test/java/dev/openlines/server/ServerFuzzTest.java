// SPDX-License-Identifier: Apache-2.0
package dev.openlines.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.testkit.Await;
import dev.openlines.testkit.Bodies;
import dev.openlines.testkit.RawHttp;
import dev.openlines.testkit.Rows;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/**
 * Sends requests that were changed at random to a whole receiver for {@code -Dfuzz.minutes=10}, while a portal sends
 * events: each of those is answered and handled, no thread ends, and neither memory nor files are kept. {@link FuzzApp}
 * is a process of its own. {@code -Dseed=N} repeats the requests of each stranger.
 */
@Tag("long")
@Timeout(value = 3, unit = TimeUnit.HOURS)
class ServerFuzzTest {

    private static final int MINUTES = Integer.getInteger("fuzz.minutes", 1);
    /** The receiver is measured after each part. */
    private static final int PARTS = 12;

    private static final int STRANGERS = 6;
    private static final long SEED = Long.getLong("seed", new Random().nextLong());
    private static final long SLACK_BYTES = 16L << 20;
    private static final long SLACK_FILES = 10;

    private static final Pattern OF_JETTY = Pattern.compile(" (?:INFO|WARN|ERROR) org\\.eclipse\\.jetty\\.");
    private static final Pattern EXCEPTION =
            Pattern.compile("^(?:Caused by: )?[a-z][\\w.]*\\.[\\w$]+(?:Exception|Error)\\b");
    /** So many installations are forged that there is no room for more: 503, and the portal is told to try again. */
    private static final String NOT_KEPT = "cannot be verified or kept now";

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    Path directory;

    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
    private final Queue<String> faults = new ConcurrentLinkedQueue<>();
    private final AtomicInteger sent = new AtomicInteger();
    private final List<Stranger> strangers = new ArrayList<>();
    private Process process;
    private BufferedReader output;
    private RawHttp http;
    private RawHttp monitor;
    private int events;

    /** The answer of {@link FuzzApp}. */
    private record State(long heap, long files, int handled, Set<String> threads, String ended) {}

    @BeforeEach
    void start() throws Exception {
        ProcessBuilder builder = new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx64m",
                "-XX:+UseSerialGC",
                "-XX:+ExitOnOutOfMemoryError",
                // The page for operators advises these.
                "-Dorg.slf4j.simpleLogger.log.org.eclipse.jetty=warn",
                "-Dorg.slf4j.simpleLogger.log.org.eclipse.jetty.http=off",
                "-Dorg.slf4j.simpleLogger.log.org.eclipse.jetty.server.Response=off",
                "-Dorg.slf4j.simpleLogger.log.org.eclipse.jetty.server.internal=off",
                "-Dorg.slf4j.simpleLogger.log.org.eclipse.jetty.util.HostPort=off",
                "-cp",
                System.getProperty("java.class.path"),
                FuzzApp.class.getName());
        builder.environment()
                .putAll(Map.of(
                        "OPENLINES_PORT",
                        "0",
                        "OPENLINES_MONITOR_PORT",
                        "0",
                        "OPENLINES_PATH",
                        "/in",
                        "OPENLINES_INBOX",
                        inbox().toString(),
                        "OPENLINES_MEMBER_ID",
                        Bodies.MEMBER,
                        "OPENLINES_APPLICATION_TOKEN",
                        Bodies.TOKEN));
        process = builder.redirectError(log().toFile()).start();
        output = process.inputReader(StandardCharsets.UTF_8);
        http = new RawHttp(URI.create(output.readLine()));
        monitor = new RawHttp(URI.create(output.readLine()));
        List<byte[]> requests = Stream.concat(FuzzedRequests.forged().stream(), FuzzedRequests.trusted().stream())
                .toList();
        for (int i = 0; i < STRANGERS; i++) {
            // The last one sends to the operator's port.
            RawHttp to = i == STRANGERS - 1 ? monitor : http;
            strangers.add(new Stranger(to, "127.0.0." + (2 + i), requests, SEED + i, faults));
        }
    }

    @AfterEach
    void stop() {
        timer.shutdownNow();
        strangers.forEach(Stranger::close);
        process.destroyForcibly();
    }

    @Test
    void whateverIsSentEventsAreAnsweredAndHandledAndNothingIsKept() throws Exception {
        System.out.println("fuzz: seed " + SEED + ", minutes " + MINUTES);
        postEvent();
        Await.until("the first event", () -> state().handled() == 1);
        State first = state();
        List<State> parts = new ArrayList<>();
        for (int i = 0; i < PARTS; i++) {
            attack();
            parts.add(quiet(first));
        }
        Map<String, Long> outcomes = outcomes();
        System.out.println("fuzz: " + sent + " requests of strangers, " + events + " events, " + outcomes);
        System.out.println("fuzz: bytes of heap "
                + parts.stream().map(State::heap).toList() + ", files "
                + parts.stream().map(State::files).toList() + ", at first " + first.files());

        State last = parts.get(PARTS - 1);
        assertThat(faults).as("seed " + SEED).isEmpty();
        assertThat(last.ended()).as("threads that ended, seed " + SEED).isEmpty();
        assertThat(last.threads()).as("seed " + SEED).containsAll(first.threads());
        assertThat(median(parts.subList(PARTS * 2 / 3, PARTS)))
                .as("bytes of heap, seed " + SEED)
                .isLessThan(median(parts.subList(0, PARTS / 3)) + SLACK_BYTES);
        assertThat(Rows.of(inbox(), "select count(*) from inbox"))
                .as("each that was accepted, seed " + SEED)
                .containsExactly(outcomes.get("accepted").toString());
        assertThat(Rows.of(inbox(), "select count(*) from inbox where state = 'waiting'"))
                .containsExactly("0");
        process.getOutputStream().close();
        assertThat(process.waitFor(5, TimeUnit.MINUTES)).isTrue();
        assertThat(process.exitValue()).isZero();
        assertThat(Files.readAllLines(log(), StandardCharsets.ISO_8859_1))
                .as("records, seed " + SEED)
                .noneMatch(line -> line.contains("reason=bug") || line.contains("reason=jetty-log"))
                .noneMatch(line -> OF_JETTY.matcher(line).find())
                .noneMatch(line -> EXCEPTION.matcher(line).find() && !line.contains(NOT_KEPT))
                .anyMatch(line -> line.contains("reason=stopped"));
    }

    /** Lets all strangers send for a part of the time, and sends events meanwhile. */
    private void attack() throws Exception {
        AtomicBoolean over = new AtomicBoolean();
        Future<?> unused =
                timer.schedule(() -> over.set(true), TimeUnit.MINUTES.toMillis(MINUTES) / PARTS, TimeUnit.MILLISECONDS);
        List<Thread> threads = strangers.stream()
                .map(stranger -> new Thread(() -> {
                    while (!over.get()) {
                        stranger.send();
                        sent.incrementAndGet();
                    }
                    stranger.close();
                }))
                .toList();
        threads.forEach(Thread::start);
        try {
            while (!over.get()) {
                postEvent();
            }
        } finally {
            over.set(true);
            for (Thread thread : threads) {
                thread.join();
            }
        }
    }

    private void postEvent() throws IOException {
        assertThat(http.post(Bodies.finish(FuzzApp.FIRST + events)))
                .as("event " + events + ", seed " + SEED)
                .startsWith("HTTP/1.1 200 ");
        events++;
    }

    /** Waits until all connections have ended and everything is handled. */
    private State quiet(State first) throws Exception {
        Await.until(() -> events + " events are handled, seed " + SEED, () -> state().handled() == events);
        Await.until("the ends of what is sent", () -> metrics().contains("openlines_backlog 0.0"));
        Await.until("the ends of the connections", () -> state().files() <= first.files() + SLACK_FILES);
        return state();
    }

    private State state() throws IOException {
        OutputStream in = process.getOutputStream();
        in.write('\n');
        in.flush();
        String line = output.readLine();
        assertThat(line).as("the receiver has ended, seed " + SEED).isNotNull();
        String[] values = line.split(" ", 5);
        return new State(
                Long.parseLong(values[0]),
                Long.parseLong(values[1]),
                Integer.parseInt(values[2]),
                Set.of(values[3].split(",")),
                values[4]);
    }

    private Map<String, Long> outcomes() throws IOException {
        Map<String, Long> outcomes = new TreeMap<>();
        Matcher count = Pattern.compile("openlines_received_seconds_count\\{outcome=\"([a-z-]+)\"} (\\d+)")
                .matcher(metrics());
        while (count.find()) {
            outcomes.put(count.group(1), Long.parseLong(count.group(2)));
        }
        return outcomes;
    }

    private String metrics() throws IOException {
        return monitor.get("/metrics");
    }

    private Path inbox() {
        return directory.resolve("inbox.db");
    }

    private Path log() {
        return directory.resolve("log");
    }

    private static long median(List<State> states) {
        return states.stream()
                .mapToLong(State::heap)
                .sorted()
                .skip(states.size() / 2)
                .findFirst()
                .orElseThrow();
    }
}
