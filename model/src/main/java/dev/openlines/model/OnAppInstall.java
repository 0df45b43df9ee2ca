// SPDX-License-Identifier: Apache-2.0
package dev.openlines.model;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The application was installed on a portal. The auth block has an access and a refresh token and
 * the application token that authenticates every later event.
 *
 * <p>Anyone can post such an event. Verify the access token with an OAuth host of your own list before you trust
 * anything in the event.
 *
 * @param header the fields that every event has
 * @param version the installed version, any text; wire field {@code data[VERSION]}
 * @param active wire field {@code data[ACTIVE]}, {@code Y} or {@code N}
 * @param installed whether the installation is finished; wire field {@code data[INSTALLED]}
 * @param languageId the portal's language, such as {@code en}; wire field {@code data[LANGUAGE_ID]}
 * @see <a href="https://apidocs.bitrix24.com/api-reference/common/events/on-app-install.html">OnAppInstall</a>
 */
public record OnAppInstall(
        EventHeader header,
        @Nullable String version,
        @Nullable Boolean active,
        @Nullable Boolean installed,
        @Nullable String languageId)
        implements Event {

    /** The event's code on the wire. */
    public static final String CODE = "ONAPPINSTALL";

    public OnAppInstall {
        Objects.requireNonNull(header, "header");
    }
}
