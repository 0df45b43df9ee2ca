// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import java.time.Duration;

/**
 * Receives measurements of a receiver, for meters. Called on the threads that do the work, which it must not block; an
 * exception that it throws is a bug. See {@link MicrometerTelemetry}.
 */
public interface Telemetry {

    /**
     * Reports that a request was answered.
     *
     * @param reply the answer; {@link Reply#reason()} is of a closed set
     * @param took from the complete body to the answer, zero if no body was read
     */
    void replied(Reply reply, Duration took);

    /**
     * Reports that an attempt to handle an event has ended.
     *
     * @param outcome {@code done}, {@code retry}, {@code dead} or {@code released}; over Kafka also {@code duplicate},
     *     without an attempt
     * @param took how long the handler ran
     */
    void attempted(String outcome, Duration took);

    /**
     * Reports that an attempt takes longer than {@link DispatchPolicy#slow()}. Called once for such an attempt, while
     * it still runs. This default does nothing.
     */
    default void slow() {}

    /**
     * Reports that a portal was compared. This default does nothing.
     *
     * @param report the findings
     * @param late how many events came after their close had been found, since the last report
     */
    default void reconciled(Reconciler.Report report, int late) {}

    /**
     * Reports that a portal could not be compared. This default does nothing.
     *
     * @param memberId the portal
     * @param reason why
     */
    default void notReconciled(String memberId, SessionsUnavailableException.Reason reason) {}

    /**
     * Reports that a portal's offline queue was drained, or as much of it as could be stored. This default does
     * nothing.
     *
     * @param drained the numbers of events
     */
    default void drained(OfflineFeed.Drained drained) {}

    /**
     * Returns a telemetry that reports nothing.
     *
     * @return the same object every time
     */
    static Telemetry none() {
        return NoTelemetry.NONE;
    }
}
