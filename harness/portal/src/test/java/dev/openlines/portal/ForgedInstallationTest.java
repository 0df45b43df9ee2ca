// SPDX-License-Identifier: Apache-2.0
package dev.openlines.portal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.client.Grant;
import dev.openlines.client.OAuth;
import dev.openlines.client.RestClient;
import dev.openlines.client.TokenSeal;
import dev.openlines.client.TokenStore;
import dev.openlines.model.OnSessionFinish;
import dev.openlines.receiver.Handlers;
import dev.openlines.receiver.InstallationCheck;
import dev.openlines.server.ReceiverServer;
import dev.openlines.server.Settings;
import dev.openlines.testkit.Await;
import dev.openlines.testkit.RawHttp;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests of forged installations and uninstallations, by users of a portal and by strangers. */
@Timeout(300)
class ForgedInstallationTest {

    private static final String EVIL = "e".repeat(32);

    @TempDir
    Path directory;

    private final PortalServer server = PortalServer.start();
    private final Portal portal = server.portal(PortalSetup.minted());
    private final Set<Long> handled = ConcurrentHashMap.newKeySet();
    private TokenStore tokens;
    private ReceiverServer receiver;

    @BeforeEach
    void start() {
        tokens = TokenStore.sqlite(directory.resolve("tokens.db"), TokenSeal.of(TokenSeal.newKeyset()));
        OAuth oauth = RestClient.builder()
                .allowLoopback()
                .oauthHosts(portal.serverEndpoint().getAuthority())
                .application(portal.clientId(), portal.clientSecret(), tokens)
                .build()
                .oauth();
        receiver = ReceiverServer.builder(Handlers.on(
                                OnSessionFinish.class,
                                (finish, context) ->
                                        handled.add(finish.chats().get(0).chatId()))
                        .otherwise((event, context) -> {}))
                .settings(Settings.of(Map.of(
                        "OPENLINES_PORT",
                        "0",
                        "OPENLINES_INBOX",
                        directory.resolve("inbox.db").toString(),
                        "OPENLINES_MEMBER_ID",
                        "f".repeat(32),
                        "OPENLINES_APPLICATION_TOKEN",
                        "of-another-portal")))
                .installations(InstallationCheck.of(oauth::verify, oauth::refused, oauth.kept()))
                .start();
        portal.subscribe("ONAPPINSTALL", receiver.url());
        portal.subscribe("ONAPPUNINSTALL", receiver.url());
        portal.subscribe("ONSESSIONFINISH", receiver.url());
    }

    @AfterEach
    void stop() {
        receiver.close();
        server.close();
    }

    @Test
    void tokensOfAnOrdinaryUserAreNotTrustedAndTheGenuineOnesGoOn() throws Exception {
        assertThat(portal.install().get(0).status()).isEqualTo(200);
        Grant before = tokens.find(portal.memberId()).orElseThrow();
        // If an application has a page, every user finds such a token in the browser.
        String refresh = portal.tokens()
                .issueRefresh(Portal.OPERATOR_ID, portal.clock().instant())
                .reveal();

        assertThat(post("127.0.0.2", install(portal, refresh, EVIL))).isEqualTo(403);
        assertThat(post("127.0.0.2", finish(portal.memberId(), EVIL, 17))).isEqualTo(403);

        theGenuineOnesGoOn(before);
    }

    /** Installs another application: its tokens are an administrator's, and its events come from the portal itself. */
    @Test
    void anotherApplicationOfThePortalCanNeitherInstallNorSendEventsForThisOne() throws Exception {
        assertThat(portal.install().get(0).status()).isEqualTo(200);
        Grant before = tokens.find(portal.memberId()).orElseThrow();
        Portal other = server.portal(PortalSetup.minted().memberId(portal.memberId()));
        assertThat(other.clientId()).isNotEqualTo(portal.clientId());
        String refresh = other.tokens()
                .issueRefresh(Portal.ADMIN_ID, portal.clock().instant())
                .reveal();
        String token = other.applicationToken().reveal();

        assertThat(post("127.0.0.2", install(portal, refresh, token))).isEqualTo(403);
        assertThat(post("127.0.0.2", finish(portal.memberId(), token, 17))).isEqualTo(403);
        assertThat(post("127.0.0.2", "event=ONAPPUNINSTALL&data%5BCLEAN%5D=1&ts=1" + auth(portal.memberId(), token)))
                .isEqualTo(403);

        theGenuineOnesGoOn(before);
    }

