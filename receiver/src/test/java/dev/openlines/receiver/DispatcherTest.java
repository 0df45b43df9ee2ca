// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.model.OnSessionFinish;
import dev.openlines.testkit.Await;
import dev.openlines.testkit.Bodies;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(300)
class DispatcherTest {

    private static final RetryPolicy QUICK =
            RetryPolicy.DEFAULT.withAttempts(3).withWaits(Duration.ofMillis(1), Duration.ofMillis(2));

    @TempDir
    Path directory;

    private final BlockingQueue<String> handled = new LinkedBlockingQueue<>();
    private final List<Dispatcher> dispatchers = new ArrayList<>();
    private WatchedInbox inbox;

    @BeforeEach
    void open() {
        inbox = new WatchedInbox(Inbox.sqlite(directory.resolve("inbox.db")));
    }

    @AfterEach
    void close() {
        dispatchers.forEach(Dispatcher::close);
        inbox.close();
    }

    @Test
    void anEventThatFailsIsHandledAgainWithTheSameKey() throws Exception {
        store(17);
        start(DispatchPolicy.DEFAULT.withRetry(QUICK), (finish, context) -> {
            handled.add(context.attempt() + " " + context.idempotencyKey() + " " + context.memberId());
            if (context.attempt() == 1) {
                throw new IOException("away");
            }
        });

        String key = Deliveries.delivery(17, 1).idempotencyKey();
        assertThat(next()).isEqualTo("1 " + key + " " + Bodies.MEMBER);
        assertThat(next()).isEqualTo("2 " + key + " " + Bodies.MEMBER);
        dispatchers.get(0).close();
        assertThat(inbox.backlog()).isEqualTo(new Backlog(0, 0, null));
    }

    @Test
    void aPolicyThatThrowsDoesNotKeepTheEventForEver() throws Exception {
        store(17);
        RetryPolicy broken = QUICK.withPermanent(failure -> {
            throw new IllegalStateException("a bug in the policy");
        });
        DispatchPolicy policy = DispatchPolicy.DEFAULT
                .withWorkers(1)
                .withLease(Duration.ofSeconds(1))
                .withRetry(broken);
        start(policy, (finish, context) -> {
            handled.add(Integer.toString(context.attempt()));
            if (context.attempt() == 1) {
                throw new IOException("away");
            }
        });

        assertThat(next()).isEqualTo("1");
        assertThat(next()).isEqualTo("2");
        dispatchers.get(0).close();
        assertThat(inbox.backlog()).isEqualTo(new Backlog(0, 0, null));
    }

    @Test
    void anEventThatAlwaysFailsBecomesADeadLetterWithItsHistoryAndTheOthersAreHandled() throws Exception {
        store(666);
        for (long chat = 1; chat <= 20; chat++) {
            store(chat);
        }
        start(DispatchPolicy.DEFAULT.withRetry(QUICK), (finish, context) -> {
            handled.add(chat(finish));
            if (chat(finish).equals("666")) {
                throw new StackOverflowError("deep");
            }
        });

        for (int i = 0; i < 23; i++) {
            next();
        }
        dispatchers.get(0).close();
        assertThat(handled).isEmpty();
        assertThat(inbox.backlog()).isEqualTo(new Backlog(0, 1, null));
        DeadLetter dead = inbox.deadLetters().list(0, 10).get(0);
        assertThat(dead.reason()).isEqualTo("attempt 3 of 3: java.lang.StackOverflowError: deep");
        assertThat(inbox.deadLetters().show(dead.id()).orElseThrow().history())
                .extracting(DeadLetter.Attempt::outcome)
                .containsExactly("retry", "retry", "dead");
    }

    @Test
    void aRequeuedDeadLetterHasItsEffectOnce() throws Exception {
        store(17);
        Dispatcher dispatcher = start(DispatchPolicy.DEFAULT.withRetry(QUICK.withAttempts(1)), (finish, context) -> {
            if (handled.offer("handled") && handled.size() == 1) {
                throw context.deadLetter("not yet");
            }
        });
        awaitHandled(1);
        dispatcher.close();
        DeadLetter dead = inbox.deadLetters().list(0, 10).get(0);
        assertThat(dead.reason()).isEqualTo("given up: not yet");

        assertThat(inbox.deadLetters().requeue(dead.id(), InstantSource.system().instant()))
                .isTrue();
        start(DispatchPolicy.DEFAULT, (finish, context) -> handled.add("effect"));

        awaitHandled(2);
        dispatchers.get(1).close();
        assertThat(handled).containsExactly("handled", "effect");
        assertThat(inbox.backlog()).isEqualTo(new Backlog(0, 0, null));
    }

