// SPDX-License-Identifier: Apache-2.0
package dev.openlines.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.openlines.client.FakePortal.Answered;
import dev.openlines.client.FakePortal.Asked;
import dev.openlines.client.OpenLines.Role;
import dev.openlines.model.Secret;
import jakarta.json.JsonObject;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests of the surroundings of a closed chat: people, files, rating, the CRM, the application's own connectors. */
@Timeout(300)
class ChatDetailsTest {

    /** A history from the vendor's documentation, shortened. */
    private static final String HISTORY = """
            {"result":{"chatId":1763,"sessionId":321,"sessionVoteHead":4,"sessionCommentHead":"well done",
            "message":{
              "85851":{"id":"85851","senderid":"103","date":"2026-03-11T13:12:46+01:00","text":"Look",
                "params":{"connectorMid":["85853"],"fileId":[5437,"5438",9]}},
              "85833":{"id":"85833","senderid":"0","date":"2026-03-11T13:09:25+01:00","text":"","params":[]},
              "85834":{"id":"85834","senderid":"587","text":null,"params":{"FILE_ID":{"0":"5438"}}},
              "85835":{"id":"85835","senderid":"900","text":"beep","params":false}},
            "users":{
              "103":{"id":"103","name":"Samantha","bot":false,"connector":false},
              "587":{"id":"587","name":"John","bot":false,"connector":true},
              "588":{"id":"588","name":"Mary","bot":false,"connector":true},
              "900":{"id":"900","name":"Robo","bot":true,"connector":false},
              "901":{"id":"901","name":"who knows"}},
            "openlines":{"canvoteashead":{"22":true}},
            "chat":{"1763":{"id":"1763","entityData1":"Y|LEAD|1205|N|N|0|1773223732|0|0|0",
              "entityData2":"LEAD|1205|COMPANY|0|CONTACT|7|DEAL|0"}},
            "files":{
              "5437":{"id":5437,"type":"image","name":"2311.png","size":70855,"authorid":103,
                "urldownload":"https://some-domain.bitrix24.com/bitrix/services/main/ajax.php?fileName=a b.png"},
              "5438":{"id":"5438","type":"file","name":"../../etc/passwd","size":"3","urldownload":"not an address"}}}}
            """;

    private final RestClient client =
            RestClient.builder().patience(Duration.ZERO).allowLoopback().build();

    private PortalClient on(FakePortal portal) {
        return client.portal(portal.rest(), Secret.of("t0ken-1234"));
    }

    @Test
    void peopleHaveTheirRolesAlsoWhereTheEventNamesNoCustomer() {
        try (FakePortal portal = FakePortal.answering(HISTORY)) {
            OpenLines.History history = on(portal).openLines().history(321);

            assertThat(history.people(Role.CUSTOMER))
                    .extracting(OpenLines.User::name)
                    .containsExactly("John", "Mary");
            assertThat(history.people(Role.OPERATOR))
                    .extracting(OpenLines.User::id)
                    .containsExactly(103L);
            assertThat(history.people(Role.BOT)).extracting(OpenLines.User::id).containsExactly(900L);
            assertThat(history.users().get(901L).role()).isNull();
            assertThat(history.messages().stream().map(history::sender))
                    .extracting(sender -> sender.map(OpenLines.User::role).orElse(null))
                    .containsExactly(null, Role.CUSTOMER, Role.BOT, Role.OPERATOR);
        }
    }

