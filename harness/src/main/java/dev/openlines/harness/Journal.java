// SPDX-License-Identifier: Apache-2.0
package dev.openlines.harness;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.function.Predicate;

/** What one portal sent and was asked, the newest so many of each. Safe for use by several threads. */
final class Journal {

    private static final int KEPT = 20_000;

    private final Deque<Delivery> deliveries = new ArrayDeque<>();
    private final Deque<RestCall> calls = new ArrayDeque<>();

    synchronized void add(Delivery delivery) {
        keep(deliveries, delivery);
        notifyAll();
    }

    synchronized void add(RestCall call) {
        keep(calls, call);
        notifyAll();
    }

    synchronized List<Delivery> deliveries() {
        return List.copyOf(deliveries);
    }

    synchronized List<RestCall> calls() {
        return List.copyOf(calls);
    }

    /** Waits until the condition holds; false where it did not in time. */
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
