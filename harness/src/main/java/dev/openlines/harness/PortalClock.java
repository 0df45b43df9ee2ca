// SPDX-License-Identifier: Apache-2.0
package dev.openlines.harness;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;

/**
 * The time on one virtual portal: {@code ts} of its events and the expiry of its tokens. It runs with
 * the machine's clock until it is frozen or moved; no other portal and no handler sees it move.
 *
 * <p>Safe for use by several threads.
 */
public final class PortalClock implements InstantSource {

    private final InstantSource machine;
    private Duration ahead = Duration.ZERO;
    private boolean frozen;
    private Instant frozenAt = Instant.EPOCH;

    PortalClock(InstantSource machine) {
        this.machine = machine;
    }

    /**
     * Returns the portal's time.
     *
     * @return the instant, with the machine's resolution
     */
    @Override
    public synchronized Instant instant() {
        return frozen ? frozenAt : machine.instant().plus(ahead);
    }

    /** Stops the clock at its present time. */
    public synchronized void freeze() {
        freezeAt(instant());
    }

    /**
     * Stops the clock at a given time.
     *
     * @param time the time to show from now on, may be in the past
     */
    public synchronized void freezeAt(Instant time) {
        frozen = true;
        frozenAt = time;
    }

    /**
     * Moves the clock; a frozen one stays frozen at the new time.
     *
     * @param step how far, negative to go back
     */
    public synchronized void advance(Duration step) {
        if (frozen) {
            frozenAt = frozenAt.plus(step);
        } else {
            ahead = ahead.plus(step);
        }
    }

    /** Lets the clock run with the machine's again, without any lead. */
    public synchronized void run() {
        frozen = false;
        ahead = Duration.ZERO;
    }

    /**
     * Tells whether the clock stands still.
     *
     * @return true after a freeze
     */
    public synchronized boolean frozen() {
        return frozen;
    }
}
