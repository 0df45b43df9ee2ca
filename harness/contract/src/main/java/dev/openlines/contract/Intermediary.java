// SPDX-License-Identifier: Apache-2.0
package dev.openlines.contract;

import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The server between the sender and the handler, if there is one. A proxy passes requests on, and answers itself if the
 * handler does not. A queue acknowledges requests before the handler sees them. Thread-safe.
 */
final class Intermediary {

    /** Servers that are nearly always proxies. Apache is not among them, because it often runs the handler itself. */
    private static final Pattern PROXY = Pattern.compile(
            "(?i)\\b(?:nginx|openresty|tengine|envoy|istio|haproxy|traefik|caddy|varnish|cloudflare|awselb)\\b");

    private final boolean queue;
    private volatile boolean proxy;

    Intermediary(boolean proxy, boolean queue) {
        this.proxy = proxy;
        this.queue = queue;
    }

    /** Looks for the header lines of a proxy. Returns what it found if it was not known. */
    Optional<String> find(Reply reply) {
        String server = reply.header("Server")
                .filter(name -> PROXY.matcher(name).find())
                .orElse("");
        if (proxy || queue || (server.isEmpty() && reply.header("Via").isEmpty())) {
            return Optional.empty();
        }
        proxy = true;
        return Optional.of(server.isEmpty() ? "a header line Via" : "the header line Server: " + server);
    }

    boolean isProxy() {
        return proxy;
    }

    boolean isQueue() {
        return queue;
    }

    /** Returns whether the acknowledgement may be that of a queue, which says nothing about the handler. */
    boolean acknowledged(Reply reply) {
        return queue && reply.is2xx();
    }

    /** Returns whether the proxy answered because the handler closed its connection, was away, or took too long. */
    boolean gaveUp(Reply reply) {
        return proxy && (reply.status() == 502 || reply.status() == 504);
    }

    /** Returns whether the handler closed the connection without an answer, which a proxy's 502 may tell. */
    boolean closed(Reply reply) {
        return reply.closed() || (proxy && reply.status() == 502);
    }

    /** Returns whether a handler stands behind the address: a proxy takes connections without one. */
    boolean reaches(Wire wire) {
        try (Connection connection = wire.open()) {
            if (!proxy || !connection.isOpen()) {
                return connection.isOpen();
            }
            Request get = Request.post(wire.target(), new byte[0])
                    .method("GET")
                    .header("Content-Type", null)
                    .header("Content-Length", null);
            Reply reply = connection.write(get.bytes()).read(Probe.PATIENCE);
            return reply.status() != 0 && reply.status() != 503 && !gaveUp(reply);
        }
    }
}
