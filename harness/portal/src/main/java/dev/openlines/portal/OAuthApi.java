// SPDX-License-Identifier: Apache-2.0
package dev.openlines.portal;

import dev.openlines.model.Secret;
import dev.openlines.portal.wire.EventBodies;
import jakarta.json.JsonObjectBuilder;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * {@code oauth/authorize/} of a portal and {@code oauth/token/} of its OAuth host.
 *
 * <p>By the portal's clock, a code is valid once and for thirty seconds, an access token for an hour, and a refresh
 * token once and for thirty days. The answer to a refresh has the next pair.
 */
final class OAuthApi {

    private final Portal portal;
    private final RestRequest request;
    private @Nullable String error;

    private OAuthApi(Portal portal, RestRequest request) {
        this.portal = portal;
        this.request = request;
    }

    static RestReply answer(Portal portal, RestRequest request) {
        Instant at = Instant.now();
        long begun = System.nanoTime();
        String page = String.join("/", request.path());
        OAuthApi api = new OAuthApi(portal, request);
        Fault fault = portal.faults().due("oauth/" + page, portal.clock().instant());
        RestReply right = fault == null || fault.isAfterwards() ? api.answered(page) : null;
        RestReply reply = fault == null && right != null
                ? right
                : Objects.requireNonNull(fault).spoil(right, "");
        String error = fault == null ? api.error : fault.errorCode();
        boolean known = page.equals("authorize") || page.equals("token");
        portal.journal()
                .add(
                        new PortalCall(
                                at,
                                known ? "oauth/" + page : "oauth",
                                RestApi.masked(request.parameters()),
                                0,
                                reply.status(),
                                error,
                                known,
                                known ? Provenance.DOCS : Provenance.UNBUILT,
                                Duration.ofNanos(System.nanoTime() - begun),
                                fault == null ? null : fault.toString()),
                        null);
        return reply;
    }

    private RestReply answered(String page) {
        try {
            return switch (page) {
                case "authorize" -> authorize();
                case "token" -> token();
                default -> throw RestMethods.lacks("the OAuth page asked for");
            };
        } catch (RestError e) {
            error = e.code();
            return RestReply.phpJson(e.status(), e.body());
        }
    }

    /** Shows a failure on the portal's page, without a redirect of the browser. */
    private RestReply authorize() {
        String client = request.text("client_id").orElse("");
        Optional<URI> target =
                portal.redirectUri().or(() -> request.text("redirect_uri").flatMap(OAuthApi::address));
        if (!client.equals(portal.clientId())) {
            return RestReply.text(400, "Application not found");
        }
        if (target.isEmpty()) {
            return RestReply.text(400, "the application has no redirect address: set one up, or send redirect_uri");
        }
        Secret code;
        synchronized (portal) {
            code = portal.tokens().issueCode(Portal.ADMIN_ID, portal.clock().instant());
        }
        Map<String, String> query = new LinkedHashMap<>();
        query.put("code", code.reveal());
        query.put("state", request.text("state").orElse(""));
        query.put("domain", portal.domain());
        query.put("member_id", portal.memberId());
        query.put("scope", String.join(",", portal.application().scope()));
        query.put("server_domain", request.authHostAsSeen(portal).getAuthority());
        StringBuilder location = new StringBuilder(target.get().toString());
        char before = location.indexOf("?") < 0 ? '?' : '&';
        for (Map.Entry<String, String> part : query.entrySet()) {
            location.append(before)
                    .append(part.getKey())
                    .append('=')
                    .append(URLEncoder.encode(part.getValue(), StandardCharsets.UTF_8));
            before = '&';
        }
        return new RestReply(302, Map.of("Location", location.toString()), new byte[0]);
    }

    private static Optional<URI> address(String text) {
        try {
            URI uri = URI.create(text);
            boolean web = "http".equals(uri.getScheme()) || "https".equals(uri.getScheme());
            return web && uri.getHost() != null ? Optional.of(uri) : Optional.empty();
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    private RestReply token() {
        String grantType = request.text("grant_type").orElse("");
        if (!grantType.equals("authorization_code") && !grantType.equals("refresh_token")) {
            throw new RestError(400, "invalid_request", "Invalid grant_type parameter or parameter missing");
        }
        String client = request.text("client_id").orElse("");
        String secret = request.text("client_secret").orElse("");
        if (client.isEmpty() || secret.isEmpty()) {
            throw new RestError(400, "invalid_request", "client_id and client_secret are required");
        }
        if (!client.equals(portal.clientId())) {
            // The vendor's host gives no reason, and answers with a success status.
            error = "wrong_client";
            return RestReply.phpJson(
                    200, EventBodies.object().add("error", "wrong_client").build());
        }
        if (!Secret.of(secret).equals(portal.clientSecret())) {
            throw new RestError(401, "invalid_client", "The client credentials are invalid");
        }
        @Nullable String wanted = request.text("scope").orElse(null);
        if (wanted != null
                && !wanted.isEmpty()
                && !portal.application().scope().containsAll(java.util.List.of(wanted.split("[,\\s]+")))) {
            throw new RestError(400, "invalid_scope", "The requested scope exceeds the scope of the application");
        }
        synchronized (portal) {
            if (!portal.application().paid()) {
                throw new RestError(402, "PAYMENT_REQUIRED", "Payment required");
            }
            Instant now = portal.clock().instant();
            TokenStore.Grant grant = (grantType.equals("refresh_token")
                            ? portal.tokens()
                                    .takeRefresh(request.text("refresh_token").orElse(""))
                            : portal.tokens().takeCode(request.text("code").orElse("")))
                    .filter(taken -> !taken.expiredAt(now))
                    .orElseThrow(() -> new RestError(400, "invalid_grant", "Invalid or expired grant"));
            return RestReply.phpJson(200, granted(grant.userId(), now).build());
        }
    }

    private JsonObjectBuilder granted(long userId, Instant now) {
        Instant expires = now.plus(EventBodies.ACCESS_LIFETIME);
        return EventBodies.object()
                .add(
                        "access_token",
                        portal.tokens().issueAccess(userId, expires).reveal())
                .add("expires", expires.getEpochSecond())
                .add("expires_in", EventBodies.ACCESS_LIFETIME.toSeconds())
                .add("scope", String.join(",", portal.application().scope()))
                .add("domain", request.authHostAsSeen(portal).getAuthority())
                .add("server_endpoint", request.authHostAsSeen(portal).toString())
                .add("status", "L")
                .add("client_endpoint", request.portalAsSeen(portal).toString())
                .add("member_id", portal.memberId())
                .add("user_id", userId)
                .add("refresh_token", portal.tokens().issueRefresh(userId, now).reveal());
    }
}
