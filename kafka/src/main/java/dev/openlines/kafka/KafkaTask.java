// SPDX-License-Identifier: Apache-2.0
package dev.openlines.kafka;

import dev.openlines.receiver.DeadLetter;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** An event of a partition that is not handled yet. Guarded by its {@link KafkaPartition}. */
final class KafkaTask {

    private static final Logger LOG = LoggerFactory.getLogger(KafkaTask.class);

    final ConsumerRecord<String, byte[]> record;
    final KafkaEvent event;

    /** The id, which is the same in each record of one event. */
    final String id;

    /** The offset in the topic of events. */
    final long offset;

    final List<DeadLetter.Attempt> history;
    int attempts;

    /** The number of workers that died while they handled it. The attempts include them. */
    int deaths;

    Instant due = Instant.EPOCH;

    /** Set if the topic of retries has the event, or will have it soon. */
    boolean inRetries;

    /** The offset in the topic of retries, as far as is known; -1 if it is not there. */
    long retryOffset = -1;

    private KafkaTask(ConsumerRecord<String, byte[]> record, KafkaEvent event, String id, long offset) {
        this.record = record;
        this.event = event;
        this.id = id;
        this.offset = offset;
        this.history = new ArrayList<>(KafkaRecords.history(record.headers()));
    }

    /** Returns the task for an event that was received or requeued. */
    static KafkaTask received(ConsumerRecord<String, byte[]> record) {
        KafkaEvent event = KafkaEvent.of(record);
        return new KafkaTask(record, event, id(record, event), record.offset());
    }

    /** Returns the task for an event from the topic of retries. */
    static KafkaTask fromRetries(ConsumerRecord<String, byte[]> record) {
        KafkaEvent event = KafkaEvent.of(record);
        long offset = KafkaRecords.number(record.headers(), KafkaRecords.OFFSET);
        KafkaTask task = new KafkaTask(record, event, id(record, event), offset);
        task.attempts = (int) KafkaRecords.number(record.headers(), KafkaRecords.ATTEMPTS);
        task.due = Instant.ofEpochMilli(KafkaRecords.number(record.headers(), KafkaRecords.DUE));
        task.inRetries = true;
        task.retryOffset = record.offset();
        return task;
    }

    /** Returns the events from the topic of retries, in the order of the topic of events. */
    static List<KafkaTask> fromRetries(List<ConsumerRecord<String, byte[]>> records) {
        List<KafkaTask> tasks = new ArrayList<>();
        for (ConsumerRecord<String, byte[]> record : records) {
            try {
                tasks.add(fromRetries(record));
            } catch (IllegalArgumentException e) {
                LOG.error(
                        "reason=not-ours topic={}-{} offset={}: {}",
                        record.topic(),
                        record.partition(),
                        record.offset(),
                        e.getMessage());
            }
        }
        tasks.sort(Comparator.comparingLong(task -> task.offset));
        return tasks;
    }

    /** Counts the deaths of workers as attempts. */
    void diedOf(int workers, Instant now) {
        if (workers > deaths) {
            attempts += workers - deaths;
            deaths = workers;
            history.add(new DeadLetter.Attempt(attempts, now, "died", "the worker died while it handled this"));
        }
    }

    /** Returns the key of its order: its chat, or a key of its own if it has no chat. */
    String order() {
        return event.chat() == null ? id : event.memberId() + '/' + event.chat();
    }

    private static String id(ConsumerRecord<String, byte[]> record, KafkaEvent event) {
        String requeued = KafkaRecords.text(record.headers(), KafkaRecords.REQUEUED, "");
        return requeued.isEmpty() ? event.idempotencyKey() : event.idempotencyKey() + '#' + requeued;
    }
}
