// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One comparison of a portal's list of closed sessions with the ledger. Used by one thread. */
final class ReconcileRun {

    /**
     * The number of rows that are listed before they are compared, because the close of an event may be listed after
     * it.
     */
    private static final int BUFFER = 5000;

    /** The most closes that are decided in one transaction. */
    private static final int PAGE = 200;

    /**
     * Closes up to this many seconds after the decided ones may compete for their events. This is more than the longest
     * chain.
     */
    private static final long CONTEXT = 2000;

    /** The time before and after a change of the portal's offset during which a time may be wrong by an hour. */
    private static final long NEAR_CHANGE = 2 * CloseMatching.HOUR;

    private static final long DAY = Duration.ofDays(1).toSeconds();

    /** The most missing closes that are named in the report. */
    private static final int NAMED = 1000;

    private static final Logger LOG = LoggerFactory.getLogger(ReconcileRun.class);

    final ReconcileStore store;
    final SqlInbox inbox;
    private final ClosedSessions sessions;
    final ReconcileSettings settings;
    final InstantSource clock;
    final Mode mode;
    final String memberId;
    final ReconcileStore.State state;
    final ReconcileStore.@Nullable Lease lease;

    /** The time that the operator wants the comparison to begin at, or null. */
    private final @Nullable Instant from;

    /** Sessions that are listed and not yet compared, in order of time. */
    private final List<ClosedSession> buffer = new ArrayList<>();

    private final Set<Long> changes = new TreeSet<>();
    final Set<String> paired = new HashSet<>();
    final Map<Long, Integer> unmatchedOfLine = new HashMap<>();
    final Map<Long, Integer> matchedOfLine = new HashMap<>();
    private final List<Reconciler.Missing> named = new ArrayList<>();

    @Nullable
    Map<Long, String> lines;

    private @Nullable Integer offset;
    private long offsetChanged;
    private int compared;
    int missing;
    private int reported;
    private int undecided;
    private boolean active;
    boolean blind;
    private @Nullable String doubt;
    long decidedUntil;
    Instant portalTime = Instant.EPOCH;

    /** The modes of a run. */
    enum Mode {
        NARROW,
        SWEEP,
        /** This comparison changes nothing. */
        DRY;

        boolean writes() {
            return this != DRY;
        }
    }

    /** The state that a run leaves for the portal. */
    record Seen(
            boolean sweep,
            boolean active,
            int missing,
            @Nullable Integer offset,
            long offsetChanged) {}

    /**
     * Prepares a run.
     *
     * @param lease the right to write, or null for a run that only looks
     * @param from when the operator wants it to begin, or null
     */
    ReconcileRun(
            SqlInbox inbox,
            ReconcileStore store,
            ClosedSessions sessions,
            ReconcileSettings settings,
            InstantSource clock,
            Mode mode,
            String memberId,
            ReconcileStore.State state,
            ReconcileStore.@Nullable Lease lease,
            @Nullable Instant from) {
        this.inbox = inbox;
        this.store = store;
        this.sessions = sessions;
        this.settings = settings;
        this.clock = clock;
        this.mode = mode;
        this.memberId = memberId;
        this.state = state;
        this.lease = lease;
        this.from = from;
        this.offset = state.offset();
        this.offsetChanged = state.offsetChanged();
    }

    /**
     * Lists and compares. Blocks.
     *
     * @throws SessionsUnavailableException if the portal does not list its sessions
     * @throws StoreException if the store is down
     * @throws ReconcileStore.LeaseLostException if another node has the portal now
     */
    Reconciler.Report run() {
        long now = clock.instant().getEpochSecond();
        long back = mode == Mode.NARROW
                ? state.watermark() - ReconcileSettings.OVERLAP.toSeconds()
                : Math.min(now - settings.sweep().toSeconds(), state.watermark());
        long lower = lower(now, back);
        decidedUntil = lower - 1;
        SessionPages pages =
                new SessionPages(sessions, memberId, lower - CloseMatching.WINDOW - CloseMatching.BEFORE, now + DAY);
        boolean last = false;
        while (!last && !stopped()) {
            SessionPages.Batch batch = pages.next();
            if (lease != null && !store.renew(lease)) {
                throw new ReconcileStore.LeaseLostException(memberId);
            }
            last = batch.last();
            portalTime = batch.portalTime();
            buffer.addAll(batch.fresh());
            if (last || buffer.size() >= BUFFER) {
                // The events and the rows of sessions that closed a moment ago may still be on their way.
                long complete = portalTime.getEpochSecond() - settings.grace().toSeconds() + CloseMatching.WINDOW;
                compare(Math.min(batch.listedUntil(), complete), lower);
            }
        }
        undecided = buffer.size();
        return new Reconciler.Report(
                memberId,
                mode == Mode.SWEEP,
                compared,
                missing,
                reported,
                undecided,
                pages.calls(),
                blind,
                pages.incomplete(),
                doubt,
                List.copyOf(named),
                Instant.ofEpochSecond(
                        mode == Mode.NARROW && !blind ? Math.max(state.watermark(), decidedUntil) : state.watermark()),
                portalTime);
    }

