// SPDX-License-Identifier: Apache-2.0
package dev.openlines.portal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.model.Secret;
import dev.openlines.portal.wire.EventBodies;
import dev.openlines.portal.wire.PhpJson;
import jakarta.json.JsonObject;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

@SimulatedPortal(strict = false)
class OAuthTest {

    private final RestCaller caller = new RestCaller();

    @Test
    void authoriseRedirectsWithACodeThatIsGoodOnce(Portal portal) {
        HttpResponse<String> redirect = authorize(portal);

        assertThat(redirect.statusCode()).isEqualTo(302);
        URI location = URI.create(redirect.headers().firstValue("location").orElseThrow());
        assertThat(location.toString()).startsWith("http://app.test/back?x=1&code=");
        Map<String, String> query = query(location);
        assertThat(query)
                .containsEntry("state", "s 1")
                .containsEntry("domain", portal.domain())
                .containsEntry("member_id", portal.memberId())
                .containsEntry("scope", "imopenlines,imconnector,im,user_brief")
                .containsEntry("server_domain", portal.serverEndpoint().getAuthority());

        JsonObject granted = json(token(portal, "authorization_code", "code", query.get("code")));
        assertThat(caller.post(portal.restUri().resolve("profile"), "auth=" + granted.getString("access_token"))
                        .body())
                .startsWith("{\"result\":{\"ID\":\"1\",\"ADMIN\":true,");
        assertThat(token(portal, "authorization_code", "code", query.get("code"))
                        .body())
                .isEqualTo("{\"error\":\"invalid_grant\",\"error_description\":\"Invalid or expired grant\"}");
    }

    @Test
    void aCodeExpiresAfterHalfAMinuteOfThePortalsClock(Portal portal) {
        String code = query(URI.create(
                        authorize(portal).headers().firstValue("location").orElseThrow()))
                .get("code");
        portal.clock().advance(Duration.ofSeconds(31));

        assertThat(token(portal, "authorization_code", "code", code).statusCode())
                .isEqualTo(400);
    }

    @Test
    void aRefreshRotatesTheTokenAndNamesThisPortal(Portal portal) {
        portal.clock().freezeAt(Instant.parse("2026-11-22T12:00:00Z"));
        Secret refresh = refreshToken(portal);

        HttpResponse<String> response = token(portal, "refresh_token", "refresh_token", refresh.reveal());

        assertThat(response.statusCode()).isEqualTo(200);
        JsonObject granted = json(response);
        assertThat(granted.keySet())
                .containsExactly(
                        "access_token",
                        "expires",
                        "expires_in",
                        "scope",
                        "domain",
                        "server_endpoint",
                        "status",
                        "client_endpoint",
                        "member_id",
                        "user_id",
                        "refresh_token");
        assertThat(granted.getInt("expires")).isEqualTo(1795348800 + 3600);
        assertThat(granted.getInt("expires_in")).isEqualTo(3600);
        assertThat(granted.getString("client_endpoint"))
                .isEqualTo(portal.restUri().toString());
        assertThat(granted.getString("member_id")).isEqualTo(portal.memberId());
        assertThat(granted.getString("refresh_token")).isNotEqualTo(refresh.reveal());
        assertThat(token(portal, "refresh_token", "refresh_token", refresh.reveal())
                        .statusCode())
                .isEqualTo(400);
        assertThat(token(portal, "refresh_token", "refresh_token", granted.getString("refresh_token"))
                        .statusCode())
                .isEqualTo(200);
    }

    @Test
    void tokensComeByGetAndByPostAndByJsonOnEveryAddressThatClientsGuess(Portal portal) {
        String query = "grant_type=refresh_token&client_id=" + portal.clientId() + "&client_secret="
                + portal.clientSecret().reveal() + "&refresh_token=";
        String server = portal.serverEndpoint().toString();
        String root = "http://" + portal.serverEndpoint().getAuthority();

        for (String address : new String[] {
            server.replace("/rest/", "/oauth/token/"),
            server.replace("/rest/", "/oauth/token"),
            server.replace("/auth/rest/", "/oauth/token/"),
            root + "/oauth/token/",
            root + "//oauth/token/"
        }) {
            String byGet = address + "?" + query + refreshToken(portal).reveal();
            assertThat(caller.get(URI.create(byGet)).statusCode()).as(address).isEqualTo(200);
            assertThat(caller.post(
                                    URI.create(address),
                                    query + refreshToken(portal).reveal())
                            .statusCode())
                    .as(address)
                    .isEqualTo(200);
        }
        String json = EventBodies.object()
                .add("grant_type", "refresh_token")
                .add("client_id", portal.clientId())
                .add("client_secret", portal.clientSecret().reveal())
                .add("refresh_token", refreshToken(portal).reveal())
                .build()
                .toString();
        assertThat(caller.post(URI.create(root + "/oauth/token/"), json, "Content-Type", "application/json")
                        .statusCode())
                .isEqualTo(200);
    }

