// SPDX-License-Identifier: Apache-2.0
package dev.openlines.kafka;

import dev.openlines.receiver.Backlog;
import dev.openlines.receiver.DeadLetters;
import dev.openlines.receiver.Inbox;
import dev.openlines.receiver.Portals;
import dev.openlines.receiver.ReconciledClose;
import dev.openlines.receiver.StoreException;
import dev.openlines.receiver.StoreResult;
import dev.openlines.receiver.TrustChange;
import dev.openlines.receiver.TrustLog;
import dev.openlines.receiver.VerifiedDelivery;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.producer.BufferExhaustedException;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.Metric;
import org.apache.kafka.common.errors.NotEnoughReplicasAfterAppendException;
import org.apache.kafka.common.errors.NotEnoughReplicasException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * An inbox in Apache Kafka, for any number of receivers. An event is acknowledged when all in-sync replicas have it
 * ({@code acks=all}, idempotent producer). It is not acknowledged if that takes longer than four seconds, if the buffer
 * of 32 MiB ({@code buffer.memory}) is full, or if the cluster cannot be reached. The next event is tried anew. If an
 * event changes the trusted portals, these are read first, within four more seconds.
 *
 * <p>Events are handled by {@link KafkaDispatcher}, since Kafka has no leases. A second delivery of an event is stored
 * too, and recognized before it is handled. Kafka forgets events by the topic's {@code retention.ms}.
 */
public final class KafkaInbox implements Inbox {

    private static final Duration START = Duration.ofSeconds(15);
    private static final int BATCH = 64 * 1024;
    /** A body of 512 KiB may become six times as long in JSON, because each control character becomes an escape. */
    static final int LARGEST_RECORD = 4 << 20;

    private static final String BUFFER_FULL = "buffer-full";
    private static final String CLOSED = "the inbox is closed";

    private final KafkaTopics topics;
    private final KafkaProducer<String, byte[]> producer;
    private final Metric bufferLeft;
    private final KafkaAdmin admin;
    private final TopicReader reader;
    private final KafkaDeadLetters deadLetters;
    private final KafkaPortals portals;
    private volatile boolean closed;

    private KafkaInbox(KafkaTopics topics) {
        this.topics = topics;
        this.admin = new KafkaAdmin(topics);
        this.producer =
                new KafkaProducer<>(producerProperties(topics), new StringSerializer(), new ByteArraySerializer());
        this.bufferLeft = producer.metrics().values().stream()
                .filter(metric -> metric.metricName().name().equals("buffer-available-bytes"))
                .findFirst()
                .orElseThrow();
        this.reader = new TopicReader(topics);
        this.deadLetters = new KafkaDeadLetters(this, topics);
        this.portals = new KafkaPortals(this, topics);
    }

    /**
     * Opens an inbox, and creates its topics if they do not exist. With three brokers or more, a topic has three
     * replicas and two must be in sync; otherwise it has one. Blocks.
     *
     * @param topics the cluster and its topics
     * @return an open inbox with some threads of its own
     * @throws StoreException if the cluster is away or the topics do not fit
     */
    public static KafkaInbox open(KafkaTopics topics) {
        KafkaInbox inbox;
        try {
            inbox = new KafkaInbox(topics);
        } catch (KafkaException e) {
            throw new StoreException("cannot use " + topics + ": " + causes(e), null);
        }
        try {
            inbox.admin.makeTopics();
            inbox.learn();
            return inbox;
        } catch (StoreException e) {
            inbox.close();
            throw e;
        }
    }

