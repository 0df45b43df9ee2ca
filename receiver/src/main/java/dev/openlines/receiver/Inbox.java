// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletionStage;

/**
 * Where events wait, durably, from their acknowledgement until they are handled.
 *
 * <p>An event is stored once per idempotency key, for as long as the key is remembered. It is leased
 * to an owner for some time and then settled by that owner; a lease that ends unsettled makes the
 * event available again, so an event is handled at least once. Implementations are safe for use by
 * many threads.
 */
public interface Inbox extends AutoCloseable {

    /**
     * Opens an inbox in one SQLite file, which is made, readable by its owner only, where it does not
     * exist. A write is on the disk before it is acknowledged ({@code journal_mode=WAL}, {@code
     * synchronous=FULL}); writes that wait together share one commit. Needs {@code
     * org.xerial:sqlite-jdbc}.
     *
     * <p>When no other process has the file open, leases left by a dead process end at once.
     *
     * @param file the database file; SQLite keeps two more beside it, and there is a lock file
     * @return an open inbox with one thread of its own
     * @throws StoreException if the file cannot be opened or is of a newer version
     */
    static Inbox sqlite(Path file) {
        return SqlInbox.open(SqlDialect.sqlite(file), ProcessLock.beside(file.toAbsolutePath()));
    }

    /**
     * Opens an inbox in a PostgreSQL database, which several receivers may share. Its tables are made
     * where they do not exist. A write is on the disk before it is acknowledged, whatever {@code
     * synchronous_commit} the server has set; writes that wait together share one commit. Needs {@code
     * org.postgresql:postgresql}.
     *
     * @param url a JDBC URL such as {@code jdbc:postgresql://host/database?user=openlines&password=secret};
     *     what stands after the question mark is never shown
     * @return an open inbox with one connection and one thread of its own
     * @throws StoreException if the database cannot be used or is of a newer version
     */
    static Inbox postgresql(String url) {
        return SqlInbox.open(SqlDialect.postgresql(url), ProcessLock.none());
    }

    /**
     * Adds an emergency spool to an inbox: a file that takes events, durably, while the inbox cannot store or
     * takes longer than two seconds, and from which they go into the inbox afterwards, in order, each once. A
     * repeat of an event is noticed only when it reaches the inbox. Put the file on another disk than the inbox.
     *
     * @param inbox an open inbox, closed with the one that is returned
     * @param spool the file, made where it does not exist; for one process
     * @return an inbox with two threads more
     * @throws StoreException if the file cannot be used
     */
    static Inbox spooled(Inbox inbox, Path spool) {
        return SpoolingInbox.open(inbox, spool, Duration.ofSeconds(2));
    }

    /**
     * Stores an event, or finds that it is stored. Does not block.
     *
     * @param delivery a verified event
     * @return completes when the event is durable, on the inbox's thread, which must not be kept; with
     *     a {@link StoreException} when it may not be
     */
    CompletionStage<StoreResult> store(VerifiedDelivery delivery);

    /**
     * Stores events so that their order is that of the list. Does not block. This default stores one after the
     * other; an inbox that can store all of them or none at once should.
     *
     * @param deliveries verified events, not none
     * @return completes when all are durable, as {@link #store} does; where it fails, none after the first that is
     *     not stored is
     */
    default CompletionStage<Void> storeInOrder(List<VerifiedDelivery> deliveries) {
        CompletionStage<StoreResult> last = store(deliveries.get(0));
        for (VerifiedDelivery delivery : deliveries.subList(1, deliveries.size())) {
            last = last.thenCompose(ignored -> store(delivery));
        }
        return last.thenAccept(ignored -> {});
    }

    /**
     * Leases events that are due, the longest waiting first. Blocks until the leases are durable.
     *
     * @param request who asks for how many and until when
     * @return leased events by id, none where nothing is due
     * @throws StoreException if the store is down
     */
    List<LeasedDelivery> lease(LeaseRequest request);

    /**
     * Extends leases. Blocks until that is durable.
     *
     * @param leases what {@link #lease} gave; those that have passed to somebody else stay theirs
     * @param until when the leases end now
     * @throws StoreException if the store is down
     */
    void renew(Collection<LeasedDelivery> leases, Instant until);

    /**
     * Ends a lease. Does not block.
     *
     * @param lease what {@link #lease} gave
     * @param settlement how it ended
     * @param now the caller's time
     * @return completes when that is durable: true, or false where the lease had passed to somebody
     *     else and nothing was changed; with a {@link StoreException} when it may not be
     */
    CompletionStage<Boolean> settle(LeasedDelivery lease, Settlement settlement, Instant now);

    /**
     * Does a handler's work for a part of an event and marks the part, in one transaction, or finds that it is marked;
     * see {@link EventContext#inTransaction(long, EventContext.Transaction)}. Marks end with the event, at {@link
     * #purge}. Blocks.
     *
     * @param lease what {@link #lease} gave
     * @param part names the part of the event: a chat's id, or empty for the whole event
     * @param work the handler's
     * @param now the caller's time
     * @return true if the work was committed, false if the part is marked: nothing was run
     * @throws Exception whatever the work throws; a {@link StoreException} if the lease has passed to another owner
     *     or the store is down. Nothing was changed then
     * @throws UnsupportedOperationException if this inbox has no transactions; this default throws it
     */
    default boolean commitOnce(LeasedDelivery lease, String part, EventContext.Transaction work, Instant now)
            throws Exception {
        throw new UnsupportedOperationException(
                "this inbox has no transactions: inTransaction needs an inbox on SQLite or PostgreSQL");
    }

    /**
     * Counts what is to do. Blocks.
     *
     * @return numbers of one moment
     * @throws StoreException if the store is down
     */
    Backlog backlog();

    /**
     * Returns whom a receiver that stores in this inbox trusts by what portals have reported before: which
     * installed the application and which uninstalled it. What they report from now on is kept in the same
     * commit as the event that reports it. Blocks.
     *
     * @return portals that follow this inbox; this default forgets them with the process
     * @throws StoreException if the store is down
     */
    default Portals portals() {
        return new Portals();
    }

    /**
     * Returns the tokens of every portal that reported itself, ended ones too. Blocks.
     *
     * @return one row for each token, in the order of their changes
     * @throws StoreException if the store is down
     */
    List<TrustLog.Row> trusted();

    /**
     * Stores a change of the portals to trust that no event has reported here. Blocks.
     *
     * @param change the change
     * @throws StoreException if the store is down
     */
    void trust(TrustChange change);

    /**
     * Returns the events put aside.
     *
     * @return a view of this inbox
     */
    DeadLetters deadLetters();

    /**
     * Forgets events that are done, and with them their keys: an event that is sent again after that is a
     * new one. Dead letters stay; {@link DeadLetters#purge} is for them. Blocks.
     *
     * @param finishedBefore forget what was done before this time
     * @return how many events were forgotten
     * @throws StoreException if the store is down
     */
    int purge(Instant finishedBefore);

    /**
     * Writes and reads in the store as {@link #store} does, and leaves nothing behind. Blocks.
     *
     * @throws StoreException if an event could not be stored now
     */
    void probe();

    /** Writes what was accepted for writing, then closes. Blocks until then. */
    @Override
    void close();
}
