// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import dev.openlines.model.OnSessionFinish;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * Stores the events of one commit: those whose key is new, and the differing parts of the others. Used by the thread
 * that commits.
 */
abstract sealed class SqlInsert {

    /** The result for an event that was not new. */
    private static final long OLD = -1;

    /** The result for an event that was new and is not leased. */
    private static final long NEW = 0;

    private final HandOver handOver;

    private SqlInsert(HandOver handOver) {
        this.handOver = handOver;
    }

    /**
     * Inserts the new events. The first ones are leased.
     *
     * @param leased how many of the events are leased
     * @return for each event {@link #OLD}, {@link #NEW}, or its id if it is leased
     */
    abstract long[] insert(Connection connection, List<VerifiedDelivery> deliveries, int leased) throws SQLException;

    List<StoreResult> run(Connection connection, List<VerifiedDelivery> deliveries) throws SQLException {
        long[] inserted = insert(connection, deliveries, Math.min(handOver.room(), deliveries.size()));
        List<StoreResult> results = new ArrayList<>(inserted.length);
        for (int i = 0; i < inserted.length; i++) {
            VerifiedDelivery delivery = deliveries.get(i);
            if (inserted[i] == OLD) {
                results.add(duplicate(connection, delivery));
                continue;
            }
            furtherChats(connection, delivery);
            if (inserted[i] == NEW) {
                handOver.leave();
            } else {
                handOver.add(inserted[i], delivery);
            }
            results.add(StoreResult.STORED);
        }
        return results;
    }

    String owner() {
        return handOver.owner();
    }

    long until() {
        return handOver.until();
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
     * Inserts one by one, for an engine in this process. The statements are kept, because preparing one costs as much as
     * two events.
     */
    static final class OneByOne extends SqlInsert {

        private static final String PLAIN = """
                insert into inbox
                  (idempotency_key, member_id, event, order_key, payload, body_bytes, received_at, origin, not_before)
                values (?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict (idempotency_key) do nothing""";

        private static final String LEASED = """
                insert into inbox
                  (idempotency_key, member_id, event, order_key, payload, body_bytes, received_at, origin, not_before,
                   lease_until, lease_owner, attempts, leases)
                values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, 1) on conflict (idempotency_key) do nothing
                returning id""";

        private final KeptStatements statements = new KeptStatements();

        OneByOne(HandOver handOver) {
            super(handOver);
        }

        @Override
        long[] insert(Connection connection, List<VerifiedDelivery> deliveries, int leased) throws SQLException {
            long[] inserted = new long[deliveries.size()];
            boolean done = false;
            try {
                for (int i = 0; i < leased; i++) {
                    inserted[i] = lease(statements.get(connection, LEASED), deliveries.get(i));
                }
                if (leased < inserted.length) {
                    insert(statements.get(connection, PLAIN), deliveries, leased, inserted);
                }
                done = true;
                return inserted;
            } finally {
                if (!done) {
                    statements.forget();
                }
            }
        }

        private long lease(PreparedStatement insert, VerifiedDelivery delivery) throws SQLException {
            set(insert, delivery);
            insert.setLong(9, until());
            insert.setLong(10, until());
            insert.setString(11, owner());
            try (ResultSet row = insert.executeQuery()) {
                return row.next() ? row.getLong(1) : OLD;
            }
        }

        private static void insert(
                PreparedStatement insert, List<VerifiedDelivery> deliveries, int from, long[] inserted)
                throws SQLException {
            for (VerifiedDelivery delivery : deliveries.subList(from, inserted.length)) {
                set(insert, delivery);
                insert.setLong(9, delivery.receivedAt().toEpochMilli());
                insert.addBatch();
            }
            int[] counts = insert.executeBatch();
            for (int i = 0; i < counts.length; i++) {
                inserted[from + i] = counts[i] == 1 ? NEW : OLD;
            }
        }

        private static void set(PreparedStatement insert, VerifiedDelivery delivery) throws SQLException {
            insert.setString(1, StoredKey.of(delivery));
            insert.setString(2, delivery.memberId());
            insert.setString(3, delivery.event());
            insert.setString(4, firstChat(delivery));
            insert.setString(5, delivery.payload());
            insert.setInt(6, delivery.bodyBytes());
            insert.setLong(7, delivery.receivedAt().toEpochMilli());
            insert.setString(8, delivery.origin().stored());
        }
    }

    /** Inserts up to 64 events with one statement, for an engine behind a socket. More at a time was no faster. */
    static final class Together extends SqlInsert {

        private static final int PORTION = 64;

        Together(HandOver handOver) {
            super(handOver);
        }

        @Override
        long[] insert(Connection connection, List<VerifiedDelivery> deliveries, int leased) throws SQLException {
            long[] inserted = new long[deliveries.size()];
            for (int from = 0; from < inserted.length; from += PORTION) {
                List<VerifiedDelivery> portion = deliveries.subList(from, Math.min(from + PORTION, inserted.length));
                Map<String, Long> ids = insertPortion(connection, portion, leased - from);
                for (int i = 0; i < portion.size(); i++) {
                    // If several events have one key, the first was inserted.
                    Long id = ids.remove(StoredKey.of(portion.get(i)));
                    inserted[from + i] = id == null ? OLD : from + i < leased ? id : NEW;
                }
            }
            return inserted;
        }

        private Map<String, Long> insertPortion(Connection connection, List<VerifiedDelivery> deliveries, int leased)
                throws SQLException {
            Map<String, Long> inserted = new HashMap<>();
            try (PreparedStatement insert = connection.prepareStatement("""
                    insert into inbox
                      (idempotency_key, member_id, event, order_key, payload, body_bytes, received_at, origin,
                       not_before, attempts, leases, lease_owner, lease_until)
                    select k, m, e, o, p, b, r, w,
                      case when l then ?::bigint else r end, l::integer, l::integer, case when l then ?::text end,
                      case when l then ?::bigint end
                    from (select portion.*, place <= ?::bigint
                        from unnest(?::text[], ?::text[], ?::text[], ?::text[], ?::text[], ?::integer[], ?::bigint[],
                            ?::text[])
                          with ordinality as portion (k, m, e, o, p, b, r, w, place)) as rows
                        (k, m, e, o, p, b, r, w, place, l)
                    order by place
                    on conflict (idempotency_key) do nothing
                    returning idempotency_key, id""")) {
                insert.setLong(1, until());
                insert.setString(2, owner());
                insert.setLong(3, until());
                insert.setLong(4, leased);
                // Arrays of these types are sent in binary form, arrays of objects as escaped text.
                setTexts(insert, 5, deliveries, StoredKey::of);
                setTexts(insert, 6, deliveries, VerifiedDelivery::memberId);
                setTexts(insert, 7, deliveries, VerifiedDelivery::event);
                setTexts(insert, 8, deliveries, SqlInsert::firstChat);
                setTexts(insert, 9, deliveries, VerifiedDelivery::payload);
                Integer[] bodyBytes =
                        deliveries.stream().map(VerifiedDelivery::bodyBytes).toArray(Integer[]::new);
                insert.setArray(10, connection.createArrayOf("integer", bodyBytes));
                Long[] receivedAt = deliveries.stream()
                        .map(delivery -> delivery.receivedAt().toEpochMilli())
                        .toArray(Long[]::new);
                insert.setArray(11, connection.createArrayOf("bigint", receivedAt));
                setTexts(insert, 12, deliveries, delivery -> delivery.origin().stored());
                try (ResultSet row = insert.executeQuery()) {
                    while (row.next()) {
                        inserted.put(row.getString(1), row.getLong(2));
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
