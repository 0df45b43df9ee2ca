// SPDX-License-Identifier: Apache-2.0
package dev.openlines.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.model.OnOpenLineMessageAdd;
import dev.openlines.model.OnSessionFinish;
import dev.openlines.model.OpenLineMessage;
import dev.openlines.parser.Limits;
import dev.openlines.receiver.Backlog;
import dev.openlines.receiver.DeadLetter;
import dev.openlines.receiver.DispatchPolicy;
import dev.openlines.receiver.EventHandler;
import dev.openlines.receiver.Handlers;
import dev.openlines.receiver.RawDelivery;
import dev.openlines.receiver.Receiver;
import dev.openlines.receiver.Reply;
import dev.openlines.receiver.RetryPolicy;
import dev.openlines.receiver.Telemetry;
import dev.openlines.tck.Deliveries;
import dev.openlines.tck.InstallationContract;
import dev.openlines.testkit.Await;
import dev.openlines.testkit.Bodies;
import dev.openlines.testkit.KafkaBroker;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Receiving into and working from one real broker, each test with topics of its own. */
@Timeout(300)
class KafkaTest {

    private static final RetryPolicy QUICK =
            RetryPolicy.DEFAULT.withAttempts(3).withWaits(Duration.ofMillis(20), Duration.ofMillis(40));

    private final BlockingQueue<String> handled = new LinkedBlockingQueue<>();
    private final List<AutoCloseable> open = new ArrayList<>();
    private KafkaTopics topics;
    private KafkaInbox inbox;

    @BeforeEach
    void openInbox() {
        topics = KafkaTopics.of(KafkaBroker.newTopics(2));
        inbox = KafkaInbox.open(topics);
    }

    @AfterEach
    void close() throws Exception {
        Collections.reverse(open);
        for (AutoCloseable part : open) {
            part.close();
        }
        if (inbox != null) {
            inbox.close();
        }
    }

    @Test
    void anEventIsHandledOnceThoughItComesTwice() throws Exception {
        store(17, 1);
        store(17, 1);
        store(17, 2);
        work(DispatchPolicy.DEFAULT, (finish, context) -> handled.add(chat(finish) + " " + context.idempotencyKey()));

        assertThat(next()).isEqualTo("17 " + Deliveries.delivery(17, 1).idempotencyKey());
        assertThat(next()).isEqualTo("17 " + Deliveries.delivery(17, 2).idempotencyKey());
        Await.until(() -> inbox.backlog().waiting() == 0);
        assertThat(handled).isEmpty();
    }

    @Test
    void aTransactionIsRefusedWithWhatToDoInstead() throws Exception {
        store(17, 1);
        work(DispatchPolicy.DEFAULT.withRetry(QUICK.withAttempts(1)), (finish, context) -> {
            context.inTransaction(connection -> handled.add("ran"));
        });

        Await.until(() -> inbox.backlog().dead() == 1);

        assertThat(inbox.deadLetters().list(0, 1).get(0).reason())
                .contains("expected an inbox on SQLite or PostgreSQL for inTransaction", "context.idempotencyKey()");
        assertThat(handled).isEmpty();
    }

    @Test
    void aDuplicateIsKnownToTheNextWorkerToo() throws Exception {
        store(17, 1);
        KafkaDispatcher first = work(DispatchPolicy.DEFAULT, (finish, context) -> handled.add("first"));
        assertThat(next()).isEqualTo("first");
        first.close();
        store(17, 1);
        store(17, 3);
        work(DispatchPolicy.DEFAULT, (finish, context) -> handled.add(context.idempotencyKey()));

        assertThat(next()).isEqualTo(Deliveries.delivery(17, 3).idempotencyKey());
        Await.until(() -> inbox.backlog().waiting() == 0);
        assertThat(handled).isEmpty();
    }

