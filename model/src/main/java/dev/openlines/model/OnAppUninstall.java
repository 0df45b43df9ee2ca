// SPDX-License-Identifier: Apache-2.0
package dev.openlines.model;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The application was removed from a portal. It comes without an access token, so the application token is the only
 * proof.
 *
 * @param header the fields that every event has
 * @param clean whether the application's data is to be deleted; wire field {@code data[CLEAN]}, 1 or
 *     0
 * @param languageId the portal's language; wire field {@code data[LANGUAGE_ID]}
 * @see <a href="https://apidocs.bitrix24.com/api-reference/common/events/on-app-uninstall.html">OnAppUninstall</a>
 */
public record OnAppUninstall(
        EventHeader header,
        @Nullable Boolean clean,
        @Nullable String languageId) implements Event {

    /** The event's code on the wire. */
    public static final String CODE = "ONAPPUNINSTALL";

    public OnAppUninstall {
        Objects.requireNonNull(header, "header");
    }
}
