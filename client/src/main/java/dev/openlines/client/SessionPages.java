// SPDX-License-Identifier: Apache-2.0
package dev.openlines.client;

import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The sessions that match a filter, read page by page.
 *
 * <p>The list changes while it is read, and the platform takes offsets up to 10,000 only. So the next page begins at
 * the time of the last row, and rows that were read before are dropped. An offset is used only while a page does not
 * get beyond one second, or if the order is not by time. A page with an offset must begin with the last row of the page
 * before. If it does not, the list has changed, and reading begins again at offset 0. Two calls bring about one page of
 * new rows, however many rows share a second.
 *
 * <p>The documentation does not say whether the ends of a period belong to it. If the last rows are missing from the
 * next page, they do not, or these sessions have just been resumed. Then pages begin a second earlier.
 */
final class SessionPages implements Iterator<Session> {

    /** The most sessions that are expected in one second. */
    private static final int ENDLESS = 100_000;

    /** The number of times that an offset is given up because the list has changed. */
    private static final int RESTARTS = 10;

    private static final String METHOD = OpenLines.SESSIONS;

    private final Function<SessionFilter, SessionPage> calls;
    private final @Nullable String time;

    /** Sessions already returned that may come again: at the edge, or all of them if the order is not by time. */
    private final Map<Long, Instant> given = new HashMap<>();

    private @Nullable SessionFilter next;
    private Iterator<Session> ready = List.<Session>of().iterator();
    private Duration margin = Duration.ZERO;
    private boolean edge;
    private List<Long> idsBefore = List.of();
    private @Nullable Long expected;
    private int restarts;

    SessionPages(SessionFilter filter, Function<SessionFilter, SessionPage> calls) {
        if (filter.offset() != 0) {
            throw new IllegalArgumentException(
                    "expected a filter without an offset to stream but found " + filter.offset());
        }
        this.calls = calls;
        this.time = filter.timeInOrder();
        this.next = filter;
    }

    @Override
    public boolean hasNext() {
        while (!ready.hasNext()) {
            SessionFilter filter = next;
            if (filter == null) {
                return false;
            }
            read(filter, calls.apply(filter));
        }
        return true;
    }

    @Override
    public Session next() {
        if (!hasNext()) {
            throw new NoSuchElementException();
        }
        return ready.next();
    }

    private void read(SessionFilter filter, SessionPage page) {
        boolean moved = expected != null
                && (page.sessions().isEmpty() || page.sessions().get(0).id() != expected);
        expected = null;
        if (moved && restarts < RESTARTS) {
            restarts++;
            next = filter.at(0);
            return;
        }
        List<Session> fresh = new ArrayList<>();
        for (Session session : page.sessions()) {
            Instant at = timeOf(session);
            // If the same session comes with another time, it has been closed again.
            if (!at.equals(given.get(session.id()))) {
                fresh.add(session);
            }
        }
        Instant begin = time == null ? null : filter.begin();
        if (edge
                && begin != null
                && margin.isZero()
                && fresh.size() == page.sessions().size()) {
            margin = Duration.ofSeconds(1);
            next = filter.beginningAt(earlier(filter, begin));
            return;
        }
        edge = false;
        fresh.forEach(session -> given.put(session.id(), timeOf(session)));
        ready = fresh.iterator();
        next = page.hasNextPage() ? after(filter, page) : null;
    }

    private SessionFilter after(SessionFilter filter, SessionPage page) {
        List<Long> ids = page.sessions().stream().map(Session::id).toList();
        boolean repeated = filter.offset() > 0 && ids.equals(idsBefore);
        idsBefore = ids;
        if (ids.isEmpty() || repeated) {
            throw new UnexpectedReplyException(METHOD, "other sessions", "none, and the word of more", "$.result");
        }
        Instant last = lastTime(filter, page);
        if (last != null && filter.includes(last)) {
            Instant from = earlier(filter, last);
            Instant begin = filter.begin();
            if (begin == null || isBefore(filter, Wire.second(begin), from)) {
                Instant kept = filter.rises() ? from.minusSeconds(1) : from.plusSeconds(1);
                given.values().removeIf(at -> isBefore(filter, at, kept));
                edge = true;
                return filter.beginningAt(from);
            }
        }
        int overlap = ids.size() > 1 ? 1 : 0;
        expected = overlap == 1 ? ids.get(ids.size() - 1) : null;
        int offset = filter.offset() + ids.size() - overlap;
        if (offset > ENDLESS) {
            throw new UnexpectedReplyException(METHOD, "an end", ENDLESS + " sessions of one second", "$.result");
        }
        return filter.at(offset);
    }

    /** Tells whether one time is read before another. */
    private static boolean isBefore(SessionFilter filter, Instant one, Instant other) {
        return filter.rises() ? one.isBefore(other) : one.isAfter(other);
    }

    /** Moves a time by the margin, towards the rows that were read before. */
    private Instant earlier(SessionFilter filter, Instant edgeTime) {
        Instant second = Wire.second(edgeTime);
        return filter.rises() ? second.minus(margin) : second.plus(margin);
    }

    /** Returns the time of the last row, or null if the rows are not in order of time. */
    private @Nullable Instant lastTime(SessionFilter filter, SessionPage page) {
        Instant last = null;
        for (Session session : page.sessions()) {
            OffsetDateTime at = at(session);
            if (time == null || at == null || (last != null && isBefore(filter, at.toInstant(), last))) {
                return null;
            }
            last = at.toInstant();
        }
        return last;
    }

    private Instant timeOf(Session session) {
        OffsetDateTime at = at(session);
        return at == null ? Instant.EPOCH : at.toInstant();
    }

    private @Nullable OffsetDateTime at(Session session) {
        return SessionFilter.Order.CLOSED.wireName.equals(time) ? session.closedAt() : session.createdAt();
    }
}
