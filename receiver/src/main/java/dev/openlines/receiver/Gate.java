// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import java.util.concurrent.atomic.AtomicInteger;

/** How many requests may be read and answered at a time; each holds up to a body of memory. */
final class Gate {

    /** With bodies of 64 KiB at most, 64 MiB. */
    static final int DEFAULT = 1024;

    private final int most;
    private final AtomicInteger inside = new AtomicInteger();

    Gate(int most) {
        this.most = most;
    }

    /** Returns whether there was room; then {@link #leave} must follow. */
    boolean enter() {
        if (inside.incrementAndGet() <= most) {
            return true;
        }
        inside.decrementAndGet();
        return false;
    }

    void leave() {
        inside.decrementAndGet();
    }
}
