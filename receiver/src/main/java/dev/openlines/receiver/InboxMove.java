// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.locks.LockSupport;

/**
 * Moves the contents of one inbox to another. An event is stored in the new inbox first, and only then is it done in
 * the old one. If the move is interrupted in between, the event is in both, with the same key. Events of one chat are
 * moved one at a time, the oldest first.
 */
public final class InboxMove {

    private static final int PORTION = 200;
    private static final Duration LEASE = Duration.ofMinutes(1);
    private static final Duration PAUSE = Duration.ofMillis(100);

    /**
     * The longest plausible wait. If an event waits for longer than any policy allows, a wrong clock has postponed it.
     */
    private static final Duration LATEST = Duration.ofDays(1);

    private final LeasingInbox from;
    private final Inbox to;
    private final InstantSource clock;
    private final String owner = "move-" + UUID.randomUUID();

    /**
     * Prepares a move; nothing is moved yet. Blocks.
     *
     * @param from the old inbox, on SQLite or PostgreSQL
     * @param to the new inbox
     * @param clock the time of leases
     * @throws IllegalArgumentException if both are over the same store, because each event would count as its own
     *     duplicate and then as done
     * @throws StoreException if either store is down
     */
    public InboxMove(LeasingInbox from, Inbox to, InstantSource clock) {
        if (from instanceof SqlInbox old && to instanceof SqlInbox next && sameStore(old, next)) {
            throw new IllegalArgumentException("expected another store but found the same");
        }
        this.from = from;
        this.to = to;
        this.clock = clock;
    }

    /**
     * Moves events until none waits. Waits for events that a worker is handling and for those that are to be retried
     * later. Blocks.
     *
     * @return how many were moved
     * @throws StoreException if either store is down; what was not moved stays
     */
    public int events() {
        int moved = 0;
        while (true) {
            Instant now = clock.instant();
            List<LeasedDelivery> portion =
                    from.lease(new LeaseRequest(owner, PORTION, now, now.plus(LEASE), now.plus(LATEST), true));
            moved += move(portion);
            if (portion.isEmpty()) {
                if (from.backlog().waiting() == 0) {
                    return moved;
                }
                LockSupport.parkNanos(PAUSE.toNanos());
            }
        }
    }

    private int move(List<LeasedDelivery> portion) {
        List<CompletionStage<StoreResult>> stores = new ArrayList<>();
        Map<Long, List<SqlProgress.Mark>> marks = marks(portion);
        for (LeasedDelivery leased : portion) {
            List<SqlProgress.Mark> done = marks.getOrDefault(leased.id(), List.of());
            stores.add(
                    leased.origin() == Origin.RECONCILED
                            ? store(ReconciledClose.of(leased), done)
                            : store(delivery(leased), done));
        }
        int moved = 0;
        StoreException failure = null;
        List<CompletionStage<Boolean>> settlements = new ArrayList<>();
        for (int i = 0; i < portion.size(); i++) {
            Settlement settlement = new Settlement.Done();
            try {
                await(stores.get(i));
                moved++;
            } catch (StoreException e) {
                failure = e;
                settlement = new Settlement.Release();
            }
            settlements.add(from.settle(portion.get(i), settlement, clock.instant()));
        }
        // False if this took so long that another worker has the event. Then the event is in both inboxes.
        settlements.forEach(InboxMove::await);
        if (failure != null) {
            throw new StoreException(String.valueOf(failure.getMessage()), failure);
        }
        return moved;
    }

    /** Returns the marks of work that handlers have committed for events that are not done, by the events' ids. */
    private Map<Long, List<SqlProgress.Mark>> marks(List<LeasedDelivery> portion) {
        return from instanceof SqlInbox sql ? sql.run(connection -> SqlProgress.of(connection, portion)) : Map.of();
    }

    /** Stores an event with its marks in one commit. A Kafka inbox has no transactions and needs no marks. */
    private CompletionStage<StoreResult> store(VerifiedDelivery delivery, List<SqlProgress.Mark> marks) {
        return marks.isEmpty() || !(to instanceof SqlInbox sql) ? to.store(delivery) : sql.store(delivery, marks);
    }

