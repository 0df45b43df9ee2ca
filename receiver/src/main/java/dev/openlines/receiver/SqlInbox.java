// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** An inbox in a relational database. Every write goes through one {@link GroupCommit}. */
final class SqlInbox implements LeasingInbox {

    private static final Logger LOG = LoggerFactory.getLogger(SqlInbox.class);

    /** The most events that may wait for their commit before further ones are turned away. */
    static final int MAX_WAITING = 10_000;

    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private static final String PROBE = " ".repeat(4096);

    /** The number of events that are forgotten in one commit. */
    private static final int PORTION = 500;

    /** The redundant condition lets the planner use the partial index. */
    static final String FORGET = """
            delete from inbox where id in (
              select id from inbox where state <> 'waiting' and state = ? and finished_at < ?
              order by finished_at limit %d %s)""";

    private final SqlDialect dialect;
    private final SessionLedger ledger;
    private final GroupCommit writer;
    private final AtomicInteger storing = new AtomicInteger();
    private final SqlTransactions transactions;
    private final ProcessLock lock;
    /** Keeps a database in memory alive, also while the writer has no connection. */
    private final @Nullable Connection anchor;

    private final SqlLeases leases;
    private final String forget;
    private final HandOver handOver = new HandOver();
    private final StoreAll storeAll = new StoreAll();
    private final SettleAll settleAll = new SettleAll();

    /** Stores all events of a commit. */
    private final class StoreAll extends GroupCommit.Together<VerifiedDelivery, StoreResult> {

        StoreAll() {
            super(true);
        }

        @Override
        List<StoreResult> run(Connection connection, List<VerifiedDelivery> deliveries) throws SQLException {
            handOver.beginCommit();
            try {
                return storeAll(connection, deliveries);
            } finally {
                handOver.endCommit();
            }
        }

        @Override
        void committed() {
            handOver.committed();
        }

        @Override
        void replied() {
            handOver.replied();
        }
    }

    /** Settles all leases that end in a commit. */
    private final class SettleAll extends GroupCommit.Together<SqlLeases.Settled, Boolean> {

        SettleAll() {
            super(false);
        }

        @Override
        List<Boolean> run(Connection connection, List<SqlLeases.Settled> settled) throws SQLException {
            return leases.settle(connection, settled);
        }
    }

    private SqlInbox(SqlDialect dialect, ProcessLock lock, @Nullable Connection anchor) {
        this.dialect = dialect;
        this.anchor = anchor;
        this.lock = lock;
        this.ledger = new SessionLedger(
                dialect, dialect.shared() ? new SqlInsert.Together(handOver) : new SqlInsert.OneByOne(handOver));
        this.writer = new GroupCommit(dialect, PATIENCE);
        this.transactions = new SqlTransactions(dialect);
        this.leases = new SqlLeases(dialect);
        this.forget = FORGET.formatted(PORTION, dialect.skipLocked());
    }

    /** Opens an inbox that no other code can open. */
    static SqlInbox memory() {
        LOG.warn("reason=memory-inbox: events are kept in memory only and end with this process");
        return memory(UUID.randomUUID().toString());
    }

    static SqlInbox memory(String name) {
        SqlDialect dialect = SqlDialect.memory("openlines-" + name);
        try {
            return open(dialect, ProcessLock.none(), dialect.connections().open());
        } catch (SQLException e) {
            throw new StoreException("cannot open an inbox in memory", e);
        }
    }

    /** Returns the SQL inbox that this is, or that is behind its spool, or null. */
    static @Nullable SqlInbox of(Inbox inbox) {
        Inbox inner = inbox instanceof SpoolingInbox spooling ? spooling.inner() : inbox;
        return inner instanceof SqlInbox sql ? sql : null;
    }

    static SqlInbox open(SqlDialect dialect, ProcessLock lock) {
        return open(dialect, lock, null);
    }

    private static SqlInbox open(SqlDialect dialect, ProcessLock lock, @Nullable Connection anchor) {
        String restored;
        try {
            // This comes before the writer has a connection, because closing one could write a log into another file.
            restored = dialect.watch().open(lock);
        } catch (StoreException e) {
            lock.close();
            throw e;
        }
        SqlInbox inbox = new SqlInbox(dialect, lock, anchor);
        inbox.writer.start();
        try {
            inbox.await(inbox.writer.submit(inbox::migrate));
            if (restored != null) {
                // This comes before the files are marked as this run's, so that after a crash between the two it is
                // found again.
                ReconcileStore.hold(inbox, restored);
            }
            if (lock.alone()) {
                inbox.await(inbox.writer.submit(inbox::freeLeases));
            }
            dialect.watch().opened();
        } catch (StoreException e) {
            inbox.close();
            throw e;
        }
        return inbox;
    }