    /** Returns the first second whose closes are compared. */
    private long lower(long now, long back) {
        if (from != null) {
            // The ledger knows what was handled for this long.
            return Math.max(from.getEpochSecond(), now - SessionLedger.SWEEP.toSeconds());
        }
        Instant since = settings.since();
        return Math.max(Math.max(state.since(), back), since == null ? 0 : since.getEpochSecond());
    }

    /** Returns whether a doubt has ended a run that writes. */
    private boolean stopped() {
        return doubt != null && mode.writes();
    }

    Seen seen() {
        // If the operator chose its beginning, the run may not have gone back over the whole period.
        return new Seen(mode == Mode.SWEEP && from == null, active, missing, offset, offsetChanged);
    }

    /** Compares the buffered rows that can be decided, page by page. */
    private void compare(long listedUntil, long lower) {
        buffer.sort(Comparator.comparingLong(ClosedSession::closedSecond).thenComparingLong(ClosedSession::sessionId));
        watchOffset();
        long limit = Math.min(
                listedUntil, portalTime.getEpochSecond() - settings.grace().toSeconds());
        Map<Object, List<ClosedSession>> byChat = new HashMap<>();
        buffer.forEach(session -> byChat.computeIfAbsent(ClosePlace.of(session).group(), key -> new ArrayList<>())
                .add(session));
        boolean more = true;
        while (more && !stopped()) {
            long until = buffer.size() > PAGE ? Math.min(limit, buffer.get(PAGE).closedSecond()) : limit;
            long context = Math.min(listedUntil, until + CONTEXT);
            List<ClosedSession> listed = buffer.stream()
                    .takeWhile(session -> session.closedSecond() <= context)
                    .toList();
            ReconcilePage page = new ReconcilePage(this, listed, byChat, lower, until, context, listedUntil);
            page.run();
            if (page.needsLines) {
                // This is not in the transaction, which keeps events waiting. Missing names are no reason to fail.
                lines = lines();
                page = new ReconcilePage(this, listed, byChat, lower, until, context, listedUntil);
                page.run();
            }
            more = take(page) && until < limit;
        }
    }

    /** Takes over the decisions of a page. Returns whether there were any. */
    private boolean take(ReconcilePage page) {
        if (page.doubt != null) {
            doubt = page.doubt;
            if (mode.writes()) {
                return false;
            }
        }
        int before = buffer.size();
        buffer.removeIf(page.decided::contains);
        compared += page.compared;
        missing += page.missing;
        reported += page.reported;
        named.addAll(page.named.subList(0, Math.min(page.named.size(), NAMED - named.size())));
        paired.addAll(page.paired);
        page.matchedOfLine.forEach((line, count) -> matchedOfLine.merge(line, count, Integer::sum));
        page.unmatchedOfLine.forEach((line, count) -> unmatchedOfLine.merge(line, count, Integer::sum));
        blind = page.blind;
        active |= page.active;
        decidedUntil = Math.max(decidedUntil, page.decidedUntil);
        return buffer.size() < before;
    }

    private void watchOffset() {
        ClosedSession previous = null;
        for (ClosedSession session : buffer) {
            if (offset != null && offset != session.offset()) {
                changes.add(session.closedSecond());
                if (previous != null) {
                    changes.add(previous.closedSecond());
                }
                offsetChanged = session.closedSecond();
            }
            offset = session.offset();
            previous = session;
        }
    }

    boolean nearChange(long second) {
        return Math.abs(second - state.offsetChanged()) <= NEAR_CHANGE
                || changes.stream().anyMatch(change -> Math.abs(second - change) <= NEAR_CHANGE);
    }

    private Map<Long, String> lines() {
        try {
            return sessions.lines(memberId);
        } catch (SessionsUnavailableException e) {
            LOG.debug("the names of the lines are not known", e);
            return Map.of();
        }
    }
}
