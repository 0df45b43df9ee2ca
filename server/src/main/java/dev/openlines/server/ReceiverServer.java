// SPDX-License-Identifier: Apache-2.0
package dev.openlines.server;

import dev.openlines.client.OAuth;
import dev.openlines.model.Event;
import dev.openlines.model.OnAppUninstall;
import dev.openlines.model.OnSessionFinish;
import dev.openlines.receiver.Backlog;
import dev.openlines.receiver.ClosedSessions;
import dev.openlines.receiver.DeadLetters;
import dev.openlines.receiver.EventContext;
import dev.openlines.receiver.Handlers;
import dev.openlines.receiver.HttpLimits;
import dev.openlines.receiver.Inbox;
import dev.openlines.receiver.InboxMonitor;
import dev.openlines.receiver.OfflineFeed;
import dev.openlines.receiver.Portals;
import dev.openlines.receiver.Receiver;
import dev.openlines.receiver.Reconciler;
import dev.openlines.receiver.Reply;
import dev.openlines.receiver.SessionsUnavailableException;
import dev.openlines.receiver.StoreException;
import dev.openlines.receiver.Telemetry;
import dev.openlines.receiver.spi.LastResort;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A complete receiver: endpoint on Jetty, inbox, dispatcher. The inbox is an SQLite file by default; {@code
 * org.postgresql:postgresql} or {@code dev.openlines:openlines-kafka} on the class path allow the others.
 *
 * <pre>{@code
 * try (ReceiverServer server =
 *         ReceiverServer.builder(handlers).settings(Settings.fromEnvironment()).start()) {
 *     server.join();
 * }
 * }</pre>
 *
 * <p>While a server is open, exhausted memory ends the process with exit code 70, because a process that has lost
 * threads looks alive and handles nothing. Without a server, a {@link Receiver} and its {@link
 * dev.openlines.receiver.Dispatcher Dispatcher} never end the process they are part of.
 */