    @Test
    void aFailingChatKeepsItsOrderAndHoldsUpNoOther() throws Exception {
        CountDownLatch others = new CountDownLatch(20);
        for (long time = 1; time <= 3; time++) {
            store(666, time);
        }
        for (long chat = 1; chat <= 20; chat++) {
            store(chat, 1);
        }
        String first = Deliveries.delivery(666, 1).idempotencyKey();
        work(DispatchPolicy.DEFAULT.withRetry(QUICK.withAttempts(1000)), (finish, context) -> {
            if (chat(finish) != 666) {
                others.countDown();
            } else if (context.idempotencyKey().equals(first) && others.getCount() > 0) {
                throw new IllegalStateException("away");
            } else {
                handled.add(context.idempotencyKey());
            }
        });

        assertThat(List.of(next(), next(), next()))
                .containsExactly(
                        first,
                        Deliveries.delivery(666, 2).idempotencyKey(),
                        Deliveries.delivery(666, 3).idempotencyKey());
        assertThat(others.getCount()).isZero();
        Await.until(() -> inbox.backlog().waiting() == 0);
    }

    @Test
    void anEventThatWaitsForItsNextAttemptIsNotForgottenByTheNextWorker() throws Exception {
        store(17, 1);
        store(17, 2);
        KafkaDispatcher first = work(
                DispatchPolicy.DEFAULT.withRetry(
                        QUICK.withAttempts(10).withWaits(Duration.ofSeconds(2), Duration.ofSeconds(2))),
                (finish, context) -> {
                    handled.add("failed " + context.attempt());
                    throw new IllegalStateException("away");
                });
        assertThat(next()).isEqualTo("failed 1");
        first.close();
        work(
                DispatchPolicy.DEFAULT,
                (finish, context) -> handled.add(context.attempt() + " " + context.idempotencyKey()));

        assertThat(next()).isEqualTo("2 " + Deliveries.delivery(17, 1).idempotencyKey());
        assertThat(next()).isEqualTo("1 " + Deliveries.delivery(17, 2).idempotencyKey());
        Await.until(() -> inbox.backlog().waiting() == 0);
        assertThat(handled).isEmpty();
    }

    @Test
    void aWorkerThatIsStoppedWhileItDoesNotPollCommitsAndLeavesTheGroup() throws Exception {
        store(17, 1);
        CountDownLatch busy = new CountDownLatch(1);
        CountDownLatch release = new CountDownLatch(1);
        // A duplicate is told of on the polling thread.
        Telemetry holds = new Telemetry() {
            @Override
            public void replied(Reply reply, Duration took) {}

            @Override
            public void attempted(String outcome, Duration took) {
                if (outcome.equals("duplicate")) {
                    busy.countDown();
                    try {
                        release.await();
                    } catch (InterruptedException e) {
                        throw new IllegalStateException(e);
                    }
                }
            }
        };
        Handlers handlers = Handlers.on(
                        OnSessionFinish.class, (finish, context) -> handled.add("first " + chat(finish)))
                .otherwise((event, context) -> {});
        KafkaDispatcher first =
                new KafkaDispatcher(inbox, handlers, DispatchPolicy.DEFAULT, InstantSource.system(), holds).start();
        open.add(first);
        open.add(release::countDown);
        assertThat(next()).isEqualTo("first 17");
        store(17, 1);
        assertThat(busy.await(30, TimeUnit.SECONDS)).isTrue();
        Thread stopping = new Thread(first::close);
        stopping.start();
        Await.until(() -> stopping.getState() == Thread.State.WAITING);
        release.countDown();
        stopping.join();

        store(18, 1);
        work(DispatchPolicy.DEFAULT, (finish, context) -> handled.add("second " + chat(finish)));

        assertThat(next()).isEqualTo("second 18");
        Await.until(() -> inbox.backlog().waiting() == 0);
        assertThat(handled).isEmpty();
    }

    @Test
    void anEventThatAlwaysFailsBecomesADeadLetterWithItsHistoryAndCanBeRequeuedOrDiscarded() throws Exception {
        store(666, 1);
        AtomicInteger allowed = new AtomicInteger();
        work(DispatchPolicy.DEFAULT.withRetry(QUICK), (finish, context) -> {
            if (allowed.get() == 0) {
                throw new IllegalStateException("away");
            }
            handled.add("done " + context.attempt());
        });
        Await.until(() -> inbox.backlog().dead() == 1);

        DeadLetter letter = inbox.deadLetters().list(0, 10).get(0);
        assertThat(letter.idempotencyKey())
                .isEqualTo(Deliveries.delivery(666, 1).idempotencyKey());
        assertThat(letter.memberId()).isEqualTo(Bodies.MEMBER);
        assertThat(letter.reason()).isEqualTo("attempt 3 of 3: java.lang.IllegalStateException: away");
        assertThat(inbox.deadLetters().show(letter.id()).orElseThrow().history())
                .extracting(attempt -> attempt.number() + attempt.outcome())
                .containsExactly("1retry", "2retry", "3dead");
        assertThat(inbox.deadLetters().requeue(letter.id() + 1, java.time.Instant.now()))
                .isFalse();

        allowed.set(1);
        assertThat(inbox.deadLetters().requeue(letter.id(), java.time.Instant.now()))
                .isTrue();
        assertThat(next()).isEqualTo("done 1");
        Await.until(() -> inbox.backlog().equals(new Backlog(0, 0, null)));
        assertThat(inbox.deadLetters().discard(letter.id(), java.time.Instant.now()))
                .isFalse();
    }

