// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The closes that an inbox knows, each once: table {@code session_close}. Only {@code OnSessionFinish} looks into it,
 * in the transaction that stores the event. An event is not stored to be handled if its key is known, also after a
 * purge; if another subscription or the offline queue has brought the same close; or if the close was found in the
 * portal's list before.
 *
 * <p>On SQLite one writer at a time decides. On PostgreSQL, storing an event first takes a lock of its portal, which
 * excludes the reconciler's page, and then a lock of its chat. Only then does it look.
 */
final class SessionLedger {

    /** The longest sweep that the ledger allows. It knows every close of this time. */
    static final Duration SWEEP = Duration.ofDays(35);

    /** The least time that rows are kept for. They are kept longer if the portal has not been compared up to then. */
    static final Duration KEPT = Duration.ofDays(42);

    private static final Logger LOG = LoggerFactory.getLogger(SessionLedger.class);
    private static final long REPEATS = 2 * CloseDecisions.APART;
    private static final int PORTION = 500;
    private static final int PORTALS = 7309105;
    private static final int CHATS = 7309106;

    /** The most locks that are taken for the chats of one commit. */
    private static final int CHAT_LOCKS = 64;

    private static final long REACH = CloseMatching.HOUR + CloseMatching.WINDOW + CloseMatching.BEFORE;

    /** Changes nothing. */
    private static final String TAKE_WRITE_LOCK = "update reconcile_state set idle = idle where member_id = ' '";

    private static final String LATEST = "select max(at) from session_close where member_id = ?";

    /** Names its index. With the primary key, which SQLite prefers, it would read every close of the portal. */
    static final String WAITING = "select 1 from session_close indexed by session_close_open"
            + " where member_id = ? and state in ('OPEN', 'REPORTED') limit 1";

    private static final String NEAR_ON_SQLITE = "select " + LedgerRow.COLUMNS + " from session_close"
            + " where member_id = ?1 and at in (?2 - 4, ?2 - 3, ?2 - 2, ?2 - 1, ?2, ?2 + 1, ?2 + 2, ?2 + 3, ?2 + 4)"
            + " and chat_id = ?3 and state not in ('OPEN', 'REPORTED')"
            + " union all select " + LedgerRow.COLUMNS + " from session_close"
            + " where member_id = ?1 and chat_id = ?3 and state in ('OPEN', 'REPORTED')"
            + " and closed_at between ?2 - " + REACH + " and ?2 + " + REACH;

    private static final String NEAR_ON_POSTGRESQL = "select pg_advisory_xact_lock_shared(" + PORTALS
            + ", p) from unnest(?::integer[]) p; select pg_advisory_xact_lock(" + CHATS
            + ", c) from unnest(?::integer[]) c; select near.* from (select distinct m, t, c from"
            + " unnest(?::text[], ?::bigint[], ?::bigint[]) as asked (m, t, c)) e cross join lateral (select "
            + LedgerRow.COLUMNS + " from session_close where member_id = e.m"
            + " and at = any (array[e.t - 4, e.t - 3, e.t - 2, e.t - 1, e.t, e.t + 1, e.t + 2, e.t + 3, e.t + 4])"
            + " and chat_id = e.c and state not in ('OPEN', 'REPORTED')"
            + " union all select " + LedgerRow.COLUMNS + " from session_close"
            + " where member_id = e.m and chat_id = e.c and state in ('OPEN', 'REPORTED')"
            + " and closed_at between e.t - " + REACH + " and e.t + " + REACH + ") near";

    private final SqlDialect dialect;
    private final SqlInsert insert;
    private final RecentCloses recent = new RecentCloses();
    private final AtomicLong late = new AtomicLong();
    private final Map<String, Instant> lastEvents = new ConcurrentHashMap<>();
    private final KeptStatements statements = new KeptStatements();

    SessionLedger(SqlDialect dialect, SqlInsert insert) {
        this.dialect = dialect;
        this.insert = insert;
    }

    /** Returns how many events came after their close had been found, since this process began. */
    long late() {
        return late.get();
    }

