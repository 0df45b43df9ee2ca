// SPDX-License-Identifier: Apache-2.0
package dev.openlines.portal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.client.Grant;
import dev.openlines.client.OAuth;
import dev.openlines.client.RestClient;
import dev.openlines.client.TokenStore;
import dev.openlines.model.Event;
import dev.openlines.model.OnAppInstall;
import dev.openlines.model.OnSessionFinish;
import dev.openlines.receiver.Handlers;
import dev.openlines.receiver.InstallationCheck;
import dev.openlines.server.ReceiverServer;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Tests of the installation of an application with pages, by the post of an administrator's browser. */
@Timeout(300)
class InstallerPageTest {

    @TempDir
    Path directory;

    private final PortalServer server = PortalServer.start();
    private final Portal portal = server.portal(PortalSetup.minted().notInstalled());
    private final BlockingQueue<Event> handled = new LinkedBlockingQueue<>();
    private final TokenStore tokens = TokenStore.memory();
    private final RestCaller caller = new RestCaller();
    private final AtomicReference<Instant> now = new AtomicReference<>(Instant.now());
    private ReceiverServer receiver;
    private URI page;

    @BeforeEach
    void start() {
        OAuth oauth = RestClient.builder()
                .allowLoopback()
                .oauthHosts(portal.serverEndpoint().getAuthority())
                .application(portal.clientId(), portal.clientSecret(), tokens)
                .build()
                .oauth();
        receiver = ReceiverServer.builder(Handlers.all((event, context) -> handled.add(event)))
                .host("127.0.0.1")
                .port(0)
                .path("/bitrix24")
                .installerPage("/install")
                .clock(now::get)
                .inbox(directory.resolve("inbox.db").toString())
                .installations(InstallationCheck.of(oauth::verify, oauth::verifyPage, oauth::refused, oauth.kept()))
                .start();
        page = receiver.url().resolve("/install");
        portal.subscribe("ONSESSIONFINISH", receiver.url());
    }

    @AfterEach
    void stop() {
        receiver.close();
        server.close();
    }

    @Test
    void anAdministratorsVisitInstallsTheApplicationAndFinishesTheInstallation() throws Exception {
        assertThat(portal.openLine("Support").openChat().close()).isEmpty();

        Delivery visit = portal.lifecycle().openInstaller(page);

        String answer = new String(visit.answer(), StandardCharsets.UTF_8);
        assertThat(visit.status()).isEqualTo(200);
        assertThat(answer)
                .contains("BX24.installFinish()", "text/html; charset=utf-8", "Cache-Control: no-store")
                .containsPattern("Content-Security-Policy: default-src 'none'; script-src https://api.bitrix24.com"
                        + " 'nonce-[0-9a-f]{32}'; .*; frame-ancestors http://127.0.0.1:"
                        + portal.restUri().getPort() + "\r\n")
                .doesNotContain(
                        portal.domain(),
                        portal.memberId(),
                        portal.applicationToken().reveal());
        assertThat(handled.poll(60, TimeUnit.SECONDS))
                .isInstanceOfSatisfying(
                        OnAppInstall.class,
                        install ->
                                assertThat(install.header().auth().memberId()).isEqualTo(portal.memberId()));
        Grant grant = tokens.find(portal.memberId()).orElseThrow();
        assertThat(grant.restEndpoint()).isEqualTo(portal.restUri());
        assertThat(portal.calls())
                .extracting(PortalCall::method)
                .as("nothing is renewed: the page still uses its tokens")
                .doesNotContain("oauth/token");
        assertThat(portal.openLine("Support").openChat().close())
                .extracting(Delivery::status)
                .containsExactly(200);
        assertThat(handled.poll(60, TimeUnit.SECONDS)).isInstanceOf(OnSessionFinish.class);
    }

    @Test
    void aSecondVisitReplacesNoGrantAndMakesNoSecondInstallation() throws Exception {
        portal.lifecycle().openInstaller(page);
        assertThat(handled.poll(60, TimeUnit.SECONDS)).isInstanceOf(OnAppInstall.class);
        Grant grant = tokens.find(portal.memberId()).orElseThrow();

        assertThat(portal.lifecycle().openInstaller(page).status()).isEqualTo(200);

        assertThat(tokens.find(portal.memberId())).contains(grant);
        assertThat(portal.openLine("Support").openChat().close().get(0).status())
                .isEqualTo(200);
        assertThat(handled.poll(60, TimeUnit.SECONDS)).isInstanceOf(OnSessionFinish.class);
    }

    @Test
    void whoeverIsNoAdministratorInstallsNothing() {
        assertThat(portal.lifecycle().openInstallerAsOperator(page).status()).isEqualTo(403);

        assertThat(tokens.find(portal.memberId())).isEmpty();
        portal.install();
        assertThat(portal.openLine("Support").openChat().close().get(0).status())
                .isEqualTo(403);
    }

