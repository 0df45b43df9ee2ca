// SPDX-License-Identifier: Apache-2.0
package dev.openlines.portal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.portal.wire.PhpJson;
import dev.openlines.testkit.RecordingHandler;
import jakarta.json.JsonObject;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@SimulatedPortal(strict = false)
class SystemMethodsTest {

    /** The scopes that the integration tests of the vendor's Python SDK expect of a portal. */
    private static final String EXPECTED_SCOPES =
            "ai_admin appform baas biconnector bizproc booking calendar calendarmobile call "
                    + "cashbox catalog catalogmobile configuration.import contact_center crm delivery "
                    + "department disk documentgenerator entity forum humanresources.hcmlink iblock im "
                    + "im.import imbot imconnector imopenlines intranet landing landing_cloud lists log "
                    + "mailservice main messageservice mobile notifications pay_system placement pull "
                    + "pull_channel rating rest rpa sale salescenter sign.b2e smile socialnetwork "
                    + "sonet_group task tasks tasks_extended tasksmobile telephony timeman user "
                    + "user.userfield user_basic user_brief userconsent userfieldconfig vote";

    private final RestCaller caller = new RestCaller();

    @Test
    void appInfoDescribesTheApplication(Portal portal) {
        assertThat(result(portal, "app.info", ""))
                .isEqualTo(
                        "{\"ID\":\"3\",\"CODE\":\"" + portal.clientId()
                                + "\",\"VERSION\":1,\"STATUS\":\"L\",\"INSTALLED\":true,\"PAYMENT_EXPIRED\":\"N\","
                                + "\"DAYS\":null,\"LANGUAGE_ID\":\"en\",\"LICENSE\":\"en_ent250\",\"LICENSE_TYPE\":\"ent250\",\"LICENSE_FAMILY\":\"ent\"}");
    }

    @Test
    void everyScopeThatTheSdkExpectsOfAPortalIsListed(Portal portal) {
        assertThat(result(portal, "scope", "full=1"))
                .contains(Stream.of(EXPECTED_SCOPES.split(" "))
                        .map(code -> '"' + code + '"')
                        .toList());
        assertThat(EXPECTED_SCOPES.split(" ")).hasSize(64);
    }

    @Test
    void appInfoTellsAWebhookItsScope(Portal portal) {
        HttpResponse<String> response =
                caller.get(portal.restUri().resolve("1/" + portal.webhookCode().reveal() + "/app.info"));

        assertThat(response.body())
                .startsWith("{\"result\":{\"SCOPE\":[\"imopenlines\",\"imconnector\",\"im\",\"user_brief\"],"
                        + "\"LICENSE\":\"en_ent250\"},\"time\":");
    }

    @Test
    void theCallerTheScopeAndTheMethodsAreSaid(Portal portal) {
        portal.clock().freezeAt(Instant.parse("2026-11-22T12:00:00Z"));

        assertThat(result(portal, "profile", ""))
                .isEqualTo("{\"ID\":\"1\",\"ADMIN\":true,\"NAME\":\"Ada\",\"LAST_NAME\":\"Admin\","
                        + "\"PERSONAL_GENDER\":\"\",\"TIME_ZONE\":\"\"}");
        assertThat(result(portal, "scope", "")).isEqualTo("[\"imopenlines\",\"imconnector\",\"im\",\"user_brief\"]");
        assertThat(result(portal, "methods", "")).contains("\"event.bind\"", "\"batch\"");
        assertThat(result(portal, "method.get", "name=event.bind"))
                .isEqualTo("{\"isExisting\":true,\"isAvailable\":true}");
        assertThat(result(portal, "method.get", "NAME=event.bind"))
                .isEqualTo("{\"isExisting\":false,\"isAvailable\":false}");
        assertThat(result(portal, "server.time", "")).isEqualTo("\"2026-11-22T12:00:00+00:00\"");
        assertThat(result(portal, "feature.get", "code=rest_offline_extended")).isEqualTo("{\"value\":\"Y\"}");
        assertThat(call(portal, "feature.get", "").body())
                .isEqualTo("{\"error\":\"CODE_EMPTY\",\"error_description\":\"CODE can\\u0027t be empty\"}");
        assertThat(result(portal, "events", "scope=imopenlines"))
                .isEqualTo("[\"ONIMCONNECTORDIALOGFINISH\",\"ONIMCONNECTORDIALOGSTART\",\"ONIMCONNECTORLINEDELETE\","
                        + "\"ONIMCONNECTORMESSAGEADD\",\"ONIMCONNECTORMESSAGEDELETE\",\"ONIMCONNECTORMESSAGEUPDATE\","
                        + "\"ONIMCONNECTORSTATUSDELETE\","
                        + "\"ONOPENLINEMESSAGEADD\",\"ONOPENLINEMESSAGEDELETE\",\"ONOPENLINEMESSAGEUPDATE\","
                        + "\"ONSESSIONFINISH\",\"ONSESSIONSTART\"]");
        assertThat(result(portal, "events", "")).contains("\"ONAPPTEST\"", "\"ONSESSIONFINISH\"");
    }

