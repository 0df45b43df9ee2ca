// SPDX-License-Identifier: Apache-2.0
package dev.openlines.portal;

import dev.openlines.portal.wire.PhpJson;
import jakarta.json.JsonValue;
import org.jspecify.annotations.Nullable;

/**
 * The answer of a REST method.
 *
 * @param value the {@code result}
 * @param next the start of the next page, or null if there is none
 * @param total the number of all entries, null if the method does not tell it
 * @param whole an answer that is no JSON and replaces the others, or null
 */
record RestResult(
        JsonValue value,
        @Nullable Integer next,
        @Nullable Integer total,
        @Nullable RestReply whole) {

    RestResult(JsonValue value, @Nullable Integer next, @Nullable Integer total) {
        this(value, next, total, null);
    }

    /** Returns an answer that is no JSON. */
    static RestResult whole(RestReply reply) {
        return new RestResult(JsonValue.NULL, null, null, reply);
    }

    static RestResult of(JsonValue value) {
        return new RestResult(value, null, null);
    }

    static RestResult of(String text) {
        return of(PhpJson.PROVIDER.createValue(text));
    }

    static RestResult of(long number) {
        return of(PhpJson.PROVIDER.createValue(number));
    }
}
