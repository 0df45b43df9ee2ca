// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import dev.openlines.receiver.spi.LastResort;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives each stored event to its handler at least once: after a crash, or when a lease ends before the
 * handler does, an event is handled again.
 *
 * <p>One thread leases what is due and extends the leases of what takes long; worker threads decode and
 * handle. An event whose handler throws is tried again by the {@link RetryPolicy} and becomes a dead letter after
 * the last attempt; one that cannot be decoded becomes one at once. Nothing is dropped. Portals take turns, and one
 * whose handlers are slow leaves a worker to the others.
 */
public final class Dispatcher implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Dispatcher.class);

    /**
     * Poll interval, for work that {@link #wake()} does not announce: retries, events stored by other nodes, a store
     * that has recovered.
     */
    private static final Duration POLL = Duration.ofMillis(250);

    /**
     * The most portals with slow handlers that are passed over to lease events of others. Each of them may hold a whole
     * round of leased events.
     */
    private static final int SLOW_PORTALS = 8;

    /** The search for other portals' events takes at most this part of the inbox's time. */
    private static final int LOOKING = 20;

    /** The interval of looking whether there is a second portal. */
    private static final Duration ALONE = Duration.ofSeconds(1);

    private final LeasingInbox inbox;
    private final Attempts attempts;
    private final DispatchPolicy policy;
    private final InstantSource clock;
    private final Telemetry telemetry;
    private final String owner = newOwner();
    private final Map<Long, LeasedDelivery> leased = new ConcurrentHashMap<>();
    private final LeaseSize size;
    private final FairQueue queue;
    private final ExecutorService pool;
    private final Thread leasing = LastResort.thread(this::run, "openlines-dispatcher");
    private final CountDownLatch stopped = new CountDownLatch(1);
    private volatile boolean stopping;
    private volatile boolean impatient;
    private volatile boolean ended;
    /** Used by the leasing thread alone. */
    private long renewAt;
    /** Used by the leasing thread alone. */
    private long othersAt;

    private volatile boolean due;
    /** Changes whenever events may be due that are not leased. Zero if a look has found no more of them. */
    private final AtomicInteger unleased = new AtomicInteger(1);

    private boolean storeDown;
    /** Hands stored events over, or null if the inbox cannot. */
    private final @Nullable HandOver handOver;

    private final Taking taking = new Taking();

    /**
     * Makes a dispatcher that does nothing yet.
     *
     * @param inbox the inbox of the events; not closed with the dispatcher
     * @param handlers the application's handlers
     * @param policy how many events are handled at a time, and when failed ones are retried
     * @param clock the time of leases and retries
     * @param telemetry receives a measurement of each attempt
     */
    public Dispatcher(
            LeasingInbox inbox, Handlers handlers, DispatchPolicy policy, InstantSource clock, Telemetry telemetry) {
        this.inbox = inbox;
        this.attempts = new Attempts(inbox, handlers, policy, clock, () -> impatient, telemetry);
        this.queue = new FairQueue(policy.workers());
        this.size = new LeaseSize(policy.workers(), Runtime.getRuntime().maxMemory());
        this.policy = policy;
        this.clock = clock;
        this.telemetry = telemetry;
        // In order, an event has to wait for others, which only the inbox knows.
        this.handOver = inbox instanceof SqlInbox sql && !policy.ordered() ? sql.handOver() : null;
        AtomicInteger number = new AtomicInteger();
        this.pool = Executors.newFixedThreadPool(
                policy.workers(), task -> LastResort.thread(task, "openlines-worker-" + number.incrementAndGet()));
    }

    /**
     * Begins to lease and handle events, also those stored before.
     *
     * @return this
     * @throws IllegalThreadStateException if it was started before
     */
    public Dispatcher start() {
        leasing.start();
        if (handOver != null) {
            handOver.begin(taking);
        }
        return this;
    }

    /** Says that something may be due. Quick, and from any thread. */
    public void wake() {
        if (handOver == null || !handOver.quiet()) {
            unleased.incrementAndGet();
            look();
        }
    }

    /** Takes events that are being stored while no older ones wait. */
    private final class Taking implements HandOver.Taker {

        @Override
        public @Nullable LeaseRequest room() {
            int most = size.most();
            int free = most - leased.size();
            return unleased.get() != 0 || stopping || free <= most / 2 ? null : request(free, Set.of());
        }

        @Override
        public void take(List<LeasedDelivery> deliveries) {
            begin(deliveries);
            if (stopping) {
                release();
            }
        }
    }

    /** Lets the leasing thread look for events. */
    private void look() {
        if (!due) {
            due = true;
            LockSupport.unpark(leasing);
        }
    }

    /** Stops as {@link #stop} does, with ten seconds for what is being handled. */
    @Override
    public void close() {
        stop(Duration.ofSeconds(10));
    }

    /**
     * Stops leasing and lets handlers finish. When the time is over, it interrupts their threads; their events are
     * handled again after their leases have ended. Blocks.
     *
     * @param patience how long handlers may take
     */
    public void stop(Duration patience) {
        stopping = true;
        if (handOver != null) {
            handOver.end(taking);
        }
        LockSupport.unpark(leasing);
        boolean interrupted = false;
        try {
            if (leasing.getState() != Thread.State.NEW) {
                stopped.await();
            }
            release();
            pool.shutdown();
            if (!pool.awaitTermination(patience.toMillis(), TimeUnit.MILLISECONDS)) {
                LOG.warn("reason=stop-impatient handling={}", leased.size());
                giveUp();
            }
        } catch (InterruptedException e) {
            interrupted = true;
            giveUp();
        }
        end();
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void end() {
        ended = true;
        LockSupport.unpark(leasing);
        Threads.join(leasing);
    }

    private void giveUp() {
        impatient = true;
        release();
        pool.shutdownNow().forEach(Runnable::run);
    }

    /** Gives back the events whose handlers have not begun. No handler begins any more. */
    private void release() {
        List<LeasedDelivery> rest;
        synchronized (queue) {
            rest = queue.drain();
        }
        rest.forEach(this::settle);
    }

    private void run() {
        renewAt = System.nanoTime() + policy.lease().toNanos() / 3;
        othersAt = System.nanoTime();
        learn();
        try {
            while (!stopping) {
                due = false;
                boolean more = leaseDue();
                renewDue();
                attempts.watch();
                if (!more && !due && !stopping) {
                    LockSupport.parkNanos(this, POLL.toNanos());
                }
            }
        } finally {
            stopped.countDown();
        }
        // Events that are still handled must not be leased elsewhere meanwhile.
        while (!ended) {
            renewDue();
            attempts.watch();
            LockSupport.parkNanos(this, POLL.toNanos());
        }
    }

    /**
     * Asks which portals have events, so that room is left for a portal whose first event comes while the handlers of
     * others are slow.
     */
    private void learn() {
        try {
            inbox.trusted().forEach(row -> queue.know(row.memberId()));
        } catch (RuntimeException | Error e) {
            LastResort.check(e);
            LOG.debug("the portals are learned from their events", e);
        }
    }

    /** Returns whether it is worth asking again at once. */
    private boolean leaseDue() {
        int most = size.most();
        int free = most - leased.size();
        if (free > most / 2) {
            return lease(free, Set.of());
        }
        // A portal that holds fewer events than there are workers leaves a worker to the others.
        Set<String> full = queue.holding(policy.workers());
        if (full.isEmpty() || full.size() > SLOW_PORTALS || System.nanoTime() - othersAt < 0) {
            return false;
        }
        long begun = System.nanoTime();
        long others = leased.values().stream()
                .filter(delivery -> !full.contains(delivery.memberId()))
                .count();
        boolean more = most - others > most / 2 && lease((int) (most - others), full);
        long took = System.nanoTime() - begun;
        othersAt = System.nanoTime() + Math.max(LOOKING * took, queue.several() ? 0 : ALONE.toNanos());
        return more;
    }

    private boolean lease(int free, Set<String> without) {
        try {
            int before = unleased.get();
            List<LeasedDelivery> deliveries = inbox.lease(request(free, without));
            if (deliveries.size() == free) {
                unleased.incrementAndGet();
            } else if (without.isEmpty()) {
                unleased.compareAndSet(before, 0);
            }
            if (storeDown) {
                storeDown = false;
                LOG.info("reason=store-up");
            }
            begin(deliveries);
            return deliveries.size() == free;
        } catch (RuntimeException | Error e) {
            LastResort.check(e);
            // Catch everything: without this thread no event is handled.
            if (!storeDown) {
                storeDown = true;
                LOG.warn("reason=store-down", e);
            }
            return false;
        }
    }

    private LeaseRequest request(int max, Set<String> without) {
        Instant now = clock.instant();
        Instant until = now.plus(policy.lease());
        // Nothing is ever put off further than the longest wait or a lease.
        Instant latest = until.plus(policy.retry().cap());
        return new LeaseRequest(owner, max, now, until, latest, policy.ordered(), without);
    }

    private void renewDue() {
        if (System.nanoTime() - renewAt < 0) {
            return;
        }
        renewAt = System.nanoTime() + policy.lease().toNanos() / 3;
        if (!leased.isEmpty()) {
            try {
                inbox.renew(leased.values(), clock.instant().plus(policy.lease()));
            } catch (RuntimeException | Error e) {
                LastResort.check(e);
                LOG.warn("reason=renew-failed", e);
            }
        }
    }

    private void begin(List<LeasedDelivery> deliveries) {
        for (LeasedDelivery delivery : deliveries) {
            leased.put(delivery.id(), delivery);
            queue.add(delivery);
            size.leased(delivery);
        }
        begin();
    }

    /** Gives each free worker an event that may begin. */
    private void begin() {
        synchronized (queue) {
            while (!stopping) {
                LeasedDelivery delivery = queue.next();
                if (delivery == null) {
                    return;
                }
                pool.execute(() -> work(delivery));
            }
        }
    }

    private void work(LeasedDelivery delivery) {
        try {
            settle(delivery);
        } finally {
            queue.ended(delivery);
            begin();
        }
    }

    /**
     * Settles a lease. If an exception outside of a handler prevents that, the lease is no longer renewed: it ends, and
     * the event is handled again.
     */
    private void settle(LeasedDelivery delivery) {
        try {
            attempt(delivery);
        } catch (RuntimeException | Error e) {
            LastResort.check(e);
            settled(delivery, null, e);
        }
    }

    private void attempt(LeasedDelivery delivery) {
        long begun = System.nanoTime();
        Settlement settlement = stopping ? new Settlement.Release() : attempts.handle(delivery);
        long nanos = System.nanoTime() - begun;
        size.attempted(nanos);
        telemetry.attempted(Attempts.outcome(settlement), Duration.ofNanos(nanos));
        inbox.settle(delivery, settlement, clock.instant()).whenComplete((mine, failure) -> {
            // An event that was tried before may have held others back.
            if (!(settlement instanceof Settlement.Done) || delivery.attempt() > 1) {
                unleased.incrementAndGet();
            }
            settled(delivery, mine, failure);
        });
    }

    private void settled(LeasedDelivery delivery, @Nullable Boolean mine, @Nullable Throwable failure) {
        // If the same event was leased anew meanwhile, that lease must still be extended.
        leased.remove(delivery.id(), delivery);
        if (failure != null) {
            unleased.incrementAndGet();
            LOG.warn("reason=unsettled id={}: it will be handled again", delivery.id(), LoggedFailure.of(failure));
        } else if (Boolean.FALSE.equals(mine)) {
            LOG.warn("reason=lease-lost id={}: another owner handles it again", delivery.id());
        }
        if (unleased.get() != 0 || handOver == null) {
            look();
        }
    }

    private static String newOwner() {
        byte[] random = new byte[8];
        ThreadLocalRandom.current().nextBytes(random);
        return ProcessHandle.current().pid() + "-" + HexFormat.of().formatHex(random);
    }
}