    @Test
    void inOrderTheEventsOfAChatFollowEachOther() throws Exception {
        for (long ts = 1; ts <= 10; ts++) {
            Deliveries.store(inbox, Deliveries.delivery(17, ts));
        }
        start(DispatchPolicy.DEFAULT.withOrdered(true).withRetry(QUICK.withAttempts(100)), (finish, context) -> {
            if (context.attempt() == 1) {
                throw new IOException("each fails first");
            }
            handled.add(Long.toString(finish.header().sentAt().getEpochSecond()));
        });

        List<String> order = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            order.add(next());
        }
        assertThat(order).containsExactly("1", "2", "3", "4", "5", "6", "7", "8", "9", "10");
    }

    @Test
    void aLongHandlerKeepsItsLease() throws Exception {
        store(17);
        CountDownLatch release = new CountDownLatch(1);
        DispatchPolicy policy = DispatchPolicy.DEFAULT.withLease(Duration.ofSeconds(1));
        InstantSource clock = clockOfRenewals(policy.lease());
        EventHandler<OnSessionFinish> slow = (finish, context) -> {
            handled.add(chat(finish));
            if (chat(finish).equals("17")) {
                release.await();
            }
        };
        start(policy, clock, slow);
        assertThat(next()).isEqualTo("17");
        start(policy, clock, slow);
        assertThat(inbox.renewedFourTimes.await(30, TimeUnit.SECONDS)).isTrue();
        store(18);

        assertThat(next()).isEqualTo("18");
        assertThat(inbox.lease(probe(clock))).isEmpty();
        release.countDown();
        dispatchers.forEach(Dispatcher::close);
        assertThat(inbox.backlog()).isEqualTo(new Backlog(0, 0, null));
    }

    @Test
    void anEventInHandWhileStoppingKeepsItsLease() throws Exception {
        store(17);
        CountDownLatch release = new CountDownLatch(1);
        DispatchPolicy policy = DispatchPolicy.DEFAULT.withLease(Duration.ofSeconds(1));
        InstantSource clock = clockOfRenewals(policy.lease());
        Dispatcher dispatcher = start(policy, clock, (finish, context) -> {
            handled.add(chat(finish));
            release.await();
        });
        assertThat(next()).isEqualTo("17");

        Thread stopping = new Thread(() -> dispatcher.stop(Duration.ofMinutes(5)));
        stopping.start();

        assertThat(inbox.renewedFourTimes.await(30, TimeUnit.SECONDS)).isTrue();
        assertThat(inbox.lease(probe(clock))).isEmpty();
        release.countDown();
        stopping.join();
        assertThat(inbox.backlog()).isEqualTo(new Backlog(0, 0, null));
    }

    @Test
    void anEventNotBegunWhenStoppedIsReleasedAndDoesNotCount() throws Exception {
        CountDownLatch release = new CountDownLatch(1);
        for (long chat = 1; chat <= 5; chat++) {
            store(chat);
        }
        Dispatcher dispatcher = start(DispatchPolicy.DEFAULT.withWorkers(1), (finish, context) -> {
            handled.add(chat(finish));
            release.await();
        });
        assertThat(next()).isEqualTo("1");

        dispatcher.stop(Duration.ZERO);

        start(DispatchPolicy.DEFAULT, (finish, context) -> handled.add(chat(finish) + " " + context.attempt()));
        List<String> second = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            second.add(next());
        }
        assertThat(second).containsExactlyInAnyOrder("1 1", "2 1", "3 1", "4 1", "5 1");
    }

    @Test
    void aStoreThatWasDownIsUsedAgainWhenItIsBack() throws Exception {
        inbox.down = true;
        start(DispatchPolicy.DEFAULT, (finish, context) -> handled.add(chat(finish)));
        assertThat(inbox.refusedLease.await(30, TimeUnit.SECONDS)).isTrue();

        inbox.down = false;
        store(17);

        assertThat(next()).isEqualTo("17");
    }

    @Test
    @Tag("long")
    void anInboxThatThrowsWhatItShouldNotDoesNotEndTheDispatcher() throws Exception {
        AtomicInteger leases = new AtomicInteger();
        AtomicInteger renewals = new AtomicInteger();
        AtomicInteger settlements = new AtomicInteger();
        inbox.close();
        inbox = new WatchedInbox(Inbox.sqlite(directory.resolve("inbox.db"))) {
            @Override
            public List<LeasedDelivery> lease(LeaseRequest request) {
                if (leases.incrementAndGet() == 1) {
                    throw new IllegalStateException("a bug of this inbox");
                }
                return super.lease(request);
            }

            @Override
            public void renew(Collection<LeasedDelivery> leases, Instant until) {
                if (renewals.incrementAndGet() == 1) {
                    throw new AssertionError("another");
                }
                super.renew(leases, until);
            }

            @Override
            public CompletionStage<Boolean> settle(LeasedDelivery lease, Settlement settlement, Instant now) {
                if (settlements.incrementAndGet() == 1) {
                    throw new IllegalArgumentException("and another");
                }
                return super.settle(lease, settlement, now);
            }
        };
        store(17);
        DispatchPolicy policy = DispatchPolicy.DEFAULT.withLease(Duration.ofSeconds(3));
        CountDownLatch renewed = inbox.renewedFourTimes;
        start(policy, (finish, context) -> {
            handled.add(chat(finish) + " " + context.attempt());
            if (context.attempt() == 2) {
                assertThat(renewed.await(30, TimeUnit.SECONDS)).isTrue();
            }
        });

        // The first attempt's end was lost with the exception; its lease ended, and the event came again.
        assertThat(next()).isEqualTo("17 1");
        assertThat(next()).isEqualTo("17 2");
        dispatchers.get(0).close();
        assertThat(inbox.backlog()).isEqualTo(new Backlog(0, 0, null));
        assertThat(renewals).hasValueGreaterThan(4);
    }

    @Test
    void anEventLeasedAgainWhileItsFirstHandlerStillRunsKeepsItsNewLease() throws Exception {
        CountDownLatch expired = new CountDownLatch(1);
        CountDownLatch firstEnds = new CountDownLatch(1);
        CountDownLatch firstEnded = new CountDownLatch(1);
        CountDownLatch secondEnds = new CountDownLatch(1);
        BlockingQueue<Integer> renewed = new LinkedBlockingQueue<>();
        inbox.close();
        inbox = new WatchedInbox(Inbox.sqlite(directory.resolve("inbox.db"))) {
            @Override
            public void renew(Collection<LeasedDelivery> leases, Instant until) {
                if (expired.getCount() > 0) {
                    throw new StoreException("away, until the first lease has ended", null);
                }
                super.renew(leases, until);
                if (firstEnded.getCount() == 0) {
                    leases.forEach(lease -> renewed.add(lease.attempt()));
                }
            }

            @Override
            public CompletionStage<Boolean> settle(LeasedDelivery lease, Settlement settlement, Instant now) {
                return super.settle(lease, settlement, now)
                        .whenComplete((mine, failure) -> handled.add("settled " + lease.attempt() + " " + mine));
            }
        };
        store(17);
        start(DispatchPolicy.DEFAULT.withLease(Duration.ofSeconds(3)), (finish, context) -> {
            handled.add("attempt " + context.attempt());
            if (context.attempt() == 1) {
                firstEnds.await();
            } else {
                expired.countDown();
                secondEnds.await();
            }
        });
        assertThat(next()).isEqualTo("attempt 1");
        assertThat(next()).isEqualTo("attempt 2");

        firstEnds.countDown();
        assertThat(next()).isEqualTo("settled 1 false");
        firstEnded.countDown();

        // Twice, so that one of them began after the first attempt was settled.
        assertThat(renewed.poll(30, TimeUnit.SECONDS)).isEqualTo(2);
        assertThat(renewed.poll(30, TimeUnit.SECONDS)).isEqualTo(2);
        secondEnds.countDown();
        assertThat(next()).isEqualTo("settled 2 true");
    }

    @Test
    void anExceptionOfAPermanentKindAndAnEventPastItsDeadlineAreDeadLettersAtOnce() throws Exception {
        store(1);
        store(2);
        store(3);
        RetryPolicy policy = QUICK.withAttempts(5)
                .withPermanent(failure -> failure instanceof IllegalArgumentException)
                .withDeadline(Duration.ofDays(100_000));
        start(DispatchPolicy.DEFAULT.withRetry(policy), (finish, context) -> {
            handled.add(chat(finish) + " " + context.attempt() + " "
                    + ChronoUnit.DAYS.between(context.receivedAt(), context.deadline()));
            switch (chat(finish)) {
                case "1" -> throw new IllegalArgumentException("no such contact");
                case "2" -> throw context.retryAfter(Duration.ofMillis(1), "the CRM said so");
                default -> {
                    if (context.attempt() < 3) {
                        throw new IOException("away");
                    }
                }
            }
        });
        List<String> all = new ArrayList<>();
        for (int i = 0; i < 1 + 5 + 3; i++) {
            all.add(next());
        }
        assertThat(all)
                .containsExactlyInAnyOrder(
                        "1 1 100000",
                        "2 1 100000",
                        "2 2 100000",
                        "2 3 100000",
                        "2 4 100000",
                        "2 5 100000",
                        "3 1 100000",
                        "3 2 100000",
                        "3 3 100000");
        dispatchers.get(0).close();
        assertThat(inbox.deadLetters().list(0, 10))
                .extracting(DeadLetter::reason)
                .containsExactlyInAnyOrder(
                        "permanent: java.lang.IllegalArgumentException: no such contact",
                        "attempt 5 of 5: the CRM said so");

        // Received in 2027, by the clock of these events: a deadline that is over by now.
        store(4);
        InstantSource late = () -> Deliveries.T0.plus(Duration.ofDays(2));
        Handlers failing = Handlers.all((event, context) -> {
            throw new IOException("away");
        });
        DispatchPolicy oneDay = DispatchPolicy.DEFAULT.withRetry(QUICK.withDeadline(Duration.ofDays(1)));
        dispatchers.add(new Dispatcher(inbox, failing, oneDay, late, Telemetry.none()).start());
        awaitDead(3);
        assertThat(inbox.deadLetters().list(0, 10))
                .extracting(DeadLetter::reason)
                .contains("past the deadline: java.io.IOException: away");
    }

    private void awaitDead(long count) {
        Await.until(count + " dead letters", () -> inbox.backlog().dead() >= count);
    }

    /**
     * Returns a clock for renewals a third of a lease apart, on any machine: at the fourth, the first lease is over.
     */
    private InstantSource clockOfRenewals(Duration lease) {
        Instant begun = Instant.now();
        CountDownLatch left = inbox.renewedFourTimes;
        return () -> begun.plus(lease.multipliedBy(4 - left.getCount()).dividedBy(3));
    }

    private LeaseRequest probe(InstantSource clock) {
        Instant now = clock.instant();
        return new LeaseRequest("probe", 10, now, now.plusSeconds(1), now.plusSeconds(3600), false);
    }

    private Dispatcher start(DispatchPolicy policy, EventHandler<OnSessionFinish> handler) {
        return start(policy, InstantSource.system(), handler);
    }

    private Dispatcher start(DispatchPolicy policy, InstantSource clock, EventHandler<OnSessionFinish> handler) {
        Handlers handlers = Handlers.on(OnSessionFinish.class, handler).otherwise((event, context) -> {});
        Dispatcher dispatcher = new Dispatcher(inbox, handlers, policy, clock, Telemetry.none()).start();
        dispatchers.add(dispatcher);
        return dispatcher;
    }

    private void store(long chat) {
        assertThat(Deliveries.store(inbox, Deliveries.delivery(chat, 1))).isEqualTo(StoreResult.STORED);
    }

    private static String chat(OnSessionFinish finish) {
        return Long.toString(finish.chats().get(0).chatId());
    }

    private String next() throws InterruptedException {
        String text = handled.poll(30, TimeUnit.SECONDS);
        assertThat(text).as("something handled within 30 seconds").isNotNull();
        return text;
    }

    private void awaitHandled(int count) throws InterruptedException {
        Await.until(count + " handled", () -> handled.size() >= count);
    }
}
