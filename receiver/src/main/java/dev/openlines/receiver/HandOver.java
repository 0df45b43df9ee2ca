// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import dev.openlines.receiver.spi.LastResort;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives events to a dispatcher of this process as soon as they are stored. Their lease is written with them, so it costs
 * no commit of its own, and they are not read again. Used by the thread that commits, unless a method says otherwise.
 */
final class HandOver {

    /** A dispatcher that takes stored events. Both methods return at once. */
    interface Taker {

        /** Returns a request for as many events as may come now, or null if none may. */
        @Nullable
        LeaseRequest room();

        /** Takes events whose leases are committed. */
        void take(List<LeasedDelivery> deliveries);
    }

    private static final Logger LOG = LoggerFactory.getLogger(Dispatcher.class);

    private final List<LeasedDelivery> handed = new ArrayList<>();
    private volatile @Nullable Taker taker;
    private @Nullable Taker present;
    private @Nullable LeaseRequest request;
    /** Set if the commit has new events that are not handed over. */
    private boolean left;
    /** The thread that replies after a commit whose new events were all handed over, or null. */
    private volatile @Nullable Thread quiet;

    /** Gives events to this dispatcher from now on. May be called from any thread. */
    synchronized void begin(Taker next) {
        taker = next;
    }

    /** Gives no more events to this dispatcher. May be called from any thread. */
    synchronized void end(Taker last) {
        if (taker == last) {
            taker = null;
        }
    }

    /** Begins with the events of one commit. Those of a commit that failed are forgotten. */
    void beginCommit() {
        handed.clear();
        left = false;
        present = taker;
        try {
            request = present == null ? null : present.room();
        } catch (RuntimeException e) {
            // A clock of the application may fail. The events are stored all the same, and leased later.
            LOG.debug("nothing is handed over", e);
            request = null;
        }
    }

    /** Returns how many of the events that are stored next are leased as they are stored. */
    int room() {
        LeaseRequest asked = request;
        return asked == null ? 0 : asked.max() - handed.size();
    }

    /** Returns the owner of the leases. */
    String owner() {
        return request == null ? "" : request.owner();
    }

    /** Returns the end of the leases in milliseconds. */
    long until() {
        return request == null ? 0 : request.until().toEpochMilli();
    }

    /** Notes that a new event was stored without a lease. */
    void leave() {
        left = true;
    }

    /** Notes that an event was stored with a lease. */
    void add(long id, VerifiedDelivery delivery) {
        handed.add(new LeasedDelivery(
                id,
                delivery.memberId(),
                delivery.event(),
                delivery.idempotencyKey(),
                delivery.payload(),
                Instant.ofEpochMilli(delivery.receivedAt().toEpochMilli()),
                1,
                1,
                owner(),
                delivery.origin(),
                null,
                null));
    }

    /** Ends with the events of a commit: what is stored next without {@link #beginCommit} is not handed over. */
    void endCommit() {
        request = null;
    }

    /** Begins with the replies to a commit. */
    void committed() {
        quiet = left ? null : Thread.currentThread();
    }

    /** Gives the events away, after the replies to their commit: a worker that wakes must not delay an answer. */
    void replied() {
        quiet = null;
        Taker next = present;
        if (next != null && !handed.isEmpty()) {
            try {
                next.take(List.copyOf(handed));
            } catch (RuntimeException | Error e) {
                LastResort.check(e);
                // The thread must go on. When their leases end, the events are leased again.
                LOG.warn("reason=hand-over-failed events={}", handed.size(), e);
            }
        }
        handed.clear();
    }

    /**
     * Tells whether the calling thread is replying to a commit whose new events the dispatcher gets without a look. May be
     * called from any thread.
     */
    boolean quiet() {
        return quiet == Thread.currentThread();
    }
}
