// SPDX-License-Identifier: Apache-2.0
package dev.openlines.kafka;

import dev.openlines.receiver.DeadLetter;
import jakarta.json.Json;
import jakarta.json.JsonArrayBuilder;
import jakarta.json.JsonException;
import jakarta.json.JsonObject;
import jakarta.json.JsonReader;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.jspecify.annotations.Nullable;

/** The records of the retry and dead-letter topics: the received record, with additional headers of ours. */
final class KafkaRecords {

    /** The history of the event, a JSON array. */
    static final String HISTORY = "openlines-history";

    /** The event's offset in the topic of events, for the order of its chat. */
    static final String OFFSET = "openlines-offset";

    /** The earliest time of the next attempt, in milliseconds since 1970. */
    static final String DUE = "openlines-due";

    /** The number of attempts since the event was received or requeued. */
    static final String ATTEMPTS = "openlines-attempts";

    /** The key of the record in the topic of events. */
    static final String KEY = "openlines-key";

    /** The reason why it is a dead letter. */
    static final String REASON = "openlines-reason";

    /** The time when it became a dead letter, RFC 3339. */
    static final String DIED = "openlines-died";

    /** The original record: topic, partition and offset. */
    static final String ORIGIN = "openlines-origin";

    /** The id of the dead letter that this was: not a duplicate. */
    static final String REQUEUED = "openlines-requeued";

    private static final List<String> OURS = List.of(HISTORY, OFFSET, DUE, ATTEMPTS, REASON, DIED, ORIGIN);
    private static final int REASON_CHARACTERS = 500;
    private static final int HISTORY_ATTEMPTS = 50;

    private KafkaRecords() {}

    /** Returns a record for the retry topic. Without a value it marks that the event no longer waits. */
    static ProducerRecord<String, byte[]> retry(String topic, int partition, KafkaTask task, byte @Nullable [] value) {
        ProducerRecord<String, byte[]> record = new ProducerRecord<>(topic, partition, task.id, value);
        if (value != null) {
            copy(task.record.headers(), record.headers());
            put(record.headers(), KEY, key(task.record));
            put(record.headers(), OFFSET, Long.toString(task.offset));
            put(record.headers(), DUE, Long.toString(task.due.toEpochMilli()));
            put(record.headers(), ATTEMPTS, Integer.toString(task.attempts));
            put(record.headers(), HISTORY, json(task.history));
        }
        return record;
    }

    /** Returns a record for the dead-letter topic. */
    static ProducerRecord<String, byte[]> dead(
            String topic, String id, ConsumerRecord<String, byte[]> from, String reason, int attempts, Instant now) {
        ProducerRecord<String, byte[]> record = new ProducerRecord<>(topic, 0, id, from.value());
        if (from.value() == null) {
            // Or it would be the mark of a letter that is gone.
            record = new ProducerRecord<>(topic, 0, id, new byte[0]);
        }
        copy(from.headers(), record.headers());
        put(record.headers(), KEY, key(from));
        put(record.headers(), REASON, shorten(reason));
        put(record.headers(), DIED, now.toString());
        put(record.headers(), ATTEMPTS, Integer.toString(attempts));
        put(record.headers(), ORIGIN, from.topic() + '-' + from.partition() + '@' + from.offset());
        return record;
    }

    /** Returns a dead letter as a new record of the topic of events. */
    static ProducerRecord<String, byte[]> requeued(ConsumerRecord<String, byte[]> dead, String topic, Instant now) {
        ProducerRecord<String, byte[]> record = new ProducerRecord<>(topic, null, key(dead), dead.value());
        copy(dead.headers(), record.headers());
        List<DeadLetter.Attempt> history = new ArrayList<>(history(dead.headers()));
        history.add(new DeadLetter.Attempt(0, now, "requeued", ""));
        put(record.headers(), HISTORY, json(history));
        put(record.headers(), REQUEUED, Long.toString(dead.offset() + 1));
        return record;
    }

    static DeadLetter deadLetter(ConsumerRecord<String, byte[]> record, boolean withHistory) {
        Headers headers = record.headers();
        return new DeadLetter(
                record.offset() + 1,
                text(headers, "ce_portal", ""),
                text(headers, "ce_eventcode", ""),
                text(headers, "ce_id", String.valueOf(record.key())),
                new String(record.value(), StandardCharsets.UTF_8),
                receivedAt(record),
                instant(text(headers, DIED, ""), record.timestamp()),
                text(headers, REASON, ""),
                (int) number(headers, ATTEMPTS),
                withHistory ? history(headers) : List.of());
    }

    static List<DeadLetter.Attempt> history(Headers headers) {
        List<DeadLetter.Attempt> attempts = new ArrayList<>();
        try (JsonReader reader = Json.createReader(new StringReader(text(headers, HISTORY, "[]")))) {
            for (JsonObject attempt : reader.readArray().getValuesAs(JsonObject.class)) {
                attempts.add(new DeadLetter.Attempt(
                        attempt.getInt("attempt", 0),
                        instant(attempt.getString("at", ""), 0),
                        attempt.getString("outcome", ""),
                        attempt.getString("reason", "")));
            }
        } catch (JsonException | ClassCastException e) {
            // A header that another program wrote. The event counts, not its history.
            return attempts;
        }
        return attempts;
    }

    /** Returns the key that a record had in the topic of events. */
    private static String key(ConsumerRecord<String, byte[]> record) {
        return text(record.headers(), KEY, String.valueOf(record.key()));
    }

    /** Returns when an event was received, or when its record was written if the record does not say. */
    static Instant receivedAt(ConsumerRecord<String, byte[]> record) {
        return instant(text(record.headers(), "ce_receivedat", ""), record.timestamp());
    }

    static long number(Headers headers, String name) {
        String text = text(headers, name, "0");
        return text.matches("\\d{1,18}") ? Long.parseLong(text) : 0;
    }

    static String text(Headers headers, String name, String otherwise) {
        Header header = headers.lastHeader(name);
        return header == null || header.value() == null
                ? otherwise
                : new String(header.value(), StandardCharsets.UTF_8);
    }

    static void put(Headers headers, String name, String value) {
        headers.remove(name).add(name, value.getBytes(StandardCharsets.UTF_8));
    }

    static String shorten(String reason) {
        return reason.length() <= REASON_CHARACTERS ? reason : reason.substring(0, REASON_CHARACTERS);
    }

    static String json(List<DeadLetter.Attempt> history) {
        JsonArrayBuilder array = Json.createArrayBuilder();
        for (DeadLetter.Attempt attempt :
                history.subList(Math.max(0, history.size() - HISTORY_ATTEMPTS), history.size())) {
            array.add(Json.createObjectBuilder()
                    .add("attempt", attempt.number())
                    .add("at", attempt.at().toString())
                    .add("outcome", attempt.outcome())
                    .add("reason", shorten(attempt.reason())));
        }
        return array.build().toString();
    }

    private static Instant instant(String text, long otherwise) {
        try {
            return Instant.parse(text);
        } catch (java.time.format.DateTimeParseException e) {
            return Instant.ofEpochMilli(otherwise);
        }
    }

    private static void copy(Headers from, Headers to) {
        for (Header header : from) {
            if (!OURS.contains(header.key()) || header.key().equals(HISTORY)) {
                to.add(header);
            }
        }
    }
}
