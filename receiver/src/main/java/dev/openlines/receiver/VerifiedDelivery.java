// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import dev.openlines.model.OnSessionFinish;
import dev.openlines.model.OpenLineChat;
import dev.openlines.parser.BodyFormat;
import dev.openlines.parser.Envelope;
import dev.openlines.parser.Limits;
import jakarta.json.Json;
import jakarta.json.JsonArray;
import jakarta.json.JsonArrayBuilder;
import jakarta.json.JsonObject;
import jakarta.json.JsonValue;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * An event that a portal has sent, without any token in it: an immutable value. Made by {@link Portals} if the
 * application token was right, and by {@link OfflineFeed} from a portal's own answer to an authorized call. So every
 * stored event has been verified.
 */
public final class VerifiedDelivery {

    private static final Set<String> PER_SUBSCRIPTION = Set.of("auth", "event_handler_id", "eventId", "event_id");

    private static final Set<String> IN_KEY = Set.of("event", "ts", "data");

    /** Version 00 of W3C Trace Context: neither id all zeros. */
    private static final Pattern TRACEPARENT =
            Pattern.compile("00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}");

    /** It was within the limits when it was received. */
    private static final Limits STORED =
            new Limits(Integer.MAX_VALUE, Integer.MAX_VALUE, 1000, Integer.MAX_VALUE, Integer.MAX_VALUE);

    private final String memberId;
    private final String event;
    private final String idempotencyKey;
    private final Instant sentAt;
    private final List<String> chatKeys;
    private final int bodyBytes;
    private final Instant receivedAt;
    private final @Nullable TrustChange change;
    private final Origin origin;
    private final @Nullable Finish finish;
    private final @Nullable String traceparent;
    /** The event without credentials, released once it is written as JSON. Guarded by this. */
    private @Nullable Envelope unwritten;
    /** Guarded by this. */
    private @Nullable String payload;

    VerifiedDelivery(
            Envelope envelope, String memberId, int bodyBytes, Instant receivedAt, @Nullable TrustChange change) {
        this(envelope, memberId, bodyBytes, receivedAt, change, Origin.EVENT, null);
    }

    /**
     * Makes a delivery of an event that was verified or stored before.
     *
     * @param key its idempotency key, or null to make one
     */
    VerifiedDelivery(
            Envelope envelope,
            String memberId,
            int bodyBytes,
            Instant receivedAt,
            @Nullable TrustChange change,
            Origin origin,
            @Nullable String key) {
        Envelope stripped = envelope.withoutCredentials();
        List<OpenLineChat> chats = stripped.chats();
        this.memberId = memberId;
        this.event = stripped.event();
        this.idempotencyKey = key == null ? key(stripped, origin) : key;
        this.sentAt = stripped.sentAt().orElse(Instant.EPOCH);
        this.chatKeys = chatKeys(stripped, chats);
        this.finish = Finish.of(stripped, event, chats);
        this.traceparent = null;
        this.unwritten = stripped;
        this.bodyBytes = bodyBytes;
        this.receivedAt = receivedAt;
        this.change = change;
        this.origin = origin;
    }

    /**
     * Makes a delivery of an event of a portal's offline queue, in the shape that the portal would have posted. It
     * changes no trust.
     *
     * @throws IllegalArgumentException if its code is not one that a receiver takes
     */
    static VerifiedDelivery offline(String memberId, OfflineQueues.Queued queued, Instant receivedAt) {
        if (!Receiver.isCode(queued.event())) {
            throw new IllegalArgumentException(Receiver.NO_EVENT + "something else at $.event");
        }
        byte[] body = Json.createObjectBuilder()
                .add("event", queued.event())
                .add("data", queued.data())
                .add("ts", Long.toString(queued.queuedAt().getEpochSecond()))
                .add("auth", Json.createObjectBuilder().add("member_id", memberId))
                .build()
                .toString()
                .getBytes(StandardCharsets.UTF_8);
        Envelope envelope = Envelope.parse(body, BodyFormat.JSON, STORED);
        return new VerifiedDelivery(envelope, memberId, body.length, receivedAt, null, Origin.OFFLINE, null);
    }

