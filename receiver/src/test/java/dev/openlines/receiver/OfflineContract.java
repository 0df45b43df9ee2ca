// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.openlines.model.OnSessionFinish;
import dev.openlines.parser.EventDecoder;
import dev.openlines.receiver.ModelPortal.Close;
import dev.openlines.receiver.ReconcileContract.Fixture;
import jakarta.json.Json;
import jakarta.json.JsonValue;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The offline queue and the ledger over one kind of database: a close is one, whichever ways it comes. */
@Timeout(300)
interface OfflineContract {

    /** Opens an empty inbox in a store of its own. */
    LeasingInbox open();

    private static OfflineFeed feed(Fixture f, ModelQueue queue) {
        return new OfflineFeed(f.inbox, queue, Duration.ofMinutes(1), () -> f.portal.now, () -> {}, Telemetry.none());
    }

    private static OfflineFeed.Drained drained(int stored, int duplicates, int failed) {
        return new OfflineFeed.Drained(ModelPortal.MEMBER, stored, duplicates, failed);
    }

    @Test
    default void anOfflineEventIsHandledAsTheEventIsAndSaysItsOrigin() throws Exception {
        try (Fixture f = new Fixture(open())) {
            ModelQueue queue = new ModelQueue();
            Close close = f.closed(17);
            queue.note(close, 1);

            assertThat(feed(f, queue).drain(ModelPortal.MEMBER)).isEqualTo(drained(1, 0, 0));

            assertThat(queue.rows).isEmpty();
            LeasedDelivery handled = f.handled().get(0);
            assertThat(handled.origin()).isEqualTo(Origin.OFFLINE);
            assertThat(handled.payload()).doesNotContain("application_token");
            OnSessionFinish event = (OnSessionFinish) EventDecoder.lenient()
                    .decode(VerifiedDelivery.stored(handled.payload()))
                    .event();
            assertThat(event.chats())
                    .singleElement()
                    .satisfies(chat -> assertThat(chat.chatId()).isEqualTo(17));
            f.pass(Duration.ofMinutes(10));
            assertThat(f.compare().missing()).isZero();
            assertThat(feed(f, queue).drain(ModelPortal.MEMBER)).isEqualTo(drained(0, 0, 0));
        }
    }

    @Test
    default void aProcessThatDiesBetweenStoringAndClearingHandlesEachOnce() {
        try (Fixture f = new Fixture(open())) {
            ModelQueue queue = new ModelQueue();
            for (long chat = 1; chat <= 9; chat++) {
                queue.note(f.closed(chat), 0);
            }
            queue.clearsLeft = 4;
            assertThatThrownBy(() -> feed(f, queue).drain(ModelPortal.MEMBER)).hasMessageStartingWith("killed");
            assertThat(queue.rows).hasSize(5);
            queue.clearsLeft = Integer.MAX_VALUE;

            assertThat(feed(f, queue).drain(ModelPortal.MEMBER)).isEqualTo(drained(4, 1, 0));

            assertThat(f.handled()).hasSize(9);
            assertThat(queue.rows).isEmpty();
        }
    }

    @Test
    default void anUpdateThatSaysOnlyIdsIsOneHoweverOftenItIsDrained() {
        try (Fixture f = new Fixture(open())) {
            ModelQueue queue = new ModelQueue();
            queue.note(new OfflineQueues.Queued(
                    "ONCRMDEALUPDATE",
                    f.portal.now,
                    Json.createObjectBuilder()
                            .add("FIELDS", Json.createObjectBuilder().add("ID", "662"))
                            .build()));
            queue.clearsLeft = 0;
            assertThatThrownBy(() -> feed(f, queue).drain(ModelPortal.MEMBER)).hasMessageStartingWith("killed");
            queue.clearsLeft = Integer.MAX_VALUE;

            assertThat(feed(f, queue).drain(ModelPortal.MEMBER)).isEqualTo(drained(0, 1, 0));

            assertThat(f.handled()).hasSize(1);
        }
    }

    @Test
    default void anInboxThatIsDownLeavesTheQueueAsItIs() {
        ModelQueue queue = new ModelQueue();
        try (Fixture f = new Fixture(open())) {
            queue.note(f.closed(1), 0);
            queue.note(f.closed(2), 0);
            f.inbox.close();
            OfflineFeed feed = feed(f, queue);
            assertThatThrownBy(() -> feed.drain(ModelPortal.MEMBER)).isInstanceOf(StoreException.class);
        }
        assertThat(queue.rows).hasSize(2);
        try (Fixture f = new Fixture(open())) {
            assertThat(feed(f, queue).drain(ModelPortal.MEMBER)).isEqualTo(drained(2, 0, 0));
        }
    }

