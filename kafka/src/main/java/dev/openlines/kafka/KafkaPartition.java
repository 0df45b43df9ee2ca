// SPDX-License-Identifier: Apache-2.0
package dev.openlines.kafka;

import dev.openlines.receiver.DeadLetter;
import dev.openlines.receiver.Settlement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.BitSet;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeSet;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.jspecify.annotations.Nullable;

/**
 * The state of a partition in the worker that it is assigned to: the unfinished events by chat, and the keys of events
 * that were seen. Events may finish in any order. The worker commits the offset of the oldest unfinished event, with a
 * note that lists the finished ones after it. An event that failed is moved to the topic of retries, together with all
 * later events of its chat, so that other chats go on. Safe for use by many threads; only {@link #awaitEnd} blocks.
 */
final class KafkaPartition {

    /**
     * The most events after the oldest unfinished one that are noted as done. The note of an offset has at most 4096
     * characters.
     */
    private static final int NOTED = 20_000;

    /** The most events that a worker that died can have read since its last commit. */
    private static final int UNNOTED = 10_000;

    /** The services of a dispatcher that a partition needs. */
    interface Work {
        /** Handles an event on another thread and then calls {@link #settled}. */
        void handle(KafkaPartition partition, KafkaTask task);

        void later(Runnable task, Duration wait);

        /**
         * Appends a record, again until that succeeds. Calls {@code then} with null if it gives up because the worker
         * stops.
         */
        void append(ProducerRecord<String, byte[]> record, Appended then);

        Instant now();
    }

    /** The step after an append. It gets the record, or null if it was not appended. */
    interface Appended {
        void at(@Nullable RecordMetadata where);
    }

    /** The events of a chat, the oldest first. Busy while one is handled or waits for its next attempt. */
    private static final class Chat {
        final Deque<KafkaTask> tasks = new ArrayDeque<>();
        boolean busy;
    }

    private final KafkaTopics topics;
    private final int number;
    private final Work work;
    private final BitSet doneBefore;
    private final KafkaSuspects suspects;
    private final long begin;
    private final Map<String, Chat> chats = new HashMap<>();
    private final TreeSet<Long> open = new TreeSet<>();
    private final TreeSet<Long> retries = new TreeSet<>();
    private final Map<String, String> seen;

    /**
     * Keys of events that waited when the partition was assigned. They are kept outside of the window, so that they
     * remove no keys from it.
     */
    private final Map<String, String> waited = new HashMap<>();

    private long next;
    private long nextRetry;
    private int running;
    private int appending;
    private volatile boolean stopping;
    private boolean lost;

    /**
     * Creates a partition that has no state yet.
     *
     * @param begin the committed offset
     * @param note the note that was committed with it
     * @param nextRetry the end of the partition of retries
     */
    KafkaPartition(KafkaTopics topics, int number, Work work, long begin, KafkaNote note, long nextRetry) {
        this.topics = topics;
        this.number = number;
        this.work = work;
        this.begin = begin;
        this.next = begin;
        this.doneBefore = note.done();
        this.suspects = new KafkaSuspects(
                note.givenBack() ? Long.MIN_VALUE : Math.max(begin, note.next()) + UNNOTED, note.deaths());
        this.nextRetry = nextRetry;
        this.seen = new LinkedHashMap<>() {
            private static final long serialVersionUID = 1;

            @Override
            protected boolean removeEldestEntry(Map.Entry<String, String> eldest) {
                return size() > topics.window();
            }
        };
    }

    int number() {
        return number;
    }

    /** Remembers a record from before the committed offset. */
    synchronized void remember(ConsumerRecord<String, byte[]> record) {
        try {
            KafkaTask task = KafkaTask.received(record);
            seen.putIfAbsent(task.id, task.event.beside());
        } catch (IllegalArgumentException e) {
            // It became a dead letter when it was read. It has no key that another record could repeat.
            return;
        }
    }

    /**
     * Takes an event from the topic of retries. Call this in the order of the events' offsets in the topic of events.
     */
    synchronized void restore(KafkaTask task) {
        waited.put(task.id, task.event.beside());
        retries.add(task.retryOffset);
        enqueue(task);
    }

