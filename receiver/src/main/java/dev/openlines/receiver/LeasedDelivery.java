// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A stored event that one owner may handle until its lease ends.
 *
 * @param id the event's place in the inbox
 * @param memberId the portal that sent it
 * @param event the event's code
 * @param idempotencyKey the key that is equal for repeated deliveries of the event, 64 hexadecimal digits
 * @param payload the event as canonical JSON without credentials
 * @param receivedAt when it was received
 * @param attempt how often it was given to a handler, this time included; from 1
 * @param lease which lease of the event this is; no other lease of it ever has the same number
 * @param owner the dispatcher that leased it
 * @param origin how it reached the inbox
 * @param sessionId the session, if the portal's list of sessions named it, or null
 * @param closedAt when the portal's list says that the session was closed, or null
 */
public record LeasedDelivery(
        long id,
        String memberId,
        String event,
        String idempotencyKey,
        String payload,
        Instant receivedAt,
        int attempt,
        long lease,
        String owner,
        Origin origin,
        @Nullable Long sessionId,
        @Nullable Instant closedAt) {

    /**
     * Makes a leased delivery of an event that the portal posted.
     *
     * @param id the event's place in the inbox
     * @param memberId the portal that sent it
     * @param event the event's code
     * @param idempotencyKey the key that is equal for repeated deliveries of the event
     * @param payload the event as canonical JSON without credentials
     * @param receivedAt when it was received
     * @param attempt how often it was given to a handler, this time included
     * @param lease which lease of the event this is
     * @param owner the dispatcher that leased it
     */
    public LeasedDelivery(
            long id,
            String memberId,
            String event,
            String idempotencyKey,
            String payload,
            Instant receivedAt,
            int attempt,
            long lease,
            String owner) {
        this(id, memberId, event, idempotencyKey, payload, receivedAt, attempt, lease, owner, Origin.EVENT, null, null);
    }

    /**
     * Names the event, not its content.
     *
     * @return id, code and attempt
     */
    @Override
    public String toString() {
        return "delivery " + id + " " + event + " attempt " + attempt;
    }
}
