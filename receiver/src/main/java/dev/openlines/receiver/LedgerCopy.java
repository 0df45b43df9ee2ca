// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Copies the ledger of one SQL inbox into another, in portions; it may be interrupted and run again. */
final class LedgerCopy {

    private static final int PORTION = 500;

    private static final String STATE_COLUMNS = "member_id, since, watermark, swept_at, next_at, idle, last_success,"
            + " generation, accepted_until, held, utc_offset, offset_changed, most_missing";

    private static final String LATE_COLUMNS = "event_key, member_id, payload, received_at";

    private final SqlInbox from;
    private final SqlInbox to;

    LedgerCopy(SqlInbox from, SqlInbox to) {
        this.from = from;
        this.to = to;
    }

    int run() {
        int count = 0;
        LedgerRow last = null;
        List<LedgerRow> portion = next(null);
        while (!portion.isEmpty()) {
            List<LedgerRow> rows = portion.stream().filter(row -> !waits(row)).toList();
            count += to.run(connection -> put(connection, rows));
            last = portion.get(portion.size() - 1);
            portion = next(last);
        }
        table("session_late", LATE_COLUMNS, "event_key");
        table("reconcile_state", STATE_COLUMNS, "member_id");
        return count;
    }

    private List<LedgerRow> next(@Nullable LedgerRow after) {
        return from.run(connection -> {
            try (PreparedStatement select = connection.prepareStatement("select " + LedgerRow.COLUMNS
                    + " from session_close where (member_id, at, chat_id, event_key) > (?, ?, ?, ?)"
                    + " order by member_id, at, chat_id, event_key limit " + PORTION)) {
                select.setString(1, after == null ? "" : after.memberId());
                select.setLong(2, after == null ? 0 : after.at());
                select.setLong(3, after == null ? 0 : after.place().chatId());
                select.setString(4, after == null ? "" : after.key());
                try (ResultSet row = select.executeQuery()) {
                    List<LedgerRow> rows = new ArrayList<>();
                    while (row.next()) {
                        rows.add(LedgerRow.read(row));
                    }
                    return rows;
                }
            }
        });
    }

    private int put(Connection connection, List<LedgerRow> rows) throws SQLException {
        int count = 0;
        String locked = "";
        for (LedgerRow row : rows) {
            // The rows are in the order of portals, so two moves lock portals in one order and never block each other.
            if (!row.memberId().equals(locked)) {
                locked = row.memberId();
                to.ledger().lock(connection, locked);
            }
            LedgerRow known = known(connection, row);
            if (known == null) {
                SessionLedger.add(connection, SessionLedger.amongOthers(connection, row));
                count++;
            } else if (known.state() == LedgerRow.State.OPEN && row.state() != LedgerRow.State.OPEN) {
                SessionLedger.setState(connection, known, row);
            }
        }
        return count;
    }

    /** Tells whether the row's event still waits in the old inbox. */
    private boolean waits(LedgerRow row) {
        return from.run(connection -> {
            try (PreparedStatement select = connection.prepareStatement(
                    "select 1 from inbox where idempotency_key in (?, ?) and state = 'waiting'")) {
                select.setString(1, StoredKey.of(row.key(), Instant.ofEpochSecond(row.at())));
                // The key if the event does not say when it was sent.
                select.setString(2, StoredKey.of(row.key(), Instant.EPOCH));
                try (ResultSet found = select.executeQuery()) {
                    return found.next();
                }
            }
        });
    }

    private static @Nullable LedgerRow known(Connection connection, LedgerRow row) throws SQLException {
        return SessionLedger.read(connection, row.memberId(), row.at(), row.at()).stream()
                .filter(other -> other.key().equals(row.key())
                        && other.place().chatId() == row.place().chatId())
                .findFirst()
                .orElse(null);
    }

    private void table(String table, String columns, String key) {
        int width = columns.split(",").length;
        List<Object[]> rows = from.run(connection -> {
            try (PreparedStatement select = connection.prepareStatement("select " + columns + " from " + table);
                    ResultSet row = select.executeQuery()) {
                List<Object[]> all = new ArrayList<>();
                while (row.next()) {
                    Object[] values = new Object[width];
                    for (int i = 0; i < width; i++) {
                        values[i] = row.getObject(i + 1);
                    }
                    all.add(values);
                }
                return all;
            }
        });
        to.run(connection -> {
            try (PreparedStatement insert = connection.prepareStatement("insert into " + table + " (" + columns
                    + ") values (?" + ", ?".repeat(width - 1) + ") on conflict (" + key + ") do nothing")) {
                for (Object[] values : rows) {
                    for (int i = 0; i < width; i++) {
                        insert.setObject(i + 1, values[i] instanceof Integer number ? number.longValue() : values[i]);
                    }
                    insert.addBatch();
                }
                return Objects.requireNonNull(insert.executeBatch()).length;
            }
        });
    }
}
