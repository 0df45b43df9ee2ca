// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import dev.openlines.model.OnSessionFinish;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Stores the events of one commit: those whose key is new, and the differing parts of the others. Used by the thread
 * that commits.
 */
abstract sealed class SqlInsert {

    /** Inserts the new events, and returns for each event whether it was new. */
    abstract boolean[] insert(Connection connection, List<VerifiedDelivery> deliveries) throws SQLException;

    List<StoreResult> run(Connection connection, List<VerifiedDelivery> deliveries) throws SQLException {
        boolean[] inserted = insert(connection, deliveries);
        List<StoreResult> results = new ArrayList<>(inserted.length);
        for (int i = 0; i < inserted.length; i++) {
            if (inserted[i]) {
                furtherChats(connection, deliveries.get(i));
            }
            results.add(inserted[i] ? StoreResult.STORED : duplicate(connection, deliveries.get(i)));
        }
        return results;
    }

    /** Returns the key of the event's first chat, or an empty text if it has none. */
    static String firstChat(VerifiedDelivery delivery) {
        List<String> keys = delivery.orderKeys();
        return keys.isEmpty() ? "" : keys.get(0);
    }

    private static void furtherChats(Connection connection, VerifiedDelivery delivery) throws SQLException {
        List<String> keys = delivery.orderKeys();
        if (keys.size() < 2) {
            return;
        }
        try (PreparedStatement insert = connection.prepareStatement("""
                insert into inbox_chat (order_key, inbox_id) select ?, id from inbox where idempotency_key = ?""")) {
            for (String key : keys.subList(1, keys.size())) {
                insert.setString(1, key);
                insert.setString(2, StoredKey.of(delivery));
                insert.addBatch();
            }
            insert.executeBatch();
        }
    }

    static StoreResult duplicate(Connection connection, VerifiedDelivery delivery) throws SQLException {
        long id;
        try (PreparedStatement select =
                connection.prepareStatement("select id, payload from inbox where idempotency_key = ?")) {
            select.setString(1, StoredKey.of(delivery));
            try (ResultSet row = select.executeQuery()) {
                if (!row.next() || delivery.sameContent(row.getString(2))) {
                    return StoreResult.DUPLICATE;
                }
                id = row.getLong(1);
            }
        }
        try (PreparedStatement insert = connection.prepareStatement("""
                insert into inbox_conflict (inbox_id, payload, received_at)
                values (?, ?, ?) on conflict do nothing""")) {
            insert.setLong(1, id);
            insert.setString(2, delivery.payload());
            insert.setLong(3, delivery.receivedAt().toEpochMilli());
            insert.executeUpdate();
        }
        return StoreResult.CONFLICT;
    }

    /** Inserts a close that no event brought, unless it is there. */
    static boolean reconciled(Connection connection, ReconciledClose close) throws SQLException {
        try (PreparedStatement insert = connection.prepareStatement("""
                insert into inbox
                  (idempotency_key, member_id, event, order_key, payload, body_bytes, received_at, not_before, origin,
                   session_id, closed_at)
                values (?, ?, ?, ?, ?, 0, ?, ?, ?, ?, ?) on conflict (idempotency_key) do nothing""")) {
            insert.setString(1, StoredKey.of(close.idempotencyKey(), close.closedAt()));
            insert.setString(2, close.memberId());
            insert.setString(3, OnSessionFinish.CODE);
            insert.setString(4, close.orderKey());
            insert.setString(5, close.payload());
            insert.setLong(6, close.foundAt().toEpochMilli());
            insert.setLong(7, close.foundAt().toEpochMilli());
            insert.setString(8, Origin.RECONCILED.stored());
            insert.setLong(9, close.sessionId());
            insert.setLong(10, close.closedAt().getEpochSecond());
            return insert.executeUpdate() == 1;
        }
    }

    /**
     * Inserts one by one, for an engine in this process. The statement is kept, because preparing it costs as much as
     * two events.
     */
    static final class OneByOne extends SqlInsert {

        private @Nullable PreparedStatement kept;
        private @Nullable Connection of;

