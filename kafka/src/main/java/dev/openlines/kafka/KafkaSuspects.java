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
 * The events of a partition that its last worker may have died of. If a worker ended without giving a partition back,
 * the next one commits a note of the events that the first may have been handling before it handles them. A noted event
 * whose worker died is from then on handled with no other noted event beside it in the whole worker. After {@link
 * #DEATHS} deaths it becomes a dead letter.
 * Guarded by its {@link KafkaPartition}.
 */
final class KafkaSuspects {

    /** After so many workers that died while they handled it, an event is handled no more. */
    static final int DEATHS = 3;

    /** The most events that are noted. An offset's note has 4096 characters. */
    private static final int NOTED = 40;

    private final long until;
    private final Map<Long, Integer> deaths;
    private final Map<Long, Integer> noted = new TreeMap<>();
    private final Deque<KafkaTask> asking = new ArrayDeque<>();
    private final List<KafkaTask> proposed = new ArrayList<>();

    /**
     * Makes suspects of what a worker left.
     *
     * @param until events before this offset may have been in its hands
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
     * @param alone one that workers died of, else as many as fit of the others
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

    /** Takes back what was proposed: it could not be committed. */
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

    /** Returns what may be handled, now that the note is committed. */
    List<KafkaTask> noted() {
        List<KafkaTask> granted = List.copyOf(proposed);
        proposed.clear();
        return granted;
    }

    /** Ends an attempt that no worker died of. */
    void survived(KafkaTask task) {
        noted.remove(task.offset);
        deaths.remove(task.offset);
    }

    /**
     * Returns what is to be committed: the number of workers that each event has killed, this one included if it dies.
     */
    Map<Long, Integer> counts(boolean givenBack) {
        Map<Long, Integer> counts = new TreeMap<>(deaths);
        if (!givenBack) {
            counts.putAll(noted);
        }
        return counts;
    }
}
