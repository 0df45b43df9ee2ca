// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Meters of a receiver in a Micrometer registry. Needs {@code io.micrometer:micrometer-core}. Every label is
 * of a closed set, so nothing that is sent can add a meter.
 *
 * <ul> <li>{@code openlines.received}, by {@code outcome}: a timer from the complete body to the answer, with a
 * histogram; its count is how many <li>{@code openlines.handled}, by {@code outcome}: a timer of each attempt of a
 * handler <li>{@code openlines.slow}: attempts that took longer than {@link DispatchPolicy#slow()} <li>{@code
 * openlines.backlog}: events that wait <li>{@code openlines.backlog.age}: seconds since the longest waiting was
 * received, 0 if none waits <li>{@code openlines.dead}: dead letters <li>{@code openlines.ready}: 1 if the inbox can
 * store, else 0 <li>{@code openlines.reconcile.compared}, tag {@code portal}: closes in the portal's list that were
 * compared <li>{@code openlines.reconcile.missing}, tag {@code portal}: closes that sent no event <li>{@code
 * openlines.reconcile.late}: events that came after their close had been found <li>{@code openlines.reconcile.age}, tag
 * {@code portal}: seconds since the portal was compared last <li>{@code openlines.reconcile.blind}, tag {@code portal}:
 * 1 if events came whose sessions the portal does not list <li>{@code openlines.reconcile.doubt}, tag {@code portal}: 1
 * if an operator has to look <li>{@code openlines.reconcile.impossible}, tag {@code portal}: 1 if the portal cannot
 * list its sessions <li>{@code openlines.offline}, tags {@code portal} and {@code outcome}: events of the portal's
 * offline queue that were {@code stored}, were there already ({@code duplicate}), or could not be read ({@code failed})
 * </ul>
 */
public final class MicrometerTelemetry implements Telemetry {

    private final MeterRegistry registry;
    /** The timers by outcome, since a registry takes longer to find a timer than to record a time. */
    private final Map<String, Timer> received = new ConcurrentHashMap<>();

    private final Map<String, Timer> handled = new ConcurrentHashMap<>();
    /** The last comparison of each portal. */
    private final Map<String, Comparison> comparisons = new ConcurrentHashMap<>();

    private volatile InstantSource clock = InstantSource.system();

    /**
     * Makes a telemetry.
     *
     * @param registry the registry that gets the meters
     */
    public MicrometerTelemetry(MeterRegistry registry) {
        this.registry = registry;
    }

    /**
     * Adds the meters of the inbox.
     *
     * @param monitor tells what waits
     * @param clock the time of ages
     * @return this
     */
    public MicrometerTelemetry watch(InboxMonitor monitor, InstantSource clock) {
        this.clock = clock;
        registry.gauge(
                "openlines.backlog", monitor, watched -> watched.backlog().waiting());
        registry.gauge("openlines.dead", monitor, watched -> watched.backlog().dead());
        registry.gauge("openlines.ready", monitor, watched -> watched.ready() ? 1 : 0);
        registry.gauge(
                "openlines.backlog.age",
                monitor,
                watched -> watched.backlog()
                        .oldest()
                        .map(oldest -> Duration.between(oldest, clock.instant()).toMillis() / 1000.0)
                        .orElse(0.0));
        return this;
    }

    @Override
    public void replied(Reply reply, Duration took) {
        received.computeIfAbsent(
                        reply.reason(),
                        outcome -> Timer.builder("openlines.received")
                                .tag("outcome", outcome)
                                .publishPercentileHistogram()
                                .minimumExpectedValue(Duration.ofMillis(1))
                                .maximumExpectedValue(Duration.ofSeconds(10))
                                .register(registry))
                .record(took);
    }

    @Override
    public void attempted(String outcome, Duration took) {
        handled.computeIfAbsent(
                        outcome,
                        name -> Timer.builder("openlines.handled")
                                .tag("outcome", name)
                                .register(registry))
                .record(took);
    }

    @Override
    public void slow() {
        registry.counter("openlines.slow").increment();
    }

    @Override
    public void reconciled(Reconciler.Report report, int late) {
        Comparison comparison = comparison(report.memberId());
        comparison.at = clock.instant();
        comparison.blind = report.blind();
        comparison.doubt = report.doubt() != null;
        comparison.impossible = false;
        count("openlines.reconcile.compared", report.memberId(), report.compared());
        count("openlines.reconcile.missing", report.memberId(), report.missing() + report.reported());
        registry.counter("openlines.reconcile.late").increment(late);
    }

    @Override
    public void notReconciled(String memberId, SessionsUnavailableException.Reason reason) {
        comparison(memberId).impossible = !reason.passes();
    }

    @Override
    public void drained(OfflineFeed.Drained drained) {
        offline(drained.memberId(), "stored", drained.stored());
        offline(drained.memberId(), "duplicate", drained.duplicates());
        offline(drained.memberId(), "failed", drained.failed());
    }

    private void offline(String memberId, String outcome, int number) {
        registry.counter("openlines.offline", "portal", memberId, "outcome", outcome)
                .increment(number);
    }

    private void count(String meter, String memberId, int number) {
        registry.counter(meter, "portal", memberId).increment(number);
    }

    private Comparison comparison(String memberId) {
        return comparisons.computeIfAbsent(memberId, portal -> {
            Comparison made = new Comparison(clock.instant());
            Tags tags = Tags.of("portal", portal);
            registry.gauge(
                    "openlines.reconcile.age",
                    tags,
                    made,
                    one -> Duration.between(one.at, clock.instant()).toMillis() / 1000.0);
            registry.gauge("openlines.reconcile.blind", tags, made, one -> one.blind ? 1 : 0);
            registry.gauge("openlines.reconcile.doubt", tags, made, one -> one.doubt ? 1 : 0);
            registry.gauge("openlines.reconcile.impossible", tags, made, one -> one.impossible ? 1 : 0);
            return made;
        });
    }

    /** The last comparison of a portal. */
    private static final class Comparison {
        private volatile Instant at;
        private volatile boolean blind;
        private volatile boolean doubt;
        private volatile boolean impossible;

        Comparison(Instant at) {
            this.at = at;
        }
    }
}