    /** Makes a copy with another payload or another trace. */
    private VerifiedDelivery(
            VerifiedDelivery whole,
            @Nullable Envelope unwritten,
            @Nullable String payload,
            @Nullable String traceparent) {
        this.memberId = whole.memberId;
        this.event = whole.event;
        this.idempotencyKey = whole.idempotencyKey;
        this.sentAt = whole.sentAt;
        this.chatKeys = whole.chatKeys;
        this.bodyBytes = whole.bodyBytes;
        this.receivedAt = whole.receivedAt;
        this.change = whole.change;
        this.origin = whole.origin;
        this.finish = whole.finish;
        this.traceparent = traceparent;
        this.unwritten = unwritten;
        this.payload = payload;
    }

    /**
     * Returns the key of the event. If an equal event may be another change, it is a key that no other delivery has.
     */
    private static String key(Envelope stripped, Origin origin) {
        // A row of an offline queue is drained again if the first drain was cut short.
        return origin == Origin.EVENT && stripped.saysOnlyIds()
                ? (UUID.randomUUID().toString() + UUID.randomUUID()).replace("-", "")
                : stripped.idempotencyKey();
    }

    private static List<String> chatKeys(Envelope envelope, List<OpenLineChat> chats) {
        if (chats.size() == 1) {
            return List.of(Long.toString(chats.get(0).chatId()));
        }
        return List.copyOf(envelope.chatKeys());
    }

    /**
     * The closed chats of an event.
     *
     * @param places one per chat, in the order of the event
     * @param handlerId the portal's subscription, or 0
     */
    record Finish(List<ClosePlace> places, long handlerId) {

        static @Nullable Finish of(Envelope envelope, String event, List<OpenLineChat> chats) {
            if (chats.isEmpty() || !event.equals(OnSessionFinish.CODE)) {
                return null;
            }
            List<ClosePlace> places = chats.size() == 1
                    ? List.of(ClosePlace.of(chats.get(0)))
                    : chats.stream().map(ClosePlace::of).toList();
            return new Finish(places, envelope.handlerId().orElse(0));
        }

        static @Nullable Finish of(Envelope envelope) {
            return of(envelope, envelope.event(), envelope.chats());
        }
    }

    /** Returns the closed chats, or null if this is no {@code OnSessionFinish} or its chats cannot be read. */
    @Nullable
    Finish finish() {
        return finish;
    }

    /** Reads the chats from a text of {@link #payload()}. */
    static Finish finish(String payload) {
        Finish finish = Finish.of(stored(payload));
        if (finish == null) {
            throw new IllegalArgumentException("not the payload of an OnSessionFinish");
        }
        return finish;
    }

    /** Returns this event with only some of its chats, because the others have been handled. */
    VerifiedDelivery only(List<Integer> chats) {
        Finish all = Objects.requireNonNull(finish());
        return chats.size() == all.places().size()
                ? this
                : new VerifiedDelivery(
                        this, null, only(payload(), chats, all.places().size()), traceparent);
    }

    /** Leaves out the other chats, in a list or in an object whose keys are numbers, which a form may give. */
    private static String only(String payload, List<Integer> chats, int count) {
        JsonObject event = stored(payload).raw();
        JsonObject data = event.getJsonObject("data");
        JsonValue all = data == null ? null : data.get("DATA");
        if (data == null || all == null) {
            return payload;
        }
        List<JsonValue> elements = new ArrayList<>();
        if (all instanceof JsonArray list) {
            elements.addAll(list);
        } else if (all instanceof JsonObject numbered) {
            numbered.entrySet().stream()
                    .filter(element -> element.getKey().matches("\\d{1,9}"))
                    .sorted(Comparator.comparingInt(element -> Integer.parseInt(element.getKey())))
                    .forEach(element -> elements.add(element.getValue()));
        }
        elements.removeIf(element -> !(element instanceof JsonObject));
        if (elements.size() != count) {
            return payload;
        }
        JsonArrayBuilder some = Json.createArrayBuilder();
        chats.forEach(chat -> some.add(elements.get(chat)));
        return Json.createObjectBuilder(event)
                .add("data", Json.createObjectBuilder(data).add("DATA", some))
                .build()
                .toString();
    }

