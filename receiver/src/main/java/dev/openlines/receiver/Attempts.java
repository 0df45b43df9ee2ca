// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import dev.openlines.model.Event;
import dev.openlines.parser.DecodeException;
import dev.openlines.parser.Decoded;
import dev.openlines.parser.EventDecoder;
import dev.openlines.receiver.spi.LastResort;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Decodes an event, gives it to its handler, and says what follows: the part that every dispatcher has in common. For
 * dispatchers of inboxes that have no leases. Safe for use by several threads.
 */
public final class Attempts {

    private static final Logger LOG = LoggerFactory.getLogger(Attempts.class);

    private final EventContext.Commits commits;
    private final Handlers handlers;
    private final RetryPolicy retry;
    private final InstantSource clock;
    private final BooleanSupplier impatient;
    private final EventDecoder decoder = EventDecoder.lenient();

    /**
     * Makes attempts on events of an inbox whose database handlers may use.
     *
     * @param inbox the inbox of the events
     * @param handlers the application's handlers
     * @param retry what follows a failure
     * @param clock the time of retries
     * @param impatient whether handlers were interrupted because the dispatcher stops
     */
    Attempts(LeasingInbox inbox, Handlers handlers, RetryPolicy retry, InstantSource clock, BooleanSupplier impatient) {
        this(inbox::commitOnce, handlers, retry, clock, impatient);
    }

    /**
     * Makes attempts on events of an inbox without transactions.
     *
     * @param handlers the application's handlers
     * @param retry what follows a failure
     * @param clock the time of retries
     * @param impatient whether handlers were interrupted because the dispatcher stops
     */
    public Attempts(Handlers handlers, RetryPolicy retry, InstantSource clock, BooleanSupplier impatient) {
        this(
                (lease, part, work, now) -> {
                    throw EventContext.noTransactions();
                },
                handlers,
                retry,
                clock,
                impatient);
    }

    private Attempts(
            EventContext.Commits commits,
            Handlers handlers,
            RetryPolicy retry,
            InstantSource clock,
            BooleanSupplier impatient) {
        this.commits = commits;
        this.handlers = handlers;
        this.retry = retry;
        this.clock = clock;
        this.impatient = impatient;
    }

    /**
     * Handles an event on the calling thread. Blocks as long as the handler does; whatever it throws becomes a settlement.
     *
     * @param delivery the event
     * @return what follows
     */
    public Settlement handle(LeasedDelivery delivery) {
        Decoded<Event> decoded;
        try {
            decoded = decoder.decode(VerifiedDelivery.stored(delivery.payload()));
        } catch (DecodeException e) {
            LOG.error("reason=undecodable id={} detail=\"{}\"", delivery.id(), e.getMessage());
            return new Settlement.Dead("cannot be decoded: " + e.getMessage());
        }
        Instant deadline = delivery.receivedAt().plus(retry.deadline());
        EventContext context = new EventContext(commits, delivery, decoded, deadline);
        try {
            handlers.handle(decoded.event(), context);
            return new Settlement.Done();
        } catch (Throwable e) {
            LastResort.check(e);
            return failed(delivery, e);
        }
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

    private Settlement failed(LeasedDelivery delivery, Throwable e) {
        if (impatient.getAsBoolean()) {
            // Interrupted by stop(): not the event's fault.
            return new Settlement.Release();
        }
        Settlement settlement = retry.after(delivery, e, clock.instant(), ThreadLocalRandom.current());
        if (settlement instanceof Settlement.Dead) {
            LOG.error("reason=dead id={} attempt={}", delivery.id(), delivery.attempt(), e);
        } else {
            LOG.warn("reason=retry id={} attempt={}", delivery.id(), delivery.attempt(), e);
        }
        return settlement;
    }
}
