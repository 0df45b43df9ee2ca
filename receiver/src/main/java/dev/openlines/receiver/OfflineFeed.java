// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import dev.openlines.receiver.spi.LastResort;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings the events of portals' offline queues into the inbox that the endpoint feeds. An event is cleared on the portal
 * only when it is durable in the inbox, or in its spool. After a crash between the two the portal gives it again, and the
 * inbox knows it by its key. A close that an event has brought too is one: see {@link Origin#OFFLINE}.
 *
 * <p>One thread, which drains one portal after the other. A portal that refuses or does not answer is asked less often.
 */
public final class OfflineFeed implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(OfflineFeed.class);
    private static final Duration DAY = Duration.ofDays(1);

    /** The longest pause of a portal that does not answer. */
    static final Duration LONGEST = Duration.ofMinutes(15);

    /** The pause of a portal that refuses until a person changes something. */
    static final Duration REFUSED = Duration.ofHours(6);

    private final Inbox inbox;
    private final OfflineQueues queues;
    private final Duration interval;
    private final InstantSource clock;
    private final Runnable stored;
    private final Telemetry telemetry;
    private final Thread thread = LastResort.thread(this::work, "openlines-offline");
    private final Set<String> woken = ConcurrentHashMap.newKeySet();
    /** When each portal is due, as {@link System#nanoTime} counts. Used by the thread that drains. */
    private final Map<String, Long> due = new HashMap<>();

    private final Map<String, Integer> failures = new HashMap<>();
    /** When the operator was told last that a queue cannot be drained. */
    private final Map<String, Instant> told = new ConcurrentHashMap<>();

    private volatile boolean closed;

    /**
     * Makes a feed that does nothing yet.
     *
     * @param inbox where events are stored; not closed with this
     * @param queues drains portals
     * @param interval how long from one drain of a portal to the next
     * @param clock the time of receipt
     * @param stored called after each new event is durable, to wake a dispatcher; must be quick
     * @param telemetry is told of each drain
     * @throws IllegalArgumentException if the interval is shorter than a second
     */
    public OfflineFeed(
            Inbox inbox,
            OfflineQueues queues,
            Duration interval,
            InstantSource clock,
            Runnable stored,
            Telemetry telemetry) {
        if (interval.compareTo(Duration.ofSeconds(1)) < 0) {
            throw new IllegalArgumentException("expected an interval of at least PT1S but found " + interval);
        }
        this.inbox = inbox;
        this.queues = queues;
        this.interval = interval;
        this.clock = clock;
        this.stored = stored;
        this.telemetry = telemetry;
        thread.setDaemon(true);
    }

    /**
     * What one drain has done.
     *
     * @param memberId the portal
     * @param stored how many events are new in the inbox
     * @param duplicates how many the inbox had already, such as those of a drain that was broken off, and closes that an
     *     event or the comparison with the portal's sessions has brought
     * @param failed how many could not be read; the portal keeps them, marked as failed
     */
    public record Drained(String memberId, int stored, int duplicates, int failed) {}

    /**
     * Begins to drain: each portal at once, then by the interval.
     *
     * @return this
     * @throws IllegalThreadStateException if it was started before
     */
    public OfflineFeed start() {
        thread.start();
        return this;
    }

    /**
     * Says that a portal's queue has something, as {@code OnOfflineEvent} does. From any thread; does not block.
     *
     * @param memberId the portal
     */
    public void wake(String memberId) {
        woken.add(memberId);
        LockSupport.unpark(thread);
    }

    /** Breaks off after the event that is being stored, and blocks until then. What is not cleared comes again. */
    @Override
    public void close() {
        closed = true;
        thread.interrupt();
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /**
     * Drains a portal's queue now. Blocks.
     *
     * @param memberId the portal
     * @return what was done
     * @throws StoreException if the inbox is down; what was not stored waits on the portal
     * @throws RuntimeException if the portal does not answer
     */
    public Drained drain(String memberId) {
        Counting counting = new Counting(memberId);
        OfflineQueues.Drained ended;
        try {
            ended = queues.drain(memberId, counting::store);
        } catch (RuntimeException | Error e) {
            telemetry.drained(counting.drained(0));
            throw e;
        }
        Drained drained = counting.drained(ended.failed());
        telemetry.drained(drained);
        if (ended.failed() > 0) {
            LOG.warn(
                    "reason=offline-unreadable portal={} events={}: the portal keeps them, and each drain tries them again",
                    memberId,
                    ended.failed(),
                    counting.failure);
        }
        if (ended.refusal() == null) {
            told.remove(memberId);
        } else {
            tell(memberId, ended.refusal());
        }
        return drained;
    }

    /** Says once a day that a queue cannot be drained. */
    private void tell(String memberId, String refusal) {
        Instant now = clock.instant();
        Instant last = told.get(memberId);
        if (last == null || last.plus(DAY).isBefore(now)) {
            told.put(memberId, now);
            LOG.warn("reason=offline-impossible portal={} detail=\"{}\"", memberId, refusal);
        }
    }

    private void work() {
        while (!closed) {
            long pause = interval.toNanos();
            try {
                pause = tick();
            } catch (RuntimeException | Error e) {
                LastResort.check(e);
                // Whatever it is: without this thread no queue is drained any more.
                LOG.warn("reason=offline-failed", e);
            }
            if (!closed && woken.isEmpty()) {
                LockSupport.parkNanos(this, pause);
            }
        }
    }

    /** Drains every portal that is due. Returns how long nothing is. */
    long tick() {
        long pause = interval.toNanos();
        Set<String> portals = new TreeSet<>(queues.portals());
        due.keySet().retainAll(portals);
        for (String memberId : portals) {
            long now = System.nanoTime();
            boolean called = woken.remove(memberId);
            if (called || due.getOrDefault(memberId, now) - now <= 0) {
                due.put(memberId, System.nanoTime() + jittered(drainOrWait(memberId)));
            }
            if (closed) {
                return 0;
            }
            pause = Math.min(pause, Math.max(0, due.getOrDefault(memberId, now) - System.nanoTime()));
        }
        // Of other portals there is no grant.
        woken.retainAll(portals);
        return pause;
    }

    /** Returns how long to leave the portal alone. */
    private Duration drainOrWait(String memberId) {
        try {
            drain(memberId);
            failures.remove(memberId);
            return told.containsKey(memberId) ? REFUSED : interval;
        } catch (RuntimeException e) {
            LastResort.check(e);
            if (!closed) {
                LOG.info("reason=offline-waits portal={} detail=\"{}\"", memberId, e.getMessage());
                LOG.debug("portal {} is drained later", memberId, e);
            }
            return pause(failures.merge(memberId, 1, Integer::sum));
        }
    }

    /** How long to wait after so many failures, doubling up to the longest. */
    private Duration pause(int times) {
        Duration pause = interval;
        for (int i = 0; i < times && pause.compareTo(LONGEST) < 0; i++) {
            pause = pause.multipliedBy(2);
        }
        return pause.compareTo(LONGEST) > 0 && interval.compareTo(LONGEST) < 0 ? LONGEST : pause;
    }

    private static long jittered(Duration duration) {
        return (long) (duration.toNanos() * ThreadLocalRandom.current().nextDouble(0.9, 1.1));
    }

    /** Stores the events of one drain. */
    private final class Counting {

        private final String memberId;
        private int news;
        private int duplicates;
        private @Nullable RuntimeException failure;

        Counting(String memberId) {
            this.memberId = memberId;
        }

        /** Returns when the event is durable. */
        void store(OfflineQueues.Queued queued) {
            if (closed) {
                throw new StoreException("the feed is closed", null);
            }
            VerifiedDelivery delivery = delivery(queued);
            StoreResult result;
            try {
                result = inbox.store(delivery).toCompletableFuture().join();
            } catch (CompletionException e) {
                throw e.getCause() instanceof StoreException down
                        ? down
                        : new StoreException("the inbox cannot store", e.getCause());
            }
            if (result == StoreResult.STORED) {
                news++;
                stored.run();
            } else {
                duplicates++;
            }
        }

        private VerifiedDelivery delivery(OfflineQueues.Queued queued) {
            try {
                return VerifiedDelivery.offline(memberId, queued, clock.instant());
            } catch (RuntimeException e) {
                failure = failure == null ? e : failure;
                throw e;
            }
        }

        Drained drained(int failed) {
            return new Drained(memberId, news, duplicates, failed);
        }
    }
}
