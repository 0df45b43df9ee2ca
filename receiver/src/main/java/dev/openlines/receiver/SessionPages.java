// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Lists the closed sessions of one portal in order of their close. The list changes while it is read, because a session
 * that goes on leaves it. So the next page begins one second before the end of the last one. A growing offset is used
 * only to skip the known rows of these two seconds. Each row is returned once.
 */
final class SessionPages {

    /** The most rows that a portal returns at once. */
    static final int LIMIT = 200;

    /** The greatest offset that a portal accepts. */
    static final int FURTHEST = 10_000;

    /** The rows that a page reached by an offset shares with the page before it, in case rows have left the list. */
    private static final int OVERLAP = 20;

    /**
     * The most pages in a row that may bring nothing new. Even the longest list that can be reached has fewer pages.
     */
    private static final int MOST_IDLE = 100;

    /**
     * The most calls in a run, more than two million sessions need. A list without an end must not delay other portals.
     */
    private static final int MOST_CALLS = 10_000;

    /** The longest period that a portal accepts. */
    private static final long LONGEST = Duration.ofDays(365).toSeconds();

    private final ClosedSessions sessions;
    private final String memberId;
    private final long until;
    /** The sessions that are listed for each second. */
    private final TreeMap<Long, Set<Long>> known = new TreeMap<>();

    private long from;
    private long end;
    private int offset;
    private boolean incomplete;
    private int calls;
    private int idle;

    /**
     * Prepares to list.
     *
     * @param from the first second
     * @param until the last second
     */
    SessionPages(ClosedSessions sessions, String memberId, long from, long until) {
        this.sessions = sessions;
        this.memberId = memberId;
        this.from = from;
        this.until = until;
        this.end = Math.min(from + LONGEST, until);
    }

    /**
     * The result of one call.
     *
     * @param fresh rows that were not listed before, all with a close time
     * @param listedUntil all rows up to this second have been returned
     * @param last whether nothing follows
     * @param portalTime the portal's time
     */
    record Batch(List<ClosedSession> fresh, long listedUntil, boolean last, Instant portalTime) {}

    /** Tells whether rows of one second were left out, because there are more than can be listed. */
    boolean incomplete() {
        return incomplete;
    }

    int calls() {
        return calls;
    }

    /**
     * Asks for the next page.
     *
     * @throws SessionsUnavailableException if the portal does not list its sessions, or its list has no end
     */
    Batch next() {
        int asked = offset;
        ClosedSessions.Page page = ask(from, end, asked, null, null);
        while (asked > 0 && page.sessions().stream().noneMatch(this::isKnown)) {
            asked = Math.max(0, asked - LIMIT);
            page = ask(from, end, asked, null, null);
        }
        List<ClosedSession> fresh = new ArrayList<>();
        add(page, fresh);
        if (!page.more()) {
            boolean last = end >= until;
            long listedUntil = end;
            from = end - 1;
            end = Math.min(from + LONGEST, until);
            offset = 0;
            return new Batch(fresh, listedUntil, last, page.portalTime());
        }
        idle = fresh.isEmpty() ? idle + 1 : 0;
        if (idle > MOST_IDLE) {
            throw new SessionsUnavailableException(SessionsUnavailableException.Reason.REJECTED, null, null);
        }
        int size = page.sessions().size();
        if (known.isEmpty() || page.sessions().stream().allMatch(session -> session.closedAt() == null)) {
            // The portal lists a session that is not closed, so this skips it.
            offset = asked + (size == 0 ? LIMIT : size);
            return new Batch(fresh, from - 1, false, page.portalTime());
        }
        long second = known.lastKey();
        long first = Math.max(from, second - 1);
        // A portal may list fewer rows at once than it was asked for.
        int overlap = Math.min(OVERLAP, size / 2);
        offset = fresh.isEmpty() && first == from ? asked + size - overlap : Math.max(0, count(first) - overlap);
        from = first;
        if (offset > FURTHEST) {
            split(second, fresh);
            from = second + 1;
            offset = 0;
            return new Batch(fresh, second, false, page.portalTime());
        }
        known.headMap(from).clear();
        return new Batch(fresh, second - 1, false, page.portalTime());
    }

    /** Lists two seconds line by line, and a line channel by channel if need be. */
    private void split(long second, List<ClosedSession> fresh) {
        Set<Long> lines = new TreeSet<>(sessions.lines(memberId).keySet());
        fresh.forEach(session -> lines.add(session.lineId()));
        for (long line : lines) {
            Map<String, Integer> sources = new HashMap<>();
            if (!all(second, line, null, fresh, sources)) {
                for (String source : new TreeSet<>(sources.keySet())) {
                    if (!all(second, line, source, fresh, sources)) {
                        incomplete = true;
                    }
                }
            }
        }
    }

    private boolean all(
            long second, long line, @Nullable String source, List<ClosedSession> fresh, Map<String, Integer> sources) {
        boolean more = true;
        int at = 0;
        while (more && at <= FURTHEST) {
            ClosedSessions.Page page = ask(from, second, at, line, source);
            page.sessions().forEach(session -> sources.merge(session.source(), 1, Integer::sum));
            add(page, fresh);
            more = page.more();
            at += page.sessions().isEmpty() ? LIMIT : page.sessions().size();
        }
        return !more;
    }

    private ClosedSessions.Page ask(long first, long lastSecond, int at, @Nullable Long line, @Nullable String source) {
        calls++;
        if (calls > MOST_CALLS) {
            throw new SessionsUnavailableException(SessionsUnavailableException.Reason.REJECTED, null, null);
        }
        return sessions.list(new ClosedSessions.Query(
                memberId, Instant.ofEpochSecond(first), Instant.ofEpochSecond(lastSecond), at, LIMIT, line, source));
    }

    private void add(ClosedSessions.Page page, List<ClosedSession> fresh) {
        for (ClosedSession session : page.sessions()) {
            if (session.closedAt() != null
                    && known.computeIfAbsent(session.closedSecond(), key -> new HashSet<>())
                            .add(session.sessionId())) {
                fresh.add(session);
            }
        }
    }

    private boolean isKnown(ClosedSession session) {
        return session.closedAt() != null
                && known.getOrDefault(session.closedSecond(), Set.of()).contains(session.sessionId());
    }

    private int count(long first) {
        return known.tailMap(first).values().stream().mapToInt(Set::size).sum();
    }
}