    private CompletionStage<StoreResult> store(ReconciledClose close, List<SqlProgress.Mark> marks) {
        return marks.isEmpty() || !(to instanceof SqlInbox sql) ? to.store(close) : sql.store(close, marks);
    }

    private static VerifiedDelivery delivery(LeasedDelivery leased) {
        int bytes = leased.payload().getBytes(StandardCharsets.UTF_8).length;
        // The event's change of trust was copied by trust().
        return new VerifiedDelivery(
                VerifiedDelivery.stored(leased.payload()),
                leased.memberId(),
                bytes,
                leased.receivedAt(),
                null,
                leased.origin(),
                leased.idempotencyKey());
    }

    /**
     * Copies into a new SQL inbox the closes that the old inbox knows, and up to when each portal has been compared. A
     * close whose event still waits in the old inbox is not copied, because it comes with the event. Blocks.
     *
     * @return how many closes were copied
     * @throws StoreException if either store is down
     */
    public int closes() {
        SqlInbox old = SqlInbox.of(from);
        SqlInbox next = SqlInbox.of(to);
        if (old == null || next == null) {
            return 0;
        }
        LedgerCopy copy = new LedgerCopy(old, next);
        return copy.run();
    }

    /**
     * Copies the old inbox's trusted portals, and those that are no longer trusted. Portals that the new inbox already
     * knows stay unchanged there. Blocks.
     *
     * @return how many portals were copied
     * @throws StoreException if either store is down
     */
    public int trust() {
        Set<String> known = new HashSet<>();
        rows(to).forEach(row -> known.add(row.memberId()));
        Map<String, List<TrustLog.Row>> portals = new TreeMap<>();
        for (TrustLog.Row row : rows(from)) {
            if (!known.contains(row.memberId())) {
                portals.computeIfAbsent(row.memberId(), memberId -> new ArrayList<>())
                        .add(row);
            }
        }
        portals.forEach((memberId, rows) -> changes(rows, clock.instant()).forEach(change -> {
            to.trust(change);
        }));
        return portals.size();
    }

    private static List<TrustLog.Row> rows(Inbox inbox) {
        return inbox.trusted();
    }

    /**
     * Returns the changes: first the tokens that have ended, which stay ended; then the token without an end, with
     * those that are valid for the hour of overlap.
     */
    private static List<TrustChange> changes(List<TrustLog.Row> rows, Instant now) {
        String member = rows.get(0).memberId();
        String installed = null;
        List<String> ended = new ArrayList<>();
        List<String> ending = new ArrayList<>();
        Instant end = now;
        for (TrustLog.Row row : rows) {
            if (row.until().equals(Instant.MAX)) {
                installed = row.digest();
            } else if (row.until().isAfter(now)) {
                ending.add(row.digest());
                end = row.until().isAfter(end) ? row.until() : end;
            } else {
                ended.add(row.digest());
            }
        }
        List<TrustChange> changes = new ArrayList<>();
        if (!ended.isEmpty()) {
            changes.add(new TrustChange(member, null, ended, now));
        }
        if (installed != null || !ending.isEmpty()) {
            changes.add(new TrustChange(member, installed, ending, end));
        }
        return changes;
    }

    static <T> T await(CompletionStage<T> stage) {
        try {
            return stage.toCompletableFuture().join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof StoreException store
                    ? store
                    : new StoreException("cannot move", e.getCause());
        }
    }

    /**
     * Returns whether two inboxes are over the same store, by whatever path or URL: a mark of the one is in the other.
     */
    private static boolean sameStore(SqlInbox one, SqlInbox other) {
        String mark = "mark-" + UUID.randomUUID();
        one.run(connection -> update(connection, """
                insert into inbox (idempotency_key, member_id, event, order_key, payload, body_bytes, received_at,
                  state, not_before, finished_at) values (?, '', '', '', '{}', 0, 0, 'done', 0, 0)""", mark));
        int found = other.run(connection -> update(connection, "delete from inbox where idempotency_key = ?", mark));
        if (found == 0) {
            one.run(connection -> update(connection, "delete from inbox where idempotency_key = ?", mark));
        }
        return found > 0;
    }

    private static int update(Connection connection, String sql, String key) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setString(1, key);
            return statement.executeUpdate();
        }
    }
}
