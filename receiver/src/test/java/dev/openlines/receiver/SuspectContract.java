// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.testkit.Await;
import java.time.Instant;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The contract for events whose process ends while it handles them. */
interface SuspectContract {

    /** Opens an empty inbox. */
    LeasingInbox openEmpty();

    @Test
    default void anEventThatEndsItsProcessIsADeadLetterAfterTheFourthCrash() {
        try (LeasingInbox inbox = openEmpty()) {
            Deliveries.store(inbox, Deliveries.delivery(1, 1));
            Instant now = Deliveries.T0;
            for (int crash = 1; crash <= 4; crash++) {
                assertThat(lease(inbox, "process " + crash, now))
                        .as("crash %s", crash)
                        .hasSize(1);
                now = now.plusSeconds(60);
            }

            assertThat(lease(inbox, "process 5", now)).isEmpty();

            assertThat(inbox.backlog()).isEqualTo(new Backlog(0, 1, null));
            DeadLetter dead = inbox.deadLetters().list(0, 9).get(0);
            assertThat(dead.reason()).isEqualTo("4 processes ended while they handled this");
            assertThat(dead.attempts()).isEqualTo(4);
            assertThat(inbox.deadLetters().show(dead.id()).orElseThrow().history())
                    .extracting(attempt -> attempt.number() + " " + attempt.outcome())
                    .containsExactly("2 died", "3 died", "4 died", "5 dead");
        }
    }

    @Test
    default void aRequeuedEventIsHandledAgainAndMayCrashAgain() {
        try (LeasingInbox inbox = openEmpty()) {
            Deliveries.store(inbox, Deliveries.delivery(1, 1));
            Instant now = Deliveries.T0;
            for (int round = 1; round <= 2; round++) {
                for (int crash = 1; crash <= 4; crash++) {
                    assertThat(lease(inbox, "a", now)).as("crash %s", crash).hasSize(1);
                    now = now.plusSeconds(60);
                }
                assertThat(lease(inbox, "a", now)).isEmpty();
                long id = inbox.deadLetters().list(0, 9).get(0).id();
                assertThat(inbox.deadLetters().requeue(id, now.plusSeconds(1))).isTrue();
                now = now.plusSeconds(2);
            }
        }
    }

    @Test
    default void eventsOnlyLeasedBesideItAreHandled() {
        try (LeasingInbox inbox = openEmpty()) {
            for (long chat = 1; chat <= 3; chat++) {
                Deliveries.store(inbox, Deliveries.delivery(chat, 1));
            }
            Instant now = Deliveries.T0;
            assertThat(lease(inbox, "a", now)).hasSize(3);
            now = now.plusSeconds(60);

            // One suspect at a time: only what is in hand can be blamed.
            LeasedDelivery suspect = one(lease(inbox, "b", now));
            assertThat(lease(inbox, "b", now.plusSeconds(2))).isEmpty();
            assertThat(settle(inbox, suspect, new Settlement.Done(), now)).isTrue();
            LeasedDelivery next = one(lease(inbox, "b", now.plusSeconds(4)));
            assertThat(next.id()).isNotEqualTo(suspect.id());
            assertThat(next.attempt()).isEqualTo(2);
            assertThat(settle(inbox, next, new Settlement.Retry(now, "away"), now))
                    .isTrue();

            // Both at once: an attempt with a result clears an event of suspicion.
            List<LeasedDelivery> rest = lease(inbox, "b", now.plusSeconds(6));
            assertThat(rest).extracting(LeasedDelivery::attempt).containsExactlyInAnyOrder(3, 2);
        }
    }

    @Test
    default void theNextSuspectIsDueAsSoonAsTheOneBeforeItHasEnded() {
        try (LeasingInbox inbox = openEmpty()) {
            for (long chat = 1; chat <= 3; chat++) {
                Deliveries.store(inbox, Deliveries.delivery(chat, 1));
            }
            List<Long> ids = lease(inbox, "a", Deliveries.T0).stream()
                    .map(LeasedDelivery::id)
                    .toList();
            Instant now = Deliveries.T0.plusSeconds(60);
            for (long id : ids) {
                LeasedDelivery suspect = one(lease(inbox, "b", now));
                assertThat(suspect.id()).isEqualTo(id);
                assertThat(lease(inbox, "b", now)).isEmpty();
                assertThat(settle(inbox, suspect, new Settlement.Done(), now)).isTrue();
            }
            assertThat(inbox.backlog()).isEqualTo(new Backlog(0, 0, null));
        }
    }

