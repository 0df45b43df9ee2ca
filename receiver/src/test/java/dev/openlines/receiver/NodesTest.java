// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.model.OnSessionFinish;
import dev.openlines.model.Secret;
import dev.openlines.parser.Limits;
import dev.openlines.testkit.Await;
import dev.openlines.testkit.Bodies;
import dev.openlines.testkit.PostgresServer;
import dev.openlines.testkit.Rows;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Several nodes, a database that goes and comes back, a clock that jumps. */
@Timeout(300)
class NodesTest {

    @TempDir
    Path directory;

    private final BlockingQueue<Long> handled = new LinkedBlockingQueue<>();
    private final List<AutoCloseable> open = new ArrayList<>();

    @AfterEach
    void close() throws Exception {
        for (int i = open.size() - 1; i >= 0; i--) {
            open.get(i).close();
        }
    }

    @Test
    void theSameBytesToTwoNodesAreDispatchedOnce() throws Exception {
        String url = PostgresServer.newSchema();
        Receiver one = node(Inbox.postgresql(url), Duration.ofMinutes(5));
        Receiver two = node(Inbox.postgresql(url), Duration.ofMinutes(5));
        ExecutorService senders = Executors.newFixedThreadPool(8);
        open.add(senders::shutdownNow);
        List<CompletableFuture<Integer>> statuses = new ArrayList<>();
        for (long chat = 1; chat <= 50; chat++) {
            String body = Bodies.finish(chat);
            for (Receiver node : List.of(one, two, two, one)) {
                statuses.add(CompletableFuture.supplyAsync(() -> Installing.post(node, body), senders));
            }
        }

        for (CompletableFuture<Integer> status : statuses) {
            assertThat(status.get(60, TimeUnit.SECONDS)).isEqualTo(200);
        }
        assertThat(take(50))
                .containsExactlyInAnyOrderElementsOf(
                        LongStream.rangeClosed(1, 50).boxed().toList());
        // The events behind them come next, so there were no others.
        assertThat(Installing.post(one, Bodies.finish(999))).isEqualTo(200);
        assertThat(take(1)).containsExactly(999L);
    }

    @Test
    @Tag("long")
    void aDatabaseThatIsStoppedAndStartedUnderLoadLosesNothingAcknowledged() throws Exception {
        EmbeddedPostgres database = postgres(0);
        int port = database.getPort();
        LeasingInbox inbox = Inbox.postgresql(database.getJdbcUrl("postgres", "postgres"));
        Receiver receiver = node(inbox, Duration.ofSeconds(2));
        Set<Long> acknowledged = ConcurrentHashMap.newKeySet();
        AtomicLong next = new AtomicLong(1);
        AtomicLong refused = new AtomicLong();
        AtomicBoolean enough = new AtomicBoolean();
        ExecutorService senders = Executors.newFixedThreadPool(4);
        open.add(senders::shutdownNow);
        for (int i = 0; i < 4; i++) {
            senders.execute(() -> {
                while (!enough.get()) {
                    long chat = next.getAndIncrement();
                    int status = Installing.post(receiver, Bodies.finish(chat));
                    if (status == 200) {
                        acknowledged.add(chat);
                    } else {
                        assertThat(status).isEqualTo(503);
                        refused.incrementAndGet();
                    }
                }
            });
        }
        Await.until("a condition", () -> acknowledged.size() > 200);
        database.close();
        Await.until("a condition", () -> refused.get() > 20);
        int before = acknowledged.size();
        open.add(postgres(port));
        Await.until("a condition", () -> acknowledged.size() > before + 200);
        enough.set(true);
        senders.shutdown();
        assertThat(senders.awaitTermination(60, TimeUnit.SECONDS)).isTrue();

        Set<Long> missing = new HashSet<>(acknowledged);
        while (!missing.isEmpty()) {
            Long chat = handled.poll(60, TimeUnit.SECONDS);
            assertThat(chat)
                    .as("one of the %d chats not yet handled", missing.size())
                    .isNotNull();
            missing.remove(chat);
        }
    }

