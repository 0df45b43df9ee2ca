// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.openlines.receiver.contract.InboxContract;
import java.io.IOException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A handler that writes to the inbox's own database has its effect once. */
@Timeout(300)
interface TransactionContract {

    Inbox open();

    @Test
    default void theEffectAndTheEndOfTheEventAreOneCommit() throws Exception {
        BlockingQueue<String> attempts = new LinkedBlockingQueue<>();
        RetryPolicy quick = RetryPolicy.DEFAULT.withWaits(Duration.ofMillis(1), Duration.ofMillis(2));
        try (Inbox inbox = open()) {
            SqlInbox sql = (SqlInbox) inbox;
            execute(sql, "create table effect (idempotency_key text)");
            LongStream.rangeClosed(1, 20).forEach(chat -> InboxContract.store(inbox, InboxContract.delivery(chat, 1)));
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
        try (Inbox inbox = open()) {
            SqlInbox sql = (SqlInbox) inbox;
            execute(sql, "create table effect (idempotency_key text)");
            InboxContract.store(inbox, InboxContract.delivery(17, 1));
            LeasedDelivery stale = lease(inbox, "a", 0);
            LeasedDelivery current = lease(inbox, "b", 10);

            assertThatThrownBy(() -> inbox.settleWith(stale, connection -> insert(connection, "a"), InboxContract.T0))
                    .isInstanceOf(StoreException.class)
                    .hasMessage("the lease has passed to another owner");
            inbox.settleWith(current, connection -> insert(connection, "b"), InboxContract.T0);

            assertThat(count(sql)).isEqualTo("1 1");
            assertThat(inbox.backlog()).isEqualTo(new Backlog(0, 0, null));
        }
    }

    @Test
    default void aHandlerCannotEndItsTransaction() throws Exception {
        try (Inbox inbox = open()) {
            InboxContract.store(inbox, InboxContract.delivery(17, 1));
            LeasedDelivery leased = lease(inbox, "a", 0);

            for (EventContext.Transaction work : List.<EventContext.Transaction>of(
                    Connection::commit, Connection::close, Connection::rollback, c -> c.setAutoCommit(true))) {
                assertThatThrownBy(() -> inbox.settleWith(leased, work, InboxContract.T0))
                        .isInstanceOf(SQLException.class)
                        .hasMessageEndingWith("to be left to the inbox: the transaction ends with the handler");
            }
            assertThat(inbox.backlog().waiting()).isEqualTo(1);
        }
    }

    private static LeasedDelivery lease(Inbox inbox, String owner, long second) {
        var now = InboxContract.T0.plusSeconds(second);
        return inbox.lease(new LeaseRequest(owner, 10, now, now.plusSeconds(10), InboxContract.LATEST, false))
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
}
