// SPDX-License-Identifier: Apache-2.0
package dev.openlines.portal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.openlines.client.ChatFile;
import dev.openlines.client.Connectors;
import dev.openlines.client.CrmObject;
import dev.openlines.client.ErrorCode;
import dev.openlines.client.OpenLines.Dialog;
import dev.openlines.client.OpenLines.History;
import dev.openlines.client.OpenLines.Role;
import dev.openlines.client.OpenLines.User;
import dev.openlines.client.PortalClient;
import dev.openlines.client.RestCall;
import dev.openlines.client.RestClient;
import dev.openlines.client.RestException;
import dev.openlines.model.Secret;
import dev.openlines.testkit.RecordingHandler;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Tests of the surroundings of a closed chat, on the simulated portal and through the client. */
class ChatSurroundingsTest {

    private static final List<String> SCOPE = List.of("imopenlines", "im", "crm", "disk", "user_brief");

    private final PortalServer server = PortalServer.start();
    private final Portal portal = server.portal(PortalSetup.minted().scope(SCOPE));
    private final RestClient rest = RestClient.builder()
            .patience(Duration.ofSeconds(60))
            .allowLoopback()
            .build();
    private final PortalClient client = rest.portal(portal.restUri(), portal.accessToken());

    @AfterEach
    void stop() {
        server.close();
    }

    private PortalChat closedGroupChat() {
        PortalChat chat = portal.openLine("Support").openGroupChat("telegrambot", "Anna");
        long boris = chat.addCustomer("Boris");
        long bot = chat.addBot("Robo");
        chat.customerWrites("Good day");
        chat.write(bot, "An operator will come");
        Map<String, byte[]> files = new LinkedHashMap<>();
        files.put("photo.png", new byte[] {1, 2, 3});
        files.put("сч\"ёт.pdf", "the bill".getBytes(StandardCharsets.UTF_8));
        chat.send(boris, "see", files);
        chat.operatorWrites("Thank you");
        chat.linkToCrm("deal", 7);
        chat.linkToCrm("contact", 3);
        portal.crm().add("deal", 7, "Big order");
        portal.crm().add("contact", 3, "Anna Schmidt");
        chat.session().rateBySupervisor(5, "well done");
        chat.close();
        return chat;
    }

    @Test
    void aClosedGroupChatTellsWhoWasOnWhichSide() {
        try (RecordingHandler handler = RecordingHandler.start()) {
            portal.subscribe("ONSESSIONFINISH", handler.uri());
            PortalChat chat = closedGroupChat();

            assertThat(chat.visitorId()).isZero();
            assertThat(new String(portal.deliveries().get(0).requestBody(), StandardCharsets.UTF_8))
                    .contains("connector%5D%5Buser_id%5D=0");
            History history = client.openLines().latestHistory(chat.id());
            assertThat(history.people(Role.CUSTOMER)).extracting(User::name).containsExactly("Anna", "Boris");
            assertThat(history.people(Role.BOT)).extracting(User::name).containsExactly("Robo");
            assertThat(history.people(Role.OPERATOR)).extracting(User::name).containsExactly("Olga Operator");
            assertThat(history.messages().stream()
                            .map(message ->
                                    history.sender(message).map(User::role).orElse(null)))
                    .containsExactly(null, Role.CUSTOMER, Role.BOT, Role.CUSTOMER, Role.OPERATOR, null);
            assertThat(history.supervisorRating()).isEqualTo(5);
            assertThat(history.supervisorComment()).isEqualTo("well done");
            assertThat(history.lineId()).isEqualTo(1);
        }
    }

    @Test
    void filesAreListedAndDownloadedByTokenAndByWebhook() {
        PortalChat chat = closedGroupChat();
        History history = client.openLines().latestHistory(chat.id());

        List<ChatFile> files = history.messages().get(3).files();
        assertThat(files).extracting(ChatFile::name).containsExactly("photo.png", "сч\"ёт.pdf");
        assertThat(files).extracting(ChatFile::type).containsExactly("image", "file");
        assertThat(files).extracting(ChatFile::size).containsExactly(3L, 8L);
        assertThat(files.get(0).address()).isNotNull();
        assertThat(client.openLines().download(files.get(0), 1000)).containsExactly(1, 2, 3);
        assertThat(client.openLines().download(files.get(1), 8))
                .asString(StandardCharsets.UTF_8)
                .isEqualTo("the bill");
        PortalClient byWebhook = rest.webhook(
                Secret.of(portal.restUri() + "1/" + portal.webhookCode().reveal() + "/"));
        assertThat(byWebhook.openLines().download(files.get(0), 1000)).containsExactly(1, 2, 3);

        ChatFile other = new ChatFile(99, 0, "x", "file", 1, null);
        assertThatThrownBy(() -> client.openLines().download(other, 1000))
                .isInstanceOf(RestException.class)
                .hasMessageContaining("ERROR_NOT_FOUND");
        assertThat(portal.calls().toString())
                .contains("download")
                .doesNotContain(
                        portal.openLines()
                                .file(file -> file.id() == files.get(0).id())
                                .orElseThrow()
                                .token()
                                .reveal(),
                        portal.webhookCode().reveal());
    }

