// SPDX-License-Identifier: Apache-2.0
package dev.openlines.cli;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.openlines.cli.Capture.Unreadable;
import dev.openlines.parser.PhpForm;
import dev.openlines.portal.wire.EventBodies;
import dev.openlines.portal.wire.PhpJson;
import jakarta.json.JsonArray;
import jakarta.json.JsonException;
import jakarta.json.JsonObject;
import jakarta.json.JsonString;
import jakarta.json.JsonStructure;
import jakarta.json.JsonValue;
import java.net.URLEncoder;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A request in the JSON of relays, tunnels and cloud functions: the body as text or Base64, as an object, or as flat
 * names with brackets.
 */
final class RelayedJson {

    private static final int DEEPEST = 8;

    /** The names that relays have for the body, the most specific first. */
    private static final List<String> NAMES = List.of(
            "request_body",
            "body",
            "rawBody",
            "raw_body",
            "content",
            "postData",
            "text",
            "raw",
            "form",
            "payload",
            "request",
            "data",
            "log",
            "entries",
            "requests",
            "event");

    private RelayedJson() {}

    /** Returns the body in a request's JSON, or empty if the JSON is the body. */
    static Optional<Capture> find(byte[] file) {
        JsonValue json;
        try {
            json = PhpJson.parse(file);
        } catch (JsonException | IllegalArgumentException e) {
            return Optional.empty();
        }
        if (json instanceof JsonObject body && isEvent(body)) {
            return Optional.empty();
        }
        return find(json, 0);
    }

    private static boolean isEvent(JsonObject object) {
        return object.get("event") instanceof JsonString
                && object.keySet().stream().noneMatch(name -> name.indexOf('[') > 0);
    }

    private static boolean isFlat(JsonObject object) {
        return object.get("event") instanceof JsonString
                && object.values().stream().allMatch(value -> !(value instanceof JsonStructure));
    }

    private static Optional<Capture> find(JsonValue json, int depth) {
        if (depth > DEEPEST) {
            return Optional.empty();
        }
        if (json instanceof JsonArray array) {
            return array.stream()
                    .flatMap(item -> find(item, depth + 1).stream())
                    .findFirst();
        }
        if (json instanceof JsonString text) {
            return text(text.getString());
        }
        if (!(json instanceof JsonObject object)) {
            return Optional.empty();
        }
        if (isEvent(object) && !isFlat(object)) {
            return Optional.of(Capture.made("JSON of a relay, with the fields of the body", object));
        }
        if (isFlat(object)) {
            return Optional.of(Capture.made("JSON with the names of a form", unflattened(object)));
        }
        boolean base64 = object.get("isBase64Encoded") == JsonValue.TRUE;
        for (String name : NAMES) {
            JsonValue member = object.get(name);
            Optional<Capture> found = base64 && member instanceof JsonString text
                    ? decoded(text.getString()).flatMap(RelayedJson::text)
                    : member == null ? Optional.empty() : find(member, depth + 1);
            if (found.isPresent()) {
                return found;
            }
        }
        return Optional.empty();
    }

    private static Optional<Capture> text(String text) {
        if (text.startsWith("event=") || text.contains("&event=")) {
            return Optional.of(Capture.sent("JSON of a relay, with the body as text", text.getBytes(UTF_8)));
        }
        if (text.contains(" HTTP/1.")) {
            return request(text.getBytes(UTF_8));
        }
        if (text.stripLeading().startsWith("{")) {
            byte[] inner = text.getBytes(UTF_8);
            try {
                return PhpJson.parse(inner) instanceof JsonObject object && isEvent(object)
                        ? Optional.of(Capture.sent("JSON of a relay, with the body as text", inner))
                        : Optional.empty();
            } catch (JsonException | IllegalArgumentException e) {
                return Optional.empty();
            }
        }
        return decoded(text)
                .flatMap(plain -> plain.contains("event=") || plain.contains(" HTTP/1.")
                        ? plain.contains(" HTTP/1.")
                                ? request(plain.getBytes(ISO_8859_1))
                                : Optional.of(Capture.sent(
                                        "JSON of a relay, with the body in Base64", plain.getBytes(ISO_8859_1)))
                        : Optional.empty());
    }

    private static Optional<Capture> request(byte[] raw) {
        try {
            Capture request = Capture.of(raw);
            if (request.kind() == null || !request.exact()) {
                return Optional.empty();
            }
            return Optional.of(new Capture(
                    "JSON of a relay, with a raw HTTP request", request.body(), request.format(), request.exact()));
        } catch (Unreadable e) {
            return Optional.empty();
        }
    }

    /** Returns the bytes, one char each, or empty if this is no Base64. */
    private static Optional<String> decoded(String text) {
        if (text.length() < 16) {
            return Optional.empty();
        }
        try {
            return Optional.of(new String(Base64.getMimeDecoder().decode(text), ISO_8859_1));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    /** Reads names as PHP does: {@code data[DATA][connector]}. */
    private static JsonObject unflattened(JsonObject flat) {
        List<String> pairs = new ArrayList<>();
        for (Map.Entry<String, JsonValue> field : flat.entrySet()) {
            String value = field.getValue() instanceof JsonString text
                    ? text.getString()
                    : field.getValue().toString();
            pairs.add(URLEncoder.encode(field.getKey(), UTF_8) + "=" + URLEncoder.encode(value, UTF_8));
        }
        JsonStructure tree = PhpForm.decode(String.join("&", pairs).getBytes(UTF_8), SendCommand.OWN_BODY);
        return tree instanceof JsonObject object ? object : EventBodies.object().build();
    }
}
