// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Types;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The progress of each portal's comparison, and the lease of the node that may continue it: table {@code
 * reconcile_state}. A lease has an owner and a generation. Until it ends by the database's clock, its owner may go on.
 * After that another node may take it, which begins a new generation. It is extended after each answer of the portal,
 * and in the transaction of each page, after the lock that keeps events of the portal out. So a node that was suspended
 * until another took its lease writes nothing.
 */
final class ReconcileStore {

    private static final Logger LOG = LoggerFactory.getLogger(ReconcileStore.class);

    /**
     * The key of a row that is no portal. It holds the portals that were not known when all portals were held, and
     * identifies the PostgreSQL server.
     */
    private static final String ALL = "";

    private static final String COLUMNS = "since, watermark, swept_at, next_at, idle, last_success, generation,"
            + " accepted_until, held, utc_offset, offset_changed, most_missing";

    private final SqlInbox inbox;
    private final String now;
    private final Duration length;
    private final @Nullable Instant since;

    /**
     * Reads nothing yet.
     *
     * @param length how long a lease lasts
     * @param since when the first comparison of a portal begins, or null for now
     */
    ReconcileStore(SqlInbox inbox, Duration length, @Nullable Instant since) {
        this.inbox = inbox;
        this.now = inbox.dialect().now();
        this.length = length;
        this.since = since;
    }

    /**
     * The state of a portal. Seconds are of the portal's clock.
     *
     * @param since the earliest second that is asked for
     * @param watermark everything up to this second has been compared
     * @param sweptAt when the last sweep ended, by the database's clock
     * @param nextAt the next comparison begins no earlier than this, by the database's clock
     * @param idle how many runs in a row have found no activity
     * @param lastSuccess when the last run ended well, by the database's clock
     * @param acceptedUntil the operator has accepted what is missing up to this second
     * @param held why nothing is inserted until the operator accepts it, or null
     * @param offset the offset of the portal's times in the last list, or null
     * @param offsetChanged when that changed last, or 0
     * @param mostMissing how many closes were missing in the run that found most
     */
    record State(
            long since,
            long watermark,
            Instant sweptAt,
            Instant nextAt,
            int idle,
            Instant lastSuccess,
            long generation,
            long acceptedUntil,
            @Nullable String held,
            @Nullable Integer offset,
            long offsetChanged,
            int mostMissing) {

        private static State read(ResultSet row) throws SQLException {
            return new State(
                    row.getLong(1),
                    row.getLong(2),
                    Instant.ofEpochMilli(row.getLong(3)),
                    Instant.ofEpochMilli(row.getLong(4)),
                    row.getInt(5),
                    Instant.ofEpochMilli(row.getLong(6)),
                    row.getLong(7),
                    row.getLong(8),
                    row.getString(9),
                    row.getObject(10) == null ? null : row.getInt(10),
                    row.getLong(11),
                    row.getInt(12));
        }
    }

    /** The right to compare a portal for some time. */
    record Lease(String memberId, String owner, State state) {}

