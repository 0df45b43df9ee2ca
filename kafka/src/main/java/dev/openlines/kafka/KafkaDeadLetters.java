// SPDX-License-Identifier: Apache-2.0
package dev.openlines.kafka;

import dev.openlines.receiver.DeadLetter;
import dev.openlines.receiver.DeadLetters;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;

/**
 * The topic of dead letters: one partition, compacted. If a letter is requeued or discarded, a record without a value
 * is appended for it, which removes it. The id of a dead letter is its offset plus one. Letters stay until they are
 * requeued or discarded, unless the topic has a retention: {@code cleanup.policy=compact,delete} with {@code
 * retention.ms}.
 *
 * <p>The key and offset of each letter are kept in memory, and are updated by reading new records.
 */
final class KafkaDeadLetters implements DeadLetters {

    /** The number of marks that are appended together. Their keys are much smaller than the producer's buffer. */
    private static final int BATCH = 1000;

    private final KafkaInbox inbox;
    private final TopicPartition partition;
    private final Map<String, Long> offsets = new HashMap<>();
    /** The values of {@link #offsets}. */
    private final NavigableSet<Long> order = new TreeSet<>();

    private long position;

    KafkaDeadLetters(KafkaInbox inbox, KafkaTopics topics) {
        this.inbox = inbox;
        this.partition = new TopicPartition(topics.dead(), 0);
    }

    /** Counts the letters. Reads only new records. */
    synchronized int count() {
        update();
        return order.size();
    }

    @Override
    public synchronized List<DeadLetter> list(long after, int max) {
        update();
        List<DeadLetter> letters = new ArrayList<>();
        while (letters.size() < max) {
            List<Long> page = order.tailSet(after).stream()
                    .limit((long) max - letters.size())
                    .toList();
            if (page.isEmpty()) {
                return letters;
            }
            read(page).forEach(record -> letters.add(KafkaRecords.deadLetter(record, false)));
            after = page.get(page.size() - 1) + 1;
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
            inbox.await(bury(record.key()));
        });
        return found.isPresent();
    }

    @Override
    public boolean discard(long id, Instant now) {
        Optional<ConsumerRecord<String, byte[]>> found = find(id);
        found.ifPresent(record -> inbox.await(bury(record.key())));
        return found.isPresent();
    }

    /** Reads the topic once. If that fails, some letters may be gone already, and the next call removes the others. */
    @Override
    public int purge(Instant diedBefore) {
        List<String> old = new ArrayList<>();
        long end = inbox.reader().end(partition);
        for (ConsumerRecord<String, byte[]> record : inbox.reader().live(partition, 0, end)) {
            if (KafkaRecords.deadLetter(record, false).diedAt().isBefore(diedBefore)) {
                old.add(record.key());
            }
        }
        for (int from = 0; from < old.size(); from += BATCH) {
            List<CompletableFuture<RecordMetadata>> buried =
                    old.subList(from, Math.min(old.size(), from + BATCH)).stream()
                            .map(this::bury)
                            .toList();
            buried.forEach(inbox::await);
        }
        return old.size();
    }

    private CompletableFuture<RecordMetadata> bury(String key) {
        return inbox.append(new ProducerRecord<>(partition.topic(), 0, key, null));
    }

    private synchronized Optional<ConsumerRecord<String, byte[]>> find(long id) {
        update();
        return order.contains(id - 1) ? read(List.of(id - 1)).stream().findFirst() : Optional.empty();
    }

    private void update() {
        long begin = inbox.reader().begin(partition);
        long end = inbox.reader().end(partition);
        if (end > position) {
            inbox.reader().read(partition, Math.max(position, begin), end, this::index);
            position = end;
        }
        // A topic with a retention deletes letters, too.
        if (!order.isEmpty() && order.first() < begin) {
            offsets.values().removeIf(offset -> offset < begin);
            order.headSet(begin).clear();
        }
    }

    /** Reads letters by their offsets, which are in ascending order, and forgets those that are gone. */
    private List<ConsumerRecord<String, byte[]>> read(List<Long> wanted) {
        List<ConsumerRecord<String, byte[]>> records = new ArrayList<>();
        Set<Long> missing = new HashSet<>(wanted);
        inbox.reader().read(partition, wanted.get(0), wanted.get(wanted.size() - 1) + 1, record -> {
            if (missing.remove(record.offset())) {
                records.add(record);
            }
        });
        // Both the letter and its mark were compacted away before this has read the mark.
        offsets.values().removeAll(missing);
        order.removeAll(missing);
        return records;
    }

    private void index(ConsumerRecord<String, byte[]> record) {
        Long before =
                record.value() == null ? offsets.remove(record.key()) : offsets.put(record.key(), record.offset());
        if (before != null) {
            order.remove(before);
        }
        if (record.value() != null) {
            order.add(record.offset());
        }
    }
}