    @Override
    public CompletionStage<StoreResult> store(VerifiedDelivery delivery) {
        if (storing.incrementAndGet() > MAX_WAITING) {
            storing.decrementAndGet();
            return CompletableFuture.failedStage(
                    new StoreException("more than " + MAX_WAITING + " events wait for " + dialect.place(), null));
        }
        // Many threads write the JSON here, rather than the one thread that commits for all.
        delivery.payload();
        return writer.submit(GroupCommit.Kind.DURABLE, storeAll, delivery)
                .whenComplete((result, failure) -> storing.decrementAndGet());
    }

    /** Stores an event with the marks of another inbox. */
    CompletionStage<StoreResult> store(VerifiedDelivery delivery, List<SqlProgress.Mark> marks) {
        return writer.submit(connection -> {
            StoreResult result = storeAll(connection, List.of(delivery)).get(0);
            SqlProgress.write(connection, StoredKey.of(delivery), marks);
            return result;
        });
    }

    @Override
    public CompletionStage<Void> storeInOrder(List<VerifiedDelivery> deliveries) {
        List<VerifiedDelivery> copy = List.copyOf(deliveries);
        return writer.submit(connection -> storeAll(connection, copy)).thenAccept(ignored -> {});
    }

    @Override
    public CompletionStage<StoreResult> store(ReconciledClose close) {
        return store(close, List.of());
    }

    /** Stores a reconciled close with the marks of another inbox. */
    CompletionStage<StoreResult> store(ReconciledClose close, List<SqlProgress.Mark> marks) {
        return writer.submit(connection -> {
            StoreResult result = ledger.move(connection, close);
            SqlProgress.write(connection, StoredKey.of(close.idempotencyKey(), close.closedAt()), marks);
            return result;
        });
    }

    HandOver handOver() {
        return handOver;
    }

    SessionLedger ledger() {
        return ledger;
    }

    SqlDialect dialect() {
        return dialect;
    }

    /** Runs work in a transaction of its own, on the calling thread, beside the writer. */
    <T> T transaction(GroupCommit.Work<T> work) {
        List<T> result = new ArrayList<>(1);
        try {
            transactions.run(connection -> result.add(work.run(connection)));
        } catch (RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw StoreException.because("cannot write to " + dialect.place(), e);
        }
        return result.get(0);
    }

    @Override
    public List<LeasedDelivery> lease(LeaseRequest request) {
        return leases.leased(
                request,
                await(writer.submit(GroupCommit.Kind.WRITTEN, connection -> leases.lease(connection, request))));
    }

    @Override
    public void renew(Collection<LeasedDelivery> leases, Instant until) {
        List<LeasedDelivery> copy = List.copyOf(leases);
        await(writer.submit(GroupCommit.Kind.WRITTEN, connection -> this.leases.renew(connection, copy, until)));
    }

    @Override
    public CompletionStage<Boolean> settle(LeasedDelivery lease, Settlement settlement, Instant now) {
        return writer.submit(GroupCommit.Kind.LAZY, settleAll, new SqlLeases.Settled(lease, settlement, now));
    }

    @Override
    public boolean commitOnce(LeasedDelivery lease, String part, EventContext.Transaction work, Instant now)
            throws Exception {
        return transactions.run(connection -> SqlProgress.commitOnce(connection, lease, part, work, now));
    }

    @Override
    public Backlog backlog() {
        return await(writer.submit(SqlInbox::backlog));
    }

    @Override
    public Portals portals() {
        TrustLog log =
                new TrustLog(after -> writer.submit(connection -> TrustLog.since(connection, after)), dialect.shared());
        Portals portals = new Portals(log);
        await(log.refresh(portals::apply));
        return portals;
    }

    @Override
    public List<TrustLog.Row> trusted() {
        return run(connection -> TrustLog.since(connection, 0));
    }

    @Override
    public void trust(TrustChange change) {
        run(connection -> {
            TrustLog.write(connection, dialect, change);
            return change;
        });
    }

    @Override
    public DeadLetters deadLetters() {
        return new SqlDeadLetters(this);
    }

    @Override
    public int purge(Instant finishedBefore) {
        return forget("done", finishedBefore);
    }

