// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import dev.openlines.model.Event;
import dev.openlines.parser.Decoded;
import java.sql.Connection;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;

/** What a handler may know beside the event, and do with it. */
public final class EventContext {

    private final Inbox inbox;
    private final LeasedDelivery lease;
    private final Decoded<Event> decoded;
    private final Instant deadline;
    private boolean settled;

    EventContext(Inbox inbox, LeasedDelivery lease, Decoded<Event> decoded, Instant deadline) {
        this.inbox = inbox;
        this.lease = lease;
        this.decoded = decoded;
        this.deadline = deadline;
    }

    /** Work in the inbox's own database. Applications implement it. */
    @FunctionalInterface
    public interface Transaction {

        /**
         * Reads and writes.
         *
         * @param connection in a transaction that ends after this; to commit, roll back or close it here fails
         * @throws Exception whatever keeps the event from being handled: nothing is changed, and the event is
         *     tried again as after any failure
         */
        void run(Connection connection) throws Exception;
    }

    /**
     * Handles the event in the inbox's own database, once: what the work writes and the mark that the event is
     * done are one commit. After a crash both are there or neither is; where the event's lease has passed to
     * another owner, neither is. Call it last and once. Blocks.
     *
     * <p>On SQLite nothing else is written meanwhile, so no event is acknowledged either: keep it to
     * milliseconds.
     *
     * @param work reads and writes
     * @throws Exception what the work throws, or a {@link StoreException} where nothing was committed
     * @throws UnsupportedOperationException if the inbox has no transactions
     */
    public void inTransaction(Transaction work) throws Exception {
        if (settled) {
            throw new IllegalStateException("expected one transaction for an event but found a second");
        }
        inbox.settleWith(lease, work, Instant.now());
        settled = true;
    }

    /** Whether the event is done already. Of the thread that handles. */
    boolean settled() {
        return settled;
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