    @Test
    void aMethodThatDoesNotExistIsNotFound(Portal portal) {
        HttpResponse<String> response = caller.post(portal.restUri().resolve("no.such.method"), "");

        assertThat(response.statusCode()).isEqualTo(404);
        assertThat(response.body())
                .isEqualTo("{\"error\":\"ERROR_METHOD_NOT_FOUND\",\"error_description\":\"Method not found!\"}");
        assertThat(portal.calls()).extracting(PortalCall::declared).containsExactly(false);
    }

    @Test
    void aDeclaredAnswerIsGivenToWhoIsAuthorised(Portal portal) {
        portal.answer("crm.deal.get", "{\"ID\":\"5\"}");

        assertThat(result(portal, "crm.deal.get", "id=5")).isEqualTo("{\"ID\":\"5\"}");
        assertThat(caller.post(portal.restUri().resolve("crm.deal.get"), "").statusCode())
                .isEqualTo(401);
        assertThat(portal.calls()).extracting(PortalCall::provenance).contains(Provenance.DECLARED);
    }

    @Test
    void aGuestsTokenHasNoRights(Portal portal) {
        PortalChat chat = portal.openLine("Support").openChat();
        String token = portal.issueToken(
                        chat.visitorId(), portal.clock().instant().plusSeconds(60))
                .reveal();

        HttpResponse<String> response = caller.post(portal.restUri().resolve("profile"), "auth=" + token);

        assertThat(response.statusCode()).isEqualTo(401);
        assertThat(response.body()).startsWith("{\"error\":\"user_access_error\"");
    }

    @Test
    void batchRunsItsCommandsAndPutsEarlierAnswersIntoLaterOnes(Portal portal) {
        String json =
                "{\"halt\":0,\"cmd\":{\"me\":\"profile\",\"check\":\"METHOD.GET?name=event.bind&x=$result[me][NAME]\","
                        + "\"bound\":\"event.bind?event=ONSESSIONFINISH&handler=http%3A%2F%2F127.0.0.1%2F%3Fby%3D$result[me][NAME]\","
                        + "\"bad\":\"event.bind?event=\",\"nested\":\"batch\",\"none\":\"no.such\",\"lacks\":\"crm.deal.list\","
                        + "\"odd\":5}}";

        JsonObject result = batch(portal, json);

        assertThat(result.getJsonObject("result").keySet()).containsExactly("me", "check", "bound");
        assertThat(result.getJsonObject("result_time").keySet()).containsExactly("me", "check", "bound");
        assertThat(result.get("result_next")).hasToString("[]");
        assertThat(result.get("result_total")).hasToString("[]");
        assertThat(portal.subscriptions())
                .extracting(s -> s.handler().toString())
                .containsExactly("http://127.0.0.1/?by=Ada");
        assertThat(result.get("result_error"))
                .hasToString("{\"bad\":{\"error\":\"ERROR_ARGUMENT\",\"error_description\":"
                        + "\"Argument 'EVENT' is null or empty\",\"argument\":\"EVENT\"},"
                        + "\"nested\":{\"error\":\"ERROR_BATCH_METHOD_NOT_ALLOWED\",\"error_description\":"
                        + "\"Method is not allowed for batch usage\"},"
                        + "\"none\":{\"error\":\"ERROR_METHOD_NOT_FOUND\",\"error_description\":\"Method not found!\"},"
                        + "\"lacks\":{\"error\":\"SIMULATOR_LACKS_IT\",\"error_description\":"
                        + "\"this simulator does not have the method crm.deal.list\"}}");
    }

