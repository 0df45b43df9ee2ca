// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Leases of a {@link SqlInbox}, and what ends them. All but {@link #leased} runs in the writer's transactions. */
final class SqlLeases {

    private static final Logger LOG = LoggerFactory.getLogger(Dispatcher.class);

    private static final int REASON_CHARACTERS = 1000;

    private static final String LEASE = """
            update inbox
            set attempts = attempts + 1, leases = leases + 1, lease_owner = ?, lease_until = ?, not_before = ?
            where id in (
              select id from inbox due where state = 'waiting' and not_before %s ? %s %s
              order by not_before, id limit ? %s)
            returning id, member_id, event, idempotency_key, payload, received_at, attempts, leases, origin, session_id,
              closed_at""";

    /** The redundant conditions let the planner use the index. */
    private static final String FIRST_OF_ITS_CHAT = """
            and (order_key = '' or not exists (
              select 1 from inbox earlier
              where earlier.order_key = due.order_key and earlier.id < due.id and earlier.state = 'waiting'
                and earlier.order_key <> ''))
            and not exists (
              select 1 from inbox_chat theirs join inbox earlier on earlier.id = theirs.inbox_id
              where theirs.order_key = due.order_key and theirs.inbox_id < due.id and earlier.state = 'waiting')
            and not exists (
              select 1 from inbox_chat mine join inbox earlier on earlier.order_key = mine.order_key
              where mine.inbox_id = due.id and earlier.id < due.id and earlier.state = 'waiting'
                and earlier.order_key <> '')
            and not exists (
              select 1 from inbox_chat mine join inbox_chat theirs on theirs.order_key = mine.order_key
                join inbox earlier on earlier.id = theirs.inbox_id
              where mine.inbox_id = due.id and theirs.inbox_id < due.id and earlier.state = 'waiting')""";

    static final String SETTLE = """
            update inbox
            set state = ?, not_before = ?, attempts = attempts - ?, finished_at = ?, dead_reason = ?, lease_owner = null,
              lease_until = null
            where id = ? and state = 'waiting' and lease_owner = ? and leases = ?""";

    /** Settles events that were handled, with one statement for an engine behind a socket. */
    static final String SETTLE_DONE = """
            update inbox
            set state = 'done', not_before = 0, finished_at = settled.at, dead_reason = null, lease_owner = null,
              lease_until = null
            from unnest(?::bigint[], ?::text[], ?::bigint[], ?::bigint[]) as settled (id, owner, lease, at)
            where inbox.id = settled.id and inbox.state = 'waiting' and inbox.lease_owner = settled.owner
              and inbox.leases = settled.lease
            returning inbox.id""";

    private final SqlDialect dialect;
    /** For each owner, the event that may have ended a process and is being handled again. */
    private final Map<String, InHand> inHand = new ConcurrentHashMap<>();

    /** The other such events that have been put off meanwhile, by owner: the number of the last lease, by id. */
    private final Map<String, NavigableMap<Long, Long>> putOff = new ConcurrentHashMap<>();

    private final KeptStatements statements = new KeptStatements();

    SqlLeases(SqlDialect dialect) {
        this.dialect = dialect;
    }

    /**
     * The leased events, and the results of suspects.
     *
     * @param deliveries the events to be handled
     * @param suspect the event among them that may have ended a process, or null
     * @param putOff other suspects, which were given back
     * @param dead the events that have ended too many processes
     */
    record Leased(
            List<LeasedDelivery> deliveries,
            @Nullable LeasedDelivery suspect,
            List<LeasedDelivery> putOff,
            List<LeasedDelivery> dead) {}

    private record InHand(LeasedDelivery suspect, Instant until) {

        boolean is(LeasedDelivery lease) {
            return suspect.id() == lease.id() && suspect.lease() == lease.lease();
        }
    }

    Leased lease(Connection connection, LeaseRequest request) throws SQLException {
        List<LeasedDelivery> leased = update(connection, request);
        List<LeasedDelivery> dead = new ArrayList<>();
        List<LeasedDelivery> granted = new ArrayList<>(leased.size());
        LeasedDelivery suspect = null;
        List<LeasedDelivery> others = new ArrayList<>();
        InHand hand = inHand.get(request.owner());
        boolean room = hand == null || !request.now().isBefore(hand.until);
        for (LeasedDelivery delivery : leased) {
            switch (delivery.attempt() > 1 ? SqlSuspects.crashes(connection, delivery) : 0) {
                case 0 -> granted.add(delivery);
                case SqlSuspects.CRASHES -> {
                    SqlSuspects.bury(connection, delivery, request.now());
                    dead.add(delivery);
                }
                default -> {
                    if (suspect == null && room) {
                        SqlSuspects.note(connection, delivery, request.now());
                        suspect = delivery;
                        granted.add(delivery);
                    } else {
                        SqlSuspects.postpone(connection, delivery, request.now());
                        others.add(delivery);
                    }
                }
            }
        }
        return new Leased(granted, suspect, others, dead);
    }