    private static Map<String, Object> producerProperties(KafkaTopics topics) {
        Map<String, Object> properties = new HashMap<>();
        properties.put(ProducerConfig.COMPRESSION_TYPE_CONFIG, "lz4");
        properties.put(ProducerConfig.LINGER_MS_CONFIG, 1);
        properties.put(ProducerConfig.BATCH_SIZE_CONFIG, BATCH);
        properties.put(ProducerConfig.MAX_REQUEST_SIZE_CONFIG, LARGEST_RECORD);
        properties.put(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, 3000);
        properties.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, 4000);
        properties.put(ProducerConfig.RECONNECT_BACKOFF_MAX_MS_CONFIG, 500);
        properties.putAll(topics.properties());
        properties.put(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, topics.servers());
        properties.put(ProducerConfig.ACKS_CONFIG, "all");
        properties.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, true);
        // store() does not block, because the producer reads the metadata of the topics at the start and never forgets
        // it.
        properties.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, 0);
        properties.put(
                ProducerConfig.METADATA_MAX_IDLE_CONFIG, Duration.ofDays(3650).toMillis());
        return properties;
    }

    /** Makes the producer read the places of the partitions. */
    private void learn() {
        long begun = System.nanoTime();
        for (String topic : List.of(topics.events(), topics.retry(), topics.dead(), topics.portals())) {
            boolean known = false;
            while (!known) {
                try {
                    producer.partitionsFor(topic);
                    known = true;
                } catch (KafkaException e) {
                    if (System.nanoTime() - begun > START.toNanos()) {
                        throw new StoreException("cannot use " + topics, e);
                    }
                    LockSupport.parkNanos(Duration.ofMillis(20).toNanos());
                }
            }
        }
    }

    KafkaTopics topics() {
        return topics;
    }

    KafkaAdmin admin() {
        return admin;
    }

    TopicReader reader() {
        return reader;
    }

    /** Appends a record. Completes on the producer's thread when the record is durable; fails if it may not be. */
    @SuppressWarnings("FutureReturnValueIgnored") // The callback receives the same failure.
    CompletableFuture<RecordMetadata> append(ProducerRecord<String, byte[]> record) {
        CompletableFuture<RecordMetadata> appended = new CompletableFuture<>();
        if (closed) {
            appended.completeExceptionally(new StoreException(CLOSED, null));
            return appended;
        }
        try {
            producer.send(record, (where, failure) -> {
                if (failure == null) {
                    appended.complete(where);
                } else {
                    appended.completeExceptionally(notAppended(record, failure));
                }
            });
        } catch (KafkaException | IllegalStateException e) {
            appended.completeExceptionally(notAppended(record, e));
        }
        return appended;
    }

    private static StoreException notAppended(ProducerRecord<String, byte[]> record, Exception failure) {
        String why = "";
        if (failure instanceof BufferExhaustedException) {
            why = ": " + BUFFER_FULL;
        } else if (failure instanceof NotEnoughReplicasException
                || failure instanceof NotEnoughReplicasAfterAppendException) {
            why = ": " + KafkaAdmin.TOO_FEW_REPLICAS;
        } else if (failure instanceof RecordTooLargeException) {
            why = ": too-large for max.request.size or max.message.bytes";
        } else if (failure instanceof TimeoutException) {
            // The producer does not keep the reason why its attempts failed.
            why = ": not-written-in-time";
        }
        return new StoreException("cannot append to " + record.topic() + why, failure);
    }

    <T> T await(CompletionStage<T> stage) {
        try {
            return stage.toCompletableFuture().join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof StoreException store
                    ? new StoreException(String.valueOf(store.getMessage()), store)
                    : new StoreException("cannot use " + topics, e.getCause());
        }
    }

    /**
     * Appends an event. Does not block.
     *
     * @param delivery a verified event
     * @return completes when all in-sync replicas have it: {@link StoreResult#STORED}, also for a second delivery;
     *     {@link StoreResult#DUPLICATE} for an uninstallation that has counted before. Fails with a {@link
     *     StoreException} if it may not be durable
     */
    @Override
    public CompletionStage<StoreResult> store(VerifiedDelivery delivery) {
        TrustChange change = delivery.change();
        if (change == null) {
            return append(KafkaEvent.record(topics.events(), delivery)).thenApply(where -> StoreResult.STORED);
        }
        // The trust is stored first. If storing the event then fails, it was not acknowledged, and the change of trust
        // is still true.
        return portals.write(change, delivery.idempotencyKey())
                .thenCompose(applied -> append(KafkaEvent.record(topics.events(), delivery))
                        .thenApply(where -> applied ? StoreResult.STORED : StoreResult.DUPLICATE));
    }

    /**
     * Appends a close that another inbox has found. Does not block.
     *
     * @param close a reconciled close
     * @return completes when all in-sync replicas have it
     */
    @Override
    public CompletionStage<StoreResult> store(ReconciledClose close) {
        return append(KafkaEvent.record(topics.events(), close)).thenApply(where -> StoreResult.STORED);
    }

    @Override
    public CompletionStage<Void> storeInOrder(List<VerifiedDelivery> deliveries) {
        // Events are stored one after the other, as the interface does, so that after a failure no later event is
        // stored.
        return Inbox.super.storeInOrder(deliveries);
    }

    /**
     * Returns the lag of the workers: the events after the offsets of the consumer group, and those that wait for their
     * next attempt. Events that were handled before an older one is done count until then. Blocks.
     *
     * @return numbers of about one moment
     * @throws StoreException if the cluster is away
     */
    @Override
    public Backlog backlog() {
        return admin.backlog(reader, deadLetters.count());
    }

    @Override
    public Portals portals() {
        return portals.portals();
    }

    @Override
    public void trust(TrustChange change) {
        await(portals.write(change, UUID.randomUUID().toString()));
    }

    @Override
    public List<TrustLog.Row> trusted() {
        return portals.rows();
    }

    @Override
    public DeadLetters deadLetters() {
        return deadLetters;
    }

    /**
     * Checks that the buffer has room for an event, and that each partition of the topic of events has a leader and
     * enough replicas in sync by the topic's present configuration. Blocks.
     */
    @Override
    public void probe() {
        if (closed) {
            throw new StoreException(CLOSED, null);
        }
        double left = (Double) bufferLeft.metricValue();
        if (left < BATCH) {
            throw new StoreException(
                    "expected room for " + BATCH + " bytes in the buffer but found " + (long) left + ": " + BUFFER_FULL,
                    null);
        }
        admin.probe();
    }

    @Override
    public void close() {
        closed = true;
        portals.close();
        producer.close(Duration.ofSeconds(5));
        reader.close();
        admin.close();
    }

    private static String causes(Throwable failure) {
        // Kafka's messages name hosts and settings, but no values of passwords.
        return failure.getCause() == null ? String.valueOf(failure.getMessage()) : causes(failure.getCause());
    }
}
