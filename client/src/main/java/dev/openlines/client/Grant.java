// SPDX-License-Identifier: Apache-2.0
package dev.openlines.client;

import dev.openlines.model.Scope;
import dev.openlines.model.Secret;
import java.net.URI;
import java.time.Instant;
import java.util.List;

/**
 * The access that a portal granted to the application: the pair of tokens of one installation, and the addresses to use
 * them at.
 *
 * @param memberId the portal's stable identity; wire field {@code member_id}
 * @param restEndpoint REST address of the portal; wire field {@code client_endpoint}. It changes when
 *     the portal is renamed
 * @param oauthEndpoint REST address of the OAuth host that renews the tokens; wire field {@code
 *     server_endpoint}
 * @param accessToken good for an hour; wire field {@code access_token}
 * @param refreshToken valid once, to get the next pair; wire field {@code refresh_token}. Its lifetime is 180 days
 *     according to the documentation, and 30 days according to the tokens that were seen
 * @param expires when the access token expires; wire field {@code expires} or {@code expires_in}
 * @param scope the scopes that the tokens permit; wire field {@code scope}
 * @param needsReinstall whether the OAuth host refused the refresh token for good
 * @param version counts the pairs of tokens of this portal, from 0; kept by the token store
 */
public record Grant(
        String memberId,
        URI restEndpoint,
        URI oauthEndpoint,
        Secret accessToken,
        Secret refreshToken,
        Instant expires,
        List<Scope> scope,
        boolean needsReinstall,
        long version) {

    public Grant {
        if (memberId.isBlank()) {
            throw new IllegalArgumentException("expected a member id but found blank text");
        }
        scope = List.copyOf(scope);
    }

    /** Returns the next state of the same portal, one version on. */
    Grant renewed(Secret newAccess, Secret newRefresh, Instant newExpires, URI newEndpoint) {
        return new Grant(
                memberId, newEndpoint, oauthEndpoint, newAccess, newRefresh, newExpires, scope, false, version + 1);
    }

    Grant moved(URI newEndpoint) {
        return new Grant(
                memberId,
                newEndpoint,
                oauthEndpoint,
                accessToken,
                refreshToken,
                expires,
                scope,
                needsReinstall,
                version + 1);
    }

    Grant refused() {
        return new Grant(
                memberId, restEndpoint, oauthEndpoint, accessToken, refreshToken, expires, scope, true, version + 1);
    }

    Grant withVersion(long newVersion) {
        return new Grant(
                memberId,
                restEndpoint,
                oauthEndpoint,
                accessToken,
                refreshToken,
                expires,
                scope,
                needsReinstall,
                newVersion);
    }

    Ticket ticket() {
        return new Ticket(restEndpoint, accessToken);
    }
}
