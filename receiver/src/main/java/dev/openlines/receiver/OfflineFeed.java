// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import dev.openlines.receiver.spi.LastResort;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings the events of portals' offline queues into the inbox that the endpoint feeds. An event is cleared on the
 * portal only when it is durable in the inbox, or in its spool. After a crash between the two the portal gives it
 * again, and the inbox knows it by its key. A close that an event has brought too is one: see {@link Origin#OFFLINE}.
 *
 * <p>A few threads, so that a portal that does not answer holds up no other; one that refuses or does not answer is
 * asked less often. Of several nodes over one PostgreSQL one at a time drains a portal. Without a ledger, as on Kafka,
 * each node drains.
 */
public final class OfflineFeed implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(OfflineFeed.class);
    private static final Duration DAY = Duration.ofDays(1);

    /** The longest pause of a portal that does not answer. */
    static final Duration LONGEST = Duration.ofMinutes(15);

    /** The pause of a portal that refuses until a person changes something. */
    static final Duration REFUSED = Duration.ofHours(6);

    /** The wait of a portal that was woken while another node drained it. */
    private static final Duration SOON = Duration.ofSeconds(5);

    /** Longer than a call may take. */
    private static final Duration LEASE = Duration.ofMinutes(5);

    /** Added to the portal's id to name the lease of its queue, which is separate from the lease of its comparison. */
    private static final String QUEUE = "offline ";

    private final Inbox inbox;
    /** This is null if the inbox has no leases. */
    private final @Nullable ReconcileStore leases;

    private final String owner = "node-" + UUID.randomUUID();
    private final OfflineQueues queues;
    private final Duration interval;
    private final InstantSource clock;
    private final Runnable stored;
    private final Telemetry telemetry;
    private final Thread thread = LastResort.thread(this::work, "openlines-offline");
    private final PortalLanes lanes = new PortalLanes("openlines-offline", ended -> unpark());
    private final Set<String> woken = ConcurrentHashMap.newKeySet();
    /** Portals that were woken while another node drained them. */
    private final Set<String> again = ConcurrentHashMap.newKeySet();
    /** When each portal is due, as {@link System#nanoTime} counts. */
    private final Map<String, Long> due = new ConcurrentHashMap<>();

    private final Map<String, Integer> failures = new ConcurrentHashMap<>();
    /** The last times that the operator was told that a queue cannot be drained. */
    private final Map<String, Instant> told = new ConcurrentHashMap<>();

    private volatile boolean closed;

    /**
     * Makes a feed that does nothing yet.
     *
     * @param inbox the inbox that stores the events; not closed with this
     * @param queues drains portals
     * @param interval how long from one drain of a portal to the next
     * @param clock the time of receipt
     * @param stored called after each new event is durable, to wake a dispatcher; must be quick
     * @param telemetry receives the result of each drain
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
        SqlInbox sql = SqlInbox.of(inbox);
        this.inbox = inbox;
        this.leases = sql == null ? null : new ReconcileStore(sql, LEASE, null);
        this.queues = queues;
        this.interval = interval;
        this.clock = clock;
        this.stored = stored;
        this.telemetry = telemetry;
        thread.setDaemon(true);
    }

    /**
     * The result of one drain.
     *
     * @param memberId the portal
     * @param stored how many events are new in the inbox
     * @param duplicates how many the inbox had already, such as those of a drain that was broken off, and closes that
     *     an event or the comparison with the portal's sessions has brought
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
     * Has a portal's queue drained soon, because {@code OnOfflineEvent} said that events wait in it. May be called from
     * any thread. Does not block.
     *
     * @param memberId the portal
     */
    public void wake(String memberId) {
        woken.add(memberId);
        unpark();
    }

    private void unpark() {
        LockSupport.unpark(thread);
    }

    /**
     * Stops after the events that are being stored, and blocks until then. Events that were not cleared on the portal
     * come again.
     */
    @Override
    public void close() {
        closed = true;
        thread.interrupt();
        Threads.join(thread);
        lanes.close();
    }

    /**
     * Drains a portal's queue now. Blocks.
     *
     * @param memberId the portal
     * @return the numbers of events, all 0 if another node is draining the queue
     * @throws StoreException if the inbox is down; what was not stored waits on the portal
     * @throws RuntimeException if the portal does not answer
     */
    public Drained drain(String memberId) {
        return drain(memberId, true).orElseGet(() -> new Drained(memberId, 0, 0, 0));
    }

    /**
     * Drains a queue, or returns empty if another node is draining it.
     *
     * @param now whether to drain it even if another node has done so within the interval
     */
    private Optional<Drained> drain(String memberId, boolean now) {
        if (leases == null) {
            return Optional.of(drain(new Counting(memberId, null)));
        }
        ReconcileStore.Lease lease;
        try {
            leases.state(QUEUE + memberId);
            lease = leases.acquire(QUEUE + memberId, owner, now).orElse(null);
        } catch (StoreException e) {
            if (!(inbox instanceof SpoolingInbox)) {
                throw e;
            }
            // The spool takes the events. If another node drains as well, no harm is done.
            return Optional.of(drain(new Counting(memberId, null)));
        }
        if (lease == null) {
            return Optional.empty();
        }
        try {
            return Optional.of(drain(new Counting(memberId, lease)));
        } finally {
            release(lease);
        }
    }

    private void release(ReconcileStore.Lease lease) {
        try {
            // This is a little sooner than the next drain of the node that is due first.
            Objects.requireNonNull(leases)
                    .release(lease, interval.multipliedBy(3).dividedBy(4), null);
        } catch (StoreException e) {
            LOG.debug("the lease of a queue ends by itself", e);
        }
    }

    private Drained drain(Counting counting) {
        String memberId = counting.memberId;
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

    /** Logs once a day that a queue cannot be drained. */
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
                pause = begin();
            } catch (RuntimeException | Error e) {
                LastResort.check(e);
                // Catch everything: without this thread no queue is drained.
                LOG.warn("reason=offline-failed", e);
            }
            if (!closed) {
                LockSupport.parkNanos(this, pause);
            }
        }
    }

    /** Drains every portal that is due, and blocks until that is done. */
    void tick() {
        begin();
        Threads.uninterrupted(lanes::await);
    }

    /** Begins to drain every portal that is due. Returns the time until the next one is. */
    private long begin() {
        long pause = interval.toNanos();
        Set<String> portals = new TreeSet<>(queues.portals());
        due.keySet().retainAll(portals);
        // No other portal has a grant.
        woken.retainAll(portals);
        for (String memberId : portals) {
            long now = System.nanoTime();
            if (lanes.busy(memberId)) {
                // The end of that drain wakes this thread.
                continue;
            }
            if (woken.contains(memberId) || due.getOrDefault(memberId, now) - now <= 0) {
                lanes.begin(memberId, failures.containsKey(memberId), () -> drainAndWait(memberId));
            } else {
                pause = Math.min(pause, due.getOrDefault(memberId, now) - now);
            }
        }
        return pause;
    }

    private void drainAndWait(String memberId) {
        // The first drain begins at once, because the queue may have grown while no node ran.
        boolean called = !due.containsKey(memberId);
        called |= woken.remove(memberId);
        called |= again.remove(memberId);
        Duration wait = Reconciler.jittered(drainOrWait(memberId, called), ThreadLocalRandom.current());
        due.put(memberId, System.nanoTime() + wait.toNanos());
    }

    /** Returns how long to wait before the portal is asked again. */
    private Duration drainOrWait(String memberId, boolean called) {
        try {
            Optional<Drained> drained = drain(memberId, called);
            if (drained.isEmpty() && called) {
                // The other node may have passed the point in the queue that this node was woken for.
                again.add(memberId);
                return interval.compareTo(SOON) < 0 ? interval : SOON;
            }
            drained.ifPresent(ended -> failures.remove(memberId));
            return told.containsKey(memberId) ? REFUSED : interval;
        } catch (RuntimeException | Error e) {
            LastResort.check(e);
            if (!closed) {
                LOG.info("reason=offline-waits portal={} detail=\"{}\"", memberId, LoggedFailure.text(e));
                LOG.debug("portal {} is drained later", memberId, LoggedFailure.of(e));
            }
            return pause(failures.merge(memberId, 1, Integer::sum));
        }
    }

    /** Returns the wait after a number of failures, which doubles up to the longest wait. */
    private Duration pause(int times) {
        Duration pause = interval;
        for (int i = 0; i < times && pause.compareTo(LONGEST) < 0; i++) {
            pause = pause.multipliedBy(2);
        }
        return pause.compareTo(LONGEST) > 0 && interval.compareTo(LONGEST) < 0 ? LONGEST : pause;
    }

    /** Stores the events of one drain. */
    private final class Counting {

        private final String memberId;
        private final ReconcileStore.@Nullable Lease lease;
        /** When the lease was extended last, as {@link System#nanoTime} counts. */
        private long extended = System.nanoTime();

        private int news;
        private int duplicates;
        private @Nullable RuntimeException failure;

        Counting(String memberId, ReconcileStore.@Nullable Lease lease) {
            this.memberId = memberId;
            this.lease = lease;
        }

        /** Returns when the event is durable. */
        void store(OfflineQueues.Queued queued) {
            if (closed) {
                throw new StoreException("the feed is closed", null);
            }
            extend();
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

        /**
         * Keeps the lease while a long queue is drained. Events that another node has drained too are known by their
         * keys.
         */
        private void extend() {
            if (lease == null || System.nanoTime() - extended < LEASE.toNanos() / 3) {
                return;
            }
            extended = System.nanoTime();
            boolean kept = true;
            try {
                kept = Objects.requireNonNull(leases).renew(lease);
            } catch (StoreException e) {
                LOG.debug("whether the lease of a queue goes on is not known", e);
            }
            if (!kept) {
                throw new StoreException("another node drains the queue of portal " + memberId, null);
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
