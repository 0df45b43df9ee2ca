// SPDX-License-Identifier: Apache-2.0
package dev.openlines.kafka;

import dev.openlines.model.OnSessionFinish;
import dev.openlines.parser.DecodeException;
import dev.openlines.parser.EventDecoder;
import dev.openlines.receiver.LeasedDelivery;
import dev.openlines.receiver.Origin;
import dev.openlines.receiver.ReconciledClose;
import dev.openlines.receiver.VerifiedDelivery;
import io.cloudevents.CloudEvent;
import io.cloudevents.CloudEventData;
import io.cloudevents.core.builder.CloudEventBuilder;
import io.cloudevents.kafka.KafkaMessageFactory;
import io.cloudevents.rw.CloudEventRWException;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import java.util.Objects;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.jspecify.annotations.Nullable;

/**
 * An event as it is stored in Kafka: a CloudEvents 1.0 record in binary content mode, whose value is the canonical
 * JSON.
 *
 * @param memberId the portal, extension {@code portal}
 * @param code the event's code, extension {@code eventcode}
 * @param idempotencyKey attribute {@code id}
 * @param payload canonical JSON without credentials
 * @param receivedAt extension {@code receivedat}
 * @param chat attribute {@code subject}, or null if the event is of no chat
 * @param origin extension {@code origin}: {@code event}, {@code offline}, or {@code reconciled:SESSION}
 */
record KafkaEvent(
        String memberId,
        String code,
        String idempotencyKey,
        String payload,
        Instant receivedAt,
        @Nullable String chat,
        String origin) {

    private static final String TYPE = "dev.openlines.bitrix24.";
    private static final EventDecoder DECODER = EventDecoder.lenient();

    /**
     * Returns the record for an event. Its key is the portal and chat, or the idempotency key if the event has no chat.
     */
    static ProducerRecord<String, byte[]> record(String topic, VerifiedDelivery delivery) {
        KafkaEvent event = new KafkaEvent(
                delivery.memberId(),
                delivery.event(),
                delivery.idempotencyKey(),
                delivery.payload(),
                delivery.receivedAt(),
                // A record is in one partition, so further chats of an event do not count.
                delivery.orderKeys().stream()
                        .findFirst()
                        .map(key -> chat(key, delivery.memberId()))
                        .orElse(null),
                delivery.origin().stored());
        return event.toRecord(topic, delivery.traceparent());
    }

    /** Returns the record for a close that no event brought. */
    static ProducerRecord<String, byte[]> record(String topic, ReconciledClose close) {
        KafkaEvent event = new KafkaEvent(
                close.memberId(),
                OnSessionFinish.CODE,
                close.idempotencyKey(),
                close.payload(),
                close.foundAt(),
                chat(close.orderKey(), close.memberId()),
                Origin.RECONCILED.stored() + ':' + close.sessionId());
        return event.toRecord(topic, null);
    }

    private static String chat(String orderKey, String memberId) {
        return orderKey.substring(memberId.length() + 1);
    }

    private ProducerRecord<String, byte[]> toRecord(String topic, @Nullable String trace) {
        CloudEventBuilder event = CloudEventBuilder.v1()
                .withId(idempotencyKey)
                .withType(TYPE + code.toLowerCase(Locale.ROOT))
                .withSource(URI.create("urn:bitrix24:portal:" + URLEncoder.encode(memberId, StandardCharsets.UTF_8)))
                .withDataContentType("application/json")
                .withExtension("portal", memberId)
                .withExtension("eventcode", code)
                .withExtension(
                        "receivedat", receivedAt.truncatedTo(ChronoUnit.MILLIS).toString())
                .withExtension("origin", origin)
                .withExtension("traceparent", traceparent(trace))
                .withData(payload.getBytes(StandardCharsets.UTF_8));
        Instant sentAt = sentAt(payload);
        if (sentAt != null) {
            event = event.withTime(sentAt.atOffset(ZoneOffset.UTC));
        }
        String key = memberId + '#' + idempotencyKey;
        if (chat != null) {
            key = memberId + '/' + chat;
            event = event.withSubject(chat);
        }
        return KafkaMessageFactory.<String>createWriter(topic, null, null, key).writeBinary(event.build());
    }

    /**
     * Reads a record.
     *
     * @throws IllegalArgumentException if it is not one of ours; the message names the missing part and no content
     */
    static KafkaEvent of(ConsumerRecord<String, byte[]> record) {
        if (record.headers().lastHeader("ce_specversion") == null) {
            throw new IllegalArgumentException("expected a CloudEvents record but found no ce_specversion");
        }
        CloudEvent event;
        try {
            event = KafkaMessageFactory.createReader(record).toEvent();
        } catch (CloudEventRWException | IllegalStateException e) {
            throw new IllegalArgumentException(
                    "expected a CloudEvents record but found " + e.getClass().getSimpleName());
        }
        CloudEventData data = event.getData();
        if (data == null) {
            throw new IllegalArgumentException("expected the event as JSON but found no value");
        }
        return new KafkaEvent(
                extension(event, "portal"),
                extension(event, "eventcode"),
                event.getId(),
                new String(data.toBytes(), StandardCharsets.UTF_8),
                instant(extension(event, "receivedat")),
                event.getSubject(),
                // Records of older versions have no origin.
                Objects.toString(event.getExtension("origin"), Origin.EVENT.stored()));
    }

    /** Returns the delivery for an attempt. */
    LeasedDelivery leased(long offset, int attempt) {
        int colon = origin.indexOf(':');
        boolean reconciled = colon > 0;
        return new LeasedDelivery(
                offset,
                memberId,
                code,
                idempotencyKey,
                payload,
                receivedAt,
                attempt,
                attempt,
                "kafka",
                Origin.of(reconciled ? origin.substring(0, colon) : origin),
                reconciled ? Long.valueOf(origin.substring(colon + 1)) : null,
                reconciled ? sentAt(payload) : null);
    }

    /**
     * Returns the part that must be equal in all records with the same key. If it differs, the records are in conflict.
     */
    String beside() {
        try {
            return VerifiedDelivery.besideKey(payload);
        } catch (DecodeException e) {
            return payload;
        }
    }

    /** Returns the trace of the request, or one derived from the key, which can be found if the event is known. */
    private String traceparent(@Nullable String given) {
        String key = idempotencyKey;
        // No span of a derived trace was recorded, so it is marked as not sampled.
        return given != null ? given : "00-" + key.substring(0, 32) + '-' + key.substring(32, 48) + "-00";
    }

    private static @Nullable Instant sentAt(String payload) {
        try {
            return DECODER.decode(VerifiedDelivery.stored(payload))
                    .event()
                    .header()
                    .sentAt();
        } catch (DecodeException e) {
            return null;
        }
    }

    private static String extension(CloudEvent event, String name) {
        Object value = event.getExtension(name);
        if (value == null) {
            throw new IllegalArgumentException("expected the header ce_" + name + " but found none");
        }
        return Objects.toString(value);
    }

    private static Instant instant(String text) {
        try {
            return Instant.parse(text);
        } catch (DateTimeParseException e) {
            throw new IllegalArgumentException("expected a time in ce_receivedat but found something else");
        }
    }
}
