// SPDX-License-Identifier: Apache-2.0
package dev.openlines.portal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.openlines.portal.wire.PhpJson;
import jakarta.json.JsonArray;
import jakarta.json.JsonObject;
import jakarta.json.JsonValue;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Sessions without events, and who may list them, by the control API and by seed files. */
class ControlSessionsTest {

    private static PortalServer server;

    private final RestCaller caller = new RestCaller();

    @BeforeAll
    static void startTheServer() {
        server = PortalServer.start();
    }

    @AfterAll
    static void stopTheServer() {
        server.close();
    }

    @Test
    void sessionsEndWithoutEventsByTheControlApi() {
        make("ends", "");
        post("ends/clock", "{\"at\":\"2026-10-25T00:30:00Z\",\"time_zone\":\"Europe/Berlin\"}", 200);
        for (int i = 0; i < 3; i++) {
            post("ends/chats", "{}", 201);
        }
        post("ends/chats/17/dismiss", "{}", 409);
        post("ends/clock", "{\"advance_seconds\":7200}", 200);
        post("ends/chats/17/dismiss", "{}", 200);
        post("ends/chats/17/dismiss", "{}", 409);
        post("ends/chats/18/break-off", "{}", 200);
        post("ends/chats/19/repair", "{}", 409);
        post("ends/chats/19/duplicate", "{}", 200);
        post(
                "ends/chats/18/session",
                "{\"source\":\"viber\",\"vote\":\"dislike\",\"stars\":2,\"comment\":\"Oh\","
                        + "\"crm_type\":\"lead\",\"crm_id\":9}",
                200);
        post("ends/chats/18/session", "{\"stars\":6}", 400);
        post("ends/chats/18/session", "{\"vote\":\"meh\"}", 400);

        JsonArray sessions = rest("ends", "imopenlines.v2.Session.list?orderDirection=asc")
                .getJsonObject("result")
                .getJsonArray("sessions");
        assertThat(sessions).hasSize(4);
        JsonObject dismissed = sessions.getJsonObject(0);
        assertThat(dismissed.getString("dateCreate")).isEqualTo("2026-10-25T02:30:00+02:00");
        assertThat(dismissed.getString("dateClose")).isEqualTo("2026-10-25T02:30:00+01:00");
        JsonObject broken = sessions.getJsonObject(1);
        assertThat(broken.getString("status")).isEqualTo("new");
        assertThat(broken.getString("dateClose")).isEqualTo("2026-10-25T03:30:00+01:00");
        assertThat(broken.getString("source")).isEqualTo("viber");
        assertThat(broken.getInt("voteHead")).isEqualTo(2);
        assertThat(broken.getInt("crmEntityId")).isEqualTo(9);
        assertThat(sessions.getJsonObject(3).get("dateClose")).isEqualTo(JsonValue.NULL);
        assertThat(sessions.getJsonObject(3).getInt("chatId")).isEqualTo(19);

        post("ends/chats/18/repair", "{}", 200);
        assertThat(shown("ends").getJsonObject(1).toString())
                .isEqualTo("{\"id\":2,\"chat_id\":18,\"line_id\":1,\"source\":\"viber\",\"status\":\"closed\","
                        + "\"created\":\"2026-10-25T00:30:00Z\",\"closed\":\"2026-10-25T02:30:00Z\"}");
        assertThat(get("ends/deliveries").toString()).isEqualTo("[]");
        delete("ends/lines/1", 200);
        delete("ends/lines/1", 404);
        assertThat(shown("ends")).isEmpty();
    }