    /**
     * Deletes events that have been in a state since before a time, in portions, so that arriving events are
     * acknowledged in between.
     */
    int forget(String state, Instant finishedBefore) {
        int count = 0;
        int portion = PORTION;
        while (portion == PORTION) {
            portion = run(connection -> forget(connection, state, finishedBefore));
            count += portion;
        }
        return count;
    }

    @Override
    public void probe() {
        await(writer.submit(SqlInbox::probe));
    }

    <T> T run(GroupCommit.Work<T> work) {
        return await(writer.submit(work));
    }

    @Override
    public void close() {
        transactions.close();
        writer.close();
        dialect.watch().end();
        lock.close();
        if (anchor != null) {
            SqlTransactions.discard(anchor);
        }
    }

    private List<StoreResult> storeAll(Connection connection, List<VerifiedDelivery> deliveries) throws SQLException {
        List<StoreResult> results = ledger.store(connection, deliveries);
        for (int i = 0; i < results.size(); i++) {
            TrustChange change = deliveries.get(i).change();
            if (change != null && change.applies(results.get(i))) {
                TrustLog.write(connection, dialect, change);
            }
        }
        return results;
    }

    private static Backlog backlog(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("""
                        select
                          (select count(*) from inbox where state = 'waiting'),
                          (select count(*) from inbox where state = 'dead'),
                          (select min(received_at) from inbox where state = 'waiting')""")) {
            row.next();
            long oldest = row.getLong(3);
            Instant oldestWaiting = row.wasNull() ? null : Instant.ofEpochMilli(oldest);
            return new Backlog(row.getLong(1), row.getLong(2), oldestWaiting);
        }
    }

    private int forget(Connection connection, String state, Instant finishedBefore) throws SQLException {
        try (PreparedStatement delete = connection.prepareStatement(forget)) {
            delete.setString(1, state);
            delete.setLong(2, finishedBefore.toEpochMilli());
            return delete.executeUpdate();
        }
    }

    /**
     * Writes as many pages as an event does, because fewer may still fit on a disk that is nearly full. No reader sees
     * them.
     */
    private static int probe(Connection connection) throws SQLException {
        String key = UUID.randomUUID().toString();
        try (PreparedStatement insert = connection.prepareStatement("""
                        insert into inbox
                          (idempotency_key, member_id, event, order_key, payload, body_bytes, received_at, not_before)
                        values (?, '', '', ?, ?, 0, 0, 0)""");
                PreparedStatement delete = connection.prepareStatement("delete from inbox where idempotency_key = ?")) {
            insert.setString(1, key);
            insert.setString(2, key);
            insert.setString(3, PROBE);
            insert.executeUpdate();
            delete.setString(1, key);
            return delete.executeUpdate();
        }
    }

    private int migrate(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(dialect.lockSchema());
            statement.execute("create table if not exists openlines_schema (version integer not null)");
            int version = 0;
            try (ResultSet row = statement.executeQuery("select max(version) from openlines_schema")) {
                if (row.next()) {
                    version = row.getInt(1);
                }
            }
            if (version > SqlDialect.SCHEMA_VERSION) {
                throw new StoreException(
                        "expected a schema of version " + SqlDialect.SCHEMA_VERSION + " or older but found version "
                                + version + " in " + dialect.place(),
                        null);
            }
            for (int next = version + 1; next <= SqlDialect.SCHEMA_VERSION; next++) {
                if (SqlDialect.UNUSED_VERSIONS.contains(next)) {
                    continue;
                }
                if (next == StoredKey.SCHEMA_VERSION) {
                    StoredKey.migrate(connection, dialect);
                } else {
                    for (String step : dialect.schema(next)) {
                        statement.execute(step);
                    }
                }
                statement.execute("insert into openlines_schema (version) values (" + next + ")");
            }
            return version;
        }
    }

    /** Frees the leases of dead processes. The first due comes first, so the events keep their order. */
    private int freeLeases(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            return statement.executeUpdate("update reconcile_state set lease_until = 0 where lease_until > 0")
                    + statement.executeUpdate("""
                            update inbox set not_before = received_at, lease_owner = null, lease_until = null
                            where state = 'waiting' and lease_owner is not null""");
        }
    }

    private <T> T await(CompletableFuture<T> reply) {
        try {
            return reply.join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof StoreException store
                    ? new StoreException(String.valueOf(store.getMessage()), store)
                    : StoreException.because("cannot use " + dialect.place(), e.getCause() == null ? e : e.getCause());
        }
    }
}
