// SPDX-License-Identifier: Apache-2.0
package dev.openlines.client;

import jakarta.json.JsonArray;
import jakarta.json.JsonNumber;
import jakarta.json.JsonObject;
import jakarta.json.JsonValue;
import jakarta.json.bind.Jsonb;
import jakarta.json.bind.JsonbBuilder;
import jakarta.json.bind.JsonbException;
import java.util.Optional;

/**
 * A successful answer of the platform.
 *
 * <p>PHP prints an empty map as {@code []}, so {@link #object()} takes an empty list for an empty
 * object.
 */
public final class RestReply {

    /** Made when it is first used. Never closed, because all replies share it. */
    private static final class Binding {
        static final Jsonb JSONB = JsonbBuilder.create();
    }

    private final String method;
    private final JsonObject raw;

    RestReply(String method, JsonObject raw) {
        this.method = method;
        this.raw = raw;
    }

    /**
     * Returns the method that was called.
     *
     * @return a REST method such as {@code event.get}
     */
    public String method() {
        return method;
    }

    /**
     * Returns the whole answer, {@code time} included.
     *
     * @return the answer as it came
     */
    public JsonObject raw() {
        return raw;
    }

    /**
     * Returns the method's result; wire field {@code result}.
     *
     * @return any JSON value, {@link JsonValue#NULL} if it was missing
     */
    public JsonValue result() {
        return raw.getOrDefault("result", JsonValue.NULL);
    }

    /**
     * Returns the result as an object.
     *
     * @return an empty object also if the platform sent an empty list
     * @throws UnexpectedReplyException if it is neither
     */
    public JsonObject object() {
        return fields().object();
    }

    /**
     * Returns the result as a list.
     *
     * @return the list as it came
     * @throws UnexpectedReplyException if it is none
     */
    public JsonArray array() {
        return fields().array();
    }

    /**
     * Returns the result as a type of yours, bound by JSON-B: a public record or class with the result's
     * names, or for a list an array of such. An implementation may take a number that does not fit for another one; if
     * that matters, bind to text.
     *
     * @param type the type to bind to
     * @param <T> the same
     * @return the result; if an empty list stands for an empty object, what that object binds to
     * @throws UnexpectedReplyException if the result does not fit
     */
    public <T> T as(Class<T> type) {
        return bound(method, "$.result", result(), type);
    }

    static <T> T bound(String method, String path, JsonValue value, Class<T> type) {
        boolean emptyObject = !type.isArray()
                && !Iterable.class.isAssignableFrom(type)
                && value instanceof JsonArray list
                && list.isEmpty();
        try {
            T bound = Binding.JSONB.fromJson(emptyObject ? "{}" : value.toString(), type);
            if (bound == null) {
                throw new Fields(method, path, value).unexpected(type.getSimpleName());
            }
            return bound;
        } catch (JsonbException e) {
            // The cause is left out, because it may quote the reply.
            throw new Fields(method, path, value).unexpected(type.getSimpleName());
        }
    }

    /**
     * Returns where the next page starts; wire field {@code next}.
     *
     * @return empty on the last page
     */
    public Optional<Long> next() {
        return number("next");
    }

    /**
     * Returns how many entries there are on all pages; wire field {@code total}.
     *
     * @return empty if not sent
     */
    public Optional<Long> total() {
        return number("total");
    }

    /** Returns the result with its path, for typed reading. */
    Fields fields() {
        return new Fields(method, "$.result", result());
    }

    private Optional<Long> number(String name) {
        return raw.get(name) instanceof JsonNumber number && number.isIntegral()
                ? Optional.of(number.longValue())
                : Optional.empty();
    }

    /** Returns the method and the kind of the result, never its content. */
    @Override
    public String toString() {
        return method + ": " + Fields.kind(result());
    }
}
