// SPDX-License-Identifier: Apache-2.0
package dev.openlines.portal;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.Locale;

/**
 * The time on one virtual portal: {@code ts} of its events and the expiry of its tokens. It runs with the machine's
 * clock until it is frozen or moved. Other portals and handlers are not affected.
 *
 * <p>Safe for use by several threads.
 */
public final class PortalClock implements InstantSource {

    private static final DateTimeFormatter ISO = DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ssxxx", Locale.ROOT);

    private final InstantSource machine;
    private Duration ahead = Duration.ZERO;
    private boolean frozen;
    private Instant frozenAt = Instant.EPOCH;
    private ZoneId zone = ZoneId.of("UTC");

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

    /**
     * Sets the time zone of the times that the portal writes. Each is written with its offset.
     *
     * @param value such as {@code Europe/Berlin}; UTC at first
     */
    public synchronized void zone(ZoneId value) {
        zone = value;
    }

    synchronized ZoneId zone() {
        return zone;
    }

    /** Formats a time in the portal's time zone. */
    String local(Instant time) {
        return ISO.format(time.truncatedTo(ChronoUnit.SECONDS).atZone(zone()));
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

    /** Lets the clock show the machine's time again. */
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
