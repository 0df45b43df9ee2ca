// SPDX-License-Identifier: Apache-2.0
package dev.openlines.model;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The application was updated on a portal. Tokens come with it as with {@link OnAppInstall}, and
 * under the same warning; the application token may be a new one.
 *
 * @param header the fields that every event has
 * @param version the version now installed, any text; wire field {@code data[VERSION]}
 * @param previousVersion the version before; wire field {@code data[PREVIOUS_VERSION]}
 * @param languageId the portal's language; wire field {@code data[LANGUAGE_ID]}
 * @see <a href="https://apidocs.bitrix24.com/api-reference/common/events/on-app-update.html">OnAppUpdate</a>
 */
public record OnAppUpdate(
        EventHeader header,
        @Nullable String version,
        @Nullable String previousVersion,
        @Nullable String languageId) implements Event {

    /** The event's code on the wire. */
    public static final String CODE = "ONAPPUPDATE";

    public OnAppUpdate {
        Objects.requireNonNull(header, "header");
    }
}
