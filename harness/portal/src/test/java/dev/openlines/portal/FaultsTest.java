// SPDX-License-Identifier: Apache-2.0
package dev.openlines.portal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.openlines.portal.wire.PhpJson;
import dev.openlines.testkit.Await;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

@SimulatedPortal
class FaultsTest {

    private final RestCaller caller = new RestCaller();

    @Test
    void theFirstCallsAreThrottled(Portal portal) {
        portal.faults().add(Fault.throttled().on("server.*").first(2));

        assertThat(statuses(portal, "server.time", 4)).containsExactly(503, 503, 200, 200);
        assertThat(statuses(portal, "profile", 1)).containsExactly(200);
        assertThat(portal.calls().get(0).error()).contains("QUERY_LIMIT_EXCEEDED");
        assertThat(portal.calls().get(0).fault()).isEqualTo("throttled on server.*, first 2");
        assertThat(portal.calls().get(2).fault()).isNull();
    }

    @Test
    void everyThirdTokenHasExpired(Portal portal) {
        portal.faults().add(Fault.expiredToken().every(3));

        assertThat(statuses(portal, "profile", 7)).containsExactly(200, 200, 401, 200, 200, 401, 200);
        portal.faults().clear();
        assertThat(portal.faults().list()).isEmpty();
        portal.faults().add(Fault.expiredToken());
        assertThat(get(portal, "profile").body())
                .isEqualTo("{\"error\":\"expired_token\","
                        + "\"error_description\":\"The access token provided has expired.\"}");
    }

    @Test
    void aFaultLastsFromATimeToATimeOfThePortalsClock(Portal portal) {
        Instant noon = Instant.parse("2026-11-22T12:00:00Z");
        portal.clock().freezeAt(noon);
        String token = portal.accessToken().reveal();
        portal.faults().add(Fault.gateway(502).from(noon.plusSeconds(10)).until(noon.plusSeconds(20)));

        List<Integer> statuses = IntStream.range(0, 4)
                .map(step -> {
                    int status = caller.get(portal.restUri().resolve("server.time?auth=" + token))
                            .statusCode();
                    portal.clock().advance(Duration.ofSeconds(10));
                    return status;
                })
                .boxed()
                .toList();

        assertThat(statuses).containsExactly(200, 502, 200, 200);
    }

    @Test
    void aFaultedCallHasNoEffectUnlessTheFaultComesAfterwards(Portal portal) {
        String bind = "event=ONSESSIONFINISH&handler=http://127.0.0.1:1/";
        portal.faults()
                .add(Fault.error(200, "INTERNAL_SERVER_ERROR", "sorry")
                        .on("event.bind")
                        .first(1));
        HttpResponse<String> first = post(portal, "event.bind", bind);
        assertThat(first.statusCode()).isEqualTo(200);
        assertThat(first.body()).isEqualTo("{\"error\":\"INTERNAL_SERVER_ERROR\",\"error_description\":\"sorry\"}");
        assertThat(portal.subscriptions()).isEmpty();

        portal.faults().add(Fault.gateway(504).on("event.bind").first(1).afterwards());
        assertThat(post(portal, "event.bind", bind).statusCode()).isEqualTo(504);
        assertThat(portal.subscriptions()).hasSize(1);
        assertThat(post(portal, "event.bind", bind).body()).contains("Handler already binded");
    }

    @Test
    void aRenamedPortalRedirects(Portal portal) {
        portal.faults().add(Fault.movedTo(URI.create("https://new.bitrix24.test/rest/")));

        HttpResponse<String> moved = get(portal, "server.time");

        assertThat(moved.statusCode()).isEqualTo(302);
        assertThat(moved.headers().firstValue("Location")).contains("https://new.bitrix24.test/rest/server.time");
    }