    /**
     * Returns how the event came.
     *
     * @return not {@link Origin#RECONCILED}
     */
    public Origin origin() {
        return origin;
    }

    /** Reads a record that {@link #write} wrote. */
    VerifiedDelivery(DataInputStream in) throws IOException {
        this.memberId = readText(in);
        this.event = readText(in);
        this.idempotencyKey = readText(in);
        String unused = readText(in);
        this.payload = readText(in);
        Envelope envelope = stored(payload);
        this.sentAt = envelope.sentAt().orElse(Instant.EPOCH);
        this.chatKeys = List.copyOf(envelope.chatKeys());
        this.finish = Finish.of(envelope);
        this.traceparent = null;
        this.bodyBytes = in.readInt();
        this.receivedAt = Instant.ofEpochMilli(in.readLong());
        int known = in.readInt();
        if (known < 0) {
            this.change = null;
            this.origin = readOrigin(in);
            return;
        }
        Instant until = Instant.ofEpochMilli(in.readLong());
        String installed = readText(in);
        List<String> digests = new ArrayList<>();
        for (int i = 0; i < known; i++) {
            digests.add(readText(in));
        }
        this.change = new TrustChange(memberId, installed.isEmpty() ? null : installed, digests, until);
        this.origin = readOrigin(in);
    }

    /** Reads the origin. Records ended here before there were origins. */
    private static Origin readOrigin(DataInputStream in) throws IOException {
        return in.available() == 0 ? Origin.EVENT : Origin.of(readText(in));
    }

    /** Writes the record whose format {@link EmergencySpool} describes. */
    void write(DataOutputStream out) throws IOException {
        writeText(out, memberId);
        writeText(out, event);
        writeText(out, idempotencyKey);
        writeText(out, chatKeys.isEmpty() ? "" : memberId + '/' + chatKeys.get(0));
        writeText(out, payload());
        out.writeInt(bodyBytes);
        out.writeLong(receivedAt.toEpochMilli());
        if (change == null) {
            out.writeInt(-1);
            writeText(out, origin.stored());
            return;
        }
        out.writeInt(change.known().size());
        out.writeLong(change.knownUntil().toEpochMilli());
        writeText(out, change.installed() == null ? "" : change.installed());
        for (String digest : change.known()) {
            writeText(out, digest);
        }
        writeText(out, origin.stored());
    }

    private static String readText(DataInputStream in) throws IOException {
        return new String(in.readNBytes(in.readInt()), StandardCharsets.UTF_8);
    }

    private static void writeText(DataOutputStream out, String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        out.writeInt(bytes.length);
        out.write(bytes);
    }

    /** Returns this event with the trace that its request claims to belong to, if that is well-formed. */
    VerifiedDelivery in(@Nullable String claimed) {
        if (claimed == null || !TRACEPARENT.matcher(claimed).matches()) {
            return this;
        }
        synchronized (this) {
            return new VerifiedDelivery(this, unwritten, payload, claimed);
        }
    }

    /**
     * Returns the trace of the request. The emergency spool does not keep it.
     *
     * @return a W3C {@code traceparent}, or null if the request had none
     */
    public @Nullable String traceparent() {
        return traceparent;
    }

    /**
     * Returns the change of the tokens to trust that the event reports. An inbox stores it in the same commit as the
     * event.
     *
     * @return the change, or null if there is none
     */
    public @Nullable TrustChange change() {
        return change;
    }

    /**
     * Returns the portal that sent the event; wire field {@code auth[member_id]}.
     *
     * @return a portal this receiver knows
     */
    public String memberId() {
        return memberId;
    }

    /**
     * Returns the event's code; wire field {@code event}.
     *
     * @return upper case, not empty
     */
    public String event() {
        return event;
    }

    /**
     * Returns the idempotency key: equal for deliveries of one event, different for different events. A delivery that
     * says only ids has one of its own, because two changes within one second give equal events.
     *
     * @return 64 hexadecimal digits
     */
    public String idempotencyKey() {
        return idempotencyKey;
    }