    @Test
    void theCrmObjectOfAClosedChatGetsANote() {
        PortalChat chat = closedGroupChat();
        Dialog dialog = client.openLines().dialog(chat.id());

        assertThat(dialog.sessionId()).isNull();
        assertThat(dialog.crm().objects()).hasToString("[deal 7, contact 3]");
        CrmObject deal = dialog.crm().main().orElseThrow();
        assertThat(client.crm().title(deal)).contains("Big order");
        assertThat(client.crm().title(new CrmObject(CrmObject.CONTACT, 3))).contains("Anna Schmidt");
        assertThat(client.crm().title(new CrmObject(CrmObject.LEAD, 9))).isEmpty();
        assertThat(client.crm().page(deal).toString()).endsWith("/crm/deal/details/7/");
        assertThat(client.crm().addComment(deal, "Chat closed")).isEqualTo(999);
        assertThat(portal.crm().comments("deal", 7)).containsExactly("Chat closed");
        assertThatThrownBy(() -> client.crm().addComment(new CrmObject("deal", 8), "x"))
                .isInstanceOfSatisfying(
                        RestException.class,
                        refused -> assertThat(refused.code()).contains(new ErrorCode("OWNER_NOT_FOUND")));
        assertThat(client.call("imopenlines.crm.chat.get", Map.of("CRM_ENTITY_TYPE", "deal", "CRM_ENTITY", 7))
                        .array())
                .as("active chats")
                .isEmpty();
        assertThat(client.call(
                                "imopenlines.crm.chat.get",
                                Map.of("CRM_ENTITY_TYPE", "deal", "CRM_ENTITY", 7, "ACTIVE_ONLY", "N"))
                        .array())
                .hasSize(1);
        assertThatThrownBy(() -> client.call("crm.timeline.comment.add", Map.of("FIELDS", Map.of())))
                .hasMessageContaining("100");
        assertThatThrownBy(() -> client.call("crm.deal.get")).hasMessageContaining("ID is not defined");
    }

    @Test
    void theSessionsLinkIsItsChatsLink() {
        PortalChat chat = portal.openLine("Support").openChat();
        chat.session().linkToCrm("lead", 5);

        assertThat(client.openLines().dialog(chat.id()).crm().main()).contains(new CrmObject("lead", 5));
        assertThat(client.crm().title(new CrmObject("lead", 5))).contains("Lead #5");
    }

    @Test
    void withoutTheScopeNothingOfThisIsAnswered() {
        Portal poor = server.portal(PortalSetup.minted().scope(List.of("imopenlines")));
        PortalClient refused = rest.portal(poor.restUri(), poor.accessToken());

        for (String method : List.of("crm.deal.get", "crm.timeline.comment.add", "disk.file.get", "user.get")) {
            assertThatThrownBy(() -> refused.call(method))
                    .as(method)
                    .isInstanceOfSatisfying(
                            RestException.class,
                            e -> assertThat(e.is(ErrorCode.INSUFFICIENT_SCOPE)).isTrue());
        }
    }

    @Test
    void staffIsListedAndNoCustomerOrBot() {
        closedGroupChat();

        assertThat(client.list(RestCall.of("user.get")))
                .hasSize(2)
                .allSatisfy(user ->
                        assertThat(user.asJsonObject().getString("USER_TYPE")).isEqualTo("employee"));
        assertThat(client.call("user.get", Map.of("FILTER", Map.of("@ID", List.of(5, 10))))
                        .array())
                .hasSize(1);
        assertThat(client.call("user.get", Map.of("ID", 5)).total()).contains(1L);
    }

