// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.model.OnSessionFinish;
import dev.openlines.model.Secret;
import dev.openlines.testkit.Await;
import dev.openlines.testkit.Bodies;
import dev.openlines.testkit.LogRecords;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests of what handlers may do to a dispatcher. */
@Timeout(300)
class AttemptsTest {

    private static final RetryPolicy QUICK =
            RetryPolicy.DEFAULT.withAttempts(2).withWaits(Duration.ofMillis(1), Duration.ofMillis(2));

    private final AtomicInteger slow = new AtomicInteger();
    private final Telemetry telemetry = new Telemetry() {
        @Override
        public void replied(Reply reply, Duration took) {}

        @Override
        public void attempted(String outcome, Duration took) {}

        @Override
        public void slow() {
            slow.incrementAndGet();
        }
    };

    @Test
    void anExceptionWhoseMethodsThrowEndsAsAnyOther() {
        try (LeasingInbox inbox = Inbox.memory()) {
            store(inbox, 1);
            Handlers handlers = Handlers.all((event, context) -> {
                throw new Nasty();
            });
            List<String> log = LogRecords.of(() -> untilDead(inbox, handlers, QUICK));

            String name = Nasty.class.getName();
            assertThat(inbox.deadLetters().list(0, 9))
                    .extracting(DeadLetter::reason)
                    .containsExactly("attempt 2 of 2: " + name + ", whose getMessage() throws "
                            + IllegalStateException.class.getName());
            assertThat(log)
                    .anyMatch(line -> line.contains("reason=dead id=1"))
                    .noneMatch(line -> line.contains("unsettled"));
        }
    }

    @Test
    void aRetryIsRecordedWithItsPortalAndItsTimeAndADeadLetterWithItsPortal() {
        try (LeasingInbox inbox = Inbox.memory()) {
            store(inbox, 1);
            Handlers handlers = Handlers.all((event, context) -> {
                throw new IllegalStateException("the archive is away");
            });
            List<String> log = LogRecords.of(() -> untilDead(inbox, handlers, QUICK));

            String portal = " id=1 portal=" + Bodies.MEMBER;
            assertThat(log)
                    .anyMatch(line ->
                            line.matches(".* WARN .*reason=retry" + portal + " attempt=1 of=2 next=\\d{4}-\\S+Z"))
                    .anyMatch(line -> line.matches(".* ERROR .*reason=dead" + portal + " attempt=2"));
        }
    }

    @Test
    void aMessageIsOneHarmlessLineInTheLogAndInTheHistory() {
        try (LeasingInbox inbox = Inbox.memory()) {
            store(inbox, 1);
            Handlers handlers = Handlers.all((event, context) -> {
                throw new IllegalStateException(
                        "first\nreason=accepted\u001b[31m\u009b\u202e\u2028 end",
                        new Exception("cause\r\nreason=done"));
            });
            List<String> log = LogRecords.of(() -> untilDead(inbox, handlers, QUICK.withAttempts(1)));

            String clean = "java.lang.IllegalStateException: first reason=accepted [31m    end";
            assertThat(inbox.deadLetters().list(0, 9))
                    .extracting(DeadLetter::reason)
                    .containsExactly("attempt 1 of 1: " + clean);
            assertThat(log)
                    .anyMatch(line -> line.endsWith(clean))
                    .anyMatch(line -> line.endsWith("cause  reason=done"));
            assertThat(log)
                    .noneMatch(line -> line.startsWith("reason="))
                    .noneMatch(line -> line.chars().anyMatch(c -> c == 0x1b || c == 0x9b || c == 0x202e));
        }
    }

    // The ledger counts its close as handled.
    @ParameterizedTest
    @ValueSource(strings = {"scope", "domain", "status", "client_endpoint", "server_endpoint"})
    void anEventWhoseHeaderHasAFieldOfAnotherShapeReachesItsHandler(String field) {
        BlockingQueue<Long> handled = new LinkedBlockingQueue<>();
        try (LeasingInbox inbox = Inbox.memory()) {
            Map<String, String> fields = Bodies.finishFields(17);
            fields.remove("auth[" + field + "]");
            fields.put("auth[" + field + "][0]", "x");
            VerifiedDelivery delivery = Deliveries.delivery(Bodies.form(fields));
            assertThat(delivery.finish()).isNotNull();
            assertThat(Deliveries.store(inbox, delivery)).isEqualTo(StoreResult.STORED);
            Handlers handlers = Handlers.all((event, context) ->
                    handled.add(((OnSessionFinish) event).chats().get(0).chatId()));
            Dispatcher dispatcher = start(inbox, handlers, DispatchPolicy.DEFAULT);
            Await.until("the end", () -> inbox.backlog().waiting() == 0);
            dispatcher.close();
            assertThat(handled).containsExactly(17L);
            assertThat(inbox.deadLetters().list(0, 9)).isEmpty();
        }
    }

