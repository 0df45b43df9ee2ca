// SPDX-License-Identifier: Apache-2.0
package dev.openlines.portal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.openlines.portal.wire.PhpJson;
import jakarta.json.JsonObject;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests as libraries of other people send them, byte for byte if it matters, and the answers that they need. */
@SimulatedPortal
class ClientQuirksTest {

    private static final String FORM = "Content-Type: application/x-www-form-urlencoded\r\n";
    private static final String JSON = "Content-Type: application/json\r\n";

    @Test
    void slashesMayBeDoubledAndTrail(Portal portal) throws IOException {
        String token = portal.accessToken().reveal();
        String base = "/" + portal.label();
        String code = portal.webhookCode().reveal();

        for (String path : new String[] {
            base + "/rest//scope",
            base + "/rest/scope/",
            base + "//rest///scope.json",
            "//" + portal.label() + "/rest/scope"
        }) {
            assertThat(send(portal, "POST", path, FORM, "auth=" + token))
                    .as(path)
                    .contains("{\"result\":[\"imopenlines\"");
        }
        for (String path : new String[] {
            base + "/rest/1/" + code + "//profile/",
            base + "/rest/1/" + code + "/profile.json",
            "/rest/1/" + code + "/profile/"
        }) {
            assertThat(send(portal, "POST", path, JSON, "[]")).as(path).contains("\"ID\":\"1\"");
        }
    }

    @Test
    void aStrayKeyAndARequestIdChangeNothing(Portal portal) throws IOException {
        String body =
                "{\"event\":\"OnSessionFinish\",\"handler\":\"http://127.0.0.1:8080/h\",\"event_type\\t\":\"online\","
                        + "\"auth\":\"" + portal.accessToken().reveal() + "\"}";

        assertThat(send(
                        portal,
                        "POST",
                        "/" + portal.label() + "/rest//event.bind?bx24_request_id=0190&bx24_sdk_ver=2.0",
                        JSON,
                        body))
                .contains("{\"result\":true,\"time\":{");
        assertThat(portal.subscriptions()).hasSize(1);
        assertThat(send(
                        portal,
                        "POST",
                        "/" + portal.label() + "/rest/event.get?auth="
                                + portal.accessToken().reveal(),
                        JSON,
                        "[]"))
                .contains("\"event\":\"ONSESSIONFINISH\"", "\"auth_type\":\"0\"");
    }

    @Test
    void anUpgradeIsDeclinedAndTheCallAnswered(Portal portal) throws IOException {
        String answer = send(
                portal,
                "POST",
                "/" + portal.label() + "/rest/server.time",
                FORM
                        + "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA\r\n",
                "auth=" + portal.accessToken().reveal());

        assertThat(answer).startsWith("HTTP/1.1 200 ").contains("{\"result\":\"20");
    }

    @ParameterizedTest
    @CsvSource({"event,handler", "EVENT,HANDLER", "Event,Handler"})
    void parameterNamesAreOfAnyCase(String event, String handler, Portal portal) throws IOException {
        assertThat(send(
                        portal,
                        "GET",
                        "/" + portal.label() + "/rest/event.bind?" + event + "=onsessionfinish&" + handler
                                + "=http%3A%2F%2F127.0.0.1%3A8080%2Fh&auth="
                                + portal.accessToken().reveal(),
                        "",
                        ""))
                .contains("{\"result\":true,");
    }

    @Test
    void aTokenMayComeInThreeWaysOfWhichTheHeaderWins(Portal portal) throws IOException {
        String good = portal.accessToken().reveal();
        String path = "/" + portal.label() + "/rest/scope";

        assertThat(send(
                        portal,
                        "POST",
                        path,
                        FORM + "Authorization: bearer " + good + "\r\n",
                        "auth=bad&access_token=bad"))
                .contains("\"result\"");
        assertThat(send(portal, "POST", path, FORM, "auth=" + good + "&access_token=bad"))
                .contains("\"result\"");
        assertThat(send(portal, "POST", path, FORM, "access_token=" + good)).contains("\"result\"");
        assertThat(send(portal, "POST", path, FORM + "Authorization: Bearer bad\r\n", "auth=" + good))
                .startsWith("HTTP/1.1 401 ")
                .contains("\"error\":\"invalid_token\"");
    }

    @Test
    void anExpiredTokenIsSaidInLowerCaseWithStatus401(Portal portal) throws IOException {
        assertThat(send(
                        portal,
                        "POST",
                        "/" + portal.label() + "/rest/scope",
                        FORM,
                        "auth=" + portal.expiredAccessToken().reveal()))
                .startsWith("HTTP/1.1 401 ")
                .endsWith("{\"error\":\"expired_token\","
                        + "\"error_description\":\"The access token provided has expired.\"}");
    }