    /** Takes a record that was received. Returns false if it repeats an event. */
    synchronized boolean add(ConsumerRecord<String, byte[]> record) {
        if (stopping) {
            return true;
        }
        next = record.offset() + 1;
        if (record.offset() >= begin && doneBefore.get((int) Math.min(Integer.MAX_VALUE, record.offset() - begin))) {
            remember(record);
            return true;
        }
        KafkaTask task;
        try {
            task = KafkaTask.received(record);
        } catch (IllegalArgumentException e) {
            open.add(record.offset());
            String id = record.topic() + '-' + record.partition() + '@' + record.offset();
            bury(id, record, "not an event: " + e.getMessage(), 0, () -> open.remove(record.offset()));
            return true;
        }
        String first = waited.get(task.id);
        if (first == null) {
            first = seen.putIfAbsent(task.id, task.event.beside());
        }
        if (first == null) {
            open.add(task.offset);
            enqueue(task);
        } else if (first.equals(task.event.beside())) {
            return false;
        } else {
            open.add(task.offset);
            bury(
                    task.id + "/conflict@" + task.offset,
                    record,
                    "conflict: another event of the same key differs outside of its data",
                    0,
                    () -> open.remove(task.offset));
        }
        return true;
    }

    /** Returns how many received events are neither done nor in the topic of retries. */
    synchronized int open() {
        return open.size();
    }

    synchronized int inRetries() {
        return retries.size();
    }

    /**
     * Returns the offset and note to commit for the topic of events. If the partition is given back, none of its events
     * is being handled.
     */
    synchronized OffsetAndMetadata committable(boolean givenBack) {
        long oldest = open.isEmpty() ? next : open.first();
        BitSet done = new BitSet();
        int noted = (int) Math.min(NOTED, next - oldest);
        done.set(0, noted);
        for (long offset : open.headSet(oldest + noted)) {
            done.clear((int) (offset - oldest));
        }
        // These are events that an earlier worker finished and that this one has not read yet.
        for (int i = doneBefore.nextSetBit(0); i >= 0; i = doneBefore.nextSetBit(i + 1)) {
            long place = begin + i - oldest;
            if (begin + i >= next && place < NOTED) {
                done.set((int) place);
            }
        }
        return new OffsetAndMetadata(oldest, new KafkaNote(done, next, givenBack, suspects.counts(givenBack)).text());
    }

    /** Returns the offset to commit for the topic of retries: every waiting event is at or after it. */
    synchronized long committableRetries() {
        return retries.isEmpty() ? nextRetry : Math.min(nextRetry, retries.first());
    }

    /** Starts no further attempts. */
    synchronized void stop() {
        stopping = true;
        notifyAll();
    }

    /** Starts and writes nothing more, because the partition now belongs to another worker. */
    synchronized void lose() {
        lost = true;
        stop();
    }

    /** Returns whether events wait until {@link #committable} is committed: see {@link KafkaSuspects#propose}. */
    synchronized boolean propose(boolean alone) {
        return !stopping && suspects.propose(alone);
    }

    /** Takes the last proposal back. */
    synchronized void withdraw() {
        suspects.withdraw();
    }

    /** Returns whether a noted event is being handled. If {@code alone}, only events that have killed workers count. */
    synchronized boolean inHand(boolean alone) {
        return alone ? suspects.alone() : suspects.inHand();
    }

    /** Starts to handle the proposed events. */
    synchronized void beginNoted() {
        for (KafkaTask task : suspects.noted()) {
            running++;
            work.handle(this, task);
        }
    }

    boolean stopped() {
        return stopping;
    }

    /** Waits until all attempts and appends that were started have ended. Returns false if the deadline comes first. */
    synchronized boolean awaitEnd(long deadlineNanos) throws InterruptedException {
        while (running + appending > 0) {
            long left = Duration.ofNanos(deadlineNanos - System.nanoTime()).toMillis();
            if (left <= 0) {
                return false;
            }
            wait(left);
        }
        return true;
    }

