// SPDX-License-Identifier: Apache-2.0
package dev.openlines.portal;

import dev.openlines.parser.DecodeException;
import dev.openlines.parser.Dialect;
import dev.openlines.parser.Envelope;
import dev.openlines.parser.EventCapture;
import dev.openlines.parser.EventDecoder;
import dev.openlines.portal.wire.EventBodies;
import dev.openlines.portal.wire.PhpJson;
import jakarta.json.JsonArray;
import jakarta.json.JsonArrayBuilder;
import jakarta.json.JsonNumber;
import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
import jakarta.json.JsonString;
import jakarta.json.JsonStructure;
import jakarta.json.JsonValue;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The shape of an event that was learned from a capture: its fields in their order, to be filled with the values of the
 * event that is sent. Other fields keep the capture's values, which are made up. Immutable.
 */
final class CapturedShape {

    /** Fields of {@code auth} that are missing from an event without a user's tokens. */
    private static final Set<String> OF_TOKENS =
            Set.of("access_token", "refresh_token", "expires", "expires_in", "scope", "status", "user_id");

    /** The names that different shapes have for a subscription's number. */
    private static final List<String> HANDLER_ID = List.of("event_handler_id", "eventId", "event_id");

    /**
     * Shapes that provide fields that the nearest shape lacks. The oldest shape is left out, because it has a line
     * under the name of a user.
     */
    private static final List<Dialect> OTHERS = List.of(Dialect.PLATFORM, Dialect.DOCS_2026, Dialect.DOCS_2024_TABLE);

    private final JsonObject captured;
    private final Dialect dialect;

    private CapturedShape(JsonObject captured, Dialect dialect) {
        this.captured = captured;
        this.dialect = dialect;
    }

    static CapturedShape of(EventCapture capture) {
        Envelope captured = Envelope.parse(capture.body(), capture.format(), PortalSending.RECORDED);
        Dialect dialect;
        try {
            dialect = EventDecoder.lenient().decode(captured).dialect();
        } catch (DecodeException e) {
            // A shape that this project cannot read is sent as well.
            dialect = Dialect.PLATFORM;
        }
        return new CapturedShape(captured.raw(), dialect);
    }

    /** Returns the published shape that is nearest. */
    Dialect dialect() {
        return dialect;
    }

    /** Returns data with the fields of the nearest published shape, and with further fields of other shapes. */
    @Nullable
    JsonValue data(Function<Dialect, ? extends @Nullable JsonValue> of) {
        JsonValue data = of.apply(dialect);
        for (Dialect other : OTHERS) {
            data = merged(data, of.apply(other));
        }
        return data;
    }

    private static @Nullable JsonValue merged(@Nullable JsonValue first, @Nullable JsonValue second) {
        if (first instanceof JsonArray one && one.size() == 1) {
            JsonValue element = Objects.requireNonNull(merged(one.get(0), second));
            return PhpJson.PROVIDER.createArrayBuilder().add(element).build();
        }
        if (second instanceof JsonArray one && one.size() == 1) {
            return merged(first, one.get(0));
        }
        if (!(first instanceof JsonObject values && second instanceof JsonObject more)) {
            return first;
        }
        JsonObjectBuilder out = EventBodies.object();
        values.forEach((name, value) -> out.add(name, Objects.requireNonNull(merged(value, more.get(name)))));
        more.forEach((name, value) -> {
            if (!values.containsKey(name)) {
                out.add(name, value);
            }
        });
        return out.build();
    }

    /** Returns an event in the captured shape. */
    JsonObject filledWith(JsonObject event) {
        JsonObjectBuilder out = EventBodies.object();
        captured.forEach((name, like) -> {
            if (name.equals("auth") && like instanceof JsonObject block && event.get(name) instanceof JsonObject auth) {
                JsonObjectBuilder filled = EventBodies.object();
                block.forEach((key, text) -> {
                    if (auth.containsKey(key) || !OF_TOKENS.contains(key)) {
                        filled.add(key, value(text, auth.get(key)));
                    }
                });
                out.add(name, filled);
            } else {
                out.add(name, value(like, HANDLER_ID.contains(name) ? handlerId(event) : event.get(name)));
            }
        });
        return out.build();
    }

    private static @Nullable JsonValue handlerId(JsonObject event) {
        return HANDLER_ID.stream()
                .filter(event::containsKey)
                .findFirst()
                .map(event::get)
                .orElse(null);
    }

    private static JsonObject object(JsonObject shape, JsonObject values) {
        JsonObjectBuilder out = EventBodies.object();
        shape.forEach((name, like) -> out.add(name, value(like, find(name, values))));
        return out.build();
    }

    /**
     * Finds a value by its name, or an id by its other name: the dialects have {@code chat[id]} and {@code
     * chat[chat_id]}.
     */
    private static @Nullable JsonValue find(String name, JsonObject values) {
        JsonValue value = values.get(name);
        if (value != null || !name.equals("id")) {
            return value == null && name.endsWith("_id") ? values.get("id") : value;
        }
        List<String> ids =
                values.keySet().stream().filter(key -> key.endsWith("_id")).toList();
        return ids.size() == 1 ? values.get(ids.get(0)) : null;
    }

    /** Returns an element alone or in a list, and as a number or a text, as it was captured. */
    private static JsonValue value(JsonValue like, @Nullable JsonValue value) {
        if (like instanceof JsonObject shape) {
            JsonValue one = value instanceof JsonArray array && !array.isEmpty() ? array.get(0) : value;
            return object(shape, one instanceof JsonObject values ? values : JsonValue.EMPTY_JSON_OBJECT);
        }
        if (like instanceof JsonArray shape) {
            return shape.isEmpty() ? shape : list(shape.get(0), value);
        }
        if (value == null || value == JsonValue.NULL || value instanceof JsonStructure) {
            return like;
        }
        if (like instanceof JsonNumber && value instanceof JsonString text) {
            return text.getString().matches("-?[0-9]{1,18}")
                    ? PhpJson.PROVIDER.createValue(Long.parseLong(text.getString()))
                    : like;
        }
        return like instanceof JsonString && value instanceof JsonNumber number
                ? PhpJson.PROVIDER.createValue(number.toString())
                : value;
    }

    private static JsonArray list(JsonValue like, @Nullable JsonValue value) {
        JsonArrayBuilder out = PhpJson.PROVIDER.createArrayBuilder();
        if (value instanceof JsonArray array && !array.isEmpty()) {
            array.forEach(item -> out.add(value(like, item)));
        } else {
            out.add(value(like, value));
        }
        return out.build();
    }
}