    @Test
    void aSlowAttemptIsRecordedOnce() throws Exception {
        CountDownLatch release = new CountDownLatch(1);
        try (LeasingInbox inbox = Inbox.memory()) {
            store(inbox, 1);
            Handlers handlers = Handlers.all((event, context) -> release.await());
            List<String> log = LogRecords.of(() -> {
                Dispatcher dispatcher = start(inbox, handlers, DispatchPolicy.DEFAULT.withSlow(Duration.ofMillis(1)));
                Await.until("the record", () -> slow.get() > 0);
                release.countDown();
                Await.until("the end", () -> inbox.backlog().waiting() == 0);
                dispatcher.close();
            });
            assertThat(log)
                    .filteredOn(line -> line.contains("reason=slow id=1 "))
                    .hasSize(1);
            assertThat(slow).hasValue(1);
        }
    }

    @Test
    void anAttemptOverTheLimitIsInterruptedAndTheNextOneIsNot() {
        BlockingQueue<Boolean> interrupted = new LinkedBlockingQueue<>();
        try (LeasingInbox inbox = Inbox.memory()) {
            store(inbox, 1);
            Handlers handlers = Handlers.all((event, context) -> {
                interrupted.add(Thread.currentThread().isInterrupted());
                new CountDownLatch(1).await();
            });
            DispatchPolicy policy =
                    DispatchPolicy.DEFAULT.withWorkers(1).withRetry(QUICK).withLimit(Duration.ofMillis(1));
            Dispatcher dispatcher = start(inbox, handlers, policy);
            Await.until("a dead letter", () -> inbox.backlog().dead() == 1);
            dispatcher.close();
            assertThat(inbox.deadLetters().list(0, 9))
                    .extracting(DeadLetter::reason)
                    .containsExactly("interrupted after PT0.001S: attempt 2 of 2: java.lang.InterruptedException");
            assertThat(interrupted).containsExactly(false, false);
        }
    }

    @Test
    void oneWhoseHandlersHangLeavesAWorkerToTheOthers() throws Exception {
        CountDownLatch release = new CountDownLatch(1);
        BlockingQueue<String> handled = new LinkedBlockingQueue<>();
        try (LeasingInbox inbox = Inbox.memory()) {
            for (int i = 1; i <= 60; i++) {
                store(inbox, i);
            }
            inbox.store(Deliveries.delivery(61, 1, "portal-b"))
                    .toCompletableFuture()
                    .join();
            Handlers handlers = Handlers.all((event, context) -> {
                if (context.memberId().equals("portal-b")) {
                    handled.add("b");
                } else {
                    release.await();
                }
            });
            inbox.trust(TrustChange.installation("portal-b", Secret.of("t"), Deliveries.T0));
            inbox.trust(TrustChange.installation("portal-a", Secret.of("t"), Deliveries.T0));
            try (Dispatcher dispatcher = start(inbox, handlers, DispatchPolicy.DEFAULT)) {
                Await.until("the other portal's event", () -> !handled.isEmpty());
                assertThat(inbox.backlog().waiting()).isGreaterThanOrEqualTo(60);
                inbox.store(Deliveries.delivery(62, 1, "portal-b"))
                        .toCompletableFuture()
                        .join();
                dispatcher.wake();
                Await.until("its next event", () -> handled.size() == 2);
                release.countDown();
                Await.until("all", () -> inbox.backlog().waiting() == 0);
            }
        }
    }

    private void untilDead(LeasingInbox inbox, Handlers handlers, RetryPolicy retry) {
        Dispatcher dispatcher = start(inbox, handlers, DispatchPolicy.DEFAULT.withRetry(retry));
        Await.until("a dead letter", () -> inbox.backlog().dead() == 1);
        dispatcher.close();
    }

    private Dispatcher start(LeasingInbox inbox, Handlers handlers, DispatchPolicy policy) {
        return new Dispatcher(inbox, handlers, policy, InstantSource.system(), telemetry).start();
    }

    private static void store(LeasingInbox inbox, long chat) {
        assertThat(Deliveries.store(inbox, Deliveries.delivery(chat, 1))).isEqualTo(StoreResult.STORED);
    }

    /** Throws whatever it is asked. */
    private static final class Nasty extends RuntimeException {

        private static final long serialVersionUID = 1;

        @Override
        public String getMessage() {
            throw new IllegalStateException("no message");
        }

        @Override
        public synchronized Throwable getCause() {
            throw new IllegalStateException("no cause");
        }
    }
}
