// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.openlines.testkit.Await;
import dev.openlines.testkit.LogRecords;
import jakarta.json.JsonValue;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SqliteOfflineTest implements OfflineContract {

    private static final Duration HOUR = Duration.ofHours(1);

    private final AtomicInteger files = new AtomicInteger();
    private final AtomicInteger wakes = new AtomicInteger();

    @TempDir
    Path directory;

    @Override
    public LeasingInbox open() {
        return Inbox.sqlite(directory.resolve("inbox-" + files.incrementAndGet() + ".db"));
    }

    private OfflineFeed feed(Inbox inbox, OfflineQueues queue) {
        return new OfflineFeed(inbox, queue, HOUR, () -> Deliveries.T0, wakes::incrementAndGet, Telemetry.none());
    }

    @Test
    void itDrainsAtOnceAndWhenItIsWoken() {
        ModelQueue queue = new ModelQueue();
        queue.note(ModelQueue.finish(1, 1_790_000_000));
        try (LeasingInbox inbox = open();
                OfflineFeed feed = feed(inbox, queue).start()) {
            Await.until("the first", () -> inbox.backlog().waiting() == 1);
            Await.until("a wake-up for it", () -> wakes.get() == 1);
            Await.until("an end of the first drain", () -> queue.rows.isEmpty());
            queue.note(ModelQueue.finish(2, 1_790_000_001));
            feed.wake("a portal without a grant");
            feed.wake(ModelPortal.MEMBER);
            Await.until("the second", () -> inbox.backlog().waiting() == 2);
        }
    }

    @Test
    void aPortalThatRefusesIsToldOnceADayAndAskedSeldom() {
        ModelQueue queue = new ModelQueue();
        queue.refusal = "the plan";
        try (LeasingInbox inbox = open()) {
            OfflineFeed feed = feed(inbox, queue);
            List<String> records = LogRecords.of(() -> {
                feed.tick();
                feed.drain(ModelPortal.MEMBER);
            });
            assertThat(records)
                    .filteredOn(record -> record.contains("reason=offline-impossible"))
                    .singleElement()
                    .asString()
                    .contains("portal=" + ModelPortal.MEMBER + " detail=\"the plan\"");
            feed.tick();
            assertThat(queue.drains.get()).isEqualTo(2);
        }
    }

    @Test
    void aPortalThatDoesNotAnswerDisturbsNothingAndIsAskedLater() {
        ModelQueue queue = new ModelQueue();
        queue.failure = new IllegalStateException("no connection");
        try (LeasingInbox inbox = open()) {
            OfflineFeed feed = feed(inbox, queue);
            List<String> records = LogRecords.of(feed::tick);
            assertThat(records)
                    .filteredOn(record -> record.contains("reason=offline-waits"))
                    .hasSize(1);
            feed.tick();
            assertThat(queue.drains.get()).isEqualTo(1);
            feed.wake(ModelPortal.MEMBER);
            queue.failure = null;
            queue.note(ModelQueue.finish(1, 1_790_000_000));
            feed.tick();
            assertThat(inbox.backlog().waiting()).isEqualTo(1);
        }
    }

    @Test
    void anEventThatWentToTheSpoolIsClearedAndComesWithItsOrigin() {
        Path spool = directory.resolve("spool");
        ModelQueue queue = new ModelQueue();
        queue.note(ModelQueue.finish(1, 1_790_000_000));
        LeasingInbox down = open();
        try (LeasingInbox spooling = Inbox.spooled(down, spool)) {
            down.close();
            assertThat(feed(spooling, queue).drain(ModelPortal.MEMBER).stored()).isEqualTo(1);
            assertThat(queue.rows).isEmpty();
        }
        try (LeasingInbox inbox = Inbox.spooled(open(), spool)) {
            Await.until("it has left the spool", () -> inbox.backlog().waiting() == 1);
            Instant now = Instant.now();
            assertThat(inbox.lease(new LeaseRequest("t", 1, now, now.plusSeconds(60), now.plusSeconds(60), false)))
                    .extracting(LeasedDelivery::origin)
                    .containsExactly(Origin.OFFLINE);
        }
    }

    @Test
    void aPortalThatDoesNotAnswerHoldsUpNoOther() {
        String silent = "0";
        CountDownLatch answer = new CountDownLatch(1);
        AtomicInteger asked = new AtomicInteger();
        ModelQueue queue = new ModelQueue();
        queue.note(ModelQueue.finish(1, 1_790_000_000));
        OfflineQueues both = new OfflineQueues() {
            @Override
            public Set<String> portals() {
                return Set.of(silent, ModelPortal.MEMBER);
            }

            @Override
            public Drained drain(String memberId, Consumer<Queued> sink) {
                if (memberId.equals(silent)) {
                    asked.incrementAndGet();
                    Threads.uninterrupted(answer::await);
                    throw new IllegalStateException("no answer");
                }
                return queue.drain(memberId, sink);
            }
        };
        try (LeasingInbox inbox = open();
                OfflineFeed feed = feed(inbox, both).start()) {
            Await.until("the silent portal is asked", () -> asked.get() == 1);
            Await.until("an end of the first drain", () -> inbox.backlog().waiting() == 1 && queue.rows.isEmpty());
            queue.note(ModelQueue.finish(2, 1_790_000_001));
            feed.wake(ModelPortal.MEMBER);
            Await.until("the second", () -> inbox.backlog().waiting() == 2);
            assertThat(asked).hasValue(1);
            answer.countDown();
        }
    }

    @Test
    void anInstallationInTheQueueChangesNoTrust() {
        ModelQueue queue = new ModelQueue();
        for (String code : List.of("ONAPPINSTALL", "ONAPPUNINSTALL")) {
            queue.note(new OfflineQueues.Queued(code, Deliveries.T0, JsonValue.EMPTY_JSON_OBJECT));
        }
        try (LeasingInbox inbox = open()) {
            assertThat(feed(inbox, queue).drain(ModelPortal.MEMBER).stored()).isEqualTo(2);
            assertThat(inbox.trusted()).isEmpty();
        }
    }

    @Test
    void anIntervalOfNothingIsRefused() {
        try (LeasingInbox inbox = open()) {
            assertThatThrownBy(() -> new OfflineFeed(
                            inbox, new ModelQueue(), Duration.ZERO, () -> Deliveries.T0, () -> {}, Telemetry.none()))
                    .hasMessage("expected an interval of at least PT1S but found PT0S");
        }
    }
}
