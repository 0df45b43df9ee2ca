// SPDX-License-Identifier: Apache-2.0
package dev.openlines.portal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.openlines.client.Grant;
import dev.openlines.client.NoAnswerException;
import dev.openlines.client.PortalClient;
import dev.openlines.client.RestCall;
import dev.openlines.client.RestClient;
import dev.openlines.client.RestException;
import dev.openlines.client.RetriableRestException;
import dev.openlines.client.TokenStore;
import dev.openlines.model.OnSessionFinish;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The client against a simulated portal with faults. */
@SimulatedPortal
@Timeout(300)
class ClientFaultTest {

    private final TokenStore tokens = TokenStore.memory();

    @Test
    @Tag("long")
    void aPortalThatThrottlesForThirtySecondsLosesNothing(Portal portal) throws Exception {
        portal.clock().freeze();
        portal.faults().add(Fault.throttled().until(portal.clock().instant().plusSeconds(30)));
        PortalClient calls = granted(portal);
        List<CompletableFuture<Void>> binds = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            binds.add(calls.subscriptions()
                    .bindAsync(dev.openlines.client.Subscription.online(
                            OnSessionFinish.CODE, URI.create("https://app.example/" + i))));
        }
        // All were refused once before the portal's clock moves on.
        assertThat(portal.awaitCall(call -> throttled(portal) >= 40, Duration.ofSeconds(30)))
                .isTrue();
        assertThat(portal.subscriptions()).isEmpty();
        portal.clock().advance(Duration.ofSeconds(30));

