// SPDX-License-Identifier: Apache-2.0
package dev.openlines.spring;

import dev.openlines.model.Event;
import dev.openlines.receiver.ClosedSessions;
import dev.openlines.receiver.DispatchPolicy;
import dev.openlines.receiver.Dispatcher;
import dev.openlines.receiver.EventContext;
import dev.openlines.receiver.Handlers;
import dev.openlines.receiver.InboxMonitor;
import dev.openlines.receiver.LeasingInbox;
import dev.openlines.receiver.OfflineFeed;
import dev.openlines.receiver.OfflineQueues;
import dev.openlines.receiver.ReconcileSettings;
import dev.openlines.receiver.Reconciler;
import dev.openlines.receiver.Retention;
import dev.openlines.receiver.Telemetry;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.DisposableBean;
import org.springframework.context.SmartLifecycle;

/**
 * The parts that run beside the endpoint: the dispatcher, the retention, the comparison of closed sessions, the
 * draining of offline queues. Spring starts them before the web server, stops them after it, and closes the beans that
 * handlers use later.
 */
final class Running implements SmartLifecycle, DisposableBean {

    private static final Logger LOG = LoggerFactory.getLogger(Running.class);

    /** This phase is below both phases of stopping a web server in Spring Boot. */
    static final int PHASE = SmartLifecycle.DEFAULT_PHASE - 4096;

    /** The portal's word that its offline queue has something. */
    private static final String OFFLINE_EVENT = "ONOFFLINEEVENT";

    private final LeasingInbox inbox;
    /** The inbox as it is set, or "bean" if the application has one of its own. */
    private final String place;

    private final InboxMonitor monitor;
    private final OpenlinesProperties properties;
    private final DispatchPolicy policy;
    private final HandlerMethods methods;
    private final Telemetry telemetry;
    private final InstantSource clock;
    private final @Nullable ClosedSessions sessions;
    private final ReconcileSettings reconcile;
    private final @Nullable OfflineQueues queues;
    /** The time for handlers to finish. */
    private final Duration patience;
    /** The parts, which are closed in this order. */
    private final Deque<AutoCloseable> parts = new ArrayDeque<>();

    private volatile @Nullable Dispatcher dispatcher;
    private volatile @Nullable OfflineFeed feed;
    private volatile boolean running;

    Running(
            LeasingInbox inbox,
            String place,
            InboxMonitor monitor,
            OpenlinesProperties properties,
            DispatchPolicy policy,
            HandlerMethods methods,
            Telemetry telemetry,
            InstantSource clock,
            @Nullable ClosedSessions sessions,
            ReconcileSettings reconcile,
            @Nullable OfflineQueues queues,
            Duration patience) {
        this.inbox = inbox;
        this.place = place;
        this.monitor = monitor;
        this.properties = properties;
        this.policy = policy;
        this.methods = methods;
        this.telemetry = telemetry;
        this.clock = clock;
        this.sessions = sessions;
        this.reconcile = reconcile;
        this.queues = queues;
        this.patience = patience;
    }

    /** Wakes the dispatcher, because an event was stored. Quick; may be called from any thread. */
    void wake() {
        Dispatcher awake = dispatcher;
        if (awake != null) {
            awake.wake();
        }
    }

    private void wakeFeed(Event event, EventContext context) {
        OfflineFeed drains = feed;
        if (drains != null && event.code().equalsIgnoreCase(OFFLINE_EVENT)) {
            drains.wake(context.memberId());
        }
    }

    @Override
    public synchronized void start() {
        Duration offline = properties.offline();
        if (offline != null && queues == null) {
            throw new WrongSettingException(
                    "offline", "expected openlines.client-id of an application with portals' grants, found none");
        }
        if (properties.workers() > 0) {
            Handlers handlers = methods.handlers();
            Dispatcher started = new Dispatcher(
                            inbox, offline == null ? handlers : handlers.then(this::wakeFeed), policy, clock, telemetry)
                    .start();
            parts.push(() -> started.stop(patience));
            dispatcher = started;
        }
        Retention retention = new Retention(inbox, properties.keepDone(), properties.keepDead(), clock).start();
        parts.push(retention);
        if (offline != null) {
            OfflineFeed drains =
                    new OfflineFeed(inbox, Objects.requireNonNull(queues), offline, clock, this::wake, telemetry);
            parts.push(drains);
            feed = drains.start();
        }
        if (sessions != null) {
            Reconciler reconciler = new Reconciler(inbox, sessions, reconcile, clock, telemetry);
            parts.push(reconciler);
            monitor.whenReadyAgain(reconciler::wake);
            reconciler.wake();
            reconciler.start();
        }
        running = true;
        LOG.info(
                "reason=started inbox={} endpoint={} workers={} reconcile={} offline={}",
                place,
                properties.path(),
                properties.workers(),
                sessions == null ? "off" : reconcile.interval(),
                offline == null ? "off" : offline);
    }

    @Override
    public synchronized void stop() {
        running = false;
        dispatcher = null;
        feed = null;
        IllegalStateException failed = null;
        while (!parts.isEmpty()) {
            AutoCloseable part = parts.pop();
            try {
                part.close();
            } catch (Exception e) {
                failed = new IllegalStateException("cannot stop a part of the receiver", e);
            }
        }
        if (failed != null) {
            throw failed;
        }
    }

    /** Closes the parts, also after a start that failed half way, because stop() is not called then. */
    @Override
    public void destroy() {
        stop();
    }

    @Override
    public boolean isRunning() {
        return running;
    }

    @Override
    public int getPhase() {
        return PHASE;
    }
}
