// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.model.OnSessionFinish;
import dev.openlines.testkit.Await;
import dev.openlines.testkit.PostgresServer;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/** Events that a dispatcher has as soon as they are stored. */
@Timeout(300)
@ParameterizedClass
@ValueSource(strings = {"sqlite", "postgresql"})
class HandOverTest {

    private static final LeaseRequest TWO =
            new LeaseRequest("taker", 2, Deliveries.T0, Deliveries.T0.plusSeconds(10), Deliveries.LATEST, false);

    @Parameter
    String engine;

    @TempDir
    Path directory;

    private String url;
    private final List<LeasedDelivery> taken = Collections.synchronizedList(new ArrayList<>());

    @BeforeEach
    void place() {
        url = engine.equals("postgresql") ? PostgresServer.newSchema() : "";
    }

    private SqlInbox open() {
        return (SqlInbox) (url.isEmpty() ? Inbox.sqlite(directory.resolve("inbox.db")) : Inbox.postgresql(url));
    }

    /** Takes as many events of each commit as a request asks for. */
    private HandOver.Taker taker(@Nullable LeaseRequest request) {
        return new HandOver.Taker() {
            @Override
            public @Nullable LeaseRequest room() {
                return request;
            }

            @Override
            public void take(List<LeasedDelivery> deliveries) {
                taken.addAll(deliveries);
            }
        };
    }

    private static LeaseRequest request(String owner) {
        return new LeaseRequest(owner, 9, Deliveries.T0, Deliveries.T0.plusSeconds(10), Deliveries.LATEST, false);
    }

    @Test
    void aHandedOverEventIsTheOneThatALeaseWouldGive() {
        try (SqlInbox inbox = open()) {
            Deliveries.store(inbox, Deliveries.delivery(1, 1));
            LeasedDelivery leased = inbox.lease(request("taker")).get(0);
            inbox.settle(leased, new Settlement.Done(), Deliveries.T0)
                    .toCompletableFuture()
                    .join();
            inbox.handOver().begin(taker(TWO));

            Deliveries.store(inbox, Deliveries.delivery(2, 1));
            awaitReplies(inbox);

            LeasedDelivery handed = taken.get(0);
            assertThat(taken).hasSize(1);
            assertThat(handed.id()).isGreaterThan(leased.id());
            VerifiedDelivery second = Deliveries.delivery(2, 1);
            assertThat(handed)
                    .isEqualTo(new LeasedDelivery(
                            handed.id(),
                            leased.memberId(),
                            leased.event(),
                            second.idempotencyKey(),
                            second.payload(),
                            leased.receivedAt(),
                            leased.attempt(),
                            leased.lease(),
                            leased.owner()));
            // No other dispatcher gets it, and its lease is one that settles.
            assertThat(inbox.lease(request("other"))).isEmpty();
            assertThat(inbox.settle(handed, new Settlement.Done(), Deliveries.T0)
                            .toCompletableFuture()
                            .join())
                    .isTrue();
            assertThat(inbox.backlog()).isEqualTo(new Backlog(0, 0, null));
        }
    }

    @Test
    void noMoreAreHandedOverThanThereIsRoomForAndNoRepeatIs() {
        try (SqlInbox inbox = open()) {
            inbox.handOver().begin(taker(TWO));
            List<VerifiedDelivery> three = LongStream.of(1, 1, 2, 3, 4)
                    .mapToObj(chat -> Deliveries.delivery(chat, 1))
                    .toList();

            atOnce(inbox, three);

            assertThat(taken).extracting(LeasedDelivery::idempotencyKey).doesNotHaveDuplicates();
            List<String> rest = inbox.lease(request("other")).stream()
                    .map(LeasedDelivery::idempotencyKey)
                    .toList();
            assertThat(rest)
                    .isNotEmpty()
                    .doesNotContainAnyElementsOf(
                            taken.stream().map(LeasedDelivery::idempotencyKey).toList());
            assertThat(taken.size() + rest.size()).isEqualTo(4);
            inbox.handOver().begin(taker(null));
            Deliveries.store(inbox, Deliveries.delivery(5, 1));
            assertThat(inbox.lease(request("other"))).hasSize(1);
        }
    }

