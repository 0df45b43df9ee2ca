// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import dev.openlines.testkit.Bodies;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** A portal as far as reconciling sees it: sessions, the events of their closes, and the list. */
final class ModelPortal implements ClosedSessions {

    static final String MEMBER = Bodies.MEMBER;

    /** The portal's clock. */
    Instant now;

    ZoneOffset offset = ZoneOffset.ofHours(3);

    /** Set if the grant may see the reports. */
    boolean sees = true;

    /** The number of rows in a page, for a list that has only whole pages; a portal's is 200. */
    int limit = 200;

    @Nullable
    RuntimeException failure;

    /** The number of the call that fails. */
    int failAt = Integer.MAX_VALUE;

    /** An action to run while a call is under way. */
    Runnable beforeAnswer = () -> {};

    final AtomicInteger calls = new AtomicInteger();
    int lineCalls;
    final List<Query> queries = new ArrayList<>();
    final List<String> causes = new ArrayList<>();

    private final Map<Long, Row> rows = new TreeMap<>();
    private long lastSession;

    /** The closes that really happened, also those that the list no longer shows. */
    final List<Close> closes = new ArrayList<>();

    ModelPortal(Instant now) {
        this.now = now;
    }

    /** A close that happened. */
    record Close(long session, long chat, long at) {
        @Override
        public String toString() {
            return session + "@" + at;
        }
    }

    private record Row(
            long session,
            long chat,
            long line,
            long user,
            long created,
            @Nullable Long closed,
            ZoneOffset offset) {

        Row closedAt(@Nullable Long at, ZoneOffset written) {
            return new Row(session, chat, line, user, created, at, written);
        }
    }

    void pass(Duration time) {
        now = now.plus(time);
    }

    long second() {
        return now.getEpochSecond();
    }

    long begin(long chat) {
        return begin(chat, 1, 10);
    }

    long begin(long chat, long line, long user) {
        lastSession++;
        rows.put(lastSession, new Row(lastSession, chat, line, user, second(), null, offset));
        return lastSession;
    }

    /** Closes a session now. */
    Close close(long session) {
        return close(session, second());
    }

    /** Closes a session with another time, as for a dismissed operator. */
    Close close(long session, long at) {
        Row row = Objects.requireNonNull(rows.get(session));
        rows.put(session, row.closedAt(at, offset));
        Close close = new Close(session, row.chat(), at);
        closes.add(close);
        return close;
    }

    /** Writes a close time that is wrong by so many seconds. */
    void rewrite(long session, long by) {
        Row row = Objects.requireNonNull(rows.get(session));
        rows.put(session, row.closedAt(Objects.requireNonNull(row.closed()) + by, offset));
    }

    /** Writes all local times with the offset of now. */
    void rewriteOffsets() {
        rows.replaceAll((session, row) -> row.closed() == null
                ? row
                : row.closedAt(row.closed() + row.offset().getTotalSeconds() - offset.getTotalSeconds(), offset));
    }

    void resume(long session) {
        Row row = Objects.requireNonNull(rows.get(session));
        rows.put(session, row.closedAt(null, offset));
    }

    void deleteLine(long line) {
        rows.values().removeIf(row -> row.line() == line);
    }

    boolean lists(Close close) {
        Row row = rows.get(close.session());
        return row != null && row.closed() != null && row.closed() == close.at();
    }

    /** Returns the event of a close as a subscription delivers it. */
    static VerifiedDelivery event(Close close, long after, long handler) {
        return event(close.chat(), close.at() + after, handler);
    }

    static VerifiedDelivery event(long chat, long ts, long handler) {
        return Deliveries.delivery(
                Bodies.finish(chat, "ts", Long.toString(ts), "event_handler_id", Long.toString(handler)));
    }

    @Override
    public Set<String> portals() {
        return Set.of(MEMBER);
    }

    @Override
    public Page list(Query query) {
        int call = calls.incrementAndGet();
        queries.add(query);
        beforeAnswer.run();
        if (failure != null) {
            throw failure;
        }
        if (call > failAt) {
            throw new SessionsUnavailableException(SessionsUnavailableException.Reason.AWAY, null, null);
        }
        if (query.offset() > 10_000 || query.limit() > 200 || query.limit() < 1) {
            throw new AssertionError("OFFSET_TOO_LARGE " + query);
        }
        if (query.from().plus(Duration.ofDays(366)).isBefore(query.to())) {
            throw new AssertionError("PERIOD_TOO_LARGE " + query);
        }
        List<Row> found = rows.values().stream()
                .filter(row -> sees && row.closed() != null)
                .filter(row -> row.closed() >= query.from().getEpochSecond()
                        && row.closed() <= query.to().getEpochSecond())
                .filter(row -> query.lineId() == null || row.line() == query.lineId())
                .sorted(Comparator.comparing(
                                (Row row) -> row.closed() + row.offset().getTotalSeconds())
                        .thenComparing(Row::session))
                .skip(query.offset())
                .limit(query.limit() + 1L)
                .toList();
        List<ClosedSession> page = found.stream()
                .limit(Math.min(query.limit(), limit))
                .map(row -> new ClosedSession(
                        row.session(),
                        row.chat(),
                        row.line(),
                        row.user(),
                        "livechat",
                        Instant.ofEpochSecond(row.created()).atOffset(row.offset()),
                        Instant.ofEpochSecond(Objects.requireNonNull(row.closed()))
                                .atOffset(row.offset()),
                        "closed"))
                .toList();
        return new Page(page, found.size() > page.size(), now);
    }

    @Override
    public Map<Long, String> lines(String memberId) {
        lineCalls++;
        Map<Long, String> lines = new TreeMap<>();
        rows.values().forEach(row -> lines.put(row.line(), "Line " + row.line()));
        return lines;
    }

    @Override
    public Optional<String> cause(String memberId) {
        causes.add(memberId);
        return Optional.of("not bound");
    }
}