    @Test
    void aClockThatJumpsADayBackAndForthHoldsUpNothingAndForgetsNothing() throws Exception {
        AtomicReference<Duration> offset = new AtomicReference<>(Duration.ZERO);
        InstantSource clock = () -> Instant.now().plus(offset.get());
        LeasingInbox inbox = Inbox.sqlite(directory.resolve("inbox.db"));
        open.add(inbox);
        RetryPolicy slow = RetryPolicy.DEFAULT.withWaits(Duration.ofMinutes(1), Duration.ofMinutes(1));
        Handlers handlers = Handlers.on(OnSessionFinish.class, (finish, context) -> {
                    handled.add(finish.chats().get(0).chatId() * 10 + context.attempt());
                    if (finish.chats().get(0).chatId() == 1 && context.attempt() == 1) {
                        throw new IOException("once");
                    }
                })
                .otherwise((event, context) -> {});
        Dispatcher dispatcher = new Dispatcher(
                        inbox, handlers, DispatchPolicy.DEFAULT.withRetry(slow), clock, Telemetry.none())
                .start();
        open.add(dispatcher);
        Receiver receiver = receiver(inbox, clock, dispatcher);

        assertThat(Installing.post(receiver, Bodies.finish(1))).isEqualTo(200);
        assertThat(take(1)).containsExactly(11L);
        Await.until(
                "a condition",
                () -> Rows.of(directory.resolve("inbox.db"), "select count(*) from inbox_history")
                        .equals(List.of("1")));
        // Put off by a minute, that is a day from now: it is due.
        offset.set(Duration.ofDays(-1));
        assertThat(take(1)).containsExactly(12L);
        assertThat(Installing.post(receiver, Bodies.finish(2))).isEqualTo(200);
        assertThat(take(1)).containsExactly(21L);

        offset.set(Duration.ofDays(1));
        assertThat(Installing.post(receiver, Bodies.finish(1))).isEqualTo(200);
        assertThat(Installing.post(receiver, Bodies.finish(2))).isEqualTo(200);
        assertThat(Installing.post(receiver, Bodies.finish(3))).isEqualTo(200);
        assertThat(take(1)).containsExactly(31L);
    }

    private EmbeddedPostgres postgres(int port) throws IOException {
        EmbeddedPostgres.Builder builder = EmbeddedPostgres.builder()
                .setPGStartupWait(Await.PATIENCE)
                .setDataDirectory(directory.resolve("postgres"))
                .setCleanDataDirectory(false);
        return port == 0 ? builder.start() : builder.setPort(port).start();
    }

    private Receiver node(LeasingInbox inbox, Duration lease) {
        open.add(inbox);
        Handlers handlers = Handlers.on(
                        OnSessionFinish.class,
                        (finish, context) -> handled.add(finish.chats().get(0).chatId()))
                .otherwise((event, context) -> {});
        Dispatcher dispatcher = new Dispatcher(
                        inbox,
                        handlers,
                        DispatchPolicy.DEFAULT.withLease(lease),
                        InstantSource.system(),
                        Telemetry.none())
                .start();
        open.add(dispatcher);
        return receiver(inbox, InstantSource.system(), dispatcher);
    }

    private static Receiver receiver(LeasingInbox inbox, InstantSource clock, Dispatcher dispatcher) {
        Portals portals = inbox.portals().trust(Bodies.MEMBER, Secret.of(Bodies.TOKEN));
        return new Receiver(inbox, portals, Limits.DEFAULT, clock, dispatcher::wake, Telemetry.none());
    }

    private List<Long> take(int count) throws InterruptedException {
        List<Long> chats = new ArrayList<>();
        while (chats.size() < count) {
            Long chat = handled.poll(30, TimeUnit.SECONDS);
            assertThat(chat).as("a chat handled after %s", chats).isNotNull();
            chats.add(chat);
        }
        return chats;
    }
}