    @Test
    default void oneCloseByAnEventAndByTheQueueIsOneInBothOrders() {
        try (Fixture f = new Fixture(open())) {
            ModelQueue queue = new ModelQueue();
            Close eventFirst = f.closed(17);
            assertThat(f.store(ModelPortal.event(eventFirst, 0, 12))).isEqualTo(StoreResult.STORED);
            queue.note(eventFirst, 2);
            assertThat(feed(f, queue).drain(ModelPortal.MEMBER)).isEqualTo(drained(0, 1, 0));

            f.pass(Duration.ofMinutes(3));
            Close queueFirst = f.closed(17);
            queue.note(queueFirst, 2);
            assertThat(feed(f, queue).drain(ModelPortal.MEMBER)).isEqualTo(drained(1, 0, 0));
            assertThat(f.store(ModelPortal.event(queueFirst, 0, 12))).isEqualTo(StoreResult.DUPLICATE);

            assertThat(f.handled())
                    .extracting(LeasedDelivery::origin)
                    .containsExactlyInAnyOrder(Origin.EVENT, Origin.OFFLINE);
            f.pass(Duration.ofMinutes(10));
            assertThat(f.compare().missing()).isZero();
        }
    }

    @Test
    default void aCloseThatWasFoundBeforeTheQueueWasDrainedIsNotHandledAgain() {
        try (Fixture f = new Fixture(open())) {
            ModelQueue queue = new ModelQueue();
            queue.note(f.closed(17), 1);
            f.pass(Duration.ofMinutes(10));
            assertThat(f.compare().missing()).isEqualTo(1);

            assertThat(feed(f, queue).drain(ModelPortal.MEMBER)).isEqualTo(drained(0, 1, 0));

            assertThat(f.handled()).extracting(LeasedDelivery::origin).containsExactly(Origin.RECONCILED);
        }
    }

    /** Drains closes that the portal merges into one record with the time of the last. */
    @Test
    default void ofTwoClosesThatTheQueueMergesTheComparisonFindsTheFirst() {
        for (long seconds : new long[] {30, 600}) {
            try (Fixture f = new Fixture(open())) {
                ModelQueue queue = new ModelQueue();
                Close first = f.closed(17);
                queue.note(first, 0);
                f.pass(Duration.ofSeconds(seconds));
                Close last = f.closed(17);
                queue.note(last, 0);
                assertThat(queue.rows).hasSize(1);

                assertThat(feed(f, queue).drain(ModelPortal.MEMBER)).isEqualTo(drained(1, 0, 0));
                f.pass(Duration.ofMinutes(10));
                f.compare();

                List<LeasedDelivery> handled = f.handled();
                assertThat(handled)
                        .extracting(LeasedDelivery::origin)
                        .containsExactlyInAnyOrder(Origin.OFFLINE, Origin.RECONCILED);
                assertThat(handled)
                        .filteredOn(one -> one.origin() == Origin.RECONCILED)
                        .extracting(LeasedDelivery::sessionId)
                        .containsExactly(first.session());
            }
        }
    }

    @Test
    default void anEventThatCannotBeReadDoesNotKeepTheOthersBack() {
        try (Fixture f = new Fixture(open())) {
            ModelQueue queue = new ModelQueue();
            queue.note(new OfflineQueues.Queued("", f.portal.now, JsonValue.EMPTY_JSON_OBJECT));
            queue.note(f.closed(17), 0);

            assertThat(feed(f, queue).drain(ModelPortal.MEMBER)).isEqualTo(drained(1, 0, 1));

            assertThat(queue.rows).hasSize(1);
            assertThat(f.handled()).hasSize(1);
        }
    }

    /** Events lost, queued, or both; drains that die; comparisons between: each close once, as a multiset. */
    @Test
    default void whateverWayClosesComeEachIsHandledOnce() {
        for (long seed = 1; seed <= 12; seed++) {
            Random random = new Random(seed);
            try (Fixture f = new Fixture(open())) {
                ModelQueue queue = new ModelQueue();
                List<LeasedDelivery> handled = new ArrayList<>();
                for (int step = 0; step < 40; step++) {
                    Close close = f.closed(1 + random.nextInt(4));
                    if (random.nextInt(3) > 0) {
                        queue.note(close, random.nextInt(2));
                    }
                    if (random.nextInt(3) > 0) {
                        f.store(ModelPortal.event(close, random.nextInt(2), 12));
                    }
                    if (random.nextInt(4) == 0) {
                        drain(f, queue, random.nextInt(3));
                    }
                    f.pass(Duration.ofSeconds(180 + random.nextInt(600)));
                    if (random.nextInt(5) == 0) {
                        f.compare();
                    }
                    handled.addAll(f.handled());
                }
                drain(f, queue, Integer.MAX_VALUE);
                f.pass(Duration.ofMinutes(10));
                f.compare();
                handled.addAll(f.handled());

                assertThat(handled).as("seed %d", seed).hasSize(f.portal.closes.size());
                assertThat(queue.rows).as("seed %d", seed).isEmpty();
                assertThat(handled.stream().map(LeasedDelivery::idempotencyKey).distinct())
                        .as("seed %d", seed)
                        .hasSize(handled.size());
            }
        }
    }

    private static void drain(Fixture f, ModelQueue queue, int clears) {
        queue.clearsLeft = clears;
        try {
            feed(f, queue).drain(ModelPortal.MEMBER);
        } catch (IllegalStateException killed) {
            assertThat(killed).hasMessageStartingWith("killed");
        }
    }
}
