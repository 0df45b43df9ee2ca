// SPDX-License-Identifier: Apache-2.0
package dev.openlines.client;

import dev.openlines.client.FakePortal.Answered;
import dev.openlines.client.FakePortal.Asked;
import dev.openlines.model.Secret;
import dev.openlines.parser.Limits;
import dev.openlines.parser.PhpForm;
import jakarta.json.JsonObject;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;

/**
 * A portal and its OAuth host in one, with one installation. A refresh hands out the next pair of tokens;
 * the pair before stays good until the first use of the new access token, and is dead from then on.
 */
final class FakeOAuth implements AutoCloseable {

    static final String MEMBER = "0123456789abcdef0123456789abcdef";
    static final Secret SECRET = Secret.of("canary-client-secret");

    final FakePortal portal = new FakePortal(this::answer);
    final AtomicInteger refreshes = new AtomicInteger();

    /** The number of the newest pair, and of the oldest that is still good. Guarded by this. */
    private int newest = 1;

    private int oldest = 1;
    private int expired;
    private boolean revoked;

    /** Set if the user of the tokens is an administrator, as the portal says. */
    volatile boolean administrator = true;

    /** A change to the portal's good answer about the user. */
    volatile UnaryOperator<Answered> profile = UnaryOperator.identity();

    /** A change to the OAuth host's good answer. */
    volatile UnaryOperator<Answered> oauth = UnaryOperator.identity();

    /** Answers calls that got in. */
    volatile UnaryOperator<Answered> calls = UnaryOperator.identity();

    synchronized void expireAccess() {
        expired = newest;
    }

    synchronized void revoke() {
        revoked = true;
    }

    RestClient.Builder client(TokenStore store) {
        return RestClient.builder()
                .allowLoopback()
                .rate(1_000_000, 1_000_000)
                .haste(50)
                .patience(Duration.ofMinutes(30))
                .oauthTimeout(Duration.ofMinutes(2))
                .oauthHosts("127.0.0.1:" + portal.rest().getPort())
                .portalDomains("127.0.0.1")
                .application("app.1", SECRET, store);
    }

    Grant first() {
        return grant(1, Instant.now().plusSeconds(3600));
    }

    Grant grant(int pair, Instant expires) {
        return new Grant(
                MEMBER,
                portal.rest(),
                portal.rest(),
                Secret.of("canary-access-" + pair + "-x"),
                Secret.of("canary-refresh-" + pair + "-x"),
                expires,
                List.of(),
                false,
                0);
    }

    Answered answer(Asked asked) {
        return asked.path().startsWith("/oauth/") ? oauth.apply(token(asked)) : rest(asked);
    }

    private synchronized Answered token(Asked asked) {
        JsonObject form = (JsonObject)
                PhpForm.decode(asked.body().getBytes(java.nio.charset.StandardCharsets.UTF_8), Limits.DEFAULT);
        if (!SECRET.reveal().equals(form.getString("client_secret"))) {
            return new Answered(401, java.util.Map.of(), "{\"error\":\"invalid_client\"}");
        }
        if (form.getString("grant_type").equals("authorization_code")) {
            return form.getString("code").equals("canary-code") ? pair(1) : refused();
        }
        refreshes.incrementAndGet();
        int used = number(form.getString("refresh_token"), "canary-refresh-");
        if (revoked || used < oldest || used > newest) {
            return refused();
        }
        // Asked again for the same pair, it gives the same successor.
        newest = used == newest ? newest + 1 : newest;
        return pair(newest);
    }

    /** Answers a REST call. The owner of tokens is asked by a form; all other calls are JSON. */
    private synchronized Answered rest(Asked asked) {
        boolean whose = asked.path().endsWith("/profile") && !asked.body().startsWith("{");
        JsonObject fields = whose
                ? (JsonObject)
                        PhpForm.decode(asked.body().getBytes(java.nio.charset.StandardCharsets.UTF_8), Limits.DEFAULT)
                : asked.json();
        int used = number(fields.getString("auth"), "canary-access-");
        if (used < oldest || used > newest || used <= expired) {
            return Answered.error(401, "expired_token", "The access token provided has expired.");
        }
        oldest = used;
        if (whose) {
            return profile.apply(Answered.ok("{\"result\":{\"ID\":\"1\",\"ADMIN\":" + administrator + "}}"));
        }
        return calls.apply(Answered.ok("{\"result\":" + used + "}"));
    }

    private static Answered refused() {
        return new Answered(400, java.util.Map.of(), "{\"error\":\"invalid_grant\"}");
    }

    private Answered pair(int number) {
        return Answered.ok("{\"access_token\":\"canary-access-" + number + "-x\",\"refresh_token\":\"canary-refresh-"
                + number + "-x\",\"expires_in\":3600,\"member_id\":\"" + MEMBER + "\",\"scope\":\"imopenlines,im\","
                + "\"client_endpoint\":\"" + portal.rest() + "\",\"server_endpoint\":\""
                + URI.create("http://evil.example/rest/")
                + "\",\"domain\":\"oauth.bitrix.info\",\"status\":\"L\"}");
    }

    private static int number(String token, String prefix) {
        return token.startsWith(prefix) && token.endsWith("-x")
                ? Integer.parseInt(token.substring(prefix.length(), token.length() - 2))
                : -1;
    }

    @Override
    public void close() {
        portal.close();
    }
}
