// SPDX-License-Identifier: Apache-2.0
package dev.openlines.portal;

import jakarta.json.JsonValue;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * One authorised call of a REST method.
 *
 * @param portal the portal
 * @param user the user on whose behalf the call is made
 * @param webhook whether an incoming webhook's code authorised it, not an application's token
 * @param connector the reserved parameter {@code auth_connector}, empty if there is none
 * @param parameters without the reserved ones
 * @param request the request of the call
 */
record RestContext(
        Portal portal,
        PortalUser user,
        boolean webhook,
        String connector,
        Map<String, JsonValue> parameters,
        RestRequest request) {

    /** Returns the call with the names of its top-level parameters in upper case, as some methods read them. */
    RestContext upperCase() {
        Map<String, JsonValue> upper = new LinkedHashMap<>();
        parameters.forEach((name, value) -> upper.put(name.toUpperCase(Locale.ROOT), value));
        return new RestContext(portal, user, webhook, connector, upper, request);
    }

    /** Returns the access token, or the webhook's code. */
    String credential() {
        return webhook ? request.path().get(1) : request.accessToken().orElse("");
    }

    boolean has(String name) {
        return parameters.containsKey(name);
    }

    /** Returns a scalar parameter, or empty text if it is absent or no scalar. */
    String text(String name) {
        return Optional.ofNullable(parameters.get(name))
                .flatMap(RestRequest::scalar)
                .orElse("");
    }

    /** Returns whether PHP treats a parameter as true. */
    boolean truthy(String name) {
        JsonValue value = parameters.get(name);
        if (value == null || value.equals(JsonValue.NULL) || value.equals(JsonValue.FALSE)) {
            return false;
        }
        return switch (value.getValueType()) {
            case ARRAY -> !value.asJsonArray().isEmpty();
            case OBJECT -> !value.asJsonObject().isEmpty();
            default -> !text(name).isEmpty() && !text(name).equals("0");
        };
    }

    /** Returns PHP's {@code intval}: the leading digits of a text, else 0. */
    long integer(String name) {
        return intval(text(name));
    }

    static long intval(String text) {
        String trimmed = text.strip();
        int end = trimmed.startsWith("-") || trimmed.startsWith("+") ? 1 : 0;
        while (end < trimmed.length() && trimmed.charAt(end) >= '0' && trimmed.charAt(end) <= '9') {
            end++;
        }
        try {
            return Long.parseLong(trimmed.substring(0, end));
        } catch (NumberFormatException e) {
            return trimmed.length() > 18 && end > 18 ? Long.MAX_VALUE : 0;
        }
    }
}
