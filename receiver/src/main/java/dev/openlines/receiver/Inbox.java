// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionStage;
import javax.sql.DataSource;

/**
 * Keeps events durably from their acknowledgement until they are handled. It is the store that a {@link Receiver}
 * needs.
 *
 * <p>A {@link Dispatcher} needs a {@link LeasingInbox}, which SQLite and PostgreSQL are; Kafka has a dispatcher of its
 * own. Implementations are safe for use by many threads.
 */
public interface Inbox extends AutoCloseable {

    /**
     * Opens an inbox in one SQLite file. If the file does not exist, it is made, and only its owner may read it. A
     * write is on the disk before it is acknowledged ({@code journal_mode=WAL}, {@code synchronous=FULL}); writes that
     * wait together share one commit. Needs {@code org.xerial:sqlite-jdbc}.
     *
     * <p>When no other process has the file open, leases left by a dead process end at once.
     *
     * @param file the database file. SQLite keeps two more files next to it, and there is a lock file
     * @return an open inbox with one thread of its own
     * @throws StoreException if the file cannot be opened or is of a newer version
     */
    static LeasingInbox sqlite(Path file) {
        return SqlInbox.open(SqlDialect.sqlite(file), ProcessLock.beside(file.toAbsolutePath()));
    }

    /**
     * Opens an inbox in a PostgreSQL database, which several receivers may share. Its tables are made if they do not
     * exist. A write is on the disk before it is acknowledged, whatever {@code
     * synchronous_commit} the server has set; writes that wait together share one commit. Needs {@code
     * org.postgresql:postgresql}.
     *
     * @param url a JDBC URL such as {@code jdbc:postgresql://host/database?user=openlines&password=secret};
     *     what stands after the question mark is never shown
     * @return an open inbox with one connection and one thread of its own
     * @throws StoreException if the database cannot be used or is of a newer version
     */
    static LeasingInbox postgresql(String url) {
        return SqlInbox.open(SqlDialect.postgresql(url), ProcessLock.none());
    }

    /**
     * Opens an inbox in a PostgreSQL database as {@link #postgresql(String)} does, over an application's own pool of
     * connections. With any connection that the pool lends, each transaction of the inbox begins with limits and
     * durability of its own: read committed, {@code synchronous_commit = on}, thirty seconds for a statement or a lock.
     * These settings end with the transaction. If the pool lends connections that have been cut, the inbox asks for others,
     * five seconds at most, before an event is refused.
     *
     * @param database lends one connection as long as the inbox is open, and one for each handler that is in {@link
     *     EventContext#inTransaction(EventContext.Transaction)}; not closed with the inbox
     * @return an open inbox with one thread of its own
     * @throws StoreException if the database cannot be used or is of a newer version
     */
    static LeasingInbox postgresql(DataSource database) {
        return SqlInbox.open(SqlDialect.postgresql(database), ProcessLock.none());
    }

    /**
     * Opens an inbox in memory, for tests and trials. Its events are lost when it is closed; a log record warns of
     * that. Needs {@code org.xerial:sqlite-jdbc}.
     *
     * @return an open and empty inbox with one thread of its own
     */
    static LeasingInbox memory() {
        return SqlInbox.memory();
    }

    /**
     * Adds an emergency spool to an inbox: a file that takes events, durably, while the inbox cannot store or takes
     * longer than two seconds. They go into the inbox afterwards, in order, each once. A
     * repeat of an event is noticed only when it reaches the inbox. Put the file on another disk than the inbox.
     *
     * @param inbox an open inbox, closed with the one that is returned
     * @param spool the file, made if it does not exist; for one process
     * @return an inbox with two threads more
     * @throws StoreException if the file cannot be used
     */
    static Inbox spooled(Inbox inbox, Path spool) {
        return SpoolingInbox.open(inbox, spool, Duration.ofSeconds(2));
    }

    /**
     * Adds an emergency spool to an inbox, as {@link #spooled(Inbox, Path)} does. Events in the spool are leased once
     * they have reached the inbox.
     *
     * @param inbox an open inbox, closed with the one that is returned
     * @param spool the file, made if it does not exist; for one process
     * @return an inbox with two threads more
     * @throws StoreException if the file cannot be used
     */
    static LeasingInbox spooled(LeasingInbox inbox, Path spool) {
        return SpoolingInbox.open(inbox, spool, Duration.ofSeconds(2));
    }

    /**
     * Stores an event, or finds that it is stored. Does not block.
     *
     * @param delivery a verified event
     * @return completes when the event is durable, on the inbox's thread, which must not be blocked; fails with a
     *     {@link StoreException} if the event may not be durable
     */
    CompletionStage<StoreResult> store(VerifiedDelivery delivery);

    /**
     * Stores a close that a portal lists but that sent no event, or finds that it is stored. Does not block.
     *
     * @param close a close from a portal's own answer
     * @return completes when it is durable, as {@link #store(VerifiedDelivery)} does
     * @throws UnsupportedOperationException if this inbox keeps no such closes, which is what this default does
     */
    default CompletionStage<StoreResult> store(ReconciledClose close) {
        throw new UnsupportedOperationException("this inbox keeps no reconciled closes");
    }

    /**
     * Stores events so that their order is that of the list. Does not block. This default stores one after the
     * other; an inbox that can store all of them or none at once should.
     *
     * @param deliveries verified events, not none
     * @return completes when all are durable, as {@link #store(VerifiedDelivery)} does. If it fails, the stored ones
     *     are the first of the list
     */
    default CompletionStage<Void> storeInOrder(List<VerifiedDelivery> deliveries) {
        CompletionStage<StoreResult> last = store(deliveries.get(0));
        for (VerifiedDelivery delivery : deliveries.subList(1, deliveries.size())) {
            last = last.thenCompose(ignored -> store(delivery));
        }
        return last.thenAccept(ignored -> {});
    }

    /**
     * Counts the waiting events and the dead letters. Blocks.
     *
     * @return numbers of one moment
     * @throws StoreException if the store is down
     */
    Backlog backlog();

    /**
     * Returns the trusted portals: those that have installed the application and not uninstalled it, as recorded in
     * this inbox. Later installations and uninstallations are stored in the same commit as their event. Blocks.
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
     * Returns the dead letters.
     *
     * @return a view of this inbox
     */
    DeadLetters deadLetters();

    /**
     * Writes and reads in the store as {@link #store(VerifiedDelivery)} does, and leaves nothing behind. Blocks.
     *
     * @throws StoreException if an event could not be stored now
     */
    void probe();

    /** Writes all accepted events, then closes. Blocks until both are done. */
    @Override
    void close();
}
