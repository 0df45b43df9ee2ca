// SPDX-License-Identifier: Apache-2.0
package dev.openlines.server;

import dev.openlines.receiver.spi.Gate;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.io.ssl.SslConnection;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.component.Graceful;
import org.jspecify.annotations.Nullable;

/**
 * Drops connections whose request line and headers take too long. Jetty's idle time begins anew with every byte, so one
 * byte now and then would hold a connection for ever. For a new connection the time counts from its beginning,
 * including the TLS handshake; for a kept one, from the first byte after an answer. The connections are checked several
 * times within the limit, so one may live a little longer. {@link JettyReceiver} limits the time for bodies.
 *
 * <p>When the server stops, idle connections are closed at once, and the others after their answer. So the stop does
 * not wait for a sender that only keeps its connection open, and it cuts off no sender that has begun to send. The
 * connector waits for the latter as long as the server's time to stop allows.
 */
final class SlowConnections extends Handler.Wrapper implements Connection.Listener, Graceful {

    private static final int LOOKS = 4;
    private static final long STOP_LOOK_MILLIS = 20;

    private final Map<Connection, State> connections = new ConcurrentHashMap<>();
    private final long nanos;
    private volatile boolean stopping;

    SlowConnections(Handler handler, Duration head) {
        super(handler);
        this.nanos = head.toNanos();
    }

    @Override
    protected void doStart() throws Exception {
        super.doStart();
        stopping = false;
        later();
    }

    @Override
    public CompletableFuture<Void> shutdown() {
        stopping = true;
        closeIdle();
        return CompletableFuture.completedFuture(null);
    }

    @Override
    public boolean isShutdown() {
        return stopping;
    }

    private void closeIdle() {
        connections.forEach((connection, state) -> {
            if (state.rests(connection)) {
                connection.getEndPoint().close();
            }
        });
        if (isRunning() && !connections.isEmpty()) {
            getServer().getScheduler().schedule(this::closeIdle, STOP_LOOK_MILLIS, TimeUnit.MILLISECONDS);
        }
    }

    @Override
    public void onOpened(Connection connection) {
        if (!(connection instanceof SslConnection)) {
            connections.put(connection, new State());
            Gate.Place place = GatedEndPoint.place(connection);
            if (place != null) {
                place.enter();
            }
        }
    }

    @Override
    public void onClosed(Connection connection) {
        connections.remove(connection);
    }

    @Override
    public boolean handle(Request request, Response response, Callback callback) throws Exception {
        Connection connection = request.getConnectionMetaData().getConnection();
        State state = connections.get(connection);
        if (state == null) {
            return super.handle(request, response, callback);
        }
        state.handling = true;
        Gate.Place place = GatedEndPoint.place(request);
        if (place != null) {
            if (request.getConnectionMetaData().getRemoteSocketAddress() instanceof InetSocketAddress sender) {
                place.from(Gate.source(sender.getAddress()));
            }
            place.head(length(request), request.getHeaders().size());
        }
        if (stopping) {
            response.getHeaders().put(HttpHeader.CONNECTION, "close");
        }
        boolean handled = false;
        try {
            handled =
                    super.handle(request, response, Callback.from(() -> answered(connection, state, place), callback));
            return handled;
        } finally {
            if (!handled) {
                answered(connection, state, place);
            }
        }
    }

    private static void answered(Connection connection, State state, Gate.@Nullable Place place) {
        state.answered(connection);
        if (place != null) {
            place.answered();
        }
    }

    /** Returns the size of the head in bytes, without superfluous blanks. */
    private static long length(Request request) {
        // These are method, blank, path and query, blank, version, line end, and the line that ends the head.
        long length = request.getMethod().length()
                + request.getHttpURI().getPathQuery().length()
                + 14L;
        for (HttpField field : request.getHeaders()) {
            String value = field.getValue();
            length += field.getName().length() + (value == null ? 0 : value.length()) + 4;
        }
        return length;
    }

    private void later() {
        getServer().getScheduler().schedule(this::look, Math.max(1, nanos / LOOKS), TimeUnit.NANOSECONDS);
    }

    private void look() {
        if (!isRunning()) {
            return;
        }
        long now = System.nanoTime();
        connections.forEach((connection, state) -> {
            if (state.late(connection, now, nanos)) {
                connection.getEndPoint().close(new TimeoutException("the request's head took too long"));
            }
        });
        later();
    }

    /** The state of a connection. Written by the thread that handles its request, read by the thread that checks. */
    private static final class State {

        private volatile boolean handling;
        private volatile boolean waiting = true;
        private volatile long since = System.nanoTime();
        private volatile long bytes;
        /** Used by {@link #rests} alone. */
        private long looked = -1;

        void answered(Connection connection) {
            bytes = connection.getBytesIn();
            waiting = false;
            handling = false;
        }

        /**
         * Returns whether nothing has come since the last answer, nor since the last look. Called by one thread at a
         * time.
         */
        boolean rests(Connection connection) {
            long now = connection.getBytesIn();
            boolean same = now == looked;
            looked = now;
            return same && !handling && now == bytes;
        }

        /** Returns whether the connection is late. Called by one thread at a time. */
        boolean late(Connection connection, long now, long nanos) {
            if (handling) {
                return false;
            }
            if (!waiting && connection.getBytesIn() != bytes) {
                since = now;
                waiting = true;
            }
            return waiting && now - since > nanos;
        }
    }
}
