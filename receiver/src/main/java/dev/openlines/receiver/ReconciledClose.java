// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import dev.openlines.model.OnSessionFinish;
import jakarta.json.Json;
import jakarta.json.JsonObjectBuilder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * A close that a portal lists but that sent no event. It is the second thing that an inbox can store, beside a {@link
 * VerifiedDelivery}. Made only by the reconciler, from the portal's own answer to an authorized call, and by a move
 * between inboxes, from an existing one.
 */
public final class ReconciledClose {

    private final String memberId;
    private final ClosePlace place;
    private final long sessionId;
    private final long closedSecond;
    private final int offset;
    private final String idempotencyKey;
    private final String payload;
    private final Instant foundAt;

    private ReconciledClose(
            String memberId,
            ClosePlace place,
            long sessionId,
            long closedSecond,
            int offset,
            String payload,
            Instant foundAt) {
        this.memberId = memberId;
        this.place = place;
        this.sessionId = sessionId;
        this.closedSecond = closedSecond;
        this.offset = offset;
        this.idempotencyKey = key(memberId, sessionId, closedSecond);
        this.payload = payload;
        this.foundAt = foundAt;
    }

    /**
     * Makes a close from a row of the portal's list.
     *
     * @param lineName the line's name, or null if it is not known
     */
    static ReconciledClose of(String memberId, ClosedSession session, @Nullable String lineName, Instant foundAt) {
        return new ReconciledClose(
                memberId,
                ClosePlace.of(session),
                session.sessionId(),
                session.closedSecond(),
                session.offset(),
                payload(memberId, session, lineName),
                foundAt);
    }

    /** Makes a close again from its row in an inbox. */
    static ReconciledClose of(LeasedDelivery leased) {
        ClosePlace place = VerifiedDelivery.finish(leased.payload()).places().get(0);
        Long session = leased.sessionId();
        Instant closedAt = leased.closedAt();
        if (session == null || closedAt == null) {
            throw new IllegalStateException("a reconciled close without its session in the inbox: id " + leased.id());
        }
        return new ReconciledClose(
                leased.memberId(), place, session, closedAt.getEpochSecond(), 0, leased.payload(), leased.receivedAt());
    }

    /** Returns the body in the platform's shape of the event. */
    private static String payload(String memberId, ClosedSession session, @Nullable String lineName) {
        JsonObjectBuilder line = Json.createObjectBuilder().add("id", Long.toString(session.lineId()));
        if (lineName != null) {
            line.add("name", lineName);
        }
        String chat = Long.toString(session.chatId());
        return Json.createObjectBuilder()
                .add("event", OnSessionFinish.CODE)
                .add(
                        "data",
                        Json.createObjectBuilder()
                                .add(
                                        "DATA",
                                        Json.createObjectBuilder()
                                                .add(
                                                        "connector",
                                                        Json.createObjectBuilder()
                                                                .add("connector_id", session.source())
                                                                .add("line_id", Long.toString(session.lineId()))
                                                                .add("chat_id", chat)
                                                                .add("user_id", Long.toString(session.userId())))
                                                .add(
                                                        "chat",
                                                        Json.createObjectBuilder()
                                                                .add("chat_id", chat))
                                                .add("line", line)))
                .add("ts", Long.toString(session.closedSecond()))
                .add("auth", Json.createObjectBuilder().add("member_id", memberId))
                .build()
                .toString();
    }

    static String key(String memberId, long sessionId, long closedSecond) {
        String text = "reconciled\n" + memberId + '\n' + sessionId + '\n' + closedSecond;
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    /**
     * Returns the portal that lists the session.
     *
     * @return its member id
     */
    public String memberId() {
        return memberId;
    }

    /**
     * Returns the session's id on the portal.
     *
     * @return the id
     */
    public long sessionId() {
        return sessionId;
    }

    /**
     * Returns when the portal says that the session was closed.
     *
     * @return a whole second of the portal's clock
     */
    public Instant closedAt() {
        return Instant.ofEpochSecond(closedSecond);
    }

    /**
     * Returns the idempotency key: equal for one session and one close time of one portal.
     *
     * @return 64 hexadecimal digits
     */
    public String idempotencyKey() {
        return idempotencyKey;
    }

    /**
     * Returns the close as canonical JSON that decodes to an {@code OnSessionFinish}.
     *
     * @return a JSON object without credentials
     */
    public String payload() {
        return payload;
    }

    /**
     * Returns when the receiver found it.
     *
     * @return the receiver's time
     */
    public Instant foundAt() {
        return foundAt;
    }

    ClosePlace place() {
        return place;
    }

    int offset() {
        return offset;
    }

    /**
     * Returns the order key, made of portal and chat: events with the same key are handled one after the other if that
     * is asked for.
     *
     * @return a key
     */
    public String orderKey() {
        return memberId + '/' + place.chatId();
    }

    /**
     * Names session and time, not the content.
     *
     * @return session and close time
     */
    @Override
    public String toString() {
        return "session " + sessionId + " closed " + closedAt();
    }
}
