// SPDX-License-Identifier: Apache-2.0
package dev.openlines.portal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.client.Grant;
import dev.openlines.client.OfflineEvent;
import dev.openlines.client.RestClient;
import dev.openlines.client.TokenStore;
import dev.openlines.portal.wire.PhpJson;
import dev.openlines.testkit.RecordingHandler;
import jakarta.json.JsonObject;
import jakarta.json.JsonValue;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@SimulatedPortal
class OfflineEventsTest {

    private static final Instant NOON = Instant.parse("2026-11-22T12:00:00Z");

    private final RestCaller caller = new RestCaller();

    @BeforeEach
    void itIsNoon(Portal portal) {
        portal.clock().freezeAt(NOON);
    }

    @Test
    void aClosedChatIsARecordWithTypesAsTheyAre(Portal portal) {
        bind(portal, "");
        portal.openLine("Support").openChat().close();

        assertThat(call(portal, "event.offline.get", "").replaceAll("\"time\".*", "\"time\""))
                .isEqualTo("{\"result\":{\"process_id\":null,\"events\":[{\"ID\":\"1\","
                        + "\"TIMESTAMP_X\":\"2026-11-22T12:00:00+00:00\",\"EVENT_NAME\":\"ONSESSIONFINISH\","
                        + "\"EVENT_DATA\":{\"DATA\":{\"connector\":{\"connector_id\":\"livechat\",\"line_id\":\"1\","
                        + "\"chat_id\":\"17\",\"user_id\":\"10\"},\"chat\":{\"chat_id\":\"17\"},"
                        + "\"line\":{\"id\":\"1\",\"name\":\"Support\"}}},\"EVENT_ADDITIONAL\":{\"user_id\":\"5\"},"
                        + "\"MESSAGE_ID\":\"9d1be85a6722775616ace327a3a151f1\"}]},\"time\"");
        assertThat(events(portal, "")).isEmpty();
    }

    @Test
    void twoClosesOfOneChatAreOneRecordOfTheLaterTime(Portal portal) {
        bind(portal, "");
        PortalChat chat = portal.openLine("Support").openChat();
        chat.close();
        portal.clock().advance(Duration.ofMinutes(1));
        chat.customerReturns();
        chat.close();
        chat.line().openChat().close();

        assertThat(events(portal, ""))
                .extracting(event -> event.getString("ID") + " " + event.getString("TIMESTAMP_X"))
                .containsExactly("1 2026-11-22T12:01:00+00:00", "2 2026-11-22T12:01:00+00:00");
    }

    @Test
    void aTakenRecordStaysUntilItIsClearedAndCollapsesWithNothing(Portal portal) {
        bind(portal, "");
        PortalChat chat = portal.openLine("Support").openChat();
        chat.close();
        JsonObject taken = result(portal, "event.offline.get", "clear=0");
        String process = taken.getString("process_id");
        String message = taken.getJsonArray("events").getJsonObject(0).getString("MESSAGE_ID");
        chat.customerReturns();
        chat.close();

        assertThat(process).hasSize(32);
        assertThat(listed(portal)).containsExactly("1 " + process + " 0", "2  0");
        call(portal, "event.offline.clear", "process_id=" + process + "&message_id[]=" + message);
        assertThat(listed(portal)).containsExactly("2  0");
        call(portal, "event.offline.clear", "process_id=" + process);
        assertThat(listed(portal)).containsExactly("2  0");
    }

    @Test
    void aFailedRecordIsFreeAgainAndItsEqualIsGone(Portal portal) {
        bind(portal, "");
        PortalChat chat = portal.openLine("Support").openChat();
        chat.close();
        JsonObject taken = result(portal, "event.offline.get", "clear=0");
        String process = taken.getString("process_id");
        String message = taken.getJsonArray("events").getJsonObject(0).getString("MESSAGE_ID");
        chat.customerReturns();
        chat.close();

        call(portal, "event.offline.error", "process_id=" + process + "&message_id[0]=" + message);

        assertThat(listed(portal)).containsExactly("1  1");
        assertThat(events(portal, "")).isEmpty();
        assertThat(events(portal, "error=1")).hasSize(1);
    }

    @Test
    void takingHasALimitAFilterAndAnOrder(Portal portal) {
        bind(portal, "");
        PortalLine line = portal.openLine("Support");
        for (int i = 0; i < 5; i++) {
            line.openChat().close();
        }

        assertThat(ids(events(portal, "clear=0&limit=2&order[ID]=desc&filter[%3CID]=5")))
                .containsExactly("4", "3");
        assertThat(ids(events(portal, "clear=0&filter[!ID]=5&filter[EVENT_NAME]=onsessionfinish")))
                .containsExactly("1", "2");
        assertThat(ids(events(portal, "filter[%3E%3DTIMESTAMP_X]=2026-11-22T12:00:01Z")))
                .isEmpty();
        assertThat(ids(events(portal, ""))).containsExactly("5");
    }