        for (CompletableFuture<Void> bind : binds) {
            bind.get(40, TimeUnit.SECONDS);
        }
        // One too many would have been refused as bound already.
        assertThat(portal.subscriptions()).hasSize(40);
    }

    private static long throttled(Portal portal) {
        return portal.calls().stream().filter(call -> call.status() == 503).count();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            401 | expired_token
            403 | expired_token
            200 | expired_token
            401 | invalid_token
            400 | EXPIRED_TOKEN
            """)
    void anExpiredTokenIsRefreshedWhateverTheStatus(int status, String code, Portal portal) {
        PortalClient calls = granted(portal);
        portal.faults().add(Fault.error(status, code, "").on("profile").first(1));

        assertThat(calls.call("profile", Map.of()).object()).containsKey("ID");
        assertThat(refreshes(portal)).isEqualTo(1);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            503 | QUERY_LIMIT_EXCEEDED
            429 | QUERY_LIMIT_EXCEEDED
            200 | QUERY_LIMIT_EXCEEDED
            401 | CONNECTION_ERROR
            """)
    void aCallThatDidNotRunIsSentAgainWhateverTheStatus(int status, String code, Portal portal) {
        PortalClient calls = granted(portal);
        portal.faults().add(Fault.error(status, code, "").on("event.bind").first(1));

        calls.subscriptions().bind(finish("https://app.example/h"));

        assertThat(portal.subscriptions()).hasSize(1);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            200 | ACCESS_DENIED
            401 | insufficient_scope
            403 | insufficient_scope
            403 | PORTAL_DELETED
            500 | PORTAL_DELETED
            400 | SOMETHING_NEW
            """)
    void anErrorIsNotSentAgainWhateverTheStatus(int status, String code, Portal portal) {
        PortalClient calls = granted(portal);
        portal.faults().add(Fault.error(status, code, "so it is").on("profile"));

        assertThatThrownBy(() -> calls.call("profile", Map.of()))
                .isExactlyInstanceOf(RestException.class)
                .hasMessage("profile: HTTP " + status + " " + code.toUpperCase(java.util.Locale.ROOT) + ": so it is");
        assertThat(portal.calls().stream().filter(call -> call.method().equals("profile")))
                .hasSize(1);
    }

    @Test
    void aBindWhoseAnswerIsLostIsEnsuredOnce(Portal portal) {
        PortalClient calls = granted(portal);
        portal.faults().add(Fault.truncated().on("event.bind").first(1));

        // It was bound by the first attempt, and the second was told so.
        assertThat(calls.subscriptions().ensure(finish("https://app.example/h")))
                .isFalse();
        assertThat(portal.subscriptions()).hasSize(1);
    }

    @Test
    void aCallOfUnknownOutcomeIsNotRepeatedUnlessThatDoesNoHarm(Portal portal) {
        PortalClient calls = granted(portal);
        portal.faults().add(Fault.reset().on("event.test").first(1));

        assertThatThrownBy(() -> calls.call("event.test", Map.of()))
                .isInstanceOf(NoAnswerException.class)
                .hasMessage("event.test: no answer: the connection broke (the call may have run)");
        portal.faults().clear();
        portal.faults().add(Fault.reset().on("event.test").first(1));
        assertThat(calls.call(RestCall.of("event.test").idempotent()).result()).hasToString("1");
    }

    @Test
    void aRenamedPortalIsFoundAndRemembered(Portal portal) {
        PortalClient calls = granted(portal);
        URI there = URI.create(portal.restUri().toString().replace("127.0.0.1", "localhost"));
        portal.faults().add(Fault.movedTo(there).first(1));

        assertThat(calls.call("profile", Map.of()).object()).containsKey("ID");
        assertThat(tokens.find(portal.memberId()).orElseThrow().restEndpoint()).isEqualTo(there);
        assertThat(calls.call("profile", Map.of()).object()).containsKey("ID");
    }

    @Test
    void anOAuthHostThatIsDownForAWhileIsWaitedFor(Portal portal) {
        PortalClient calls = granted(portal);
        portal.clock().advance(Duration.ofHours(2));
        portal.faults().add(Fault.gateway(502).on("oauth/token").first(2));

        assertThat(calls.call("profile", Map.of()).object()).containsKey("ID");
        assertThat(refreshes(portal)).isEqualTo(1);
    }

    @Test
    void anOAuthHostThatStaysDownFailsTheCallAndNotTheGrant(Portal portal) {
        PortalClient calls = granted(portal);
        portal.clock().advance(Duration.ofHours(2));
        portal.faults().add(Fault.error(503, "temporarily_unavailable", "").on("oauth/token"));
        portal.faults().add(Fault.gateway(500).on("oauth/token"));

        assertThatThrownBy(() -> calls.call("profile", Map.of()))
                .isInstanceOf(RestException.class)
                .hasMessage("oauth.token: HTTP 503 TEMPORARILY_UNAVAILABLE");
        portal.faults().clear();
        portal.faults().add(Fault.gateway(500).on("oauth/token"));
        assertThatThrownBy(() -> calls.call("profile", Map.of()))
                .isInstanceOf(RetriableRestException.class)
                .hasMessage("oauth.token: HTTP 500 without an error code (text/html, 39 bytes; JSON expected)");
        assertThat(tokens.find(portal.memberId()).orElseThrow().needsReinstall())
                .isFalse();

        portal.faults().clear();
        assertThat(calls.call("profile", Map.of()).object()).containsKey("ID");
    }

    @Test
    void theSessionOfAClosedChatIsFoundThoughTheChatHasForgottenIt(Portal portal) {
        PortalClient calls = granted(portal);
        PortalChat chat = portal.openLine("Line").openChat();
        chat.customerWrites("Hello");
        long session = chat.sessionId();
        assertThat(calls.openLines().dialog(chat.id()).sessionId()).isEqualTo(session);
        Instant closedAt = portal.clock().instant();
        chat.close();

        assertThat(calls.openLines().dialog(chat.id()).sessionId()).isNull();
        assertThat(calls.openLines().sessionOfClosedChat(chat.id(), closedAt).orElseThrow())
                .satisfies(history -> {
                    assertThat(history.sessionId()).isEqualTo(session);
                    assertThat(history.chatId()).isEqualTo(chat.id());
                    assertThat(history.messages())
                            .extracting(dev.openlines.client.OpenLines.Message::text)
                            .contains("Hello");
                });
        assertThat(calls.openLines().history(session).sessionId()).isEqualTo(session);
        assertThat(calls.openLines().line(chat.line().id()).orElseThrow().name())
                .isEqualTo("Line");
        assertThat(calls.openLines().line(999)).isEmpty();
    }

    private static dev.openlines.client.Subscription finish(String handler) {
        return dev.openlines.client.Subscription.online(OnSessionFinish.CODE, URI.create(handler));
    }

    private static long refreshes(Portal portal) {
        return portal.calls().stream()
                .filter(call -> call.method().equals("oauth/token") && call.status() == 200)
                .count();
    }

    /** Returns a portal with a grant that was got some other way. */
    private PortalClient granted(Portal portal) {
        RestClient client = RestClient.builder()
                .allowLoopback()
                .oauthHosts(portal.serverEndpoint().getAuthority())
                .portalDomains("localhost")
                .application(portal.clientId(), portal.clientSecret(), tokens)
                .build();
        client.oauth()
                .adopt(new Grant(
                        portal.memberId(),
                        portal.restUri(),
                        portal.serverEndpoint(),
                        portal.accessToken(),
                        refreshToken(portal),
                        Instant.now().plusSeconds(3600),
                        List.of(),
                        false,
                        0));
        return client.portal(portal.memberId());
    }

    private static dev.openlines.model.Secret refreshToken(Portal portal) {
        synchronized (portal) {
            return portal.tokens().issueRefresh(Portal.ADMIN_ID, portal.clock().instant());
        }
    }
}
