// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * How often and when an event is tried again. The wait doubles with each attempt up to a cap; a random
 * part of up to half of it is taken off, so that events which failed together do not return together.
 *
 * @param attempts how often an event is handled at most before it is put aside, from 1
 * @param first the longest wait after the first attempt
 * @param cap the longest wait after any attempt
 */
public record RetryPolicy(int attempts, Duration first, Duration cap) {

    /** Ten attempts, from one second up to ten minutes apart: about a quarter of an hour in all. */
    public static final RetryPolicy DEFAULT = new RetryPolicy(10, Duration.ofSeconds(1), Duration.ofMinutes(10));

    public RetryPolicy {
        if (attempts < 1) {
            throw new IllegalArgumentException("expected at least 1 attempt but found " + attempts);
        }
        if (first.isNegative() || first.isZero() || cap.compareTo(first) < 0) {
            throw new IllegalArgumentException(
                    "expected a first wait above zero and a cap not below it but found " + first + " and " + cap);
        }
    }

    Duration waitAfter(int attempt, RandomGenerator random) {
        long longest = cap.toMillis();
        long wait = first.toMillis();
        for (int i = 1; i < attempt && wait < longest; i++) {
            wait *= 2;
        }
        wait = Math.min(wait, longest);
        return Duration.ofMillis(wait - (long) (random.nextDouble() * wait / 2));
    }
}