    @Test
    void aRecordThatIsNoEventBecomesADeadLetterAndHoldsUpNoOther() throws Exception {
        inbox.await(inbox.append(
                new ProducerRecord<>(topics.events(), 0, "k", "rubbish".getBytes(StandardCharsets.UTF_8))));
        inbox.await(inbox.append(new ProducerRecord<>(topics.events(), 0, null, null)));
        ProducerRecord<String, byte[]> undecodable = KafkaEvent.record(topics.events(), Deliveries.delivery(5, 1));
        inbox.await(inbox.append(new ProducerRecord<>(
                topics.events(),
                0,
                undecodable.key(),
                "{\"event\":".getBytes(StandardCharsets.UTF_8),
                undecodable.headers())));
        for (long chat = 1; chat <= 4; chat++) {
            store(chat, 9);
        }
        work(DispatchPolicy.DEFAULT, (finish, context) -> handled.add("" + chat(finish)));

        assertThat(List.of(next(), next(), next(), next())).containsExactlyInAnyOrder("1", "2", "3", "4");
        Await.until(() -> inbox.backlog().equals(new Backlog(0, 3, null)));
        assertThat(inbox.deadLetters().list(0, 10))
                .extracting(DeadLetter::reason)
                .anySatisfy(reason -> assertThat(reason)
                        .isEqualTo("not an event: expected a CloudEvents record but found no ce_specversion"))
                .anySatisfy(reason -> assertThat(reason).startsWith("cannot be decoded: "));

        assertThat(inbox.deadLetters().purge(java.time.Instant.now().minusSeconds(3600)))
                .isZero();
        assertThat(inbox.deadLetters().purge(java.time.Instant.now().plusSeconds(60)))
                .isEqualTo(3);
        Await.until(() -> inbox.backlog().dead() == 0);
    }

    @Test
    void theLongestMessageArrivesAndTheLargestEventThatTheLimitsAllow() throws Exception {
        BlockingQueue<OnOpenLineMessageAdd> messages = new LinkedBlockingQueue<>();
        open.add(new KafkaDispatcher(
                        inbox,
                        Handlers.on(OnOpenLineMessageAdd.class, (message, context) -> messages.add(message))
                                .otherwise((event, context) -> {}),
                        DispatchPolicy.DEFAULT,
                        InstantSource.system(),
                        Telemetry.none())
                .start());
        // JSON writes each of these control characters in six bytes.
        String file = "\u0001".repeat(130_000);

        for (String text : List.of("я".repeat(20_000), "😀".repeat(20_000))) {
            String body = "event=ONOPENLINEMESSAGEADD&ts=1760000000&data[DATA][message][id]=5"
                    + "&data[DATA][message][text]=" + URLEncoder.encode(text, StandardCharsets.UTF_8)
                    + "&data[DATA][message][files][0][name]=" + file + "&data[DATA][message][files][1][name]="
                    + file
                    + "&auth[member_id]=" + Deliveries.MEMBER + "&auth[application_token]=" + Deliveries.TOKEN;
            inbox.await(inbox.store(Deliveries.delivery(body)));

            OnOpenLineMessageAdd added = messages.poll(60, TimeUnit.SECONDS);
            assertThat(added).isNotNull();
            assertThat(added.messages().get(0).content().text()).isEqualTo(text);
            assertThat(added.messages().get(0).content().files())
                    .extracting(OpenLineMessage.File::name)
                    .containsExactly(file, file);
        }
    }

