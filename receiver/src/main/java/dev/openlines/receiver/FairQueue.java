// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Leased events that wait for a worker, and the number at work for each portal. Portals take turns. Once two portals
 * are known, the last free worker is given only to a portal that has none. So a portal whose handlers are slow leaves
 * room for others.
 */
final class FairQueue {

    private final int workers;
    /** The events that wait, by portal. The portal whose turn it is comes first. */
    private final Map<String, Deque<LeasedDelivery>> waiting = new LinkedHashMap<>();
    /** The number of events that are being handled, by portal. */
    private final Map<String, Integer> working = new HashMap<>();

    private int busy;
    private @Nullable String first;
    private boolean several;

    FairQueue(int workers) {
        this.workers = workers;
    }

    synchronized void know(String portal) {
        if (first == null) {
            first = portal;
        }
        several |= !first.equals(portal);
    }

    /** Returns whether two portals are known. */
    synchronized boolean several() {
        return several;
    }

    synchronized void add(LeasedDelivery delivery) {
        know(delivery.memberId());
        waiting.computeIfAbsent(delivery.memberId(), portal -> new ArrayDeque<>())
                .add(delivery);
    }

    /**
     * Returns the event that a worker may begin with, or null if no worker is free or no event may begin. The event
     * then counts as at work.
     */
    synchronized @Nullable LeasedDelivery next() {
        if (busy >= workers) {
            return null;
        }
        String portal =
                waiting.keySet().stream().filter(this::mayBegin).findFirst().orElse(null);
        Deque<LeasedDelivery> deliveries = portal == null ? null : waiting.remove(portal);
        if (portal == null || deliveries == null) {
            return null;
        }
        LeasedDelivery delivery = deliveries.remove();
        if (!deliveries.isEmpty()) {
            waiting.put(portal, deliveries);
        }
        busy++;
        working.merge(portal, 1, Integer::sum);
        return delivery;
    }

    private boolean mayBegin(String portal) {
        return !several || workers == 1 || busy < workers - 1 || !working.containsKey(portal);
    }

    synchronized void ended(LeasedDelivery delivery) {
        busy--;
        working.computeIfPresent(delivery.memberId(), (portal, count) -> count == 1 ? null : count - 1);
    }

    /** Removes and returns all events that have not begun. */
    synchronized List<LeasedDelivery> drain() {
        List<LeasedDelivery> all = new ArrayList<>();
        waiting.values().forEach(all::addAll);
        waiting.clear();
        return all;
    }

    /** Returns the portals that have at least this number of events here, waiting or at work. */
    synchronized Set<String> holding(int least) {
        Map<String, Integer> counts = new HashMap<>(working);
        waiting.forEach((portal, deliveries) -> counts.merge(portal, deliveries.size(), Integer::sum));
        return counts.entrySet().stream()
                .filter(entry -> entry.getValue() >= least)
                .map(Map.Entry::getKey)
                .collect(Collectors.toSet());
    }
}
