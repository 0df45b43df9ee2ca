// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An idempotency key as a database holds it: ten digits of the second when the event says it was sent, a hyphen, the
 * key. A key alone is random, so that each event would change another page of the index; with the time in front,
 * events that come together stand together.
 */
final class StoredKey {

    /** The version of the schema that added the time. The migration adds it to the keys of older rows. */
    static final int SCHEMA_VERSION = 3;

    private static final Logger LOG = LoggerFactory.getLogger(StoredKey.class);
    private static final int DIGITS = 10;
    private static final int PORTION = 500;

    private StoredKey() {}

    static String of(VerifiedDelivery delivery) {
        return of(delivery.idempotencyKey(), delivery.sentAt());
    }

    static String of(String idempotencyKey, Instant sentAt) {
        String seconds = Long.toString(sentAt.getEpochSecond());
        return "0".repeat(DIGITS - seconds.length()) + seconds + '-' + idempotencyKey;
    }

    static String idempotencyKey(String stored) {
        return stored.substring(stored.indexOf('-') + 1);
    }

    /** Puts the time in front of every key, in portions, so that only one portion is in memory. */
    static void migrate(Connection connection, SqlDialect dialect) throws SQLException {
        record Row(long id, String key) {}
        long after = 0;
        long count = 0;
        List<Row> rows = new ArrayList<>();
        do {
            rows.clear();
            try (PreparedStatement select = connection.prepareStatement(
                    "select id, idempotency_key, payload from inbox where id > ? order by id limit " + PORTION)) {
                select.setLong(1, after);
                try (ResultSet row = select.executeQuery()) {
                    while (row.next()) {
                        after = row.getLong(1);
                        rows.add(new Row(after, of(row.getString(2), VerifiedDelivery.sentAt(row.getString(3)))));
                    }
                }
            }
            try (PreparedStatement update =
                    connection.prepareStatement("update inbox set idempotency_key = ? where id = ?")) {
                for (Row row : rows) {
                    update.setString(1, row.key());
                    update.setLong(2, row.id());
                    update.addBatch();
                }
                update.executeBatch();
            }
            count += rows.size();
        } while (rows.size() == PORTION);
        if (count > 0) {
            LOG.info("reason=migrated version={} events={} place={}", SCHEMA_VERSION, count, dialect.place());
        }
    }
}
