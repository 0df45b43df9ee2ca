// SPDX-License-Identifier: Apache-2.0
package dev.openlines.portal;

import dev.openlines.model.Secret;
import dev.openlines.portal.wire.EventBodies;
import dev.openlines.portal.wire.PhpJson;
import jakarta.json.JsonArray;
import jakarta.json.JsonArrayBuilder;
import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
import jakarta.json.JsonString;
import jakarta.json.JsonValue;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One delivery as the page shows it, with three asterisks in place of every secret. If a user edits that text, it puts
 * the secrets back.
 */
final class DeliveryView {

    private static final String MASK = "***";
    /** If a call without a known cause comes within this time after a delivery, it is attributed to that delivery. */
    private static final Duration AFTERMATH = Duration.ofSeconds(5);

    private final Portal portal;
    private final Delivery delivery;
    private final String body;
    /** The secrets of a form body, by the names of their pairs as they are written there. */
    private final Map<String, String> secrets = new LinkedHashMap<>();

    DeliveryView(Portal portal, Delivery delivery) {
        this.portal = portal;
        this.delivery = delivery;
        body = new String(delivery.requestBody(), StandardCharsets.UTF_8);
        for (String pair : body.split("&", -1)) {
            int equals = pair.indexOf('=');
            if (equals > 0 && RestApi.isSecret(lastPart(pair.substring(0, equals)))) {
                secrets.put(pair.substring(0, equals), pair.substring(equals + 1));
            }
        }
    }

    /** Returns the innermost name of a form key. */
    private static String lastPart(String key) {
        String decoded = key;
        try {
            decoded = URLDecoder.decode(key, StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            // PHP writes no such key, so it is left unchanged.
            return decoded;
        }
        String open = decoded.endsWith("]") ? decoded.substring(0, decoded.length() - 1) : decoded;
        return open.substring(open.lastIndexOf('[') + 1).toLowerCase(Locale.ROOT);
    }

    JsonObject json() {
        JsonObjectBuilder out = EventBodies.object();
        ControlView.of(delivery).forEach(out::add);
        return out.add("request_head", delivery.requestHead())
                .add("request_body", masked(body))
                .add("tree", PhpJson.parse(delivery.maskedBody().getBytes(StandardCharsets.UTF_8)))
                .add("answer", hidden(new String(delivery.answer(), StandardCharsets.UTF_8)))
                .add("calls", calls())
                .build();
    }

    /**
     * Returns the calls that belong to this delivery. A call with the token that the delivery carried belongs to it,
     * however late it comes. A call with the token of another event does not. A call with any other token, or a
     * webhook's code, does not show its cause, so the time decides.
     */
    private JsonArray calls() {
        JsonArrayBuilder calls = PhpJson.PROVIDER.createArrayBuilder();
        Secret token = accessToken();
        Instant from = delivery.sentAt();
        Instant until = from.plus(delivery.totalTime()).plus(AFTERMATH);
        for (Journal.Asked asked : portal.journal().asked()) {
            PortalCall call = asked.call();
            Secret carried = asked.eventToken();
            boolean certain = carried != null && token != null && carried.equals(token);
            boolean inTime =
                    carried == null && !call.at().isBefore(from) && call.at().isBefore(until);
            if (certain || inTime) {
                JsonObjectBuilder out = EventBodies.object();
                ControlView.of(call).forEach(out::add);
                calls.add(out.add("linked_by", certain ? "token" : "time"));
            }
        }
        return calls.build();
    }

    private @Nullable Secret accessToken() {
        byte[] bytes = delivery.requestBody();
        Map<String, JsonValue> tree = body.startsWith("{") ? RestRequest.json(bytes) : RestRequest.form(bytes);
        return tree.get("auth") instanceof JsonObject auth && auth.get("access_token") instanceof JsonString token
                ? Secret.of(token.getString())
                : null;
    }

    /** Returns the body with its secrets masked; a JSON body is masked as a tree. */
    private String masked(String text) {
        if (text.startsWith("{")) {
            return delivery.maskedBody();
        }
        String masked = text;
        for (Map.Entry<String, String> secret : secrets.entrySet()) {
            masked = masked.replace(secret.getKey() + "=" + secret.getValue(), secret.getKey() + "=" + MASK);
        }
        return masked;
    }

    /** Masks a text that may repeat parts of a request. */
    private String hidden(String text) {
        String hidden = text;
        for (String secret : secrets.values()) {
            hidden = secret.length() < 4 ? hidden : hidden.replace(secret, MASK);
        }
        return hidden;
    }

    /** Returns the text that was shown and edited, with the secrets in place of the remaining asterisks. */
    String restored(String edited) {
        String restored = edited;
        for (Map.Entry<String, String> secret : secrets.entrySet()) {
            restored = restored.replace(secret.getKey() + "=" + MASK, secret.getKey() + "=" + secret.getValue());
        }
        return restored;
    }

    /**
     * Returns a command line that sends the same bytes, secrets included. It is for the clipboard, never for the page.
     */
    String curl() {
        StringBuilder out = new StringBuilder("curl --silent --show-error --include");
        List<String> lines = delivery.requestHead().lines().toList();
        for (String line : lines.subList(1, lines.size())) {
            String name = line.split(":", 2)[0].toLowerCase(Locale.ROOT);
            boolean own = name.equals("host") || name.equals("content-length") || name.equals("transfer-encoding");
            if (!line.isEmpty() && !own) {
                out.append(" \\\n  --header ").append(quoted(line));
            }
        }
        return out.append(" \\\n  --data-raw ")
                .append(quoted(body))
                .append(" \\\n  ")
                .append(quoted(delivery.handler().toString()))
                .append('\n')
                .toString();
    }

    private static String quoted(String text) {
        return "'" + text.replace("'", "'\\''") + "'";
    }

    /** Returns a test that sends the same event from another portal, so it contains no secrets. */
    String junit() {
        String literal = masked(body).replace("\\", "\\\\").replace("\"", "\\\"");
        return """
                import static java.nio.charset.StandardCharsets.UTF_8;
                import static org.junit.jupiter.api.Assertions.assertTrue;

                import dev.openlines.portal.Delivery;
                import dev.openlines.portal.Portal;
                import dev.openlines.portal.SimulatedPortal;
                import java.net.URI;
                import java.util.List;
                import org.junit.jupiter.api.Test;

                @SimulatedPortal
                class RecordedEventTest {

                    @Test
                    void theHandlerAcknowledgesTheEvent(Portal portal) {
                        // Give the handler portal.memberId() and portal.applicationToken() first.
                        portal.subscribe("%s", URI.create("%s"));
                        String recorded = "%s";

                        List<Delivery> sent = portal.sending().replay(recorded.getBytes(UTF_8));

                        assertTrue(sent.get(0).acknowledged(), sent::toString);
                    }
                }
                """.formatted(delivery.event(), delivery.handler(), literal);
    }
}