    /** Stores the events of one commit. Used by the thread that commits. */
    List<StoreResult> store(Connection connection, List<VerifiedDelivery> deliveries) throws SQLException {
        List<Asked> asked = new ArrayList<>();
        for (VerifiedDelivery delivery : deliveries) {
            VerifiedDelivery.Finish finish = delivery.finish();
            if (finish != null) {
                finish.places().forEach(place -> asked.add(new Asked(delivery, place)));
            }
        }
        if (asked.isEmpty()) {
            return insert.run(connection, deliveries);
        }
        boolean done = false;
        try {
            CloseDecisions decisions = new CloseDecisions(near(connection, asked));
            List<VerifiedDelivery> stored = new ArrayList<>();
            List<Boolean> fresh = new ArrayList<>();
            for (VerifiedDelivery delivery : deliveries) {
                VerifiedDelivery remaining = decisions.decide(delivery);
                fresh.add(remaining != null);
                if (remaining != null) {
                    stored.add(remaining);
                }
            }
            List<StoreResult> results = new ArrayList<>(deliveries.size());
            List<StoreResult> inserted = stored.isEmpty() ? List.of() : insert.run(connection, stored);
            for (int i = 0, next = 0; i < fresh.size(); i++) {
                results.add(fresh.get(i) ? inserted.get(next++) : SqlInsert.duplicate(connection, deliveries.get(i)));
            }
            write(connection, decisions);
            done = true;
            return results;
        } finally {
            if (!done) {
                statements.forget();
            }
        }
    }

    /** A chat of an event. */
    private record Asked(VerifiedDelivery delivery, ClosePlace place) {}

    /** A chat of a portal. */
    record Chat(String memberId, long chatId) {}

    private Map<Chat, List<LedgerRow>> near(Connection connection, List<Asked> asked) throws SQLException {
        Map<Chat, List<LedgerRow>> near = new HashMap<>();
        if (dialect.shared()) {
            PreparedStatement select = statements.get(connection, NEAR_ON_POSTGRESQL);
            TreeSet<Integer> portals = new TreeSet<>();
            TreeSet<Integer> chats = new TreeSet<>();
            for (Asked one : asked) {
                portals.add(one.delivery.memberId().hashCode());
                chats.add(Math.floorMod(
                        31 * one.delivery.memberId().hashCode() + Long.hashCode(one.place.chatId()), CHAT_LOCKS));
            }
            // The order is fixed, so that two nodes do not wait for each other.
            select.setArray(1, connection.createArrayOf("integer", portals.toArray(Integer[]::new)));
            select.setArray(2, connection.createArrayOf("integer", chats.toArray(Integer[]::new)));
            select.setArray(
                    3,
                    connection.createArrayOf(
                            "text",
                            asked.stream().map(one -> one.delivery.memberId()).toArray(String[]::new)));
            select.setArray(
                    4,
                    connection.createArrayOf(
                            "bigint",
                            asked.stream().map(one -> at(one.delivery)).toArray(Long[]::new)));
            select.setArray(
                    5,
                    connection.createArrayOf(
                            "bigint",
                            asked.stream().map(one -> one.place.chatId()).toArray(Long[]::new)));
            select.execute();
            select.getMoreResults();
            select.getMoreResults();
            try (ResultSet row = select.getResultSet()) {
                add(row, near);
            }
            return near;
        }
        // The right to write comes first, and waits if need be. If a look-up came first, the write would fail after a
        // commit of another connection.
        statements.get(connection, TAKE_WRITE_LOCK).executeUpdate();
        try (ResultSet version =
                statements.get(connection, "pragma data_version").executeQuery()) {
            version.next();
            recent.begin(connection, version.getLong(1));
        }
        PreparedStatement select = statements.get(connection, NEAR_ON_SQLITE);
        PreparedStatement latest = statements.get(connection, LATEST);
        PreparedStatement open = statements.get(connection, WAITING);
        for (Asked one : asked) {
            Chat chat = new Chat(one.delivery.memberId(), one.place.chatId());
            if (!recent.mayHave(latest, open, chat, at(one.delivery), REPEATS)) {
                continue;
            }
            select.setString(1, one.delivery.memberId());
            select.setLong(2, at(one.delivery));
            select.setLong(3, one.place.chatId());
            try (ResultSet row = select.executeQuery()) {
                add(row, near);
            }
        }
        return near;
    }

    private static void add(ResultSet row, Map<Chat, List<LedgerRow>> near) throws SQLException {
        while (row.next()) {
            LedgerRow found = LedgerRow.read(row);
            List<LedgerRow> rows = near.computeIfAbsent(
                    new Chat(found.memberId(), found.place().chatId()), key -> new ArrayList<>());
            if (!rows.contains(found)) {
                rows.add(found);
            }
        }
    }

    /** Returns the second when the event was sent, or received if it does not say. */
    static long at(VerifiedDelivery delivery) {
        long sent = delivery.sentAt().getEpochSecond();
        return sent > 0 ? sent : delivery.receivedAt().getEpochSecond();
    }

