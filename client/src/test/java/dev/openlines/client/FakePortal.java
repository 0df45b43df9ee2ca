// SPDX-License-Identifier: Apache-2.0
package dev.openlines.client;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import jakarta.json.JsonObject;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Function;

/** A portal of real sockets that answers as the test says, and remembers what it was asked. */
final class FakePortal implements AutoCloseable {

    /** A request as it came. */
    record Asked(String path, String query, Headers headers, String body) {

        String method() {
            return path.substring(path.lastIndexOf('/') + 1);
        }

        JsonObject json() {
            try (var reader = Wire.JSON.createReader(new ByteArrayInputStream(body.getBytes(StandardCharsets.UTF_8)))) {
                return reader.readObject();
            }
        }
    }

    /** An answer to give. */
    record Answered(int status, Map<String, String> headers, String body) {

        static Answered ok(String body) {
            return new Answered(200, Map.of(), body);
        }

        static Answered error(int status, String code, String description) {
            return new Answered(
                    status,
                    Map.of(),
                    Wire.JSON
                            .createObjectBuilder()
                            .add("error", code)
                            .add("error_description", description)
                            .build()
                            .toString());
        }

        Answered with(String header, String value) {
            return new Answered(status, Map.of(header, value), body);
        }
    }

    final List<Asked> asked = new CopyOnWriteArrayList<>();

    private final HttpServer server;
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private volatile Function<Asked, Answered> answers;

    FakePortal(Function<Asked, Answered> answers) {
        this.answers = answers;
        try {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        server.createContext("/", this::handle);
        server.setExecutor(threads);
        server.start();
    }

    static FakePortal answering(String body) {
        return new FakePortal(asked -> Answered.ok(body));
    }

    void answer(Function<Asked, Answered> newAnswers) {
        answers = newAnswers;
    }

    URI address(String path) {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort() + path);
    }

    URI rest() {
        return address("/rest/");
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            Asked request = new Asked(
                    exchange.getRequestURI().getPath(),
                    exchange.getRequestURI().getRawQuery(),
                    exchange.getRequestHeaders(),
                    new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
            asked.add(request);
            Answered answer = answers.apply(request);
            exchange.getResponseHeaders().set("Content-Type", "application/json; charset=utf-8");
            answer.headers().forEach(exchange.getResponseHeaders()::set);
            byte[] body = answer.body().getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(answer.status(), body.length == 0 ? -1 : body.length);
            exchange.getResponseBody().write(body);
        }
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
