// SPDX-License-Identifier: Apache-2.0
package dev.openlines.server;

import dev.openlines.model.Secret;
import dev.openlines.parser.Limits;
import dev.openlines.receiver.DeadLetters;
import dev.openlines.receiver.DispatchPolicy;
import dev.openlines.receiver.Dispatcher;
import dev.openlines.receiver.Handlers;
import dev.openlines.receiver.HttpLimits;
import dev.openlines.receiver.Inbox;
import dev.openlines.receiver.InboxMonitor;
import dev.openlines.receiver.InstallationCheck;
import dev.openlines.receiver.Portals;
import dev.openlines.receiver.Receiver;
import dev.openlines.receiver.StoreException;
import dev.openlines.receiver.Telemetry;
import dev.openlines.receiver.spi.LastResort;
import java.net.URI;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.jspecify.annotations.Nullable;

/**
 * A whole receiver: endpoint on Jetty, inbox, dispatcher. Needs {@code org.eclipse.jetty:jetty-server}
 * and {@code org.xerial:sqlite-jdbc} or {@code org.postgresql:postgresql}, or {@code dev.openlines:openlines-kafka}.
 *
 * <pre>{@code
 * try (ReceiverServer server = ReceiverServer.start(ReceiverConfig.fromEnvironment(System.getenv()), handlers)) {
 *     server.join();
 * }
 * }</pre>
 *
 * <p>While a server is open, exhausted memory ends the process with exit code 70, whichever thread of ours meets it: a
 * process that has lost threads looks alive and handles nothing. Without a server, a {@link Receiver} and its
 * {@link Dispatcher} never end the process they are part of.
 */
public final class ReceiverServer implements AutoCloseable {

    private static final Duration MONITOR_INTERVAL = Duration.ofSeconds(1);

    private final Deque<AutoCloseable> parts = new ArrayDeque<>();
    private final AtomicBoolean closing = new AtomicBoolean();
    private final CountDownLatch closed = new CountDownLatch(1);
    private @Nullable URI endpointUrl;
    private @Nullable Inbox inbox;
    private final HttpLimits limits;
    private @Nullable HttpPort monitoring;

    private ReceiverServer(HttpLimits limits) {
        this.limits = limits;
        LastResort.arm();
    }

    /**
     * Starts a receiver; when this returns it accepts events and handles those that wait in its inbox.
     *
     * @param config what to listen on, whom to trust, where to keep events
     * @param handlers what to do with them
     * @return a running server, to be closed by the caller
     * @throws ConfigurationException if it cannot start with these settings; nothing is left open
     */
    public static ReceiverServer start(ReceiverConfig config, Handlers handlers) {
        if (config.memberId() == null) {
            throw ReceiverConfig.none("OPENLINES_MEMBER_ID");
        }
        return start(config, handlers, null, HttpLimits.DEFAULT);
    }

    /**
     * Starts a receiver that trusts portals which install the application, too.
     *
     * @param config what to listen on, whom to trust, where to keep events
     * @param handlers what to do with them
     * @param check verifies installations and uninstallations
     * @return a running server, to be closed by the caller
     * @throws ConfigurationException if it cannot start with these settings; nothing is left open
     */
    public static ReceiverServer start(ReceiverConfig config, Handlers handlers, InstallationCheck check) {
        return start(config, handlers, check, HttpLimits.DEFAULT);
    }

    static ReceiverServer start(
            ReceiverConfig config, Handlers handlers, @Nullable InstallationCheck check, HttpLimits limits) {
        ReceiverServer server = new ReceiverServer(limits);
        try {
            server.assemble(config, handlers, check);
            return server;
        } catch (RuntimeException e) {
            server.close();
            throw e;
        }
    }

    private void assemble(ReceiverConfig config, Handlers handlers, @Nullable InstallationCheck check) {
        PemKeys keys = config.tlsCertificate() == null || config.tlsKey() == null
                ? null
                : new PemKeys(config.tlsCertificate(), config.tlsKey());
        Store store = spooled(config, Store.open("OPENLINES_INBOX", config.inbox()));
        Inbox inbox = store.inbox();
        this.inbox = inbox;
        parts.push(inbox);
        Handlers all = handlers;
        if (config.evidence() != null) {
            Evidence evidence = Evidence.open(config.evidence());
            parts.push(evidence);
            all = handlers.then(evidence::record);
        }
        InstantSource clock = InstantSource.system();
        Telemetry telemetry = Telemetry.none();
        MonitoringHandler health = null;
        if (config.monitorPort() >= 0) {
            InboxMonitor monitor = new InboxMonitor(inbox, MONITOR_INTERVAL);
            parts.push(monitor);
            health = new MonitoringHandler(monitor, clock);
            telemetry = health.telemetry();
        }
        store.retention(config.keepDone(), config.keepDead(), clock)
                .ifPresent(retention -> parts.push(retention.start()));
        Portals portals = trusted(config, inbox, check);
        Runnable stored = dispatch(config, store, all, clock, telemetry);
        Receiver receiver = new Receiver(inbox, portals, Limits.DEFAULT, clock, stored, telemetry);
        if (health != null) {
            monitoring = listen("OPENLINES_MONITOR_PORT", config.monitorPort(), health, receiver::dropped, null);
        }
        Handler endpoint = new AtPath(config.path(), new JettyReceiver(receiver, limits));
        endpointUrl = listen("OPENLINES_PORT", config.port(), endpoint, receiver::dropped, keys)
                .url(config.path());
    }

