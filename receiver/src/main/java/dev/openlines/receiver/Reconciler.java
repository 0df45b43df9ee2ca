// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import dev.openlines.receiver.spi.LastResort;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.LockSupport;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Compares the closed sessions that portals list with the events that came, and stores what is missing, so that each
 * close is handled once even if its event never came. It needs an inbox in SQLite or PostgreSQL.
 *
 * <p>A few threads, so that a portal that does not answer holds up no other. Of several nodes over one PostgreSQL one
 * at a time compares a portal. A portal that cannot list its sessions disturbs neither the others nor the events.
 */
public final class Reconciler implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Reconciler.class);

    /** Longer than a call may take. */
    private static final Duration LEASE = Duration.ofMinutes(5);

    /** The interval of looking for portals that are due. */
    private static final Duration TICK = Duration.ofSeconds(20);

    private static final Duration DAY = Duration.ofDays(1);

    private final Inbox inbox;
    private final SqlInbox sql;
    private final ReconcileStore store;
    private final ClosedSessions sessions;
    private final ReconcileSettings settings;
    private final InstantSource clock;
    private final Telemetry telemetry;
    private final String owner = "node-" + UUID.randomUUID();
    private final Thread thread = LastResort.thread(this::work, "openlines-reconciler");
    private final PortalLanes lanes = new PortalLanes("openlines-reconciler", this::ended);
    /** The last times that the operator was told that a portal cannot be compared. */
    private final Map<String, Instant> told = new ConcurrentHashMap<>();

    private final Map<String, Integer> failures = new ConcurrentHashMap<>();
    /** Portals that have not been compared since {@link #wake}. */
    private final Set<String> woken = ConcurrentHashMap.newKeySet();
    /** The portals in that set whose comparison was under way when they became due. */
    private final Set<String> again = ConcurrentHashMap.newKeySet();

    /** The number of late events at the last report. */
    private long late;

    private volatile boolean early;
    private volatile boolean closed;

    /**
     * Makes a reconciler that does nothing yet.
     *
     * @param inbox an inbox in SQLite or PostgreSQL, also with a spool; not closed with this
     * @param sessions asks portals for their closed sessions
     * @param settings how often portals are compared, and when a close is too old
     * @param clock the receiver's time; which closes are due is decided by the portal's own time
     * @param telemetry receives the result of each comparison
     * @throws IllegalArgumentException if the inbox has no ledger, as one in Kafka
     */
    public Reconciler(
            Inbox inbox,
            ClosedSessions sessions,
            ReconcileSettings settings,
            InstantSource clock,
            Telemetry telemetry) {
        SqlInbox found = SqlInbox.of(inbox);
        if (found == null) {
            throw new IllegalArgumentException("reconciling needs an inbox in SQLite or PostgreSQL");
        }
        this.inbox = inbox;
        this.sql = found;
        this.store = new ReconcileStore(found, LEASE, settings.since());
        this.sessions = sessions;
        this.settings = settings;
        this.clock = clock;
        this.telemetry = telemetry;
        thread.setDaemon(true);
    }

    /**
     * The findings of one comparison.
     *
     * @param memberId the portal
     * @param sweep whether it went back over the whole sweep period
     * @param compared how many listed closes were compared
     * @param missing how many had no event and are handled now
     * @param reported how many had no event and are too old to be handled
     * @param undecided how many are too young, or cannot be decided before later rows are listed
     * @param calls how many pages the portal was asked for
     * @param blind whether events exist whose sessions the portal does not list: its grant may have lost rights
     * @param incomplete whether one second held more closes than can be listed
     * @param doubt why nothing was stored until the operator accepts it, or null
     * @param missed the first thousand closes without an event
     * @param watermark up to when the portal has been compared
     * @param portalTime the portal's time at the end
     */
    public record Report(
            String memberId,
            boolean sweep,
            int compared,
            int missing,
            int reported,
            int undecided,
            int calls,
            boolean blind,
            boolean incomplete,
            @Nullable String doubt,
            List<Missing> missed,
            Instant watermark,
            Instant portalTime) {}

    /**
     * A close without an event.
     *
     * @param session the session as the portal lists it
     * @param tooOld whether it is only reported
     */
    public record Missing(ClosedSession session, boolean tooOld) {}

    /**
     * Begins to compare: each portal at once, then by its own interval.
     *
     * @return this
     * @throws IllegalThreadStateException if it was started before
     */
    public Reconciler start() {
        thread.start();
        return this;
    }

    /**
     * Makes every portal due, because events may be missing, as after a time when the receiver was not ready. May be
     * called from any thread.
     */
    public void wake() {
        early = true;
        LockSupport.unpark(thread);
    }

    /** Breaks off running calls, ends after the pages that are being stored, and blocks until then. */
    @Override
    public void close() {
        closed = true;
        thread.interrupt();
        Threads.join(thread);
        lanes.close();
    }

    /**
     * Compares a portal now. Blocks.
     *
     * @param memberId the portal
     * @param sweep whether to go back over the whole sweep period
     * @return the findings, or empty if another node compares the portal
     * @throws SessionsUnavailableException if the portal does not list its sessions
     * @throws StoreException if the store is down
     */
    public Optional<Report> run(String memberId, boolean sweep) {
        return run(memberId, sweep ? ReconcileRun.Mode.SWEEP : ReconcileRun.Mode.NARROW, true, null);
    }

    /**
     * Compares a portal now from a time that the operator wants, which may be before the receiver first saw the portal.
     * Blocks.
     *
     * @param memberId the portal
     * @param since at most 35 days back
     * @return the findings, or empty if another node compares the portal
     * @throws SessionsUnavailableException if the portal does not list its sessions
     * @throws StoreException if the store is down
     */
    public Optional<Report> run(String memberId, Instant since) {
        return run(memberId, ReconcileRun.Mode.SWEEP, true, since);
    }

    /**
     * Compares a portal over the whole sweep period without changing anything. Blocks.
     *
     * @param memberId the portal
     * @return the findings that a run would have
     * @throws SessionsUnavailableException if the portal does not list its sessions
     * @throws StoreException if the store is down
     */
    public Report dryRun(String memberId) {
        return look(memberId, null);
    }

    /**
     * Compares a portal from a time on without changing anything. Blocks.
     *
     * @param memberId the portal
     * @param since at most 35 days back
     * @return the findings that {@link #run(String, Instant)} would have
     * @throws SessionsUnavailableException if the portal does not list its sessions
     * @throws StoreException if the store is down
     */
    public Report dryRun(String memberId, Instant since) {
        return look(memberId, since);
    }

    private Report look(String memberId, @Nullable Instant since) {
        store.noticeRestore();
        ReconcileStore.State state = store.state(memberId);
        return new ReconcileRun(
                        sql, store, sessions, settings, clock, ReconcileRun.Mode.DRY, memberId, state, null, since)
                .run();
    }

    /**
     * Accepts a portal's missing closes up to a time. The next sweep stores them, also those that were held, in doubt
     * or too old. Look at a {@link #dryRun} first. Blocks.
     *
     * @param memberId the portal
     * @param until {@link Report#portalTime} of the dry run that was looked at; later closes are not accepted
     * @throws StoreException if the store is down
     */
    public void accept(String memberId, Instant until) {
        store.noticeRestore();
        store.state(memberId);
        store.accept(memberId, until.getEpochSecond());
    }

    /**
     * Holds every portal: no missing close is stored until it is accepted. Call this if the store was restored from a
     * backup, because closes that were handled after the backup then look missing. It happens by itself if an SQLite
     * inbox is not as the last run has left it, or if PostgreSQL is not the server that was used before. Blocks.
     *
     * @param why the reason, for the operator
     * @throws StoreException if the store is down
     */
    public void hold(String why) {
        store.noticeRestore();
        ReconcileStore.hold(sql, why);
    }

    private void work() {
        while (!closed) {
            boolean all = early;
            early = false;
            try {
                begin(all);
            } catch (RuntimeException | Error e) {
                LastResort.check(e);
                // Catch everything: without this thread no portal is compared.
                LOG.warn("reason=reconcile-failed", e);
                if (all) {
                    early = true;
                }
            }
            if (!closed && (all || !early)) {
                LockSupport.parkNanos(this, TICK.toNanos());
            }
        }
    }

    /** Compares every portal that is due, and blocks until that is done. */
    void tick(boolean all) {
        begin(all);
        Threads.uninterrupted(lanes::await);
    }

    /** Begins to compare every portal that is due. */
    void begin(boolean all) {
        Set<String> portals = new TreeSet<>(sessions.portals());
        if (all) {
            woken.addAll(portals);
        }
        for (String memberId : portals) {
            if (woken.contains(memberId) && lanes.busy(memberId)) {
                again.add(memberId);
            }
            lanes.begin(memberId, failures.containsKey(memberId), () -> compareIfDue(memberId));
        }
    }

    private void ended(String memberId) {
        if (again.remove(memberId)) {
            LockSupport.unpark(thread);
        }
    }

    private void compareIfDue(String memberId) {
        if (closed || inbox instanceof SpoolingInbox spooling && spooling.holdsEvents()) {
            // The events in the spool would look as if they were missing.
            return;
        }
        boolean called = woken.remove(memberId);
        boolean compared = false;
        try {
            boolean sweep =
                    store.state(memberId).sweptAt().isBefore(clock.instant().minus(DAY));
            compared = run(memberId, ReconcileRun.Mode.NARROW, called || active(memberId), null)
                    .isPresent();
            if (compared && sweep && !closed) {
                run(memberId, ReconcileRun.Mode.SWEEP, true, null);
            }
        } catch (SessionsUnavailableException e) {
            // The portal's own wait counts, whatever woke it.
            compared = true;
            LOG.debug("portal {} is compared later", memberId, e);
        } catch (RuntimeException | Error e) {
            LastResort.check(e);
            // Catch everything: the portal is compared again when it is due. A store that is down sets no wait.
            compared = !(e instanceof StoreException);
            LOG.warn("reason=reconcile-failed portal={}", memberId, e);
        }
        if (called && !compared) {
            // Another node may have been comparing it, or have died while it did.
            woken.add(memberId);
        }
    }

    /** Tells whether an idle portal has sent an event since it was compared, and whether that was long enough ago. */
    private boolean active(String memberId) {
        ReconcileStore.State state = store.state(memberId);
        return state.idle() > 0
                && state.lastSuccess().plus(settings.interval()).isBefore(clock.instant())
                && sql.ledger().lastEvent(memberId).isAfter(state.lastSuccess());
    }

    private Optional<Report> run(String memberId, ReconcileRun.Mode mode, boolean now, @Nullable Instant since) {
        store.noticeRestore();
        store.state(memberId);
        ReconcileStore.Lease lease = store.acquire(memberId, owner, now).orElse(null);
        if (lease == null) {
            return Optional.empty();
        }
        ReconcileRun run =
                new ReconcileRun(sql, store, sessions, settings, clock, mode, memberId, lease.state(), lease, since);
        Report report;
        try {
            report = run.run();
            failures.remove(memberId);
            told.remove(memberId);
            ReconcileRun.Seen seen = run.seen();
            store.release(
                    lease,
                    mode == ReconcileRun.Mode.SWEEP ? null : next(lease.state(), seen),
                    report.doubt() == null ? seen : null);
        } catch (SessionsUnavailableException e) {
            store.release(lease, wait(memberId, e), null);
            sayUnavailable(memberId, e);
            throw e;
        } catch (ReconcileStore.LeaseLostException e) {
            // While the other node has the lease, no call is made. After that, one is made only if the portal is due.
            LOG.info("reason=reconcile-lost portal={}", memberId);
            return Optional.empty();
        } catch (StoreException e) {
            LOG.debug("the lease of portal {} ends by itself", memberId, e);
            throw e;
        } catch (RuntimeException | Error e) {
            LastResort.check(e);
            giveBack(lease, e);
            throw e;
        }
        say(report);
        return Optional.of(report);
    }

    /** Ends the lease after an unexpected failure. The closes that were stored before it stay. */
    private void giveBack(ReconcileStore.Lease lease, Throwable failure) {
        try {
            store.release(lease, later(lease.memberId()), null);
        } catch (StoreException e) {
            // It ends by itself.
            failure.addSuppressed(e);
        }
    }

    /** Counts one more failure in a row that passes by itself, and returns how long to wait. */
    private Duration later(String memberId) {
        return jittered(afterFailure(settings.interval(), failures.merge(memberId, 1, Integer::sum)));
    }

    private Duration next(ReconcileStore.State state, ReconcileRun.Seen seen) {
        return jittered(afterIdle(settings.interval(), seen.active() ? 0 : state.idle() + 1));
    }

    /** Returns the time until the next run, given how many runs in a row found no activity. */
    static Duration afterIdle(Duration interval, int idle) {
        Duration wait = interval;
        for (int i = 0; i < idle && wait.compareTo(ReconcileSettings.IDLE) < 0; i++) {
            wait = wait.multipliedBy(2);
        }
        boolean tooLong = wait.compareTo(ReconcileSettings.IDLE) > 0 && interval.compareTo(ReconcileSettings.IDLE) < 0;
        return tooLong ? ReconcileSettings.IDLE : wait;
    }

    /** Returns the time until the next run, given how many temporary failures came in a row. */
    static Duration afterFailure(Duration interval, int times) {
        return interval.multipliedBy(1L << Math.min(times - 1, 4)).dividedBy(4);
    }

    private static Duration jittered(Duration duration) {
        return jittered(duration, ThreadLocalRandom.current());
    }

    /** Changes a time by up to a tenth, so that it is not the same for all portals. */
    static Duration jittered(Duration duration, RandomGenerator random) {
        return Duration.ofMillis((long) (duration.toMillis() * random.nextDouble(0.9, 1.1)));
    }

    private Duration wait(String memberId, SessionsUnavailableException e) {
        if (!e.reason().passes()) {
            return jittered(ReconcileSettings.IDLE);
        }
        Duration wait = later(memberId);
        // Not before the portal wants it.
        return e.retryAfter().filter(after -> after.compareTo(wait) > 0).orElse(wait);
    }

    /** Says so, at most once a day if it does not pass by itself. */
    private void sayUnavailable(String memberId, SessionsUnavailableException e) {
        telemetry.notReconciled(memberId, e.reason());
        if (e.reason().passes()) {
            LOG.info("reason=reconcile-waits portal={} detail=\"{}\"", memberId, e.getMessage());
            return;
        }
        Instant last = told.get(memberId);
        if (last == null || last.plus(DAY).isBefore(clock.instant())) {
            told.put(memberId, clock.instant());
            LOG.warn("reason=reconcile-impossible portal={} detail=\"{}\"", memberId, e.getMessage());
        }
    }

    private void say(Report report) {
        telemetry.reconciled(report, newlyLate());
        String memberId = report.memberId();
        if (report.missing() + report.reported() > 0) {
            LOG.warn(
                    "reason=reconcile-missing portal={} handled={} too-old={} of={}",
                    memberId,
                    report.missing(),
                    report.reported(),
                    report.compared());
            sayCause(memberId);
        } else {
            LOG.debug("portal {} compared: {} closes, none missing", memberId, report.compared());
        }
        if (report.doubt() != null) {
            LOG.warn(
                    "reason=reconcile-doubt portal={} detail=\"{}\": look at a dry run, then accept it",
                    memberId,
                    report.doubt());
        }
        if (report.blind()) {
            LOG.warn(
                    "reason=reconcile-blind portal={}: events came whose sessions the portal does not list; may the"
                            + " user of the grant still see the reports?",
                    memberId);
        }
        if (report.incomplete()) {
            LOG.warn("reason=reconcile-incomplete portal={}: more closes in one second than can be listed", memberId);
        }
    }

    private synchronized int newlyLate() {
        long before = late;
        late = sql.ledger().late();
        return (int) (late - before);
    }

    private void sayCause(String memberId) {
        try {
            sessions.cause(memberId)
                    .ifPresent(cause -> LOG.warn("reason=reconcile-cause portal={} detail=\"{}\"", memberId, cause));
        } catch (SessionsUnavailableException e) {
            LOG.debug("the cause of missing events is not known", e);
        }
    }

    /** Deletes rows that no comparison needs any more. */
    static int forget(Inbox inbox, Instant now) {
        SqlInbox sql = SqlInbox.of(inbox);
        return sql == null ? 0 : sql.ledger().forget(sql, now);
    }
}
