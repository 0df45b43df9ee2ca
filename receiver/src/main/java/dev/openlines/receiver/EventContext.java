// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import dev.openlines.model.Event;
import dev.openlines.model.OnSessionFinish;
import dev.openlines.model.OnSessionStart;
import dev.openlines.model.OpenLineChat;
import dev.openlines.parser.Decoded;
import java.sql.Connection;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/** Facts about the event and services that a handler may use. */
public final class EventContext {

    private static final String WHOLE_EVENT = "";

    private final Commits commits;
    private final LeasedDelivery lease;
    private final Decoded<Event> decoded;
    private final Instant deadline;
    /** The parts that this attempt has asked to commit. Only the thread that handles uses them. */
    private final Set<String> parts = new HashSet<>();

    EventContext(Commits commits, LeasedDelivery lease, Decoded<Event> decoded, Instant deadline) {
        this.commits = commits;
        this.lease = lease;
        this.decoded = decoded;
        this.deadline = deadline;
    }

    /** Commits a part of an event once: {@link LeasingInbox#commitOnce}. */
    interface Commits {
        boolean commitOnce(LeasedDelivery lease, String part, Transaction work, Instant now) throws Exception;
    }

    static IllegalStateException noTransactions() {
        return new IllegalStateException("expected an inbox on SQLite or PostgreSQL for inTransaction but found one"
                + " without transactions: make the effect happen once by context.idempotencyKey()");
    }

    /** Work in the inbox's own database. Applications implement it. */
    @FunctionalInterface
    public interface Transaction {

        /**
         * Reads and writes.
         *
         * @param connection in a transaction that ends after this; to commit, roll back or close it here fails
         * @throws Exception whatever keeps the work from being done: nothing is changed, and {@code inTransaction}
         *     throws it too
         */
        void run(Connection connection) throws Exception;
    }

    /**
     * Does work for the whole event in the inbox's own database, once. The writes of the work and a mark that it is
     * done are one commit. If the handler fails later, or its process dies, the event is handled again and this
     * work is skipped. Call this once in an attempt; for an effect of each chat there is {@link #inTransaction(long,
     * Transaction)}. The event counts as done when its handler has returned. Blocks.
     *
     * <p>On SQLite nothing else is written meanwhile, so no event is acknowledged either: keep it to
     * milliseconds.
     *
     * @param work reads and writes
     * @return true if the work was committed now, false if an earlier attempt has committed it: nothing was run
     * @throws Exception whatever the work throws; a {@link StoreException} if the event's lease has passed to another
     *     owner or the store is down. Nothing is changed then
     * @throws IllegalStateException if it was called before in this attempt, or if the inbox has no transactions, as
     *     Kafka
     */
    public boolean inTransaction(Transaction work) throws Exception {
        return once(WHOLE_EVENT, work);
    }

    /**
     * Does work for one chat of the event in the inbox's own database, once. Each chat has a mark and a commit of its
     * own: a retry skips the chats whose work is committed and goes on with the others. Otherwise like {@link
     * #inTransaction(Transaction)}.
     *
     * <pre>{@code
     * for (OpenLineChat chat : finish.chats()) {
     *     context.inTransaction(chat.chatId(), connection -> archive(connection, chat));
     * }
     * }</pre>
     *
     * @param chatId the chat's id
     * @param work reads and writes; all that is done for this chat
     * @return true if the work was committed now; false if it was committed before, by an earlier attempt, or in
     *     this one if the event lists the chat twice: nothing was run
     * @throws Exception whatever the work throws; a {@link StoreException} if the event's lease has passed to another
     *     owner or the store is down. Nothing is changed then
     * @throws IllegalStateException if it was called before in this attempt for a chat that the event lists once, or
     *     if the inbox has no transactions, as Kafka
     */
    public boolean inTransaction(long chatId, Transaction work) throws Exception {
        return once(Long.toString(chatId), work);
    }

    private boolean once(String part, Transaction work) throws Exception {
        if (!parts.add(part) && !listedTwice(part)) {
            throw new IllegalStateException(
                    part.isEmpty()
                            ? "a second transaction for the whole event: pass the chat's id for one of each chat"
                            : "a second transaction for chat " + part + ": do all its work in one");
        }
        return commits.commitOnce(lease, part, work, Instant.now());
    }

    private boolean listedTwice(String part) {
        List<OpenLineChat> chats = List.of();
        if (decoded.event() instanceof OnSessionFinish finish) {
            chats = finish.chats();
        } else if (decoded.event() instanceof OnSessionStart start) {
            chats = start.chats();
        }
        return chats.stream()
                        .filter(chat -> part.equals(Long.toString(chat.chatId())))
                        .count()
                > 1;
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
     * Returns how the event reached the inbox. A close that was found in the portal's list of sessions has its own
     * idempotency key, and its place in the order of its chat is not promised.
     *
     * @return {@link Origin#RECONCILED} if no event came and the receiver found the close
     */
    public Origin origin() {
        return lease.origin();
    }

    /**
     * Returns when the portal's list of sessions says that the session was closed.
     *
     * @return a whole second of the portal's clock, or empty unless {@link #origin()} is {@link Origin#RECONCILED}
     */
    public Optional<Instant> closedAt() {
        return Optional.ofNullable(lease.closedAt());
    }

    /**
     * Returns the id of the closed session; an event of the platform does not name it.
     *
     * @return the id, or empty unless {@link #origin()} is {@link Origin#RECONCILED}
     */
    public Optional<Long> sessionId() {
        return Optional.ofNullable(lease.sessionId());
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
     * Returns the idempotency key, which stays the same when the event is handled again. Use it to make an effect
     * happen once.
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
     * Returns an exception that has the event retried after a time that the handler chooses, for example the time that
     * a busy service has asked for. Throw it. It counts as an attempt.
     *
     * @param wait how long, at most the cap of the {@link RetryPolicy}
     * @param reason the reason, for the event's history
     * @return an exception to throw
     */
    public RuntimeException retryAfter(Duration wait, String reason) {
        return new Verdict(reason, Objects.requireNonNull(wait, "wait"));
    }

    /**
     * Returns an exception that makes the event a dead letter at once. Throw it if no retry will help.
     *
     * @param reason why, for the operator who looks at the dead letters
     * @return an exception to throw
     */
    public RuntimeException deadLetter(String reason) {
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