    /** Stores events in one commit: the writer is busy until all of them wait. */
    private static void atOnce(SqlInbox inbox, List<VerifiedDelivery> deliveries) {
        CountDownLatch busy = new CountDownLatch(1);
        CountDownLatch together = new CountDownLatch(1);
        CompletableFuture<Boolean> first = CompletableFuture.supplyAsync(() -> inbox.run(connection -> {
            try {
                busy.countDown();
                together.await();
                return true;
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }));
        Await.until("the writer is busy", () -> busy.getCount() == 0);
        List<CompletableFuture<StoreResult>> stored = deliveries.stream()
                .map(delivery -> inbox.store(delivery).toCompletableFuture())
                .toList();
        together.countDown();
        first.join();
        stored.forEach(reply -> reply.handle((result, failure) -> true).join());
        awaitReplies(inbox);
    }

    /** Waits until the writer has given away what it stored: it does so after its replies. */
    private static void awaitReplies(SqlInbox inbox) {
        inbox.probe();
    }

    @Test
    void ofACommitThatFailsOnlyWhatIsStoredAfterAllIsHandedOver() throws Exception {
        try (SqlInbox inbox = open()) {
            VerifiedDelivery bad = Deliveries.delivery(666, 1);
            VerifiedDelivery good = Deliveries.delivery(17, 1);
            inbox.run(connection -> refuse(connection, bad.orderKeys().get(0)));
            inbox.handOver().begin(taker(TWO));

            atOnce(inbox, List.of(good, bad));

            assertThat(taken).extracting(LeasedDelivery::idempotencyKey).containsExactly(good.idempotencyKey());
        }
    }

    private static boolean refuse(Connection connection, String orderKey) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute("create table refused (order_key text primary key)");
            statement.execute("insert into refused values ('" + orderKey + "')");
            if (connection.getMetaData().getURL().startsWith("jdbc:sqlite:")) {
                statement.execute("create trigger refuse before insert on inbox when new.order_key in"
                        + " (select order_key from refused) begin select raise(abort, 'refused'); end");
            } else {
                statement.execute("alter table inbox add constraint refuse check (order_key <> '" + orderKey + "')");
            }
            return true;
        }
    }

    @Test
    void anEventThatWasHandedOverAndNotSettledIsHandledAgain() {
        try (SqlInbox inbox = open()) {
            inbox.handOver().begin(taker(TWO));
            Deliveries.store(inbox, Deliveries.delivery(17, 1));
        }
        assertThat(taken).hasSize(1);

        try (SqlInbox inbox = open()) {
            LeaseRequest later = new LeaseRequest(
                    "next", 9, TWO.until().plusSeconds(1), TWO.until().plusSeconds(10), Deliveries.LATEST, false);
            assertThat(inbox.lease(later)).singleElement().satisfies(again -> {
                assertThat(again.idempotencyKey()).isEqualTo(taken.get(0).idempotencyKey());
                assertThat(again.attempt()).isEqualTo(2);
            });
        }
    }

    @Test
    void aDispatcherHandlesEachEventOnceInTheOrderOfStoringWhetherItIsHandedOverOrWaits() {
        List<Long> handled = Collections.synchronizedList(new ArrayList<>());
        CountDownLatch release = new CountDownLatch(1);
        Handlers handlers = Handlers.on(OnSessionFinish.class, (finish, context) -> {
                    release.await();
                    handled.add(finish.chats().get(0).chatId());
                })
                .otherwise((event, context) -> {});
        List<Long> chats = LongStream.rangeClosed(1, 40).boxed().toList();
        try (SqlInbox inbox = open();
                Dispatcher dispatcher = dispatcher(inbox, handlers)) {
            dispatcher.start();
            for (long chat : chats) {
                // More come than the dispatcher takes at a time.
                inbox.store(Deliveries.delivery(chat, 1))
                        .thenRun(dispatcher::wake)
                        .toCompletableFuture()
                        .join();
            }
            release.countDown();

            Await.until("all events", () -> inbox.backlog().waiting() == 0);
            assertThat(handled).isEqualTo(chats);
        }
    }

    @Test
    void whatIsStoredAfterAStopWaitsForTheNextDispatcher() {
        List<String> handled = Collections.synchronizedList(new ArrayList<>());
        Handlers handlers = Handlers.on(
                        OnSessionFinish.class,
                        (finish, context) -> handled.add(finish.chats().get(0).chatId() + " " + context.attempt()))
                .otherwise((event, context) -> {});
        try (SqlInbox inbox = open()) {
            try (Dispatcher first = dispatcher(inbox, handlers)) {
                first.start();
                Deliveries.store(inbox, Deliveries.delivery(1, 1));
                Await.until("the first event", () -> handled.size() == 1);
            }
            Deliveries.store(inbox, Deliveries.delivery(2, 1));
            assertThat(inbox.backlog().waiting()).isEqualTo(1);
            try (Dispatcher next = dispatcher(inbox, handlers)) {
                next.start();
                Await.until("the second event", () -> handled.size() == 2);
            }
            assertThat(handled).containsExactly("1 1", "2 1");
        }
    }

    private static Dispatcher dispatcher(SqlInbox inbox, Handlers handlers) {
        return new Dispatcher(
                inbox, handlers, DispatchPolicy.DEFAULT.withWorkers(1), InstantSource.system(), Telemetry.none());
    }
}