    /** Installs this application on another portal: its tokens are good, for that portal alone. */
    @Test
    void anotherPortalsInstallationCannotStandForThisOne() throws Exception {
        assertThat(portal.install().get(0).status()).isEqualTo(200);
        Grant before = tokens.find(portal.memberId()).orElseThrow();
        Portal other = server.portal(PortalSetup.minted().client(portal.clientId(), portal.clientSecret()));
        String refresh = other.tokens()
                .issueRefresh(Portal.ADMIN_ID, portal.clock().instant())
                .reveal();

        assertThat(post("127.0.0.2", install(other, portal.memberId(), refresh, EVIL)))
                .isEqualTo(403);
        assertThat(post("127.0.0.2", finish(portal.memberId(), EVIL, 17))).isEqualTo(403);

        theGenuineOnesGoOn(before);
    }

    /** Checks that events of closed chats go on, since storing them needs no tokens. */
    @ParameterizedTest
    @ValueSource(strings = {"removed", "replaced", "restored"})
    void whileTheTokenStoreIsNotTheOneThatWasOpenedNoInstallationIsTaken(String how) throws Exception {
        Path file = directory.resolve("tokens.db");
        Path older = Files.copy(file, directory.resolve("older.db"));
        assertThat(portal.install().get(0).status()).isEqualTo(200);
        String token = portal.applicationToken().reveal();

        switch (how) {
            case "removed" -> Files.delete(file);
            case "replaced" -> Files.move(older, file, StandardCopyOption.ATOMIC_MOVE);
            default -> Files.write(file, Files.readAllBytes(older));
        }

        assertThat(portal.install().get(0).status()).isEqualTo(503);
        assertThat(post("127.0.0.1", finish(portal.memberId(), token, 18))).isEqualTo(200);
        Await.until(() -> handled.contains(18L));
    }

    private void theGenuineOnesGoOn(Grant before) throws IOException {
        assertThat(tokens.find(portal.memberId())).contains(before);
        assertThat(post(
                        "127.0.0.1",
                        finish(portal.memberId(), portal.applicationToken().reveal(), 18)))
                .isEqualTo(200);
        Await.until(() -> handled.contains(18L));
        assertThat(handled).doesNotContain(17L);
    }

    @Test
    void aThiefOfTheApplicationTokenCannotUninstallThePortalsApplication() throws Exception {
        assertThat(portal.install().get(0).status()).isEqualTo(200);
        String token = portal.applicationToken().reveal();
        String forged = "event=ONAPPUNINSTALL&data%5BCLEAN%5D=1&ts=1" + auth(portal.memberId(), token);

        assertThat(post("127.0.0.2", forged)).isEqualTo(200);
        assertThat(post("127.0.0.1", finish(portal.memberId(), token, 18))).isEqualTo(200);

        assertThat(portal.uninstall(true).get(0).status()).isEqualTo(200);
        Await.until(() -> statusOf("127.0.0.1", finish(portal.memberId(), token, 19)) == 403);
    }