    @Test
    void everyRefusalHasItsCodeAndStatus(Portal portal) {
        URI uri = tokenUri(portal);
        String client = "&client_id=" + portal.clientId() + "&client_secret="
                + portal.clientSecret().reveal();
        String refresh = "grant_type=refresh_token&refresh_token=";

        assertError(caller.post(uri, "grant_type=password" + client), 400, "invalid_request");
        assertError(caller.post(uri, refresh + "x"), 400, "invalid_request");
        HttpResponse<String> unknown = caller.post(uri, refresh + "x&client_id=nobody&client_secret=x");
        assertThat(unknown.body()).isEqualTo("{\"error\":\"wrong_client\"}");
        assertThat(unknown.statusCode()).isEqualTo(200);
        assertError(
                caller.post(uri, refresh + "x&client_id=" + portal.clientId() + "&client_secret=wrong"),
                401,
                "invalid_client");
        assertError(caller.post(uri, refresh + "x" + client), 400, "invalid_grant");
        assertError(caller.post(uri, refresh + "x&scope=crm" + client), 400, "invalid_scope");
        Secret token = refreshToken(portal);
        portal.paid(false);
        assertError(caller.post(uri, refresh + token.reveal() + client), 402, "PAYMENT_REQUIRED");
        portal.paid(true);
        portal.clock().advance(Duration.ofDays(30));
        assertError(caller.post(uri, refresh + token.reveal() + client), 400, "invalid_grant");
        assertThat(portal.calls()).extracting(PortalCall::method).containsOnly("oauth/token");
        assertThat(portal.calls().toString())
                .doesNotContain(token.reveal(), portal.clientSecret().reveal());
    }

    @Test
    void authoriseFailsOnThePortalsOwnPage(Portal portal) {
        URI page = portal.restUri().resolve("../oauth/authorize/?client_id=nobody&redirect_uri=http://app.test/");

        HttpResponse<String> response = caller.get(page);

        assertThat(response.statusCode()).isEqualTo(400);
        assertThat(response.headers().firstValue("location")).isEmpty();
    }

    @Test
    void theOauthHostSaysWhichPortalATokenBelongsTo(Portal portal) {
        HttpResponse<String> response = caller.get(portal.serverEndpoint()
                .resolve("app.info?auth=" + portal.accessToken().reveal()));

        JsonObject install = json(response).getJsonObject("result").getJsonObject("install");
        assertThat(install.getString("member_id")).isEqualTo(portal.memberId());
        assertThat(install.getString("uri") + "/rest/")
                .isEqualTo(portal.restUri().toString());
        assertThat(caller.get(portal.serverEndpoint()
                                .resolve("app.info?auth="
                                        + portal.expiredAccessToken().reveal()))
                        .statusCode())
                .isEqualTo(401);
    }

    private static void assertError(HttpResponse<String> response, int status, String code) {
        assertThat(response.body()).startsWith("{\"error\":\"" + code + "\",\"error_description\":\"");
        assertThat(response.statusCode()).isEqualTo(status);
    }

    private static Secret refreshToken(Portal portal) {
        synchronized (portal) {
            return portal.tokens().issueRefresh(Portal.ADMIN_ID, portal.clock().instant());
        }
    }

    private HttpResponse<String> authorize(Portal portal) {
        return caller.get(portal.restUri()
                .resolve("../oauth/authorize/?client_id=" + portal.clientId()
                        + "&state=s+1&redirect_uri=http%3A%2F%2Fapp.test%2Fback%3Fx%3D1"));
    }

    private static URI tokenUri(Portal portal) {
        return URI.create(portal.serverEndpoint().toString().replace("/rest/", "/oauth/token/"));
    }

    private HttpResponse<String> token(Portal portal, String type, String name, String value) {
        return caller.post(
                tokenUri(portal),
                "grant_type=" + type + "&client_id=" + portal.clientId() + "&client_secret="
                        + portal.clientSecret().reveal() + "&" + name + "=" + value);
    }

    private static JsonObject json(HttpResponse<String> response) {
        return PhpJson.parse(response.body().getBytes(StandardCharsets.UTF_8)).asJsonObject();
    }

    private static Map<String, String> query(URI uri) {
        return Arrays.stream(uri.getRawQuery().split("&"))
                .map(pair -> pair.split("=", 2))
                .collect(Collectors.toMap(
                        pair -> pair[0], pair -> java.net.URLDecoder.decode(pair[1], StandardCharsets.UTF_8)));
    }
}
