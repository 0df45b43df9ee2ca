// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The settings of a {@link Dispatcher}.
 *
 * @param workers how many events are handled at the same time, at least 1
 * @param ordered whether the events of one chat are handled one after the other, in the order of receipt. An event that
 *     waits for its next attempt then delays the later events of its chat; a dead letter does not. If several nodes
 *     receive events, or two events arrive at the same moment, the order of storing counts
 * @param lease how long an event of a node that died waits until another node takes it, at least one second. A lease is
 *     renewed while its handler runs
 * @param retry when a failed event is tried again, and when it becomes a dead letter
 * @param slow after how long a running attempt is logged as slow; above zero
 * @param limit how long a handler may take before it is interrupted, or null for no limit; above zero. If an
 *     interrupted handler throws, that counts as a failure
 */
public record DispatchPolicy(
        int workers,
        boolean ordered,
        Duration lease,
        RetryPolicy retry,
        Duration slow,
        @Nullable Duration limit) {

    /**
     * Four workers, no order, leases of nine seconds, {@link RetryPolicy#DEFAULT}, a log record for attempts of more
     * than 30 seconds, no limit.
     */
    public static final DispatchPolicy DEFAULT =
            new DispatchPolicy(4, false, Duration.ofSeconds(9), RetryPolicy.DEFAULT, Duration.ofSeconds(30), null);

    public DispatchPolicy {
        Objects.requireNonNull(retry, "retry");
        if (workers < 1) {
            throw new IllegalArgumentException("expected at least 1 worker but found " + workers);
        }
        if (lease.compareTo(Duration.ofSeconds(1)) < 0) {
            throw new IllegalArgumentException("expected a lease of at least 1 second but found " + lease);
        }
        if (slow.compareTo(Duration.ZERO) <= 0 || limit != null && limit.compareTo(Duration.ZERO) <= 0) {
            throw new IllegalArgumentException("expected times above zero but found " + slow + " and " + limit);
        }
    }

    /**
     * Returns this policy with another number of workers.
     *
     * @param newWorkers how many events are handled at the same time, at least 1
     * @return a changed copy
     */
    public DispatchPolicy withWorkers(int newWorkers) {
        return new DispatchPolicy(newWorkers, ordered, lease, retry, slow, limit);
    }

    /**
     * Returns this policy with the order of events switched on or off.
     *
     * @param newOrdered whether the events of one chat are handled one after the other
     * @return a changed copy
     */
    public DispatchPolicy withOrdered(boolean newOrdered) {
        return new DispatchPolicy(workers, newOrdered, lease, retry, slow, limit);
    }

    /**
     * Returns this policy with leases of another length.
     *
     * @param newLease how long an event of a node that died waits, at least one second
     * @return a changed copy
     */
    public DispatchPolicy withLease(Duration newLease) {
        return new DispatchPolicy(workers, ordered, newLease, retry, slow, limit);
    }

    /**
     * Returns this policy with other retries.
     *
     * @param newRetry when a failed event is tried again
     * @return a changed copy
     */
    public DispatchPolicy withRetry(RetryPolicy newRetry) {
        return new DispatchPolicy(workers, ordered, lease, newRetry, slow, limit);
    }

    /**
     * Returns this policy with another time after which an attempt is logged as slow.
     *
     * @param newSlow above zero
     * @return a changed copy
     */
    public DispatchPolicy withSlow(Duration newSlow) {
        return new DispatchPolicy(workers, ordered, lease, retry, newSlow, limit);
    }

    /**
     * Returns this policy with a limit on the duration of an attempt.
     *
     * @param newLimit above zero, or null for none
     * @return a changed copy
     */
    public DispatchPolicy withLimit(@Nullable Duration newLimit) {
        return new DispatchPolicy(workers, ordered, lease, retry, slow, newLimit);
    }
}