    @Test
    default void aRetryIsNotAdvancedBecauseItsEventWasPutOffBefore() {
        try (LeasingInbox inbox = openEmpty()) {
            Deliveries.store(inbox, Deliveries.delivery(1, 1));
            Deliveries.store(inbox, Deliveries.delivery(2, 1));
            assertThat(lease(inbox, "a", Deliveries.T0)).hasSize(2);
            Instant now = Deliveries.T0.plusSeconds(60);
            LeasedDelivery first = one(lease(inbox, "b", now));
            LeasedDelivery second = one(lease(inbox, "c", now.plusSeconds(2)));
            Settlement retry = new Settlement.Retry(now.plusSeconds(600), "away");
            assertThat(settle(inbox, second, retry, now.plusSeconds(3))).isTrue();

            assertThat(settle(inbox, first, new Settlement.Done(), now.plusSeconds(4)))
                    .isTrue();

            assertThat(lease(inbox, "b", now.plusSeconds(5))).isEmpty();
            assertThat(lease(inbox, "b", now.plusSeconds(601))).hasSize(1);
        }
    }

    @Test
    @Timeout(300)
    default void aDispatcherHandlesWhatWasLeasedAtACrashWithoutWaitingInBetween() {
        try (LeasingInbox inbox = openEmpty()) {
            for (long chat = 1; chat <= 100; chat++) {
                Deliveries.store(inbox, Deliveries.delivery(chat, 1));
            }
            Instant begun = Deliveries.T0;
            assertThat(inbox.lease(new LeaseRequest("a", 100, begun, begun, Deliveries.LATEST, false)))
                    .hasSize(100);
            // The clock stands still, so nothing that was put off becomes due by itself.
            Instant now = begun.plusSeconds(60);
            Queue<String> handled = new ConcurrentLinkedQueue<>();
            Handlers handlers = Handlers.all((event, context) -> handled.add(context.idempotencyKey()));
            try (Dispatcher dispatcher =
                    new Dispatcher(inbox, handlers, DispatchPolicy.DEFAULT, () -> now, Telemetry.none())) {
                dispatcher.start();
                Await.until("100 handled", () -> handled.size() == 100);
            }
            assertThat(handled).doesNotHaveDuplicates();
            assertThat(inbox.backlog()).isEqualTo(new Backlog(0, 0, null));
        }
    }

    @Test
    default void anEventThatSurvivesHasNoCrashInItsHistory() {
        try (LeasingInbox inbox = openEmpty()) {
            Deliveries.store(inbox, Deliveries.delivery(1, 1));
            Instant now = Deliveries.T0;
            for (int crash = 1; crash <= 3; crash++) {
                lease(inbox, "a", now);
                now = now.plusSeconds(60);
            }
            settle(inbox, one(lease(inbox, "a", now)), new Settlement.Retry(now, "away"), now);
            for (int crash = 1; crash <= 4; crash++) {
                assertThat(lease(inbox, "a", now)).as("crash %s", crash).hasSize(1);
                now = now.plusSeconds(60);
            }
            assertThat(lease(inbox, "a", now)).isEmpty();
            assertThat(inbox.deadLetters().show(1).orElseThrow().history())
                    .extracting(attempt -> attempt.number() + " " + attempt.outcome())
                    .containsExactly("2 died", "3 died", "4 retry", "6 died", "7 died", "8 died", "9 dead");
        }
    }

    @Test
    default void portalsMayBeLeftOut() {
        try (LeasingInbox inbox = openEmpty()) {
            Deliveries.store(inbox, Deliveries.delivery(1, 1));
            LeasedDelivery all = one(lease(inbox, "a", Deliveries.T0));
            Instant later = Deliveries.T0.plusSeconds(60);
            LeaseRequest others = new LeaseRequest(
                    "a", 9, later, later.plusSeconds(10), Deliveries.LATEST, true, Set.of(all.memberId(), "x"));
            assertThat(inbox.lease(others)).isEmpty();
            assertThat(lease(inbox, "a", later)).hasSize(1);
        }
    }

    private static List<LeasedDelivery> lease(LeasingInbox inbox, String owner, Instant now) {
        return inbox.lease(new LeaseRequest(owner, 9, now, now.plusSeconds(10), Deliveries.LATEST, false));
    }

    private static LeasedDelivery one(List<LeasedDelivery> leased) {
        assertThat(leased).hasSize(1);
        return leased.get(0);
    }

    private static boolean settle(LeasingInbox inbox, LeasedDelivery lease, Settlement settlement, Instant now) {
        return inbox.settle(lease, settlement, now).toCompletableFuture().join();
    }
}