    @Test
    void theListHasPages(Portal portal) {
        bind(portal, "");
        PortalLine line = portal.openLine("Support");
        for (int i = 0; i < 51; i++) {
            line.openChat().close();
        }

        String first = call(portal, "event.offline.list", "");
        assertThat(first).contains("],\"next\":50,\"total\":51,\"time\":");
        assertThat(call(portal, "event.offline.list", "start=50"))
                .contains("\"ID\":\"51\"", "\"PROCESS_ID\":\"\",\"ERROR\":\"0\"}],\"total\":51,");
    }

    @Test
    void anEventThatAConnectorCausedIsNotQueuedForIt(Portal portal) throws Exception {
        bind(portal, "&auth_connector=shop");
        bind(portal, "");
        assertThat(call(portal, "event.get", ""))
                .contains("{\"event\":\"ONSESSIONFINISH\",\"connector_id\":\"shop\",\"offline\":1},"
                        + "{\"event\":\"ONSESSIONFINISH\",\"connector_id\":\"\",\"offline\":1}");
        PortalLine line = portal.openLine("Support");
        call(portal, "imopenlines.operator.finish", "chat_id=" + line.openChat().id() + "&auth_connector=shop");
        call(portal, "imopenlines.operator.finish", "chat_id=" + line.openChat().id());

        assertThat(events(portal, "auth_connector=shop")).hasSize(1);
        assertThat(events(portal, "")).hasSize(2);
    }