    /** Another node has the lease. */
    static final class LeaseLostException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        LeaseLostException(String memberId) {
            super("the lease of portal " + memberId + " has passed to another node");
        }
    }

    /**
     * Returns the state of a portal. A new portal begins now, or at the time that is set, but within the ledger's
     * reach, or with its first event in the ledger. If that is before a hold of all portals, the new one is held too.
     */
    State state(String memberId) {
        return inbox.transaction(connection -> {
            try (PreparedStatement insert = connection.prepareStatement("insert into reconcile_state"
                    + " (member_id, since, watermark, held) select ?, first.at, first.at,"
                    + " (select everything.held from reconcile_state everything where everything.member_id = '" + ALL
                    + "' and first.at < everything.since) from (select min(at) as at from"
                    + " (select min(at) as at from session_close where member_id = ? union all"
                    + " select case when ? < reach then reach else ? end from (select " + now + " / 1000 - "
                    + SessionLedger.SWEEP.toSeconds() + " as reach) earliest union all select " + now
                    + " / 1000) times) first where true on conflict (member_id) do nothing")) {
                long begin = since == null ? Long.MAX_VALUE : since.getEpochSecond();
                insert.setString(1, memberId);
                insert.setString(2, memberId);
                insert.setLong(3, begin);
                insert.setLong(4, begin);
                insert.executeUpdate();
            }
            try (PreparedStatement select =
                    connection.prepareStatement("select " + COLUMNS + " from reconcile_state where member_id = ?")) {
                select.setString(1, memberId);
                try (ResultSet row = select.executeQuery()) {
                    row.next();
                    return State.read(row);
                }
            }
        });
    }

    /**
     * Takes the lease of a portal, unless another node has it.
     *
     * @param early whether to take it before the next comparison is due
     */
    Optional<Lease> acquire(String memberId, String owner, boolean early) {
        return inbox.transaction(connection -> {
            try (PreparedStatement update = connection.prepareStatement("update reconcile_state set lease_owner = ?,"
                    + " lease_until = " + now + " + ?, generation = generation + 1 where member_id = ?"
                    + " and lease_until <= " + now + (early ? "" : " and next_at <= " + now) + " returning "
                    + COLUMNS)) {
                update.setString(1, owner);
                update.setLong(2, length.toMillis());
                update.setString(3, memberId);
                try (ResultSet row = update.executeQuery()) {
                    return row.next() ? Optional.of(new Lease(memberId, owner, State.read(row))) : Optional.empty();
                }
            }
        });
    }

    /**
     * Works in one transaction, during which no event of the portal is stored, and extends the lease.
     *
     * @throws LeaseLostException if another node has taken the lease
     */
    <T> T inLease(Lease lease, GroupCommit.Work<T> work) {
        return inbox.transaction(connection -> {
            inbox.ledger().lock(connection, lease.memberId());
            if (!extend(connection, lease)) {
                throw new LeaseLostException(lease.memberId());
            }
            return work.run(connection);
        });
    }

    /** Extends a lease. Returns false if another node has taken it, or if it was released. */
    boolean renew(Lease lease) {
        return inbox.transaction(connection -> extend(connection, lease));
    }

    private boolean extend(Connection connection, Lease lease) throws SQLException {
        try (PreparedStatement update = connection.prepareStatement("update reconcile_state set lease_until = " + now
                + " + ? where member_id = ? and lease_owner = ? and generation = ? and lease_until > 0")) {
            update.setLong(1, length.toMillis());
            update.setString(2, lease.memberId());
            update.setString(3, lease.owner());
            update.setLong(4, lease.state().generation());
            return update.executeUpdate() == 1;
        }
    }

    /** Moves the watermark forward, in the transaction of a page. */
    static void advance(Connection connection, String memberId, long watermark) throws SQLException {
        try (PreparedStatement update = connection.prepareStatement(
                "update reconcile_state set watermark = ? where member_id = ? and watermark < ?")) {
            update.setLong(1, watermark);
            update.setString(2, memberId);
            update.setLong(3, watermark);
            update.executeUpdate();
        }
    }

    /**
     * Ends a lease after a run.
     *
     * @param next the time until the next run, or null to leave it unchanged, as after a sweep
     * @param run the findings of the run, or null if it failed
     */
    void release(Lease lease, @Nullable Duration next, ReconcileRun.@Nullable Seen run) {
        inbox.transaction(connection -> {
            try (PreparedStatement update = connection.prepareStatement("update reconcile_state set lease_until = 0,"
                    + " next_at = case when ? then " + now + " + ? else next_at end"
                    + " where member_id = ? and lease_owner = ? and generation = ?")) {
                update.setBoolean(1, next != null);
                update.setLong(2, next == null ? 0 : next.toMillis());
                update.setString(3, lease.memberId());
                update.setString(4, lease.owner());
                update.setLong(5, lease.state().generation());
                if (update.executeUpdate() == 0 || run == null) {
                    return false;
                }
            }
            try (PreparedStatement update = connection.prepareStatement("update reconcile_state set last_success = "
                    + now + ", swept_at = case when ? then " + now + " else swept_at end, idle = ?,"
                    + " utc_offset = coalesce(?, utc_offset), offset_changed = ?,"
                    + " most_missing = case when most_missing < ? then ? else most_missing end where member_id = ?")) {
                update.setBoolean(1, run.sweep());
                int idle = lease.state().idle();
                update.setInt(2, run.active() ? 0 : run.sweep() ? idle : Math.min(idle + 1, 20));
                if (run.offset() == null) {
                    update.setNull(3, Types.INTEGER);
                } else {
                    update.setInt(3, run.offset());
                }
                update.setLong(4, run.offsetChanged());
                update.setInt(5, run.missing());
                update.setInt(6, run.missing());
                update.setString(7, lease.memberId());
                return update.executeUpdate() == 1;
            }
        });
    }

    /**
     * Stops inserting until the operator accepts it, as after a restore. This holds every known portal, also one that
     * is known only by an event, and a portal whose first comparison will begin before now.
     */
    static void hold(SqlInbox inbox, String why) {
        inbox.run(connection -> hold(inbox, connection, why));
    }

    private static boolean hold(SqlInbox inbox, Connection connection, String why) throws SQLException {
        LOG.warn(
                "reason=reconcile-held place={}: {}; look at a dry run, then accept it",
                inbox.dialect().place(),
                why);
        try (PreparedStatement mark = connection.prepareStatement("insert into reconcile_state (member_id, since,"
                + " watermark) values ('" + ALL + "', " + inbox.dialect().now() + " / 1000, 0)"
                + " on conflict (member_id) do update set since = excluded.since")) {
            mark.executeUpdate();
        }
        try (PreparedStatement insert = connection.prepareStatement("""
                insert into reconcile_state (member_id, since, watermark)
                select member_id, min(at), min(at) from session_close where true group by member_id
                on conflict (member_id) do nothing""")) {
            insert.executeUpdate();
        }
        try (PreparedStatement update = connection.prepareStatement("update reconcile_state set held = ?")) {
            update.setString(1, why);
            return update.executeUpdate() > 0;
        }
    }

    /**
     * Holds every portal if this PostgreSQL is not the one that was compared before: the tables were restored from a
     * dump, the server was recovered to an earlier time, or another one has taken over. Such a database may lack events
     * that were handled. An SQLite inbox checks this when it is opened.
     */
    void noticeRestore() {
        if (!inbox.dialect().shared()) {
            return;
        }
        inbox.transaction(connection -> {
            String known = null;
            try (PreparedStatement select = connection.prepareStatement(
                            "select lease_owner from reconcile_state where member_id = '" + ALL + "'");
                    ResultSet row = select.executeQuery()) {
                known = row.next() ? row.getString(1) : null;
            }
            String found = identity(connection);
            if (found.equals(known)) {
                return false;
            }
            if (known != null) {
                hold(inbox, connection, "the database was restored, or another server has taken it over");
            }
            try (PreparedStatement mark = connection.prepareStatement("insert into reconcile_state (member_id, since,"
                    + " watermark, lease_owner) values ('" + ALL + "', 0, 0, ?)"
                    + " on conflict (member_id) do update set lease_owner = excluded.lease_owner")) {
                mark.setString(1, found);
                return mark.executeUpdate() > 0;
            }
        });
    }

    /**
     * Returns an identity that differs after a restore, made of the cluster, its timeline, the database and the table.
     */
    private static String identity(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            boolean cluster;
            try (ResultSet row =
                    statement.executeQuery("select has_function_privilege('pg_control_system()', 'execute')")) {
                cluster = row.next() && row.getBoolean(1);
            }
            try (ResultSet row = statement.executeQuery("select "
                    + (cluster ? "(select system_identifier from pg_control_system())" : "0")
                    + " || '/' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) || '/' || (select oid from"
                    + " pg_database where datname = current_database()) || '/' || 'reconcile_state'::regclass::oid")) {
                row.next();
                return row.getString(1);
            }
        }
    }

    /** Accepts all missing closes of a portal up to a second, and ends a hold. */
    void accept(String memberId, long until) {
        inbox.transaction(connection -> {
            try (PreparedStatement update = connection.prepareStatement(
                    "update reconcile_state set held = null, accepted_until = ?, next_at = 0 where member_id = ?")) {
                update.setLong(1, until);
                update.setString(2, memberId);
                return update.executeUpdate();
            }
        });
    }
}
