// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The dead letters of a {@link SqlInbox}. */
final class SqlDeadLetters implements DeadLetters {

    private static final String SELECT = """
            select id, member_id, event, idempotency_key, payload, received_at, finished_at, dead_reason, attempts
            from inbox where state = 'dead' and\s""";

    private final SqlInbox inbox;

    SqlDeadLetters(SqlInbox inbox) {
        this.inbox = inbox;
    }

    @Override
    public List<DeadLetter> list(long after, int max) {
        return inbox.run(connection -> {
            try (PreparedStatement select = connection.prepareStatement(SELECT + "id > ? order by id limit ?")) {
                select.setLong(1, after);
                select.setInt(2, max);
                return read(select, List.of());
            }
        });
    }

    @Override
    public Optional<DeadLetter> show(long id) {
        return inbox.run(connection -> {
            try (PreparedStatement select = connection.prepareStatement(SELECT + "id = ?")) {
                select.setLong(1, id);
                return read(select, history(connection, id)).stream().findFirst();
            }
        });
    }

    @Override
    public boolean requeue(long id, Instant now) {
        return inbox.run(connection -> decide(connection, id, "waiting", "requeued", now));
    }

    @Override
    public boolean discard(long id, Instant now) {
        return inbox.run(connection -> decide(connection, id, "done", "discarded", now));
    }

    @Override
    public int purge(Instant diedBefore) {
        return inbox.forget("dead", diedBefore);
    }

    private static boolean decide(Connection connection, long id, String state, String outcome, Instant now)
            throws SQLException {
        try (PreparedStatement update = connection.prepareStatement("""
                update inbox set state = ?, not_before = ?, finished_at = ?, dead_reason = null, attempts = 0
                where state = 'dead' and id = ?""")) {
            update.setString(1, state);
            update.setLong(2, now.toEpochMilli());
            update.setLong(3, now.toEpochMilli());
            update.setLong(4, id);
            if (update.executeUpdate() == 0) {
                return false;
            }
        }
        SqlLeases.remember(connection, id, 0, now, outcome, "");
        return true;
    }

    private static List<DeadLetter> read(PreparedStatement select, List<DeadLetter.Attempt> history)
            throws SQLException {
        List<DeadLetter> letters = new ArrayList<>();
        try (ResultSet row = select.executeQuery()) {
            while (row.next()) {
                letters.add(new DeadLetter(
                        row.getLong(1),
                        row.getString(2),
                        row.getString(3),
                        StoredKey.idempotencyKey(row.getString(4)),
                        row.getString(5),
                        Instant.ofEpochMilli(row.getLong(6)),
                        Instant.ofEpochMilli(row.getLong(7)),
                        row.getString(8),
                        row.getInt(9),
                        history));
            }
        }
        return letters;
    }

    private static List<DeadLetter.Attempt> history(Connection connection, long id) throws SQLException {
        List<DeadLetter.Attempt> history = new ArrayList<>();
        try (PreparedStatement select = connection.prepareStatement(
                "select attempt, at, outcome, reason from inbox_history where inbox_id = ? order by at, attempt")) {
            select.setLong(1, id);
            try (ResultSet row = select.executeQuery()) {
                while (row.next()) {
                    history.add(new DeadLetter.Attempt(
                            row.getInt(1), Instant.ofEpochMilli(row.getLong(2)), row.getString(3), row.getString(4)));
                }
            }
        }
        return history;
    }
}