    @Test
    void anOnlineHandlerIsToldButNotAtEveryRecord(Portal portal) {
        try (RecordingHandler handler = RecordingHandler.start()) {
            bind(portal, "");
            call(
                    portal,
                    "event.bind",
                    "event=onOfflineEvent&options[minTimeout]=5&handler="
                            + URLEncoder.encode(handler.uri().toString(), StandardCharsets.UTF_8));
            PortalLine line = portal.openLine("Support");
            line.openChat().close();
            portal.clock().advance(Duration.ofSeconds(4));
            line.openChat().close();
            portal.clock().advance(Duration.ofSeconds(1));
            line.openChat().close();

            assertThat(handler.requests()).hasSize(2);
            assertThat(handler.body(0))
                    .startsWith("event=ONOFFLINEEVENT&event_handler_id=2&ts=1795348800&auth%5Baccess_token%5D=")
                    .contains("&auth%5Brefresh_token%5D=");
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = ';', textBlock = """
            event.offline.get   ; limit=0               ; ERROR_ARGUMENT ; Value must be positive integer               ; LIMIT
            event.offline.get   ; filter[ERROR]=1       ; ERROR_ARGUMENT ; Filter field not allowed: ERROR              ; filter
            event.offline.get   ; filter[%25ID]=1       ; ERROR_ARGUMENT ; Filter operation not allowed: %              ; filter
            event.offline.get   ; filter=1              ; ERROR_ARGUMENT ; The filter is not an array.                  ; filter
            event.offline.list  ; order[ID]=up          ; ERROR_ARGUMENT ; Order direction should be one of {ASC|DESC}  ; order
            event.offline.clear ; ''                    ; ERROR_ARGUMENT ; Argument \\u0027PROCESS_ID\\u0027 is null or empty ; PROCESS_ID
            event.offline.clear ; process_id=p&id=1     ; ERROR_ARGUMENT ; Value must be array of integers              ; id
            event.offline.clear ; process_id=p&id[]=x   ; ERROR_ARGUMENT ; Value must be array of integers              ; id
            event.offline.clear ; process_id=p&message_id=1   ; ERROR_ARGUMENT ; Value must be array of MESSAGE_ID values ; message_id
            event.offline.clear ; process_id=p&message_id[]=1 ; ERROR_ARGUMENT ; Value must be array of MESSAGE_ID values ; messsage_id
            event.offline.error ; process_id=p          ; ERROR_ARGUMENT ; Value must be array of MESSAGE_ID values     ; message_id
            """)
    void aWrongArgumentIsRefused(
            String method, String query, String code, String text, String argument, Portal portal) {
        assertThat(call(portal, method, query))
                .isEqualTo("{\"error\":\"" + code + "\",\"error_description\":\"" + text + "\",\"argument\":\""
                        + argument + "\"}");
    }

    @Test
    void onlyAnAdministratorWithATokenMayAsk(Portal portal) {
        String operator =
                portal.issueToken(Portal.OPERATOR_ID, NOON.plusSeconds(60)).reveal();
        assertThat(caller.get(portal.restUri().resolve("event.offline.get?auth=" + operator))
                        .body())
                .isEqualTo("{\"error\":\"ACCESS_DENIED\",\"error_description\":\"Access denied!\"}");
        assertThat(caller.post(
                                portal.restUri().resolve("event.bind"),
                                "auth=" + operator + "&event=ONSESSIONFINISH&event_type=offline")
                        .body())
                .isEqualTo("{\"error\":\"ACCESS_DENIED\",\"error_description\":\"Access denied! "
                        + "Offline events binding requires administrator access rights\"}");
        assertThat(caller.get(portal.restUri()
                                .resolve("1/" + portal.webhookCode().reveal() + "/event.offline.get"))
                        .body())
                .startsWith("{\"error\":\"WRONG_AUTH_TYPE\"");
    }

    @Test
    void theTwoStepsNeedAPlanAndTheApplicationsOwnEventsAreNeverOffline(Portal portal) {
        portal.extendedOfflineEvents(false);

        assertThat(call(portal, "event.offline.get", "clear=0"))
                .isEqualTo("{\"error\":\"WRONG_LICENSE\",\"error_description\":\"This feature is not enabled for the "
                        + "current license: extended offline events handling\"}");
        assertThat(call(portal, "feature.get", "code=rest_offline_extended")).contains("{\"value\":\"N\"}");
        assertThat(call(portal, "event.bind", "event=OnSessionFinish&event_type=sometimes"))
                .isEqualTo(
                        "{\"error\":\"ERROR_ARGUMENT\",\"error_description\":\"Value must be one of {online|offline}\","
                                + "\"argument\":\"EVENT_TYPE\"}");
        assertThat(call(portal, "event.bind", "event=OnAppInstall&event_type=OFFLINE"))
                .isEqualTo(
                        "{\"error\":\"ERROR_ARGUMENT\",\"error_description\":\"Offline event cannot be registered for "
                                + "this event.\"}");
    }

    @Test
    void offlineBindingsAreBoundOnceAndUnbound(Portal portal) {
        bind(portal, "");
        assertThat(call(portal, "event.bind", "event=ONSESSIONFINISH&event_type=offline"))
                .isEqualTo("{\"error\":\"ERROR_CORE\","
                        + "\"error_description\":\"Unable to set event handler: Handler already binded\"}");
        assertThat(call(portal, "event.unbind", "event=onsessionfinish&event_type=offline"))
                .startsWith("{\"result\":{\"count\":1}");
        portal.openLine("Support").openChat().close();
        assertThat(events(portal, "")).isEmpty();
    }

    @Test
    void ourOwnClientDrainsTheQueue(Portal portal) {
        bind(portal, "");
        PortalLine line = portal.openLine("Support");
        for (int i = 0; i < 60; i++) {
            line.openChat().close();
        }
        List<OfflineEvent> stored = new ArrayList<>();

        TokenStore store = TokenStore.memory();
        store.save(new Grant(
                portal.memberId(),
                portal.restUri(),
                portal.serverEndpoint(),
                portal.accessToken(),
                portal.accessToken(),
                Instant.now().plusSeconds(3600),
                List.of(),
                false,
                0));
        var drained = RestClient.builder()
                .allowLoopback()
                .rate(1e6, 10_000)
                .application(portal.clientId(), portal.clientSecret(), store)
                .build()
                .portal(portal.memberId())
                .offlineQueue()
                .drain(event -> {
                    stored.add(event);
                    if (stored.size() == 3) {
                        throw new IllegalStateException("refused by the test");
                    }
                });

        assertThat(drained.stored()).isEqualTo(59);
        assertThat(drained.failed()).isEqualTo(1);
        assertThat(listed(portal)).containsExactly("3  1");
    }

    private void bind(Portal portal, String more) {
        assertThat(call(portal, "event.bind", "event=OnSessionFinish&event_type=offline" + more))
                .startsWith("{\"result\":true,");
    }

    private List<String> listed(Portal portal) {
        List<String> rows = new ArrayList<>();
        for (JsonValue row : PhpJson.parse(
                        call(portal, "event.offline.list", "").getBytes(StandardCharsets.UTF_8))
                .asJsonObject()
                .getJsonArray("result")) {
            JsonObject object = row.asJsonObject();
            rows.add(object.getString("ID") + " " + object.getString("PROCESS_ID") + " " + object.getString("ERROR"));
        }
        return rows;
    }

    private List<JsonObject> events(Portal portal, String query) {
        return result(portal, "event.offline.get", query).getJsonArray("events").getValuesAs(JsonObject.class);
    }

    private static List<String> ids(List<JsonObject> events) {
        return events.stream().map(event -> event.getString("ID")).toList();
    }

    private JsonObject result(Portal portal, String method, String query) {
        return PhpJson.parse(call(portal, method, query).getBytes(StandardCharsets.UTF_8))
                .asJsonObject()
                .getJsonObject("result");
    }

    private String call(Portal portal, String method, String query) {
        return caller.post(
                        portal.restUri().resolve(method),
                        "auth=" + portal.accessToken().reveal() + (query.isEmpty() ? "" : "&" + query))
                .body();
    }
}
