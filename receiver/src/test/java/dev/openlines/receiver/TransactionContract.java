// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.openlines.model.OnSessionFinish;
import dev.openlines.model.OpenLineChat;
import dev.openlines.testkit.Bodies;
import java.io.IOException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A handler that writes to the inbox's own database has its effect once. */
@Timeout(300)
interface TransactionContract {

    LeasingInbox open();

    /** Names what {@link #open} opens, for another process. */
    String place();

    @Test
    default void theEffectAndTheEndOfTheEventAreOneCommit() throws Exception {
        BlockingQueue<String> attempts = new LinkedBlockingQueue<>();
        RetryPolicy quick = RetryPolicy.DEFAULT.withWaits(Duration.ofMillis(1), Duration.ofMillis(2));
        try (LeasingInbox inbox = open()) {
            SqlInbox sql = (SqlInbox) inbox;
            execute(sql, "create table effect (idempotency_key text)");
            LongStream.rangeClosed(1, 20).forEach(chat -> Deliveries.store(inbox, Deliveries.delivery(chat, 1)));
            Handlers handlers = Handlers.all((event, context) -> context.inTransaction(connection -> {
                insert(connection, context.idempotencyKey());
                attempts.add(context.idempotencyKey());
                if (context.attempt() == 1) {
                    throw new IOException("after the effect, before the commit");
                }
            }));
            try (Dispatcher dispatcher = new Dispatcher(
                            inbox,
                            handlers,
                            DispatchPolicy.DEFAULT.withRetry(quick),
                            InstantSource.system(),
                            Telemetry.none())
                    .start()) {
                for (int i = 0; i < 40; i++) {
                    assertThat(attempts.poll(30, TimeUnit.SECONDS)).isNotNull();
                }
                dispatcher.stop(Duration.ofSeconds(30));
            }

            assertThat(count(sql)).isEqualTo("20 20");
            assertThat(inbox.backlog()).isEqualTo(new Backlog(0, 0, null));
        }
    }

    @Test
    default void anOwnerWhoseLeaseHasPassedOnHasNoEffect() throws Exception {
        try (LeasingInbox inbox = open()) {
            SqlInbox sql = (SqlInbox) inbox;
            execute(sql, "create table effect (idempotency_key text)");
            Deliveries.store(inbox, Deliveries.delivery(17, 1));
            LeasedDelivery stale = lease(inbox, "a", 0);
            LeasedDelivery current = lease(inbox, "b", 10);

            assertThatThrownBy(() -> inbox.commitOnce(stale, "", connection -> insert(connection, "a"), Deliveries.T0))
                    .isInstanceOf(StoreException.class)
                    .hasMessage("the lease has passed to another owner");
            assertThat(inbox.commitOnce(current, "", connection -> insert(connection, "b"), Deliveries.T0))
                    .isTrue();
            // A mark, too, is nothing to an owner whose lease has passed on.
            assertThatThrownBy(() -> inbox.commitOnce(stale, "", connection -> insert(connection, "a"), Deliveries.T0))
                    .isInstanceOf(StoreException.class)
                    .hasMessage("the lease has passed to another owner");
            assertThat(inbox.settle(current, new Settlement.Done(), Deliveries.T0)
                            .toCompletableFuture()
                            .join())
                    .isTrue();

            assertThat(count(sql)).isEqualTo("1 1");
            assertThat(inbox.backlog()).isEqualTo(new Backlog(0, 0, null));
        }
    }

    @Test
    default void aHandlerCannotEndItsTransaction() throws Exception {
        try (LeasingInbox inbox = open()) {
            Deliveries.store(inbox, Deliveries.delivery(17, 1));
            LeasedDelivery leased = lease(inbox, "a", 0);

            for (EventContext.Transaction work : List.<EventContext.Transaction>of(
                    Connection::commit, Connection::close, Connection::rollback, c -> c.setAutoCommit(true))) {
                assertThatThrownBy(() -> inbox.commitOnce(leased, "", work, Deliveries.T0))
                        .isInstanceOf(SQLException.class)
                        .hasMessageEndingWith("to be left to the inbox: the transaction ends with the handler");
            }
            assertThat(inbox.backlog().waiting()).isEqualTo(1);
        }
    }

