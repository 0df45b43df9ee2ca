// SPDX-License-Identifier: Apache-2.0
package dev.openlines.parser;

import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The two formats of a request body that carries an event. */
public enum BodyFormat {
    /** {@code application/x-www-form-urlencoded}: sent by portals. */
    FORM,

    /** {@code application/json} or any {@code +json}: used in stores and tests. */
    JSON;

    /**
     * Finds the format by the value of a {@code Content-Type} header. Parameters such as {@code charset} are ignored,
     * because a form's escapes are always UTF-8.
     *
     * @param contentType the header's value, or null if the header is missing
     * @return the format, or empty if the body is neither (HTTP 415)
     */
    public static Optional<BodyFormat> ofContentType(@Nullable String contentType) {
        if (contentType == null) {
            return Optional.empty();
        }
        int end = contentType.indexOf(';');
        String type = (end < 0 ? contentType : contentType.substring(0, end)).strip();
        if (type.equalsIgnoreCase("application/x-www-form-urlencoded")) {
            return Optional.of(FORM);
        }
        type = type.toLowerCase(Locale.ROOT);
        boolean json = type.equals("application/json") || (type.startsWith("application/") && type.endsWith("+json"));
        return json ? Optional.of(JSON) : Optional.empty();
    }
}
