// SPDX-License-Identifier: Apache-2.0
package dev.openlines.kafka;

import dev.openlines.receiver.StoreException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;

/** Reads ranges of partitions, in no group. One thread at a time. */
final class TopicReader implements AutoCloseable {

    /** If no record comes for this long although one must exist, the cluster cannot be reached. */
    private static final long PATIENCE_NANOS = Duration.ofSeconds(10).toNanos();

    private static final Duration POLL = Duration.ofMillis(100);

    private final KafkaConsumer<String, byte[]> consumer;

    TopicReader(KafkaTopics topics) {
        Map<String, Object> properties = new HashMap<>(topics.properties());
        properties.put(ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, topics.servers());
        properties.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        properties.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
        properties.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
        properties.put(ConsumerConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, 5000);
        properties.put(ConsumerConfig.REQUEST_TIMEOUT_MS_CONFIG, 3000);
        // The limit is short because the range exists. A consumer also asks for records after the range, and the next
        // range waits for that answer.
        properties.put(ConsumerConfig.FETCH_MAX_WAIT_MS_CONFIG, 5);
        consumer = new KafkaConsumer<>(properties, new StringDeserializer(), new ByteArrayDeserializer());
    }

    /** Returns the offset after the last record of a partition. */
    synchronized long end(TopicPartition partition) {
        return asStore(() -> consumer.endOffsets(List.of(partition)).get(partition));
    }

    /** Returns the offset of the first record of a partition that is still there. */
    synchronized long begin(TopicPartition partition) {
        return asStore(() -> consumer.beginningOffsets(List.of(partition)).get(partition));
    }

    /**
     * Reads the records from one offset up to but not including another, which must not be after the end.
     *
     * @throws StoreException if the cluster is away
     */
    synchronized void read(
            TopicPartition partition, long from, long to, Consumer<ConsumerRecord<String, byte[]>> each) {
        asStore(() -> {
            assign(Set.of(partition));
            consumer.seek(partition, from);
            long progress = System.nanoTime();
            long position = from;
            while (position < to) {
                for (ConsumerRecord<String, byte[]> record : consumer.poll(POLL)) {
                    if (record.offset() < to) {
                        each.accept(record);
                    }
                }
                long now = consumer.position(partition);
                if (now > position) {
                    progress = System.nanoTime();
                    position = now;
                } else if (System.nanoTime() - progress > PATIENCE_NANOS) {
                    throw new StoreException("cannot read " + partition.topic(), null);
                }
            }
            return position;
        });
    }

    /**
     * Returns, in their order, the last record of each key that has a value, from one offset up to but not including
     * another.
     */
    List<ConsumerRecord<String, byte[]>> live(TopicPartition partition, long from, long to) {
        Map<String, ConsumerRecord<String, byte[]>> last = new HashMap<>();
        read(partition, Math.max(from, begin(partition)), to, record -> {
            if (record.value() == null) {
                last.remove(record.key());
            } else {
                last.put(record.key(), record);
            }
        });
        return last.values().stream()
                .sorted(Comparator.comparingLong(ConsumerRecord::offset))
                .toList();
    }

    /** Returns the record at each of these offsets or the first after it, if there is one within a second. */
    synchronized List<ConsumerRecord<String, byte[]>> firsts(Map<TopicPartition, Long> offsets) {
        return asStore(() -> {
            List<ConsumerRecord<String, byte[]>> found = new ArrayList<>();
            assign(offsets.keySet());
            offsets.forEach(consumer::seek);
            long begun = System.nanoTime();
            while (!consumer.assignment().equals(consumer.paused())
                    && System.nanoTime() - begun < Duration.ofSeconds(1).toNanos()) {
                var records = consumer.poll(POLL);
                consumer.pause(records.partitions());
                records.partitions()
                        .forEach(partition ->
                                found.add(records.records(partition).get(0)));
            }
            return found;
        });
    }

    private void assign(Set<TopicPartition> partitions) {
        consumer.assign(partitions);
        // A partition that was assigned before stays paused.
        consumer.resume(partitions);
    }

    @Override
    public synchronized void close() {
        consumer.close();
    }

    private static <T> T asStore(java.util.function.Supplier<T> work) {
        try {
            return work.get();
        } catch (KafkaException e) {
            throw new StoreException("cannot read from Kafka", e);
        }
    }
}