    /** Passes the lease on while the work runs: the other owner finds no mark and does the work itself. */
    @Test
    default void anOwnerThatLosesItsLeaseDuringTheWorkHasNoEffect() throws Exception {
        try (LeasingInbox inbox = open()) {
            SqlInbox sql = (SqlInbox) inbox;
            execute(sql, "create table effect (idempotency_key text)");
            Deliveries.store(inbox, Deliveries.delivery(17, 1));
            LeasedDelivery stale = lease(inbox, "a", 0);

            assertThatThrownBy(() -> inbox.commitOnce(
                            stale,
                            "17",
                            connection -> {
                                insert(connection, "a");
                                try (Statement statement = connection.createStatement()) {
                                    statement.execute("update inbox set lease_owner = 'b', leases = leases + 1");
                                }
                            },
                            Deliveries.T0))
                    .isInstanceOf(StoreException.class)
                    .hasMessage("the lease has passed to another owner");
            assertThat(inbox.commitOnce(stale, "17", connection -> insert(connection, "b"), Deliveries.T0))
                    .isTrue();

            assertThat(count(sql)).isEqualTo("1 1");
        }
    }

    @Test
    default void eachChatOfAnEventHasItsEffectOnceHoweverOftenTheHandlerFails() throws Exception {
        Map<String, Integer> runs = new ConcurrentHashMap<>();
        try (LeasingInbox inbox = open()) {
            SqlInbox sql = (SqlInbox) inbox;
            execute(sql, "create table effect (idempotency_key text)");
            Deliveries.store(inbox, Deliveries.delivery(Bodies.chats(7, 8)));
            List<String> answers = new CopyOnWriteArrayList<>();

            handle(inbox, Handlers.all((event, context) -> {
                for (OpenLineChat chat : ((OnSessionFinish) event).chats()) {
                    boolean now = context.inTransaction(chat.chatId(), connection -> {
                        insert(connection, "chat " + chat.chatId());
                        runs.merge("chat " + chat.chatId(), 1, Integer::sum);
                        if (chat.chatId() == 8 && context.attempt() == 1) {
                            throw new IOException("after the effect, before the commit");
                        }
                    });
                    answers.add(chat.chatId() + " " + now);
                }
                answers.add("event " + context.inTransaction(connection -> insert(connection, "event")));
                if (context.attempt() == 2) {
                    assertThat(inbox.backlog().waiting()).as("not done yet").isEqualTo(1);
                    throw new IOException("after every commit");
                }
            }));

            assertThat(answers)
                    .containsExactly("7 true", "7 false", "8 true", "event true", "7 false", "8 false", "event false");
            assertThat(runs).isEqualTo(Map.of("chat 7", 1, "chat 8", 2));
            assertThat(count(sql)).isEqualTo("3 3");
            assertThat(inbox.backlog()).isEqualTo(new Backlog(0, 0, null));
        }
    }

    @Test
    default void aSecondTransactionForTheSamePartFailsLoudlyAndADeadLetterKeepsItsMarks() throws Exception {
        try (LeasingInbox inbox = open()) {
            SqlInbox sql = (SqlInbox) inbox;
            execute(sql, "create table effect (idempotency_key text)");
            Deliveries.store(inbox, Deliveries.delivery(Bodies.chats(7, 8)));

            handle(inbox, Handlers.all((event, context) -> {
                for (OpenLineChat chat : ((OnSessionFinish) event).chats()) {
                    context.inTransaction(connection -> insert(connection, "chat " + chat.chatId()));
                }
            }));
            assertThat(count(sql)).isEqualTo("1 1");
            DeadLetter dead = inbox.deadLetters().list(0, 10).get(0);
            assertThat(inbox.deadLetters().show(dead.id()).orElseThrow().history())
                    .allSatisfy(attempt -> assertThat(attempt.reason())
                            .contains("a second transaction for the whole event: pass the chat's id"));

            // The handler was corrected, and the letter requeued.
            assertThat(inbox.deadLetters().requeue(dead.id(), Instant.now())).isTrue();
            handle(inbox, Handlers.all((event, context) -> {
                assertThat(context.inTransaction(connection -> insert(connection, "again")))
                        .isFalse();
                assertThat(context.inTransaction(8, connection -> insert(connection, "chat 8")))
                        .isTrue();
                assertThatThrownBy(() -> context.inTransaction(8, connection -> insert(connection, "chat 8")))
                        .isInstanceOf(IllegalStateException.class)
                        .hasMessage("a second transaction for chat 8: do all its work in one");
            }));
            assertThat(count(sql)).isEqualTo("2 2");
            assertThat(inbox.backlog()).isEqualTo(new Backlog(0, 0, null));

            assertThat(inbox.purge(Instant.now().plusSeconds(60))).isEqualTo(1);
            assertThat(number(sql, "select count(*) from inbox_progress")).isZero();
        }
    }

