// SPDX-License-Identifier: Apache-2.0
package dev.openlines.examples.closedchats;

import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;

/**
 * The order of attempts to sign in. Checking a password takes a large part of a second of a processor, so only two are
 * checked at a time. One of these two places is for sources that have given the right password before. A source has one
 * attempt at a time. The next attempt is that of the waiting source with the fewest wrong guesses, so guessing delays
 * only those who guess.
 */
final class Turns {

    /** The most that wait, each with a thread of the page. */
    static final int WAITING = 16;

    private static final int AT_ONCE = 2;
    /** The number of wrong guesses in a row after which a known source counts as unknown again. */
    private static final int TYPING_ERRORS = 10;

    private static final int REMEMBERED = 10_000;

    private static final Comparator<Turn> FIRST = Comparator.comparing((Turn turn) -> !turn.known())
            .thenComparingInt(Turn::wrong)
            .thenComparingLong(Turn::number);

    private final Map<String, Integer> wrong = new Remembered();
    private final Map<String, Integer> errorsLeft = new Remembered();
    private final Map<String, Turn> turns = new HashMap<>();
    private final TreeSet<Turn> waiting = new TreeSet<>(FIRST);
    private long count;
    private int running;
    private int strangers;

    private record Turn(String source, boolean known, int wrong, long number) {}

    /** A map that forgets the source that was not used for the longest time. */
    private static final class Remembered extends LinkedHashMap<String, Integer> {

        private static final long serialVersionUID = 1;

        Remembered() {
            super(16, 0.75f, true);
        }

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Integer> eldest) {
            return size() > REMEMBERED;
        }
    }

    /**
     * Waits for the turn of a source. Call {@link #end} afterwards.
     *
     * @param known whether this source is known to have the right password, also if it has not given it here
     * @return false if this source has a turn already, or if too many with fewer wrong guesses wait
     */
    synchronized boolean begin(String source, boolean known) throws InterruptedException {
        if (turns.containsKey(source)) {
            return false;
        }
        Turn turn = new Turn(source, known || errorsLeft.containsKey(source), wrong.getOrDefault(source, 0), count++);
        turns.put(source, turn);
        waiting.add(turn);
        if (waiting.size() > WAITING) {
            Turn last = Objects.requireNonNull(waiting.pollLast());
            turns.remove(last.source());
            notifyAll();
        }
        try {
            while (waiting.contains(turn) && !isNext(turn)) {
                wait();
            }
        } catch (InterruptedException e) {
            if (waiting.remove(turn)) {
                turns.remove(source);
                notifyAll();
            }
            throw e;
        }
        if (!waiting.remove(turn)) {
            return false;
        }
        running++;
        strangers += turn.known() ? 0 : 1;
        // The next source may be a known one, for which there is a separate place.
        notifyAll();
        return true;
    }

    /** Returns how many wait. */
    synchronized int waiting() {
        return waiting.size();
    }

    private boolean isNext(Turn turn) {
        return waiting.first().equals(turn) && running < AT_ONCE && (turn.known() || strangers < AT_ONCE - 1);
    }

    /** Ends the turn of a source, and records whether its password was right. */
    synchronized void end(String source, boolean right) {
        Turn turn = Objects.requireNonNull(turns.remove(source));
        running--;
        strangers -= turn.known() ? 0 : 1;
        if (right) {
            errorsLeft.put(source, TYPING_ERRORS);
            wrong.remove(source);
        } else {
            errorsLeft.computeIfPresent(source, (known, left) -> left > 1 ? left - 1 : null);
            wrong.merge(source, 1, Integer::sum);
        }
        notifyAll();
    }
}
