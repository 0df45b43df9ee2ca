// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import dev.openlines.parser.Limits;
import java.io.IOException;
import java.net.URI;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Deque;
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

    private static final long IDLE_MILLIS = 30_000;
    private static final long STOP_MILLIS = 5_000;
    private static final int HEADER_BYTES = 16 * 1024;

    private final Deque<AutoCloseable> parts = new ArrayDeque<>();
    private final Server jetty = new Server();
    private final AtomicBoolean closing = new AtomicBoolean();
    private final CountDownLatch closed = new CountDownLatch(1);
    private final String path;

    private ReceiverServer(String path) {
        this.path = path;
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
        ReceiverServer server = new ReceiverServer(config.path());
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
        Dispatcher dispatcher = new Dispatcher(inbox, all, DispatchPolicy.DEFAULT, clock, Telemetry.none());
        Portals portals = new Portals().trust(config.memberId(), config.applicationToken());
        Receiver receiver = new Receiver(inbox, portals, Limits.DEFAULT, clock, dispatcher::wake, Telemetry.none());
        parts.push(dispatcher.start());
        listen(config.port(), new JettyReceiver(receiver));
    }

    private static Inbox openInbox(String inbox) {
        try {
            return inbox.startsWith("jdbc:postgresql:")
                    ? Inbox.postgresql(inbox)
                    : Inbox.sqlite(ReceiverConfig.path("OPENLINES_INBOX", inbox));
        } catch (StoreException e) {
            throw new ConfigurationException("OPENLINES_INBOX: " + e.getMessage(), e);
        }
    }

    private void listen(int port, Handler endpoint) {
        HttpConfiguration http = new HttpConfiguration();
        http.setSendServerVersion(false);
        http.setRequestHeaderSize(HEADER_BYTES);
        ServerConnector connector = new ServerConnector(jetty, 1, 1, new HttpConnectionFactory(http));
        connector.setPort(port);
        connector.setIdleTimeout(IDLE_MILLIS);
        jetty.addConnector(connector);
        jetty.setHandler(new GracefulHandler(new AtPath(path, endpoint)));
        jetty.setErrorHandler((request, response, callback) -> {
            response.write(true, null, callback);
            return true;
        });
        jetty.setStopTimeout(STOP_MILLIS);
        parts.push(jetty::stop);
        try {
            jetty.start();
        } catch (IOException e) {
            throw new ConfigurationException("OPENLINES_PORT: cannot listen on port " + port, e);
        } catch (Exception e) {
            throw new IllegalStateException("Jetty did not start", e);
        }
    }

    /**
     * Returns the address of the endpoint, by the loopback interface.
     *
     * @return an absolute URL with the port that was bound
     */
    public URI url() {
        int port = ((ServerConnector) jetty.getConnectors()[0]).getLocalPort();
        return URI.create("http://127.0.0.1:" + port + path);
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
