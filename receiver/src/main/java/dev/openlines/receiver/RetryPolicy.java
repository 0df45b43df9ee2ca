// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;

/**
 * Decides whether and when an event is retried after its handler threw. The wait doubles with each attempt up to a cap.
 * A random part of up to half of it is taken off, so that events that failed together are not retried together. After
 * the last attempt, past the deadline, or if the exception says that another attempt is of no use, the event becomes a
 * dead letter.
 *
 * @param attempts how often an event is handled at most, from 1
 * @param first the longest wait after the first attempt, above zero
 * @param cap the longest wait after any attempt, also one a handler asks for
 * @param deadline how long after its receipt an event may still be tried again
 * @param permanent which exceptions say that another attempt is of no use
 */
public record RetryPolicy(
        int attempts, Duration first, Duration cap, Duration deadline, Predicate<Throwable> permanent) {

    /**
     * Twenty-five attempts, with waits that double from one second to ten minutes and add up to between 78 and 157
     * minutes, so that a handler's database may be down for an hour without dead letters; no attempt later than a day
     * after receipt; no exception is permanent.
     */
    public static final RetryPolicy DEFAULT =
            new RetryPolicy(25, Duration.ofSeconds(1), Duration.ofMinutes(10), Duration.ofDays(1), failure -> false);

    public RetryPolicy {
        Objects.requireNonNull(permanent, "permanent");
        if (attempts < 1) {
            throw new IllegalArgumentException("expected at least 1 attempt but found " + attempts);
        }
        if (first.isNegative() || first.isZero() || cap.compareTo(first) < 0) {
            throw new IllegalArgumentException(
                    "expected a first wait above zero and a cap not below it but found " + first + " and " + cap);
        }
        if (deadline.isNegative()) {
            throw new IllegalArgumentException("expected a deadline not below zero but found " + deadline);
        }
    }

    /**
     * Returns this policy with another number of attempts.
     *
     * @param newAttempts how often an event is handled at most, from 1
     * @return a changed copy
     */
    public RetryPolicy withAttempts(int newAttempts) {
        return new RetryPolicy(newAttempts, first, cap, deadline, permanent);
    }

    /**
     * Returns this policy with other waits.
     *
     * @param newFirst the longest wait after the first attempt, above zero
     * @param newCap the longest wait after any attempt, not below the first
     * @return a changed copy
     */
    public RetryPolicy withWaits(Duration newFirst, Duration newCap) {
        return new RetryPolicy(attempts, newFirst, newCap, deadline, permanent);
    }

    /**
     * Returns this policy with another deadline.
     *
     * @param newDeadline how long after its receipt an event may still be tried again
     * @return a changed copy
     */
    public RetryPolicy withDeadline(Duration newDeadline) {
        return new RetryPolicy(attempts, first, cap, newDeadline, permanent);
    }

    /**
     * Returns this policy with another class of exceptions that make an event a dead letter at once.
     *
     * @param newPermanent which exceptions say that another attempt is of no use
     * @return a changed copy
     */
    public RetryPolicy withPermanent(Predicate<Throwable> newPermanent) {
        return new RetryPolicy(attempts, first, cap, deadline, newPermanent);
    }

    /** Returns the settlement of a failed attempt: a retry or a dead letter. */
    Settlement after(LeasedDelivery delivery, Throwable failure, Instant now, RandomGenerator random) {
        String text = LoggedFailure.text(failure);
        if (failure instanceof Verdict verdict && verdict.wait == null) {
            return new Settlement.Dead("given up: " + text);
        }
        if (permanent.test(failure)) {
            return new Settlement.Dead("permanent: " + text);
        }
        if (delivery.attempt() >= attempts) {
            return new Settlement.Dead("attempt " + delivery.attempt() + " of " + attempts + ": " + text);
        }
        Duration wait = failure instanceof Verdict verdict && verdict.wait != null
                ? shorter(verdict.wait, cap)
                : waitAfter(delivery.attempt(), random);
        Instant next = now.plus(wait);
        return next.isAfter(delivery.receivedAt().plus(deadline))
                ? new Settlement.Dead("past the deadline: " + text)
                : new Settlement.Retry(next, text);
    }

    private Duration waitAfter(int attempt, RandomGenerator random) {
        long longest = cap.toMillis();
        long wait = first.toMillis();
        for (int i = 1; i < attempt && wait < longest; i++) {
            wait *= 2;
        }
        wait = Math.min(wait, longest);
        return Duration.ofMillis(wait - (long) (random.nextDouble() * wait / 2));
    }

    private static Duration shorter(Duration one, Duration other) {
        return one.compareTo(other) < 0 ? one : other;
    }
}
