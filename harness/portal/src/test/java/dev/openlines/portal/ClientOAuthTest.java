// SPDX-License-Identifier: Apache-2.0
package dev.openlines.portal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.openlines.client.Grant;
import dev.openlines.client.OAuth;
import dev.openlines.client.PortalClient;
import dev.openlines.client.ReinstallRequiredException;
import dev.openlines.client.RestClient;
import dev.openlines.client.RestException;
import dev.openlines.client.RestReply;
import dev.openlines.client.TokenStore;
import dev.openlines.client.Verification;
import dev.openlines.model.EventAuth;
import dev.openlines.model.OnAppInstall;
import dev.openlines.model.OnAppUpdate;
import dev.openlines.model.OnSessionFinish;
import dev.openlines.model.Secret;
import dev.openlines.parser.BodyFormat;
import dev.openlines.parser.Envelope;
import dev.openlines.parser.EventDecoder;
import dev.openlines.parser.Limits;
import dev.openlines.receiver.Handlers;
import dev.openlines.server.ReceiverServer;
import dev.openlines.server.Settings;
import dev.openlines.testkit.RecordingHandler;
import java.net.URI;
import java.net.URLDecoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The client gets into a simulated portal, and stays in. */
@SimulatedPortal
@Timeout(300)
class ClientOAuthTest {

    private final TokenStore tokens = TokenStore.memory();

    @Test
    void aUserWhoAgreesLeadsToAGrantThatRefreshes() throws Exception {
        try (PortalServer server = PortalServer.start()) {
            URI back = URI.create("https://app.example/back");
            Portal portal = server.portal(PortalSetup.minted().redirectUri(back));
            RestClient client = client(portal);
            String state = OAuth.newState();

            HttpResponse<String> redirect = HttpClient.newHttpClient()
                    .send(
                            HttpRequest.newBuilder(client.oauth().authorisationAddress(server.uri(), state))
                                    .build(),
                            HttpResponse.BodyHandlers.ofString());

            URI returned = URI.create(redirect.headers().firstValue("location").orElseThrow());
            assertThat(returned.getHost()).isEqualTo("app.example");
            Map<String, String> query = query(returned);
            assertThat(query).containsEntry("state", state).containsEntry("member_id", portal.memberId());
            Secret code = Secret.of(query.get("code"));
            Grant grant = client.oauth().exchange(code, portal.serverEndpoint().toString());
            assertThat(grant.memberId()).isEqualTo(portal.memberId());
            assertThat(grant.restEndpoint()).isEqualTo(portal.restUri());

            PortalClient calls = client.portal(portal.memberId());
            assertThat(calls.openLines().profile().orElseThrow().administrator())
                    .isTrue();
            portal.clock().advance(Duration.ofHours(2));
            assertThat(calls.openLines().app().installed()).isTrue();
            assertThat(refreshes(portal)).isEqualTo(1);
            assertThat(tokens.find(portal.memberId()).orElseThrow().accessToken())
                    .isNotEqualTo(grant.accessToken());
            assertThatThrownBy(() -> client.oauth()
                            .exchange(code, portal.serverEndpoint().toString()))
                    .isInstanceOf(RestException.class)
                    .hasMessage("oauth.token: HTTP 400 INVALID_GRANT: Invalid or expired grant");
        }
    }

    @Test
    void anExpiredTokenUnderTwoHundredCallsIsRefreshedOnce(Portal portal) throws Exception {
        RestClient client = client(portal);
        install(portal, client);
        portal.clock().advance(Duration.ofHours(2));

        List<CompletableFuture<RestReply>> calls = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            calls.add(client.portal(portal.memberId()).callAsync("profile", Map.of()));
        }
        for (CompletableFuture<RestReply> call : calls) {
            assertThat(call.get(40, TimeUnit.SECONDS).object()).containsKey("ID");
        }