    private static Portals trusted(ReceiverConfig config, Inbox inbox, @Nullable InstallationCheck check) {
        Portals portals = inbox.portals();
        if (check != null) {
            portals.verifiedBy(check);
        }
        for (Secret token : config.applicationTokens()) {
            portals.trust(Objects.requireNonNull(config.memberId()), token);
        }
        return portals;
    }

    /** Starts what handles events. Returns what wakes it. */
    private Runnable dispatch(
            ReceiverConfig config, Store store, Handlers handlers, InstantSource clock, Telemetry telemetry) {
        if (config.workers() == 0) {
            return () -> {};
        }
        DispatchPolicy policy =
                DispatchPolicy.DEFAULT.withWorkers(config.workers()).withOrdered(config.ordered());
        Store.Dispatching dispatching = store.dispatch(handlers, policy, clock, telemetry);
        parts.push(dispatching.part());
        return dispatching.wake();
    }

    private static Store spooled(ReceiverConfig config, Store store) {
        if (config.spool() == null) {
            return store;
        }
        try {
            return store.spooled(config.spool());
        } catch (StoreException e) {
            store.inbox().close();
            throw new ConfigurationException("OPENLINES_SPOOL: " + e.getMessage(), e);
        }
    }

    private HttpPort listen(String setting, int port, Handler handler, Runnable dropped, @Nullable PemKeys keys) {
        HttpPort server = new HttpPort(handler, limits, dropped, keys);
        parts.push(server::stop);
        server.listen(setting, port);
        return server;
    }

    /**
     * Runs one command of an operator on the inbox that {@code OPENLINES_INBOX} names; {@code
     * docs/operations.md} tells more. It may run beside the receiver. Blocks.
     *
     * <pre>
     * backlog         how much waits, since when, and how much is dead
     * list [AFTER]    dead letters, one line each, a hundred at most, with ids above AFTER
     * show ID         one dead letter with its history and payload, which holds what people wrote
     * requeue ID|all  give dead letters back to the handlers
     * discard ID      give a dead letter up
     * purge DAYS      forget events done so many days ago, at least 1; a delivery sent again after that is new
     * purge-dead DAYS forget dead letters put aside so many days ago, at least 1, with their history
     * trust           trust OPENLINES_MEMBER_ID by OPENLINES_APPLICATION_TOKEN although it was uninstalled, or was
     *                 installed by a user who is not an administrator
     * copy-trust      make OPENLINES_NEW_INBOX trust whom this SQL inbox trusts by what portals have reported
     * move            store what waits in this SQL inbox in OPENLINES_NEW_INBOX, until nothing waits
     * </pre>
     *
     * @param arguments the command and its arguments
     * @param environment names and values, such as {@code System.getenv()}
     * @param out gets each line of the answer
     * @param err gets the one line that says what is wrong
     * @return 0 done, 1 there is no such dead letter or the store is down, 3 wrong arguments or settings
     */
    public static int command(
            List<String> arguments, Map<String, String> environment, Consumer<String> out, Consumer<String> err) {
        return InboxCommand.run(arguments, environment, out, err);
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
     * @return an absolute URL without a path, or empty where no port is set for them
     */
    public Optional<URI> monitorUrl() {
        return Optional.ofNullable(monitoring).map(server -> server.url(""));
    }

    /**
     * Returns the events this receiver has put aside, for a page or a job of the application. What is requeued is
     * handled by this receiver or another node on the same inbox, soon. Quick; the view's methods block.
     *
     * @return a view, to be used while the server is open; after that its methods throw a {@link StoreException}
     */
    public DeadLetters deadLetters() {
        return Objects.requireNonNull(inbox).deadLetters();
    }

    /**
     * Waits until the server is closed. When the process is asked to end (SIGTERM) it is closed first, so
     * that what was begun is finished.
     *
     * @throws InterruptedException if the waiting thread is interrupted
     */
    public void join() throws InterruptedException {
        Thread hook = new Thread(this::close, "openlines-stop");
        Runtime.getRuntime().addShutdownHook(hook);
        closed.await();
    }

    /**
     * Accepts no more, answers what it has, lets handlers finish, closes the inbox. Blocks for some
     * seconds at most. Closing twice does nothing more.
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
        closed.countDown();
        if (failure != null) {
            throw failure;
        }
    }

    /** Answers 404 beside the endpoint's path. */
    private static final class AtPath extends Handler.Wrapper {

        private final String path;

        AtPath(String path, Handler endpoint) {
            super(endpoint);
            this.path = path;
        }

        @Override
        public boolean handle(Request request, Response response, Callback callback) throws Exception {
            if (Request.getPathInContext(request).equals(path)) {
                return super.handle(request, response, callback);
            }
            JettyReceiver.closeIfUnread(request, response);
            response.setStatus(404);
            response.write(true, null, callback);
            return true;
        }
    }
}
