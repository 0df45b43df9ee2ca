// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import dev.openlines.receiver.spi.LastResort;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Watches whether an inbox can store, and how much waits in it, on a thread of its own.
 *
 * <p>It answers from its last look at the store, so an answer is quick and does not hang when the store does. A look
 * that takes too long also counts as an answer: the inbox cannot store.
 */
public final class InboxMonitor implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(InboxMonitor.class);

    /** The longest time for a store's answer. After that it counts as down. */
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private final Inbox inbox;
    private final Duration interval;
    private final Thread thread = LastResort.thread(this::run, "openlines-monitor");
    private volatile Look look;
    private volatile Runnable recovered = () -> {};
    private volatile boolean closed;

    /**
     * Looks once now, and then regularly.
     *
     * @param inbox the inbox to watch; not closed with the monitor
     * @param interval how long from one look to the next
     */
    public InboxMonitor(Inbox inbox, Duration interval) {
        this.inbox = inbox;
        this.interval = interval;
        this.look = look(new Look(false, new Backlog(0, 0, null), 0));
        thread.setDaemon(true);
        thread.start();
    }

    /**
     * Says whether an event that comes now is likely to be stored. Does not block.
     *
     * @return whether the last look was good and not long ago
     */
    public boolean ready() {
        Look last = look;
        return last.ready
                && System.nanoTime() - last.at < PATIENCE.plus(interval).toNanos();
    }

    /**
     * Returns the backlog. Does not block.
     *
     * @return the backlog at the last good look
     */
    public Backlog backlog() {
        return look.backlog;
    }

    /**
     * Sets a listener for the moment when the inbox can store again after it could not.
     *
     * @param listener called on the monitor's thread; must be quick
     * @return this
     */
    public InboxMonitor whenReadyAgain(Runnable listener) {
        recovered = listener;
        return this;
    }

    /** Looks no more. */
    @Override
    public void close() {
        closed = true;
        LockSupport.unpark(thread);
    }

    private void run() {
        while (!closed) {
            LockSupport.parkNanos(this, interval.toNanos());
            boolean before = look.ready;
            look = look(look);
            if (look.ready && !before) {
                recovered.run();
            }
        }
    }

    private Look look(Look before) {
        try {
            inbox.probe();
            return new Look(true, inbox.backlog(), System.nanoTime());
        } catch (RuntimeException | Error e) {
            LastResort.check(e);
            // Catch everything: without this thread the inbox would never be ready again.
            if (before.ready && !closed) {
                LOG.warn("reason=not-ready", e);
            }
            return new Look(false, before.backlog, System.nanoTime());
        }
    }

    private record Look(boolean ready, Backlog backlog, long at) {}
}
