// SPDX-License-Identifier: Apache-2.0
package dev.openlines.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.model.Secret;
import dev.openlines.parser.Limits;
import dev.openlines.receiver.Inbox;
import dev.openlines.receiver.LeasingInbox;
import dev.openlines.receiver.Portals;
import dev.openlines.receiver.Receiver;
import dev.openlines.receiver.Telemetry;
import dev.openlines.testkit.Bodies;
import dev.openlines.testkit.RawHttp;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Sends requests that were changed at random, on real sockets, while genuine events come: each adapter answers all of
 * those, no thread ends, and no memory is kept. {@code -Dseed=N} repeats the
 * requests of each thread.
 */
@Timeout(3600)
@EnabledIfSystemProperty(named = "fuzz.requests", matches = "[1-9]\\d*", disabledReason = "takes long: -Psoak")
class AdapterFuzzTest {

    private static final int REQUESTS = Integer.getInteger("fuzz.requests", 0);
    private static final int STRANGERS = 4;
    /** A genuine event for so many of the others. */
    private static final int SHARE = 20;

    private static final long SLACK_BYTES = 16L << 20;
    private static final long SEED = Long.getLong("seed", new Random().nextLong());
    private static final byte[] SPECIAL =
            "\0\r\n:%&[]= \t;,\"{}\u007f\u0080\u00ff".getBytes(StandardCharsets.ISO_8859_1);

    @TempDir
    Path directory;

    private final Deque<AutoCloseable> parts = new ArrayDeque<>();
    private final Queue<String> faults = new ConcurrentLinkedQueue<>();
    private final AtomicInteger sent = new AtomicInteger();
    private final Thread.UncaughtExceptionHandler before = Thread.getDefaultUncaughtExceptionHandler();
    private LeasingInbox inbox;
    private Receiver receiver;

    static Stream<AdaptersTest.Adapter> adapters() {
        return AdaptersTest.adapters();
    }

    @BeforeEach
    void open() {
        Thread.setDefaultUncaughtExceptionHandler((thread, e) -> faults.add(thread.getName() + " ended: " + e));
        inbox = Inbox.sqlite(directory.resolve("inbox.db"));
        parts.push(inbox);
        receiver = new Receiver(
                inbox,
                new Portals().trust(Bodies.MEMBER, Secret.of(Bodies.TOKEN)),
                Limits.DEFAULT.withBodyBytes(65_536).withValueBytes(16_384),
                InstantSource.system(),
                () -> {},
                Telemetry.none());
    }

    @AfterEach
    void close() throws Exception {
        while (!parts.isEmpty()) {
            parts.pop().close();
        }
        Thread.setDefaultUncaughtExceptionHandler(before);
    }

    @ParameterizedTest
    @MethodSource("adapters")
    void whateverIsSentGenuineEventsAreStoredAndNothingIsKept(AdaptersTest.Adapter adapter) throws Exception {
        int port = adapter.start(receiver, parts);
        RawHttp http = new RawHttp(URI.create("http://127.0.0.1:" + port));
        Set<String> threads = ours();
        List<byte[]> corpus = corpus(http);
        List<Thread> strangers = new ArrayList<>();
        for (int i = 0; i < STRANGERS; i++) {
            Random random = new Random(SEED + i);
            String from = "127.0.0." + (2 + i);
            strangers.add(new Thread(() -> {
                while (sent.incrementAndGet() <= REQUESTS) {
                    send(http, from, mutated(corpus, random), random);
                }
            }));
        }
        strangers.forEach(Thread::start);
        int events = 0;
        long settled = 0;
        while (events < REQUESTS / SHARE) {
            assertThat(http.post(Bodies.finish(++events))).as("seed " + SEED).startsWith("HTTP/1.1 200 ");
            if (events == REQUESTS / SHARE / 4) {
                settled = used();
            }
        }
        for (Thread stranger : strangers) {
            stranger.join();
        }

        assertThat(http.post(Bodies.finish(++events))).startsWith("HTTP/1.1 200 ");
        assertThat(inbox.backlog().waiting()).as("seed " + SEED).isEqualTo(events);
        assertThat(faults).as("seed " + SEED).isEmpty();
        assertThat(ours()).containsAll(threads);
        assertThat(used()).as("bytes in use, seed " + SEED).isLessThan(settled + SLACK_BYTES);
    }