    @Test
    @Timeout(300)
    void batchReplacesEveryReferenceOfATextAndNothingThatOnlyLooksLikeOne(Portal portal) throws Exception {
        try (RecordingHandler handler = RecordingHandler.start()) {
            portal.subscribe("ONAPPTEST", handler.uri());

            batch(
                    portal,
                    "{\"cmd\":{\"me\":\"profile\",\"echo\":\"event.test?both=$result[me][NAME] $result[me][ID] $result[me][NAME]"
                            + "&whole=$result[me][ID]&price=$total&word=$timeout\"}}");

            assertThat(portal.awaitDeliveries(1, Duration.ofSeconds(30))).isTrue();
            assertThat(handler.body(0))
                    .contains(
                            "data%5BQUERY%5D%5Bboth%5D=Ada+1+Ada&",
                            "data%5BQUERY%5D%5Bwhole%5D=1&",
                            "data%5BQUERY%5D%5Bprice%5D=%24total&",
                            "data%5BQUERY%5D%5Bword%5D=%24timeout&");
        }
    }

    @Test
    void theJournalMasksASecretInsideACommandAndInAList(Portal portal) {
        String token = portal.accessToken().reveal();

        batch(portal, "{\"access_token\":[\"" + token + "\"],\"cmd\":{\"a\":\"profile?auth=" + token + "&start=0\"}}");

        assertThat(portal.calls())
                .last()
                .satisfies(call -> assertThat(call.toString()).doesNotContain(token))
                .satisfies(call -> assertThat(call.toString()).contains("profile?auth=***&start=0"));
    }

    @Test
    void batchStopsAtTheFirstErrorWhereItShallHalt(Portal portal) {
        JsonObject result = batch(portal, "{\"halt\":true,\"cmd\":[\"server.time\",\"no.such\",\"server.time\"]}");

        assertThat(result.getJsonArray("result")).hasSize(1);
        assertThat(result.getJsonObject("result_error").keySet()).containsExactly("1");
    }

    @Test
    void batchTakesFiftyCommandsAndNoMore(Portal portal) {
        StringBuilder form = new StringBuilder("auth=" + portal.accessToken().reveal());
        for (int i = 0; i < 52; i++) {
            form.append("&cmd[").append(i).append("]=server.time%3F");
        }
        String body =
                caller.post(portal.restUri().resolve("batch"), form.toString()).body();
        JsonObject result = PhpJson.parse(body.getBytes(StandardCharsets.UTF_8))
                .asJsonObject()
                .getJsonObject("result");

        assertThat(result.getJsonArray("result")).hasSize(50);
        assertThat(result.getJsonObject("result_error").keySet()).containsExactly("50", "51");
        assertThat(result.getJsonObject("result_error").getJsonObject("50").getString("error"))
                .isEqualTo("ERROR_BATCH_LENGTH_EXCEEDED");
    }

    @Test
    void eventTestSendsItsParametersBackWithARefreshToken(Portal portal) throws Exception {
        try (RecordingHandler handler = RecordingHandler.start()) {
            portal.subscribe("ONAPPTEST", handler.uri());

            assertThat(result(portal, "event.test", "any[thing]=1")).isEqualTo("1");

            assertThat(portal.awaitDeliveries(1, Duration.ofSeconds(30))).isTrue();
            assertThat(handler.body(0))
                    .contains(
                            "event=ONAPPTEST&",
                            "data%5BQUERY%5D%5Bany%5D%5Bthing%5D=1&data%5BLANGUAGE_ID%5D=en&",
                            "auth%5Brefresh_token%5D=")
                    .doesNotContain("QUERY%5D%5Bauth");
        }
    }

    @Test
    void installUpdateAndUninstallAreEventsWithTheAuthThatIsTheirs(Portal portal) {
        try (RecordingHandler handler = RecordingHandler.start()) {
            for (String event : List.of("ONAPPINSTALL", "ONAPPUPDATE", "ONAPPUNINSTALL", "ONSESSIONFINISH")) {
                portal.subscribe(event, handler.uri());
            }
            String first = portal.applicationToken().reveal();
            portal.install();
            String second = portal.applicationToken().reveal();
            portal.update(false);
            portal.uninstall(true);
            PortalChat chat = portal.openLine("Support").openChat();

            assertThat(chat.close()).isEmpty();
            assertThat(portal.subscriptions()).isEmpty();
            assertThat(second).isNotEqualTo(first);
            assertThat(handler.body(0))
                    .contains(
                            "data%5BVERSION%5D=1&data%5BACTIVE%5D=Y&data%5BINSTALLED%5D=Y&data%5BLANGUAGE_ID%5D=en",
                            "access_token", "refresh_token", second);
            assertThat(handler.body(1)).contains("data%5BVERSION%5D=2&data%5BPREVIOUS_VERSION%5D=1&", "refresh_token");
            assertThat(handler.body(2))
                    .contains("data%5BCLEAN%5D=1&data%5BLANGUAGE_ID%5D=en&", "application_token%5D=" + second)
                    .doesNotContain("access_token", "refresh_token");
            assertThat(handler.requests()).hasSize(3);
        }
    }

