// SPDX-License-Identifier: Apache-2.0
package dev.openlines.kafka;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The events of a partition that may have killed its last worker. If a worker ended without giving a partition back,
 * the next one first commits a note of the events that the first may have been handling, and only then handles them. If
 * a worker dies with a noted event, that event is later handled without any other noted event at the same time in the
 * whole worker. After {@link #DEATHS} deaths it becomes a dead letter. Guarded by its {@link KafkaPartition}.
 */
final class KafkaSuspects {

    /** The number of workers that must die while they handle an event before it is not handled any more. */
    static final int DEATHS = 3;

    /** The most events that are noted. An offset's note has 4096 characters. */
    private static final int NOTED = 40;

    private final long until;
    private final Map<Long, Integer> deaths;
    private final Map<Long, Integer> noted = new TreeMap<>();
    private final Deque<KafkaTask> asking = new ArrayDeque<>();
    private final List<KafkaTask> proposed = new ArrayList<>();

    /**
     * Makes suspects from the note of the previous worker.
     *
     * @param until the worker may have been handling events before this offset
     * @param deaths how many workers died while they handled an event, by its offset
     */
    KafkaSuspects(long until, Map<Long, Integer> deaths) {
        this.until = until;
        this.deaths = new TreeMap<>(deaths);
    }

    /** Returns whether an event must be noted before it is handled. */
    boolean suspects(KafkaTask task) {
        return task.offset < until || deaths.containsKey(task.offset);
    }

    /** Returns how many workers died while they handled an event. */
    int deaths(KafkaTask task) {
        return deaths.getOrDefault(task.offset, 0);
    }

    /** Asks for a note of an event. */
    void ask(KafkaTask task) {
        asking.add(task);
    }

    /**
     * Puts events that ask into the note. Returns true if the note must then be committed.
     *
     * @param alone whether to note one event that has killed workers, instead of as many others as fit
     */
    boolean propose(boolean alone) {
        int room = alone ? 1 : Math.max(1, NOTED - deaths.size()) - noted.size();
        for (Iterator<KafkaTask> all = asking.iterator(); room > 0 && all.hasNext(); ) {
            KafkaTask task = all.next();
            if (deaths(task) > 0 == alone) {
                all.remove();
                noted.put(task.offset, deaths(task) + 1);
                proposed.add(task);
                room--;
            }
        }
        return !proposed.isEmpty();
    }

    /** Takes the last proposal back, because it could not be committed. */
    void withdraw() {
        proposed.forEach(task -> noted.remove(task.offset));
        proposed.forEach(asking::addFirst);
        proposed.clear();
    }

    /** Returns whether a noted event is being handled. */
    boolean inHand() {
        return !noted.isEmpty();
    }

    /** Returns whether an event that has killed workers is being handled. */
    boolean alone() {
        return noted.keySet().stream().anyMatch(deaths::containsKey);
    }

    /** Returns the events that may be handled, now that the note is committed. */
    List<KafkaTask> noted() {
        List<KafkaTask> granted = List.copyOf(proposed);
        proposed.clear();
        return granted;
    }

    /** Records that an attempt ended without a worker's death. */
    void survived(KafkaTask task) {
        noted.remove(task.offset);
        deaths.remove(task.offset);
    }

    /**
     * Returns the numbers to be committed: how many workers each event has killed, counting this one as if it died now.
     */
    Map<Long, Integer> counts(boolean givenBack) {
        Map<Long, Integer> counts = new TreeMap<>(deaths);
        if (!givenBack) {
            counts.putAll(noted);
        }
        return counts;
    }
}
