// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import dev.openlines.receiver.spi.LastResort;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An inbox with an {@link EmergencySpool}. While the inbox cannot store, or takes too long, events go to the file and
 * are acknowledged when they are on the disk. When the inbox is available again, they go into it in the order of the
 * file. Events that come meanwhile are appended to the file, until it is empty.
 *
 * <p>It has two threads. One appends to the file, many events with one sync. The other brings them to the inbox.
 */
class SpoolingInbox implements Inbox {

    private static final Logger LOG = LoggerFactory.getLogger(SpoolingInbox.class);
    private static final int BATCH = 256;
    private static final long PAUSE_NANOS = 250_000_000L;

    private final Inbox inbox;
    private final EmergencySpool spool;
    private final ProcessLock lock;
    private final Duration patience;
    private final BlockingQueue<Spooled> queue = new LinkedBlockingQueue<>();
    private final Thread appender = LastResort.thread(this::append, "openlines-spool");
    private final Thread drainer = LastResort.thread(this::drain, "openlines-spool-drain");
    private volatile boolean closed;

    /** The number of events in the file or on their way there; guarded by this. */
    private long pending;

    /**
     * The end of the part of the file that the inbox has; used by the drainer, and before it by the opening thread.
     */
    private long drained = EmergencySpool.begin();

    /** The number of events that go to the inbox at once; used as {@code drained} is. */
    private int batch = BATCH;

    private SpoolingInbox(Inbox inbox, EmergencySpool spool, ProcessLock lock, Duration patience) {
        this.inbox = inbox;
        this.spool = spool;
        this.lock = lock;
        this.patience = patience;
    }

    /** An event on its way to the file; one without a delivery ends the appender. */
    private record Spooled(@Nullable VerifiedDelivery delivery, CompletableFuture<StoreResult> reply) {}

    /**
     * Opens the file and first brings the events that are left in it to the inbox.
     *
     * @param patience how long the inbox may take to store an event
     */
    static SpoolingInbox open(Inbox inbox, Path file, Duration patience) {
        return open(file, (spool, lock) -> new SpoolingInbox(inbox, spool, lock, patience));
    }

    /** Opens the file as {@link #open(Inbox, Path, Duration)} does, for an inbox that leases. */
    static LeasingInbox open(LeasingInbox inbox, Path file, Duration patience) {
        return open(file, (spool, lock) -> new Leasing(inbox, spool, lock, patience));
    }

    private static <T extends SpoolingInbox> T open(Path file, BiFunction<EmergencySpool, ProcessLock, T> over) {
        ProcessLock lock = ProcessLock.beside(file.toAbsolutePath());
        try {
            if (!lock.alone()) {
                throw new StoreException("another process uses " + file, null);
            }
            T spooling = over.apply(EmergencySpool.open(file.toAbsolutePath()), lock);
            spooling.start();
            return spooling;
        } catch (IOException e) {
            lock.close();
            throw new StoreException("cannot use " + file, e);
        } catch (StoreException e) {
            lock.close();
            throw e;
        }
    }

    void start() throws IOException {
        for (long place = drained;
                place < spool.end();
                place = spool.read(place).next()) {
            pending++;
        }
        while (pending > 0 && drainSome()) {
            // This goes on until nothing is left, or the inbox is down.
        }
        appender.start();
        drainer.start();
    }

    @Override
    public CompletionStage<StoreResult> store(VerifiedDelivery delivery) {
        synchronized (this) {
            if (pending > 0) {
                return spool(delivery);
            }
        }
        return inbox.store(delivery)
                .toCompletableFuture()
                .copy()
                .orTimeout(patience.toNanos(), TimeUnit.NANOSECONDS)
                .exceptionallyCompose(failure -> spool(delivery));
    }

    /** Stores a close in the inbox only, not in the file: the reconciler finds it again if it is not stored. */
    @Override
    public CompletionStage<StoreResult> store(ReconciledClose close) {
        return inbox.store(close);
    }

    /** Returns whether events are in the file or on their way there. */
    synchronized boolean holdsEvents() {
        return pending > 0;
    }

    Inbox inner() {
        return inbox;
    }

    private synchronized CompletableFuture<StoreResult> spool(VerifiedDelivery delivery) {
        if (closed) {
            return CompletableFuture.failedFuture(new StoreException("the inbox is closed", null));
        }
        if (pending++ == 0) {
            LOG.warn("reason=spool-begun: the inbox cannot store, its emergency spool takes over");
        }
        CompletableFuture<StoreResult> reply = new CompletableFuture<>();
        queue.add(new Spooled(delivery, reply));
        return reply;
    }

    private void append() {
        List<Spooled> batch = new ArrayList<>();
        try {
            boolean ended = false;
            while (!ended) {
                batch.add(queue.take());
                queue.drainTo(batch, BATCH - 1);
                ended = batch.removeIf(spooled -> spooled.delivery() == null);
                append(batch);
                batch.clear();
            }
        } catch (InterruptedException e) {
            throw new IllegalStateException("no code interrupts this thread", e);
        }
    }

