// SPDX-License-Identifier: Apache-2.0
package dev.openlines.client;

import java.time.Duration;

/**
 * The platform's limit on calls, applied on our side: a bucket that every call fills by one and that leaks steadily. A
 * call that would overflow it waits until enough has leaked.
 *
 * @see <a href="https://apidocs.bitrix24.com/limits.html">Limits</a>
 */
final class LeakyBucket {

    private final double perNano;
    private final double burst;
    private double level;
    private long seen;

    LeakyBucket(double perSecond, int burst, long now) {
        this.perNano = perSecond / Duration.ofSeconds(1).toNanos();
        this.burst = burst;
        this.seen = now;
    }

    synchronized long take(long now) {
        return take(now, false);
    }

    /**
     * Takes a place for one call.
     *
     * @param now {@link RestClient#now}
     * @param yields whether half of the bucket is left to other calls
     * @return nanoseconds to wait before the call may leave, 0 for none
     */
    synchronized long take(long now, boolean yields) {
        leak(now);
        level++;
        double room = yields ? Math.max(1, burst / 2) : burst;
        return level <= room ? 0 : (long) Math.ceil((level - room) / perNano);
    }

    /** Gives a place back that was taken and not used. */
    synchronized void giveBack(long now) {
        leak(now);
        level = Math.max(0, level - 1);
    }

    /** Fills the bucket, since the platform has refused a call because its own bucket is full. */
    synchronized void full(long now) {
        leak(now);
        level = Math.max(level, burst);
    }

    synchronized boolean idle(long now) {
        leak(now);
        return level == 0;
    }

    private void leak(long now) {
        level = Math.max(0, level - (now - seen) * perNano);
        seen = now;
    }
}
