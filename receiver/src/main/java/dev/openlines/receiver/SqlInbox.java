// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Types;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;

/** An inbox in a relational database. Every write goes through one {@link GroupCommit}. */
final class SqlInbox implements Inbox {

    /** How many events may wait for their commit before further ones are turned away. */
    static final int MAX_WAITING = 10_000;

    private static final int REASON_CHARACTERS = 1000;

    private final SqlDialect dialect;
    private final GroupCommit writer;
    private final AtomicInteger storing = new AtomicInteger();
    private final ProcessLock lock;
    private final String lease;

    private SqlInbox(SqlDialect dialect, ProcessLock lock) {
        this.dialect = dialect;
        this.lock = lock;
        this.writer = new GroupCommit(dialect);
        this.lease = """
                update inbox
                set attempts = attempts + 1, lease_owner = ?, lease_until = ?, not_before = ?
                where id in (
                  select id from inbox where state = 'waiting' and not_before <= ?
                  order by not_before, id limit ? %s)
                returning id, member_id, event, idempotency_key, payload, received_at, attempts""".formatted(dialect.skipLocked());
    }

    static SqlInbox open(SqlDialect dialect, ProcessLock lock) {
        SqlInbox inbox = new SqlInbox(dialect, lock);
        inbox.writer.start();
        try {
            inbox.await(inbox.writer.submit(inbox::migrate));
            if (lock.alone()) {
                inbox.await(inbox.writer.submit(inbox::freeLeases));
            }
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
        CompletableFuture<StoreResult> reply = writer.submit(connection -> store(connection, delivery));
        return reply.whenComplete((result, failure) -> storing.decrementAndGet());
    }

    @Override
    public List<LeasedDelivery> lease(String owner, int max, Instant now, Instant until) {
        return await(writer.submit(connection -> lease(connection, owner, max, now, until)));
    }

    @Override
    public void renew(Collection<LeasedDelivery> leases, Instant until) {
        List<LeasedDelivery> copy = List.copyOf(leases);
        await(writer.submit(connection -> renew(connection, copy, until)));
    }

    @Override
    public CompletionStage<Boolean> settle(LeasedDelivery lease, Settlement settlement, Instant now) {
        return writer.submit(connection -> settle(connection, lease, settlement, now));
    }

    @Override
    public void close() {
        writer.close();
        lock.close();
    }

    private StoreResult store(Connection connection, VerifiedDelivery delivery) throws SQLException {
        try (PreparedStatement insert = connection.prepareStatement("""
                insert into inbox (idempotency_key, member_id, event, order_key, payload, body_bytes, received_at, not_before)
                values (?, ?, ?, ?, ?, ?, ?, ?) on conflict (idempotency_key) do nothing""")) {
            insert.setString(1, delivery.idempotencyKey());
            insert.setString(2, delivery.memberId());
            insert.setString(3, delivery.event());
            insert.setString(4, delivery.orderKey());
            insert.setString(5, delivery.payload());
            insert.setInt(6, delivery.bodyBytes());
            insert.setLong(7, delivery.receivedAt().toEpochMilli());
            insert.setLong(8, delivery.receivedAt().toEpochMilli());
            return insert.executeUpdate() == 1 ? StoreResult.STORED : duplicate(connection, delivery);
        }
    }

    private StoreResult duplicate(Connection connection, VerifiedDelivery delivery) throws SQLException {
        long id;
        try (PreparedStatement select =
                connection.prepareStatement("select id, payload from inbox where idempotency_key = ?")) {
            select.setString(1, delivery.idempotencyKey());
            try (ResultSet row = select.executeQuery()) {
                if (!row.next() || delivery.sameContent(row.getString(2))) {
                    return StoreResult.DUPLICATE;
                }
                id = row.getLong(1);
            }
        }
        try (PreparedStatement insert = connection.prepareStatement("""
                insert into inbox_conflict (inbox_id, payload, received_at)
                values (?, ?, ?) on conflict (inbox_id, payload) do nothing""")) {
            insert.setLong(1, id);
            insert.setString(2, delivery.payload());
            insert.setLong(3, delivery.receivedAt().toEpochMilli());
            insert.executeUpdate();
        }
        return StoreResult.CONFLICT;
    }

    private List<LeasedDelivery> lease(Connection connection, String owner, int max, Instant now, Instant until)
            throws SQLException {
        List<LeasedDelivery> leased = new ArrayList<>();
        try (PreparedStatement update = connection.prepareStatement(lease)) {
            update.setString(1, owner);
            update.setLong(2, until.toEpochMilli());
            update.setLong(3, until.toEpochMilli());
            update.setLong(4, now.toEpochMilli());
            update.setInt(5, max);
            try (ResultSet row = update.executeQuery()) {
                while (row.next()) {
                    leased.add(new LeasedDelivery(
                            row.getLong(1),
                            row.getString(2),
                            row.getString(3),
                            row.getString(4),
                            row.getString(5),
                            Instant.ofEpochMilli(row.getLong(6)),
                            row.getInt(7),
                            owner));
                }
            }
        }
        leased.sort(Comparator.comparingLong(LeasedDelivery::id));
        return leased;
    }

    private int renew(Connection connection, List<LeasedDelivery> leases, Instant until) throws SQLException {
        try (PreparedStatement update = connection.prepareStatement("""
                update inbox set lease_until = ?, not_before = ?
                where id = ? and state = 'waiting' and lease_owner = ? and attempts = ?""")) {
            for (LeasedDelivery lease : leases) {
                update.setLong(1, until.toEpochMilli());
                update.setLong(2, until.toEpochMilli());
                update.setLong(3, lease.id());
                update.setString(4, lease.owner());
                update.setInt(5, lease.attempt());
                update.addBatch();
            }
            return update.executeBatch().length;
        }
    }

    private boolean settle(Connection connection, LeasedDelivery lease, Settlement settlement, Instant now)
            throws SQLException {
        String state = "waiting";
        long notBefore = 0;
        String reason = "";
        if (settlement instanceof Settlement.Done) {
            state = "done";
        } else if (settlement instanceof Settlement.Retry retry) {
            notBefore = retry.at().toEpochMilli();
            reason = shorten(retry.reason());
        } else if (settlement instanceof Settlement.Dead dead) {
            state = "dead";
            reason = shorten(dead.reason());
        }
        boolean release = settlement instanceof Settlement.Release;
        try (PreparedStatement update = connection.prepareStatement("""
                update inbox
                set state = ?, not_before = ?, attempts = attempts - ?, finished_at = ?, dead_reason = ?, lease_owner = null, lease_until = null
                where id = ? and state = 'waiting' and lease_owner = ? and attempts = ?""")) {
            update.setString(1, state);
            update.setLong(2, notBefore);
            update.setInt(3, release ? 1 : 0);
            if (state.equals("waiting")) {
                update.setNull(4, Types.BIGINT);
            } else {
                update.setLong(4, now.toEpochMilli());
            }
            update.setString(5, state.equals("dead") ? reason : null);
            update.setLong(6, lease.id());
            update.setString(7, lease.owner());
            update.setInt(8, lease.attempt());
            if (update.executeUpdate() == 0) {
                return false;
            }
        }
        if (!(settlement instanceof Settlement.Done) && !release) {
            remember(connection, lease, now, state.equals("dead") ? "dead" : "retry", reason);
        }
        return true;
    }

    private static void remember(
            Connection connection, LeasedDelivery lease, Instant now, String outcome, String reason)
            throws SQLException {
        try (PreparedStatement insert = connection.prepareStatement(
                "insert into inbox_history (inbox_id, attempt, at, outcome, reason) values (?, ?, ?, ?, ?)")) {
            insert.setLong(1, lease.id());
            insert.setInt(2, lease.attempt());
            insert.setLong(3, now.toEpochMilli());
            insert.setString(4, outcome);
            insert.setString(5, reason);
            insert.executeUpdate();
        }
    }

    private int migrate(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute("create table if not exists openlines_schema (version integer not null)");
            int version = 0;
            try (ResultSet row = statement.executeQuery("select max(version) from openlines_schema")) {
                if (row.next()) {
                    version = row.getInt(1);
                }
            }
            if (version > dialect.schemaVersion()) {
                throw new StoreException(
                        "expected a schema of version " + dialect.schemaVersion() + " or older but found version "
                                + version + " in " + dialect.place(),
                        null);
            }
            for (int next = version + 1; next <= dialect.schemaVersion(); next++) {
                for (String step : dialect.schema(next)) {
                    statement.execute(step);
                }
                statement.execute("insert into openlines_schema (version) values (" + next + ")");
            }
            return version;
        }
    }

    /** Whoever held these leases is dead. The first due comes first, so they keep their order. */
    private int freeLeases(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            return statement.executeUpdate("""
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
                    : new StoreException("cannot use " + dialect.place(), e.getCause());
        }
    }

    private static String shorten(String reason) {
        return reason.length() <= REASON_CHARACTERS ? reason : reason.substring(0, REASON_CHARACTERS);
    }
}