    /** Returns the threads of the receiver. */
    private static Set<String> ours() {
        return Thread.getAllStackTraces().keySet().stream()
                .map(Thread::getName)
                .filter(name -> name.startsWith("openlines-"))
                .collect(Collectors.toSet());
    }

    private static long used() {
        ManagementFactory.getMemoryMXBean().gc();
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    }

    /** Returns requests without an event that is trusted, so that the genuine ones can be counted in the inbox. */
    private static List<byte[]> corpus(RawHttp http) {
        String wrong = Bodies.finish(1, "auth[application_token]", "wrong");
        String stranger = Bodies.finish(1, "auth[member_id]", "stranger", "auth[application_token]", "wrong");
        String json = "{\"event\":\"ONSESSIONFINISH\",\"ts\":\"1\",\"data\":{\"DATA\":[{\"a\":[1,2,{}]}]},"
                + "\"auth\":{\"member_id\":\"" + Bodies.MEMBER + "\",\"application_token\":\"wrong\"}}";
        String kept = http.request("POST /in", wrong).replace("Connection: close\r\n", "");
        String chunks = "POST /in HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-www-form-urlencoded\r\n"
                + "Transfer-Encoding: chunked\r\n\r\n" + Integer.toHexString(wrong.length()) + ";a=b\r\n" + wrong
                + "\r\n0\r\nTrailer: x\r\n\r\n";
        return Stream.of(
                        http.request("POST /in", wrong),
                        http.request("POST /in", stranger),
                        http.request("POST /in", json, "Content-Type: application/json"),
                        http.request("POST /in", "a=" + "%F0%9F%98%80".repeat(500)),
                        http.request("POST /in", "[".repeat(2_000), "Content-Type: application/json"),
                        kept + kept + kept,
                        chunks,
                        chunks + kept,
                        "POST /in HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\na=bcd",
                        "GET /in?a=b HTTP/1.0\r\n\r\n")
                .map(text -> text.getBytes(StandardCharsets.ISO_8859_1))
                .toList();
    }

    private static byte[] mutated(List<byte[]> corpus, Random random) {
        byte[] bytes = corpus.get(random.nextInt(corpus.size())).clone();
        for (int i = random.nextInt(5); i > 0 && bytes.length > 2; i--) {
            int from = random.nextInt(bytes.length);
            int to = Math.min(bytes.length, from + 1 + random.nextInt(64));
            switch (random.nextInt(6)) {
                case 0 -> bytes[from] ^= (byte) (1 << random.nextInt(8));
                case 1 -> bytes[from] = SPECIAL[random.nextInt(SPECIAL.length)];
                case 2 -> bytes = joined(Arrays.copyOf(bytes, from), Arrays.copyOfRange(bytes, to, bytes.length));
                case 3 -> bytes = joined(Arrays.copyOf(bytes, to), Arrays.copyOfRange(bytes, from, bytes.length));
                case 4 -> bytes = Arrays.copyOf(bytes, to);
                default -> {
                    byte[] other = corpus.get(random.nextInt(corpus.size()));
                    bytes = joined(
                            Arrays.copyOf(bytes, from),
                            Arrays.copyOfRange(other, random.nextInt(other.length), other.length));
                }
            }
        }
        return bytes;
    }

    private static byte[] joined(byte[] first, byte[] second) {
        ByteArrayOutputStream both = new ByteArrayOutputStream(first.length + second.length);
        both.writeBytes(first);
        both.writeBytes(second);
        return both.toByteArray();
    }

    /** Sends in one piece or two, and then waits for the end, or closes the connection at once. */
    private void send(RawHttp http, String from, byte[] bytes, Random random) {
        try (Socket socket = http.connectFrom(from)) {
            socket.setTcpNoDelay(true);
            socket.setSoTimeout(120_000);
            int half = random.nextInt(bytes.length + 1);
            socket.getOutputStream().write(bytes, 0, half);
            socket.getOutputStream().write(bytes, half, bytes.length - half);
            if (random.nextBoolean()) {
                socket.shutdownOutput();
                socket.getInputStream().readAllBytes();
            } else if (random.nextBoolean()) {
                socket.setSoLinger(true, 0);
            }
        } catch (SocketTimeoutException e) {
            faults.add("no end for: " + new String(bytes, StandardCharsets.ISO_8859_1));
        } catch (IOException e) {
            // The receiver has closed the connection, as it may.
        }
    }
}