public final class ReceiverServer implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(ReceiverServer.class);
    /** The most portals that are named at the start. */
    private static final int NAMED = 10;

    private static final Duration MONITOR_INTERVAL = Duration.ofSeconds(1);

    /** The code of the event that says that an offline queue has events. */
    private static final String OFFLINE_EVENT = "ONOFFLINEEVENT";

    private final Deque<AutoCloseable> parts = new ArrayDeque<>();
    private final AtomicBoolean closing = new AtomicBoolean();
    private final CountDownLatch closed = new CountDownLatch(1);
    private @Nullable URI endpointUrl;
    private @Nullable Inbox inbox;
    private final HttpLimits limits;
    private @Nullable HttpPort monitoring;
    private volatile @Nullable OfflineFeed feed;
    /** When it had started, or 0. */
    private long begun;

    private ReceiverServer(HttpLimits limits) {
        this.limits = limits;
        LastResort.arm();
    }

    /**
     * Begins to configure a receiver. {@link ReceiverServerBuilder#start} starts it.
     *
     * @param handlers the handlers of events
     * @return a builder
     */
    public static ReceiverServerBuilder builder(Handlers handlers) {
        return new ReceiverServerBuilder(handlers);
    }

    static ReceiverServer start(ReceiverServerBuilder options) {
        ReceiverServer server = new ReceiverServer(options.httpLimits);
        try {
            server.assemble(options);
            return server;
        } catch (RuntimeException e) {
            server.close();
            throw e;
        }
    }

    private void assemble(ReceiverServerBuilder options) {
        MissingLog.warn();
        JettyLog.warn();
        options.own.ifPresent(parts::push);
        check(options);
        Store store = open(options);
        Inbox storing = store.inbox();
        inbox = storing;
        Handlers handlers = options.handlers;
        if (options.evidence.isPresent()) {
            Evidence evidence = Evidence.open(options.name("evidence"), options.evidence.get());
            parts.push(evidence);
            handlers = handlers.then(evidence::record);
        }
        if (options.offline.isPresent()) {
            handlers = handlers.then(this::wakeFeed);
        }
        if (options.oauth.isPresent()) {
            OAuth oauth = options.oauth.get();
            handlers = handlers.then((event, context) -> forget(oauth, event, context));
        }
        Telemetry telemetry = options.telemetry;
        MonitoringHandler health = null;
        InboxMonitor monitor = null;
        if (options.monitor.isPresent()) {
            monitor = new InboxMonitor(storing, MONITOR_INTERVAL);
            parts.push(monitor);
            health = new MonitoringHandler(monitor, options.clock);
            telemetry = both(health.telemetry(), telemetry);
        }
        store.retention(options.keepDone.orElse(null), options.keepDead.orElse(null), options.clock)
                .ifPresent(retention -> parts.push(retention.start()));
        Portals portals = storing.portals();
        options.installations.ifPresent(portals::verifiedBy);
        options.trusted.forEach(trust -> trust.accept(portals));
        Runnable stored = options.dispatching ? dispatch(store, handlers, options, telemetry) : () -> {};
        Receiver receiver = new Receiver(storing, portals, options.limits, options.clock, stored, telemetry);
        if (health != null) {
            InetSocketAddress address = options.monitor.orElseThrow();
            monitoring = new HttpPort(health, limits, receiver::dropped, null);
            listen(monitoring, options.name("monitor port"), address.getHostString(), address.getPort());
        }
        Captures captures = null;
        if (options.captures.isPresent()) {
            captures = Captures.open(options.name("captures"), options.captures.get(), options.limits);
            parts.push(captures);
        }
        Handler endpoint = new AtPath(options.path, receiver, new JettyReceiver(receiver, limits, captures), true);
        if (options.installerPage.isPresent()) {
            Handler page = JettyReceiver.installerPage(receiver, limits);
            endpoint = new Handler.Sequence(new AtPath(options.installerPage.get(), receiver, page, false), endpoint);
        }
        HttpPort port =
                new HttpPort(endpoint, limits, receiver::dropped, options.keys.orElse(null)).behind(options.proxies);
        listen(port, options.name("port"), options.host.orElse(null), options.port);
        endpointUrl = port.url(options.path);
        feed(options, storing, stored, telemetry);
        reconcile(options, store, telemetry, monitor);
        started(options, store, portals, port);
    }

    private static void check(ReceiverServerBuilder options) {
        if (options.trusted.isEmpty() && options.installations.isEmpty()) {
            throw options.named
                    ? Settings.none("OPENLINES_MEMBER_ID")
                    : new ConfigurationException(
                            "trust: expected a portal, or a check of installations, but found none", null);
        }
        if (options.installerPage.isPresent() && options.installations.isEmpty()) {
            throw new ConfigurationException(
                    options.name("installer path")
                            + ": expected an application whose installations can be verified, but found none"
                            + (options.named ? "; set OPENLINES_CLIENT_ID" : ""),
                    null);
        }
        if (options.installerPage.filter(options.path::equals).isPresent()) {
            throw new ConfigurationException(
                    options.name("installer path") + ": expected another path than that of events, found "
                            + options.path,
                    null);
        }
        if (options.offline.isPresent() && options.queues.isEmpty()) {
            throw new ConfigurationException(
                    options.name("offline")
                            + ": expected an application that portals have granted access, but found none",
                    null);
        }
    }

    /** Logs the configuration in one record. */
    private void started(ReceiverServerBuilder options, Store store, Portals portals, HttpPort port) {
        String backlog;
        try {
            Backlog waiting = store.inbox().backlog();
            backlog = "waiting=" + waiting.waiting() + " dead=" + waiting.dead();
        } catch (RuntimeException e) {
            // The receiver runs all the same, and its health check shows the fault.
            LastResort.check(e);
            backlog = "waiting=unknown";
        }
        begun = System.nanoTime();
        LOG.info(
                "reason=started version={} inbox={} {} portals={} endpoint={} monitor={} workers={} body-limit={} reconcile={}",
                Version.TEXT,
                options.place,
                backlog,
                named(portals.memberIds()),
                port.listening(options.path),
                monitoring == null ? "none" : monitoring.listening(""),
                options.dispatching ? options.policy.workers() : 0,
                options.limits.bodyBytes(),
                options.reconcile
                        .filter(settings ->
                                store.reconciles() && options.sessions().isPresent())
                        .map(settings -> settings.interval().toString())
                        .orElse("off"));
    }

    private void feed(ReceiverServerBuilder options, Inbox storing, Runnable stored, Telemetry telemetry) {
        if (options.offline.isEmpty()) {
            return;
        }
        OfflineFeed offline = new OfflineFeed(
                storing, options.queues.orElseThrow(), options.offline.get(), options.clock, stored, telemetry);
        parts.push(offline);
        feed = offline.start();
    }

    /**
     * Forgets the tokens of a portal after the handlers of its uninstallation, unless it has installed the application
     * again by then.
     */
    private static void forget(OAuth oauth, Event event, EventContext context) {
        if (event instanceof OnAppUninstall && oauth.refused(context.memberId())) {
            oauth.forget(context.memberId());
        }
    }

    private void wakeFeed(Event event, EventContext context) {
        OfflineFeed offline = feed;
        if (offline != null && event.code().equalsIgnoreCase(OFFLINE_EVENT)) {
            offline.wake(context.memberId());
        }
    }

    private static String named(Set<String> portals) {
        String first = portals.stream().limit(NAMED).collect(Collectors.joining(","));
        return portals.isEmpty() ? "none" : first + (portals.size() > NAMED ? "+" + (portals.size() - NAMED) : "");
    }

    /**
     * Compares portals at once, because events may have been lost while the receiver did not run, and again when the
     * inbox can store after it could not.
     */
    private void reconcile(
            ReceiverServerBuilder options, Store store, Telemetry telemetry, @Nullable InboxMonitor shared) {
        Optional<ClosedSessions> sessions = options.sessions();
        if (sessions.isEmpty()
                || options.reconcile.isEmpty()
                || !store.reconciles()
                || !options.handlers.wants(OnSessionFinish.class)) {
            return;
        }
        Reconciler reconciler =
                new Reconciler(store.inbox(), sessions.get(), options.reconcile.get(), options.clock, telemetry);
        parts.push(reconciler);
        InboxMonitor monitor = shared;
        if (monitor == null) {
            monitor = new InboxMonitor(store.inbox(), MONITOR_INTERVAL);
            parts.push(monitor);
        }
        monitor.whenReadyAgain(reconciler::wake);
        reconciler.wake();
        reconciler.start();
    }

    /** Opens the inbox, with its spool, so that it is closed with this server. */
    private Store open(ReceiverServerBuilder options) {
        CompletableFuture<Void> jetty = HttpPort.warm();
        Store store;
        try {
            store = options.store.get();
        } finally {
            // A failure shows itself again when Jetty is made.
            jetty.exceptionally(failure -> null).join();
        }
        if (options.spool.isEmpty()) {
            parts.push(store.inbox());
            return store;
        }
        try {
            Store spooled = store.spooled(options.spool.get());
            parts.push(spooled.inbox());
            return spooled;
        } catch (StoreException e) {
            store.inbox().close();
            throw new ConfigurationException(options.name("spool") + ": " + e.getMessage(), e);
        }
    }

    /** Starts the dispatcher of events. Returns the action that wakes it. */
    private Runnable dispatch(Store store, Handlers handlers, ReceiverServerBuilder options, Telemetry telemetry) {
        Store.Dispatching dispatching = store.dispatch(handlers, options.policy, options.clock, telemetry);
        parts.push(dispatching.part());
        return dispatching.wake();
    }

    private void listen(HttpPort server, String setting, @Nullable String host, int port) {
        parts.push(server::stop);
        server.listen(setting, host, port);
    }

    private static Telemetry both(Telemetry one, Telemetry other) {
        return new Telemetry() {

            @Override
            public void replied(Reply reply, Duration took) {
                one.replied(reply, took);
                other.replied(reply, took);
            }

            @Override
            public void attempted(String outcome, Duration took) {
                one.attempted(outcome, took);
                other.attempted(outcome, took);
            }

            @Override
            public void slow() {
                one.slow();
                other.slow();
            }

            @Override
            public void reconciled(Reconciler.Report report, int late) {
                one.reconciled(report, late);
                other.reconciled(report, late);
            }

            @Override
            public void notReconciled(String memberId, SessionsUnavailableException.Reason reason) {
                one.notReconciled(memberId, reason);
                other.notReconciled(memberId, reason);
            }

            @Override
            public void drained(OfflineFeed.Drained drained) {
                one.drained(drained);
                other.drained(drained);
            }
        };
    }

    /**
     * Returns the address of the endpoint, by the loopback interface.
     *
     * @return an absolute URL with the port that was bound
     */
    public URI url() {
        return Objects.requireNonNull(endpointUrl);
    }

    /**
     * Returns the address of health checks and metrics, by the loopback interface.
     *
     * @return an absolute URL without a path, or empty if no port is set for them
     */
    public Optional<URI> monitorUrl() {
        return Optional.ofNullable(monitoring).map(server -> server.url(""));
    }

    /**
     * Returns the dead letters of this receiver, for a page or a job of the application. Requeued events are soon
     * handled by this receiver or by another node on the same inbox. This call is quick, but the view's methods block.
     *
     * @return a view, to be used while the server is open; after that its methods throw a {@link StoreException}
     */
    public DeadLetters deadLetters() {
        return Objects.requireNonNull(inbox).deadLetters();
    }

    /**
     * Waits until the server is closed. If the process is asked to end (SIGTERM), the server is closed first, so that
     * running handlers can finish.
     *
     * @throws InterruptedException if the waiting thread is interrupted
     */
    public void join() throws InterruptedException {
        Thread hook = new Thread(this::close, "openlines-stop");
        Runtime.getRuntime().addShutdownHook(hook);
        closed.await();
    }

    /**
     * Stops accepting requests, answers those that were accepted, lets handlers finish, and closes the inbox. Blocks
     * for a few seconds at most. Closing twice has no further effect.
     */
    @Override
    public void close() {
        if (!closing.compareAndSet(false, true)) {
            return;
        }
        RuntimeException failure = null;
        while (!parts.isEmpty()) {
            try {
                parts.pop().close();
            } catch (Exception e) {
                LastResort.check(e);
                failure = failure == null ? new IllegalStateException("a part did not close", e) : failure;
            }
        }
        LastResort.disarm();
        if (begun != 0) {
            LOG.info(
                    "reason=stopped uptime={}",
                    Duration.ofNanos(System.nanoTime() - begun).truncatedTo(ChronoUnit.SECONDS));
        }
        closed.countDown();
        if (failure != null) {
            throw failure;
        }
    }

    /** Answers 404 to requests for other paths than the endpoint's. */
    private static final class AtPath extends Handler.Wrapper {

        private final String path;
        private final Receiver receiver;
        /** Set if this handler answers 404 itself; otherwise it leaves other paths to the next. */
        private final boolean last;

        AtPath(String path, Receiver receiver, Handler endpoint, boolean last) {
            super(endpoint);
            this.path = path;
            this.receiver = receiver;
            this.last = last;
        }

        @Override
        public boolean handle(Request request, Response response, Callback callback) throws Exception {
            // The path as it was sent. Jetty's own path has "/x/..", "%2F" and ";jsessionid=1" resolved.
            if (path.equals(request.getHttpURI().getPath())) {
                return super.handle(request, response, callback);
            }
            if (!last) {
                return false;
            }
            JettyReceiver.closeIfUnread(request, response);
            response.setStatus(receiver.elsewhere(
                            request.getMethod(),
                            String.valueOf(request.getHttpURI().getPath()),
                            path)
                    .status());
            response.write(true, null, callback);
            return true;
        }
    }
}