    @Test
    void anyNodeAnswersAPortalThatInstalledOnAnother() throws Exception {
        try (KafkaInbox other = KafkaInbox.open(topics)) {
            Receiver second = new Receiver(
                    other,
                    other.portals().verifiedBy(InstallationContract.YES),
                    Limits.DEFAULT,
                    InstantSource.system(),
                    () -> {},
                    Telemetry.none());
            assertThat(receive(second, Bodies.finish(1))).isEqualTo(403);
            Receiver first = new Receiver(
                    inbox,
                    inbox.portals().verifiedBy(InstallationContract.YES),
                    Limits.DEFAULT,
                    InstantSource.system(),
                    () -> {},
                    Telemetry.none());
            Map<String, String> install = Bodies.finishFields(3);
            install.put("event", "ONAPPINSTALL");
            assertThat(receive(first, Bodies.form(install))).isEqualTo(200);
            assertThat(receive(second, Bodies.finish(1))).isEqualTo(200);

            Map<String, String> uninstall = Bodies.finishFields(3);
            uninstall.put("event", "ONAPPUNINSTALL");
            assertThat(receive(second, Bodies.form(uninstall))).isEqualTo(200);
            // A node that learns at its start, and one that must be told.
            Receiver third = new Receiver(
                    other, other.portals(), Limits.DEFAULT, InstantSource.system(), () -> {}, Telemetry.none());
            assertThat(receive(third, Bodies.finish(2))).isEqualTo(403);
            assertThat(receive(second, Bodies.finish(2))).isEqualTo(403);
            // Told by the events that come.
            Await.until(() -> receive(first, Bodies.finish(2)) == 403);

            assertThat(receive(first, Bodies.form(install))).isEqualTo(200);
            assertThat(receive(second, Bodies.form(uninstall)))
                    .as("a replay of the uninstallation ends nothing")
                    .isEqualTo(200);
            assertThat(receive(second, Bodies.finish(2))).isEqualTo(200);
        }
    }

    @Test
    void aSecondWorkerTakesItsShareInMidBurstAndNothingIsLostOrOutOfOrder() throws Exception {
        DispatchPolicy policy = DispatchPolicy.DEFAULT.withRetry(QUICK);
        EventHandler<OnSessionFinish> handler = (finish, context) -> {
            handled.add(chat(finish) + " " + context.idempotencyKey());
            LockSupport.parkNanos(Duration.ofMillis(1).toNanos());
        };
        work(policy, handler);
        List<String> expected = new ArrayList<>();
        for (long time = 1; time <= 20; time++) {
            for (long chat = 1; chat <= 20; chat++) {
                expected.add(chat + " " + Deliveries.delivery(chat, time).idempotencyKey());
                store(chat, time);
            }
            if (time == 5) {
                work(policy, handler);
            }
            if (time == 12) {
                open.remove(open.size() - 1).close();
            }
        }
        List<String> got = new ArrayList<>();
        for (int i = 0; i < expected.size(); i++) {
            got.add(next());
        }
        Await.until(() -> inbox.backlog().waiting() == 0);

        assertThat(handled).as("handled twice").isEmpty();
        for (long chat = 1; chat <= 20; chat++) {
            String prefix = chat + " ";
            assertThat(got.stream().filter(line -> line.startsWith(prefix)))
                    .containsExactlyElementsOf(expected.stream()
                            .filter(line -> line.startsWith(prefix))
                            .toList());
        }
    }

    private KafkaDispatcher work(DispatchPolicy policy, EventHandler<OnSessionFinish> handler) {
        Handlers handlers = Handlers.on(OnSessionFinish.class, handler).otherwise((event, context) -> {});
        KafkaDispatcher dispatcher =
                new KafkaDispatcher(inbox, handlers, policy, InstantSource.system(), Telemetry.none()).start();
        open.add(dispatcher);
        return dispatcher;
    }

    private void store(long chat, long time) {
        inbox.await(inbox.store(Deliveries.delivery(chat, time)));
    }

    private String next() throws InterruptedException {
        String line = handled.poll(30, TimeUnit.SECONDS);
        assertThat(line).as("an event that is handled").isNotNull();
        return line;
    }

    private static long chat(OnSessionFinish finish) {
        return finish.chats().get(0).chatId();
    }

    private static int receive(Receiver receiver, String form) {
        return receiver.receive(new RawDelivery(
                        "POST", "application/x-www-form-urlencoded", form.getBytes(StandardCharsets.UTF_8)))
                .toCompletableFuture()
                .join()
                .status();
    }
}
