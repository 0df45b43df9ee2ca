// SPDX-License-Identifier: Apache-2.0
package dev.openlines.kafka;

import dev.openlines.receiver.Backlog;
import dev.openlines.receiver.StoreException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionInfo;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Makes the topics, and asks for their state. */
final class KafkaAdmin implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(KafkaAdmin.class);
    private static final long SECONDS = 10;

    /** The reason in the log, also if a partition has no leader. */
    static final String TOO_FEW_REPLICAS = "too-few-replicas";

    private final KafkaTopics topics;
    private final Admin admin;
    private final AtomicBoolean inTrouble = new AtomicBoolean();

    KafkaAdmin(KafkaTopics topics) {
        this.topics = topics;
        Map<String, Object> properties = new HashMap<>(topics.properties());
        properties.put(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, topics.servers());
        properties.put(AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG, 3000);
        properties.put(AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, (int) TimeUnit.SECONDS.toMillis(SECONDS));
        this.admin = Admin.create(properties);
    }

    void makeTopics() {
        int brokers = await(admin.describeCluster().nodes()).size();
        short copies = (short) Math.min(3, brokers);
        Map<String, String> durable = new HashMap<>();
        durable.put(TopicConfig.MIN_IN_SYNC_REPLICAS_CONFIG, copies > 2 ? "2" : "1");
        // The time comes from the broker's clock. Otherwise the broker would refuse records that a receiver with a
        // wrong clock dates in the future.
        durable.put(TopicConfig.MESSAGE_TIMESTAMP_TYPE_CONFIG, "LogAppendTime");
        durable.put(TopicConfig.MAX_MESSAGE_BYTES_CONFIG, Integer.toString(KafkaInbox.LARGEST_RECORD));
        Map<String, String> compacted = new HashMap<>(durable);
        compacted.put(TopicConfig.CLEANUP_POLICY_CONFIG, TopicConfig.CLEANUP_POLICY_COMPACT);
        Collection<String> there = await(admin.listTopics().names());
        make(there, new NewTopic(topics.events(), topics.partitions(), copies).configs(durable));
        int partitions = await(topics.events()).partitions().size();
        make(there, new NewTopic(topics.retry(), partitions, copies).configs(compacted));
        make(there, new NewTopic(topics.dead(), 1, copies).configs(compacted));
        make(there, new NewTopic(topics.portals(), 1, copies).configs(compacted));
        if (await(topics.retry()).partitions().size() < partitions) {
            await(admin.createPartitions(Map.of(topics.retry(), NewPartitions.increaseTo(partitions)))
                    .all());
        }
        for (String one : List.of(topics.dead(), topics.portals())) {
            if (await(one).partitions().size() != 1) {
                throw new StoreException("expected one partition of " + one + " but found more", null);
            }
        }
        warnOfWeakTopic();
    }

    private void make(Collection<String> there, NewTopic topic) {
        if (there.contains(topic.name())) {
            return;
        }
        try {
            admin.createTopics(List.of(topic)).all().get(SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            if (!(e.getCause() instanceof TopicExistsException)) {
                throw new StoreException("cannot make " + topic.name(), e.getCause());
            }
        } catch (TimeoutException e) {
            throw new StoreException("cannot make " + topic.name(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StoreException("interrupted", e);
        }
    }

    private void warnOfWeakTopic() {
        int copies = describe(topics.events()).partitions().get(0).replicas().size();
        if (copies > 1 && minInSync() < 2) {
            LOG.warn(
                    "reason=weak-topic topic={}: min.insync.replicas is 1, so an acknowledged event may be on one disk"
                            + " only",
                    topics.events());
        }
        int largest = ofEvents(TopicConfig.MAX_MESSAGE_BYTES_CONFIG);
        if (largest < KafkaInbox.LARGEST_RECORD) {
            LOG.warn(
                    "reason=small-topic topic={}: max.message.bytes is {}, so larger events are answered 503; expected {}"
                            + " or more",
                    topics.events(),
                    largest,
                    KafkaInbox.LARGEST_RECORD);
        }
    }

    private int minInSync() {
        return ofEvents(TopicConfig.MIN_IN_SYNC_REPLICAS_CONFIG);
    }

    /**
     * Returns a number from the configuration of the topic of events. It is asked for each time, because it may be
     * changed.
     */
    private int ofEvents(String setting) {
        ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topics.events());
        return Integer.parseInt(
                there(await(admin.describeConfigs(List.of(resource)).all()), resource)
                        .get(setting)
                        .value());
    }

    void probe() {
        List<TopicPartitionInfo> partitions = describe(topics.events()).partitions();
        int minInSync = minInSync();
        Optional<StoreException> trouble = partitions.stream()
                .filter(partition -> !takesEvents(partition, minInSync))
                .findFirst()
                .map(partition -> trouble(partition, minInSync));
        boolean before = inTrouble.getAndSet(trouble.isPresent());
        if (trouble.isPresent()) {
            if (!before) {
                LOG.warn("reason={} {}", TOO_FEW_REPLICAS, trouble.get().getMessage());
            }
            throw trouble.get();
        }
        if (before) {
            LOG.info("reason=enough-replicas topic={}", topics.events());
        }
    }

    private static boolean takesEvents(TopicPartitionInfo partition, int minInSync) {
        return partition.leader() != null
                && !partition.leader().isEmpty()
                && partition.isr().size() >= needed(partition, minInSync);
    }

    /** Returns how many replicas must be in sync. A broker asks for no more than there can be. */
    private static int needed(TopicPartitionInfo partition, int minInSync) {
        return Math.min(minInSync, partition.replicas().size());
    }

    private StoreException trouble(TopicPartitionInfo partition, int minInSync) {
        return new StoreException(
                "expected a leader and " + needed(partition, minInSync) + " replicas in sync but found "
                        + partition.isr().size() + " for partition " + partition.partition() + " of " + topics.events(),
                null);
    }

    Backlog backlog(TopicReader reader, long dead) {
        List<TopicPartition> partitions = new ArrayList<>();
        for (String topic : List.of(topics.events(), topics.retry())) {
            describe(topic).partitions().forEach(info -> partitions.add(new TopicPartition(topic, info.partition())));
        }
        Map<TopicPartition, OffsetAndMetadata> committed =
                await(admin.listConsumerGroupOffsets(topics.group()).partitionsToOffsetAndMetadata());
        Map<TopicPartition, ListOffsetsResultInfo> ends = offsets(partitions, OffsetSpec.latest());
        Map<TopicPartition, ListOffsetsResultInfo> begins = offsets(partitions, OffsetSpec.earliest());
        long waiting = 0;
        Map<TopicPartition, Long> firsts = new HashMap<>();
        for (TopicPartition partition : partitions) {
            OffsetAndMetadata done = committed.get(partition);
            long begin = there(begins, partition).offset();
            long from = done == null ? begin : Math.max(begin, done.offset());
            long lag = there(ends, partition).offset() - from;
            if (lag > 0) {
                waiting += lag;
                firsts.put(partition, from);
            }
        }
        Instant oldest = null;
        if (!firsts.isEmpty()) {
            for (ConsumerRecord<String, byte[]> first : reader.firsts(firsts)) {
                Instant at = KafkaRecords.receivedAt(first);
                oldest = oldest == null || at.isBefore(oldest) ? at : oldest;
            }
        }
        return new Backlog(waiting, dead, oldest);
    }

    private Map<TopicPartition, ListOffsetsResultInfo> offsets(List<TopicPartition> partitions, OffsetSpec spec) {
        Map<TopicPartition, OffsetSpec> wanted = new HashMap<>();
        partitions.forEach(partition -> wanted.put(partition, spec));
        return await(admin.listOffsets(wanted).all());
    }

    /** Waits for the description of a topic, because a new topic is not known to every broker at once. */
    private TopicDescription await(String topic) {
        long begun = System.nanoTime();
        while (true) {
            try {
                return describe(topic);
            } catch (StoreException e) {
                if (!(e.getCause() instanceof UnknownTopicOrPartitionException)
                        || System.nanoTime() - begun > TimeUnit.SECONDS.toNanos(SECONDS)) {
                    throw e;
                }
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(50));
            }
        }
    }

    private TopicDescription describe(String topic) {
        return there(await(admin.describeTopics(List.of(topic)).allTopicNames()), topic);
    }

    /** Returns the answer to a request about one thing. Kafka answers or fails, so there always is one. */
    private static <K, V> V there(Map<K, V> answers, K asked) {
        return Objects.requireNonNull(answers.get(asked));
    }

    private <T> T await(KafkaFuture<T> future) {
        try {
            return future.get(SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            throw new StoreException("cannot use " + topics, e.getCause());
        } catch (TimeoutException e) {
            throw new StoreException("cannot use " + topics, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StoreException("interrupted", e);
        }
    }

    @Override
    public void close() {
        admin.close(java.time.Duration.ZERO);
    }
}
