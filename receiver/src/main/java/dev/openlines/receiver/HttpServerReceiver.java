// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import dev.openlines.receiver.spi.BodyBytes;
import dev.openlines.receiver.spi.Gate;
import dev.openlines.receiver.spi.LastResort;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * A {@link Receiver} as a handler of the JDK's own HTTP server, for tests and small applications. Each request takes a
 * thread of the server's executor until its body is read. If that takes more than ten seconds, the connection is
 * closed. Give the server an executor with many threads, because no body is read while all threads wait for other
 * bodies. Create a context for the exact path.
 *
 * <p>Unanswered requests hold at most a third of the heap, as with {@link ReceiverServlet}. Limiting slow headers and
 * idle connections is left to the server: set the system properties {@code sun.net.httpserver.maxReqTime} and {@code
 * jdk.httpserver.maxConnections}.
 */
public final class HttpServerReceiver implements HttpHandler {

    /** The bytes that a request takes in addition to its body. */
    private static final long REQUEST_BYTES = 8 * 1024;

    private static final int PART = 4096;
    private static final ScheduledThreadPoolExecutor DEADLINES = deadlines();

    private final Receiver receiver;
    private final Gate gate;
    private final Duration patience;

    /**
     * Makes a handler.
     *
     * @param receiver gets every request with its body
     */
    public HttpServerReceiver(Receiver receiver) {
        this(receiver, HttpLimits.DEFAULT);
    }

    /**
     * Makes a handler with other limits than the default ones.
     *
     * @param receiver gets every request with its body
     * @param limits the time for a body and the memory of requests
     */
    public HttpServerReceiver(Receiver receiver, HttpLimits limits) {
        this.receiver = receiver;
        this.gate = new Gate(limits.room());
        this.patience = limits.body();
    }

    private static ScheduledThreadPoolExecutor deadlines() {
        ScheduledThreadPoolExecutor deadlines = new ScheduledThreadPoolExecutor(1, task -> {
            Thread thread = LastResort.thread(task, "openlines-deadlines");
            thread.setDaemon(true);
            return thread;
        });
        deadlines.setRemoveOnCancelPolicy(true);
        return deadlines;
    }

    @Override
    public void handle(HttpExchange exchange) throws IOException {
        String contentType = exchange.getRequestHeaders().getFirst("Content-Type");
        String method = exchange.getRequestMethod();
        long length = length(exchange);
        Optional<Reply> early = receiver.beforeBody(method, contentType, length);
        if (early.isPresent()) {
            exchange.getResponseHeaders().set("Connection", "close");
            answer(exchange, early.get());
            return;
        }
        String source = Gate.source(exchange.getRemoteAddress().getAddress());
        Gate.Place place = gate.place(source, REQUEST_BYTES, () -> {
            exchange.close();
            receiver.dropped();
        });
        place.enter();
        try {
            Reply reply = read(exchange, place, new BodyBytes(place, receiver.bodyBytes(), length), contentType);
            if (reply != null) {
                place.leave();
                answer(exchange, reply);
            }
        } catch (IOException | RuntimeException | Error e) {
            LastResort.check(e);
            place.leave();
            throw e;
        }
    }

    /** Returns the reply, or null if it comes later or if the connection was closed. */
    private @Nullable Reply read(HttpExchange exchange, Gate.Place place, BodyBytes body, @Nullable String contentType)
            throws IOException {
        AtomicBoolean reading = new AtomicBoolean(true);
        Future<?> deadline = DEADLINES.schedule(
                LastResort.checked(() -> {
                    if (reading.compareAndSet(true, false)) {
                        receiver.tooSlow();
                        // This makes the reading thread fail.
                        exchange.close();
                    }
                }),
                patience.toNanos(),
                TimeUnit.NANOSECONDS);
        try (InputStream in = exchange.getRequestBody()) {
            byte[] part = new byte[PART];
            for (int count = in.read(part); count >= 0; count = in.read(part)) {
                if (body.add(ByteBuffer.wrap(part, 0, count)) != BodyBytes.Added.KEPT) {
                    return place.gone() ? null : receiver.tooLarge();
                }
            }
        } catch (IOException e) {
            if (reading.compareAndSet(true, false) && !place.gone()) {
                receiver.brokenOff();
            }
            throw e;
        } finally {
            deadline.cancel(false);
        }
        if (!reading.compareAndSet(true, false)) {
            throw new IOException("the body took too long");
        }
        if (!place.whole()) {
            return place.gone() ? null : receiver.busy();
        }
        receiver.receive(new RawDelivery(
                        exchange.getRequestMethod(),
                        contentType,
                        body.whole(),
                        exchange.getRequestHeaders().getFirst("traceparent"),
                        exchange.getRemoteAddress().getAddress().getHostAddress()))
                .whenComplete((reply, failure) -> {
                    place.leave();
                    finish(exchange, reply);
                });
        return null;
    }

    private static void finish(HttpExchange exchange, @Nullable Reply reply) {
        try {
            if (reply == null) {
                exchange.sendResponseHeaders(500, -1);
            } else {
                answer(exchange, reply);
            }
        } catch (IOException e) {
            // The sender has gone. A stored event stays stored.
            exchange.close();
        }
    }

    private static long length(HttpExchange exchange) {
        String length = exchange.getRequestHeaders().getFirst("Content-Length");
        return length != null && length.matches("\\d{1,18}") ? Long.parseLong(length) : -1;
    }

    private static void answer(HttpExchange exchange, Reply reply) throws IOException {
        reply.headers().forEach(exchange.getResponseHeaders()::set);
        exchange.sendResponseHeaders(reply.status(), -1);
        exchange.close();
    }
}