    @Test
    void aConnectorOfOnesOwnBringsChatsAndLearnsOfOperatorsMessages() {
        PortalLine line = portal.openLine("Support");
        Connectors connectors = client.connectors();
        Connectors.Incoming message = new Connectors.Incoming(
                "m1",
                "room-1",
                "u1",
                "Ann",
                Instant.ofEpochSecond(1),
                "Hello",
                Map.of("a.png", URI.create("https://x.test/a.png")));
        assertThatThrownBy(() -> connectors.send("acme", line.id(), List.of(message)))
                .hasMessageContaining("IMCONNECTOR_NO_CORRECT_PROVIDER");
        connectors.register(new Connectors.Registration(
                "acme", "Acme", "data:image/svg+xml,x", URI.create("https://acme.test/settings"), false));
        assertThatThrownBy(() -> connectors.send("acme", line.id(), List.of(message)))
                .hasMessageContaining("NOT_ACTIVE_LINE");
        connectors.activate("acme", line.id(), true);

        Connectors.Sent sent =
                connectors.send("acme", line.id(), List.of(message)).get(0);
        assertThat(sent.accepted()).isTrue();
        PortalChat chat = portal.chats().get(0);
        assertThat(sent.chatId()).isEqualTo(chat.id());
        assertThat(chat.userCode()).isEqualTo("acme|1|room-1|u1");
        assertThat(client.openLines().latestHistory(chat.id()).files()).hasSize(1);

        try (RecordingHandler handler = RecordingHandler.start()) {
            portal.subscribe("ONOPENLINEMESSAGEUPDATE", handler.uri());
            chat.operatorWrites("Good day");
            long written = chat.lastMessageId();
            assertThat(chat.edit(written, "before")).as("not confirmed").isEmpty();
            connectors.confirmDelivery("acme", line.id(), chat.id(), written, "room-1", List.of("x1"));
            assertThat(chat.edit(written, "after")).hasSize(1);
        }
        chat.close();
        Connectors.Sent next =
                connectors.send("acme", line.id(), List.of(message, message)).get(1);
        assertThat(next.chatId()).as("the same chat").isEqualTo(chat.id());
        assertThat(next.sessionId()).as("a new session").isEqualTo(2);
        connectors.activate("acme", line.id(), false);
        assertThatThrownBy(() -> connectors.send("acme", line.id(), List.of(message)))
                .hasMessageContaining("NOT_ACTIVE_LINE");
        PortalClient webhook = rest.webhook(
                Secret.of(portal.restUri() + "1/" + portal.webhookCode().reveal() + "/"));
        assertThatThrownBy(() -> webhook.connectors().activate("acme", line.id(), true))
                .isInstanceOfSatisfying(
                        RestException.class,
                        e -> assertThat(e.is(ErrorCode.WRONG_AUTH_TYPE)).isTrue());
    }

    @Test
    void onlyWhoTakesPartWrites() {
        PortalLine line = portal.openLine("Support");
        PortalChat chat = line.openChat();
        PortalChat other = line.openChat();

        assertThatThrownBy(() -> chat.write(other.visitorId(), "x")).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> chat.addCustomer("x")).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> chat.linkToCrm("order", 1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> portal.crm().add("deal", 0, "x")).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void aSeedAndTheControlApiMakeTheSame() {
        server.seed("""
                {"portals": [{"label": "seeded", "scope": ["imopenlines", "crm", "disk"],
                  "lines": [{"id": 1, "name": "Sales"}],
                  "crm": [{"type": "deal", "id": 7, "title": "Big order"}],
                  "chats": [{"group": true, "connector": "viber", "customers": ["Anna", "Boris"], "bots": ["Robo"],
                    "crm": [{"type": "deal", "id": 7}],
                    "messages": [{"by": "Boris", "text": "hi", "files": [{"name": "a.txt", "text": "x"}]},
                      {"by": "bot", "text": "beep"}, {"by": "operator", "text": "good day"}]}]}]}
                """.getBytes(StandardCharsets.UTF_8));
        Portal seeded = server.portal("seeded").orElseThrow();
        RestCaller caller = new RestCaller();
        URI control = server.uri().resolve("control/portals/seeded/");
        String json = "application/json";

        assertThat(caller.get(control.resolve("chats/17")).body())
                .contains("\"group\":true", "\"name\":\"Robo\",\"role\":\"bot\"", "\"visitor_id\":0");
        assertThat(caller.post(control.resolve("chats/17/people"), "{\"customer\":\"Carla\"}", "Content-Type", json)
                        .body())
                .contains("\"name\":\"Carla\",\"role\":\"customer\"");
        assertThat(caller.post(
                                control.resolve("chats/17/messages"),
                                "{\"by\":\"Carla\",\"files\":[{\"name\":\"b.bin\",\"base64\":\"AQI=\"}]}",
                                "Content-Type",
                                json)
                        .statusCode())
                .isEqualTo(200);
        History history =
                rest.portal(seeded.restUri(), seeded.accessToken()).openLines().latestHistory(17);
        assertThat(history.files().values()).extracting(ChatFile::name).containsExactlyInAnyOrder("a.txt", "b.bin");
        assertThat(history.people(Role.CUSTOMER)).extracting(User::name).containsExactly("Anna", "Boris", "Carla");
        assertThat(history.crm().main()).contains(new CrmObject("deal", 7));
        rest.portal(seeded.restUri(), seeded.accessToken()).crm().addComment(new CrmObject("deal", 7), "noted");
        assertThat(caller.get(control.resolve("crm")).body())
                .isEqualTo("[{\"type\":\"deal\",\"id\":7,\"title\":\"Big order\",\"comments\":[\"noted\"]}]");
        assertThat(caller.post(
                                control.resolve("crm"),
                                "{\"type\":\"order\",\"id\":1,\"title\":\"x\"}",
                                "Content-Type",
                                json)
                        .statusCode())
                .isEqualTo(400);
        assertThat(caller.post(
                                control.resolve("chats/17/messages"),
                                "{\"by\":\"nobody\",\"text\":\"x\"}",
                                "Content-Type",
                                json)
                        .body())
                .contains("$.by");
    }
}