    /** Returns when the event says it was sent, or 1970 if it does not say; the same for the same idempotency key. */
    Instant sentAt() {
        return sentAt;
    }

    /**
     * Returns the keys of the chats that the event names: events that have one in common are of one chat, and are
     * handled one after the other if that is asked for. A key is portal, slash, and the chat's id on the portal, or a
     * tilde and its id in a messenger if the portal does not tell its own.
     *
     * @return keys, each once; empty if the event is of no chat
     */
    public List<String> orderKeys() {
        return chatKeys.stream().map(chat -> memberId + '/' + chat).toList();
    }

    /**
     * Returns the whole event as canonical JSON. The first call writes it, and releases the received event. An inbox
     * that stores it calls this within {@link Inbox#store(VerifiedDelivery)}, on the caller's thread, because there the
     * event is parsed already. Later, or on another thread, it is parsed again.
     *
     * @return a JSON object without credentials
     */
    public synchronized String payload() {
        if (payload == null) {
            payload = Objects.requireNonNull(unwritten).toJson();
            unwritten = null;
        }
        return payload;
    }

    /**
     * Returns the size of the request for this event.
     *
     * @return the request body's length in bytes
     */
    public int bodyBytes() {
        return bodyBytes;
    }

    /**
     * Returns when the body was complete.
     *
     * @return the receiver's time
     */
    public Instant receivedAt() {
        return receivedAt;
    }

    /**
     * Tells whether a stored event is the same as this one. The key covers portal, code, time and data. The auth block
     * and the subscription's id may differ, because each subscription delivers its own copy.
     *
     * @param storedPayload {@link #payload()} of an event with the same key
     * @return whether nothing else differs
     */
    public boolean sameContent(String storedPayload) {
        return storedPayload.equals(payload()) || besideKey(storedPayload).equals(besideKey(payload()));
    }

    /**
     * Compares all parts.
     *
     * @param other another object
     * @return whether it is an equal delivery
     */
    @Override
    public boolean equals(@Nullable Object other) {
        return other == this
                || other instanceof VerifiedDelivery that
                        && idempotencyKey.equals(that.idempotencyKey)
                        && memberId.equals(that.memberId)
                        && event.equals(that.event)
                        && bodyBytes == that.bodyBytes
                        && receivedAt.equals(that.receivedAt)
                        && origin == that.origin
                        && Objects.equals(change, that.change)
                        && Objects.equals(traceparent, that.traceparent)
                        && payload().equals(that.payload());
    }

    @Override
    public int hashCode() {
        return idempotencyKey.hashCode();
    }

    /**
     * Names the event, not its content.
     *
     * @return code and idempotency key
     */
    @Override
    public String toString() {
        return event + " " + idempotencyKey;
    }

    /**
     * Returns the part of an event that {@link #sameContent} compares and the idempotency key does not cover.
     *
     * @param payload {@link #payload()} of a stored event
     * @return the part as text, usually empty
     */
    public static String besideKey(String payload) {
        Map<String, JsonValue> fields = new TreeMap<>(essence(payload));
        fields.keySet().removeAll(IN_KEY);
        return fields.isEmpty() ? "" : fields.toString();
    }

    private static Map<String, JsonValue> essence(String payload) {
        Map<String, JsonValue> fields = new HashMap<>(stored(payload).raw());
        fields.keySet().removeAll(PER_SUBSCRIPTION);
        return fields;
    }

    /**
     * Parses the payload of a stored event. It may be larger than the received body, since JSON escapes more.
     *
     * @param payload {@link #payload()} of a stored event
     * @return the envelope
     */
    public static Envelope stored(String payload) {
        byte[] json = payload.getBytes(StandardCharsets.UTF_8);
        return Envelope.parse(json, BodyFormat.JSON, STORED);
    }

    /** Returns when a stored event says it was sent, or 1970 if it does not say. */
    static Instant sentAt(String payload) {
        return stored(payload).sentAt().orElse(Instant.EPOCH);
    }
}