    @Test
    void theControlApiSetsTheUsersWhoMayListSessions() {
        make("rights", "");
        post("rights/chats", "{}", 201);
        post("rights/chats/17/session", "{\"stars\":2,\"crm_type\":\"deal\"}", 200);
        String list = "imopenlines.v2.Session.list";

        post("rights/reports", "{\"included\":false}", 200);
        assertThat(rest("rights", list).getString("error")).isEqualTo("TARIFF_RESTRICTION");
        post("rights/reports", "{\"included\":true,\"denied_users\":[1]}", 200);
        assertThat(rest("rights", list).getString("error")).isEqualTo("ACCESS_DENIED");
        post("rights/reports", "{\"allowed_users\":[1],\"known\":false}", 200);
        assertThat(rest("rights", list).getString("error")).isEqualTo("ERROR_METHOD_NOT_FOUND");
        assertThat(rest("rights", "method.get?name=" + list).toString()).contains("\"isExisting\":false");
        post("rights/reports", "{\"known\":true,\"hidden_lines\":[1]}", 200);
        assertThat(rest("rights", list).toString()).contains("\"sessions\":[]");
        post("rights/reports", "{\"shown_lines\":[1],\"ratings_shown\":false,\"crm_shown\":false}", 200);
        assertThat(rest("rights", list).toString()).contains("\"voteHead\":null", "\"crmEntityId\":null");
        assertThat(rest("rights", "batch?cmd%5Ba%5D=imopenlines.v2.Session.list")
                        .toString())
                .contains("\"hasNextPage\":false");
    }

    @Test
    void aSeedSaysWhoMayListSessions() {
        make("seeded", ",\"time_zone\":\"Asia/Kolkata\",\"reports\":{\"first_answer_seconds\":60,\"crm_shown\":false}");
        post("seeded/clock", "{\"at\":\"2026-10-25T00:30:00Z\"}", 200);
        post("seeded/chats", "{}", 201);
        post("seeded/chats/17/messages", "{\"by\":\"operator\",\"text\":\"Yes?\"}", 200);

        assertThat(rest("seeded", "imopenlines.v2.Session.list").toString())
                .contains("\"dateCreate\":\"2026-10-25T06:00:00+05:30\"", "\"kpiFirstAnswer\":true");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "\"time_zone\":\"Mars\"; expected a time zone such as Europe/Berlin but found \"Mars\" at $.portals[0].time_zone",
                "\"reports\":{\"known\":1}; expected true or false but found a number at $.portals[0].reports.known",
                "\"reports\":{\"denied_users\":[\"1\"]}; expected an id but found text at $.portals[0].reports.denied_users[0]"
            })
    void aBrokenSeedIsRefusedWithItsPlace(String member, String message) {
        byte[] seed = ("{\"portals\":[{" + member + "}]}").getBytes(StandardCharsets.UTF_8);

        assertThatThrownBy(() -> PortalSeed.apply(server, seed))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(message);
    }

    private void make(String label, String more) {
        HttpResponse<String> made = caller.post(
                server.uri().resolve("control/portals"),
                "{\"label\":\"" + label + "\",\"lines\":[{\"name\":\"Sales\"}],\"tokens\":[{\"access_token\":\"" + label
                        + "\",\"expires_in\":100000000}]" + more + "}",
                "Content-Type",
                "application/json");
        assertThat(made.statusCode()).as(made.body()).isEqualTo(201);
    }

    private void post(String path, String body, int status) {
        HttpResponse<String> done = caller.post(control(path), body, "Content-Type", "application/json");
        assertThat(done.statusCode()).as(done.body()).isEqualTo(status);
    }

    private void delete(String path, int status) {
        assertThat(caller.delete(control(path)).statusCode()).isEqualTo(status);
    }

    private JsonValue get(String path) {
        return PhpJson.parse(caller.get(control(path)).body().getBytes(StandardCharsets.UTF_8));
    }

    private JsonArray shown(String label) {
        return get(label + "/sessions").asJsonArray();
    }

    private JsonObject rest(String label, String call) {
        URI address =
                server.uri().resolve(label + "/rest/" + call + (call.contains("?") ? "&" : "?") + "auth=" + label);
        return PhpJson.parse(caller.get(address).body().getBytes(StandardCharsets.UTF_8))
                .asJsonObject();
    }

    private static URI control(String path) {
        return server.uri().resolve("control/portals/" + path);
    }
}
