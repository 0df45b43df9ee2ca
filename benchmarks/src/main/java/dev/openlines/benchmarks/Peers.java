// SPDX-License-Identifier: Apache-2.0
package dev.openlines.benchmarks;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import jakarta.json.bind.Jsonb;
import jakarta.json.bind.JsonbBuilder;
import jakarta.json.bind.annotation.JsonbProperty;
import java.net.URLDecoder;
import java.util.LinkedHashMap;
import java.util.Map;
import org.eclipse.jetty.util.Fields;
import org.eclipse.jetty.util.UrlEncoded;

/** The code that others would write. None of it follows PHP into its corners, or has limits, notes or dialects. */
public final class Peers {

    private static final ObjectMapper JACKSON =
            new ObjectMapper().configure(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES, false);
    private static final Jsonb YASSON = JsonbBuilder.create();

    private Peers() {}

    static Event jackson(byte[] json) throws java.io.IOException {
        return JACKSON.readValue(json, Event.class);
    }

    static byte[] jackson(Event event) throws java.io.IOException {
        return JACKSON.writeValueAsBytes(event);
    }

    static Event yasson(byte[] json) {
        return YASSON.fromJson(new String(json, UTF_8), Event.class);
    }

    static Fields jetty(byte[] form) {
        Fields fields = new Fields();
        String text = new String(form, UTF_8);
        UrlEncoded.decodeUtf8To(text, 0, text.length(), fields);
        return fields;
    }

    /** Splits, decodes and nests into maps: the reader that is in most projects. */
    static Map<String, Object> split(byte[] form) {
        Map<String, Object> root = new LinkedHashMap<>();
        for (String pair : new String(form, UTF_8).split("&")) {
            int equals = pair.indexOf('=');
            String key = URLDecoder.decode(equals < 0 ? pair : pair.substring(0, equals), UTF_8);
            String value = equals < 0 ? "" : URLDecoder.decode(pair.substring(equals + 1), UTF_8);
            String[] parts = key.replace("]", "").split("\\[");
            Map<String, Object> map = root;
            for (int i = 0; i < parts.length - 1; i++) {
                Object inner = map.computeIfAbsent(parts[i], k -> new LinkedHashMap<String, Object>());
                @SuppressWarnings("unchecked")
                Map<String, Object> next = (Map<String, Object>) inner;
                map = next;
            }
            map.put(parts[parts.length - 1], value);
        }
        return root;
    }

    /** Undoes the escapes and nothing else: no code that looks at each byte can be faster. */
    static int percentDecode(byte[] form, byte[] out) {
        int end = 0;
        for (int i = 0; i < form.length; i++) {
            byte b = form[i];
            if (b == '+') {
                b = ' ';
            } else if (b == '%') {
                b = (byte) (HEX[form[i + 1]] << 4 | HEX[form[i + 2]]);
                i += 2;
            }
            out[end++] = b;
        }
        return end;
    }

    private static final byte[] HEX = new byte[128];

    static {
        for (char c = '0'; c <= 'f'; c++) {
            HEX[c] = (byte) Math.max(0, Character.digit(c, 16));
        }
    }

    /** The event. */
    public record Event(
            String event,

            @JsonProperty("event_handler_id") @JsonbProperty("event_handler_id")
            Long handlerId,

            Data data,
            long ts,
            Auth auth) {}

    /** Wire block {@code data}. */
    public record Data(
            @JsonProperty("DATA") @JsonbProperty("DATA") Chat chat) {}

    /** Wire block {@code DATA}. */
    public record Chat(Connector connector, Id chat, Line line, Session session, User user) {}

    /** Wire block {@code connector}. */
    public record Connector(
            @JsonProperty("connector_id") @JsonbProperty("connector_id")
            String connectorId,

            @JsonProperty("line_id") @JsonbProperty("line_id")
            Long lineId,

            @JsonProperty("chat_id") @JsonbProperty("chat_id")
            Long chatId,

            @JsonProperty("user_id") @JsonbProperty("user_id")
            Long userId) {}

    /** Wire block {@code chat}. */
    public record Id(
            @JsonProperty("chat_id") @JsonbProperty("chat_id")
            Long chatId) {}

    /** Wire block {@code line}. */
    public record Line(Long id, String name) {}

    /** Wire block {@code session}. */
    public record Session(
            Long id,
            String closed,

            @JsonProperty("parent_id") @JsonbProperty("parent_id")
            Long parentId,

            @JsonProperty("close_term") @JsonbProperty("close_term")
            Long closeTerm) {}

    /** Wire block {@code user}. */
    public record User(Long id) {}

    /** Wire block {@code auth}. */
    public record Auth(
            @JsonProperty("access_token") @JsonbProperty("access_token")
            String accessToken,

            Long expires,

            @JsonProperty("expires_in") @JsonbProperty("expires_in")
            Long expiresIn,

            String scope,
            String domain,

            @JsonProperty("server_endpoint") @JsonbProperty("server_endpoint")
            String serverEndpoint,

            String status,

            @JsonProperty("client_endpoint") @JsonbProperty("client_endpoint")
            String clientEndpoint,

            @JsonProperty("member_id") @JsonbProperty("member_id")
            String memberId,

            @JsonProperty("user_id") @JsonbProperty("user_id")
            Long userId,

            @JsonProperty("refresh_token") @JsonbProperty("refresh_token")
            String refreshToken,

            @JsonProperty("application_token") @JsonbProperty("application_token")
            String applicationToken) {}
}
