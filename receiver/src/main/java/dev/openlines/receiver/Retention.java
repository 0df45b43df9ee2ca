// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import dev.openlines.receiver.spi.LastResort;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Deletes events and dead letters that have been kept long enough, at the start and then each hour, on a thread of its
 * own.
 */
public final class Retention implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Retention.class);
    private static final Duration INTERVAL = Duration.ofHours(1);

    private final ToIntFunction<Instant> done;
    private final ToIntFunction<Instant> closes;
    private final DeadLetters dead;
    private final @Nullable Duration keepDone;
    private final @Nullable Duration keepDead;
    private final InstantSource clock;
    private final CountDownLatch closed = new CountDownLatch(1);
    private final Thread thread = LastResort.thread(this::run, "openlines-retention");

    /**
     * Prepares the thread.
     *
     * @param inbox the inbox to purge; not closed with this
     * @param keepDone how long an event is remembered after it was done, or null for ever
     * @param keepDead how long a dead letter is kept after it died, or null for ever
     * @param clock decides what is old
     */
    public Retention(
            LeasingInbox inbox, @Nullable Duration keepDone, @Nullable Duration keepDead, InstantSource clock) {
        this(inbox::purge, keepDone, inbox.deadLetters(), keepDead, now -> Reconciler.forget(inbox, now), clock);
    }

    /**
     * Prepares the thread for dead letters alone, of an inbox that forgets the other events by itself.
     *
     * @param dead the dead letters to purge
     * @param keepDead how long a dead letter is kept after it died
     * @param clock decides what is old
     */
    public Retention(DeadLetters dead, Duration keepDead, InstantSource clock) {
        this(before -> 0, null, dead, keepDead, now -> 0, clock);
    }

    private Retention(
            ToIntFunction<Instant> done,
            @Nullable Duration keepDone,
            DeadLetters dead,
            @Nullable Duration keepDead,
            ToIntFunction<Instant> closes,
            InstantSource clock) {
        this.done = done;
        this.closes = closes;
        this.dead = dead;
        this.keepDone = keepDone;
        this.keepDead = keepDead;
        this.clock = clock;
        thread.setDaemon(true);
    }

    /**
     * Starts the thread.
     *
     * @return this
     */
    public Retention start() {
        thread.start();
        return this;
    }

    @Override
    public void close() {
        closed.countDown();
    }

    private void run() {
        try {
            do {
                purge();
            } while (!closed.await(INTERVAL.toMillis(), TimeUnit.MILLISECONDS));
        } catch (InterruptedException e) {
            throw new IllegalStateException("no code interrupts this thread", e);
        }
    }

    private void purge() {
        Instant now = clock.instant();
        try {
            int forgotten = keepDone == null ? 0 : done.applyAsInt(now.minus(keepDone));
            int letters = keepDead == null ? 0 : dead.purge(now.minus(keepDead));
            int old = closes.applyAsInt(now);
            if (forgotten + letters + old > 0) {
                LOG.info("reason=purged done={} dead={} closes={}", forgotten, letters, old);
            }
        } catch (RuntimeException | Error e) {
            LastResort.check(e);
            // Catch everything: the thread tries again an hour later.
            if (closed.getCount() > 0) {
                LOG.warn("reason=not-purged", e);
            }
        }
    }
}
