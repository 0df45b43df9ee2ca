// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.receiver.ModelPortal.Close;
import dev.openlines.testkit.Await;
import dev.openlines.testkit.PostgresServer;
import java.sql.Connection;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class PostgresReconcileTest implements ReconcileContract {

    @Override
    public LeasingInbox open() {
        return Inbox.postgresql(PostgresServer.newSchema());
    }

    /** Inserts a page on one node while the event of its close arrives at another. */
    @Test
    void anEventThatComesWhileAPageIsWrittenWaitsForItAndIsADuplicate() throws Exception {
        String url = PostgresServer.newSchema();
        try (Fixture f = new Fixture(Inbox.postgresql(url));
                LeasingInbox other = Inbox.postgresql(url)) {
            SqlInbox sql = (SqlInbox) f.inbox;
            Close close = f.closed(17);
            f.pass(Duration.ofMinutes(10));
            ReconcileStore store = new ReconcileStore(sql, Duration.ofMinutes(5), null);
            ReconcileStore.Lease lease =
                    store.acquire(ModelPortal.MEMBER, "page", true).orElseThrow();
            CompletableFuture<StoreResult> stored = new CompletableFuture<>();

            store.inLease(lease, connection -> {
                // Looked, and found no event.
                assertThat(SessionLedger.read(connection, ModelPortal.MEMBER, close.at() - 5, close.at() + 5))
                        .isEmpty();
                other.store(ModelPortal.event(close, 1, 12)).whenComplete((result, failure) -> stored.complete(result));
                awaitWaitingForLock(connection);
                ClosedSession session = f.portal
                        .list(new ClosedSessions.Query(
                                ModelPortal.MEMBER, f.portal.now.minusSeconds(3600), f.portal.now, 0, 200, null, null))
                        .sessions()
                        .get(0);
                return SessionLedger.store(
                        connection, ReconciledClose.of(ModelPortal.MEMBER, session, null, f.portal.now), 0);
            });

            assertThat(stored.get(60, TimeUnit.SECONDS)).isEqualTo(StoreResult.DUPLICATE);
            assertThat(f.handled()).extracting(LeasedDelivery::origin).containsExactly(Origin.RECONCILED);
        }
    }

    private static void awaitWaitingForLock(Connection connection) {
        Await.until("a transaction that waits for the lock", () -> {
            try (var statement = connection.createStatement();
                    var row = statement.executeQuery(
                            "select count(*) from pg_locks where locktype = 'advisory' and not granted"
                                    + " and classid = 7309105")) {
                row.next();
                return row.getInt(1) > 0;
            }
        });
    }

    @Test
    void theSameCloseBySubscriptionsAtTwoNodesAtOnceIsOne() throws Exception {
        String url = PostgresServer.newSchema();
        ExecutorService threads = Executors.newFixedThreadPool(2);
        try (LeasingInbox one = Inbox.postgresql(url);
                LeasingInbox two = Inbox.postgresql(url)) {
            for (int round = 0; round < 50; round++) {
                long chat = 100L + round;
                CyclicBarrier together = new CyclicBarrier(2);
                List<Callable<StoreResult>> stores = List.of(
                        () -> {
                            together.await(60, TimeUnit.SECONDS);
                            return Deliveries.store(one, ModelPortal.event(chat, 1_790_000_000, 12));
                        },
                        () -> {
                            together.await(60, TimeUnit.SECONDS);
                            return Deliveries.store(two, ModelPortal.event(chat, 1_790_000_001, 13));
                        });
                int stored = 0;
                for (Future<StoreResult> result : threads.invokeAll(stores)) {
                    stored += result.get() == StoreResult.STORED ? 1 : 0;
                }
                assertThat(stored).as("round %d", round).isEqualTo(1);
            }
        } finally {
            threads.shutdownNow();
        }
    }
}