    @Test
    void aTokenOfAnotherPortalOrApplicationOrNoneInstallsNothing() {
        Portal other = server.portal(PortalSetup.minted());
        String token = other.accessToken().reveal();

        assertThat(visit(form(token, portal.memberId(), portal.serverEndpoint())))
                .isEqualTo(403);
        assertThat(visit(form(token, other.memberId(), other.serverEndpoint())))
                .as("a genuine token of another application")
                .isEqualTo(403);
        assertThat(visit(form("0".repeat(70), portal.memberId(), portal.serverEndpoint())))
                .isEqualTo(403);
        assertThat(visit(form(
                        portal.accessToken().reveal(), portal.memberId(), URI.create("https://evil.example/rest/"))))
                .isEqualTo(403);
        assertThat(visit("AUTH_ID=a")).as("no member_id").isEqualTo(400);
        assertThat(visit("event=ONAPPINSTALL")).isEqualTo(400);
        assertThat(tokens.portals()).isEmpty();
        assertThat(handled).isEmpty();
    }

    @Test
    void thePathOfEventsTakesNoPageAndThePathOfThePageNoEvent() {
        String form = form(portal.accessToken().reveal(), portal.memberId(), portal.serverEndpoint());

        assertThat(caller.post(receiver.url(), form).statusCode()).isEqualTo(400);
        assertThat(caller.get(page).statusCode()).isEqualTo(405);
        assertThat(caller.post(receiver.url().resolve("/other"), form).statusCode())
                .isEqualTo(404);
    }

    @Test
    void anOAuthHostThatDoesNotAnswerMakesThePageSayTryAgain() {
        portal.faults().add(Fault.reset().on("app.info"));

        assertThat(portal.lifecycle().openInstaller(page).status()).isEqualTo(503);

        portal.faults().clear();
        assertThat(portal.lifecycle().openInstaller(page).status()).isEqualTo(200);
    }

    @Test
    void aRepeatedInstallationWithANewTokenRecoversWithoutARestart() throws Exception {
        portal.lifecycle().openInstaller(page);
        assertThat(handled.poll(60, TimeUnit.SECONDS)).isInstanceOf(OnAppInstall.class);
        String first = portal.applicationToken().reveal();
        portal.uninstall(false);
        portal.subscribe("ONSESSIONFINISH", receiver.url());
        now.updateAndGet(time -> time.plusSeconds(1));

        assertThat(portal.lifecycle().openInstaller(page).status()).isEqualTo(200);

        assertThat(portal.applicationToken().reveal()).isNotEqualTo(first);
        assertThat(handled.poll(60, TimeUnit.SECONDS)).isInstanceOf(OnAppInstall.class);
        assertThat(portal.openLine("Support").openChat().close().get(0).status())
                .isEqualTo(200);
    }

    @Test
    void installationsAndUpdatesOfThePublishedShapesAreVerifiedThoughTheyNameNoOAuthHost() throws Exception {
        portal.install();
        for (String event : new String[] {"ONAPPINSTALL&data[VERSION]=1", "ONAPPUPDATE&data[PREVIOUS_VERSION]=2.0.3"}) {
            String refresh = portal.tokens()
                    .issueRefresh(Portal.ADMIN_ID, portal.clock().instant())
                    .reveal();
            String token = event.hashCode() + "f".repeat(24);
            String auth = "&auth[access_token]=" + portal.accessToken().reveal() + "&auth[refresh_token]=" + refresh
                    + "&auth[expires_in]=3600&auth[scope]=imopenlines&auth[domain]=" + portal.domain()
                    + "&auth[member_id]=" + portal.memberId() + "&auth[application_token]=" + token;

            assertThat(caller.post(receiver.url(), "event=" + event + "&data[LANGUAGE_ID]=de&ts=1696527000" + auth)
                            .statusCode())
                    .as(event)
                    .isEqualTo(200);
            assertThat(handled.poll(60, TimeUnit.SECONDS)).isNotNull();
            assertThat(caller.post(
                                    receiver.url(),
                                    "event=ONSESSIONFINISH&ts=1&data[DATA][connector][chat_id]=17&auth[member_id]="
                                            + portal.memberId() + "&auth[application_token]=" + token)
                            .statusCode())
                    .as("the token of " + event + " counts from then on")
                    .isEqualTo(200);
            handled.clear();
        }
    }

    private int visit(String form) {
        HttpResponse<String> answer = caller.post(URI.create(page + "?DOMAIN=evil.example"), form);
        assertThat(answer.body()).doesNotContain("evil.example");
        assertThat(answer.headers().map().toString()).doesNotContain("evil.example");
        return answer.statusCode();
    }

    private static String form(String token, String memberId, URI server) {
        return "AUTH_ID=" + token + "&AUTH_EXPIRES=3600&REFRESH_ID=" + "1".repeat(70) + "&SERVER_ENDPOINT=" + server
                + "&APPLICATION_TOKEN=" + "2".repeat(32) + "&member_id=" + memberId + "&status=L&PLACEMENT=DEFAULT";
    }
}