    @Test
    void aRefreshByGetOrPostOnADoubledPathSaysAllThatClientsKeep(Portal portal) throws IOException {
        portal.clock().freeze();
        for (String method : new String[] {"GET", "POST"}) {
            String refresh = PortalSeed.token(
                            portal, PhpJson.parse("{\"refresh\":true}".getBytes(StandardCharsets.UTF_8)), "$")
                    .reveal();
            String query = "grant_type=refresh_token&client_id=" + portal.clientId() + "&client_secret="
                    + portal.clientSecret().reveal() + "&refresh_token=" + refresh;
            String path = "/" + portal.label() + "/auth//oauth/token/";

            String answer = method.equals("GET")
                    ? send(portal, "GET", path + "?" + query, "", "")
                    : send(portal, "POST", path, FORM, query);

            JsonObject granted = body(answer);
            assertThat(granted.getJsonNumber("expires").longValue())
                    .isEqualTo(
                            portal.clock().instant().plus(Duration.ofHours(1)).getEpochSecond());
            assertThat(granted.getInt("expires_in")).isEqualTo(3600);
            assertThat(granted.getString("domain")).isNotEmpty();
            assertThat(granted.getString("client_endpoint"))
                    .isEqualTo(portal.restUri().toString());
            assertThat(granted.getString("member_id")).isEqualTo(portal.memberId());
            assertThat(granted.getString("refresh_token")).isNotEqualTo(refresh).hasSize(70);
        }
    }

    @Test
    void aBodyThatWaitsForConsentGetsIt(Portal portal) throws IOException {
        byte[] body = ("auth=" + portal.accessToken().reveal()).getBytes(StandardCharsets.UTF_8);
        try (Socket socket = connect(portal)) {
            write(
                    socket,
                    "POST /" + portal.label() + "/rest/scope HTTP/1.1\r\nHost: 127.0.0.1\r\n" + FORM
                            + "Expect: 100-continue\r\nContent-Length: " + body.length
                            + "\r\nConnection: close\r\n\r\n");
            String consent = "HTTP/1.1 100 Continue\r\n\r\n";

            assertThat(new String(socket.getInputStream().readNBytes(consent.length()), StandardCharsets.UTF_8))
                    .isEqualTo(consent);
            socket.getOutputStream().write(body);

            assertThat(rest(socket)).startsWith("HTTP/1.1 200 ").contains("{\"result\":[\"imopenlines\"");
        }
    }

