// SPDX-License-Identifier: Apache-2.0
package dev.openlines.tck;

import static dev.openlines.tck.Deliveries.LATEST;
import static dev.openlines.tck.Deliveries.MEMBER;
import static dev.openlines.tck.Deliveries.T0;
import static dev.openlines.tck.Deliveries.atOnce;
import static dev.openlines.tck.Deliveries.delivery;
import static dev.openlines.tck.Deliveries.form;
import static dev.openlines.tck.Deliveries.lease;
import static dev.openlines.tck.Deliveries.leaseInOrder;
import static dev.openlines.tck.Deliveries.longMessages;
import static dev.openlines.tck.Deliveries.settle;
import static dev.openlines.tck.Deliveries.store;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.openlines.receiver.Backlog;
import dev.openlines.receiver.DeadLetter;
import dev.openlines.receiver.LeaseRequest;
import dev.openlines.receiver.LeasedDelivery;
import dev.openlines.receiver.LeasingInbox;
import dev.openlines.receiver.Settlement;
import dev.openlines.receiver.StoreResult;
import dev.openlines.receiver.VerifiedDelivery;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * The contract of every inbox with leases, including your own. Implement this interface in a test class, with {@link
 * #open()}, and the tests run, including those of {@link InboxContract}. They give times to the inbox, so none of them
 * waits.
 */
@Timeout(300)
public interface LeasingInboxContract extends InboxContract {

    @Override
    LeasingInbox open();

    @Test
    default void anEventIsStoredOnce() {
        try (LeasingInbox inbox = open()) {
            assertThat(store(inbox, delivery(17, 1))).isEqualTo(StoreResult.STORED);
            assertThat(store(inbox, delivery(17, 1))).isEqualTo(StoreResult.DUPLICATE);
            assertThat(store(inbox, delivery(17, 2))).isEqualTo(StoreResult.STORED);

            assertThat(lease(inbox, "a", T0)).hasSize(2);
        }
    }

    @Test
    default void severalEventsAreStoredInTheirOrder() {
        try (LeasingInbox inbox = open()) {
            store(inbox, delivery(3, 1));
            List<VerifiedDelivery> deliveries = LongStream.of(5, 4, 3, 2, 1)
                    .mapToObj(chat -> delivery(chat, 1))
                    .toList();

            inbox.storeInOrder(deliveries).toCompletableFuture().join();

            List<String> order = lease(inbox, "a", T0).stream()
                    .map(LeasedDelivery::idempotencyKey)
                    .toList();
            assertThat(order)
                    .containsExactlyElementsOf(LongStream.of(3, 5, 4, 2, 1)
                            .mapToObj(chat -> delivery(chat, 1).idempotencyKey())
                            .toList());
        }
    }

    @Test
    default void manyEventsTogetherAreStoredOnceEachInTheirOrder() {
        try (LeasingInbox inbox = open()) {
            // These are more events than fit into one statement, each twice, right after the first or much later.
            List<VerifiedDelivery> deliveries = LongStream.concat(
                            LongStream.rangeClosed(1, 300).flatMap(chat -> LongStream.of(chat, chat)),
                            LongStream.rangeClosed(1, 300))
                    .mapToObj(chat -> delivery(chat, 1))
                    .toList();

            inbox.storeInOrder(deliveries).toCompletableFuture().join();

            assertThat(inbox.backlog().waiting()).isEqualTo(300);
            List<LeasedDelivery> leased =
                    inbox.lease(new LeaseRequest("a", 1000, T0, T0.plusSeconds(60), T0.plusSeconds(120), false));
            assertThat(leased)
                    .extracting(LeasedDelivery::idempotencyKey)
                    .containsExactlyElementsOf(LongStream.rangeClosed(1, 300)
                            .mapToObj(chat -> delivery(chat, 1).idempotencyKey())
                            .toList());
        }
    }

    @Test
    default void anEventIsStoredOnceFromTwentyThreads() throws Exception {
        try (LeasingInbox inbox = open()) {
            List<StoreResult> results = atOnce(20, () -> store(inbox, delivery(17, 1)));

            assertThat(results).filteredOn(StoreResult.STORED::equals).hasSize(1);
            assertThat(results).filteredOn(StoreResult.DUPLICATE::equals).hasSize(19);
        }
    }

    @Test
    default void anEventIsStoredOnceByTwoInboxesOnOneStore() throws Exception {
        try (LeasingInbox one = open();
                LeasingInbox two = open()) {
            for (long chat = 1; chat <= 20; chat++) {
                VerifiedDelivery delivery = delivery(chat, 1);
                List<StoreResult> results = new ArrayList<>(atOnce(4, () -> store(one, delivery)));
                results.addAll(atOnce(4, () -> store(two, delivery)));

                assertThat(results).filteredOn(StoreResult.STORED::equals).hasSize(1);
            }
        }
    }

    @Test
    default void otherContentOfTheSameKeyIsAConflictAndIsNotHandled() {
        try (LeasingInbox inbox = open()) {
            store(inbox, delivery(17, 1));

            assertThat(store(inbox, delivery(form(17, "ts", "1", "event_handler_id", "99"))))
                    .isEqualTo(StoreResult.DUPLICATE);
            assertThat(store(inbox, delivery(form(17, "ts", "1", "more", "1")))).isEqualTo(StoreResult.CONFLICT);
            assertThat(store(inbox, delivery(form(17, "ts", "1", "more", "1")))).isEqualTo(StoreResult.CONFLICT);
            assertThat(lease(inbox, "a", T0)).hasSize(1);
        }
    }

    @Test
    default void everyTextComesBackAsItWas() {
        String name = "\0 ' \" \\ \n \u2028 \uD83D\uDE00 \u05D0 ' or 1=1; drop table inbox; -- ${x} ?";
        try (LeasingInbox inbox = open()) {
            VerifiedDelivery delivery = delivery(form(17, "data[DATA][line][name]", name));
            store(inbox, delivery);

            LeasedDelivery leased = lease(inbox, "a", T0).get(0);

            assertThat(leased.payload()).isEqualTo(delivery.payload());
            assertThat(leased.idempotencyKey()).isEqualTo(delivery.idempotencyKey());
            assertThat(leased.memberId()).isEqualTo(MEMBER);
            assertThat(leased.event()).isEqualTo("ONSESSIONFINISH");
            assertThat(leased.receivedAt()).isEqualTo(T0);
        }
    }

    @Test
    default void theLongestWaitingIsLeasedFirstAndNoMoreThanAskedFor() {
        try (LeasingInbox inbox = open()) {
            LongStream.rangeClosed(1, 5).forEach(chat -> store(inbox, delivery(chat, 1)));

            List<LeasedDelivery> first = inbox.lease(new LeaseRequest("a", 2, T0, T0.plusSeconds(10), LATEST, false));
            List<LeasedDelivery> rest = lease(inbox, "a", T0);

            assertThat(first).hasSize(2);
            assertThat(rest).hasSize(3);
            assertThat(first.get(1).id()).isLessThan(rest.get(0).id());
        }
    }

    @Test
    default void anEventIsLeasedAgainOnlyWhenItsLeaseHasEnded() {
        try (LeasingInbox inbox = open()) {
            store(inbox, delivery(17, 1));
            assertThat(lease(inbox, "a", T0))
                    .extracting(LeasedDelivery::attempt)
                    .containsExactly(1);

            assertThat(lease(inbox, "b", T0.plusMillis(9_999))).isEmpty();
            assertThat(lease(inbox, "b", T0.plusSeconds(10)))
                    .extracting(LeasedDelivery::attempt, LeasedDelivery::owner)
                    .containsExactly(tuple(2, "b"));
        }
    }

    @Test
    default void anEventThatIsDoneIsNeverLeasedAgain() {
        try (LeasingInbox inbox = open()) {
            store(inbox, delivery(17, 1));
            LeasedDelivery leased = lease(inbox, "a", T0).get(0);

            assertThat(settle(inbox, leased, new Settlement.Done())).isTrue();

            assertThat(settle(inbox, leased, new Settlement.Done())).isFalse();
            assertThat(lease(inbox, "a", T0.plusSeconds(100_000))).isEmpty();
            assertThat(store(inbox, delivery(17, 1))).isEqualTo(StoreResult.DUPLICATE);
        }
    }

    @Test
    default void anOwnerWhoseLeaseHasPassedOnCannotSettle() {
        try (LeasingInbox inbox = open()) {
            store(inbox, delivery(17, 1));
            LeasedDelivery stale = lease(inbox, "a", T0).get(0);
            LeasedDelivery current = lease(inbox, "a", T0.plusSeconds(10)).get(0);

            assertThat(settle(inbox, stale, new Settlement.Done())).isFalse();
            assertThat(settle(inbox, stale, new Settlement.Dead("no"))).isFalse();
            assertThat(settle(inbox, current, new Settlement.Done())).isTrue();
            assertThat(inbox.deadLetters().list(0, 10)).isEmpty();
        }
    }

    @Test
    default void aRenewedLeaseLastsLongerAndALostOneIsNotTakenBack() {
        try (LeasingInbox inbox = open()) {
            store(inbox, delivery(17, 1));
            LeasedDelivery leased = lease(inbox, "a", T0).get(0);

            inbox.renew(List.of(leased), T0.plusSeconds(20));

            assertThat(lease(inbox, "b", T0.plusSeconds(19))).isEmpty();
            LeasedDelivery taken = lease(inbox, "b", T0.plusSeconds(20)).get(0);
            inbox.renew(List.of(leased), T0.plusSeconds(3600));
            assertThat(lease(inbox, "c", T0.plusSeconds(30))).hasSize(1);
            assertThat(settle(inbox, taken, new Settlement.Done())).isFalse();
        }
    }

    @Test
    default void aRetryComesBackAtItsTimeAndNotBefore() {
        try (LeasingInbox inbox = open()) {
            store(inbox, delivery(17, 1));
            LeasedDelivery leased = lease(inbox, "a", T0).get(0);

            settle(inbox, leased, new Settlement.Retry(T0.plusSeconds(60), "the CRM was away"));

            assertThat(lease(inbox, "a", T0.plusMillis(59_999))).isEmpty();
            assertThat(lease(inbox, "a", T0.plusSeconds(60)))
                    .extracting(LeasedDelivery::attempt)
                    .containsExactly(2);
        }
    }

    @Test
    default void anEventPutOffByAClockThatHasGoneBackIsDue() {
        try (LeasingInbox inbox = open()) {
            store(inbox, delivery(17, 1));
            Instant yesterday = T0.minusSeconds(86_400);
            LeaseRequest request =
                    new LeaseRequest("a", 100, yesterday, yesterday.plusSeconds(10), yesterday.plusSeconds(600), false);

            List<LeasedDelivery> leased = inbox.lease(request);

            assertThat(leased).hasSize(1);
            assertThat(inbox.lease(request)).isEmpty();
        }
    }

    @Test
    default void aReleasedEventIsDueAtOnceAndTheAttemptDoesNotCount() {
        try (LeasingInbox inbox = open()) {
            store(inbox, delivery(17, 1));
            LeasedDelivery leased = lease(inbox, "a", T0).get(0);

            settle(inbox, leased, new Settlement.Release());

            LeasedDelivery again = lease(inbox, "a", T0).get(0);
            assertThat(again.attempt()).isEqualTo(1);
            assertThat(settle(inbox, leased, new Settlement.Done())).isFalse();
        }
    }

    @Test
    default void aDeadLetterIsShownWithItsReasonAndHistory() {
        try (LeasingInbox inbox = open()) {
            VerifiedDelivery delivery = delivery(17, 1);
            store(inbox, delivery);
            settle(inbox, lease(inbox, "a", T0).get(0), new Settlement.Retry(T0, "first"));
            settle(inbox, lease(inbox, "a", T0).get(0), new Settlement.Dead("second"));

            assertThat(lease(inbox, "a", T0.plusSeconds(100_000))).isEmpty();
            List<DeadLetter> listed = inbox.deadLetters().list(0, 10);
            assertThat(listed).hasSize(1);
            long id = listed.get(0).id();
            assertThat(inbox.deadLetters().list(id, 10)).isEmpty();
            assertThat(inbox.deadLetters().show(id))
                    .contains(new DeadLetter(
                            id,
                            MEMBER,
                            "ONSESSIONFINISH",
                            delivery.idempotencyKey(),
                            delivery.payload(),
                            T0,
                            T0,
                            "second",
                            2,
                            List.of(
                                    new DeadLetter.Attempt(1, T0, "retry", "first"),
                                    new DeadLetter.Attempt(2, T0, "dead", "second"))));
            assertThat(inbox.deadLetters().show(id + 1)).isEmpty();
        }
    }

    @Test
    default void aReasonMayBeAnyText() {
        String odd = "\0 \uD800 \uDC00\uD83D \u202E ' \u001b[31m " + "\uD83D\uDE00".repeat(600);
        try (LeasingInbox inbox = open()) {
            store(inbox, delivery(17, 1));

            assertThat(settle(inbox, lease(inbox, "a", T0).get(0), new Settlement.Retry(T0, odd)))
                    .isTrue();
            assertThat(settle(inbox, lease(inbox, "a", T0).get(0), new Settlement.Dead("x" + odd)))
                    .isTrue();

            DeadLetter dead = inbox.deadLetters().list(0, 10).get(0);
            assertThat(dead.reason()).contains("\uD83D\uDE00".repeat(300));
            assertThat(inbox.deadLetters().show(dead.id()).orElseThrow().history())
                    .extracting(DeadLetter.Attempt::outcome)
                    .containsExactly("retry", "dead");
        }
    }

    @Test
    default void aRequeuedDeadLetterIsHandledWithAllAttemptsBeforeIt() {
        try (LeasingInbox inbox = open()) {
            store(inbox, delivery(17, 1));
            LeasedDelivery leased = lease(inbox, "a", T0).get(0);
            settle(inbox, leased, new Settlement.Dead("no"));

            assertThat(inbox.deadLetters().requeue(leased.id(), T0)).isTrue();

            assertThat(inbox.deadLetters().requeue(leased.id(), T0)).isFalse();
            assertThat(inbox.deadLetters().list(0, 10)).isEmpty();
            LeasedDelivery again = lease(inbox, "a", T0).get(0);
            assertThat(again.attempt()).isEqualTo(1);
            assertThat(settle(inbox, leased, new Settlement.Done())).isFalse();
            settle(inbox, again, new Settlement.Dead("again"));
            assertThat(inbox.deadLetters().show(leased.id()).orElseThrow().history())
                    .extracting(DeadLetter.Attempt::outcome)
                    .containsExactlyInAnyOrder("dead", "requeued", "dead");
        }
    }

    @Test
    default void aDiscardedDeadLetterIsGoneAndStillADuplicate() {
        try (LeasingInbox inbox = open()) {
            store(inbox, delivery(17, 1));
            LeasedDelivery leased = lease(inbox, "a", T0).get(0);
            settle(inbox, leased, new Settlement.Dead("no"));

            assertThat(inbox.deadLetters().discard(leased.id(), T0)).isTrue();

            assertThat(inbox.deadLetters().discard(leased.id(), T0)).isFalse();
            assertThat(inbox.deadLetters().list(0, 10)).isEmpty();
            assertThat(lease(inbox, "a", T0.plusSeconds(100_000))).isEmpty();
            assertThat(store(inbox, delivery(17, 1))).isEqualTo(StoreResult.DUPLICATE);
        }
    }

    @Test
    default void inOrderAnEventWaitsForTheEarlierOnesOfItsChatOnly() {
        try (LeasingInbox inbox = open()) {
            store(inbox, delivery(17, 1));
            store(inbox, delivery(17, 2));
            store(inbox, delivery(18, 1));

            List<LeasedDelivery> first = leaseInOrder(inbox, T0);
            assertThat(first).hasSize(2);
            assertThat(leaseInOrder(inbox, T0)).isEmpty();
            settle(inbox, first.get(0), new Settlement.Retry(T0.plusSeconds(60), "later"));
            assertThat(leaseInOrder(inbox, T0)).isEmpty();

            LeasedDelivery again = leaseInOrder(inbox, T0.plusSeconds(60)).stream()
                    .filter(leased -> leased.id() == first.get(0).id())
                    .findFirst()
                    .orElseThrow();
            settle(inbox, again, new Settlement.Dead("never"));
            assertThat(leaseInOrder(inbox, T0.plusSeconds(60)))
                    .extracting(LeasedDelivery::id)
                    .allMatch(id -> id > again.id())
                    .hasSize(1);
        }
    }

    @Test
    default void theBacklogCountsWhatWaitsAndWhatIsDead() {
        try (LeasingInbox inbox = open()) {
            assertThat(inbox.backlog()).isEqualTo(new Backlog(0, 0, null));
            LongStream.rangeClosed(1, 4).forEach(chat -> store(inbox, delivery(chat, 1)));
            List<LeasedDelivery> leased = lease(inbox, "a", T0);

            settle(inbox, leased.get(0), new Settlement.Done());
            settle(inbox, leased.get(1), new Settlement.Dead("no"));

            assertThat(inbox.backlog()).isEqualTo(new Backlog(2, 1, T0));
            inbox.probe();
            assertThat(inbox.backlog()).isEqualTo(new Backlog(2, 1, T0));
        }
    }

    @Test
    default void aPurgeForgetsWhatWasDoneBeforeAndNothingElse() {
        try (LeasingInbox inbox = open()) {
            LongStream.rangeClosed(1, 3).forEach(chat -> store(inbox, start(chat)));
            List<LeasedDelivery> leased = lease(inbox, "a", T0);
            settle(inbox, leased.get(0), new Settlement.Done());
            settle(inbox, leased.get(1), new Settlement.Dead("no"));

            assertThat(inbox.purge(T0)).isZero();
            assertThat(inbox.purge(T0.plusMillis(1))).isEqualTo(1);

            assertThat(inbox.backlog()).isEqualTo(new Backlog(1, 1, T0));
            List<StoreResult> again = LongStream.rangeClosed(1, 3)
                    .mapToObj(chat -> store(inbox, start(chat)))
                    .toList();
            assertThat(again).filteredOn(StoreResult.STORED::equals).hasSize(1);
        }
    }

    @Test
    default void aPurgeOfDeadLettersForgetsTheOldOnesAndNothingElse() {
        try (LeasingInbox inbox = open()) {
            LongStream.rangeClosed(1, 4).forEach(chat -> store(inbox, delivery(chat, 1)));
            List<LeasedDelivery> leased = lease(inbox, "a", T0);
            settle(inbox, leased.get(0), new Settlement.Done());
            settle(inbox, leased.get(1), new Settlement.Dead("old"));
            inbox.settle(leased.get(2), new Settlement.Dead("young"), T0.plusSeconds(60))
                    .toCompletableFuture()
                    .join();

            assertThat(inbox.deadLetters().purge(T0)).isZero();
            assertThat(inbox.deadLetters().purge(T0.plusSeconds(60))).isEqualTo(1);

            assertThat(inbox.deadLetters().list(0, 10))
                    .extracting(DeadLetter::reason)
                    .containsExactly("young");
            assertThat(inbox.deadLetters().show(leased.get(1).id())).isEmpty();
            assertThat(inbox.backlog()).isEqualTo(new Backlog(1, 1, T0));
            assertThat(inbox.purge(T0.plusSeconds(60))).isEqualTo(1);
        }
    }

    @Test
    default void fourOwnersOnTwoInboxesLeaseEachEventOnce() throws Exception {
        try (LeasingInbox one = open();
                LeasingInbox two = open()) {
            LongStream.rangeClosed(1, 200).forEach(chat -> store(one, delivery(chat, 1)));
            List<Callable<List<LeasedDelivery>>> owners = IntStream.range(0, 4)
                    .<Callable<List<LeasedDelivery>>>mapToObj(owner -> () -> {
                        List<LeasedDelivery> mine = new ArrayList<>();
                        List<LeasedDelivery> more;
                        do {
                            more = (owner % 2 == 0 ? one : two)
                                    .lease(new LeaseRequest(
                                            "owner-" + owner, 7, T0, T0.plusSeconds(60), LATEST, false));
                            mine.addAll(more);
                        } while (!more.isEmpty());
                        return mine;
                    })
                    .toList();

            List<Long> leased = atOnce(owners).stream()
                    .flatMap(List::stream)
                    .map(LeasedDelivery::id)
                    .sorted(Comparator.naturalOrder())
                    .toList();

            assertThat(leased).doesNotHaveDuplicates();
            assertThat(lease(one, "rest", T0).size() + leased.size()).isEqualTo(200);
        }
    }

    @Test
    default void eventsAreThereWhenTheInboxIsOpenedAgain() {
        LeasingInbox before = open();
        store(before, delivery(17, 1));
        before.close();

        try (LeasingInbox after = open()) {
            assertThat(lease(after, "a", T0)).hasSize(1);
        }
    }

    @Test
    default void theLongestMessagesComeBackAsTheyWere() {
        try (LeasingInbox inbox = open()) {
            List<VerifiedDelivery> sent =
                    longMessages().stream().map(Deliveries::delivery).toList();
            sent.forEach(delivery -> store(inbox, delivery));

            assertThat(lease(inbox, "a", T0).stream().map(LeasedDelivery::payload))
                    .containsExactlyElementsOf(
                            sent.stream().map(VerifiedDelivery::payload).toList());
        }
    }

    /** Returns the start of a session. Unlike a close, it is not remembered after it was purged. */
    private static VerifiedDelivery start(long chat) {
        return delivery(Deliveries.form(chat, "event", "ONSESSIONSTART"));
    }
}