    @Test
    void anUnfinishedInstallationGetsNothing() {
        try (PortalServer server = PortalServer.start();
                Portal portal = server.portal(PortalSetup.minted().notInstalled());
                RecordingHandler handler = RecordingHandler.start()) {
            portal.subscribe("ONSESSIONFINISH", handler.uri());
            String token = portal.applicationToken().reveal();
            PortalLine line = portal.openLine("Support");

            assertThat(line.openChat().close()).isEmpty();
            byte[] recorded = "event=ONSESSIONFINISH&auth[application_token]=x".getBytes(StandardCharsets.UTF_8);
            assertThat(portal.sending().replay(recorded)).isEmpty();
            assertThat(portal.sending().replayVerbatim(recorded)).isEmpty();
            portal.install();
            assertThat(portal.applicationToken().reveal()).isEqualTo(token);
            assertThat(line.openChat().close()).hasSize(1);
            assertThat(portal.sending().replay(recorded)).hasSize(1);
            portal.paid(false);
            assertThat(line.openChat().close()).isEmpty();
            assertThat(portal.sending().replay(recorded)).isEmpty();
        }
    }

    @Test
    void messagesComeInTheShapeOfTheirAuthor(Portal portal) {
        try (RecordingHandler handler = RecordingHandler.start()) {
            portal.subscribe("ONOPENLINEMESSAGEADD", handler.uri());
            PortalChat chat = portal.openLine("Support").openChat("viber");

            chat.customerWrites("Hello & welcome");
            chat.operatorWrites("Hi");

            assertThat(handler.body(0))
                    .contains(
                            "data%5BDATA%5D%5Bconnector%5D%5Bconnector_id%5D=viber&",
                            "data%5BDATA%5D%5Bchat%5D%5Bid%5D=1017&",
                            "data%5BDATA%5D%5Bmessage%5D%5Bchat_id%5D=17&",
                            "message%5D%5Btext%5D=Hello+%26+welcome&",
                            "auth%5Buser_id%5D=10&")
                    .doesNotContain("CONNECTOR%5D");
            assertThat(handler.body(1))
                    .contains(
                            "data%5BCONNECTOR%5D=viber&data%5BLINE%5D=1&data%5BDATA%5D%5Bconnector%5D",
                            "message%5D%5Bsystem%5D=N&", "no_session%5D=N&", "auth%5Buser_id%5D=5&");
        }
    }

    @Test
    void aTransferredChatFinishesOnItsNewLine(Portal portal) {
        try (RecordingHandler handler = RecordingHandler.start()) {
            portal.subscribe("ONSESSIONFINISH", handler.uri());
            PortalChat chat = portal.openLine("Sales").openChat();
            chat.transfer(portal.openLine("Support"));

            chat.close();

            assertThat(handler.body(0)).contains("%5Bline_id%5D=2&", "%5Bline%5D%5Bname%5D=Support&");
        }
    }

    private JsonObject batch(Portal portal, String json) {
        String token = portal.accessToken().reveal();
        String body = caller.post(
                        portal.restUri().resolve("batch?auth=" + token), json, "Content-Type", "application/json")
                .body();
        return PhpJson.parse(body.getBytes(StandardCharsets.UTF_8))
                .asJsonObject()
                .getJsonObject("result");
    }

    private String result(Portal portal, String method, String form) {
        String body = call(portal, method, form).body();
        assertThat(body).startsWith("{\"result\":");
        return body.substring("{\"result\":".length(), body.lastIndexOf(",\"time\":{"));
    }

    private HttpResponse<String> call(Portal portal, String method, String form) {
        return caller.post(
                portal.restUri().resolve(method), "auth=" + portal.accessToken().reveal() + "&" + form);
    }
}
