// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import dev.openlines.model.Event;
import dev.openlines.parser.DecodeException;
import dev.openlines.parser.Decoded;
import dev.openlines.parser.EventDecoder;
import dev.openlines.receiver.spi.LastResort;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Decodes an event, gives it to its handler, and decides how the attempt is settled: the part that every dispatcher has
 * in common. Public for dispatchers of inboxes without leases. Safe for use by several threads.
 */
public final class Attempts {

    private static final Logger LOG = LoggerFactory.getLogger(Attempts.class);

    private final EventContext.Commits commits;
    private final Handlers handlers;
    private final DispatchPolicy policy;
    private final InstantSource clock;
    private final BooleanSupplier impatient;
    private final Telemetry telemetry;
    private final Set<Running> running = ConcurrentHashMap.newKeySet();
    private final EventDecoder decoder = EventDecoder.lenient();

    /**
     * Makes attempts on events of an inbox whose database handlers may use.
     *
     * @param inbox the inbox of the events
     * @param handlers the application's handlers
     * @param policy when failed events are retried, and how long an attempt may take
     * @param clock the time of retries
     * @param impatient whether handlers were interrupted because the dispatcher stops
     * @param telemetry is told of slow attempts
     */
    Attempts(
            LeasingInbox inbox,
            Handlers handlers,
            DispatchPolicy policy,
            InstantSource clock,
            BooleanSupplier impatient,
            Telemetry telemetry) {
        this(inbox::commitOnce, handlers, policy, clock, impatient, telemetry);
    }

    /**
     * Makes attempts on events of an inbox without transactions.
     *
     * @param handlers the application's handlers
     * @param policy when failed events are retried, and how long an attempt may take
     * @param clock the time of retries
     * @param impatient whether handlers were interrupted because the dispatcher stops
     * @param telemetry is told of slow attempts
     */
    public Attempts(
            Handlers handlers,
            DispatchPolicy policy,
            InstantSource clock,
            BooleanSupplier impatient,
            Telemetry telemetry) {
        this(
                (lease, part, work, now) -> {
                    throw EventContext.noTransactions();
                },
                handlers,
                policy,
                clock,
                impatient,
                telemetry);
    }

    private Attempts(
            EventContext.Commits commits,
            Handlers handlers,
            DispatchPolicy policy,
            InstantSource clock,
            BooleanSupplier impatient,
            Telemetry telemetry) {
        this.commits = commits;
        this.handlers = handlers;
        this.policy = policy;
        this.clock = clock;
        this.impatient = impatient;
        this.telemetry = telemetry;
    }

    /**
     * Handles an event on the calling thread. Blocks as long as the handler does; whatever it throws becomes a
     * settlement.
     *
     * @param delivery the event
     * @return how the attempt is to be settled
     */
    public Settlement handle(LeasedDelivery delivery) {
        Decoded<Event> decoded;
        try {
            decoded = decoder.decode(VerifiedDelivery.stored(delivery.payload()));
        } catch (DecodeException e) {
            LOG.error("reason=undecodable id={} detail=\"{}\"", delivery.id(), e.getMessage());
            return new Settlement.Dead("cannot be decoded: " + e.getMessage());
        }
        Instant deadline = delivery.receivedAt().plus(policy.retry().deadline());
        EventContext context = new EventContext(commits, delivery, decoded, deadline);
        Running attempt = new Running(delivery, Thread.currentThread(), System.nanoTime());
        running.add(attempt);
        try {
            handlers.handle(decoded.event(), context);
            attempt.end();
            return new Settlement.Done();
        } catch (Throwable e) {
            LastResort.check(e);
            attempt.end();
            return failed(delivery, e, attempt.interrupted);
        } finally {
            running.remove(attempt);
        }
    }

    /**
     * Records attempts that have become slow and interrupts those over the limit. To be called now and then, by one
     * thread; does not block.
     */
    public void watch() {
        long now = System.nanoTime();
        running.forEach(attempt -> attempt.look(now));
    }

    /**
     * Returns the name of a settlement, as meters have it.
     *
     * @param settlement how an attempt ended
     * @return {@code done}, {@code dead}, {@code retry} or {@code released}
     */
    public static String outcome(Settlement settlement) {
        if (settlement instanceof Settlement.Done) {
            return "done";
        }
        if (settlement instanceof Settlement.Dead) {
            return "dead";
        }
        return settlement instanceof Settlement.Retry ? "retry" : "released";
    }

    private Settlement failed(LeasedDelivery delivery, Throwable e, boolean limited) {
        if (impatient.getAsBoolean()) {
            // stop() interrupted the handler, so the failure is not the event's fault.
            return new Settlement.Release();
        }
        Instant now = clock.instant();
        Settlement settlement = policy.retry().after(delivery, e, now, ThreadLocalRandom.current());
        String why = limited ? "interrupted after " + policy.limit() + ": " : "";
        if (settlement instanceof Settlement.Dead dead) {
            LOG.error(
                    "reason=dead id={} portal={} attempt={}",
                    delivery.id(),
                    delivery.memberId(),
                    delivery.attempt(),
                    LoggedFailure.of(e));
            return new Settlement.Dead(why + dead.reason());
        }
        Settlement.Retry retry = (Settlement.Retry) settlement;
        LOG.warn(
                "reason=retry id={} portal={} attempt={} of={} next={}",
                delivery.id(),
                delivery.memberId(),
                delivery.attempt(),
                policy.retry().attempts(),
                retry.at(),
                LoggedFailure.of(e));
        return new Settlement.Retry(retry.at(), why + retry.reason());
    }

    /** An attempt that has begun. */
    private final class Running {

        private final LeasedDelivery delivery;
        private final Thread thread;
        private final long begun;
        /** Used by the watching thread alone. */
        private boolean recorded;

        private boolean ended;
        private boolean interrupted;

        Running(LeasedDelivery delivery, Thread thread, long begun) {
            this.delivery = delivery;
            this.thread = thread;
            this.begun = begun;
        }

        void look(long now) {
            long took = now - begun;
            if (!recorded && took > policy.slow().toNanos()) {
                recorded = true;
                LOG.warn(
                        "reason=slow id={} portal={} attempt={}: its handler has run for {} s",
                        delivery.id(),
                        delivery.memberId(),
                        delivery.attempt(),
                        Duration.ofNanos(took).toSeconds());
                telemetry.slow();
            }
            if (policy.limit() != null && took > policy.limit().toNanos()) {
                interrupt();
            }
        }

        private synchronized void interrupt() {
            if (!ended && !interrupted) {
                interrupted = true;
                thread.interrupt();
            }
        }

        /** Ends the attempt on its own thread, so that no interruption hits the thread's next work. */
        synchronized void end() {
            ended = true;
            if (interrupted && !impatient.getAsBoolean()) {
                Thread.interrupted();
            }
        }
    }
}
