// SPDX-License-Identifier: Apache-2.0
package dev.openlines.portal;

import dev.openlines.model.Secret;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** The newest requests that one portal sent, and the newest that it received. Safe for use by several threads. */
final class Journal {

    private static final int KEPT = 20_000;

    private final Deque<Delivery> deliveries = new ArrayDeque<>();
    private final Deque<Asked> calls = new ArrayDeque<>();
    private long changes;
    private long deliveryCount;
    private long callCount;
    private boolean closed;

    /**
     * A call, with the token that tells its cause.
     *
     * @param eventToken the access token it was made with if an event brought that, else null
     */
    record Asked(PortalCall call, @Nullable Secret eventToken) {}

    synchronized void add(Delivery delivery) {
        keep(deliveries, delivery);
        deliveryCount++;
        touch();
    }

    synchronized void add(PortalCall call, @Nullable Secret eventToken) {
        keep(calls, new Asked(call, eventToken));
        callCount++;
        touch();
    }

    /** Wakes the readers, because something about the portal has changed. */
    synchronized void touch() {
        changes++;
        notifyAll();
    }

    /** Ends all waiting reads. */
    synchronized void close() {
        closed = true;
        notifyAll();
    }

    /** The entries that are new since an earlier read. The first read finds nothing new. */
    record News(long changes, long deliveryCount, long callCount, List<Delivery> deliveries, List<PortalCall> calls) {}

    synchronized News news() {
        return new News(changes, deliveryCount, callCount, List.of(), List.of());
    }

    /** Waits for something new. Returns no entries if nothing came in time, or null if the portal is gone. */
    synchronized @Nullable News newsSince(News seen, long millis) throws InterruptedException {
        await(journal -> journal.closed || journal.changes != seen.changes(), millis * 1_000_000);
        if (closed) {
            return null;
        }
        return new News(
                changes,
                deliveryCount,
                callCount,
                last(deliveries, deliveryCount - seen.deliveryCount()),
                last(calls, callCount - seen.callCount()).stream()
                        .map(Asked::call)
                        .toList());
    }

    private static <T> List<T> last(Deque<T> of, long count) {
        List<T> all = List.copyOf(of);
        return all.subList((int) Math.max(0, all.size() - count), all.size());
    }

    synchronized List<Delivery> deliveries() {
        return List.copyOf(deliveries);
    }

    synchronized List<PortalCall> calls() {
        return calls.stream().map(Asked::call).toList();
    }

    synchronized List<Asked> asked() {
        return List.copyOf(calls);
    }

    /** Waits until the condition holds. Returns false if it did not in time. */
    synchronized boolean await(Predicate<Journal> condition, long nanos) throws InterruptedException {
        long end = System.nanoTime() + nanos;
        while (!condition.test(this)) {
            long left = end - System.nanoTime();
            if (left <= 0) {
                return false;
            }
            wait(left / 1_000_000 + 1);
        }
        return true;
    }

    private static <T> void keep(Deque<T> in, T entry) {
        if (in.size() == KEPT) {
            in.removeFirst();
        }
        in.addLast(entry);
    }
}
