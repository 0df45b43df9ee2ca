// SPDX-License-Identifier: Apache-2.0
package dev.openlines.client;

import dev.openlines.model.EventAuth;
import dev.openlines.model.Secret;
import jakarta.json.JsonObject;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Checks the tokens that a portal's page posts to an application's installer page, without renewing them. */
final class InstallerCheck {

    private static final String METHOD = "app.info";

    private final OAuth oauth;
    private final Grants grants;
    private final String clientId;

    InstallerCheck(OAuth oauth, Grants grants, String clientId) {
        this.oauth = oauth;
        this.grants = grants;
        this.clientId = clientId;
    }

    /** Returns the portal's REST address if the claim is an administrator's of that portal. */
    Optional<URI> portal(EventAuth claim) {
        Secret accessToken = claim.accessToken();
        String memberId = claim.memberId();
        if (accessToken == null || memberId == null || memberId.isBlank()) {
            return Optional.empty();
        }
        try {
            for (URI host : oauth.hosts(claim)) {
                Optional<URI> portal = portalOf(host, accessToken, memberId);
                if (portal.isPresent()) {
                    boolean administrator = oauth.administrator(portal.get(), accessToken);
                    if (administrator) {
                        adoptIfNone(claim, memberId, accessToken, host, portal.get());
                    }
                    return administrator ? portal : Optional.empty();
                }
            }
        } catch (AddressRefusedException | UnexpectedReplyException e) {
            return Optional.empty();
        }
        return Optional.empty();
    }

    /** Asks an OAuth host what a token is for; empty if it is not one of this application and portal. */
    private Optional<URI> portalOf(URI host, Secret accessToken, String memberId) {
        JsonObject answer;
        try {
            answer = oauth.post(
                    METHOD,
                    host.resolve(METHOD),
                    Wire.JSON
                            .createObjectBuilder()
                            .add("auth", accessToken.reveal())
                            .build(),
                    List.of(accessToken));
        } catch (RestException e) {
            if (e.status() == 401 || e.is(ErrorCode.INVALID_TOKEN) || e.is(ErrorCode.EXPIRED_TOKEN)) {
                return Optional.empty();
            }
            throw e;
        }
        Fields info = new Fields(METHOD, "$", answer).member("result");
        Fields install = info.member("install");
        if (!clientId.equals(info.member("client_id").textOrNull())
                || !memberId.equals(install.member("member_id").textOrNull())) {
            return Optional.empty();
        }
        String endpoint = install.member("client_endpoint").text();
        try {
            return Optional.of(oauth.checked(URI.create(endpoint)));
        } catch (IllegalArgumentException e) {
            throw install.member("client_endpoint").unexpected("https://HOST/rest/");
        }
    }

    /**
     * Stores a grant if there is none. Another one is never replaced, so that the page of one user does not end the
     * tokens of another.
     */
    private void adoptIfNone(EventAuth claim, String memberId, Secret accessToken, URI host, URI portal) {
        Secret refreshToken = claim.refreshToken();
        boolean works =
                grants.find(memberId).filter(grant -> !grant.needsReinstall()).isPresent();
        if (works || refreshToken == null) {
            return;
        }
        Duration lifetime = claim.expiresIn() == null ? Duration.ofHours(1) : claim.expiresIn();
        grants.install(new Grant(
                memberId,
                portal,
                host,
                accessToken,
                refreshToken,
                oauth.now().plus(lifetime),
                claim.scope(),
                false,
                0));
    }
}