    private void write(Connection connection, CloseDecisions decisions) throws SQLException {
        if (!decisions.added.isEmpty()) {
            PreparedStatement insertRow = statements.get(connection, LedgerRow.INSERT);
            for (LedgerRow row : decisions.added) {
                lastEvents.put(row.memberId(), row.recordedAt());
                row.bind(insertRow);
                insertRow.addBatch();
            }
            insertRow.executeBatch();
        }
        for (Map.Entry<LedgerRow, LedgerRow> change : decisions.changed.entrySet()) {
            // A row that was added in this commit has been written above.
            setState(connection, change.getKey(), change.getValue());
        }
        for (VerifiedDelivery delivery : decisions.late) {
            recordLate(connection, delivery);
        }
    }

    /** Returns a row of another ledger as it must be in this ledger, which may know the close by another event. */
    static LedgerRow amongOthers(Connection connection, LedgerRow row) throws SQLException {
        if (row.state() != LedgerRow.State.COUNTED) {
            return row;
        }
        // This leaves out the row's own repeats, which are there already.
        List<LedgerRow> near = read(connection, row.memberId(), row.at() - REPEATS, row.at() + REPEATS).stream()
                .filter(other -> !other.counts().equals(row.key()))
                .toList();
        LedgerRow same = CloseDecisions.sameByAnotherWay(row, near);
        return same == null ? row : row.with(LedgerRow.State.REPEAT, same.counts());
    }

    static void setState(Connection connection, LedgerRow before, LedgerRow after) throws SQLException {
        try (PreparedStatement update = connection.prepareStatement("""
                update session_close set state = ?, repeats = ?, session_id = ?, closed_at = ?, utc_offset = ?
                where member_id = ? and at = ? and chat_id = ? and event_key = ?""")) {
            update.setString(1, after.state().name());
            update.setString(2, after.repeats());
            LedgerRow.set(update, 3, after.sessionId());
            LedgerRow.set(update, 4, after.closedAt());
            update.setInt(5, after.offset());
            update.setString(6, before.memberId());
            update.setLong(7, before.at());
            update.setLong(8, before.place().chatId());
            update.setString(9, before.key());
            update.executeUpdate();
        }
    }

    private void recordLate(Connection connection, VerifiedDelivery delivery) throws SQLException {
        try (PreparedStatement insertLate = connection.prepareStatement("""
                insert into session_late (event_key, member_id, payload, received_at) values (?, ?, ?, ?)
                on conflict (event_key) do nothing""")) {
            insertLate.setString(1, delivery.idempotencyKey());
            insertLate.setString(2, delivery.memberId());
            insertLate.setString(3, delivery.payload());
            insertLate.setLong(4, delivery.receivedAt().toEpochMilli());
            insertLate.executeUpdate();
        }
        late.incrementAndGet();
        LOG.info("reason=late-event portal={} key={}", delivery.memberId(), delivery.idempotencyKey());
    }

    /**
     * Makes every store of an {@code OnSessionFinish} of a portal wait until this transaction ends. Call it before the
     * first look-up.
     */
    void lock(Connection connection, String memberId) throws SQLException {
        if (!dialect.shared()) {
            recent.forget();
            takeWriteLock(connection);
        } else {
            try (PreparedStatement select =
                    connection.prepareStatement("select pg_advisory_xact_lock(" + PORTALS + ", ?)")) {
                select.setInt(1, memberId.hashCode());
                select.execute();
            }
        }
    }

    /**
     * Waits for SQLite's right to write, and takes it. This must come before a look-up: if another connection commits
     * after a look-up, the rows that were read are old, and the write fails at once.
     */
    private static void takeWriteLock(Connection connection) throws SQLException {
        try (PreparedStatement update = connection.prepareStatement(TAKE_WRITE_LOCK)) {
            update.executeUpdate();
        }
    }

