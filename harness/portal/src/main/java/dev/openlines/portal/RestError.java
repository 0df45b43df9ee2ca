// SPDX-License-Identifier: Apache-2.0
package dev.openlines.portal;

import dev.openlines.portal.wire.EventBodies;
import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
import org.jspecify.annotations.Nullable;

/** A refusal of a REST or OAuth call, with the texts of {@code error} and {@code error_description}. */
final class RestError extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final int status;
    private final String code;
    private final @Nullable String argument;

    RestError(int status, String code, String description) {
        this(status, code, description, null);
    }

    private RestError(int status, String code, String description, @Nullable String argument) {
        super(description, null, false, false);
        this.status = status;
        this.code = code;
        this.argument = argument;
    }

    static RestError argument(String description, String argument) {
        return new RestError(400, "ERROR_ARGUMENT", description, argument);
    }

    static RestError missing(String argument) {
        return argument("Argument '" + argument + "' is null or empty", argument);
    }

    static RestError accessDenied(String detail) {
        return new RestError(403, "ACCESS_DENIED", detail.isEmpty() ? "Access denied!" : "Access denied! " + detail);
    }

    static RestError wrongAuthType() {
        return new RestError(403, "WRONG_AUTH_TYPE", "Current authorization type is denied for this method");
    }

    int status() {
        return status;
    }

    String code() {
        return code;
    }

    /** Returns the body of an answer of REST 3.0. */
    JsonObject bodyOfThree() {
        return EventBodies.object()
                .add("error", EventBodies.object().add("code", code).add("message", String.valueOf(getMessage())))
                .build();
    }

    /** Returns the answer's body. */
    JsonObject body() {
        JsonObjectBuilder body =
                EventBodies.object().add("error", code).add("error_description", String.valueOf(getMessage()));
        if (argument != null) {
            body.add("argument", argument);
        }
        return body.build();
    }
}
