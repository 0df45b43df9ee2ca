// SPDX-License-Identifier: Apache-2.0
package dev.openlines.cli;

import jakarta.json.JsonObject;
import jakarta.json.JsonString;
import jakarta.json.JsonValue;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * An answer of a portal. Only its shape is used, so {@link #toString} shows nothing but the status.
 *
 * @param status the HTTP status
 * @param headers the headers by their names in lower case; of several with one name the first
 * @param body the body, or null if it is not JSON
 */
record PortalAnswer(
        int status, Map<String, String> headers, @Nullable JsonValue body) {

    /** Returns the answer's error code, if it has one. */
    Optional<String> error() {
        return body instanceof JsonObject object && object.get("error") instanceof JsonString code
                ? Optional.of(code.getString())
                : Optional.empty();
    }

    /** Returns a value inside the answer, if it is there. */
    Optional<JsonValue> at(String... path) {
        JsonValue at = body;
        for (String name : path) {
            at = at instanceof JsonObject object ? object.get(name) : null;
        }
        return Optional.ofNullable(at);
    }

    @Override
    public String toString() {
        return "status " + status;
    }
}
