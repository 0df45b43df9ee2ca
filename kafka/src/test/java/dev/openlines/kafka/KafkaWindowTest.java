// SPDX-License-Identifier: Apache-2.0
package dev.openlines.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.model.OnSessionFinish;
import dev.openlines.receiver.DispatchPolicy;
import dev.openlines.receiver.Handlers;
import dev.openlines.receiver.RetryPolicy;
import dev.openlines.receiver.Settlement;
import dev.openlines.receiver.Telemetry;
import dev.openlines.tck.Deliveries;
import dev.openlines.testkit.Await;
import dev.openlines.testkit.KafkaBroker;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The window of duplicates: the first record must be among the last so many before the second. */
@Timeout(300)
class KafkaWindowTest {

    @Test
    void aSecondRecordIsDroppedWhereTheFirstIsTheOldestOfTheWindowAndHandledWhereItIsJustBeyond() {
        assertThat(handled(3, "ABCA")).isEqualTo("ABC");
        assertThat(handled(3, "ABCDA")).isEqualTo("ABCDA");
        assertThat(handled(3, "ABCDBA")).isEqualTo("ABCDA");
        assertThat(handled(1, "AA")).isEqualTo("A");
        assertThat(handled(1, "ABA")).isEqualTo("ABA");
        assertThat(handled(3, "AAAAA")).isEqualTo("A");
        assertThat(handled(3, "A-CA")).isEqualTo("AC");
    }

    @Test
    void aWorkerThatTakesThePartitionHasTheSameWindow() {
        assertThat(handledByTheNext(3, "BCD", "", "B")).isEmpty();
        assertThat(handledByTheNext(3, "BCD", "", "AB"))
                .as("A was beyond, and now B is")
                .isEqualTo("AB");
        assertThat(handledByTheNext(3, "BCD", "", "CEB")).isEqualTo("EB");
    }

    @Test
    void anEventThatWaitsForItsNextAttemptTakesNoPlaceInTheWindow() {
        assertThat(handledByTheNext(3, "BCD", "PQ", "BCDPQ")).isEqualTo("PQ");
        assertThat(handledByTheNext(3, "-BC", "P", "DB")).isEqualTo("PD");
        assertThat(handledByTheNext(3, "PBC", "P", "PDB")).isEqualTo("PD");
    }

    @Test
    @Tag("long")
    void theWindowHoldsInATopicAndAcrossWorkers() throws Exception {
        try (KafkaInbox inbox = KafkaInbox.open(withWindow(3))) {
            store(inbox, "ABCDA");
            BlockingQueue<String> handled = new LinkedBlockingQueue<>();
            try (KafkaDispatcher first = work(inbox, DispatchPolicy.DEFAULT, handled)) {
                first.start();
                assertThat(take(handled, 5)).containsExactlyInAnyOrder("A", "B", "C", "D", "A");
                Await.until(() -> inbox.backlog().waiting() == 0);
            }
            // C is the oldest of the last three; with the second C behind them B is beyond.
            store(inbox, "CBE");
            try (KafkaDispatcher second = work(inbox, DispatchPolicy.DEFAULT, handled)) {
                second.start();
                assertThat(take(handled, 2)).containsExactlyInAnyOrder("B", "E");
                Await.until(() -> inbox.backlog().waiting() == 0);
            }
            assertThat(handled).isEmpty();
        }
    }

    @Test
    void theWindowHoldsAcrossWorkersWhileAnEventWaitsForItsNextAttempt() throws Exception {
        try (KafkaInbox inbox = KafkaInbox.open(withWindow(3))) {
            DispatchPolicy patient = DispatchPolicy.DEFAULT.withRetry(
                    RetryPolicy.DEFAULT.withWaits(Duration.ofMinutes(10), Duration.ofMinutes(10)));
            store(inbox, "XBCD");
            BlockingQueue<String> handled = new LinkedBlockingQueue<>();
            try (KafkaDispatcher first = work(inbox, patient, handled)) {
                first.start();
                assertThat(take(handled, 4)).containsExactlyInAnyOrder("X", "B", "C", "D");
                Await.until(() -> inbox.backlog().waiting() == 1);
            }
            store(inbox, "BE");
            try (KafkaDispatcher second = work(inbox, patient, handled)) {
                second.start();
                assertThat(take(handled, 1)).containsExactly("E");
                Await.until(() -> inbox.backlog().waiting() == 1);
            }
            assertThat(handled).isEmpty();
        }
    }

