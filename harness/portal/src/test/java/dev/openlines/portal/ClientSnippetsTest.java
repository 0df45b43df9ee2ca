// SPDX-License-Identifier: Apache-2.0
package dev.openlines.portal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.client.ChatFile;
import dev.openlines.client.Connectors;
import dev.openlines.client.CrmObject;
import dev.openlines.client.Doctor;
import dev.openlines.client.Finding;
import dev.openlines.client.Grant;
import dev.openlines.client.OAuth;
import dev.openlines.client.OfflineQueue;
import dev.openlines.client.OpenLines;
import dev.openlines.client.OpenLines.History;
import dev.openlines.client.OpenLines.Role;
import dev.openlines.client.OpenLines.User;
import dev.openlines.client.PortalClient;
import dev.openlines.client.RestCall;
import dev.openlines.client.RestClient;
import dev.openlines.client.RestReply;
import dev.openlines.client.Session;
import dev.openlines.client.SessionFilter;
import dev.openlines.client.Subscription;
import dev.openlines.client.SubscriptionPlan;
import dev.openlines.client.TokenSeal;
import dev.openlines.client.TokenStore;
import dev.openlines.model.OnAppTest;
import dev.openlines.model.OnAppUpdate;
import dev.openlines.model.OnSessionFinish;
import dev.openlines.model.OpenLineChat;
import dev.openlines.model.Secret;
import dev.openlines.receiver.EventContext;
import dev.openlines.receiver.Handlers;
import dev.openlines.receiver.InstallationCheck;
import dev.openlines.server.ReceiverServer;
import dev.openlines.server.Settings;
import java.net.URI;
import java.net.URLDecoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The snippets of the pages about the client and the doctor, run; {@link ClientDocsTest} finds them here. */
@Timeout(300)
class ClientSnippetsTest {

    /** The fields of a deal that a caller may read. */
    public record Deal(long id) {}

    private static final URI BACK = URI.create("https://app.example/back");

    @TempDir
    Path folder;

    private final BlockingQueue<OnSessionFinish> finished = new LinkedBlockingQueue<>();
    private final List<byte[]> stored = new ArrayList<>();
    private PortalServer server;
    private Portal simulated;
    private RestClient client;
    private URI handler = BACK;

    @BeforeEach
    void startAPortal() {
        server = PortalServer.start();
        simulated = server.portal(PortalSetup.minted().redirectUri(BACK));
        client = client();
    }

    @AfterEach
    void stopThePortal() {
        server.close();
    }

    private RestClient client() {
        String clientId = simulated.clientId();
        Secret clientSecret = simulated.clientSecret();
        Secret keyset = TokenSeal.newKeyset();
        assertThat(inTheWild(clientId, clientSecret, keyset)).isNotNull();
        return RestClient.builder()
                .allowLoopback()
                .oauthHosts(simulated.serverEndpoint().getAuthority())
                .application(clientId, clientSecret, TokenStore.memory())
                .build();
    }

    private RestClient inTheWild(String clientId, Secret clientSecret, Secret keyset) {
        RestClient client = RestClient.builder()
                .application(
                        clientId, clientSecret, TokenStore.sqlite(folder.resolve("tokens.db"), TokenSeal.of(keyset)))
                .build();
        return client;
    }

    private InstallationCheck check() {
        OAuth oauth = client.oauth();
        InstallationCheck check = InstallationCheck.of(oauth::verify, oauth::verifyPage, oauth::refused, oauth.kept());
        return check;
    }

    private void closed(OnSessionFinish finish, EventContext context) {
        finished.add(finish);
    }

    private List<Subscription> wanted(String memberId) {
        assertThat(memberId).isEqualTo(simulated.memberId());
        return List.of(
                Subscription.online(OnSessionFinish.CODE, handler), Subscription.online(OnAppUpdate.CODE, handler));
    }

    private Handlers handlers() {
        Handlers handlers = Handlers.on(OnSessionFinish.class, this::closed)
                .on(
                        OnAppUpdate.class,
                        (event, context) -> client.portal(context.memberId())
                                .subscriptions()
                                .ensure(wanted(context.memberId())))
                .ignoringOthers();
        return handlers;
    }

