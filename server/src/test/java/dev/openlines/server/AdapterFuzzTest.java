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
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
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
 * those, no thread ends, and no memory is kept. {@code -Dseed=N} repeats the requests of each thread.
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
        List<Thread> strangers = new ArrayList<>();
        for (int i = 0; i < STRANGERS; i++) {
            // None of what they send is trusted, so that the genuine events can be counted in the inbox.
            Stranger stranger = new Stranger(http, "127.0.0." + (2 + i), FuzzedRequests.forged(), SEED + i, faults);
            parts.push(stranger);
            strangers.add(new Thread(() -> {
                while (sent.incrementAndGet() <= REQUESTS) {
                    stranger.send();
                }
                stranger.close();
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
}