    private void append(List<Spooled> batch) {
        List<VerifiedDelivery> deliveries = new ArrayList<>();
        for (Spooled spooled : batch) {
            if (spooled.delivery() != null) {
                deliveries.add(spooled.delivery());
            }
        }
        if (deliveries.isEmpty()) {
            return;
        }
        try {
            spool.append(deliveries);
        } catch (IOException | RuntimeException | Error e) {
            LastResort.check(e);
            // Catch everything: without this thread all requests that wait would wait for ever.
            synchronized (this) {
                pending -= batch.size();
            }
            // If the inbox has all events of the file, the file is to be cleared.
            LockSupport.unpark(drainer);
            StoreException failure = new StoreException("cannot write to the emergency spool either", e);
            batch.forEach(spooled -> spooled.reply().completeExceptionally(failure));
            return;
        }
        batch.forEach(spooled -> spooled.reply().complete(StoreResult.STORED));
        LockSupport.unpark(drainer);
    }

    private void drain() {
        while (!closed) {
            boolean more = false;
            try {
                more = drainSome();
            } catch (IOException | RuntimeException | Error e) {
                LastResort.check(e);
                LOG.error("reason=spool-unreadable", e);
            }
            if (!more) {
                LockSupport.parkNanos(this, PAUSE_NANOS);
            }
        }
    }

    /** Brings some events to the inbox. Returns whether it is worth going on at once. */
    private boolean drainSome() throws IOException {
        long end = spool.end();
        List<EmergencySpool.Entry> entries = new ArrayList<>();
        for (long place = drained; place < end && entries.size() < batch; ) {
            EmergencySpool.Entry entry = spool.read(place);
            entries.add(entry);
            place = entry.next();
        }
        if (entries.isEmpty()) {
            clearIfDrained();
            return false;
        }
        try {
            inbox.storeInOrder(
                            entries.stream().map(EmergencySpool.Entry::delivery).toList())
                    .toCompletableFuture()
                    .join();
        } catch (CompletionException e) {
            // The next time only the first is tried, in case the inbox cannot take one of the others.
            batch = 1;
            LOG.debug("reason=spool-waits", e);
            return false;
        }
        batch = BATCH;
        drained(entries);
        return true;
    }

    private synchronized void drained(List<EmergencySpool.Entry> entries) throws IOException {
        drained = entries.get(entries.size() - 1).next();
        pending -= entries.size();
        clearIfDrained();
    }

    /** Clears the file, unless another event is on its way to it. If that fails, it is tried again later. */
    private synchronized void clearIfDrained() throws IOException {
        if (pending == 0 && drained > EmergencySpool.begin()) {
            spool.clear();
            drained = EmergencySpool.begin();
            LOG.info("reason=spool-drained: the inbox has all of the emergency spool");
        }
    }

    @Override
    public Portals portals() {
        return inbox.portals();
    }

    @Override
    public List<TrustLog.Row> trusted() {
        return inbox.trusted();
    }

    @Override
    public void trust(TrustChange change) {
        inbox.trust(change);
    }

    @Override
    public Backlog backlog() {
        return inbox.backlog();
    }

    @Override
    public DeadLetters deadLetters() {
        return inbox.deadLetters();
    }

    /** Fails only if the file could not take an event either. */
    @Override
    public void probe() {
        try {
            inbox.probe();
        } catch (StoreException e) {
            try {
                spool.probe();
            } catch (IOException full) {
                e.addSuppressed(full);
                throw e;
            }
            LOG.debug("reason=spooling", e);
            return;
        }
        look();
    }

    /**
     * Reports a spool that is gone before it is needed. A probe fails because of it only if events must go through the
     * spool now.
     */
    private void look() {
        try {
            spool.check();
        } catch (IOException e) {
            synchronized (this) {
                if (pending > 0) {
                    throw new StoreException("cannot write to the emergency spool", e);
                }
            }
        }
    }

    @Override
    public void close() {
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
            queue.add(new Spooled(null, new CompletableFuture<>()));
        }
        LockSupport.unpark(drainer);
        Threads.join(appender);
        Threads.join(drainer);
        inbox.close();
        spool.close();
        lock.close();
    }

    /** Leases from the inbox. Events in the file are not due before the inbox has them. */
    private static final class Leasing extends SpoolingInbox implements LeasingInbox {

        private final LeasingInbox inbox;

        Leasing(LeasingInbox inbox, EmergencySpool spool, ProcessLock lock, Duration patience) {
            super(inbox, spool, lock, patience);
            this.inbox = inbox;
        }

        @Override
        public List<LeasedDelivery> lease(LeaseRequest request) {
            return inbox.lease(request);
        }

        @Override
        public void renew(Collection<LeasedDelivery> leases, Instant until) {
            inbox.renew(leases, until);
        }

        @Override
        public CompletionStage<Boolean> settle(LeasedDelivery lease, Settlement settlement, Instant now) {
            return inbox.settle(lease, settlement, now);
        }

        @Override
        public boolean commitOnce(LeasedDelivery lease, String part, EventContext.Transaction work, Instant now)
                throws Exception {
            return inbox.commitOnce(lease, part, work, now);
        }

        @Override
        public int purge(Instant finishedBefore) {
            return inbox.purge(finishedBefore);
        }
    }
}
