// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import dev.openlines.model.Event;
import dev.openlines.parser.Decoded;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;

/** What a handler may know beside the event. */
public final class EventContext {

    private final LeasedDelivery lease;
    private final Decoded<Event> decoded;
    private final Instant deadline;

    EventContext(LeasedDelivery lease, Decoded<Event> decoded, Instant deadline) {
        this.lease = lease;
        this.decoded = decoded;
        this.deadline = deadline;
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
     * Returns until when the event is tried again if its handler fails.
     *
     * @return a time after {@link #receivedAt()}
     */
    public Instant deadline() {
        return deadline;
    }

    /**
     * Returns what to throw to be called again after a time of the handler's choice, such as when a service
     * said how long to stay away. It counts as an attempt.
     *
     * @param wait how long, at most the cap of the {@link RetryPolicy}
     * @param reason why, for the event's history
     * @return an exception to throw
     */
    public RuntimeException retryAfter(Duration wait, String reason) {
        return new Verdict(reason, Objects.requireNonNull(wait, "wait"));
    }

    /**
     * Returns what to throw to have the event put aside at once, since no attempt will help.
     *
     * @param reason why, for whoever looks at the dead letters
     * @return an exception to throw
     */
    public RuntimeException park(String reason) {
        return new Verdict(reason, null);
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