    /** Returns the records that a worker handles. Each letter is a record; a hyphen is no event. */
    private static String handled(int window, String records) {
        return handledByTheNext(window, "", "", records);
    }

    /**
     * Returns the records that the next worker handles. Others are before the committed offset, and some of them wait
     * for their next attempt.
     */
    private static String handledByTheNext(int window, String before, String waiting, String records) {
        Handled work = new Handled();
        KafkaTopics topics = new KafkaTopics("none:1", "t", 1, window, Map.of());
        KafkaPartition partition = new KafkaPartition(topics, 0, work, 100, KafkaNote.NONE, waiting.length());
        for (int i = 0; i < before.length(); i++) {
            partition.remember(received(before.charAt(i), 100 - before.length() + i));
        }
        for (int i = 0; i < waiting.length(); i++) {
            ConsumerRecord<String, byte[]> received = received(waiting.charAt(i), 50 + i);
            KafkaTask task = KafkaTask.received(received);
            partition.restore(
                    KafkaTask.fromRetries(consumed(KafkaRecords.retry("t.retry", 0, task, received.value()), i)));
            work.settleAll(partition);
        }
        for (int i = 0; i < records.length(); i++) {
            partition.add(received(records.charAt(i), 100 + i));
            work.settleAll(partition);
        }
        return work.names.toString();
    }

    /** Notes what it is given, and handles it when told. */
    private static final class Handled implements KafkaPartition.Work {

        final StringBuilder names = new StringBuilder();
        private final Deque<KafkaTask> given = new ArrayDeque<>();
        private long appended;

        void settleAll(KafkaPartition partition) {
            while (!given.isEmpty()) {
                KafkaTask task = given.remove();
                names.append((char) Long.parseLong(String.valueOf(task.event.chat())));
                partition.settled(task, new Settlement.Done());
            }
        }

        @Override
        public void handle(KafkaPartition partition, KafkaTask task) {
            given.add(task);
        }

        @Override
        public void later(Runnable task, Duration wait) {
            throw new AssertionError("nothing here waits");
        }

        @Override
        public void append(ProducerRecord<String, byte[]> record, KafkaPartition.Appended then) {
            then.at(new RecordMetadata(new TopicPartition(record.topic(), 0), appended++, 0, 0, 0, 0));
        }

        @Override
        public Instant now() {
            return Deliveries.T0;
        }
    }

    private static ConsumerRecord<String, byte[]> received(char name, long offset) {
        return name == '-'
                ? new ConsumerRecord<>("t.events", 0, offset, "k", "rubbish".getBytes(StandardCharsets.UTF_8))
                : consumed(KafkaEvent.record("t.events", Deliveries.delivery(name, 1)), offset);
    }

    private static ConsumerRecord<String, byte[]> consumed(ProducerRecord<String, byte[]> sent, long offset) {
        ConsumerRecord<String, byte[]> record = new ConsumerRecord<>(sent.topic(), 0, offset, sent.key(), sent.value());
        sent.headers().forEach(record.headers()::add);
        return record;
    }

    private static KafkaTopics withWindow(int records) {
        KafkaTopics topics = KafkaTopics.of(KafkaBroker.newTopics(1));
        return new KafkaTopics(topics.servers(), topics.prefix(), 1, records, Map.of());
    }

    private static void store(KafkaInbox inbox, String names) {
        names.chars().forEach(name -> inbox.await(inbox.store(Deliveries.delivery(name, 1))));
    }

    /** Starts a dispatcher whose handler fails for X. */
    private static KafkaDispatcher work(KafkaInbox inbox, DispatchPolicy policy, BlockingQueue<String> handled) {
        Handlers handlers = Handlers.on(OnSessionFinish.class, (finish, context) -> {
                    String name = String.valueOf((char) finish.chats().get(0).chatId());
                    handled.add(name);
                    if (name.equals("X")) {
                        throw new IllegalStateException("away");
                    }
                })
                .otherwise((event, context) -> {});
        return new KafkaDispatcher(inbox, handlers, policy, InstantSource.system(), Telemetry.none());
    }

    private static List<String> take(BlockingQueue<String> handled, int count) throws InterruptedException {
        List<String> names = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            String name = handled.poll(30, TimeUnit.SECONDS);
            assertThat(name).as("an event that is handled").isNotNull();
            names.add(name);
        }
        return names;
    }
}
