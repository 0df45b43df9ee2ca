// SPDX-License-Identifier: Apache-2.0
package dev.openlines.portal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.openlines.portal.wire.EventBodies;
import dev.openlines.portal.wire.EventSender;
import dev.openlines.portal.wire.Exchange;
import dev.openlines.portal.wire.PhpJson;
import dev.openlines.testkit.RecordingHandler;
import jakarta.json.JsonObject;
import jakarta.json.JsonValue;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ControlApiTest {

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
    void plansFaultsLimitsAndRecordingsAreForTheApiToo() {
        try (RecordingHandler handler = RecordingHandler.start()) {
            post(
                    "portals",
                    "{\"label\":\"plans\",\"lines\":[{\"name\":\"Sales\"}],\"subscriptions\":[{\"handler\":\""
                            + handler.uri() + "\"}],\"tokens\":[{\"access_token\":\"plans-token\"}]}",
                    201);
            assertThat(json(post(
                                    "portals/plans/faults",
                                    "{\"fault\":\"error\",\"status\":418,\"code\":\"TEA\",\"on\":\"scope\",\"first\":1}",
                                    201))
                            .toString())
                    .isEqualTo("{\"faults\":[\"error 418 TEA on scope, first 1\"]}");
            URI scope = server.uri().resolve("plans/rest/scope?auth=plans-token");
            assertThat(caller.get(scope).statusCode()).isEqualTo(418);
            assertThat(caller.get(scope).statusCode()).isEqualTo(200);
            post("portals/plans/limits", "{\"bucket\":1}", 200);
            assertThat(caller.get(scope).statusCode()).isEqualTo(200);
            assertThat(caller.get(scope).statusCode()).isEqualTo(503);
            post("portals/plans/limits", "{}", 200);
            assertThat(json(post(
                                    "portals/plans/plan",
                                    "{\"seed\":3,\"copies\":2,\"order\":\"shuffled\",\"rate\":1000,\"chunked\":[5],"
                                            + "\"set\":{\"data.x\":1}}",
                                    200))
                            .getString("plan"))
                    .isEqualTo("seed 3: 2 copies, shuffled, at most 1000.0 a second, chunked at 5, another data.x");
            post("portals/plans/hold", "{}", 200);
            post("portals/plans/chats", "{}", 201);
            assertThat(json(post("portals/plans/chats/17/close", "{}", 200)).getJsonArray("deliveries"))
                    .isEmpty();
            assertThat(json(post("portals/plans/release", "{\"wrong_token\":true}", 200))
                            .getJsonArray("deliveries"))
                    .hasSize(1);
            post("portals/plans/plan", "{}", 200);
            post("portals/plans/chats/17/resume", "{}", 200);
            post("portals/plans/replay", "{\"body\":\"event=ONSESSIONFINISH&x=1\",\"verbatim\":true}", 200);
            assertThat(handler.body(1)).isEqualTo("event=ONSESSIONFINISH&x=1");
            assertThat(json(get("portals/plans/offline", 200)).toString())
                    .isEqualTo("{\"bindings\":[],\"records\":[]}");
            for (String[] wrong : new String[][] {
                {"faults", "{\"fault\":\"flood\"}"},
                {"faults", "{\"fault\":\"reset\",\"from\":\"noon\"}"},
                {"plan", "{\"order\":\"odd\"}"},
                {"plan", "{\"copies\":0}"},
                {"replay", "{\"body\":\"x\"}"}
            }) {
                post("portals/plans/" + wrong[0], wrong[1], 400);
            }
        }
    }

    @Test
    void aDeliveryIsViewedCopiedAndEditedWithoutItsSecrets() {
        String answer = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\nConnection: close\r\n\r\nhidden";
        try (RecordingHandler handler = RecordingHandler.answering(answer)) {
            post(
                    "portals",
                    "{\"label\":\"view\",\"application_token\":\"hidden\",\"lines\":[{\"name\":\"It's\"}],"
                            + "\"subscriptions\":[{\"handler\":\"" + handler.uri() + "\"}],\"chats\":[{}]}",
                    201);
            post("portals/view/chats/17/close", "{\"by\":\"agent\"}", 200);

            JsonObject view = json(get("portals/view/deliveries/1/view", 200));
            assertThat(view.toString()).doesNotContain("hidden").contains("***");
            assertThat(view.getString("request_body")).endsWith("&auth%5Bapplication_token%5D=***");
            post(
                    "portals/view/deliveries/1/again",
                    EventBodies.object()
                            .add("body", view.getString("request_body").replace("chat_id%5D=17", "chat_id%5D=18"))
                            .build()
                            .toString(),
                    200);
            assertThat(handler.body(1)).isEqualTo(handler.body(0).replace("chat_id%5D=17", "chat_id%5D=18"));
            assertThat(get("portals/view/deliveries/1/junit", 200).body())
                    .contains("portal.subscribe(\"ONSESSIONFINISH\", URI.create(\"" + handler.uri() + "\"));")
                    .doesNotContain("hidden");
            assertThat(get("portals/view/deliveries/1/curl", 200).body())
                    .startsWith("curl --silent --show-error --include ")
                    .contains("  --header 'User-Agent: Bitrix24 Webhook Engine' ")
                    .contains(
                            "  --data-raw 'event=ONSESSIONFINISH&",
                            "application_token%5D=hidden' \\\n  '" + handler.uri() + "'\n");
        }
    }

    @Test
    void aDeliveryKnowsTheCallsItLedToByTheTokenItCarried() {
        try (RecordingHandler handler = RecordingHandler.start()) {
            Portal portal = server.portal(PortalSetup.minted().label("cause"));
            portal.subscribe("ONSESSIONFINISH", handler.uri());
            PortalLine line = portal.openLine("Support");
            line.openChat().close(Closing.OPERATOR);
            line.openChat().close(Closing.OPERATOR);
            portal.sending().replayVerbatim(handler.body(0).getBytes(StandardCharsets.UTF_8));

            call(portal, "profile", tokenOf(handler.body(1)));
            call(portal, "scope", tokenOf(handler.body(0)));
            call(portal, "server.time", portal.accessToken().reveal());

            assertThat(callsOf("cause", 1)).containsExactly("scope by token", "server.time by time");
            assertThat(callsOf("cause", 2)).containsExactly("profile by token", "server.time by time");
            assertThat(callsOf("cause", 3)).containsExactly("scope by token", "server.time by time");
        }
    }

    private static String tokenOf(String body) {
        return body.replaceFirst(".*auth%5Baccess_token%5D=([0-9a-f]{70})&.*", "$1");
    }

    private void call(Portal portal, String method, String token) {
        assertThat(caller.get(portal.restUri().resolve(method + "?auth=" + token))
                        .statusCode())
                .isEqualTo(200);
    }

    private List<String> callsOf(String label, int delivery) {
        return json(get("portals/" + label + "/deliveries/" + delivery + "/view", 200)).getJsonArray("calls").stream()
                .map(JsonValue::asJsonObject)
                .map(call -> call.getString("method") + " by " + call.getString("linked_by"))
                .toList();
    }

    @Test
    void thePageAndItsFilesComeFromHereAndRefuseStrangers() {
        var page = caller.get(server.uri());
        assertThat(page.statusCode()).isEqualTo(200);
        assertThat(page.headers().firstValue("Content-Security-Policy").orElseThrow())
                .startsWith("default-src 'none'; script-src 'self';");
        for (String file : new String[] {"page.css", "page.js", "pico.css", "preact.js", "icon.svg"}) {
            assertThat(caller.get(server.uri().resolve("page/" + file)).statusCode())
                    .as(file)
                    .isEqualTo(200);
            assertThat(page.body()
                            + caller.get(server.uri().resolve("page/page.js")).body())
                    .contains(file);
        }
        assertThat(caller.get(server.uri().resolve("page/../line-config.json")).statusCode())
                .isEqualTo(404);
        assertThat(caller.post(server.uri(), "").statusCode()).isEqualTo(405);
        assertThat(caller.get(server.uri().resolve("control/portals/nobody/stream"))
                        .statusCode())
                .isEqualTo(404);
    }

    @Test
    void aPortalIsMadeUsedAndTakenAway() {
        try (RecordingHandler handler = RecordingHandler.start()) {
            JsonObject portal = json(post(
                    "portals",
                    "{\"label\":\"shop\",\"member_id\":\"m1\",\"application_token\":\"t1\",\"client_id\":\"c1\","
                            + "\"client_secret\":\"s1\",\"lines\":[{\"id\":128,\"name\":\"Sales\"}],"
                            + "\"tokens\":[{\"access_token\":\"a1\"}],"
                            + "\"subscriptions\":[{\"handler\":\"" + handler.uri() + "\",\"dialect\":\"docs-2026\"}]}",
                    201));
            assertThat(portal.getString("client_endpoint")).isEqualTo(server.uri() + "shop/rest/");
            assertThat(portal.getString("application_token")).isEqualTo("t1");
            assertThat(caller.get(URI.create(portal.getString("client_endpoint") + "event.get?auth=a1"))
                            .body())
                    .startsWith("{\"result\":[{\"event\":\"ONSESSIONFINISH\"");

            int chat = json(post("portals/shop/chats", "{\"connector\":\"viber\"}", 201))
                    .getInt("id");
            JsonObject closed = json(post("portals/shop/chats/" + chat + "/close", "{\"by\":\"agent\"}", 200));

            assertThat(closed.getJsonArray("deliveries").getJsonObject(0).getInt("status"))
                    .isEqualTo(200);
            assertThat(handler.body(0)).contains("%5B0%5D%5Bsession%5D", "application_token%5D=t1");
            JsonObject whole = json(get("portals/shop/deliveries/1", 200));
            assertThat(whole.getString("request_body")).isEqualTo(handler.body(0));
            assertThat(whole.getString("request_head")).startsWith("POST /bitrix/events?site=1 HTTP/1.1\r\n");
            assertThat(whole.getString("answer")).isEqualTo(RecordingHandler.OK);
            post("portals/shop/deliveries/1/again", "{\"body\":\"a=1\"}", 200);
            post("portals/shop/deliveries/1/again", "{}", 200);
            assertThat(handler.body(1)).isEqualTo("a=1");
            assertThat(handler.body(2)).isEqualTo(handler.body(0));
            assertThat(get("portals/shop/calls", 200).body())
                    .contains("\"auth\\\":\\\"***")
                    .doesNotContain("a1");
            delete("portals/shop/subscriptions/1", 200);
            delete("portals/shop/subscriptions/1", 404);
            delete("portals/shop", 200);
            get("portals/shop", 404);
        }
    }

    @Test
    void theLifeOfChatsClockAndApplicationIsDriven() {
        String label = json(post("portals", "{}", 201)).getString("label");
        String base = "portals/" + label + "/";
        post(base + "lines", "{\"name\":\"Sales\"}", 201);
        post(base + "lines", "{\"name\":\"Support\"}", 201);
        post(base + "chats", "{\"line_id\":2}", 201);
        post(base + "chats/17/messages", "{\"text\":\"Hi\"}", 200);
        post(base + "chats/17/messages", "{\"text\":\"Hi\",\"by\":\"operator\"}", 200);
        post(base + "chats/17/transfer", "{\"line_id\":1}", 200);
        post(base + "chats/17/close", "{}", 200);
        assertThat(post(base + "chats/17/close", "{}", 409).body()).isEqualTo("{\"error\":\"chat 17 is closed\"}");
        post(base + "chats/17/return", "{}", 200);
        assertThat(get(base + "chats/17", 200).body())
                .isEqualTo("{\"id\":17,\"line_id\":1,\"connector\":\"livechat\",\"visitor_id\":10,\"session_id\":2,"
                        + "\"open\":true,"
                        + "\"group\":false,\"people\":[{\"id\":10,\"name\":\"Guest\",\"role\":\"customer\"}]}");
        post(base + "clock", "{\"at\":\"2026-11-22T12:00:00Z\"}", 200);
        assertThat(post(base + "clock", "{\"advance_seconds\":60}", 200).body())
                .isEqualTo("{\"now\":\"2026-11-22T12:01:00Z\",\"time_zone\":\"UTC\",\"frozen\":true}");
        assertThat(post(base + "clock", "{\"run\":true}", 200).body()).endsWith("\"frozen\":false}");
        post(base + "subscriptions", "{\"handler\":\"http://127.0.0.1:1/\",\"event\":\"OnAppUpdate\"}", 201);
        assertThat(post(base + "subscriptions/1/dialect", "{\"dialect\":\"docs-2024\"}", 200)
                        .body())
                .contains("\"dialect\":\"docs-2024\"");
        assertThat(json(post(base + "update", "{\"new_token\":true}", 200)).getJsonArray("deliveries"))
                .hasSize(1);
        post(base + "install", "{}", 200);
        post(base + "uninstall", "{\"clean\":true}", 200);
        assertThat(get(base, 200).body()).contains("\"installed\":false");
        post(base + "paid", "{\"paid\":false}", 200);
        post(base + "answers", "{\"method\":\"crm.deal.get\",\"result\":{\"ID\":1}}", 201);
        assertThat(json(post(base + "tokens", "{\"expired\":true}", 201)).getString("access_token"))
                .hasSize(70);
        assertThat(json(post(base + "tokens", "{\"refresh\":true,\"user_id\":5}", 201))
                        .getString("refresh_token"))
                .hasSize(70);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
            portals               | {"lines":[{"nmae":"x"}]}            | 400 | expected only id, name but found "nmae" at $.lines[0]
            portals               | {"51856fefc120afa4b628cc82d3935cce":1} | 400 | but found text (32 characters) at $
            portals               | {"tokens":[{"a\\u001bc":1}]}        | 400 | but found text (3 characters) at $.tokens[0]
            portals               | {"crm":[{"type":"leed","title":"x"}]} | 400 | expected lead, deal, contact or company but found "leed" at $.crm[0].type
            portals               | {"time_zone":"Mars"}                | 400 | expected a time zone such as Europe/Berlin but found "Mars" at $.time_zone
            portals               | {"label":"Bad Label"}               | 400 | ~~
            portals               | {"label":5}                         | 400 | expected text but found a number at $.label
            portals               | []                                  | 400 | expected an object but found a list at $
            portals               | {"dialect":"klingon"}               | 400 | expected one of platform, docs-2024, docs-2024-table, docs-2026 as dialect at $.dialect
            portals               | {"lines":[{"id":1.5}]}              | 400 | expected an integer but found a number at $.lines[0].id
            portals               | {"lines":[{"id":2},{"id":1}]}       | 400 | expected a line id greater than those before, but found 1
            portals               | {"chats":[{}]}                      | 400 | expected a line in the portal but found none at $.chats[0].line_id
            portals               | {"lines":[{"id":2},{"id":4}],"chats":[{"line_id":3}]} | 400 | expected the id of a line, one of 2, 4, but found 3 at $.chats[0].line_id
            portals               | {"lines":[{}],"chats":[{"crm":[{"type":"quote"}]}]} | 400 | expected lead, deal, contact or company but found "quote" at $.chats[0].crm[0].type
            portals               | {"lines":[{}],"chats":[{"messages":[{"by":"boss","text":"x"}]}]} | 400 | expected customer, operator, bot or the name of a person in the chat but found "boss" at $.chats[0].messages[0].by
            portals               | {"subscriptions":[{"handler":"x"}]} | 400 | expected an http or https address but found other text at $.subscriptions[0].handler
            portals               | {"tokens":[{"user_id":77}]}         | 400 | expected the id of a user, such as 1 or 5, but found 77 at $.tokens[0].user_id
            portals               | {"installed":"yes"}                 | 400 | expected true or false but found text at $.installed
            portals               | nonsense                            | 400 | the body is not JSON
            nowhere               | {}                                  | 404 | expected a path under control/portals
            portals/none/install  | {}                                  | 404 | there is no such portal
            """)
    void anErrorIsAnsweredWithItsPlace(String path, String body, int status, String message) {
        int before = server.portals().size();

        assertThat(json(post(path, body, status)).getString("error")).contains(message);
        assertThat(server.portals()).hasSize(before);
    }

    @Test
    void strangersAreRefused() {
        URI uri = server.uri().resolve("control/portals");

        assertThat(caller.post(uri, "{}", "Content-Type", "text/plain").statusCode())
                .isEqualTo(415);
        assertThat(caller.post(uri, "{}", "Content-Type", "application/json", "Origin", "http://evil.test")
                        .statusCode())
                .isEqualTo(403);
        Exchange rebound = new EventSender(EventSender.Settings.defaults())
                .send(
                        server.uri(),
                        "GET /control/portals HTTP/1.1\r\nHost: evil.test\r\nConnection: close\r\n\r\n"
                                .getBytes(StandardCharsets.US_ASCII));
        assertThat(rebound.status()).isEqualTo(403);
    }

    @Test
    void aSeedFileFixesEverySecretOfItsPortals() {
        try (PortalServer seeded = PortalServer.start(0, URI.create("https://proxy.test:8443/"))) {
            PortalSeed.apply(
                    seeded,
                    ("{\"portals\":[{\"label\":\"one\",\"tokens\":[{\"refresh_token\":\"r1\",\"user_id\":5}],"
                                    + "\"webhook_code\":\"w1\",\"scope\":[\"imopenlines\"],\"domain\":\"one.test\","
                                    + "\"client_id\":\"c1\",\"client_secret\":\"s1\",\"lines\":[{}],\"chats\":[{}],"
                                    + "\"redirect_uri\":\"http://app.test/\",\"installed\":false,"
                                    + "\"client_endpoint\":\"https://one.test/rest/\","
                                    + "\"server_endpoint\":\"https://oauth.test/rest/\"},{\"label\":\"two\"}]}")
                            .getBytes(StandardCharsets.UTF_8));

            assertThat(seeded.portals()).extracting(Portal::label).containsExactly("one", "two");
            assertThat(seeded.portals().get(1).restUri()).hasToString("https://proxy.test:8443/two/rest/");
            Portal one = seeded.portals().get(0);
            assertThat(one.restUri()).hasToString("https://one.test/rest/");
            assertThat(one.chats()).hasSize(1);
            String root = seeded.uri().toString();
            assertThat(caller.get(URI.create(root + "one/rest/1/w1/scope")).body())
                    .startsWith("{\"result\":[\"imopenlines\"]");
            assertThat(caller.get(URI.create(root + "rest/1/w1/scope")).body())
                    .startsWith("{\"result\":[\"imopenlines\"]");
            assertThat(json(caller.get(
                                    URI.create(
                                            root
                                                    + "oauth/token/?grant_type=refresh_token&client_id=c1&client_secret=s1&refresh_token=r1")))
                            .getString("client_endpoint"))
                    .isEqualTo("https://one.test/rest/");
        }
    }

    @Test
    void aBrokenSeedIsRefusedWithItsPlace() {
        assertThatThrownBy(() -> PortalSeed.apply(server, "{".getBytes(StandardCharsets.UTF_8)))
                .hasMessage("expected JSON at $");
        assertThatThrownBy(() -> PortalSeed.apply(server, "{\"portals\":[]}".getBytes(StandardCharsets.UTF_8)))
                .hasMessage("expected at least one portal at $.portals");
        assertThatThrownBy(() ->
                        PortalSeed.apply(server, "{\"portals\":[{\"scope\":[1]}]}".getBytes(StandardCharsets.UTF_8)))
                .hasMessage("expected text but found a number at $.portals[0].scope[0]");
    }

    private HttpResponse<String> get(String path, int status) {
        return expecting(status, caller.get(server.uri().resolve("control/" + path)));
    }

    private HttpResponse<String> post(String path, String json, int status) {
        return expecting(
                status, caller.post(server.uri().resolve("control/" + path), json, "Content-Type", "application/json"));
    }

    private void delete(String path, int status) {
        expecting(status, caller.delete(server.uri().resolve("control/" + path)));
    }

    private static HttpResponse<String> expecting(int status, HttpResponse<String> response) {
        assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
        return response;
    }

    private static JsonObject json(HttpResponse<String> response) {
        return PhpJson.parse(response.body().getBytes(StandardCharsets.UTF_8)).asJsonObject();
    }
}
