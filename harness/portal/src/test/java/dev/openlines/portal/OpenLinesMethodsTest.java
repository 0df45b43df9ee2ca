// SPDX-License-Identifier: Apache-2.0
package dev.openlines.portal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.portal.wire.PhpJson;
import dev.openlines.testkit.RecordingHandler;
import jakarta.json.JsonObject;
import jakarta.json.JsonValue;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@SimulatedPortal
class OpenLinesMethodsTest {

    private final RestCaller caller = new RestCaller();

    @BeforeEach
    void itIsNoon(Portal portal) {
        portal.clock().freezeAt(Instant.parse("2026-11-22T12:00:00Z"));
    }

    @Test
    void aDialogIsFoundByEachOfItsNames(Portal portal) {
        PortalChat chat = portal.openLine("Support").openChat("viber");

        JsonObject byChat =
                result(portal, "imopenlines.dialog.get", "chat_id=17").asJsonObject();
        assertThat(byChat.getString("entity_data_1")).isEqualTo("N|NONE|0|N|N|1|1795348800|1|0|0");
        assertThat(byChat.getString("entity_id")).isEqualTo("viber|1|1017|510");
        assertThat(byChat.getInt("id")).isEqualTo(17);
        for (String query : List.of(
                "DIALOG_ID=chat17", "SESSION_ID=1", "USER_CODE=viber|1|1017|510", "USER_CODE=imol|viber|1|1017|510")) {
            assertThat(result(portal, "imopenlines.dialog.get", query))
                    .as(query)
                    .isEqualTo(byChat);
        }
        assertThat(chat.isOpen()).isTrue();
    }

    @Test
    void aClosedDialogNamesNoSession(Portal portal) {
        portal.openLine("Support").openChat().close();

        assertThat(result(portal, "imopenlines.dialog.get", "CHAT_ID=17")
                        .asJsonObject()
                        .getString("entity_data_1"))
                .isEqualTo("N|NONE|0|N|N|0|1795348800|1|0|0");
    }

    @Test
    void theHistoryOfAChatIsThatOfItsLatestSession(Portal portal) {
        PortalChat chat = portal.openLine("Support").openChat();
        chat.customerWrites("Hello & <good> day");
        chat.close();
        chat.customerReturns();

        JsonObject latest =
                result(portal, "imopenlines.session.history.get", "CHAT_ID=17").asJsonObject();
        assertThat(latest.getInt("sessionId")).isEqualTo(2);
        assertThat(latest.getJsonObject("message").keySet()).containsExactly("4");
        assertThat(latest.getJsonObject("chat").getJsonObject("17").getString("entityData1"))
                .startsWith("N|NONE|0|N|N|2|");
        JsonObject first = result(portal, "imopenlines.session.history.get", "SESSION_ID=1&CHAT_ID=99")
                .asJsonObject();
        assertThat(first.getJsonObject("message").getJsonObject("2"))
                .isEqualTo(
                        PhpJson.parse(("{\"id\":\"2\",\"chatid\":\"17\",\"senderid\":\"10\",\"recipientid\":\"chat17\","
                                        + "\"date\":\"2026-11-22T12:00:00+00:00\",\"text\":\"Hello & <good> day\","
                                        + "\"textlegacy\":\"Hello & <good> day\",\"params\":[]}")
                                .getBytes(StandardCharsets.UTF_8)));
        assertThat(first.getJsonObject("usersMessage").getJsonArray("chat17").toString())
                .isEqualTo("[\"3\",\"2\",\"1\"]");
    }

    @Test
    void aSessionCanBeResumedAndFinishesTwice(Portal portal) {
        try (RecordingHandler handler = RecordingHandler.start()) {
            portal.subscribe("ONSESSIONSTART", handler.uri());
            portal.subscribe("ONSESSIONFINISH", handler.uri());
            PortalChat chat = portal.openLine("Support").openChat();
            chat.close(Closing.AGENT);
            chat.resume();
            chat.close(Closing.RATING);

            assertThat(chat.sessionId()).isEqualTo(1);
            assertThat(portal.deliveries())
                    .extracting(Delivery::event)
                    .containsExactly("ONSESSIONSTART", "ONSESSIONFINISH", "ONSESSIONFINISH");
        }
    }

