// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One transaction of a comparison: the closes up to a given second, with the surrounding rows of the list and the
 * ledger.
 */
final class ReconcilePage {

    private static final long DAY = Duration.ofDays(1).toSeconds();

    /** The number of events that makes a line without any listed close suspicious. */
    private static final int BLIND_LINE = 3;

    private final ReconcileRun run;
    private final List<ClosedSession> listed;
    private final Map<Object, List<ClosedSession>> byChat;
    private final long lower;
    private final long until;
    private final long listedUntil;
    private final long complete;

    /** The following fields are set when the transaction runs, which it does once. */
    final Set<ClosedSession> decided = new HashSet<>();

    final Set<String> paired = new HashSet<>();
    final Map<Long, Integer> matchedOfLine = new HashMap<>();
    final Map<Long, Integer> unmatchedOfLine = new HashMap<>();
    final List<Reconciler.Missing> named = new ArrayList<>();
    int compared;
    int missing;
    int reported;
    boolean active;
    boolean blind;
    long decidedUntil;

    @Nullable
    String doubt;

    boolean needsLines;

    ReconcilePage(
            ReconcileRun run,
            List<ClosedSession> listed,
            Map<Object, List<ClosedSession>> byChat,
            long lower,
            long until,
            long listedUntil,
            long complete) {
        this.run = run;
        this.listed = listed;
        this.byChat = byChat;
        this.lower = lower;
        this.until = until;
        this.listedUntil = listedUntil;
        this.complete = complete;
    }

    void run() {
        if (run.mode.writes()) {
            run.store.inLease(Objects.requireNonNull(run.lease), this::commit);
        } else {
            run.inbox.transaction(this::commit);
        }
    }

    private boolean commit(Connection connection) throws SQLException {
        long first = listed.isEmpty()
                ? run.decidedUntil
                : Math.min(run.decidedUntil, listed.get(0).closedSecond());
        long reach = CloseMatching.HOUR + CloseMatching.WINDOW + CloseMatching.BEFORE;
        List<LedgerRow> rows = SessionLedger.read(connection, run.memberId, first - reach, listedUntil + reach);
        Map<Long, List<LedgerRow>> ofSession = new HashMap<>();
        rows.stream()
                .filter(row -> row.sessionId() != null)
                .forEach(row -> ofSession
                        .computeIfAbsent(row.sessionId(), key -> new ArrayList<>())
                        .add(row));

        List<ClosedSession> open = new ArrayList<>();
        List<ClosedSession> known = new ArrayList<>();
        for (ClosedSession session : listed) {
            boolean isKnown = ofSession.getOrDefault(session.sessionId(), List.of()).stream()
                    .anyMatch(row -> row.isClose(session));
            (isKnown ? known : open).add(session);
        }
        List<LedgerRow> events = rows.stream().filter(this::free).toList();
        CloseMatching.Result result = CloseMatching.match(
                events.stream()
                        .map(row -> new CloseMatching.Point(row.place().group(), row.at()))
                        .toList(),
                open.stream()
                        .map(session ->
                                new CloseMatching.Point(ClosePlace.of(session).group(), session.closedSecond()))
                        .toList(),
                listedUntil,
                run::nearChange);
        decidedUntil = until;
        List<ClosedSession> without = new ArrayList<>();
        Map<LedgerRow, ClosedSession> pairs = new HashMap<>();
        for (int i = 0; i < open.size(); i++) {
            ClosedSession session = open.get(i);
            Integer event = result.eventOf().get(i);
            if (result.undecided().contains(i) || session.closedSecond() > until) {
                if (session.closedSecond() <= until) {
                    decidedUntil = Math.min(decidedUntil, session.closedSecond() - 1);
                }
            } else {
                decided.add(session);
                if (event != null) {
                    pairs.put(events.get(event), session);
                } else if (session.closedSecond() >= lower) {
                    without.add(session);
                }
            }
        }
        for (ClosedSession session : known) {
            if (session.closedSecond() <= until) {
                decided.add(session);
                if (reportedBefore(session, ofSession)) {
                    without.add(session);
                }
            }
        }
        compared = (int) decided.stream()
                .filter(session -> session.closedSecond() >= lower)
                .count();
        active = decided.stream().anyMatch(session -> session.closedSecond() > run.state.watermark());
        Set<LedgerRow> candidates = new HashSet<>();
        result.eventOf().values().forEach(event -> candidates.add(events.get(event)));
        List<LedgerRow> alone = events.stream()
                .filter(row -> !candidates.contains(row) && !explained(row))
                .toList();
        look(rows, pairs, alone);
        doubt = doubt(without, without.isEmpty() ? alone : aloneFarther(connection, alone));
        if (doubt != null && run.mode.writes()) {
            return false;
        }
        return write(connection, pairs, without);
    }

    /** Tells whether a close that was too old before is to be handled, or named, now. */
    private boolean reportedBefore(ClosedSession session, Map<Long, List<LedgerRow>> ofSession) {
        return (!run.mode.writes() || session.closedSecond() <= run.state.acceptedUntil())
                && ofSession.getOrDefault(session.sessionId(), List.of()).stream()
                        .anyMatch(row -> row.isClose(session) && row.state() == LedgerRow.State.REPORTED);
    }

    private boolean free(LedgerRow row) {
        return row.state() == LedgerRow.State.COUNTED && row.sessionId() == null && !run.paired.contains(row.key());
    }