    private CompletableFuture<?> handledTestEventWith(String nonce) {
        int before = simulated.deliveries().size();
        return CompletableFuture.runAsync(() -> {
            try {
                assertThat(simulated.awaitDeliveries(before + 1, Duration.ofSeconds(30)))
                        .isTrue();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            Delivery last = simulated.deliveries().get(before);
            assertThat(new String(last.requestBody(), StandardCharsets.UTF_8)).contains(nonce);
            assertThat(last.acknowledged()).isTrue();
        });
    }

    private void store(byte[] delivery) {
        stored.add(delivery);
    }

    @Test
    void anApplicationLivesWithItsPortal() throws Exception {
        try (ReceiverServer receiver = ReceiverServer.builder(handlers())
                .settings(Settings.of(Map.of(
                        "OPENLINES_PORT", "0",
                        "OPENLINES_INBOX", folder.resolve("inbox.db").toString(),
                        "OPENLINES_MEMBER_ID", simulated.memberId(),
                        "OPENLINES_APPLICATION_TOKEN",
                                simulated.applicationToken().reveal())))
                .installations(check())
                .start()) {
            handler = receiver.url();
            simulated.subscribe("ONAPPINSTALL", handler);
            assertThat(simulated.install().get(0).status()).isEqualTo(200);
            String memberId = simulated.memberId();
            PortalClient portal = client.portal(memberId);
            subscribe(portal);
            portal.subscriptions().ensure(Subscription.online(OnAppTest.CODE, handler));

            simulated.update(false);
            PortalChat chat = simulated.openLine("Line").openChat();
            chat.customerWrites("Hello");
            long session = chat.sessionId();
            chat.close();

            OnSessionFinish finish = finished.poll(30, TimeUnit.SECONDS);
            assertThat(finish).isNotNull();
            assertThat(session(portal, finish.chats().get(0), finish)
                            .orElseThrow()
                            .sessionId())
                    .isEqualTo(session);
            assertThat(examine(memberId))
                    .filteredOn(finding -> finding.severity() == Finding.Severity.ERROR)
                    .isEmpty();
            assertThat(roundTrip(portal).severity()).isEqualTo(Finding.Severity.OK);
        }
    }

    @Test
    void theSurroundingsOfAClosedChatAreReadAndNoted() {
        Portal simulated = server.portal(PortalSetup.minted().scope(List.of("imopenlines", "crm", "disk")));
        PortalClient portal =
                RestClient.builder().allowLoopback().build().portal(simulated.restUri(), simulated.accessToken());
        PortalChat closed = simulated.openLine("Support").openChat();
        closed.send(closed.visitorId(), "see", Map.of("a.txt", new byte[] {1}));
        closed.linkToCrm("deal", 7);
        closed.close();
        OpenLineChat chat = chat(closed);

        History history = portal.openLines().latestHistory(chat.chatId());
        List<User> customers = history.people(Role.CUSTOMER);
        for (ChatFile file : history.files().values()) {
            byte[] content = portal.openLines().download(file, 10_000_000);
            keep(file.id(), content);
        }
        Optional<CrmObject> deal = history.crm().find(CrmObject.DEAL);
        deal.ifPresent(object -> portal.crm().addComment(object, "Chat " + chat.chatId() + " was closed"));

        assertThat(customers).hasSize(1);
        assertThat(stored).hasSize(1);
        assertThat(simulated.crm().comments("deal", 7)).containsExactly("Chat " + closed.id() + " was closed");
        connector(portal, simulated.lines().get(0).id());
    }

    private static void connector(PortalClient portal, long lineId) {
        String icon = "data:image/svg+xml,x";
        URI settingsPage = URI.create("https://app.example/settings");
        Connectors.Incoming message =
                new Connectors.Incoming("m1", "c1", "u1", "Ann", Instant.EPOCH, "Good day", Map.of());
        Connectors connectors = portal.connectors();
        connectors.register(new Connectors.Registration("acme_chat", "Acme", icon, settingsPage, false));
        connectors.activate("acme_chat", lineId, true);
        List<Connectors.Sent> sent = connectors.send("acme_chat", lineId, List.of(message));
        assertThat(sent).allMatch(Connectors.Sent::accepted);
    }

    private void keep(long fileId, byte[] content) {
        assertThat(fileId).isPositive();
        stored.add(content);
    }

    private static OpenLineChat chat(PortalChat chat) {
        return new OpenLineChat(
                new OpenLineChat.Connector(null, chat.line().id(), chat.id(), chat.visitorId()),
                null,
                null,
                null,
                null);
    }

    private void subscribe(PortalClient portal) {
        List<Subscription> wanted = List.of(
                Subscription.online(OnSessionFinish.CODE, handler), Subscription.online(OnAppUpdate.CODE, handler));
        SubscriptionPlan plan = portal.subscriptions().plan(wanted);
        portal.subscriptions().ensure(wanted);
        portal.subscriptions().prune(wanted);
        assertThat(plan.missing()).hasSize(2);
        assertThat(portal.subscriptions().plan(wanted).settled()).isTrue();
    }

    private static Optional<OpenLines.History> session(PortalClient portal, OpenLineChat chat, OnSessionFinish finish) {
        Optional<OpenLines.History> session = portal.openLines()
                .sessionOfClosedChat(chat.chatId(), finish.header().sentAt());
        Optional<Session> exact =
                portal.openLines().session(chat.chatId(), finish.header().sentAt());
        assertThat(exact).map(Session::id).isEqualTo(session.map(OpenLines.History::sessionId));
        assertThat(closed(portal, finish.header().sentAt().plusSeconds(60))).hasSize(1);
        return session;
    }

    private static List<Session> closed(PortalClient portal, Instant now) {
        Instant yesterday = now.minus(Duration.ofDays(1));
        Stream<Session> closed = portal.openLines().sessions(SessionFilter.closed(yesterday, now));
        return closed.toList();
    }

    private List<Finding> examine(String memberId) {
        List<Finding> findings = Doctor.examine(client.portal(memberId), "OnSessionFinish", handler);
        return findings;
    }

    private Finding roundTrip(PortalClient portal) {
        Finding finding = Doctor.roundTrip(portal, nonce -> handledTestEventWith(nonce), Duration.ofSeconds(30));
        return finding;
    }

    private PortalClient byWebhook(String address) {
        PortalClient byWebhook = client.webhook(Secret.of(address));
        return byWebhook;
    }

    private Finding lastDay(PortalClient portal) {
        Finding lastDay = Doctor.lastDay(portal, chatId -> closesHandledOf(chatId));
        return lastDay;
    }

    private int closesHandledOf(long chatId) {
        return (int) finished.stream()
                .flatMap(finish -> finish.chats().stream())
                .filter(chat -> chat.chatId() == chatId)
                .count();
    }

    @Test
    void aWebhookComparesTheLastDay() {
        simulated.clock().freezeAt(Instant.now().minus(Duration.ofHours(1)));
        PortalChat chat = simulated.openLine("Support").openChat();
        chat.close();
        PortalClient portal =
                byWebhook(simulated.restUri() + "1/" + simulated.webhookCode().reveal() + "/");
        assertThat(lastDay(portal).text()).endsWith("1 of them was not handled, of the chats [" + chat.id() + "]");
    }

    @Test
    void aUserLetsTheApplicationInAndItCallsAndDrains() throws Exception {
        URI portalAddress = server.uri();
        String state = OAuth.newState();
        URI there = client.oauth().authorisationAddress(portalAddress, state);
        String back = HttpClient.newHttpClient()
                .send(HttpRequest.newBuilder(there).build(), HttpResponse.BodyHandlers.discarding())
                .headers()
                .firstValue("location")
                .orElseThrow();
        assertThat(back).contains("state=" + state);
        Secret code =
                Secret.of(URLDecoder.decode(back.replaceAll(".*[?&]code=([^&]*).*", "$1"), StandardCharsets.UTF_8));
        String memberId = grant(code, simulated.serverEndpoint().toString()).memberId();
        PortalClient portal = client.portal(memberId);

        simulated.answer("crm.deal.list", "[{\"id\":1},{\"id\":2}]");
        RestReply reply = portal.call("crm.deal.list", Map.of("filter", Map.of("STAGE_ID", "NEW")));
        Deal[] deals = reply.as(Deal[].class);
        assertThat(deals).containsExactly(new Deal(1), new Deal(2));

        simulated.answer("crm.deal.update", "true");
        Map<String, String> fields = Map.of("TITLE", "t");
        portal.call(RestCall.of("crm.deal.update", Map.of("id", 7, "fields", fields))
                .idempotent());

        Secret applicationToken = simulated.applicationToken();
        simulated.extendedOfflineEvents(true);
        simulated.openLine("Line");
        portal.subscriptions().ensure(Subscription.offline(OnSessionFinish.CODE));
        simulated.lines().get(0).openChat().close();
        OfflineQueue.Drained drained = portal.offlineQueue().drain(event -> store(event.toDelivery(applicationToken)));
        assertThat(drained.stored()).isEqualTo(1);
        assertThat(stored).hasSize(1);
    }

    private Grant grant(Secret code, String serverDomain) {
        Grant grant = client.oauth().exchange(code, serverDomain);
        return grant;
    }
}