    @Test
    default void aChatThatAnEventListsTwiceHasOneEffect() throws Exception {
        try (LeasingInbox inbox = open()) {
            SqlInbox sql = (SqlInbox) inbox;
            execute(sql, "create table effect (idempotency_key text)");
            Deliveries.store(inbox, Deliveries.delivery(Bodies.chats(7, 7)));

            handle(inbox, Handlers.all((event, context) -> {
                for (OpenLineChat chat : ((OnSessionFinish) event).chats()) {
                    context.inTransaction(chat.chatId(), connection -> insert(connection, "chat " + chat.chatId()));
                }
            }));

            assertThat(count(sql)).isEqualTo("1 1");
            assertThat(inbox.backlog()).isEqualTo(new Backlog(0, 0, null));
        }
    }

    /** Ends a process between the commits of two chats, in the middle of the second, and after both. */
    @Test
    default void aProcessThatEndsBetweenTwoChatsRepeatsNoneAndSkipsNone() throws Exception {
        try (LeasingInbox inbox = open()) {
            SqlInbox sql = (SqlInbox) inbox;
            execute(sql, "create table effect (idempotency_key text)");
            Deliveries.store(inbox, Deliveries.delivery(Bodies.chats(7, 8)));
        }
        for (String where : List.of("between", "within", "after")) {
            assertThat(TwoChatsApp.run(place(), where)).as(where).isEqualTo(TwoChatsApp.KILLED);
        }
        assertThat(TwoChatsApp.run(place(), "nowhere")).isZero();

        try (LeasingInbox inbox = open()) {
            assertThat(count((SqlInbox) inbox)).isEqualTo("2 2");
            assertThat(inbox.backlog()).isEqualTo(new Backlog(0, 0, null));
        }
    }

    /** Handles what waits until nothing does. */
    private static void handle(LeasingInbox inbox, Handlers handlers) throws InterruptedException {
        RetryPolicy quick = RetryPolicy.DEFAULT.withWaits(Duration.ofMillis(1), Duration.ofMillis(2));
        try (Dispatcher dispatcher = new Dispatcher(
                        inbox,
                        handlers,
                        DispatchPolicy.DEFAULT.withRetry(quick),
                        InstantSource.system(),
                        Telemetry.none())
                .start()) {
            while (inbox.backlog().waiting() > 0) {
                LockSupport.parkNanos(Duration.ofMillis(5).toNanos());
            }
            dispatcher.stop(Duration.ofSeconds(30));
        }
    }

    private static LeasedDelivery lease(LeasingInbox inbox, String owner, long second) {
        var now = Deliveries.T0.plusSeconds(second);
        return inbox.lease(new LeaseRequest(owner, 10, now, now.plusSeconds(10), Deliveries.LATEST, false))
                .get(0);
    }

    private static void insert(Connection connection, String key) throws SQLException {
        try (PreparedStatement insert = connection.prepareStatement("insert into effect values (?)")) {
            insert.setString(1, key);
            insert.executeUpdate();
        }
    }

    private static void execute(SqlInbox inbox, String sql) {
        inbox.run(connection -> {
            try (Statement statement = connection.createStatement()) {
                return statement.execute(sql);
            }
        });
    }

    private static String count(SqlInbox inbox) {
        return inbox.run(connection -> {
            try (Statement statement = connection.createStatement();
                    ResultSet row =
                            statement.executeQuery("select count(*), count(distinct idempotency_key) from effect")) {
                row.next();
                return row.getString(1) + " " + row.getString(2);
            }
        });
    }

    private static int number(SqlInbox inbox, String sql) {
        return inbox.run(connection -> {
            try (Statement statement = connection.createStatement();
                    ResultSet row = statement.executeQuery(sql)) {
                row.next();
                return row.getInt(1);
            }
        });
    }
}
