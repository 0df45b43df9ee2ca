// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.testkit.Await;
import dev.openlines.testkit.PostgresServer;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

class PostgresOfflineTest implements OfflineContract {

    @Override
    public LeasingInbox open() {
        return Inbox.postgresql(PostgresServer.newSchema());
    }

    private static OfflineFeed feed(LeasingInbox inbox, ModelQueue queue) {
        return new OfflineFeed(inbox, queue, Duration.ofHours(1), () -> Deliveries.T0, () -> {}, Telemetry.none());
    }

    @Test
    void ofTwoNodesOneDrainsAPortal() throws Exception {
        String url = PostgresServer.newSchema();
        ModelQueue queue = new ModelQueue();
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch end = new CountDownLatch(1);
        try (LeasingInbox one = Inbox.postgresql(url);
                LeasingInbox two = Inbox.postgresql(url);
                OfflineFeed first = feed(one, queue);
                OfflineFeed second = feed(two, queue)) {
            queue.note(ModelQueue.finish(1, 1_790_000_000));
            queue.begun = () -> {
                begun.countDown();
                uninterrupted(end);
            };
            Thread drains = new Thread(first::tick);
            drains.start();
            uninterrupted(begun);
            second.tick();
            assertThat(second.drain(ModelPortal.MEMBER))
                    .as("the other node is draining it")
                    .isEqualTo(new OfflineFeed.Drained(ModelPortal.MEMBER, 0, 0, 0));
            assertThat(queue.drains.get()).isEqualTo(1);
            end.countDown();
            drains.join();

            assertThat(queue.rows).isEmpty();
            assertThat(second.drain(ModelPortal.MEMBER))
                    .as("the lease was given back")
                    .isEqualTo(new OfflineFeed.Drained(ModelPortal.MEMBER, 0, 0, 0));
            assertThat(queue.drains.get()).isEqualTo(2);
        }
    }

    @Test
    void aNodeTakesOverWhenTheLeaseOfTheOtherHasEnded() {
        String url = PostgresServer.newSchema();
        ModelQueue queue = new ModelQueue();
        try (LeasingInbox one = Inbox.postgresql(url);
                LeasingInbox two = Inbox.postgresql(url);
                OfflineFeed first = feed(one, queue);
                OfflineFeed second = feed(two, queue)) {
            queue.note(ModelQueue.finish(1, 1_790_000_000));
            queue.note(ModelQueue.finish(2, 1_790_000_000));
            queue.begun = () -> {
                queue.begun = () -> {};
                endLeases((SqlInbox) two);
                assertThat(second.drain(ModelPortal.MEMBER).stored()).isEqualTo(2);
            };
            assertThat(first.drain(ModelPortal.MEMBER)).isEqualTo(new OfflineFeed.Drained(ModelPortal.MEMBER, 0, 0, 0));
            assertThat(one.backlog().waiting()).isEqualTo(2);
        }
    }

    /** Drains again after a wake-up: its event may have been queued after the other node had listed the queue. */
    @Test
    void aNodeThatIsWokenWhileTheOtherDrainsAsksAgainSoon() throws Exception {
        String url = PostgresServer.newSchema();
        ModelQueue queue = new ModelQueue();
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch end = new CountDownLatch(1);
        try (LeasingInbox one = Inbox.postgresql(url);
                LeasingInbox two = Inbox.postgresql(url);
                OfflineFeed first = feed(one, queue);
                OfflineFeed second = new OfflineFeed(
                        two, queue, Duration.ofSeconds(1), () -> Deliveries.T0, () -> {}, Telemetry.none())) {
            queue.begun = () -> {
                queue.begun = () -> {};
                begun.countDown();
                uninterrupted(end);
            };
            Thread drains = new Thread(() -> first.drain(ModelPortal.MEMBER));
            drains.start();
            uninterrupted(begun);
            second.wake(ModelPortal.MEMBER);
            second.tick();
            assertThat(queue.drains.get()).isEqualTo(1);
            end.countDown();
            drains.join();
            queue.note(ModelQueue.finish(1, 1_790_000_000));

            second.start();
            Await.until("the second node drains", () -> two.backlog().waiting() == 1);
        }
    }

    private static void endLeases(SqlInbox inbox) {
        inbox.run(connection -> {
            try (Statement statement = connection.createStatement()) {
                return statement.executeUpdate("update reconcile_state set lease_until = 0");
            }
        });
    }

    private static void uninterrupted(CountDownLatch latch) {
        Threads.uninterrupted(latch::await);
    }
}
