// SPDX-License-Identifier: Apache-2.0
package dev.openlines.model;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * An administrator allowed or forbade a method that needs consent, after the application had called it and was told to
 * wait. The answer counts only for the access token of that call. The documentation shows the event without further
 * tokens; no request was seen.
 *
 * @param header the fields that every event has
 * @param token the access token that the answer is about; wire field {@code data[TOKEN]}. It grants access: it is null
 *     if the delivery was stored without credentials
 * @param method the method, such as {@code voximplant.user.get}; wire field {@code data[METHOD]}
 * @param confirmed whether it is allowed; wire field {@code data[CONFIRMED]}, 1 or 0
 * @param languageId the portal's language; wire field {@code data[LANGUAGE_ID]}
 * @see <a
 *     href="https://apidocs.bitrix24.com/api-reference/common/events/on-app-method-confirm.html">OnAppMethodConfirm</a>
 */
public record OnAppMethodConfirm(
        EventHeader header,
        @Nullable Secret token,
        @Nullable String method,
        @Nullable Boolean confirmed,
        @Nullable String languageId)
        implements Event {

    /** The event's code on the wire. */
    public static final String CODE = "ONAPPMETHODCONFIRM";

    public OnAppMethodConfirm {
        Objects.requireNonNull(header, "header");
    }
}
