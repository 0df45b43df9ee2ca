// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;

/**
 * The topic of what was put aside: one partition, compacted. What is requeued or discarded gets a record without a
 * value, and is gone. The id of a dead letter is its offset and one. Letters stay until somebody does either, unless the
 * topic is told to forget: {@code cleanup.policy=compact,delete} with {@code retention.ms}.
 */
final class KafkaDeadLetters implements DeadLetters {

    private final KafkaInbox inbox;
    private final TopicPartition partition;
    private final Map<String, Long> offsets = new HashMap<>();
    private long position;

    KafkaDeadLetters(KafkaInbox inbox, KafkaTopics topics) {
        this.inbox = inbox;
        this.partition = new TopicPartition(topics.dead(), 0);
    }

    /** How many there are; reads only what is new. */
    synchronized int count() {
        long begin = inbox.reader().begin(partition);
        long end = inbox.reader().end(partition);
        if (end > position) {
            inbox.reader().read(partition, Math.max(position, begin), end, this::index);
            position = end;
        }
        // Where the topic has a retention it forgets letters, too.
        offsets.values().removeIf(offset -> offset < begin);
        return offsets.size();
    }

    @Override
    public List<DeadLetter> list(long after, int max) {
        List<DeadLetter> letters = new ArrayList<>();
        for (ConsumerRecord<String, byte[]> record : live(after)) {
            if (letters.size() < max) {
                letters.add(KafkaRecords.deadLetter(record, false));
            }
        }
        return letters;
    }

    @Override
    public Optional<DeadLetter> show(long id) {
        return find(id).map(record -> KafkaRecords.deadLetter(record, true));
    }

    @Override
    public boolean requeue(long id, Instant now) {
        Optional<ConsumerRecord<String, byte[]>> found = find(id);
        found.ifPresent(record -> {
            inbox.await(
                    inbox.append(KafkaRecords.requeued(record, inbox.topics().events(), now)));
            bury(record);
        });
        return found.isPresent();
    }

    @Override
    public boolean discard(long id, Instant now) {
        Optional<ConsumerRecord<String, byte[]>> found = find(id);
        found.ifPresent(this::bury);
        return found.isPresent();
    }

    private void bury(ConsumerRecord<String, byte[]> record) {
        inbox.await(inbox.append(new ProducerRecord<>(partition.topic(), 0, record.key(), null)));
    }

    private Optional<ConsumerRecord<String, byte[]>> find(long id) {
        return live(id - 1).stream().filter(record -> record.offset() + 1 == id).findFirst();
    }

    private List<ConsumerRecord<String, byte[]>> live(long after) {
        return inbox.reader().live(partition, after, inbox.reader().end(partition));
    }

    private void index(ConsumerRecord<String, byte[]> record) {
        if (record.value() == null) {
            offsets.remove(record.key());
        } else {
            offsets.put(record.key(), record.offset());
        }
    }
}
