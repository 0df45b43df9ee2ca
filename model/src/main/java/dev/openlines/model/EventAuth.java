// SPDX-License-Identifier: Apache-2.0
package dev.openlines.model;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The {@code auth} block of an event.
 *
 * <p>Which fields arrive depends on the cause: an event of a signed-in user has an access token, one of a timer has
 * none, an outgoing webhook has five fields only, and a refresh token comes only with install, update and test events.
 * The token's user may be the customer of the chat, who has no rights on the portal.
 *
 * @param accessToken a one-off token of the user who caused the event; wire field
 *     {@code access_token}
 * @param expires when the access token expires; wire field {@code expires}, Unix seconds
 * @param expiresIn lifetime of the access token when issued; wire field {@code expires_in}, seconds
 * @param scope the scopes that the access token permits; wire field {@code scope}, separated by comma or space;
 *     empty if not sent
 * @param domain host name of the portal; wire field {@code domain}. It changes when a portal is
 *     renamed
 * @param serverEndpoint REST address of the OAuth host, as sent; wire field {@code server_endpoint}.
 *     Anyone can write one into a forged event: compare it with a list of your own before use
 * @param status licence status of the application; wire field {@code status}
 * @param clientEndpoint REST address of the portal, as sent; wire field {@code client_endpoint}, with
 *     the same warning
 * @param memberId the portal's stable identity; wire field {@code member_id}
 * @param userId portal user the access token belongs to; wire field {@code user_id}
 * @param refreshToken wire field {@code refresh_token}
 * @param applicationToken the static token that authenticates the sender; wire field
 *     {@code application_token}
 */
public record EventAuth(
        @Nullable Secret accessToken,
        @Nullable Instant expires,
        @Nullable Duration expiresIn,
        List<Scope> scope,
        @Nullable String domain,
        @Nullable String serverEndpoint,
        @Nullable AppStatus status,
        @Nullable String clientEndpoint,
        @Nullable String memberId,
        @Nullable Long userId,
        @Nullable Secret refreshToken,
        @Nullable Secret applicationToken) {

    private static final EventAuth NONE =
            new EventAuth(null, null, null, List.of(), null, null, null, null, null, null, null, null);

    public EventAuth {
        scope = List.copyOf(scope);
    }

    /**
     * Returns the auth of an event that came without one.
     *
     * @return an auth whose every field is absent
     */
    public static EventAuth none() {
        return NONE;
    }

    /**
     * Returns this auth without anything that grants access.
     *
     * @return a copy without access, refresh and application token
     */
    public EventAuth withoutCredentials() {
        if (accessToken == null && refreshToken == null && applicationToken == null) {
            return this;
        }
        return new EventAuth(
                null,
                expires,
                expiresIn,
                scope,
                domain,
                serverEndpoint,
                status,
                clientEndpoint,
                memberId,
                userId,
                null,
                null);
    }
}
