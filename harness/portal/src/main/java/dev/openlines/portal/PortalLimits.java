// SPDX-License-Identifier: Apache-2.0
package dev.openlines.portal;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * The limits of a portal's REST, all off until switched on. They run by the portal's clock. Safe for use by
 * several threads.
 *
 * <p>Two of them are the platform's: a leaky bucket of requests, and the time that one method may take in ten
 * minutes. The third, fifty commands in a {@code batch}, always holds.
 */
public final class PortalLimits {

    /** Calls as short as this are not counted, as in the server's source. */
    private static final Duration FREE = Duration.ofMillis(100);

    private static final Duration WINDOW = Duration.ofMinutes(10);

    private final PortalClock clock;
    private double leakPerSecond;
    private double blockAbove;
    private double level;
    private @Nullable Instant filledAt;
    private @Nullable Duration operatingLimit;
    private final Map<String, Duration> costs = new HashMap<>();
    private final Map<String, Deque<Minute>> operating = new HashMap<>();

    /** The time that the calls of one method took in one minute. */
    private record Minute(Instant from, Duration used) {}

    PortalLimits(PortalClock clock) {
        this.clock = clock;
    }

    /**
     * Switches the leaky bucket on. Above it, REST answers 503 {@code QUERY_LIMIT_EXCEEDED}. The documented
     * values are 2 a second and 50, on the largest plan 5 and 250.
     *
     * @param leak requests that flow out in a second
     * @param above how many the bucket holds
     */
    public synchronized void leakyBucket(double leak, int above) {
        if (!(leak > 0) || above < 1) {
            throw new IllegalArgumentException("expected a leak of more than 0 and a bucket for 1 or more");
        }
        leakPerSecond = leak;
        blockAbove = above;
        level = 0;
        filledAt = null;
    }

    /**
     * Switches the limit of operating time on. A method that has used it up within ten minutes answers 429 {@code
     * OPERATION_TIME_LIMIT}; every answer has the used time in {@code time.operating}.
     *
     * @param limit such as 480 seconds, which the documentation names
     */
    public synchronized void operatingTime(Duration limit) {
        operatingLimit = limit;
        operating.clear();
    }

    /**
     * Sets the time that each call of a method counts for the limit of operating time, because the simulator's own
     * calls take almost none. A tenth of a second or less does not count.
     *
     * @param method the method's name
     * @param each the time to count for each call
     */
    public synchronized void cost(String method, Duration each) {
        costs.put(method.toLowerCase(Locale.ROOT), each);
    }

    /** Switches both limits off. */
    public synchronized void off() {
        blockAbove = 0;
        operatingLimit = null;
        costs.clear();
        operating.clear();
    }

    /** Adds one request to the bucket. Returns whether the bucket overflows. */
    synchronized boolean overflows() {
        if (blockAbove == 0) {
            return false;
        }
        Instant now = clock.instant();
        if (filledAt != null) {
            double passed = Math.max(0, Duration.between(filledAt, now).toNanos() / 1e9);
            level = Math.max(0, level - passed * leakPerSecond);
        }
        filledAt = now;
        if (level + 1 > blockAbove) {
            return true;
        }
        level++;
        return false;
    }

    /** Returns whether a method has used up its time. The check comes before the call. */
    synchronized boolean usedUp(String method) {
        return operatingLimit != null && !method.equals("batch") && used(method).compareTo(operatingLimit) > 0;
    }

    /** Counts a call that was made. */
    synchronized void count(String method, Duration took) {
        Duration cost = costs.getOrDefault(method, took);
        if (operatingLimit == null || method.equals("batch") || cost.compareTo(FREE) <= 0) {
            return;
        }
        Instant minute = Instant.ofEpochSecond(clock.instant().getEpochSecond() / 60 * 60);
        Deque<Minute> minutes = operating.computeIfAbsent(method, none -> new ArrayDeque<>());
        Minute last = minutes.peekLast();
        if (last != null && last.from().equals(minute)) {
            minutes.removeLast();
            minutes.addLast(new Minute(minute, last.used().plus(cost)));
        } else {
            minutes.addLast(new Minute(minute, cost));
        }
    }

    /** Returns the time that a method used in the last ten minutes, if the limit is on. */
    synchronized @Nullable Duration operating(String method) {
        return operatingLimit == null ? null : used(method);
    }

    /** Returns when the oldest part of that time no longer counts, in seconds since 1970. */
    synchronized OptionalLong operatingResetAt(String method) {
        Duration used = used(method);
        Deque<Minute> minutes = operating.get(method);
        Instant from = minutes == null || minutes.isEmpty() || used.isZero()
                ? clock.instant()
                : minutes.getFirst().from();
        return OptionalLong.of(from.plus(WINDOW).getEpochSecond());
    }

    private Duration used(String method) {
        Deque<Minute> minutes = operating.getOrDefault(method, new ArrayDeque<>());
        Instant now = clock.instant();
        minutes.removeIf(minute -> !minute.from().plus(WINDOW).isAfter(now));
        return minutes.stream().map(Minute::used).reduce(Duration.ZERO, Duration::plus);
    }
}