    /** Sends from four addresses as fast as they can; each portal sends from another. */
    @Test
    void aFloodOfForgedInstallationsKeepsNoGenuineOneOutAndIsNoFloodForTheOAuthHost() throws Exception {
        assertThat(portal.install().get(0).status()).isEqualTo(200);
        String token = portal.applicationToken().reveal();
        AtomicBoolean end = new AtomicBoolean();
        AtomicInteger forged = new AtomicInteger();
        Queue<String> failures = new ConcurrentLinkedQueue<>();
        List<Thread> flood = new ArrayList<>();
        for (int i = 2; i < 6; i++) {
            String source = "127.0.0." + i;
            String member = i % 2 == 0 ? portal.memberId() : "";
            flood.add(new Thread(() -> {
                while (!end.get()) {
                    try {
                        int number = forged.incrementAndGet();
                        String of = member.isEmpty() ? "stranger" + number : member;
                        int status = post(source, install(portal, of, "bogus" + number, EVIL));
                        if (status != 403 && status != 503 && status != 200) {
                            failures.add(source + " got " + status);
                        }
                    } catch (IOException e) {
                        failures.add(source + " got " + e);
                    }
                }
            }));
        }
        flood.forEach(Thread::start);
        try {
            Await.until(() -> forged.get() > 300);
            for (long chat = 1; chat <= 100; chat++) {
                assertThat(post("127.0.0.1", finish(portal.memberId(), token, chat)))
                        .isEqualTo(200);
                if (chat % 40 == 0) {
                    assertThat(portal.install().get(0).status()).isEqualTo(200);
                }
            }
        } finally {
            end.set(true);
            for (Thread thread : flood) {
                thread.join();
            }
        }

        assertThat(failures).isEmpty();
        Await.until(() -> handled.size() == 100);
        assertThat(post("127.0.0.1", finish(portal.memberId(), EVIL, 1000))).isEqualTo(403);
        long refused = portal.calls().stream()
                .filter(call -> call.method().equals("oauth/token") && call.status() == 400)
                .count();
        // Both budgets of all, and what they regain in the time that the test may take.
        assertThat(refused).isPositive().isLessThan(2 * 60 + 2 * 150);
        assertThat((long) forged.get()).isGreaterThan(refused);
    }

    private String install(Portal of, String refresh, String applicationToken) {
        return install(of, of.memberId(), refresh, applicationToken);
    }

    private String install(Portal of, String memberId, String refresh, String applicationToken) {
        return "event=ONAPPINSTALL&data%5BVERSION%5D=1&ts=1" + auth(memberId, applicationToken)
                + "&auth%5Brefresh_token%5D=" + refresh
                + "&auth%5Baccess_token%5D=x&auth%5Bserver_endpoint%5D="
                + URLEncoder.encode(of.serverEndpoint().toString(), StandardCharsets.UTF_8)
                + "&auth%5Bclient_endpoint%5D="
                + URLEncoder.encode(of.restUri().toString(), StandardCharsets.UTF_8);
    }

    private static String finish(String memberId, String applicationToken, long chat) {
        return "event=ONSESSIONFINISH&data%5BDATA%5D%5Bconnector%5D%5Bconnector_id%5D=livechat"
                + "&data%5BDATA%5D%5Bconnector%5D%5Bchat_id%5D=" + chat
                + "&data%5BDATA%5D%5Bchat%5D%5Bchat_id%5D=" + chat + "&data%5BDATA%5D%5Bline%5D%5Bid%5D=1&ts=1"
                + auth(memberId, applicationToken);
    }

    private static String auth(String memberId, String applicationToken) {
        return "&auth%5Bmember_id%5D=" + memberId + "&auth%5Bapplication_token%5D=" + applicationToken;
    }

    private int statusOf(String source, String body) {
        try {
            return post(source, body);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    /** Posts from one of this machine's own addresses. */
    private int post(String source, String body) throws IOException {
        URI to = receiver.url();
        try (Socket socket = new RawHttp(to).connectFrom(source)) {
            socket.setSoTimeout((int) TimeUnit.SECONDS.toMillis(120));
            byte[] bytes = body.getBytes(StandardCharsets.US_ASCII);
            socket.getOutputStream()
                    .write(("POST " + to.getPath() + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                                    + "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: "
                                    + bytes.length + "\r\n\r\n" + body)
                            .getBytes(StandardCharsets.US_ASCII));
            String head = new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
            return Integer.parseInt(head.substring(9, 12));
        }
    }
}