    /** Returns the rows of a portal from one second to another. */
    static List<LedgerRow> read(Connection connection, String memberId, long from, long to) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement("select " + LedgerRow.COLUMNS
                + " from session_close where member_id = ? and at between ? and ? order by at, chat_id, event_key")) {
            select.setString(1, memberId);
            select.setLong(2, from);
            select.setLong(3, to);
            try (ResultSet row = select.executeQuery()) {
                List<LedgerRow> rows = new ArrayList<>();
                while (row.next()) {
                    rows.add(LedgerRow.read(row));
                }
                return rows;
            }
        }
    }

    static void add(Connection connection, LedgerRow row) throws SQLException {
        try (PreparedStatement insertRow = connection.prepareStatement(LedgerRow.INSERT)) {
            row.bind(insertRow);
            insertRow.executeUpdate();
        }
    }

    /** Records which listed close an event belongs to. */
    static void setClose(Connection connection, LedgerRow event, long sessionId, long closedAt, int offset)
            throws SQLException {
        try (PreparedStatement update = connection.prepareStatement("""
                update session_close set session_id = ?, closed_at = ?, utc_offset = ?
                where member_id = ? and at = ? and chat_id = ? and event_key = ?""")) {
            update.setLong(1, sessionId);
            update.setLong(2, closedAt);
            update.setInt(3, offset);
            update.setString(4, event.memberId());
            update.setLong(5, event.at());
            update.setLong(6, event.place().chatId());
            update.setString(7, event.key());
            update.executeUpdate();
        }
    }

    /**
     * Stores a close that no event brought, with its row.
     *
     * @param hour 3600 if its time may be wrong by an hour
     */
    static StoreResult store(Connection connection, ReconciledClose close, int hour) throws SQLException {
        LedgerRow row = row(close, LedgerRow.State.OPEN, hour);
        LedgerRow known = read(connection, row.memberId(), row.at(), row.at()).stream()
                .filter(other -> other.key().equals(row.key()))
                .findFirst()
                .orElse(null);
        if (known != null && known.state() != LedgerRow.State.REPORTED) {
            return StoreResult.DUPLICATE;
        }
        boolean inserted = SqlInsert.reconciled(connection, close);
        if (known == null) {
            add(connection, row);
        } else {
            setState(connection, known, row);
        }
        return inserted ? StoreResult.STORED : StoreResult.DUPLICATE;
    }

    /** Stores a close that another inbox has found, unless its event has come to this one. */
    StoreResult move(Connection connection, ReconciledClose close) throws SQLException {
        lock(connection, close.memberId());
        LedgerRow row = row(close, LedgerRow.State.OPEN, 0);
        for (LedgerRow event :
                read(connection, row.memberId(), row.at() - CloseMatching.BEFORE, row.at() + CloseMatching.WINDOW)) {
            if (event.state() == LedgerRow.State.COUNTED
                    && event.sessionId() == null
                    && event.place().group().equals(row.place().group())) {
                setClose(connection, event, close.sessionId(), row.at(), close.offset());
                return StoreResult.DUPLICATE;
            }
        }
        return store(connection, close, 0);
    }

    static LedgerRow row(ReconciledClose close, LedgerRow.State state, int hour) {
        long closedAt = close.closedAt().getEpochSecond();
        return new LedgerRow(
                close.memberId(),
                closedAt,
                close.place(),
                close.idempotencyKey(),
                null,
                state,
                Origin.RECONCILED,
                0,
                close.sessionId(),
                closedAt,
                close.offset(),
                hour,
                close.foundAt());
    }

    /** Returns when this node last stored an {@code OnSessionFinish} of a portal, or 1970. */
    Instant lastEvent(String memberId) {
        return lastEvents.getOrDefault(memberId, Instant.EPOCH);
    }

    /** Deletes rows that no comparison needs, in portions, so that arriving events are acknowledged in between. */
    int forget(SqlInbox inbox, Instant now) {
        int count = inbox.run(connection -> deleteLate(connection, now.minus(KEPT)));
        String memberId = "";
        while (true) {
            String after = memberId;
            String next = inbox.run(connection -> nextPortal(connection, after));
            if (next.isEmpty()) {
                return count;
            }
            memberId = next;
            int portion = PORTION;
            while (portion > 0) {
                portion = inbox.run(connection -> deleteRows(connection, next, now));
                count += portion;
            }
        }
    }

    private static int deleteLate(Connection connection, Instant before) throws SQLException {
        try (PreparedStatement delete = connection.prepareStatement("delete from session_late where received_at < ?")) {
            delete.setLong(1, before.toEpochMilli());
            return delete.executeUpdate();
        }
    }

    private static String nextPortal(Connection connection, String after) throws SQLException {
        try (PreparedStatement select =
                connection.prepareStatement("select min(member_id) from session_close where member_id > ?")) {
            select.setString(1, after);
            try (ResultSet row = select.executeQuery()) {
                row.next();
                String next = row.getString(1);
                return next == null ? "" : next;
            }
        }
    }

    /** Deletes old rows, except those that are still to be compared with a portal, however old. */
    private static int deleteRows(Connection connection, String memberId, Instant now) throws SQLException {
        try (PreparedStatement delete = connection.prepareStatement("""
                delete from session_close where member_id = ? and at <= (
                  select max(at) from (select at from session_close where member_id = ? and at < ?
                    and at < coalesce((select watermark - 86400 from reconcile_state where member_id = ?), ?)
                    order by at limit ?) portion)""")) {
            long before = now.minus(KEPT).getEpochSecond();
            delete.setString(1, memberId);
            delete.setString(2, memberId);
            delete.setLong(3, before);
            delete.setString(4, memberId);
            delete.setLong(5, before);
            delete.setInt(6, PORTION);
            return delete.executeUpdate();
        }
    }
}
