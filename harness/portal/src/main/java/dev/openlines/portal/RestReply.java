// SPDX-License-Identifier: Apache-2.0
package dev.openlines.portal;

import dev.openlines.portal.wire.PhpJson;
import jakarta.json.JsonValue;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/** An answer over HTTP: status, headers, bytes. Its makers and its only writer share the bytes. */
final class RestReply {

    private final int status;
    private final Map<String, String> headers;
    private final byte[] body;

    RestReply(int status, Map<String, String> headers, byte[] body) {
        this.status = status;
        this.headers = headers;
        this.body = body;
    }

    static RestReply phpJson(int status, JsonValue body) {
        Map<String, String> headers = new LinkedHashMap<>();
        headers.put("Content-Type", "application/json; charset=utf-8");
        headers.put("Access-Control-Allow-Origin", "*");
        headers.put("X-Content-Type-Options", "nosniff");
        return new RestReply(status, headers, PhpJson.bytes(body));
    }

    static RestReply json(int status, JsonValue body) {
        Map<String, String> headers = Map.of(
                "Content-Type", "application/json", "X-Content-Type-Options", "nosniff", "Cache-Control", "no-store");
        return new RestReply(status, headers, body.toString().getBytes(StandardCharsets.UTF_8));
    }

    static RestReply text(int status, String text) {
        return new RestReply(
                status,
                Map.of("Content-Type", "text/plain; charset=utf-8", "X-Content-Type-Options", "nosniff"),
                (text + "\n").getBytes(StandardCharsets.UTF_8));
    }

    int status() {
        return status;
    }

    Map<String, String> headers() {
        return headers;
    }

    byte[] body() {
        return body;
    }
}
