// SPDX-License-Identifier: Apache-2.0
package dev.openlines.portal;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@SimulatedPortal(strict = false)
class EventMethodsTest {

    private static final String HANDLER = "http://127.0.0.1:8080/bitrix";

    private final RestCaller caller = new RestCaller();

    @Test
    void bindGetUnbindWorkTogether(Portal portal) {
        assertThat(bind(portal, "OnSessionFinish", HANDLER).body()).startsWith("{\"result\":true,\"time\":{\"start\":");
        assertThat(call(portal, "event.get", Map.of()).body())
                .startsWith(
                        "{\"result\":[{\"event\":\"ONSESSIONFINISH\","
                                + "\"handler\":\"http:\\/\\/127.0.0.1:8080\\/bitrix\",\"auth_type\":\"0\",\"offline\":0}],\"time\":{");
        Map<String, String> row = Map.of("event", "onsessionfinish", "handler", HANDLER);
        assertThat(call(portal, "event.unbind", row).body()).startsWith("{\"result\":{\"count\":1},\"time\":{");
        assertThat(call(portal, "event.unbind", row).body()).startsWith("{\"result\":{\"count\":0},\"time\":{");
        assertThat(call(portal, "event.get", Map.of()).body()).startsWith("{\"result\":[],\"time\":{");
    }

