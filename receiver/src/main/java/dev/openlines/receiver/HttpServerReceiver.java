// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A {@link Receiver} as a handler of the JDK's own HTTP server, for tests and small things: a thread is taken
 * until the body is read, and the server has no limit on slow senders. Give it an executor with several
 * threads, and a context for the exact path.
 */
public final class HttpServerReceiver implements HttpHandler {

    private final Receiver receiver;

    /**
     * Makes a handler.
     *
     * @param receiver gets every request with its body
     */
    public HttpServerReceiver(Receiver receiver) {
        this.receiver = receiver;
    }

    @Override
    public void handle(HttpExchange exchange) throws IOException {
        String contentType = exchange.getRequestHeaders().getFirst("Content-Type");
        String method = exchange.getRequestMethod();
        Optional<Reply> early = receiver.beforeBody(method, contentType, length(exchange));
        if (early.isPresent()) {
            exchange.getResponseHeaders().set("Connection", "close");
            answer(exchange, early.get());
            return;
        }
        byte[] body;
        try (InputStream in = exchange.getRequestBody()) {
            body = in.readNBytes(receiver.bodyBytes() + 1);
        }
        if (body.length > receiver.bodyBytes()) {
            answer(exchange, receiver.tooLarge());
            return;
        }
        receiver.receive(new RawDelivery(
                        method,
                        contentType,
                        body,
                        exchange.getRequestHeaders().getFirst("traceparent"),
                        exchange.getRemoteAddress().getAddress().getHostAddress()))
                .whenComplete((reply, failure) -> finish(exchange, reply));
    }

    private static void finish(HttpExchange exchange, @Nullable Reply reply) {
        try {
            if (reply == null) {
                exchange.sendResponseHeaders(500, -1);
            } else {
                answer(exchange, reply);
            }
        } catch (IOException e) {
            // The sender has gone; what was stored stays stored.
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
