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
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

/**
 * The changes in trusted portals, as an inbox stores them. Changes have numbers, so a node reads only new ones: once a
 * second while events come, and before it refuses an event, because another node may have stored a change a moment ago.
 * Only one reading runs at a time. Requests that ask meanwhile wait together for the next one. So refused events cause
 * one small query at a time, however many come.
 */
public final class TrustLog {

    /** The log of an inbox that stores no changes of trust. */
    static final TrustLog NONE = new TrustLog(after -> CompletableFuture.completedFuture(List.of()), false);

    private static final long SOON_NANOS = 1_000_000_000L;

    /** Follows rows. */
    public interface Reader {
        /**
         * Follows one row.
         *
         * @param memberId the portal
         * @param digest the token's digest
         * @param until when the token ends
         */
        void apply(String memberId, String digest, Instant until);
    }

    /**
     * The state of one token.
     *
     * @param memberId the portal
     * @param digest the token's digest
     * @param until when the token ends; {@link Instant#MAX} if it does not
     * @param change the number of the change that made this state
     */
    public record Row(String memberId, String digest, Instant until, long change) {}

    private final LongFunction<CompletableFuture<List<Row>>> store;
    private final boolean shared;
    private @Nullable CompletableFuture<Void> running;
    private @Nullable CompletableFuture<Void> next;
    private long change;
    private volatile long readAt = System.nanoTime();

    /**
     * Makes a log.
     *
     * @param store reads the rows whose change has a greater number, in the order of these numbers
     * @param shared whether others may write to it too
     */
    public TrustLog(LongFunction<CompletableFuture<List<Row>>> store, boolean shared) {
        this.store = store;
        this.shared = shared;
    }

    boolean shared() {
        return shared;
    }

    /** Reads new changes, unless that was done within the last second. */
    void refreshSoon(Reader reader) {
        if (shared && System.nanoTime() - readAt > SOON_NANOS) {
            // A failure reaches the caller that needs the answer.
            CompletableFuture<Void> unused = refresh(reader);
        }
    }

    /**
     * Reads what is new.
     *
     * @param reader receives each row
     * @return completes when everything committed before this call has been read
     */
    public synchronized CompletableFuture<Void> refresh(Reader reader) {
        CompletableFuture<Void> under = running;
        if (under == null) {
            return read(reader);
        }
        if (next == null) {
            next = under.handle((ignored, failure) -> failure == null).thenCompose(ignored -> read(reader));
        }
        return next;
    }

    private synchronized CompletableFuture<Void> read(Reader reader) {
        next = null;
        readAt = System.nanoTime();
        long after = change;
        CompletableFuture<Void> reading = store.apply(after)
                .whenComplete((rows, failure) -> ended(rows == null ? List.of() : rows, reader))
                .thenRun(() -> {});
        running = reading.isDone() ? null : reading;
        return reading;
    }

    private synchronized void ended(List<Row> rows, Reader reader) {
        running = null;
        for (Row row : rows) {
            reader.apply(row.memberId(), row.digest(), row.until());
            change = Math.max(change, row.change());
        }
    }

    static List<Row> since(Connection connection, long change) throws SQLException {
        List<Row> rows = new ArrayList<>();
        try (PreparedStatement select = connection.prepareStatement(
                "select member_id, digest, valid_until, change from portal_token where change > ? order by change")) {
            select.setLong(1, change);
            try (ResultSet row = select.executeQuery()) {
                while (row.next()) {
                    long until = row.getLong(3);
                    Instant end = row.wasNull() ? Instant.MAX : Instant.ofEpochMilli(until);
                    rows.add(new Row(row.getString(1), row.getString(2), end, row.getLong(4)));
                }
            }
        }
        return rows;
    }

    /** Writes a change in the commit of its event. The lock makes numbers follow the order of commits. */
    static void write(Connection connection, SqlDialect dialect, TrustChange change) throws SQLException {
        long number;
        try (Statement statement = connection.createStatement()) {
            statement.execute(dialect.lockSchema());
            try (ResultSet row = statement.executeQuery("select coalesce(max(change), 0) + 1 from portal_token")) {
                row.next();
                number = row.getLong(1);
            }
        }
        try (PreparedStatement update = connection.prepareStatement("""
                update portal_token set valid_until = ?, change = ?
                where member_id = ? and (valid_until is null or valid_until > ?)""")) {
            update.setLong(1, change.knownUntil().toEpochMilli());
            update.setLong(2, number);
            update.setString(3, change.memberId());
            update.setLong(4, change.knownUntil().toEpochMilli());
            update.executeUpdate();
        }
        for (String digest : change.known()) {
            put(connection, change, digest, change.knownUntil(), number, "nothing");
        }
        if (change.installed() != null) {
            put(
                    connection,
                    change,
                    change.installed(),
                    null,
                    number,
                    "update set valid_until = null, change = excluded.change");
        }
    }

    private static void put(
            Connection connection,
            TrustChange change,
            String digest,
            @Nullable Instant until,
            long number,
            String otherwise)
            throws SQLException {
        try (PreparedStatement insert = connection.prepareStatement("""
                insert into portal_token (member_id, digest, valid_until, change) values (?, ?, ?, ?)
                on conflict (member_id, digest) do\s""" + otherwise)) {
            insert.setString(1, change.memberId());
            insert.setString(2, digest);
            if (until == null) {
                insert.setNull(3, Types.BIGINT);
            } else {
                insert.setLong(3, until.toEpochMilli());
            }
            insert.setLong(4, number);
            insert.executeUpdate();
        }
    }

    /**
     * Forgets the installations that a portal has reported, so that the receiver's settings decide whether it is
     * trusted.
     */
    static int forget(Connection connection, String memberId) throws SQLException {
        try (PreparedStatement delete = connection.prepareStatement("delete from portal_token where member_id = ?")) {
            delete.setString(1, memberId);
            return delete.executeUpdate();
        }
    }
}