    /**
     * Tells whether an event belongs to an earlier close of a session that went on and was closed again, or to a close
     * that is compared later.
     */
    private boolean explained(LedgerRow event) {
        return byChat.getOrDefault(event.place().group(), List.of()).stream()
                .anyMatch(session -> session.createdAt() != null
                                && session.createdAt().toEpochSecond() <= event.at()
                                && event.at() < session.closedSecond()
                        || event.at() > until && CloseMatching.fits(event.at(), session.closedSecond()));
    }

    /** Adds the events after this page that nothing in the list explains: a portal's times may be hours off. */
    private List<LedgerRow> aloneFarther(Connection connection, List<LedgerRow> near) throws SQLException {
        List<LedgerRow> alone = new ArrayList<>(near);
        SessionLedger.read(connection, run.memberId, until + 1, Math.min(complete, until + DAY)).stream()
                .filter(this::free)
                .filter(row -> !explained(row))
                .forEach(alone::add);
        return alone;
    }

    /** Tells whether a line has events but no listed sessions. */
    private void look(List<LedgerRow> rows, Map<LedgerRow, ClosedSession> pairs, List<LedgerRow> alone) {
        // Earlier comparisons say nothing about what the grant may see now.
        long after = Math.max(Math.max(run.decidedUntil, run.state.watermark()), lower) - CloseMatching.WINDOW;
        long before = decidedUntil - CloseMatching.WINDOW;
        alone.stream()
                .filter(row -> row.at() > after && row.at() <= before)
                .forEach(row -> unmatchedOfLine.merge(line(row), 1, Integer::sum));
        rows.stream()
                .filter(row -> row.state() == LedgerRow.State.COUNTED
                        && (row.sessionId() != null || pairs.containsKey(row))
                        && row.at() > after
                        && row.at() <= before)
                .forEach(row -> matchedOfLine.merge(line(row), 1, Integer::sum));
        Map<Long, Integer> unmatched = sum(run.unmatchedOfLine, unmatchedOfLine);
        Map<Long, Integer> matched = sum(run.matchedOfLine, matchedOfLine);
        boolean nowBlind = total(unmatched) > total(matched)
                || unmatched.entrySet().stream()
                        .anyMatch(line -> line.getValue() >= BLIND_LINE && !matched.containsKey(line.getKey()));
        // The watermark must not pass what could not be seen.
        blind = run.blind || nowBlind;
    }

    private static Map<Long, Integer> sum(Map<Long, Integer> one, Map<Long, Integer> other) {
        Map<Long, Integer> sum = new HashMap<>(one);
        other.forEach((line, count) -> sum.merge(line, count, Integer::sum));
        return sum;
    }

    private static int total(Map<Long, Integer> counts) {
        return counts.values().stream().mapToInt(Integer::intValue).sum();
    }

    private static long line(LedgerRow row) {
        Long line = row.place().lineId();
        return line == null ? 0 : line;
    }

    private @Nullable String doubt(List<ClosedSession> without, List<LedgerRow> alone) {
        if (without.isEmpty()) {
            return null;
        }
        if (run.state.held() != null) {
            return run.state.held();
        }
        int total = run.missing;
        int chats = 0;
        for (ClosedSession session : without) {
            if (session.closedSecond() > run.state.acceptedUntil()) {
                total++;
                Object group = ClosePlace.of(session).group();
                chats += alone.stream()
                                .anyMatch(event -> event.place().group().equals(group)
                                        && Math.abs(event.at() - session.closedSecond()) <= DAY)
                        ? 1
                        : 0;
            }
        }
        if (chats > 0) {
            return "events without a close and closes without an event in the same chats: " + chats;
        }
        int most = Math.max(run.settings.doubtAbove(), 10 * run.state.mostMissing());
        return total > most ? "more than " + most + " closes without an event" : null;
    }

    private boolean write(Connection connection, Map<LedgerRow, ClosedSession> pairs, List<ClosedSession> without)
            throws SQLException {
        Map<Long, String> names = run.lines;
        if (names == null && run.mode.writes() && !without.isEmpty()) {
            needsLines = true;
            return false;
        }
        for (Map.Entry<LedgerRow, ClosedSession> pair : pairs.entrySet()) {
            paired.add(pair.getKey().key());
            if (run.mode.writes()) {
                ClosedSession session = pair.getValue();
                SessionLedger.setClose(
                        connection, pair.getKey(), session.sessionId(), session.closedSecond(), session.offset());
            }
        }
        Instant now = run.clock.instant();
        long oldest = run.portalTime.minus(run.settings.maxAge()).getEpochSecond();
        for (ClosedSession session : without) {
            boolean tooOld = session.closedSecond() < oldest && session.closedSecond() > run.state.acceptedUntil();
            int hour = run.nearChange(session.closedSecond()) ? (int) CloseMatching.HOUR : 0;
            named.add(new Reconciler.Missing(session, tooOld));
            missing += tooOld ? 0 : 1;
            reported += tooOld ? 1 : 0;
            if (run.mode.writes()) {
                ReconciledClose close = ReconciledClose.of(
                        run.memberId, session, Objects.requireNonNull(names).get(session.lineId()), now);
                if (tooOld) {
                    SessionLedger.add(connection, SessionLedger.row(close, LedgerRow.State.REPORTED, hour));
                } else {
                    SessionLedger.store(connection, close, hour);
                }
            }
        }
        if (run.mode == ReconcileRun.Mode.NARROW && !blind) {
            ReconcileStore.advance(connection, run.memberId, decidedUntil);
        }
        return true;
    }
}