    @Test
    void filesRatingLineAndCrmAreTyped() {
        try (FakePortal portal = FakePortal.answering(HISTORY)) {
            OpenLines.History history = on(portal).openLines().history(321);

            assertThat(history.files()).containsOnlyKeys(5437L, 5438L);
            ChatFile image = history.files().get(5437L);
            assertThat(image.type()).isEqualTo("image");
            assertThat(image.name()).isEqualTo("2311.png");
            assertThat(image.size()).isEqualTo(70855);
            assertThat(image.authorId()).isEqualTo(103);
            assertThat(image.address())
                    .isEqualTo(URI.create(
                            "https://some-domain.bitrix24.com/bitrix/services/main/ajax.php?fileName=a%20b.png"));
            assertThat(history.files().get(5438L).address()).isNull();
            assertThat(history.messages())
                    .extracting(message ->
                            message.files().stream().map(ChatFile::id).toList())
                    .containsExactly(List.of(), List.of(5438L), List.of(), List.of(5437L, 5438L));
            assertThat(history.supervisorRating()).isEqualTo(4);
            assertThat(history.supervisorComment()).isEqualTo("well done");
            assertThat(history.lineId()).isEqualTo(22);
            assertThat(history.crm().main()).contains(new CrmObject(CrmObject.LEAD, 1205));
            assertThat(history.crm().objects())
                    .containsExactly(new CrmObject("lead", 1205), new CrmObject("contact", 7));
            assertThat(history.crm().find("CONTACT")).contains(new CrmObject("contact", 7));
            assertThat(history.crm().find(CrmObject.DEAL)).isEmpty();
            assertThat(history.toString()
                            + history.files()
                            + history.messages().get(3).files())
                    .doesNotContain("2311", "passwd");
        }
    }

