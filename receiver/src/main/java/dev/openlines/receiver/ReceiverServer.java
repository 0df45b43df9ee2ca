// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import dev.openlines.parser.Limits;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.handler.GracefulHandler;
import org.eclipse.jetty.util.Callback;
import org.jspecify.annotations.Nullable;

/**
 * A whole receiver: endpoint on Jetty, inbox, dispatcher. Needs {@code org.eclipse.jetty:jetty-server}
 * and {@code org.xerial:sqlite-jdbc} or {@code org.postgresql:postgresql}.
 *
 * <pre>{@code
 * try (ReceiverServer server = ReceiverServer.start(ReceiverConfig.fromEnvironment(System.getenv()), handlers)) {
 *     server.join();
 * }
 * }</pre>
 */
public final class ReceiverServer implements AutoCloseable {

    private static final Duration MONITOR_INTERVAL = Duration.ofSeconds(1);
    private static final long IDLE_MILLIS = 30_000;
    private static final long STOP_MILLIS = 5_000;
    private static final int HEADER_BYTES = 16 * 1024;

    private final Deque<AutoCloseable> parts = new ArrayDeque<>();
    private final AtomicBoolean closing = new AtomicBoolean();
    private final CountDownLatch closed = new CountDownLatch(1);
    private @Nullable URI endpointUrl;
    private @Nullable Server monitoring;

    private ReceiverServer() {}

    /**
     * Starts a receiver; when this returns it accepts events and handles those that wait in its inbox.
     *
     * @param config what to listen on, whom to trust, where to keep events
     * @param handlers what to do with them
     * @return a running server, to be closed by the caller
     * @throws ConfigurationException if it cannot start with these settings; nothing is left open
     */
    public static ReceiverServer start(ReceiverConfig config, Handlers handlers) {
        ReceiverServer server = new ReceiverServer();
        try {
            server.assemble(config, handlers);
            return server;
        } catch (RuntimeException e) {
            server.close();
            throw e;
        }
    }

    private void assemble(ReceiverConfig config, Handlers handlers) {
        Inbox inbox = openInbox(config.inbox());
        parts.push(inbox);
        Handlers all = handlers;
        if (config.evidence() != null) {
            Evidence evidence = Evidence.open(config.evidence());
            parts.push(evidence);
            all = handlers.then(evidence::record);
        }
        InstantSource clock = InstantSource.system();
        Telemetry telemetry = Telemetry.none();
        if (config.monitorPort() >= 0) {
            InboxMonitor monitor = new InboxMonitor(inbox, MONITOR_INTERVAL);
            parts.push(monitor);
            MonitoringHandler handler = new MonitoringHandler(monitor, clock);
            telemetry = handler.telemetry();
            monitoring = listen("OPENLINES_MONITOR_PORT", config.monitorPort(), handler);
        }
        Dispatcher dispatcher = new Dispatcher(inbox, all, DispatchPolicy.DEFAULT, clock, telemetry);
        Portals portals = new Portals().trust(config.memberId(), config.applicationToken());
        Receiver receiver = new Receiver(inbox, portals, Limits.DEFAULT, clock, dispatcher::wake, telemetry);
        parts.push(dispatcher.start());
        Handler endpoint = new GracefulHandler(new AtPath(config.path(), new JettyReceiver(receiver)));
        endpointUrl = url(listen("OPENLINES_PORT", config.port(), endpoint), config.path());
    }

    static Inbox openInbox(String inbox) {
        try {
            return inbox.startsWith("jdbc:postgresql:")
                    ? Inbox.postgresql(inbox)
                    : Inbox.sqlite(ReceiverConfig.path("OPENLINES_INBOX", inbox));
        } catch (StoreException e) {
            throw new ConfigurationException("OPENLINES_INBOX: " + e.getMessage(), e);
        }
    }

    private Server listen(String setting, int port, Handler handler) {
        HttpConfiguration http = new HttpConfiguration();
        http.setSendServerVersion(false);
        http.setRequestHeaderSize(HEADER_BYTES);
        Server jetty = new Server();
        ServerConnector connector = new ServerConnector(jetty, 1, 1, new HttpConnectionFactory(http));
        connector.setPort(port);
        connector.setIdleTimeout(IDLE_MILLIS);
        jetty.addConnector(connector);
        jetty.setHandler(handler);
        jetty.setErrorHandler((request, response, callback) -> {
            response.write(true, null, callback);
            return true;
        });
        jetty.setStopTimeout(STOP_MILLIS);
        parts.push(jetty::stop);
        try {
            jetty.start();
            return jetty;
        } catch (IOException e) {
            throw new ConfigurationException(setting + ": cannot listen on port " + port, e);
        } catch (Exception e) {
            throw new IllegalStateException("Jetty did not start", e);
        }
    }

    private static URI url(Server jetty, String path) {
        int port = ((ServerConnector) jetty.getConnectors()[0]).getLocalPort();
        return URI.create("http://127.0.0.1:" + port + path);
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
        return Optional.ofNullable(monitoring).map(server -> url(server, ""));
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
                failure = failure == null ? new IllegalStateException("a part did not close", e) : failure;
            }
        }
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
