// SPDX-License-Identifier: Apache-2.0
package dev.openlines.kafka;

import dev.openlines.receiver.Attempts;
import dev.openlines.receiver.DispatchPolicy;
import dev.openlines.receiver.Handlers;
import dev.openlines.receiver.RetryPolicy;
import dev.openlines.receiver.Settlement;
import dev.openlines.receiver.StoreException;
import dev.openlines.receiver.Telemetry;
import dev.openlines.receiver.spi.LastResort;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.CooperativeStickyAssignor;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RebalanceInProgressException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives each event of a {@link KafkaInbox} to its handler at least once; as many workers share the work as the topic of
 * events has partitions. The events of one chat are always handled one after the other, in the order of the topic,
 * whatever {@link DispatchPolicy#ordered()} says.
 *
 * <p>Offsets are committed after the handler, every 200 ms, when a partition goes to another worker, and at the
 * end. After a kill, an event is handled again only if its handler was running, or had ended since the last commit. A
 * second record of an event is dropped if the first is among the last {@link KafkaTopics#window()} records before it in
 * its partition, also after a rebalance. If the two differ in more than their data, the second becomes a dead letter.
 *
 * <p>An event whose handler throws waits in the topic of retries by the {@link RetryPolicy}, and the later events of
 * its chat wait behind it; other chats go on. After the last attempt it becomes a dead letter. A record that is not an
 * event or cannot be decoded becomes one at once. If a worker dies, the next one first notes the events that the first
 * may have been handling, and only then handles them. An event that kills three workers becomes a dead letter.
 *
 * <p>A worker that was frozen or cut off for longer than its session ({@code session.timeout.ms}, ten seconds) may go
 * on to handle its events while another worker handles them too, until it notices. The results that it writes meanwhile
 * are not rejected. So such an event is handled twice, is handled once more after a late note of a retry, or becomes a
 * dead letter although the other worker handled it. None is lost.
 */
public final class KafkaDispatcher implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(KafkaDispatcher.class);
    private static final Duration POLL = Duration.ofMillis(50);
    private static final long COMMIT_NANOS = Duration.ofMillis(200).toNanos();
    private static final Duration DRAIN = Duration.ofSeconds(10);
    private static final Duration LAST_COMMIT = Duration.ofSeconds(5);
    private static final Duration AGAIN = Duration.ofMillis(500);

    private static final String NOT_COMMITTED = "reason=not-committed: what was handled last comes again";

    /** The number of events of a partition that are held before the partition is paused. */
    private static final int OPEN = 1000;

    private static final int WAITING = 10_000;

    private final KafkaInbox inbox;
    private final KafkaTopics topics;
    private final InstantSource clock;
    private final Telemetry telemetry;
    private final Attempts attempts;
    private final KafkaConsumer<String, byte[]> consumer;
    private final TopicReader reader;
    private final ExecutorService pool;
    private final ScheduledExecutorService timer =
            Executors.newSingleThreadScheduledExecutor(task -> LastResort.thread(task, "openlines-retries"));
    private final Thread polling = LastResort.thread(this::run, "openlines-kafka");
    private final CountDownLatch stopped = new CountDownLatch(1);
    private final Map<TopicPartition, KafkaPartition> partitions = new ConcurrentHashMap<>();
    private final Set<TopicPartition> unknown = new HashSet<>();
    private Map<TopicPartition, OffsetAndMetadata> committed = Map.of();
    private volatile boolean stopping;
    private volatile boolean impatient;
    private volatile Duration patience = DRAIN;

    /**
     * Makes a dispatcher that does nothing yet.
     *
     * @param inbox the inbox of the events. Close it after the dispatcher, which does not close it
     * @param handlers the handlers of the events
     * @param policy how many events are handled at a time, and when failed ones are retried
     * @param clock the time of retries
     * @param telemetry receives a measurement of each attempt, and each {@code duplicate}
     */
    public KafkaDispatcher(
            KafkaInbox inbox, Handlers handlers, DispatchPolicy policy, InstantSource clock, Telemetry telemetry) {
        this.inbox = inbox;
        this.topics = inbox.topics();
        this.clock = clock;
        this.telemetry = telemetry;
        this.attempts = new Attempts(handlers, policy, clock, () -> impatient, telemetry);
        this.consumer =
                new KafkaConsumer<>(consumerProperties(topics), new StringDeserializer(), new ByteArrayDeserializer());
        this.reader = new TopicReader(topics);
        AtomicInteger number = new AtomicInteger();
        this.pool = Executors.newFixedThreadPool(
                policy.workers(), task -> LastResort.thread(task, "openlines-worker-" + number.incrementAndGet()));
    }

    private static Map<String, Object> consumerProperties(KafkaTopics topics) {
        Map<String, Object> properties = new HashMap<>();
        properties.put(ConsumerConfig.SESSION_TIMEOUT_MS_CONFIG, 10_000);
        properties.put(ConsumerConfig.HEARTBEAT_INTERVAL_MS_CONFIG, 1000);
        properties.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, 500);
        properties.put(ConsumerConfig.RECONNECT_BACKOFF_MAX_MS_CONFIG, 500);
        properties.putAll(topics.properties());
        properties.put(ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, topics.servers());
        properties.put(ConsumerConfig.GROUP_ID_CONFIG, topics.group());
        properties.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        properties.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
        properties.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
        properties.put(ConsumerConfig.PARTITION_ASSIGNMENT_STRATEGY_CONFIG, CooperativeStickyAssignor.class.getName());
        return properties;
    }

    /**
     * Joins the group and begins to handle events, also those received before.
     *
     * @return this
     * @throws IllegalThreadStateException if it was started before
     */
    public KafkaDispatcher start() {
        polling.start();
        return this;
    }

    /** Stops as {@link #stop} does, with ten seconds for running handlers. */
    @Override
    public void close() {
        stop(DRAIN);
    }

    /**
     * Starts no further handlers, lets running ones finish, commits and leaves the group. When the time is over,
     * handlers are interrupted, and their events go to another worker. Blocks.
     *
     * @param howLong how long handlers may take
     */
    public void stop(Duration howLong) {
        patience = howLong;
        stopping = true;
        consumer.wakeup();
        try {
            if (polling.getState() != Thread.State.NEW) {
                stopped.await();
            } else {
                consumer.close();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        impatient = true;
        timer.shutdownNow();
        pool.shutdownNow();
        reader.close();
    }

    private void run() {
        try {
            consumer.subscribe(List.of(topics.events()), new Rebalance());
            long commitAt = System.nanoTime();
            while (!stopping) {
                try {
                    for (ConsumerRecord<String, byte[]> record : consumer.poll(POLL)) {
                        KafkaPartition partition =
                                partitions.get(new TopicPartition(record.topic(), record.partition()));
                        // Otherwise the record is read again once learn() knows the partition.
                        if (partition != null && !partition.add(record)) {
                            telemetry.attempted("duplicate", Duration.ZERO);
                        }
                    }
                    attempts.watch();
                    learn();
                    grant();
                    steer();
                    if (System.nanoTime() - commitAt >= 0) {
                        commitAt = System.nanoTime() + COMMIT_NANOS;
                        commit();
                    }
                } catch (WakeupException e) {
                    LOG.debug("reason=stopping");
                } catch (KafkaException | StoreException e) {
                    LastResort.check(e);
                    LOG.warn("reason=kafka-away: it is tried again", e);
                    LockSupport.parkNanos(AGAIN.toNanos());
                } catch (RuntimeException e) {
                    LOG.error("reason=bug: partitions are read again from what was committed", e);
                    beginAgain();
                    LockSupport.parkNanos(AGAIN.toNanos());
                }
            }
        } finally {
            end();
        }
    }

    /** Forgets the state of all partitions without committing it, because a record may have been skipped. */
    private void beginAgain() {
        partitions.values().forEach(KafkaPartition::stop);
        partitions.clear();
        committed = Map.of();
        consumer.pause(consumer.assignment());
        unknown.addAll(consumer.assignment());
    }

    private void commit() {
        Map<TopicPartition, OffsetAndMetadata> offsets = committable(partitions.values(), false);
        if (!offsets.equals(committed)) {
            consumer.commitAsync(offsets, (asked, failure) -> {
                if (failure == null) {
                    committed = asked;
                } else if (failure instanceof RebalanceInProgressException) {
                    LOG.debug("reason=rebalance");
                } else {
                    LOG.warn("reason=commit-failed: it is tried again", failure);
                }
            });
        }
    }

    private void end() {
        try {
            awaitEnd(partitions.values(), patience);
            commitLast();
        } catch (KafkaException e) {
            LOG.warn(NOT_COMMITTED, e);
        }
        try {
            consumer.close();
        } catch (KafkaException e) {
            LOG.warn("reason=not-left: the group finds out by itself", e);
        } finally {
            stopped.countDown();
        }
    }

    /** Commits the partitions of this worker. The group takes no commit before it has redistributed its partitions. */
    private void commitLast() {
        long deadline = System.nanoTime() + LAST_COMMIT.toNanos();
        while (!partitions.isEmpty()) {
            try {
                consumer.commitSync(committable(partitions.values(), true), LAST_COMMIT);
                return;
            } catch (WakeupException e) {
                LOG.debug("reason=stopping"); // The wake-up was meant for a poll that had ended already.
            } catch (RebalanceInProgressException e) {
                if (System.nanoTime() - deadline > 0) {
                    throw e;
                }
                consumer.pause(consumer.assignment());
                consumer.poll(POLL);
            }
        }
    }

    /** Reads the state that the previous worker left for newly assigned partitions. They are paused until then. */
    private void learn() {
        for (TopicPartition partition : List.copyOf(unknown)) {
            TopicPartition retries = new TopicPartition(topics.retry(), partition.partition());
            Map<TopicPartition, OffsetAndMetadata> before = consumer.committed(Set.of(partition, retries));
            long first = reader.begin(partition);
            OffsetAndMetadata at = before.get(partition);
            if (at != null && at.offset() < first) {
                LOG.error(
                        "reason=lost-to-retention partition={} events={}: the topic's retention dropped unhandled events",
                        partition,
                        first - at.offset());
            }
            long begin = at == null ? first : Math.max(first, at.offset());
            KafkaNote note = at == null || at.offset() < begin ? KafkaNote.NONE : KafkaNote.of(at.metadata());
            long end = reader.end(retries);
            KafkaPartition state =
                    new KafkaPartition(topics, partition.partition(), new ForPartition(), begin, note, end);
            reader.read(partition, Math.max(first, begin - topics.window()), begin, state::remember);
            OffsetAndMetadata from = before.get(retries);
            List<KafkaTask> waiting =
                    KafkaTask.fromRetries(reader.live(retries, from == null ? 0 : from.offset(), end));
            // From here on this worker has it. If it dies, the next worker knows that.
            consumer.commitSync(Map.of(partition, state.committable(false)), LAST_COMMIT);
            waiting.forEach(state::restore);
            partitions.put(partition, state);
            unknown.remove(partition);
            consumer.seek(partition, begin);
            consumer.resume(List.of(partition));
        }
    }

    /** Continues with events that may have killed a worker, once it is noted that this worker has them. */
    private void grant() {
        Collection<KafkaPartition> had = partitions.values();
        if (had.stream().anyMatch(state -> state.inHand(true))) {
            return;
        }
        List<KafkaPartition> asking =
                had.stream().filter(state -> state.propose(false)).toList();
        if (asking.isEmpty() && had.stream().noneMatch(state -> state.inHand(false))) {
            asking = had.stream().filter(state -> state.propose(true)).limit(1).toList();
        }
        if (!asking.isEmpty()) {
            committed = Map.of();
            try {
                consumer.commitSync(committable(asking, false), LAST_COMMIT);
            } catch (KafkaException e) {
                asking.forEach(KafkaPartition::withdraw);
                throw e;
            }
            asking.forEach(KafkaPartition::beginNoted);
        }
    }

    private void steer() {
        Set<TopicPartition> paused = consumer.paused();
        partitions.forEach((partition, state) -> {
            boolean full = state.open() > OPEN || state.inRetries() > WAITING;
            if (full && !paused.contains(partition)) {
                consumer.pause(List.of(partition));
            } else if (!full && paused.contains(partition) && state.open() < OPEN / 2) {
                consumer.resume(List.of(partition));
            }
        });
    }

    private Map<TopicPartition, OffsetAndMetadata> committable(Collection<KafkaPartition> states, boolean givenBack) {
        Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
        for (KafkaPartition state : states) {
            // The order matters: an event that is moved meanwhile is then in both, and never in neither.
            offsets.put(new TopicPartition(topics.events(), state.number()), state.committable(givenBack));
            offsets.put(
                    new TopicPartition(topics.retry(), state.number()),
                    new OffsetAndMetadata(state.committableRetries()));
        }
        return offsets;
    }

    /** Waits for running handlers, and commits. */
    private void giveBack(Collection<TopicPartition> given, Duration howLong) {
        List<KafkaPartition> states = new ArrayList<>();
        for (TopicPartition partition : given) {
            unknown.remove(partition);
            KafkaPartition state = partitions.remove(partition);
            if (state != null) {
                states.add(state);
            }
        }
        if (states.isEmpty()) {
            return;
        }
        awaitEnd(states, howLong);
        try {
            try {
                consumer.commitSync(committable(states, true), LAST_COMMIT);
            } catch (WakeupException e) {
                // stop() meant to wake a poll that had ended already.
                consumer.commitSync(committable(states, true), LAST_COMMIT);
            }
        } catch (KafkaException e) {
            LOG.warn(NOT_COMMITTED, e);
        }
    }

    private static void awaitEnd(Collection<KafkaPartition> states, Duration howLong) {
        states.forEach(KafkaPartition::stop);
        long deadline = System.nanoTime() + howLong.toNanos();
        try {
            for (KafkaPartition state : states) {
                if (!state.awaitEnd(deadline)) {
                    LOG.warn("reason=stop-impatient partition={}: what is being handled comes again", state.number());
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void work(KafkaPartition partition, KafkaTask task) {
        long begun = System.nanoTime();
        Settlement settlement;
        try {
            if (stopping || partition.stopped()) {
                settlement = new Settlement.Release();
            } else if (task.deaths >= KafkaSuspects.DEATHS) {
                settlement = new Settlement.Dead(task.deaths + " workers died while they handled this");
            } else {
                settlement = attempts.handle(task.event.leased(task.offset, task.attempts + 1));
            }
        } catch (RuntimeException e) {
            // The handler's failures are answers. A policy that throws must not block a chat for ever.
            LOG.error("reason=bug id={}: it is tried again", task.id, e);
            settlement = new Settlement.Retry(clock.instant().plus(DRAIN), "the policy of retries failed");
        }
        try {
            telemetry.attempted(Attempts.outcome(settlement), Duration.ofNanos(System.nanoTime() - begun));
        } finally {
            partition.settled(task, settlement);
        }
    }

    /** The dispatcher's work for its partitions. */
    @SuppressWarnings("FutureReturnValueIgnored") // Appends and timers report their own results.
    private final class ForPartition implements KafkaPartition.Work {

        @Override
        public void handle(KafkaPartition partition, KafkaTask task) {
            pool.execute(() -> work(partition, task));
        }

        @Override
        public void later(Runnable task, Duration wait) {
            timer.schedule(LastResort.checked(task), wait.toMillis() + 1, TimeUnit.MILLISECONDS);
        }

        @Override
        public void append(ProducerRecord<String, byte[]> record, KafkaPartition.Appended then) {
            inbox.append(record).whenComplete((where, failure) -> {
                if (failure == null) {
                    then.at(where);
                } else if (failure.getCause() instanceof RecordTooLargeException && record.value().length > 0) {
                    // The event stays at the offset that openlines-origin names.
                    append(
                            new ProducerRecord<>(
                                    record.topic(), record.partition(), record.key(), new byte[0], record.headers()),
                            then);
                } else {
                    LOG.warn("reason=append-failed topic={}: it is tried again", record.topic(), failure);
                    again(record, then);
                }
            });
        }

        private void again(ProducerRecord<String, byte[]> record, KafkaPartition.Appended then) {
            try {
                timer.schedule(LastResort.checked(() -> append(record, then)), AGAIN.toMillis(), TimeUnit.MILLISECONDS);
            } catch (RejectedExecutionException e) {
                // The dispatcher was stopped, so the event comes again.
                then.at(null);
            }
        }

        @Override
        public Instant now() {
            return clock.instant();
        }
    }

    /** Called by {@code poll} and {@code close}, on the polling thread. */
    private final class Rebalance implements ConsumerRebalanceListener {

        @Override
        public void onPartitionsAssigned(Collection<TopicPartition> assigned) {
            consumer.pause(assigned);
            unknown.addAll(assigned);
        }

        @Override
        public void onPartitionsRevoked(Collection<TopicPartition> revoked) {
            giveBack(revoked, stopping ? patience : DRAIN);
        }

        @Override
        public void onPartitionsLost(Collection<TopicPartition> lost) {
            for (TopicPartition partition : lost) {
                unknown.remove(partition);
                KafkaPartition state = partitions.remove(partition);
                if (state != null) {
                    LOG.warn("reason=partition-lost partition={}: another worker handles it", partition);
                    state.lose();
                }
            }
        }
    }
}
