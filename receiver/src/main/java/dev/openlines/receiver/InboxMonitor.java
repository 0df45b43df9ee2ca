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
 * <p>Answers come from the last look, so they cost nothing and do not hang when the store does; when a look
 * takes too long, that is an answer too.
 */
public final class InboxMonitor implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(InboxMonitor.class);

    /** A store that does not answer for so long is as good as down. */
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private final Inbox inbox;
    private final Duration interval;
    private final Thread thread = LastResort.thread(this::run, "openlines-monitor");
    private volatile Look look;
    private volatile Runnable recovered = () -> {};
    private volatile boolean closed;

    /**
     * Looks once, then again and again.
     *
     * @param inbox what to watch; not closed with the monitor
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
     * Returns what waits. Does not block.
     *
     * @return the backlog at the last good look
     */
    public Backlog backlog() {
        return look.backlog;
    }

    /**
     * Sets what is told when the inbox can store again after it could not.
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
