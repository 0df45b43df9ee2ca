// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;

/**
 * The events of a {@link SqlInbox} that may have ended the process that handled them: their last attempt has no result.
 * The first such attempt may be another event's fault, since many are leased at a time. From then on an attempt is
 * noted in the event's history before it begins, and the note goes if it ends; one suspect is handled at a time by each
 * dispatcher. After the fourth crash the event is a dead letter.
 */
final class SqlSuspects {

    /** The number of crashes after which an event is not handled any more. */
    static final int CRASHES = 4;

    static final String REASON = CRASHES + " processes ended while they handled this";

    private static final String NOTE = "the process ended, or lost its lease, while it handled this";

    /** The time after which a suspect that waits for another is looked at again, unless that has ended before. */
    private static final Duration AGAIN = Duration.ofSeconds(1);

    private SqlSuspects() {}

    /** Returns how many attempts before a leased one have ended without a result, one after the other. */
    static int crashes(Connection connection, LeasedDelivery delivery) throws SQLException {
        Map<Integer, String> outcomes = new HashMap<>();
        try (PreparedStatement select = connection.prepareStatement("""
                select attempt, outcome from inbox_history
                where inbox_id = ? and attempt > 0 and at >= (
                  select coalesce(max(at), 0) from inbox_history where inbox_id = ? and outcome = 'requeued')""")) {
            select.setLong(1, delivery.id());
            select.setLong(2, delivery.id());
            try (ResultSet row = select.executeQuery()) {
                while (row.next()) {
                    outcomes.put(row.getInt(1), row.getString(2));
                }
            }
        }
        int attempt = delivery.attempt() - 1;
        if (outcomes.containsKey(attempt) && !"died".equals(outcomes.get(attempt))) {
            return 0;
        }
        int noted = 0;
        while ("died".equals(outcomes.get(attempt - noted))) {
            noted++;
        }
        // This adds the first attempt, which left no note.
        return Math.min(noted + 1, CRASHES);
    }

    /** Notes an attempt in advance, as if its process had ended. */
    static void note(Connection connection, LeasedDelivery delivery, Instant now) throws SQLException {
        SqlLeases.remember(connection, delivery.id(), delivery.attempt(), now, "died", NOTE);
    }

    /** Removes the note of an attempt, because the attempt has a result. */
    static void survived(Connection connection, LeasedDelivery delivery) throws SQLException {
        try (PreparedStatement delete = connection.prepareStatement(
                "delete from inbox_history where inbox_id = ? and attempt = ? and outcome = 'died'")) {
            delete.setLong(1, delivery.id());
            delete.setInt(2, delivery.attempt());
            delete.executeUpdate();
        }
    }

    /** Gives a lease back, because another suspect is being handled. */
    static void postpone(Connection connection, LeasedDelivery delivery, Instant now) throws SQLException {
        try (PreparedStatement update = connection.prepareStatement("""
                update inbox set attempts = attempts - 1, not_before = ?, lease_owner = null, lease_until = null
                where id = ?""")) {
            update.setLong(1, now.plus(AGAIN).toEpochMilli());
            update.setLong(2, delivery.id());
            update.executeUpdate();
        }
    }

    /** Makes an event due that was put off, and tells whether it still waits: it has not been leased since. */
    static boolean advance(Connection connection, long id, long lease, Instant now) throws SQLException {
        try (PreparedStatement update = connection.prepareStatement("""
                update inbox set not_before = ?
                where id = ? and leases = ? and state = 'waiting' and lease_owner is null""")) {
            update.setLong(1, now.toEpochMilli());
            update.setLong(2, id);
            update.setLong(3, lease);
            return update.executeUpdate() == 1;
        }
    }

    /** Makes a leased event a dead letter. */
    static void bury(Connection connection, LeasedDelivery delivery, Instant now) throws SQLException {
        try (PreparedStatement update = connection.prepareStatement("""
                update inbox set state = 'dead', attempts = attempts - 1, finished_at = ?, dead_reason = ?,
                  lease_owner = null, lease_until = null
                where id = ?""")) {
            update.setLong(1, now.toEpochMilli());
            update.setString(2, REASON);
            update.setLong(3, delivery.id());
            update.executeUpdate();
        }
        SqlLeases.remember(connection, delivery.id(), delivery.attempt(), now, "dead", REASON);
    }
}
