// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import dev.openlines.receiver.spi.LastResort;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
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
 * handle. An event whose handler throws is tried again by the {@link RetryPolicy} and put aside after
 * the last attempt; one that cannot be decoded is put aside at once. Nothing is dropped.
 */
public final class Dispatcher implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Dispatcher.class);

    /** How long to wait for what no {@link #wake()} tells: retries, other nodes, a store that is back. */
    private static final Duration POLL = Duration.ofMillis(250);

    /** So that no worker waits for the next round of leasing. */
    private static final int LEASED_PER_WORKER = 8;

    private final LeasingInbox inbox;
    private final Attempts attempts;
    private final DispatchPolicy policy;
    private final InstantSource clock;
    private final Telemetry telemetry;
    private final String owner = newOwner();
    private final Map<Long, LeasedDelivery> leased = new ConcurrentHashMap<>();
    private final ExecutorService pool;
    private final Thread leasing = LastResort.thread(this::run, "openlines-dispatcher");
    private final CountDownLatch stopped = new CountDownLatch(1);
    private volatile boolean stopping;
    private volatile boolean impatient;
    private volatile boolean ended;
    /** Used by the leasing thread alone. */
    private long renewAt;

    private volatile boolean due;
    private boolean storeDown;

    /**
     * Makes a dispatcher that does nothing yet.
     *
     * @param inbox where events are leased from; not closed with the dispatcher
     * @param handlers what is done with them
     * @param policy how many at a time, and what follows a failure
     * @param clock the time of leases and retries
     * @param telemetry is told of each attempt
     */
    public Dispatcher(
            LeasingInbox inbox, Handlers handlers, DispatchPolicy policy, InstantSource clock, Telemetry telemetry) {
        this.inbox = inbox;
        this.attempts = new Attempts(inbox, handlers, policy.retry(), clock, () -> impatient);
        this.policy = policy;
        this.clock = clock;
        this.telemetry = telemetry;
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
        return this;
    }

    /** Says that something may be due. Quick, and from any thread. */
    public void wake() {
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
     * Leases no more, lets handlers finish, and gives up after the time is over: then their threads are
     * interrupted, and the events come again when their leases end. Blocks.
     *
     * @param patience how long handlers may take
     */
    public void stop(Duration patience) {
        stopping = true;
        LockSupport.unpark(leasing);
        boolean interrupted = false;
        try {
            if (leasing.getState() != Thread.State.NEW) {
                stopped.await();
            }
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
        boolean interrupted = false;
        while (leasing.isAlive()) {
            try {
                leasing.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void giveUp() {
        impatient = true;
        pool.shutdownNow().forEach(Runnable::run);
    }

    private void run() {
        renewAt = System.nanoTime() + policy.lease().toNanos() / 3;
        try {
            while (!stopping) {
                due = false;
                boolean more = leaseDue();
                renewDue();
                if (!more && !due && !stopping) {
                    LockSupport.parkNanos(this, POLL.toNanos());
                }
            }
        } finally {
            stopped.countDown();
        }
        // What is still handled must not come up elsewhere meanwhile.
        while (!ended) {
            renewDue();
            LockSupport.parkNanos(this, POLL.toNanos());
        }
    }

    /** Returns whether it is worth asking again at once. */
    private boolean leaseDue() {
        int free = policy.workers() * LEASED_PER_WORKER - leased.size();
        if (free <= policy.workers() * LEASED_PER_WORKER / 2) {
            return false;
        }
        try {
            List<LeasedDelivery> deliveries = inbox.lease(request(free));
            if (storeDown) {
                storeDown = false;
                LOG.info("reason=store-up");
            }
            for (LeasedDelivery delivery : deliveries) {
                leased.put(delivery.id(), delivery);
                pool.execute(() -> work(delivery));
            }
            return deliveries.size() == free;
        } catch (RuntimeException | Error e) {
            LastResort.check(e);
            // Whatever it is: without this thread nothing is handled any more.
            if (!storeDown) {
                storeDown = true;
                LOG.warn("reason=store-down", e);
            }
            return false;
        }
    }

    private LeaseRequest request(int max) {
        Instant now = clock.instant();
        Instant until = now.plus(policy.lease());
        // Nothing is ever put off further than the longest wait or a lease.
        Instant latest = until.plus(policy.retry().cap());
        return new LeaseRequest(owner, max, now, until, latest, policy.ordered());
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

    /** Whatever is thrown beside a handler must not keep the lease for ever: it ends, and the event comes again. */
    private void work(LeasedDelivery delivery) {
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
        telemetry.attempted(Attempts.outcome(settlement), Duration.ofNanos(System.nanoTime() - begun));
        inbox.settle(delivery, settlement, clock.instant())
                .whenComplete((mine, failure) -> settled(delivery, mine, failure));
    }

    private void settled(LeasedDelivery delivery, @Nullable Boolean mine, @Nullable Throwable failure) {
        // Not where the same event was leased anew meanwhile: that lease is still to be extended.
        leased.remove(delivery.id(), delivery);
        if (failure != null) {
            LOG.warn("reason=unsettled id={}: it will be handled again", delivery.id(), failure);
        } else if (Boolean.FALSE.equals(mine)) {
            LOG.warn("reason=lease-lost id={}: another owner handles it again", delivery.id());
        }
        wake();
    }

    private static String newOwner() {
        byte[] random = new byte[8];
        ThreadLocalRandom.current().nextBytes(random);
        return ProcessHandle.current().pid() + "-" + HexFormat.of().formatHex(random);
    }
}