        // One verified the installation.
        assertThat(refreshes(portal)).isEqualTo(2);
    }

    @Test
    void aForgedInstallationStoresNothing(Portal portal) {
        RestClient client = client(portal);
        EventAuth auth = auth(portal);
        EventAuth forged = new EventAuth(
                auth.accessToken(),
                auth.expires(),
                auth.expiresIn(),
                auth.scope(),
                auth.domain(),
                auth.serverEndpoint(),
                auth.status(),
                "https://evil.example/rest/",
                auth.memberId(),
                auth.userId(),
                Secret.of("forged"),
                auth.applicationToken());

        assertThat(client.oauth().verify(forged)).isEqualTo(Verification.REFUSED);
        assertThat(tokens.find(portal.memberId())).isEmpty();
    }

    @Test
    void aRefreshTokenThatIsTooOldNeedsAReinstallWhichHelps(Portal portal) {
        RestClient client = client(portal);
        install(portal, client);
        PortalClient calls = client.portal(portal.memberId());
        portal.clock().advance(Duration.ofDays(400));

        for (int i = 0; i < 2; i++) {
            assertThatThrownBy(() -> calls.call("profile", Map.of()))
                    .isInstanceOf(ReinstallRequiredException.class)
                    .hasMessage("oauth.token: portal " + portal.memberId()
                            + " needs a re-install: its refresh token was refused");
        }
        assertThat(tokens.find(portal.memberId()).orElseThrow().needsReinstall())
                .isTrue();

        install(portal, client);
        assertThat(calls.call("profile", Map.of()).object()).containsKey("ID");
    }

    @Test
    void subscriptionsThatAnUpdateEndedAreMadeAnewByItsHandler(Portal portal, @TempDir Path folder) throws Exception {
        RestClient client = client(portal);
        install(portal, client);
        PortalClient calls = client.portal(portal.memberId());
        List<dev.openlines.client.Subscription> wanted = new ArrayList<>();
        BlockingQueue<OnSessionFinish> closed = new LinkedBlockingQueue<>();
        BlockingQueue<Integer> bound = new LinkedBlockingQueue<>();
        try (ReceiverServer receiver = ReceiverServer.builder(Handlers.on(
                                OnSessionFinish.class, (event, context) -> closed.add(event))
                        .on(
                                OnAppUpdate.class,
                                (event, context) -> bound.add(client.portal(context.memberId())
                                        .subscriptions()
                                        .ensure(wanted)
                                        .missing()
                                        .size()))
                        .otherwise((event, context) -> {}))
                .settings(Settings.of(Map.of(
                        "OPENLINES_PORT", "0",
                        "OPENLINES_INBOX", folder.resolve("inbox.db").toString(),
                        "OPENLINES_MEMBER_ID", portal.memberId(),
                        "OPENLINES_APPLICATION_TOKEN", portal.applicationToken().reveal())))
                .start()) {
            wanted.add(dev.openlines.client.Subscription.online(OnSessionFinish.CODE, receiver.url()));
            wanted.add(dev.openlines.client.Subscription.online(OnAppUpdate.CODE, receiver.url()));
            calls.subscriptions().ensure(wanted);
            // The documents say this about an update; the source says otherwise.
            calls.subscriptions().unbind(wanted.get(0));

            portal.update(false);

            assertThat(bound.poll(30, TimeUnit.SECONDS)).isEqualTo(1);
            assertThat(calls.subscriptions().plan(wanted).settled()).isTrue();
            portal.openLine("Line").openChat().close();
            assertThat(closed.poll(30, TimeUnit.SECONDS)).isNotNull();
        }
    }

    private RestClient client(Portal portal) {
        return RestClient.builder()
                .allowLoopback()
                .rate(1e6, 1_000_000)
                .oauthHosts(portal.serverEndpoint().getAuthority())
                .application(portal.clientId(), portal.clientSecret(), tokens)
                .build();
    }

    /** Installs the application as its own install handler does. */
    private static void install(Portal portal, RestClient client) {
        assertThat(client.oauth().verify(auth(portal))).isEqualTo(Verification.VERIFIED);
    }

    /** Returns the auth of an {@code OnAppInstall} as it came over the wire. */
    private static EventAuth auth(Portal portal) {
        try (RecordingHandler handler = RecordingHandler.start()) {
            portal.subscribe(OnAppInstall.CODE, handler.uri());
            portal.install();
            byte[] body = handler.body(0).getBytes(StandardCharsets.ISO_8859_1);
            EventAuth auth = EventDecoder.lenient()
                    .decode(Envelope.parse(body, BodyFormat.FORM, Limits.DEFAULT))
                    .event()
                    .header()
                    .auth();
            assertThat(auth).isNotNull();
            return auth;
        }
    }

    private static long refreshes(Portal portal) {
        return portal.calls().stream()
                .filter(call -> call.method().equals("oauth/token"))
                .filter(call -> call.parameters().toString().contains("refresh_token"))
                .filter(call -> call.status() == 200)
                .count();
    }

    private static Map<String, String> query(URI address) {
        Map<String, String> query = new HashMap<>();
        for (String part : address.getRawQuery().split("&")) {
            String[] pair = part.split("=", 2);
            query.put(pair[0], URLDecoder.decode(pair[1], StandardCharsets.UTF_8));
        }
        return query;
    }
}
