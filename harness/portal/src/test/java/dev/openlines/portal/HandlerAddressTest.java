// SPDX-License-Identifier: Apache-2.0
package dev.openlines.portal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.portal.wire.PhpJson;
import dev.openlines.testkit.RecordingHandler;
import dev.openlines.testkit.RequiresTool;
import jakarta.json.JsonArrayBuilder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HandlerAddressTest {

    private static final List<String> ADDRESSES = List.of(
            "http://my_host.example/h",
            "https://пример.рф/путь",
            "http://a.test/with blank",
            "http://a.test/{id}|x",
            "http://a.test/50%",
            "http://a.test/%41?q=a b&x[]=1",
            "HTTP://a.test/h",
            "Https://a.test/h",
            "http://a.test:99999/h",
            "http://a.test:65535/h",
            "http://a.test:/h",
            "http://a.test:x/h",
            "http://user:pass@a.test/h",
            "http://user@a@a.test/h",
            "http://a.test",
            "http://a.test?x",
            "http://a.test#x",
            "//a.test/h",
            "a.test/h",
            "ftp://localhost/h",
            "ftp://a.test/h",
            "http://localhost/h",
            "http://.test/h",
            "http://a./h",
            "http:///h",
            "http://",
            "http:/a.test/h",
            "mailto:x@a.test",
            "http://127.0.0.1:8080/bitrix",
            "no address");

    /** The server's own function on an address: parse_url, the host, then the scheme. */
    private static final String SERVER = """
            foreach (json_decode(stream_get_contents(STDIN)) as $address) {
                $url = parse_url($address);
                if (!is_array($url) || ($url['host'] ?? '') === '' || !(strpos($url['host'], '.') > 0)) {
                    echo "ERROR_WRONG_HANDLER_URL\n";
                } elseif (!in_array($url['scheme'] ?? '', ['http', 'https'], true)) {
                    echo "ERROR_UNSUPPORTED_PROTOCOL\n";
                } else {
                    echo "ok\n";
                }
            }
            """;

    @Test
    @RequiresTool("php")
    void addressesAreTakenAsPhpTakesThem() throws Exception {
        Process php = new ProcessBuilder("php", "-r", SERVER)
                .redirectErrorStream(true)
                .start();
        JsonArrayBuilder list = PhpJson.PROVIDER.createArrayBuilder();
        ADDRESSES.forEach(list::add);
        php.getOutputStream().write(list.build().toString().getBytes(StandardCharsets.UTF_8));
        php.getOutputStream().close();
        List<String> expected = new String(php.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
                .lines()
                .toList();
        assertThat(php.waitFor(60, TimeUnit.SECONDS)).isTrue();

        assertThat(expected).hasSameSizeAs(ADDRESSES);
        for (int i = 0; i < expected.size(); i++) {
            assertThat(verdict(ADDRESSES.get(i))).as(ADDRESSES.get(i)).isEqualTo(expected.get(i));
        }
    }

    private static String verdict(String address) {
        try {
            HandlerAddress read = HandlerAddress.of(address);
            assertThat(read.text()).isEqualTo(address);
            return "ok";
        } catch (RestError e) {
            return e.code();
        }
    }

    @Test
    void anAddressLongerThanItsColumnIsRefused() {
        assertThat(verdict("http://a.test/" + "x".repeat(241))).isEqualTo("ok");
        assertThat(verdict("http://a.test/" + "x".repeat(242))).isEqualTo("ERROR_WRONG_HANDLER_URL");
    }

    @ParameterizedTest
    @ValueSource(strings = {"with blank", "{id}|x", "50%", "пример"})
    void anOddAddressIsListedAsBoundCalledAndUnbound(String path) throws Exception {
        try (PortalServer server = PortalServer.start();
                RecordingHandler handler = RecordingHandler.start();
                Portal portal = server.portal()) {
            RestCaller caller = new RestCaller();
            String address = handler.uri().resolve("/").toString() + path;
            String token = "auth=" + portal.accessToken().reveal();
            String row = "&event=ONSESSIONFINISH&handler=" + URLEncoder.encode(address, StandardCharsets.UTF_8);

            assertThat(caller.post(portal.restUri().resolve("event.bind"), token + row)
                            .body())
                    .startsWith("{\"result\":true");
            assertThat(caller.post(portal.restUri().resolve("event.bind"), token + row)
                            .body())
                    .contains("already binded");
            assertThat(caller.post(portal.restUri().resolve("event.get"), token).body())
                    .contains(address.replace("/", "\\/"));
            List<Delivery> sent = portal.openLine("Support").openChat().close();
            assertThat(sent).hasSize(1);
            assertThat(sent.get(0).status()).isPositive();
            assertThat(caller.post(portal.restUri().resolve("event.unbind"), token + row)
                            .body())
                    .startsWith("{\"result\":{\"count\":1}");
        }
    }

    @Test
    void aHostWithAnUnderscoreIsBoundAndItsDeliveriesFail() {
        try (PortalServer server = PortalServer.start();
                Portal portal = server.portal()) {
            String row = "auth=" + portal.accessToken().reveal() + "&event=ONSESSIONFINISH&handler="
                    + URLEncoder.encode("http://no_such_host.invalid:81/h", StandardCharsets.UTF_8);
            assertThat(new RestCaller()
                            .post(portal.restUri().resolve("event.bind"), row)
                            .body())
                    .startsWith("{\"result\":true");

            Delivery failed = portal.openLine("Support").openChat().close().get(0);

            assertThat(failed.acknowledged()).isFalse();
            assertThat(failed.failure()).contains("the host no_such_host.invalid is unknown");
        }
    }
}
