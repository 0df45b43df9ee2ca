// SPDX-License-Identifier: Apache-2.0
package dev.openlines.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.openlines.client.FakePortal.Answered;
import dev.openlines.model.EventAuth;
import dev.openlines.model.Scope;
import dev.openlines.model.Secret;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(300)
class OAuthTest {

    @TempDir
    Path folder;

    @Test
    void anExpiredTokenUnderTwoHundredCallsIsRefreshedOnce() throws Exception {
        try (FakeOAuth host = new FakeOAuth()) {
            RestClient client = host.client(TokenStore.memory()).build();
            client.oauth().adopt(host.first());
            host.expireAccess();

            List<CompletableFuture<RestReply>> calls = new ArrayList<>();
            for (int i = 0; i < 200; i++) {
                calls.add(client.portal(FakeOAuth.MEMBER).callAsync("crm.deal.add", Map.of()));
            }
            for (CompletableFuture<RestReply> call : calls) {
                assertThat(call.get(30, TimeUnit.SECONDS).fields().integer()).isEqualTo(2);
            }
            assertThat(host.refreshes).hasValue(1);
        }
    }

    @Test
    void twoProcessesThatShareAStoreRefreshOnce() throws Exception {
        TokenSeal seal = TokenSeal.of(TokenSeal.newKeyset());
        try (FakeOAuth host = new FakeOAuth()) {
            List<RestClient> clients = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                clients.add(host.client(TokenStore.sqlite(folder.resolve("tokens.db"), seal))
                        .build());
            }
            clients.get(0).oauth().adopt(host.first());
            for (RestClient client : clients) {
                client.portal(FakeOAuth.MEMBER).call("profile", Map.of());
            }
            host.expireAccess();

            List<CompletableFuture<RestReply>> calls = new ArrayList<>();
            for (int i = 0; i < 40; i++) {
                calls.add(clients.get(i % 4).portal(FakeOAuth.MEMBER).callAsync("profile", Map.of()));
            }
            for (CompletableFuture<RestReply> call : calls) {
                assertThat(call.get(30, TimeUnit.SECONDS).fields().integer()).isEqualTo(2);
            }
            assertThat(host.refreshes).hasValue(1);
        }
    }

    @Test
    void aTokenAboutToExpireIsRefreshedBeforeTheCall() {
        try (FakeOAuth host = new FakeOAuth()) {
            RestClient client = host.client(TokenStore.memory()).build();
            client.oauth().adopt(host.grant(1, Instant.now().plusSeconds(5)));

            assertThat(client.portal(FakeOAuth.MEMBER)
                            .call("profile", Map.of())
                            .fields()
                            .integer())
                    .isEqualTo(2);
            assertThat(host.portal.asked).hasSize(2);
        }
    }

    @Test
    void theRotatedRefreshTokenIsStoredBeforeTheNewAccessTokenIsUsed() {
        TokenStore store = TokenStore.memory();
        try (FakeOAuth host = new FakeOAuth()) {
            List<String> stored = new ArrayList<>();
            host.calls = answer -> {
                stored.add(store.find(FakeOAuth.MEMBER)
                        .orElseThrow()
                        .refreshToken()
                        .reveal());
                return answer;
            };
            RestClient client = host.client(store).build();
            client.oauth().adopt(host.first());
            host.expireAccess();

            client.portal(FakeOAuth.MEMBER).call("profile", Map.of());

            assertThat(stored).containsExactly("canary-refresh-2-x");
        }
    }

    @Test
    void aFreshTokenThatIsRefusedTooEndsTheCall() {
        try (FakeOAuth host = new FakeOAuth()) {
            RestClient client = host.client(TokenStore.memory()).build();
            client.oauth().adopt(host.first());
            host.calls = answer -> Answered.error(401, "expired_token", "again");

            assertThatThrownBy(() -> client.portal(FakeOAuth.MEMBER).call("profile", Map.of()))
                    .isExactlyInstanceOf(RestException.class)
                    .hasMessage("profile: HTTP 401 EXPIRED_TOKEN: again");
            assertThat(host.refreshes).hasValue(1);
        }
    }

    @Test
    void aRevokedRefreshTokenNeedsAReinstallAndIsNotAskedForAgain() {
        TokenStore store = TokenStore.memory();
        try (FakeOAuth host = new FakeOAuth()) {
            RestClient client = host.client(store).build();
            client.oauth().adopt(host.first());
            host.expireAccess();
            host.revoke();

            for (int i = 0; i < 3; i++) {
                assertThatThrownBy(() -> client.portal(FakeOAuth.MEMBER).call("profile", Map.of()))
                        .isInstanceOfSatisfying(
                                ReinstallRequiredException.class,
                                e -> assertThat(e.memberId()).isEqualTo(FakeOAuth.MEMBER))
                        .hasMessage("oauth.token: portal " + FakeOAuth.MEMBER
                                + " needs a re-install: its refresh token was refused");
            }
            assertThat(host.refreshes).hasValue(1);
            assertThat(store.find(FakeOAuth.MEMBER).orElseThrow().needsReinstall())
                    .isTrue();
            assertThatThrownBy(() -> client.portal("unknown").call("profile", Map.of()))
                    .hasMessage("oauth.token: portal unknown needs a re-install: there is no grant");
        }
    }

    @Test
    void aNewInstallationEndsTheNeedForOne() {
        try (FakeOAuth host = new FakeOAuth()) {
            RestClient client = host.client(TokenStore.memory()).build();
            client.oauth().adopt(host.grant(99, Instant.now().minusSeconds(1)));
            assertThatThrownBy(() -> client.portal(FakeOAuth.MEMBER).call("profile", Map.of()))
                    .isInstanceOf(ReinstallRequiredException.class);

            Grant grant = client.oauth()
                    .exchange(Secret.of("canary-code"), host.portal.rest().toString());

            assertThat(grant.scope()).containsExactly(Scope.IMOPENLINES, Scope.IM);
            assertThat(grant.oauthEndpoint()).isEqualTo(host.portal.rest());
            assertThat(client.portal(FakeOAuth.MEMBER)
                            .call("profile", Map.of())
                            .fields()
                            .integer())
                    .isEqualTo(1);
        }
    }

    @Test
    void anOAuthHostThatIsDownForAWhileIsAskedAgain() {
        AtomicInteger count = new AtomicInteger();
        try (FakeOAuth host = new FakeOAuth()) {
            RestClient client = host.client(TokenStore.memory()).build();
            client.oauth().adopt(host.first());
            host.expireAccess();
            host.oauth = good -> count.incrementAndGet() < 3 ? new Answered(503, Map.of(), "<html>down</html>") : good;

            assertThat(client.portal(FakeOAuth.MEMBER)
                            .call("profile", Map.of())
                            .fields()
                            .integer())
                    .isEqualTo(2);
        }
    }

    /** Checks that a page refuses no installation for good and ends no grant: it says nothing about the tokens. */
    @Test
    void aPageInsteadOfAnOAuthHostsAnswerIsNoRefusal() {
        AtomicInteger count = new AtomicInteger();
        Answered page = new Answered(200, Map.of("Content-Type", "text/html"), "<html>one moment</html>");
        try (FakeOAuth host = new FakeOAuth()) {
            OAuth oauth = host.client(TokenStore.memory()).build().oauth();
            EventAuth claim = auth(
                    "canary-refresh-1-x", FakeOAuth.MEMBER, host.portal.rest().toString());
            host.oauth = good -> page;
            assertThatThrownBy(() -> oauth.verify(claim)).isInstanceOf(NoAnswerException.class);
            host.oauth = good -> good;
            assertThat(oauth.verify(claim)).isEqualTo(Verification.VERIFIED);
        }
        try (FakeOAuth host = new FakeOAuth()) {
            RestClient client = host.client(TokenStore.memory()).build();
            client.oauth().adopt(host.first());
            host.expireAccess();
            host.oauth = good -> count.incrementAndGet() < 3 ? page : good;

            assertThat(client.portal(FakeOAuth.MEMBER)
                            .call("profile", Map.of())
                            .fields()
                            .integer())
                    .isEqualTo(2);
        }
    }

    @Test
    void anOAuthHostThatStaysDownFailsTheCallButNotTheGrant() {
        TokenStore store = TokenStore.memory();
        try (FakeOAuth host = new FakeOAuth()) {
            RestClient client = host.client(store).build();
            client.oauth().adopt(host.first());
            host.expireAccess();
            host.oauth = good -> new Answered(500, Map.of(), "");

            assertThatThrownBy(() -> client.portal(FakeOAuth.MEMBER).call("profile", Map.of()))
                    .isInstanceOf(RetriableRestException.class)
                    .hasMessage("oauth.token: HTTP 500 without an error code");
            assertThat(store.find(FakeOAuth.MEMBER).orElseThrow().needsReinstall())
                    .isFalse();

            host.oauth = good -> good;
            assertThat(client.portal(FakeOAuth.MEMBER)
                            .call("profile", Map.of())
                            .fields()
                            .integer())
                    .isEqualTo(2);
        }
    }

    @Test
    void aRenamedPortalIsRememberedInTheStore() {
        TokenStore store = TokenStore.memory();
        try (FakeOAuth host = new FakeOAuth();
                FakePortal old = new FakePortal(asked -> new Answered(
                        302,
                        Map.of("Location", host.portal.address("/rest/profile").toString()),
                        ""))) {
            RestClient client = host.client(store).build();
            Grant first = host.first();
            client.oauth().adopt(first.moved(old.rest()));

            client.portal(FakeOAuth.MEMBER).call("profile", Map.of());
            client.portal(FakeOAuth.MEMBER).call("profile", Map.of());

            assertThat(old.asked).hasSize(1);
            assertThat(store.find(FakeOAuth.MEMBER).orElseThrow().restEndpoint())
                    .isEqualTo(host.portal.rest());
        }
    }

    @Test
    void anInstallationIsVerifiedIfTheOAuthHostRenewsItsTokensAndAnAdministratorHasThem() {
        TokenStore store = TokenStore.memory();
        try (FakeOAuth host = new FakeOAuth()) {
            OAuth oauth = host.client(store).build().oauth();
            String server = host.portal.rest().toString();

            assertThat(oauth.verify(auth("canary-refresh-1-x", FakeOAuth.MEMBER, server)))
                    .isEqualTo(Verification.VERIFIED);
            Grant grant = store.find(FakeOAuth.MEMBER).orElseThrow();
            assertThat(grant.accessToken().reveal()).isEqualTo("canary-access-2-x");

            for (EventAuth forged : List.of(
                    auth("forged-refresh-token", FakeOAuth.MEMBER, server),
                    auth("canary-refresh-2-x", "ffffffffffffffffffffffffffffffff", server),
                    auth(null, FakeOAuth.MEMBER, server))) {
                assertThat(oauth.verify(forged)).isEqualTo(Verification.REFUSED);
            }
            assertThat(store.find(FakeOAuth.MEMBER)).contains(grant);
            assertThat(store.find("ffffffffffffffffffffffffffffffff")).isEmpty();
        }
    }

    @Test
    void tokensOfAUserWhoIsNotAnAdministratorReplaceNoGrant() {
        TokenStore store = TokenStore.memory();
        try (FakeOAuth host = new FakeOAuth()) {
            OAuth oauth = host.client(store).build().oauth();
            Grant before = oauth.adopt(host.grant(7, Instant.now().plusSeconds(3600)));
            host.administrator = false;

            assertThat(oauth.verify(auth(
                            "canary-refresh-1-x",
                            FakeOAuth.MEMBER,
                            host.portal.rest().toString())))
                    .isEqualTo(Verification.NOT_ADMINISTRATOR);
            assertThat(store.find(FakeOAuth.MEMBER)).contains(before);

            // An inactive user has no profile.
            host.profile = good -> Answered.ok("{\"result\":[]}");
            assertThat(oauth.verify(auth(
                            "canary-refresh-1-x",
                            FakeOAuth.MEMBER,
                            host.portal.rest().toString())))
                    .isEqualTo(Verification.NOT_ADMINISTRATOR);
            assertThat(store.find(FakeOAuth.MEMBER)).contains(before);
        }
    }

    @Test
    void aPortalThatGivesNoAnswerNowIsAskedLaterAndTheOAuthHostIsNotAskedAgain() {
        TokenStore store = TokenStore.memory();
        try (FakeOAuth host = new FakeOAuth()) {
            OAuth oauth = host.client(store).build().oauth();
            EventAuth claim = auth(
                    "canary-refresh-1-x", FakeOAuth.MEMBER, host.portal.rest().toString());
            host.profile = good -> new Answered(503, Map.of(), "<html>down</html>");
            assertThatThrownBy(() -> oauth.verify(claim)).isInstanceOf(RetriableRestException.class);
            assertThat(store.find(FakeOAuth.MEMBER)).isEmpty();

            host.profile = good -> good;
            assertThat(oauth.verify(claim)).isEqualTo(Verification.VERIFIED);
            assertThat(host.refreshes).hasValue(1);
            assertThat(store.find(FakeOAuth.MEMBER)).isPresent();
        }
    }

    @Test
    void anErrorAboutTheApplicationSaysNothingAboutTheInstallation() {
        try (FakeOAuth host = new FakeOAuth()) {
            OAuth oauth = host.client(TokenStore.memory()).build().oauth();
            for (String error : List.of("invalid_client", "PAYMENT_REQUIRED", "QUERY_LIMIT_EXCEEDED")) {
                host.oauth = good -> Answered.error(401, error, "no");
                assertThatThrownBy(() -> oauth.verify(auth(
                                "canary-refresh-1-x",
                                FakeOAuth.MEMBER,
                                host.portal.rest().toString())))
                        .isInstanceOf(RestException.class);
            }
            assertThat(host.refreshes).as("one attempt each").hasValue(3);
        }
    }

    @Test
    void aGrantIsRefusedOnlyIfTheOAuthHostSaysSo() {
        TokenStore store = TokenStore.memory();
        try (FakeOAuth host = new FakeOAuth()) {
            OAuth oauth = host.client(store).build().oauth();
            assertThat(oauth.refused(FakeOAuth.MEMBER)).as("no grant").isFalse();
            oauth.adopt(host.first());

            assertThat(oauth.refused(FakeOAuth.MEMBER)).isFalse();
            assertThat(store.find(FakeOAuth.MEMBER).orElseThrow().refreshToken().reveal())
                    .isEqualTo("canary-refresh-2-x");

            host.oauth = good -> new Answered(503, Map.of(), "");
            assertThatThrownBy(() -> oauth.refused(FakeOAuth.MEMBER)).isInstanceOf(RetriableRestException.class);

            host.oauth = good -> good;
            host.revoke();
            assertThat(oauth.refused(FakeOAuth.MEMBER)).isTrue();
            int asked = host.refreshes.get();
            assertThat(oauth.refused(FakeOAuth.MEMBER)).isTrue();
            assertThat(host.refreshes).as("it is known by now").hasValue(asked);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://evil.example/rest/",
                "https://oauth.bitrix.info.evil.example/rest/",
                "https://oauth.bitrix.info@evil.example/rest/",
                "https://user@oauth.bitrix.info/rest/",
                "https://oauth.bitrix.info:8443/rest/",
                "http://169.254.169.254/latest/",
                "https://[::1]/rest/",
                "evil.example",
                "not a host"
            })
    void aForgedOAuthHostNeverSeesTheSecret(String server) {
        RestClient client = RestClient.builder()
                .application("app.1", FakeOAuth.SECRET, TokenStore.memory())
                .resolver(name -> {
                    throw new AssertionError("must not be resolved");
                })
                .build();
        assertThat(client.oauth().verify(auth("canary-refresh-1-x", FakeOAuth.MEMBER, server)))
                .isEqualTo(Verification.REFUSED);
    }

    @Test
    void anInstallationThatNamesNoOAuthHostIsVerifiedByTheAllowedOnes() {
        TokenStore store = TokenStore.memory();
        try (FakeOAuth other = new FakeOAuth();
                FakeOAuth host = new FakeOAuth()) {
            other.revoke();
            String first = "127.0.0.1:" + other.portal.rest().getPort();
            String second = "127.0.0.1:" + host.portal.rest().getPort();
            OAuth oauth = host.client(store).oauthHosts(first, second).build().oauth();

            assertThat(oauth.verify(auth("canary-refresh-1-x", FakeOAuth.MEMBER, null)))
                    .isEqualTo(Verification.VERIFIED);
            assertThat(oauth.verify(auth("forged-refresh-token", FakeOAuth.MEMBER, null)))
                    .isEqualTo(Verification.REFUSED);
            assertThat(store.find(FakeOAuth.MEMBER)
                            .orElseThrow()
                            .oauthEndpoint()
                            .getAuthority())
                    .isEqualTo(second);
        }
    }

    @Test
    void anAllowedHostByPlainHttpIsRefused() {
        RestClient client = RestClient.builder()
                .application("app.1", FakeOAuth.SECRET, TokenStore.memory())
                .build();
        assertThat(client.oauth()
                        .verify(auth("canary-refresh-1-x", FakeOAuth.MEMBER, "http://oauth.bitrix.info/rest/")))
                .isEqualTo(Verification.REFUSED);
    }

    @Test
    void theAuthorisationAddressHasTheIdAndTheStateAndNoSecret() {
        RestClient client = RestClient.builder()
                .application("local.a&b", FakeOAuth.SECRET, TokenStore.memory())
                .build();
        String state = OAuth.newState();
        assertThat(state).matches("[0-9a-f]{32}").isNotEqualTo(OAuth.newState());
        assertThat(client.oauth().authorisationAddress(URI.create("https://p.bitrix24.com"), state))
                .hasToString("https://p.bitrix24.com/oauth/authorize/?client_id=local.a%26b&state=" + state);
        assertThatThrownBy(() -> client.oauth().authorisationAddress(URI.create("http://p.bitrix24.com"), state))
                .hasMessage("expected https but found http, which is for loopback and must be allowed");
    }

    @Test
    void aClientWithoutAnApplicationHasNoGrants() {
        assertThatThrownBy(() -> RestClient.create().portal(FakeOAuth.MEMBER))
                .hasMessage("expected a client built with application(id, secret, tokens)");
    }

    @Test
    void noSecretIsInAnAddressOrATextOrAFile() throws Exception {
        Path file = folder.resolve("sealed.db");
        TokenStore store = TokenStore.sqlite(file, TokenSeal.of(TokenSeal.newKeyset()));
        try (FakeOAuth host = new FakeOAuth()) {
            RestClient client = host.client(store).build();
            Grant grant = client.oauth().adopt(host.first());
            host.expireAccess();
            client.portal(FakeOAuth.MEMBER).call("profile", Map.of());
            host.oauth = good -> Answered.error(400, "invalid_request", "canary-client-secret canary-refresh-2-x");
            host.expireAccess();
            List<Throwable> thrown = new ArrayList<>();
            try {
                client.portal(FakeOAuth.MEMBER).call("profile", Map.of());
            } catch (ClientException e) {
                thrown.add(e);
            }

            assertThat(thrown).singleElement().satisfies(e -> {
                java.io.StringWriter trace = new java.io.StringWriter();
                e.printStackTrace(new java.io.PrintWriter(trace));
                assertThat(trace.toString()).contains("*** ***").doesNotContain("canary");
            });
            assertThat(grant.toString() + client.portal(FakeOAuth.MEMBER)).doesNotContain("canary");
            assertThat(host.portal.asked)
                    .allSatisfy(
                            asked -> assertThat(asked.path() + asked.query()).doesNotContain("canary"));
            try (var files = Files.list(folder)) {
                assertThat(files)
                        .isNotEmpty()
                        .allSatisfy(
                                path -> assertThat(new String(Files.readAllBytes(path), StandardCharsets.ISO_8859_1))
                                        .doesNotContain("canary"));
            }
        }
    }

    private static EventAuth auth(String refreshToken, String memberId, String server) {
        return new EventAuth(
                Secret.of("whatever"),
                null,
                Duration.ofHours(1),
                List.of(),
                "p.example",
                server,
                null,
                "https://forged.example/rest/",
                memberId,
                1L,
                refreshToken == null ? null : Secret.of(refreshToken),
                Secret.of("application"));
    }
}
