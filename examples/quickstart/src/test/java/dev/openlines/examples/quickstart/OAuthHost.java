// SPDX-License-Identifier: Apache-2.0
package dev.openlines.examples.quickstart;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * An OAuth host, and a portal, that renews the refresh token {@code good} of an administrator and {@code ordinary} of
 * another user, and remembers what it was asked.
 */
final class OAuthHost implements AutoCloseable {

    private final HttpServer server;
    private final String memberId;
    /** Set when the application was uninstalled: every refresh token is refused. */
    volatile boolean revoked;

    private final Queue<String> asked = new ConcurrentLinkedQueue<>();

    OAuthHost(String memberId) throws IOException {
        this.memberId = memberId;
        this.server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", this::answer);
        server.start();
    }

    String name() {
        return "127.0.0.1:" + server.getAddress().getPort();
    }

    String endpoint() {
        return "http://" + name() + "/rest/";
    }

    /** Returns the refresh tokens that it was asked to renew, or the paths of other requests. */
    Queue<String> asked() {
        return asked;
    }

    private void answer(HttpExchange exchange) throws IOException {
        String form = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
        String token = exchange.getRequestURI().getPath();
        for (String pair : form.split("&")) {
            if (pair.startsWith("refresh_token=")) {
                token = URLDecoder.decode(pair.substring("refresh_token=".length()), StandardCharsets.UTF_8);
            }
        }
        asked.add(token);
        boolean profile = token.equals("/rest/profile");
        boolean ordinary = token.equals("ordinary") || form.contains("canary-access-2");
        boolean good = !revoked && (token.equals("good") || token.equals("canary-refresh-1") || ordinary) || profile;
        String json = profile
                ? "{\"result\":{\"ID\":\"1\",\"ADMIN\":" + !ordinary + "}}"
                : good
                        ? """
                {"access_token":"canary-access-%s","refresh_token":"canary-refresh-1","expires_in":3600,"expires":1900000000,
                 "member_id":"%s","client_endpoint":"%s","server_endpoint":"%s","scope":"imopenlines","status":"L",
                 "domain":"oauth.bitrix.info","user_id":1}""".formatted(ordinary ? 2 : 1, memberId, endpoint(), endpoint())
                        : "{\"error\":\"invalid_grant\",\"error_description\":\"no\"}";
        byte[] bytes = json.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", "application/json");
        exchange.sendResponseHeaders(good ? 200 : 400, bytes.length);
        exchange.getResponseBody().write(bytes);
        exchange.close();
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