    @Test
    void connectionsAreResetCutAndKeptSilent(Portal portal) throws Exception {
        portal.faults().add(Fault.reset().on("server.time").first(1));
        portal.faults().add(Fault.truncated().on("scope").first(1));
        portal.faults().add(Fault.hangs(Duration.ofMillis(50)).on("profile").first(1));
        portal.faults().add(Fault.slow(Duration.ofMillis(50)).on("methods").first(1));

        assertThatThrownBy(() -> raw(portal, "server.time")).isInstanceOf(SocketException.class);
        String half = raw(portal, "scope");
        int declared = Integer.parseInt(half.replaceAll("(?s).*Content-Length: (\\d+)\r\n.*", "$1"));
        assertThat(half.split("\r\n\r\n", 2)[1]).hasSize(declared / 2).startsWith("{\"result\":[");
        Await.noSooner(
                Duration.ofMillis(50), () -> assertThat(raw(portal, "profile")).isEmpty());
        assertThat(raw(portal, "methods")).startsWith("HTTP/1.1 200 ").contains("\"event.bind\"");
        assertThat(raw(portal, "server.time")).startsWith("HTTP/1.1 200 ").doesNotContainIgnoringCase("effect");
    }

    @Test
    void oauthHasItsFaultsToo(Portal portal) {
        portal.faults().add(Fault.gateway(500).on("oauth/token").first(1));
        String address = portal.serverEndpoint().toString().replaceAll("rest/$", "oauth/token/")
                + "?grant_type=refresh_token&client_id=" + portal.clientId() + "&client_secret="
                + portal.clientSecret().reveal() + "&refresh_token="
                + PortalSeed.token(portal, PhpJson.parse("{\"refresh\":true}".getBytes(StandardCharsets.UTF_8)), "$")
                        .reveal();

        assertThat(caller.get(URI.create(address)).statusCode()).isEqualTo(500);
        assertThat(caller.get(URI.create(address)).statusCode()).isEqualTo(200);
        assertThat(portal.calls()).extracting(PortalCall::method).containsExactly("oauth/token", "oauth/token");
    }

    @Test
    void aFaultDescribesItself() {
        Instant noon = Instant.parse("2026-11-22T12:00:00Z");
        assertThat(Fault.error(403, "X", "y")
                        .on("Event.Bind")
                        .every(2)
                        .from(noon)
                        .until(noon)
                        .afterwards())
                .hasToString("error 403 X on event.bind, every 2, from 2026-11-22T12:00:00Z, until "
                        + "2026-11-22T12:00:00Z, afterwards");
        assertThat(Fault.hangs(Duration.ofSeconds(1))).hasToString("hangs 1000 ms on *");
        assertThat(Fault.gateway(502)).hasToString("gateway 502 on *");
        assertThatThrownBy(() -> Fault.gateway(99)).hasMessage("expected a status of 200 to 599 but found 99");
        assertThatThrownBy(() -> Fault.reset().first(0)).hasMessage("expected 1 or more calls but found 0");
    }

    private List<Integer> statuses(Portal portal, String method, int calls) {
        return IntStream.range(0, calls)
                .map(i -> get(portal, method).statusCode())
                .boxed()
                .toList();
    }

    private HttpResponse<String> get(Portal portal, String method) {
        return caller.get(portal.restUri()
                .resolve(method + "?auth=" + portal.accessToken().reveal()));
    }

    private HttpResponse<String> post(Portal portal, String method, String body) {
        return caller.post(
                portal.restUri().resolve(method),
                body + "&auth=" + portal.accessToken().reveal());
    }

    /** Returns the bytes that come over the connection until it ends. */
    private static String raw(Portal portal, String method) throws IOException {
        URI uri = portal.restUri().resolve(method);
        try (Socket socket = new Socket(java.net.InetAddress.getLoopbackAddress(), uri.getPort())) {
            socket.setSoTimeout(30_000);
            socket.getOutputStream()
                    .write(("GET " + uri.getPath() + "?auth="
                                    + portal.accessToken().reveal() + " HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                                    + "Connection: close\r\n\r\n")
                            .getBytes(StandardCharsets.US_ASCII));
            InputStream in = socket.getInputStream();
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
