// SPDX-License-Identifier: Apache-2.0
package dev.openlines.portal;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The faults of a portal's REST and OAuth. Each fault counts its calls from the moment when it was added. If several
 * faults are due, the one that was added first happens. Safe for use by several threads.
 */
public final class PortalFaults {

    private static final class Counted {
        private final Fault fault;
        private int calls;

        Counted(Fault fault) {
            this.fault = fault;
        }
    }

    private final List<Counted> faults = new ArrayList<>();

    PortalFaults() {}

    /**
     * Adds a fault.
     *
     * @param fault the fault with its schedule
     */
    public synchronized void add(Fault fault) {
        faults.add(new Counted(fault));
    }

    /**
     * Returns the faults that were added.
     *
     * @return a copy, in the order it was added
     */
    public synchronized List<Fault> list() {
        return faults.stream().map(counted -> counted.fault).toList();
    }

    /** Removes all faults. */
    public synchronized void clear() {
        faults.clear();
    }

    /** Counts a call for every fault that it concerns. Returns the fault that happens to it, or null. */
    synchronized @Nullable Fault due(String method, Instant now) {
        Fault due = null;
        for (Counted counted : faults) {
            if (counted.fault.isFor(method)) {
                counted.calls++;
                if (due == null && counted.fault.happens(counted.calls, now)) {
                    due = counted.fault;
                }
            }
        }
        return due;
    }
}
