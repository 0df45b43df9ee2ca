// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The marks of the parts of events whose work is committed. A mark is in the commit of its work, and it goes with its
 * event.
 */
final class SqlProgress {

    private static final String LEASED = " where id = ? and state = 'waiting' and lease_owner = ? and leases = ?";

    private SqlProgress() {}

    /**
     * Does work and marks it. Returns whether to commit, which is false if the part is already marked.
     *
     * <p>The mark is written first, so that two owners of one event wait for each other and not for the work. The
     * lease is looked at last, and its row locked only then: the writer extends leases meanwhile.
     */
    static boolean commitOnce(
            Connection connection, LeasedDelivery lease, String part, EventContext.Transaction work, Instant now)
            throws Exception {
        held(connection, "select id from inbox" + LEASED, lease);
        if (!mark(connection, lease.id(), part, now.toEpochMilli())) {
            return false;
        }
        work.run(SqlTransactions.guarded(connection));
        held(connection, "update inbox set lease_owner = lease_owner" + LEASED + " returning id", lease);
        return true;
    }

    private static void held(Connection connection, String sql, LeasedDelivery lease) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setLong(1, lease.id());
            statement.setString(2, lease.owner());
            statement.setLong(3, lease.lease());
            try (ResultSet row = statement.executeQuery()) {
                if (!row.next()) {
                    throw new StoreException("the lease has passed to another owner", null);
                }
            }
        }
    }

    private static boolean mark(Connection connection, long id, String part, long at) throws SQLException {
        try (PreparedStatement insert = connection.prepareStatement(
                "insert into inbox_progress (inbox_id, part, committed_at) values (?, ?, ?) on conflict do nothing")) {
            insert.setLong(1, id);
            insert.setString(2, part);
            insert.setLong(3, at);
            return insert.executeUpdate() == 1;
        }
    }

    /** A marked part of an event, and when it was committed. */
    record Mark(String part, long at) {}

    /** Returns the marks of events, by the events' ids. */
    static Map<Long, List<Mark>> of(Connection connection, List<LeasedDelivery> events) throws SQLException {
        Map<Long, List<Mark>> marks = new HashMap<>();
        try (PreparedStatement select =
                connection.prepareStatement("select part, committed_at from inbox_progress where inbox_id = ?")) {
            for (LeasedDelivery event : events) {
                select.setLong(1, event.id());
                try (ResultSet row = select.executeQuery()) {
                    while (row.next()) {
                        marks.computeIfAbsent(event.id(), id -> new ArrayList<>())
                                .add(new Mark(row.getString(1), row.getLong(2)));
                    }
                }
            }
        }
        return marks;
    }

    /** Gives an event that is stored here the marks it had in another inbox. */
    static void write(Connection connection, String storedKey, List<Mark> marks) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement("select id from inbox where idempotency_key = ?")) {
            select.setString(1, storedKey);
            try (ResultSet row = select.executeQuery()) {
                if (row.next()) {
                    for (Mark mark : marks) {
                        mark(connection, row.getLong(1), mark.part(), mark.at());
                    }
                }
            }
        }
    }
}
