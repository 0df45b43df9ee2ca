// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongPredicate;

/**
 * Pairs events with listed closes. The request that closes the session also queues the event, so the event has the time
 * of the close or a little later: a pair is possible from {@value #BEFORE} second before to {@value #WINDOW} seconds
 * after the close, in one chat. It takes the pairing with most pairs, and among these the one with the smallest sum of
 * distances. Pairing by order of time alone would give an event to the wrong one of two closes if the event of the
 * first close was lost.
 */
final class CloseMatching {

    /** The most seconds that an event may lie behind its close. */
    static final long WINDOW = 120;

    /** The most seconds that an event may lie before its close, since the two clocks count whole seconds. */
    static final long BEFORE = 1;

    /** The error of a portal's local time in seconds, in the hour that the end of summer time repeats. */
    static final long HOUR = 3600;

    /** A chain of closes in one chat that is longer than this is decided before its end is known. */
    private static final long LONGEST_CHAIN = 30 * 60;

    /** More than any sum of distances, so that one more pair always wins. */
    private static final long PAIR = 1L << 40;

    /**
     * An event or a close.
     *
     * @param group equal for those of one chat
     * @param at seconds since 1970, by the portal's clock
     */
    record Point(Object group, long at) {}

    /**
     * The pairs that were found.
     *
     * @param eventOf the event of each close that has one, both by their index
     * @param undecided closes that a close or an event after the end of the list may still concern
     */
    record Result(Map<Integer, Integer> eventOf, Set<Integer> undecided) {}

    private CloseMatching() {}

    static boolean fits(long event, long close) {
        return event - close >= -BEFORE && event - close <= WINDOW;
    }

    /**
     * Pairs events and closes of one portal.
     *
     * @param listedUntil everything up to this second is known
     * @param hourApart the close times that may be wrong by an hour, as after a change of the portal's offset. If such
     *     a close has no event yet, its time is also tried one hour earlier and later
     */
    static Result match(List<Point> events, List<Point> closes, long listedUntil, LongPredicate hourApart) {
        Result result = new Result(new HashMap<>(), new HashSet<>());
        pair(events, closes, 0, at -> true, at -> true, result);
        // An event is left to its own close if that may not be listed yet.
        LongPredicate listed = at -> at + BEFORE <= listedUntil;
        pair(events, closes, HOUR, listed, hourApart, result);
        pair(events, closes, -HOUR, listed, hourApart, result);
        Map<Object, List<Mark>> groups =
                groups(events, closes, 0, at -> true, at -> true, new Result(Map.of(), Set.of()));
        for (List<Mark> group : groups.values()) {
            for (List<Mark> chain : chains(group)) {
                long last = chain.get(chain.size() - 1).at;
                if (last + WINDOW + BEFORE > listedUntil) {
                    chain.stream()
                            .filter(mark -> mark.close && mark.at > listedUntil - LONGEST_CHAIN)
                            .forEach(mark -> result.undecided.add(mark.index));
                }
            }
        }
        return result;
    }

    /** Pairs events and closes that are not paired yet, with the events' times earlier by a number of seconds. */
    private static void pair(
            List<Point> events,
            List<Point> closes,
            long shift,
            LongPredicate free,
            LongPredicate which,
            Result result) {
        if (closes.stream().noneMatch(close -> which.test(close.at))) {
            return;
        }
        for (List<Mark> group :
                groups(events, closes, shift, free, which, result).values()) {
            for (List<Mark> chain : chains(group)) {
                pair(
                        chain.stream().filter(mark -> !mark.close).toList(),
                        chain.stream().filter(mark -> mark.close).toList(),
                        result.eventOf);
            }
        }
    }

    /**
     * Finds the best pairing of two sequences in order of time. Some best pairing never crosses: if an earlier event
     * has the later of two closes, the two can change places, and the sum does not grow.
     */
    private static void pair(List<Mark> events, List<Mark> closes, Map<Integer, Integer> eventOf) {
        if (events.isEmpty() || closes.isEmpty()) {
            return;
        }
        long[][] best = new long[events.size() + 1][closes.size() + 1];
        for (int e = 1; e <= events.size(); e++) {
            for (int c = 1; c <= closes.size(); c++) {
                best[e][c] = Math.max(
                        Math.max(best[e - 1][c], best[e][c - 1]),
                        best[e - 1][c - 1] + gain(events.get(e - 1), closes.get(c - 1)));
            }
        }
        int e = events.size();
        int c = closes.size();
        while (e > 0 && c > 0) {
            if (best[e][c] == best[e - 1][c]) {
                e--;
            } else if (best[e][c] == best[e][c - 1]) {
                c--;
            } else {
                e--;
                c--;
                eventOf.put(closes.get(c).index, events.get(e).index);
            }
        }
    }

    private static long gain(Mark event, Mark close) {
        return fits(event.at, close.at) ? PAIR - Math.abs(event.at - close.at) : 0;
    }

    /** An event or a close, and its index. */
    private record Mark(boolean close, int index, long at) {}

    private static Map<Object, List<Mark>> groups(
            List<Point> events, List<Point> closes, long shift, LongPredicate free, LongPredicate which, Result taken) {
        Map<Object, List<Mark>> groups = new HashMap<>();
        Set<Integer> used = new HashSet<>(taken.eventOf.values());
        for (int i = 0; i < events.size(); i++) {
            if (!used.contains(i) && free.test(events.get(i).at)) {
                Point event = events.get(i);
                groups.computeIfAbsent(event.group, key -> new ArrayList<>()).add(new Mark(false, i, event.at - shift));
            }
        }
        for (int i = 0; i < closes.size(); i++) {
            if (!taken.eventOf.containsKey(i) && which.test(closes.get(i).at)) {
                Point close = closes.get(i);
                groups.computeIfAbsent(close.group, key -> new ArrayList<>()).add(new Mark(true, i, close.at));
            }
        }
        return groups;
    }

    /** Splits a chat's marks, in order of time, at each gap that no pair can bridge. */
    private static List<List<Mark>> chains(List<Mark> group) {
        List<Mark> sorted = new ArrayList<>(group);
        sorted.sort(Comparator.comparingLong(Mark::at).thenComparingInt(Mark::index));
        List<List<Mark>> chains = new ArrayList<>();
        long last = 0;
        for (Mark mark : sorted) {
            if (chains.isEmpty() || mark.at - last > WINDOW) {
                chains.add(new ArrayList<>());
            }
            chains.get(chains.size() - 1).add(mark);
            last = mark.at;
        }
        return chains;
    }
}
