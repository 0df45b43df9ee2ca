// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Meters of a receiver in a Micrometer registry. Needs {@code io.micrometer:micrometer-core}. Every label is
 * of a closed set, so nothing that is sent can add a meter.
 *
 * <ul>
 *   <li>{@code openlines.received}, by {@code outcome}: a timer from the complete body to the answer, with a
 *       histogram; its count is how many
 *   <li>{@code openlines.handled}, by {@code outcome}: a timer of each attempt of a handler
 *   <li>{@code openlines.backlog}: events that wait
 *   <li>{@code openlines.backlog.age}: seconds since the longest waiting was received, 0 where none waits
 *   <li>{@code openlines.dead}: events put aside
 *   <li>{@code openlines.ready}: 1 where the inbox can store, else 0
 * </ul>
 */
public final class MicrometerTelemetry implements Telemetry {

    private final MeterRegistry registry;
    /** By outcome: to look a meter up costs more than to record. */
    private final Map<String, Timer> received = new ConcurrentHashMap<>();

    private final Map<String, Timer> handled = new ConcurrentHashMap<>();

    /**
     * Makes a telemetry.
     *
     * @param registry where the meters go
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
}
