// SPDX-License-Identifier: Apache-2.0
package dev.openlines.examples.quickstart;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/** The public address of a receiver, which stays when the receiver is away. Passes requests on to its nodes in turn. */
final class Front implements AutoCloseable {

    private final HttpClient client = HttpClient.newHttpClient();
    private final AtomicInteger turn = new AtomicInteger();
    private final HttpServer http;
    private volatile List<URI> nodes = List.of();

    Front() throws IOException {
        http = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        http.createContext("/", this::pass);
        http.start();
    }

    URI url() {
        return URI.create("http://127.0.0.1:" + http.getAddress().getPort() + "/");
    }

    /** Passes on to these from now on; to none, every request is answered 502. */
    void to(List<URI> addresses) {
        nodes = List.copyOf(addresses);
    }

    private void pass(HttpExchange exchange) throws IOException {
        byte[] body = exchange.getRequestBody().readAllBytes();
        List<URI> now = nodes;
        int status = 502;
        if (!now.isEmpty()) {
            HttpRequest request = HttpRequest.newBuilder(now.get(turn.getAndIncrement() % now.size()))
                    .header("Content-Type", exchange.getRequestHeaders().getFirst("Content-Type"))
                    .POST(HttpRequest.BodyPublishers.ofByteArray(body))
                    .build();
            try {
                status = client.send(request, HttpResponse.BodyHandlers.discarding())
                        .statusCode();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } catch (IOException e) {
                // The node was killed.
                status = 502;
            }
        }
        exchange.sendResponseHeaders(status, -1);
        exchange.close();
    }

    @Override
    public void close() {
        http.stop(0);
    }
}