    @Test
    void finishingThroughRestSendsTheEventWithTheCallersToken(Portal portal) throws Exception {
        try (RecordingHandler handler = RecordingHandler.start()) {
            portal.subscribe("ONSESSIONFINISH", handler.uri());
            PortalChat chat = portal.openLine("Support").openChat();

            assertThat(result(portal, "imopenlines.operator.finish", "CHAT_ID=17"))
                    .isEqualTo(JsonValue.TRUE);
            assertThat(portal.awaitDeliveries(1, Duration.ofSeconds(30))).isTrue();
            assertThat(handler.body(0)).contains("auth%5Buser_id%5D=1&");
            assertThat(chat.isOpen()).isFalse();
            assertThat(result(portal, "imopenlines.operator.finish", "CHAT_ID=17"))
                    .isEqualTo(JsonValue.TRUE);
            assertThat(portal.deliveries()).hasSize(1);
        }
    }

    @Test
    void aBotFinishesOnlyWhereTheApplicationHasOne() {
        try (PortalServer server = PortalServer.start();
                Portal portal = server.portal(PortalSetup.minted().scope(List.of("imopenlines", "imbot")))) {
            PortalChat chat = portal.openLine("Support").openChat();

            assertThat(result(portal, "imopenlines.bot.session.finish", "CHAT_ID=17"))
                    .isEqualTo(JsonValue.TRUE);
            assertThat(chat.isOpen()).isFalse();
        }
    }

    @Test
    void aLineIsDescribedAndAnUnknownOneIsFalse(Portal portal) {
        portal.openLine("R&D \"<1>\"");

        String answer = call(portal, "imopenlines.config.get", "CONFIG_ID=1");
        assertThat(answer)
                .startsWith("{\"result\":{\"ID\":\"1\",\"ACTIVE\":\"Y\","
                        + "\"LINE_NAME\":\"R\\u0026D \\u0022\\u003C1\\u003E\\u0022\",")
                .contains("\"DATE_CREATE\":{},\"DATE_MODIFY\":{},", "\"QUEUE\":[\"5\"],\"QUEUE_FULL\":{\"5\":{");
        assertThat(call(portal, "imopenlines.config.get", "CONFIG_ID=1&WITH_QUEUE=N"))
                .doesNotContain("\"QUEUE\":");
        assertThat(result(portal, "imopenlines.config.get", "CONFIG_ID=2")).isEqualTo(JsonValue.FALSE);
        assertThat(call(portal, "imopenlines.config.list.get", ""))
                .startsWith("{\"result\":[{\"ID\":\"1\",\"ACTIVE\":\"Y\",")
                .doesNotContain("\"QUEUE\":");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            imopenlines.session.history.get | ''             | MISSING_REQUIRED_PARAM | Session ID or Chat ID must be provided
            imopenlines.session.history.get | chat_id=17     | MISSING_REQUIRED_PARAM | Session ID or Chat ID must be provided
            imopenlines.session.history.get | CHAT_ID=99     | INVALID_SESSION_ID     | Unable to determine session ID from provided parameters
            imopenlines.session.history.get | SESSION_ID=99  | ACCESS_DENIED          | You cannot open this conversation because you do not have sufficient rights.
            imopenlines.dialog.get          | CHAT_ID=99     | ACCESS_ERROR           | You do not have access to the specified dialog
            imopenlines.dialog.get          | CHAT_ID=&SESSION_ID=1 | ACCESS_ERROR    | You do not have access to the specified dialog
            imopenlines.config.get          | config_id=1    | CONFIG_ID_EMPTY        | Config ID can\\u0027t be empty
            imopenlines.operator.finish     | CHAT_ID=99     | CHAT_ID                | Invalid chat ID
            imopenlines.bot.session.finish  | ''             | CHAT_ID_EMPTY          | Chat ID can\\u0027t be empty
            imopenlines.bot.session.finish  | CHAT_ID=17     | BOT_ID_ERROR           | Bot not found
            """)
    void aWrongArgumentIsRefused(String method, String query, String code, String text, Portal portal) {
        portal.openLine("Support").openChat();

        assertThat(call(portal, method, query))
                .isEqualTo("{\"error\":\"" + code + "\",\"error_description\":\"" + text + "\"}");
    }

    private JsonValue result(Portal portal, String method, String query) {
        return PhpJson.parse(call(portal, method, query).getBytes(StandardCharsets.UTF_8))
                .asJsonObject()
                .getOrDefault("result", JsonValue.NULL);
    }

    private String call(Portal portal, String method, String query) {
        return caller.post(
                        portal.restUri().resolve(method),
                        "auth=" + portal.accessToken().reveal() + (query.isEmpty() ? "" : "&" + query))
                .body();
    }
}