    /** Returns the events that may be handled, now that the leases are committed. */
    List<LeasedDelivery> leased(LeaseRequest request, Leased leased) {
        if (leased.suspect() != null) {
            inHand.put(request.owner(), new InHand(leased.suspect(), request.until()));
        }
        for (LeasedDelivery other : leased.putOff()) {
            putOff.computeIfAbsent(request.owner(), owner -> new ConcurrentSkipListMap<>())
                    .put(other.id(), other.lease());
        }
        for (LeasedDelivery dead : leased.dead()) {
            LOG.error(
                    "reason=dead id={} portal={} attempt={}: {}",
                    dead.id(),
                    dead.memberId(),
                    dead.attempt() - 1,
                    SqlSuspects.REASON);
        }
        return leased.deliveries();
    }

    private List<LeasedDelivery> update(Connection connection, LeaseRequest request) throws SQLException {
        List<LeasedDelivery> leased = new ArrayList<>();
        update(connection, request, "<=", request.now(), leased);
        if (leased.size() < request.max()) {
            // These events were postponed by a clock that has been set back. This is a second search, because one for
            // both would read all waiting events. It leaves out the events of the first search, which wait until their
            // leases end.
            Instant limit = request.latest().isAfter(request.until()) ? request.latest() : request.until();
            update(connection, request, ">", limit, leased);
        }
        leased.sort(Comparator.comparingLong(LeasedDelivery::id));
        return leased;
    }

    private void update(
            Connection connection, LeaseRequest request, String comparison, Instant limit, List<LeasedDelivery> leased)
            throws SQLException {
        boolean done = false;
        try {
            PreparedStatement update = statements.get(connection, sql(request, comparison));
            update.setString(1, request.owner());
            update.setLong(2, request.until().toEpochMilli());
            update.setLong(3, request.until().toEpochMilli());
            update.setLong(4, limit.toEpochMilli());
            int next = 5;
            for (String portal : request.without()) {
                update.setString(next++, portal);
            }
            update.setInt(next, request.max() - leased.size());
            try (ResultSet row = update.executeQuery()) {
                while (row.next()) {
                    leased.add(new LeasedDelivery(
                            row.getLong(1),
                            row.getString(2),
                            row.getString(3),
                            StoredKey.idempotencyKey(row.getString(4)),
                            row.getString(5),
                            Instant.ofEpochMilli(row.getLong(6)),
                            row.getInt(7),
                            row.getLong(8),
                            request.owner(),
                            Origin.of(row.getString(9)),
                            row.getObject(10) == null ? null : row.getLong(10),
                            row.getObject(11) == null ? null : Instant.ofEpochSecond(row.getLong(11))));
                }
            }
            done = true;
        } finally {
            if (!done) {
                statements.forget();
            }
        }
    }

    private String sql(LeaseRequest request, String comparison) {
        String places = "?, ".repeat(request.without().size());
        String others =
                places.isEmpty() ? "" : "and member_id not in (" + places.substring(0, places.length() - 2) + ")";
        return lease(comparison, others, request.ordered(), dialect);
    }

    /** Returns the statement that leases events whose due time compares in this way. */
    static String lease(String comparison, String others, boolean ordered, SqlDialect dialect) {
        return LEASE.formatted(comparison, others, ordered ? FIRST_OF_ITS_CHAT : "", dialect.skipLocked());
    }

    int renew(Connection connection, List<LeasedDelivery> leases, Instant until) throws SQLException {
        try (PreparedStatement update = connection.prepareStatement("""
                update inbox set lease_until = ?, not_before = ?
                where id = ? and state = 'waiting' and lease_owner = ? and leases = ?""")) {
            for (LeasedDelivery lease : leases) {
                update.setLong(1, until.toEpochMilli());
                update.setLong(2, until.toEpochMilli());
                update.setLong(3, lease.id());
                update.setString(4, lease.owner());
                update.setLong(5, lease.lease());
                update.addBatch();
                inHand.computeIfPresent(
                        lease.owner(), (owner, hand) -> hand.is(lease) ? new InHand(lease, until) : hand);
            }
            return update.executeBatch().length;
        }
    }

    /** A lease that ends, and how. */
    record Settled(LeasedDelivery lease, Settlement settlement, Instant now) {

        boolean done() {
            return settlement instanceof Settlement.Done;
        }
    }