    @Test
    void headIsAnsweredAsGetIsWithoutTheBody(Portal portal) throws IOException {
        String path = "/" + portal.label() + "/rest/scope?auth="
                + portal.accessToken().reveal();

        String answer = send(portal, "HEAD", path, "", "");

        assertThat(answer)
                .startsWith("HTTP/1.1 200 ")
                .containsIgnoringCase("content-type: application/json")
                .endsWith("\r\n\r\n");
        assertThat(send(portal, "HEAD", "/" + portal.label() + "/rest/scope?auth=bad", "", ""))
                .startsWith("HTTP/1.1 401 ")
                .endsWith("\r\n\r\n");
        assertThat(portal.calls())
                .extracting(PortalCall::method, PortalCall::status)
                .containsExactly(tuple("scope", 200), tuple("scope", 401));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "Host: 127.0.0.1\r\n"})
    void aClientOfHttp10IsAnsweredAndItsConnectionClosed(String host, Portal portal) throws IOException {
        String body = "auth=" + portal.accessToken().reveal();
        try (Socket socket = connect(portal)) {
            write(
                    socket,
                    "POST /" + portal.label() + "/rest/scope HTTP/1.0\r\n" + host + FORM + "Content-Length: "
                            + body.length() + "\r\n\r\n" + body);

            String answer = rest(socket);

            assertThat(answer)
                    .matches("(?s)HTTP/1\\.[01] 200 .*")
                    .contains("{\"result\":[\"imopenlines\"")
                    .doesNotContainIgnoringCase("transfer-encoding");
        }
    }

    @Test
    void everySuccessSaysItsTime(Portal portal) throws IOException {
        for (String method : new String[] {"scope", "profile", "event.get", "batch"}) {
            assertThat(send(
                            portal,
                            "POST",
                            "/" + portal.label() + "/rest/" + method,
                            FORM,
                            "auth=" + portal.accessToken().reveal()))
                    .containsPattern(",\"time\":\\{\"start\":\\d+\\.?\\d*(E\\d+)?,\"finish\":");
        }
    }

    @Test
    void aBatchByWebhookSaysItsTimeAndThatOfEachOfItsCalls(Portal portal) throws IOException {
        String answer = send(
                portal,
                "POST",
                "/rest/1/" + portal.webhookCode().reveal() + "//batch/?bx24_request_id=0190",
                JSON,
                "{\"HALT\":0,\"CMD\":{\"me\":\"profile\",\"may\":\"scope\"}}");

        JsonObject said = body(answer);
        JsonObject result = said.getJsonObject("result");
        assertThat(result.getJsonObject("result").keySet()).containsExactly("me", "may");
        assertThat(result.getJsonObject("result_time").keySet()).containsExactly("me", "may");
        for (JsonObject time : new JsonObject[] {
            said.getJsonObject("time"),
            result.getJsonObject("result_time").getJsonObject("me"),
            result.getJsonObject("result_time").getJsonObject("may")
        }) {
            assertThat(time.keySet())
                    .containsExactly("start", "finish", "duration", "processing", "date_start", "date_finish");
        }
    }

    @Test
    void aWebhookOfAnotherCodeIsRefused(Portal portal) throws IOException {
        assertThat(send(portal, "POST", "/" + portal.label() + "/rest/1/other//profile/", JSON, "[]"))
                .startsWith("HTTP/1.1 401 ")
                .contains("\"error\":\"INVALID_CREDENTIALS\"");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', nullValues = "-", textBlock = """
            https | crm.example.test:8443             | https://crm.example.test:8443/
            HTTPS | Crm.Example.test                  | https://crm.example.test/
            https | a.example.test, b.example.test    | https://a.example.test/
            -     | crm.example.test                  | http://crm.example.test/
            https | [::1]:8443                        | https://[::1]:8443/
            https | -                                 | https://HOST/
            -     | -                                 | http://HOST/
            gopher| crm.example.test                  | http://HOST/
            https | crm.example.test/evil?a=          | http://HOST/
            https | user@crm.example.test             | http://HOST/
            """)
    void aRefreshThroughAProxyNamesThePortalAsItsClientReachesIt(String proto, String host, String seen, Portal portal)
            throws IOException {
        String own = "127.0.0.1:" + portal.restUri().getPort();
        String refresh = PortalSeed.token(
                        portal, PhpJson.parse("{\"refresh\":true}".getBytes(StandardCharsets.UTF_8)), "$")
                .reveal();

        JsonObject granted = body(send(
                portal,
                "POST",
                "/" + portal.label() + "/auth//oauth/token/",
                FORM
                        + (proto == null ? "" : "X-Forwarded-Proto: " + proto + "\r\n")
                        + (host == null ? "" : "X-Forwarded-Host: " + host + "\r\n"),
                "grant_type=refresh_token&client_id=" + portal.clientId() + "&client_secret="
                        + portal.clientSecret().reveal() + "&refresh_token=" + refresh));

        String base = seen.replace("HOST", own);
        assertThat(granted.getString("client_endpoint")).isEqualTo(base + portal.label() + "/rest/");
        assertThat(granted.getString("server_endpoint")).isEqualTo(base + portal.label() + "/auth/rest/");
        assertThat(granted.getString("domain"))
                .isEqualTo(URI.create(base).getAuthority())
                .isNotEmpty();
    }

    @Test
    void anAddressThatWasSetIsKeptWhateverAProxySays() throws IOException {
        try (PortalServer server = PortalServer.start(0, URI.create("https://set.example.test/"));
                Portal portal = server.portal()) {
            URI rest = portal.restUri();
            RestRequest request = RestRequest.of(
                    "GET",
                    "/oauth/token/",
                    Map.of("x-forwarded-proto", "https", "x-forwarded-host", "other.example.test"),
                    new byte[0]);

            assertThat(request.asSeen(rest, server.uri())).isEqualTo(rest);
            assertThat(rest).hasHost("set.example.test");
        }
    }

    private static JsonObject body(String answer) {
        assertThat(answer).startsWith("HTTP/1.1 200 ");
        return PhpJson.parse(answer.substring(answer.indexOf("\r\n\r\n") + 4).getBytes(StandardCharsets.UTF_8))
                .asJsonObject();
    }

    private static String send(Portal portal, String method, String path, String headers, String body)
            throws IOException {
        int length = body.getBytes(StandardCharsets.UTF_8).length;
        try (Socket socket = connect(portal)) {
            write(
                    socket,
                    method + " " + path + " HTTP/1.1\r\nHost: 127.0.0.1:" + socket.getPort() + "\r\n" + headers
                            + "Content-Length: " + length + "\r\nConnection: close\r\n\r\n" + body);
            return rest(socket);
        }
    }

    private static Socket connect(Portal portal) throws IOException {
        Socket socket =
                new Socket(InetAddress.getLoopbackAddress(), portal.restUri().getPort());
        socket.setSoTimeout(30_000);
        return socket;
    }

    private static void write(Socket socket, String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(StandardCharsets.UTF_8));
    }

    private static String rest(Socket socket) throws IOException {
        return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }
}