    @Test
    void aSecondEqualBindIsRefused(Portal portal) {
        bind(portal, "ONSESSIONFINISH", HANDLER);

        HttpResponse<String> again = bind(portal, "ONSESSIONFINISH", HANDLER);

        assertThat(again.statusCode()).isEqualTo(400);
        assertThat(again.body())
                .isEqualTo("{\"error\":\"ERROR_CORE\","
                        + "\"error_description\":\"Unable to set event handler: Handler already binded\"}");
        assertThat(portal.subscriptions()).hasSize(1);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            ''               | http://a.test/h      | ERROR_ARGUMENT             | Argument 'EVENT' is null or empty
            ONSESSIONFINISH  | ''                   | ERROR_ARGUMENT             | Argument 'HANDLER' is null or empty
            ONSESSIONFINISH  | http://localhost/h   | ERROR_WRONG_HANDLER_URL    | Wrong handler URL
            ONSESSIONFINISH  | http://.test/h       | ERROR_WRONG_HANDLER_URL    | Wrong handler URL
            ONSESSIONFINISH  | no address           | ERROR_WRONG_HANDLER_URL    | Wrong handler URL
            ONSESSIONFINISH  | ftp://a.test/h       | ERROR_UNSUPPORTED_PROTOCOL | Unsupported handler protocol
            ONNOSUCHTHING    | http://a.test/h      | ERROR_EVENT_NOT_FOUND      | Event not found
            """)
    void anEventThatCannotBeBoundIsRefused(String event, String handler, String code, String text, Portal portal) {
        HttpResponse<String> response = bind(portal, event, handler);

        assertThat(response.statusCode()).isEqualTo(400);
        assertThat(response.body())
                .startsWith(
                        "{\"error\":\"" + code + "\",\"error_description\":\"" + text.replace("'", "\\u0027") + "\"");
        assertThat(portal.subscriptions()).isEmpty();
    }

    @Test
    void anEventOutsideTheScopeIsNotFound() {
        try (PortalServer server = PortalServer.start();
                Portal portal = server.portal(PortalSetup.minted().scope(java.util.List.of("im")))) {
            assertThat(bind(portal, "ONSESSIONFINISH", HANDLER).body())
                    .isEqualTo("{\"error\":\"ERROR_EVENT_NOT_FOUND\",\"error_description\":\"Event not found\"}");
            assertThat(bind(portal, "ONAPPUNINSTALL", HANDLER).statusCode()).isEqualTo(200);
        }
    }

    @Test
    void aUserWithoutRightsBindsForHimselfOnly(Portal portal) {
        String operator = portal.issueToken(
                        Portal.OPERATOR_ID, portal.clock().instant().plusSeconds(60))
                .reveal();
        HttpResponse<String> refused = caller.post(
                portal.restUri().resolve("event.bind"),
                "auth=" + operator + "&event=ONSESSIONFINISH&auth_type=1&handler=" + encoded(HANDLER));
        assertThat(refused.statusCode()).isEqualTo(403);
        assertThat(refused.body())
                .isEqualTo("{\"error\":\"ACCESS_DENIED\",\"error_description\":\"Access denied! Event binding with "
                        + "AUTH_TYPE requires administrator access rights\"}");

        caller.post(
                portal.restUri().resolve("event.bind"),
                "auth=" + operator + "&event=ONSESSIONFINISH&handler=" + encoded(HANDLER));
        assertThat(portal.subscriptions())
                .extracting(PortalSubscription::authType)
                .containsExactly(Portal.OPERATOR_ID);
    }

    @Test
    void aWebhookMayNotBind(Portal portal) {
        HttpResponse<String> response = caller.post(
                portal.restUri().resolve("1/" + portal.webhookCode().reveal() + "/event.bind/"),
                "event=ONSESSIONFINISH&handler=" + encoded(HANDLER));

        assertThat(response.statusCode()).isEqualTo(403);
        assertThat(response.body())
                .isEqualTo("{\"error\":\"WRONG_AUTH_TYPE\","
                        + "\"error_description\":\"Current authorization type is denied for this method\"}");
    }

    @Test
    void aWrongWebhookCodeIsRefused(Portal portal) {
        HttpResponse<String> response = caller.post(portal.restUri().resolve("1/wrong/event.get"), "");

        assertThat(response.statusCode()).isEqualTo(401);
        assertThat(response.body())
                .isEqualTo("{\"error\":\"INVALID_CREDENTIALS\","
                        + "\"error_description\":\"Invalid request credentials\"}");
    }

    @Test
    void noTokenAnExpiredOneAndAnUnknownOneAreToldApart(Portal portal) {
        URI get = portal.restUri().resolve("event.get");

        assertThat(caller.post(get, "").body())
                .isEqualTo("{\"error\":\"NO_AUTH_FOUND\",\"error_description\":\"Wrong authorization data\"}");
        HttpResponse<String> expired =
                caller.post(get, "auth=" + portal.expiredAccessToken().reveal());
        assertThat(expired.statusCode()).isEqualTo(401);
        assertThat(expired.body())
                .isEqualTo("{\"error\":\"expired_token\","
                        + "\"error_description\":\"The access token provided has expired.\"}");
        assertThat(caller.post(get, "auth=nobody").body())
                .isEqualTo("{\"error\":\"invalid_token\",\"error_description\":\"Token expired or invalid\"}");
    }

    @Test
    void theTokenOfAnotherPortalIsUnknownHere(Portal portal) {
        try (PortalServer server = PortalServer.start();
                Portal one = server.portal();
                Portal other = server.portal()) {
            HttpResponse<String> response = caller.post(
                    one.restUri().resolve("event.get"),
                    "auth=" + other.accessToken().reveal());

            assertThat(response.statusCode()).isEqualTo(401);
            assertThat(response.body()).startsWith("{\"error\":\"invalid_token\"");
        }
    }

    @Test
    void theHeaderWinsOverAuthAndThatOverAccessToken(Portal portal) {
        String good = portal.accessToken().reveal();
        URI get = portal.restUri().resolve("event.get");

        assertThat(caller.post(get, "auth=bad&access_token=bad", "Authorization", "bearer " + good)
                        .statusCode())
                .isEqualTo(200);
        assertThat(caller.post(get, "auth=" + good + "&access_token=bad").statusCode())
                .isEqualTo(200);
        assertThat(caller.post(get, "access_token=" + good).statusCode()).isEqualTo(200);
        assertThat(caller.post(get, "auth=bad&access_token=" + good).statusCode())
                .isEqualTo(401);
    }

    @Test
    void requestsComeInEveryFormThatClientsUse(Portal portal) {
        String token = portal.accessToken().reveal();
        String fields = "event=ONSESSIONFINISH&handler=" + encoded(HANDLER);
        URI rest = portal.restUri();

        assertThat(caller.get(rest.resolve("event.bind.json?auth=" + token + "&" + fields))
                        .body())
                .startsWith("{\"result\":true");
        assertThat(caller.post(rest.resolve("EVENT.UNBIND/?auth=" + token), fields)
                        .body())
                .startsWith("{\"result\":{\"count\":1}");
        assertThat(caller.post(
                                rest.resolve("event.bind?auth=" + token),
                                "{\"EVENT\":\"ONSESSIONFINISH\",\"Handler\":\"" + HANDLER + "\"}",
                                "Content-Type",
                                "application/vnd.api+json")
                        .body())
                .startsWith("{\"result\":true");
        assertThat(caller.post(
                                rest.resolve("event.unbind?auth=" + token + "&handler=overridden"),
                                "--b\r\nContent-Disposition: form-data; name=\"event\"\r\n\r\nONSESSIONFINISH\r\n"
                                        + "--b\r\nContent-Disposition: form-data; name=handler\r\n\r\n" + HANDLER
                                        + "\r\n--b--\r\n",
                                "Content-Type",
                                "multipart/form-data; boundary=b")
                        .body())
                .startsWith("{\"result\":{\"count\":1}");
        assertThat(caller.post(rest.resolve("event.get?auth=" + token), "[]", "Content-Type", "application/json")
                        .body())
                .startsWith("{\"result\":[]");
        assertThat(caller.post(rest.resolve("event.get?auth=" + token), "{broken", "Content-Type", "application/json")
                        .body())
                .startsWith("{\"result\":[]");
    }

    @Test
    void doubledSlashesAreOne(Portal portal) {
        String base = portal.restUri().toString();

        assertThat(caller.get(URI.create(
                                base + "/event.get?auth=" + portal.accessToken().reveal()))
                        .statusCode())
                .isEqualTo(200);
        String webhook = base + "1/" + portal.webhookCode().reveal() + "//event.get/";
        assertThat(caller.get(URI.create(webhook)).statusCode()).isEqualTo(403);
    }

    @Test
    void anAnswerHasThePortalsHeadersAndItsTime(Portal portal) {
        HttpResponse<String> response = call(portal, "event.get", Map.of());

        assertThat(response.headers().firstValue("content-type")).contains("application/json; charset=utf-8");
        assertThat(response.headers().firstValue("access-control-allow-origin")).contains("*");
        assertThat(response.headers().firstValue("x-content-type-options")).contains("nosniff");
        assertThat(response.body())
                .matches("\\{\"result\":\\[],\"time\":\\{\"start\":[\\d.]+,\"finish\":[\\d.]+,\"duration\":[\\d.E-]+,"
                        + "\"processing\":[\\d.E-]+,\"date_start\":\"[-\\dT:]+\\+00:00\","
                        + "\"date_finish\":\"[-\\dT:]+\\+00:00\"}}");
    }

    @Test
    void aMethodTheSimulatorLacksIsSaidLoudlyBeforeAnyAuthorisation(Portal portal) {
        HttpResponse<String> response = caller.post(portal.restUri().resolve("crm.deal.list"), "");

        assertThat(response.statusCode()).isEqualTo(501);
        assertThat(response.body())
                .isEqualTo("{\"error\":\"SIMULATOR_LACKS_IT\","
                        + "\"error_description\":\"this simulator does not have the method crm.deal.list\"}");
        assertThat(portal.calls()).extracting(PortalCall::declared).containsExactly(false);
        assertThat(portal.calls()).extracting(PortalCall::provenance).containsExactly(Provenance.UNBUILT);
    }

    @Test
    void theJournalKnowsTheCallsAndNoSecret(Portal portal) {
        String token = portal.accessToken().reveal();
        caller.post(portal.restUri().resolve("event.get"), "auth=" + token + "&a[refresh_token]=" + token);

        assertThat(portal.calls()).hasSize(1);
        PortalCall call = portal.calls().get(0);
        assertThat(call.method()).isEqualTo("event.get");
        assertThat(call.userId()).isEqualTo(Portal.ADMIN_ID);
        assertThat(call.status()).isEqualTo(200);
        assertThat(call.error()).isEmpty();
        assertThat(call.parameters()).isEqualTo("{\"auth\":\"***\",\"a\":{\"refresh_token\":\"***\"}}");
        assertThat(call.toString()).doesNotContain(token);
    }

    private HttpResponse<String> bind(Portal portal, String event, String handler) {
        return call(portal, "event.bind", Map.of("event", event, "handler", handler));
    }

    private HttpResponse<String> call(Portal portal, String method, Map<String, String> parameters) {
        StringBuilder form = new StringBuilder("auth=" + portal.accessToken().reveal());
        parameters.forEach(
                (name, value) -> form.append('&').append(name).append('=').append(encoded(value)));
        return caller.post(portal.restUri().resolve(method), form.toString());
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }
}