    /** Records how an attempt ended, and starts the next one of its chat. */
    synchronized void settled(KafkaTask task, Settlement settlement) {
        running--;
        notifyAll();
        if (!(settlement instanceof Settlement.Release)) {
            suspects.survived(task);
        }
        if (settlement instanceof Settlement.Retry retry) {
            retry(task, retry);
        } else if (settlement instanceof Settlement.Dead dead) {
            task.attempts += task.deaths < KafkaSuspects.DEATHS ? 1 : 0;
            task.history.add(new DeadLetter.Attempt(task.attempts, work.now(), "dead", dead.reason()));
            KafkaRecords.put(task.record.headers(), KafkaRecords.HISTORY, KafkaRecords.json(task.history));
            bury(task.id, task.record, dead.reason(), task.attempts, () -> finished(task));
            goOn(task);
        } else if (settlement instanceof Settlement.Done) {
            finished(task);
            goOn(task);
        }
    }

    private void enqueue(KafkaTask task) {
        Chat chat = chats.computeIfAbsent(task.order(), key -> new Chat());
        KafkaTask first = chat.tasks.peek();
        chat.tasks.add(task);
        if (first != null && first.inRetries && !task.inRetries) {
            moveToRetries(task);
        }
        begin(chat);
    }

    private void begin(Chat chat) {
        KafkaTask task = chat.tasks.peek();
        if (stopping || chat.busy || task == null) {
            return;
        }
        chat.busy = true;
        Duration wait = Duration.between(work.now(), task.due);
        task.diedOf(suspects.deaths(task), work.now());
        if (wait.compareTo(Duration.ZERO) > 0) {
            work.later(() -> again(chat), wait);
        } else if (suspects.suspects(task) && task.deaths < KafkaSuspects.DEATHS) {
            suspects.ask(task);
        } else {
            running++;
            work.handle(this, task);
        }
    }

    private synchronized void again(Chat chat) {
        chat.busy = false;
        begin(chat);
    }

    private void goOn(KafkaTask task) {
        Chat chat = chats.get(task.order());
        if (chat == null) {
            return;
        }
        chat.tasks.remove();
        chat.busy = false;
        if (chat.tasks.isEmpty()) {
            chats.remove(task.order());
        } else {
            begin(chat);
        }
    }

    private void retry(KafkaTask task, Settlement.Retry retry) {
        task.attempts++;
        task.due = retry.at();
        task.history.add(new DeadLetter.Attempt(task.attempts, work.now(), "retry", retry.reason()));
        Chat chat = chats.get(task.order());
        if (chat != null) {
            moveToRetries(task);
            chat.tasks.stream().filter(behind -> !behind.inRetries).forEach(this::moveToRetries);
            chat.busy = false;
            begin(chat);
        }
    }

    private void moveToRetries(KafkaTask task) {
        task.inRetries = true;
        append(KafkaRecords.retry(topics.retry(), number, task, task.record.value()), where -> {
            nextRetry = Math.max(nextRetry, where.offset() + 1);
            retries.add(where.offset());
            if (task.retryOffset < 0) {
                open.remove(task.offset);
            } else {
                retries.remove(task.retryOffset);
            }
            task.retryOffset = where.offset();
        });
    }

    private void finished(KafkaTask task) {
        if (!task.inRetries) {
            open.remove(task.offset);
            return;
        }
        append(KafkaRecords.retry(topics.retry(), number, task, null), where -> {
            nextRetry = Math.max(nextRetry, where.offset() + 1);
            retries.remove(task.retryOffset);
        });
    }

    private void bury(String id, ConsumerRecord<String, byte[]> record, String reason, int attempts, Runnable then) {
        append(KafkaRecords.dead(topics.dead(), id, record, reason, attempts, work.now()), where -> then.run());
    }

    private void append(ProducerRecord<String, byte[]> record, java.util.function.Consumer<RecordMetadata> then) {
        if (lost) {
            return;
        }
        appending++;
        work.append(record, where -> {
            synchronized (this) {
                appending--;
                if (where != null) {
                    then.accept(where);
                }
                notifyAll();
            }
        });
    }
}