    @Test
    void missingFieldsAreAbsent() {
        String bare = "{\"result\":{\"chatId\":17,\"sessionId\":469,\"sessionVoteHead\":0,\"message\":[],\"users\":[],"
                + "\"files\":[],\"chat\":[],\"openlines\":[]}}";
        try (FakePortal portal = FakePortal.answering(bare)) {
            OpenLines.History history = on(portal).openLines().history(469);

            assertThat(history.supervisorRating()).isNull();
            assertThat(history.supervisorComment()).isNull();
            assertThat(history.lineId()).isNull();
            assertThat(history.files()).isEmpty();
            assertThat(history.crm()).isEqualTo(CrmLinks.NONE);
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = ';', nullValues = "null", textBlock = """
            Y|DEAL|7|N|N|0; LEAD|0|COMPANY|3|CONTACT|2|DEAL|7;           deal 7; [deal 7, company 3, contact 2]
            N|NONE|0|N|N|5; LEAD|0|COMPANY|0|CONTACT|0|DEAL|0;           null;   []
            N|LEAD|9|N|N|5; null;                                        null;   []
            null;           LEAD|4;                                      null;   [lead 4]
            Y|DYNAMIC_128|5; DYNAMIC_128|5|DEAL|8;                       dynamic_128 5; [dynamic_128 5, deal 8]
            Y|DEAL;         DEAL|x|LEAD|-1|CONTACT|99999999999999999999; null;   []
            Y||3;           |5|DEAL|6;                                   null;   [deal 6]
            """)
    void linksWithTheCrmAreRead(String first, String second, String main, String all) {
        CrmLinks links = CrmLinks.of(first, second);

        assertThat(links.main().map(CrmObject::toString).orElse(null)).isEqualTo(main);
        assertThat(links.objects()).hasToString(all);
    }

    @Test
    void aClosedChatKeepsItsLinks() {
        try (FakePortal portal = FakePortal.answering(
                "{\"result\":{\"id\":17,\"entity_id\":\"livechat|1|16|10\","
                        + "\"entity_data_1\":\"Y|DEAL|7|N|N|0|0|1|0|0\",\"entity_data_2\":\"LEAD|0|COMPANY|0|CONTACT|2|DEAL|7\"}}")) {
            OpenLines.Dialog dialog = on(portal).openLines().dialog(17);

            assertThat(dialog.sessionId()).isNull();
            assertThat(dialog.crm().objects()).hasToString("[deal 7, contact 2]");
        }
    }

    private static Function<Asked, Answered> filing(String address, Answered content) {
        return asked -> asked.method().equals("disk.file.get")
                ? Answered.ok("{\"result\":{\"ID\":\"5\",\"DOWNLOAD_URL\":\"" + address + "\"}}")
                : content;
    }

    private static final ChatFile FILE = new ChatFile(5, 0, "a.txt", "file", 3, null);

    @Test
    void aFileIsDownloadedFromWhereThePortalSays() throws Exception {
        try (FakePortal portal = FakePortal.answering("{}")) {
            String address = portal.address("/rest/download.json?auth=abc&token=disk%7Cxyz")
                    .toString();
            portal.answer(filing(address, Answered.ok("content")));

            byte[] content = on(portal).openLines().download(FILE, 7);

            assertThat(content).asString(StandardCharsets.UTF_8).isEqualTo("content");
            assertThat(portal.asked).hasSize(2);
            assertThat(portal.asked.get(0).json().getInt("id")).isEqualTo(5);
            assertThat(portal.asked.get(1).query()).isEqualTo("auth=abc&token=disk%7Cxyz");
            assertThat(on(portal).openLines().downloadAsync(FILE, 7).get(30, TimeUnit.SECONDS))
                    .hasSize(7);
        }
    }

    @Test
    void aDownloadFollowsRedirectsAndNoMoreThanFive() {
        try (FakePortal portal = FakePortal.answering("{}");
                FakePortal storage = FakePortal.answering("stored")) {
            String there = storage.address("/bucket/5").toString();
            portal.answer(filing(
                    portal.address("/rest/download.json?token=x").toString(),
                    new Answered(302, Map.of("Location", there), "")));
            assertThat(on(portal).openLines().download(FILE, 100))
                    .asString(StandardCharsets.UTF_8)
                    .isEqualTo("stored");

            storage.answer(asked -> new Answered(302, Map.of("Location", "/bucket/again"), ""));
            assertThatThrownBy(() -> on(portal).openLines().download(FILE, 100)).isInstanceOf(RestException.class);
            assertThat(storage.asked).hasSize(1 + 5);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://10.0.0.5/file?token=s3cret",
                "https://169.254.169.254/latest/meta-data?token=s3cret",
                "http://files.example.com/x?token=s3cret",
                "ftp://files.example.com/x?token=s3cret",
                "https://user@files.example.com/x?token=s3cret",
                "file:///etc/passwd?token=s3cret",
                "no address s3cret"
            })
    void aDownloadFromElsewhereThanAPublicHostIsRefused(String address) {
        try (FakePortal portal = FakePortal.answering("{}")) {
            portal.answer(filing(address, Answered.ok("content")));
            assertThatThrownBy(() -> on(portal).openLines().download(FILE, 100))
                    .as("the portal's own answer")
                    .isInstanceOf(AddressRefusedException.class)
                    .hasMessageNotContaining("s3cret");

            portal.answer(filing(
                    portal.address("/rest/download.json").toString(),
                    new Answered(
                            302, Map.of("Location", address.replace(" ", "%20").replace("no%20", "ftp://")), "")));
            assertThatThrownBy(() -> on(portal).openLines().download(FILE, 100))
                    .as("a redirect")
                    .isInstanceOf(AddressRefusedException.class)
                    .hasMessageNotContaining("s3cret");
        }
    }

    @Test
    void aDownloadIsBrokenOffWhereItIsTooLongAndFailsAsACallDoes() {
        try (FakePortal portal = FakePortal.answering("{}")) {
            String address = portal.address("/rest/download.json?token=x").toString();
            portal.answer(filing(address, Answered.ok("content")));
            assertThatThrownBy(() -> on(portal).openLines().download(FILE, 6))
                    .isInstanceOf(NoAnswerException.class)
                    .hasRootCauseMessage("expected a reply of at most 6 bytes");

            portal.answer(filing(address, Answered.error(403, "ACCESS_DENIED", "Access denied!")));
            assertThatThrownBy(() -> on(portal).openLines().download(FILE, 600))
                    .isInstanceOfSatisfying(
                            RestException.class,
                            refused -> assertThat(refused.is(ErrorCode.ACCESS_DENIED))
                                    .isTrue());

            portal.answer(asked -> Answered.error(400, "ERROR_NOT_FOUND", "Could not find entity with id `5`"));
            assertThatThrownBy(() -> on(portal).openLines().download(FILE, 600))
                    .isInstanceOf(RestException.class)
                    .hasMessageContaining("ERROR_NOT_FOUND");
        }
        assertThatThrownBy(() -> client.portal(URI.create("http://127.0.0.1:1/rest/"), Secret.of("t"))
                        .openLines()
                        .download(FILE, 0))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void objectsOfTheCrmHaveTitlesAndPages() {
        Map<String, String> answers = Map.of(
                "crm.deal.get", "{\"result\":{\"ID\":\"7\",\"TITLE\":\"Big order\"}}",
                "crm.contact.get", "{\"result\":{\"ID\":\"2\",\"NAME\":\"Ann\",\"LAST_NAME\":null}}");
        try (FakePortal portal = new FakePortal(asked -> answers.containsKey(asked.method())
                ? Answered.ok(answers.get(asked.method()))
                : Answered.error(400, "", asked.method().equals("crm.lead.get") ? "Not found" : "Access denied"))) {
            Crm crm = on(portal).crm();
            CrmObject deal = new CrmObject("DEAL", 7);

            assertThat(crm.title(deal)).contains("Big order");
            assertThat(portal.asked.get(0).json().getInt("id")).isEqualTo(7);
            assertThat(crm.title(new CrmObject(CrmObject.CONTACT, 2))).contains("Ann");
            assertThat(crm.title(new CrmObject(CrmObject.LEAD, 1))).isEmpty();
            assertThatThrownBy(() -> crm.title(new CrmObject(CrmObject.COMPANY, 1)))
                    .isInstanceOf(RestException.class)
                    .hasMessageContaining("Access denied");
            assertThat(crm.page(deal)).isEqualTo(portal.address("/crm/deal/details/7/"));
            assertThatThrownBy(() -> crm.title(new CrmObject("dynamic_128", 1)))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> crm.page(new CrmObject("dynamic_128", 1))).isInstanceOf(RuntimeException.class);
            assertThatThrownBy(() -> new CrmObject("deal", 0)).isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void aCommentIsSentOnce() {
        try (FakePortal portal = FakePortal.answering("{\"result\":999}")) {
            Crm crm = on(portal).crm();

            assertThat(crm.addComment(new CrmObject(CrmObject.DEAL, 7), "Chat closed"))
                    .isEqualTo(999);
            JsonObject fields = portal.asked.get(0).json().getJsonObject("fields");
            assertThat(fields.getInt("ENTITY_ID")).isEqualTo(7);
            assertThat(fields.getString("ENTITY_TYPE")).isEqualTo("deal");
            assertThat(fields.getString("COMMENT")).isEqualTo("Chat closed");
            assertThatThrownBy(() -> crm.addComment(new CrmObject(CrmObject.DEAL, 7), " \n"))
                    .isInstanceOf(IllegalArgumentException.class);

            RestClient patient = RestClient.builder()
                    .patience(Duration.ofSeconds(30))
                    .allowLoopback()
                    .build();
            portal.answer(asked -> Answered.error(500, "INTERNAL_SERVER_ERROR", ""));
            assertThatThrownBy(() -> patient.portal(portal.rest(), Secret.of("t0ken-1234"))
                            .crm()
                            .addComment(new CrmObject(CrmObject.DEAL, 7), "Chat closed"))
                    .isInstanceOf(RetriableRestException.class);
            assertThat(portal.asked).hasSize(2);
        }
    }

    @Test
    void aConnectorIsRegisteredActivatedAndUsed() {
        Map<String, String> answers = Map.of(
                "imconnector.register", "{\"result\":{\"result\":true}}",
                "imconnector.activate", "{\"result\":true}",
                "imconnector.send.status.delivery", "{\"result\":{\"SUCCESS\":true,\"DATA\":[]}}",
                "imconnector.send.messages",
                        "{\"result\":{\"SUCCESS\":true,\"DATA\":{\"RESULT\":[{\"user\":\"585\",\"SUCCESS\":true,"
                                + "\"session\":{\"ID\":\"323\",\"CHAT_ID\":\"1767\"}},"
                                + "{\"SUCCESS\":false,\"ERRORS\":[\"too long\"],\"session\":[]}]}}}");
        try (FakePortal portal = new FakePortal(asked -> Answered.ok(answers.get(asked.method())))) {
            Connectors connectors = on(portal).connectors();
            connectors.register(new Connectors.Registration(
                    "acme_chat", "Acme", "data:image/svg+xml,x", URI.create("https://acme.example/settings"), true));
            JsonObject registered = portal.asked.get(0).json();
            assertThat(registered.getString("ID")).isEqualTo("acme_chat");
            assertThat(registered.getJsonObject("ICON").getString("DATA_IMAGE")).isEqualTo("data:image/svg+xml,x");
            assertThat(registered.getBoolean("CHAT_GROUP")).isTrue();

            connectors.activate("acme_chat", 12, true);
            assertThat(portal.asked.get(1).json().getInt("ACTIVE")).isEqualTo(1);

            Map<String, URI> files = new LinkedHashMap<>();
            files.put("a.png", URI.create("https://acme.example/a.png"));
            Connectors.Incoming message =
                    new Connectors.Incoming("m1", "c1", "u1", "Ann", Instant.ofEpochSecond(1_780_000_000), "Hi", files);
            List<Connectors.Sent> sent = connectors.send("acme_chat", 12, List.of(message, message));
            assertThat(sent.get(0).accepted()).isTrue();
            assertThat(sent.get(0).chatId()).isEqualTo(1767);
            assertThat(sent.get(0).sessionId()).isEqualTo(323);
            assertThat(sent.get(1).accepted()).isFalse();
            assertThat(sent.get(1).errors()).containsExactly("too long");
            JsonObject first =
                    portal.asked.get(2).json().getJsonArray("MESSAGES").getJsonObject(0);
            assertThat(first.getJsonObject("user")).hasToString("{\"id\":\"u1\",\"name\":\"Ann\"}");
            assertThat(first.getJsonObject("message"))
                    .hasToString("{\"id\":\"m1\",\"date\":1780000000,\"text\":\"Hi\"," + "\"files\":["
                            + first.getJsonObject("message")
                                    .getJsonArray("files")
                                    .get(0) + "]}");
            assertThat(first.getJsonObject("message")
                            .getJsonArray("files")
                            .getJsonObject(0)
                            .getString("url"))
                    .isEqualTo("https://acme.example/a.png");
            assertThat(message).hasToString("message m1");

            connectors.confirmDelivery("acme_chat", 12, 1767, 90, "c1", List.of("m7"));
            JsonObject delivered =
                    portal.asked.get(3).json().getJsonArray("MESSAGES").getJsonObject(0);
            assertThat(delivered.getJsonObject("im").getInt("message_id")).isEqualTo(90);
            assertThat(delivered.getJsonObject("im").getInt("chat_id")).isEqualTo(1767);
            assertThat(delivered.getJsonObject("message").getJsonArray("id").getString(0))
                    .isEqualTo("m7");
        }
    }

    @Test
    void aRefusalInsideASuccessIsARefusal() {
        try (FakePortal portal = FakePortal.answering(
                "{\"result\":{\"result\":false,\"error\":\"NAME_REQUIRED\",\"error_description\":\"no name\"}}")) {
            Connectors.Registration nameless = new Connectors.Registration(
                    "acme", "", "data:image/svg+xml,x", URI.create("https://acme.example/"), false);
            assertThatThrownBy(() -> on(portal).connectors().register(nameless))
                    .isInstanceOfSatisfying(
                            RestException.class,
                            refused -> assertThat(refused.code()).contains(new ErrorCode("NAME_REQUIRED")));

            portal.answer(asked -> Answered.ok("{\"result\":false}"));
            assertThatThrownBy(() -> on(portal).connectors().activate("acme", 1, true))
                    .isInstanceOf(UnexpectedReplyException.class);
            portal.answer(asked -> Answered.ok("{\"result\":{\"SUCCESS\":true,\"DATA\":{\"RESULT\":[]}}}"));
            Connectors.Incoming message = new Connectors.Incoming("1", "2", "3", null, Instant.EPOCH, "text", Map.of());
            assertThatThrownBy(() -> on(portal).connectors().send("acme", 1, List.of(message)))
                    .isInstanceOf(UnexpectedReplyException.class)
                    .hasMessageContaining("an outcome for each of 1 messages");
        }
        assertThatThrownBy(() -> new Connectors.Incoming("1", "2", "3", null, Instant.EPOCH, "", Map.of()))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(
                        () -> new Connectors.Registration("a.b", "x", "x", URI.create("https://acme.example/"), false))
                .isInstanceOf(IllegalArgumentException.class);
    }

    /** A row to bind to. */
    public record Item(long id, String title) {}

    @Test
    void listsAreReadByTheirNameAndTyped() {
        try (FakePortal portal = new FakePortal(
                asked -> Answered.ok(
                        asked.json().containsKey("start")
                                ? "{\"result\":{\"items\":[{\"id\":3,\"title\":\"c\"}]},\"total\":3}"
                                : "{\"result\":{\"items\":[{\"id\":1,\"title\":\"a\"},{\"id\":2,\"title\":\"b\"}]},\"next\":50}"))) {
            RestCall call =
                    RestCall.of("crm.item.list", Map.of("entityTypeId", 2)).listing("items");

            assertThat(on(portal).list(call, Item.class))
                    .containsExactly(new Item(1, "a"), new Item(2, "b"), new Item(3, "c"));
            assertThat(portal.asked.get(1).json().getInt("start")).isEqualTo(50);
            assertThat(portal.asked.get(1).json().getInt("entityTypeId")).isEqualTo(2);
            assertThat(on(portal).list(call)).hasSize(3);
            assertThatThrownBy(() -> on(portal).list(call.listing("rows")))
                    .isInstanceOf(UnexpectedReplyException.class)
                    .hasMessageContaining("$.result.rows");
        }
    }

    @Test
    void aCallNeedsNoParameters() {
        try (FakePortal portal = FakePortal.answering("{\"result\":\"now\"}")) {
            assertThat(on(portal).call("server.time").result()).hasToString("\"now\"");
            assertThat(portal.asked.get(0).json()).containsOnlyKeys("auth");
        }
    }

    @Test
    void theLeastTimeBetweenOfflineEventsIsSent() {
        try (FakePortal portal = FakePortal.answering("{\"result\":true}")) {
            Subscription subscription = Subscription.online("OnOfflineEvent", URI.create("https://acme.example/"))
                    .withConnector("mine")
                    .withMinTimeout(Duration.ofMinutes(5));
            on(portal).subscriptions().bind(subscription);

            JsonObject asked = portal.asked.get(0).json();
            assertThat(asked.getJsonObject("OPTIONS").getInt("minTimeout")).isEqualTo(300);
            assertThat(asked.getString("auth_connector")).isEqualTo("mine");
        }
        Subscription other = Subscription.online("OnSessionFinish", URI.create("https://acme.example/"));
        assertThatThrownBy(() -> other.withMinTimeout(Duration.ofMinutes(5)))
                .isInstanceOf(IllegalArgumentException.class);
        Subscription offline = Subscription.online("OnOfflineEvent", URI.create("https://acme.example/"));
        assertThatThrownBy(() -> offline.withMinTimeout(Duration.ofMillis(300)))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
