// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * The settings of a {@link Reconciler}. Start from {@link #DEFAULT}.
 *
 * @param interval how long from one comparison with a portal to the next while events arrive; longer for idle portals,
 *     up to six hours
 * @param grace how old a close must be before its event counts as missing; at least three minutes
 * @param sweep how far back the daily comparison looks, for closes that appear late with an old time
 * @param maxAge how old a close may be to be handled; an older one is only reported
 * @param doubtAbove how many missing closes a run may insert without asking the operator. The limit is never below ten
 *     times the most that an earlier run found
 * @param since older closes are not compared, and a portal's first comparison begins here, at most 35 days back; null
 *     begins when the receiver first saw the portal
 */
public record ReconcileSettings(
        Duration interval,
        Duration grace,
        Duration sweep,
        Duration maxAge,
        int doubtAbove,
        @Nullable Instant since) {

    /** The shortest grace: an event may be queued late and then take a minute on its way. */
    static final Duration LEAST_GRACE = Duration.ofSeconds(CloseMatching.WINDOW + 60);

    /** The time that each narrow run looks back behind the last one: clocks change by an hour. */
    static final Duration OVERLAP = Duration.ofMinutes(65);

    /** The longest interval of an idle portal. */
    static final Duration IDLE = Duration.ofHours(6);

    /**
     * A comparison every 15 minutes, a grace of 5 minutes, a sweep over 35 days, closes up to 2 days old, doubt above
     * 1,000.
     */
    public static final ReconcileSettings DEFAULT = new ReconcileSettings(
            Duration.ofMinutes(15), Duration.ofMinutes(5), Duration.ofDays(35), Duration.ofDays(2), 1000);

    public ReconcileSettings {
        positive("the interval", interval);
        positive("the greatest age", maxAge);
        if (grace.compareTo(LEAST_GRACE) < 0) {
            throw new IllegalArgumentException(
                    "a grace of " + grace + " is too short: events need at least " + LEAST_GRACE);
        }
        if (sweep.compareTo(Duration.ofDays(1)) < 0 || sweep.compareTo(SessionLedger.SWEEP) > 0) {
            throw new IllegalArgumentException(
                    "a sweep of " + sweep + " is not possible: from one day to " + SessionLedger.SWEEP);
        }
        if (doubtAbove < 1) {
            throw new IllegalArgumentException("doubtAbove must be at least 1, found " + doubtAbove);
        }
    }

    /**
     * Makes settings that begin when the receiver first saw a portal.
     *
     * @param interval how long from one comparison to the next while events arrive
     * @param grace how old a close must be before its event counts as missing; at least three minutes
     * @param sweep how far back the daily comparison looks
     * @param maxAge how old a close may be to be handled
     * @param doubtAbove how many missing closes a run may insert without asking the operator; see the record
     * @throws IllegalArgumentException if a value is out of its bounds
     */
    public ReconcileSettings(Duration interval, Duration grace, Duration sweep, Duration maxAge, int doubtAbove) {
        this(interval, grace, sweep, maxAge, doubtAbove, null);
    }

    /**
     * Returns the same settings that begin at another time.
     *
     * @param time older closes are not compared; null begins when the receiver first saw a portal
     * @return such settings
     */
    public ReconcileSettings since(@Nullable Instant time) {
        return new ReconcileSettings(interval, grace, sweep, maxAge, doubtAbove, time);
    }

    private static void positive(String what, Duration time) {
        if (time.isNegative() || time.isZero()) {
            throw new IllegalArgumentException(what + " must be longer than nothing, found " + time);
        }
    }
}