        @Override
        boolean[] insert(Connection connection, List<VerifiedDelivery> deliveries) throws SQLException {
            PreparedStatement insert = kept;
            if (insert == null || of != connection) {
                insert = connection.prepareStatement("""
                        insert into inbox
                          (idempotency_key, member_id, event, order_key, payload, body_bytes, received_at, not_before,
                           origin)
                        values (?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict (idempotency_key) do nothing""");
            }
            // The statement is kept again only if nothing goes wrong.
            kept = null;
            of = connection;
            try {
                boolean[] inserted = run(insert, deliveries);
                kept = insert;
                return inserted;
            } finally {
                if (kept == null) {
                    insert.close();
                }
            }
        }

        private static boolean[] run(PreparedStatement insert, List<VerifiedDelivery> deliveries) throws SQLException {
            for (VerifiedDelivery delivery : deliveries) {
                insert.setString(1, StoredKey.of(delivery));
                insert.setString(2, delivery.memberId());
                insert.setString(3, delivery.event());
                insert.setString(4, firstChat(delivery));
                insert.setString(5, delivery.payload());
                insert.setInt(6, delivery.bodyBytes());
                insert.setLong(7, delivery.receivedAt().toEpochMilli());
                insert.setLong(8, delivery.receivedAt().toEpochMilli());
                insert.setString(9, delivery.origin().stored());
                insert.addBatch();
            }
            int[] counts = insert.executeBatch();
            boolean[] inserted = new boolean[counts.length];
            for (int i = 0; i < counts.length; i++) {
                inserted[i] = counts[i] == 1;
            }
            return inserted;
        }
    }

    /** Inserts up to 64 events with one statement, for an engine behind a socket. More at a time was no faster. */
    static final class Together extends SqlInsert {

        private static final int PORTION = 64;

        @Override
        boolean[] insert(Connection connection, List<VerifiedDelivery> deliveries) throws SQLException {
            boolean[] inserted = new boolean[deliveries.size()];
            for (int from = 0; from < inserted.length; from += PORTION) {
                List<VerifiedDelivery> portion = deliveries.subList(from, Math.min(from + PORTION, inserted.length));
                Set<String> keys = insertPortion(connection, portion);
                for (int i = 0; i < portion.size(); i++) {
                    // If several events have one key, the first was inserted.
                    inserted[from + i] = keys.remove(StoredKey.of(portion.get(i)));
                }
            }
            return inserted;
        }

        private static Set<String> insertPortion(Connection connection, List<VerifiedDelivery> deliveries)
                throws SQLException {
            Set<String> inserted = new HashSet<>();
            try (PreparedStatement insert = connection.prepareStatement("""
                    insert into inbox
                      (idempotency_key, member_id, event, order_key, payload, body_bytes, received_at, not_before,
                       origin)
                    select k, m, e, o, p, b, r, r, w
                    from unnest(?::text[], ?::text[], ?::text[], ?::text[], ?::text[], ?::integer[], ?::bigint[],
                        ?::text[])
                      with ordinality as portion (k, m, e, o, p, b, r, w, place)
                    order by place
                    on conflict (idempotency_key) do nothing
                    returning idempotency_key""")) {
                // Arrays of these types are sent in binary form, arrays of objects as escaped text.
                setTexts(insert, 1, deliveries, StoredKey::of);
                setTexts(insert, 2, deliveries, VerifiedDelivery::memberId);
                setTexts(insert, 3, deliveries, VerifiedDelivery::event);
                setTexts(insert, 4, deliveries, SqlInsert::firstChat);
                setTexts(insert, 5, deliveries, VerifiedDelivery::payload);
                Integer[] bodyBytes =
                        deliveries.stream().map(VerifiedDelivery::bodyBytes).toArray(Integer[]::new);
                insert.setArray(6, connection.createArrayOf("integer", bodyBytes));
                Long[] receivedAt = deliveries.stream()
                        .map(delivery -> delivery.receivedAt().toEpochMilli())
                        .toArray(Long[]::new);
                insert.setArray(7, connection.createArrayOf("bigint", receivedAt));
                setTexts(insert, 8, deliveries, delivery -> delivery.origin().stored());
                try (ResultSet row = insert.executeQuery()) {
                    while (row.next()) {
                        inserted.add(row.getString(1));
                    }
                }
            }
            return inserted;
        }

        private static void setTexts(
                PreparedStatement insert,
                int column,
                List<VerifiedDelivery> deliveries,
                Function<VerifiedDelivery, String> text)
                throws SQLException {
            String[] texts = deliveries.stream().map(text).toArray(String[]::new);
            insert.setArray(column, insert.getConnection().createArrayOf("text", texts));
        }
    }
}
