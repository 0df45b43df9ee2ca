// SPDX-License-Identifier: Apache-2.0
package dev.openlines.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.openlines.portal.wire.PhpJson;
import jakarta.json.Json;
import jakarta.json.JsonArray;
import jakarta.json.JsonException;
import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
import jakarta.json.JsonValue;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Stands before a simulated portal and changes its answers, to play a real one that is not like ours. */
final class AlteredPortal implements AutoCloseable {

    /** A request as it came; the method's name in lower case. */
    record Asked(String method, boolean authorized, String body) {}

    /** An answer to change. */
    record Answered(int status, Map<String, String> headers, String body) {

        Answered status(int other) {
            return new Answered(other, headers, body);
        }

        Answered header(String name, @Nullable String value) {
            Map<String, String> changed = new TreeMap<>(headers);
            if (value == null) {
                changed.remove(name);
            } else {
                changed.put(name, value);
            }
            return new Answered(status, changed, body);
        }

        Answered body(String other) {
            return new Answered(status, headers, other);
        }

        Answered error(int other, String code) {
            return new Answered(other, headers, "{\"error\":\"" + code + "\",\"error_description\":\"\"}");
        }

        /** Changes the value at a path of names; {@code []} stands for the items of a list. Null removes it. */
        Answered at(String path, UnaryOperator<@Nullable JsonValue> change) {
            JsonValue json;
            try {
                json = PhpJson.parse(body.getBytes(UTF_8));
            } catch (JsonException e) {
                return this;
            }
            return body(String.valueOf(changed(json, List.of(path.split("\\.")), change)));
        }

        private static @Nullable JsonValue changed(
                JsonValue json, List<String> path, UnaryOperator<@Nullable JsonValue> change) {
            if (path.isEmpty()) {
                return change.apply(json);
            }
            List<String> rest = path.subList(1, path.size());
            if (json instanceof JsonArray array && path.get(0).equals("[]")) {
                var out = Json.createArrayBuilder();
                array.forEach(item -> {
                    JsonValue now = changed(item, rest, change);
                    out.add(now == null ? JsonValue.NULL : now);
                });
                return out.build();
            }
            if (!(json instanceof JsonObject object)) {
                return json;
            }
            JsonObjectBuilder out = Json.createObjectBuilder();
            object.forEach((name, value) -> {
                JsonValue now = name.equals(path.get(0)) ? changed(value, rest, change) : value;
                if (now != null) {
                    out.add(name, now);
                }
            });
            if (rest.isEmpty() && !object.containsKey(path.get(0))) {
                JsonValue added = change.apply(null);
                if (added != null) {
                    out.add(path.get(0), added);
                }
            }
            return out.build();
        }
    }

    /** Changes an answer. */
    interface Alteration {
        Answered change(Asked asked, Answered answer);
    }

    static {
        // Otherwise each answer waits for an acknowledgement of its headers.
        System.setProperty("sun.net.httpserver.nodelay", "true");
    }

    private final HttpServer front;
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final HttpClient http = HttpClient.newHttpClient();
    private final URI portal;

    /**
     * Starts.
     *
     * @param portal the REST address of the portal behind
     */
    AlteredPortal(URI portal, Alteration alteration) throws IOException {
        this.portal = portal;
        front = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 64);
        front.setExecutor(threads);
        front.createContext("/", exchange -> {
            try (exchange) {
                answer(exchange, alteration);
            }
        });
        front.start();
    }

    /** Returns the altered portal's REST address. */
    URI uri() {
        return URI.create("http://127.0.0.1:" + front.getAddress().getPort() + portal.getPath());
    }

    private void answer(HttpExchange exchange, Alteration alteration) throws IOException {
        String body = new String(exchange.getRequestBody().readAllBytes(), UTF_8);
        HttpRequest.Builder request = HttpRequest.newBuilder(
                        portal.resolve(exchange.getRequestURI().toString()))
                .method(exchange.getRequestMethod(), HttpRequest.BodyPublishers.ofString(body));
        for (String name : List.of("Content-Type", "Authorization")) {
            String value = exchange.getRequestHeaders().getFirst(name);
            if (value != null) {
                request.header(name, value);
            }
        }
        HttpResponse<String> response;
        try {
            response = http.send(request.build(), HttpResponse.BodyHandlers.ofString());
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
        Map<String, String> headers = new TreeMap<>();
        response.headers().map().forEach((name, values) -> headers.put(name, values.get(0)));
        headers.keySet().removeAll(List.of("content-length", ":status"));
        String path = exchange.getRequestURI().getPath();
        String method = path.substring(path.indexOf("/rest/") + 6).replaceFirst("^[0-9]+/[^/]+/", "");
        boolean authorized = path.matches(".*/rest/[0-9]+/[^/]+/.+")
                || body.contains("\"auth\"")
                || body.contains("auth=")
                || exchange.getRequestHeaders().containsKey("Authorization");
        Answered altered = alteration.change(
                new Asked(method.toLowerCase(Locale.ROOT), authorized, body),
                new Answered(response.statusCode(), headers, response.body()));
        altered.headers().forEach((name, value) -> exchange.getResponseHeaders().set(name, value));
        byte[] bytes = altered.body().getBytes(UTF_8);
        exchange.sendResponseHeaders(altered.status(), bytes.length == 0 ? -1 : bytes.length);
        exchange.getResponseBody().write(bytes);
    }

    static JsonValue text(String value) {
        return Json.createValue(value);
    }

    @Override
    public void close() {
        front.stop(0);
        threads.shutdownNow();
    }
}