    /** Ends leases, and returns for each whether it had not passed to another owner. */
    List<Boolean> settle(Connection connection, List<Settled> all) throws SQLException {
        List<Settled> done =
                dialect.shared() ? all.stream().filter(Settled::done).toList() : List.of();
        Set<Long> ended = done.size() > 1 ? settleDone(connection, done) : Set.of();
        List<Boolean> results = new ArrayList<>(all.size());
        for (Settled one : all) {
            if (done.size() > 1 && one.done()) {
                results.add(ended.remove(one.lease.id()));
            } else {
                results.add(settle(connection, one.lease, one.settlement, one.now));
            }
        }
        return results;
    }

    private Set<Long> settleDone(Connection connection, List<Settled> all) throws SQLException {
        for (Settled one : all) {
            forgetSuspect(connection, one.lease, one.now);
        }
        Set<Long> ended = new HashSet<>();
        boolean done = false;
        try {
            PreparedStatement update = statements.get(connection, SETTLE_DONE);
            setNumbers(update, 1, all, one -> one.lease.id());
            update.setArray(
                    2,
                    connection.createArrayOf(
                            "text", all.stream().map(one -> one.lease.owner()).toArray(String[]::new)));
            setNumbers(update, 3, all, one -> one.lease.lease());
            setNumbers(update, 4, all, one -> one.now.toEpochMilli());
            try (ResultSet row = update.executeQuery()) {
                while (row.next()) {
                    ended.add(row.getLong(1));
                }
            }
            done = true;
        } finally {
            if (!done) {
                statements.forget();
            }
        }
        for (Settled one : all) {
            if (one.lease.attempt() > 1 && ended.contains(one.lease.id())) {
                SqlSuspects.survived(connection, one.lease);
            }
        }
        return ended;
    }

    private static void setNumbers(
            PreparedStatement update, int column, List<Settled> all, Function<Settled, Long> number)
            throws SQLException {
        Long[] numbers = all.stream().map(number).toArray(Long[]::new);
        update.setArray(column, update.getConnection().createArrayOf("bigint", numbers));
    }

    /** Lets the next suspect begin, if this was the one in hand. */
    private void forgetSuspect(Connection connection, LeasedDelivery lease, Instant now) throws SQLException {
        InHand hand = inHand.get(lease.owner());
        NavigableMap<Long, Long> others = putOff.get(lease.owner());
        if (hand == null || !hand.is(lease) || !inHand.remove(lease.owner(), hand) || others == null) {
            return;
        }
        for (Map.Entry<Long, Long> next = others.pollFirstEntry(); next != null; next = others.pollFirstEntry()) {
            if (SqlSuspects.advance(connection, next.getKey(), next.getValue(), now)) {
                return;
            }
        }
    }

    private boolean settle(Connection connection, LeasedDelivery lease, Settlement settlement, Instant now)
            throws SQLException {
        forgetSuspect(connection, lease, now);
        String state = "waiting";
        long notBefore = 0;
        String reason = "";
        if (settlement instanceof Settlement.Done) {
            state = "done";
        } else if (settlement instanceof Settlement.Retry retry) {
            notBefore = retry.at().toEpochMilli();
            reason = shorten(retry.reason());
        } else if (settlement instanceof Settlement.Dead dead) {
            state = "dead";
            reason = shorten(dead.reason());
        }
        boolean release = settlement instanceof Settlement.Release;
        boolean done = false;
        try {
            PreparedStatement update = statements.get(connection, SETTLE);
            update.setString(1, state);
            update.setLong(2, notBefore);
            update.setInt(3, release ? 1 : 0);
            if (state.equals("waiting")) {
                update.setNull(4, Types.BIGINT);
            } else {
                update.setLong(4, now.toEpochMilli());
            }
            update.setString(5, state.equals("dead") ? reason : null);
            update.setLong(6, lease.id());
            update.setString(7, lease.owner());
            update.setLong(8, lease.lease());
            int settled = update.executeUpdate();
            done = true;
            if (settled == 0) {
                return false;
            }
        } finally {
            if (!done) {
                statements.forget();
            }
        }
        if (lease.attempt() > 1) {
            SqlSuspects.survived(connection, lease);
        }
        if (!(settlement instanceof Settlement.Done) && !release) {
            remember(connection, lease.id(), lease.attempt(), now, state.equals("dead") ? "dead" : "retry", reason);
        }
        return true;
    }

    static void remember(Connection connection, long id, int attempt, Instant now, String outcome, String reason)
            throws SQLException {
        try (PreparedStatement insert = connection.prepareStatement(
                "insert into inbox_history (inbox_id, attempt, at, outcome, reason) values (?, ?, ?, ?, ?)")) {
            insert.setLong(1, id);
            insert.setInt(2, attempt);
            insert.setLong(3, now.toEpochMilli());
            insert.setString(4, outcome);
            insert.setString(5, reason);
            insert.executeUpdate();
        }
    }

    private static String shorten(String reason) {
        return reason.length() <= REASON_CHARACTERS ? reason : reason.substring(0, REASON_CHARACTERS);
    }
}
