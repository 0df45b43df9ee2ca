// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import dev.openlines.model.Event;
import dev.openlines.parser.Decoded;
import java.time.Instant;

/** What a handler may know beside the event. */
public final class EventContext {

    private final LeasedDelivery lease;
    private final Decoded<Event> decoded;

    EventContext(LeasedDelivery lease, Decoded<Event> decoded) {
        this.lease = lease;
        this.decoded = decoded;
    }

    /**
     * Returns the portal that sent the event, as verified.
     *
     * @return its member id
     */
    public String memberId() {
        return lease.memberId();
    }

    /**
     * Returns how often the event was given to a handler, this time included.
     *
     * @return 1 or more
     */
    public int attempt() {
        return lease.attempt();
    }

    /**
     * Returns what stays the same when the event is handled again, to make an effect happen once.
     *
     * @return 64 hexadecimal digits
     */
    public String idempotencyKey() {
        return lease.idempotencyKey();
    }

    /**
     * Returns when the event was received. When it was sent is {@code event.header().sentAt()}.
     *
     * @return the receiver's time
     */
    public Instant receivedAt() {
        return lease.receivedAt();
    }

    /**
     * Returns the event with the published shape it came in, what was tolerated, and its whole payload.
     *
     * @return the decoded event, without credentials
     */
    public Decoded<Event> decoded() {
        return decoded;
    }
}
