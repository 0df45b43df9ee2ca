// SPDX-License-Identifier: Apache-2.0
package dev.openlines.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.openlines.receiver.Handlers;
import dev.openlines.receiver.HttpLimits;
import dev.openlines.testkit.Await;
import dev.openlines.testkit.Bodies;
import dev.openlines.testkit.RawHttp;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Checks which address counts as the sender's behind a proxy. */
@Timeout(300)
// Literals: no name is looked up.
@SuppressWarnings("AddressSelection")
class TrustedProxiesTest {

    private static final String PORTAL = "198.51.100.1";
    private static final String STRANGER = "203.0.113.9";

    @TempDir
    Path directory;

    private final List<Socket> sockets = new ArrayList<>();

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                // peer | X-Forwarded-For | sender
                "203.0.113.9 | 198.51.100.1 | 203.0.113.9",
                "10.1.2.3 |  | 10.1.2.3",
                "10.1.2.3 | 203.0.113.9 | 203.0.113.9",
                "10.1.2.3 | 198.51.100.1, 203.0.113.9 | 203.0.113.9",
                "10.1.2.3 | 198.51.100.1,203.0.113.9,10.9.9.9 | 203.0.113.9",
                "10.1.2.3 | 203.0.113.9:4711 | 203.0.113.9",
                "10.1.2.3 | [2001:db8::7]:4711 | 2001:db8::7",
                "10.1.2.3 | 2001:db8::7 | 2001:db8::7",
                "2001:db8:1::1 | 203.0.113.9 | 203.0.113.9",
                "2001:db8:2::1 | 203.0.113.9 | 2001:db8:2::1",
                "10.1.2.3 | 203.0.113.9, unknown | 10.1.2.3",
                "10.1.2.3 | 203.0.113.9, _hidden, 10.9.9.9 | 10.9.9.9",
                "10.1.2.3 | localhost | 10.1.2.3",
                "10.1.2.3 | 999.1.1.1 | 10.1.2.3",
                "10.1.2.3 | , | 10.1.2.3",
                "10.1.2.3 | 10.1.1.1 | 10.1.1.1"
            })
    void itIsTheFirstFromTheRightThatIsNoTrustedProxys(String peer, String forwarded, String sender) throws Exception {
        TrustedProxies proxies = TrustedProxies.of(List.of("10.0.0.0/8", "2001:db8:1::/48"));
        List<String> values = forwarded == null ? List.of() : List.of(forwarded);

        assertThat(proxies.sender(InetAddress.getByName(peer), values)).isEqualTo(InetAddress.getByName(sender));
    }

    // A name server that does not answer would hold up the thread that reads requests.
    @ParameterizedTest
    @CsvSource({
        "999.1.1.1, false",
        "1.1.1.256, false",
        "1.1.1.1000, false",
        "010.1.1.1, false",
        "1.1.1, false",
        ".1:2, false",
        "a.b, false",
        "f00d, false",
        "'', false",
        "0.0.0.0, true",
        "255.249.199.99, true",
        "::1, true",
        "::ffff:10.1.2.3, true",
        "2001:DB8::7, true"
    })
    void noNameIsAskedFor(String text, boolean read) {
        assertThat(TrustedProxies.isInDigits(text)).isEqualTo(read);
    }

    @Test
    void severalLinesAreReadInTheirOrder() throws Exception {
        TrustedProxies proxies = TrustedProxies.of(List.of("127.0.0.1"));

        assertThat(proxies.sender(InetAddress.getByName("127.0.0.1"), List.of(PORTAL, STRANGER + ",127.0.0.1")))
                .isEqualTo(InetAddress.getByName(STRANGER));
    }

    @Test
    void anApplicationsOwnPageSeesTheSameSources() throws Exception {
        Settings settings = Settings.of(Map.of("OPENLINES_TRUSTED_PROXIES", "10.0.0.0/8"));
        InetAddress proxy = InetAddress.getByName("10.1.2.3");
        InetAddress stranger = InetAddress.getByName(STRANGER);

        assertThat(settings.isTrustedProxy(proxy)).isTrue();
        assertThat(settings.isTrustedProxy(stranger)).isFalse();
        assertThat(Settings.of(Map.of()).isTrustedProxy(proxy)).isFalse();
        assertThat(settings.source(proxy, List.of(PORTAL)))
                .isEqualTo(settings.source(InetAddress.getByName(PORTAL), List.of()));
        assertThat(settings.source(stranger, List.of(PORTAL))).isEqualTo(settings.source(stranger, List.of()));
        assertThat(settings.source(proxy, List.of("2001:db8::7")))
                .isEqualTo(settings.source(proxy, List.of("2001:db8::8")))
                .isNotEqualTo(settings.source(proxy, List.of("2001:db8:0:1::7")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"proxy.example", "10.0.0.0/33", "10.0.0.0/", "/8", "10.0.0", "1.2.3.4.5", "::1/129", ":::"})
    void aTextThatIsNoAddressIsRefused(String value) {
        assertThatThrownBy(() -> TrustedProxies.setting("OPENLINES_TRUSTED_PROXIES", "127.0.0.1, " + value))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("OPENLINES_TRUSTED_PROXIES: expected addresses such as 127.0.0.1 or 10.0.0.0/8, found \""
                        + value + '"');
    }

    @Test
    void behindATrustedProxyAStrangersUnfinishedBodiesGoAndNotThePortals() throws Exception {
        assertThat(answerBehind("127.0.0.0/8")).startsWith("HTTP/1.1 200 ");
    }

    /** Begins the portal's request, then holds more of the stranger's than there is room for, then ends the first. */
    private String answerBehind(String proxies) throws Exception {
        Map<String, String> environment = new HashMap<>(Map.of(
                "OPENLINES_PORT",
                "0",
                "OPENLINES_PATH",
                "/in",
                "OPENLINES_TRUSTED_PROXIES",
                proxies,
                "OPENLINES_INBOX",
                directory.resolve("inbox.db").toString(),
                "OPENLINES_MEMBER_ID",
                Bodies.MEMBER,
                "OPENLINES_APPLICATION_TOKEN",
                Bodies.TOKEN));
        Duration hour = Duration.ofHours(1);
        try (ReceiverServer server = ReceiverServer.builder(Handlers.all((event, context) -> {}))
                .settings(Settings.of(environment))
                .httpLimits(new HttpLimits(hour, hour, hour, 2_000_000))
                .start()) {
            RawHttp http = new RawHttp(server.url());
            String genuine = http.request("POST /in", Bodies.finish(17), "X-Forwarded-For: " + PORTAL);
            int half = genuine.length() - 10;
            Socket portal = open(http, genuine.substring(0, half));
            // The stranger's own text stands before the address that the proxy adds.
            String forged =
                    http.request("POST /in", "y".repeat(10_000), "X-Forwarded-For: " + PORTAL + ", " + STRANGER);
            Socket first = open(http, forged.substring(0, forged.length() - 1));
            CompletableFuture<Boolean> dropped = CompletableFuture.supplyAsync(() -> closed(first));
            // Jetty takes connections up on several threads, in no order, so their number is not known.
            Await.until("the stranger's oldest is dropped", () -> {
                open(http, forged.substring(0, forged.length() - 1));
                return dropped.isDone();
            });
            assertThat(dropped.join()).isTrue();

            try {
                portal.getOutputStream().write(genuine.substring(half).getBytes(StandardCharsets.US_ASCII));
                return RawHttp.head(portal);
            } catch (java.io.IOException e) {
                return "closed";
            } finally {
                for (Socket socket : sockets) {
                    socket.close();
                }
            }
        }
    }

    private Socket open(RawHttp http, String bytes) throws Exception {
        Socket socket = http.connect();
        sockets.add(socket);
        socket.setSoTimeout(120_000);
        try {
            socket.getOutputStream().write(bytes.getBytes(StandardCharsets.US_ASCII));
        } catch (java.net.SocketException e) {
            // Dropped already.
        }
        return socket;
    }

    private static boolean closed(Socket socket) {
        try {
            return socket.getInputStream().read() < 0;
        } catch (java.net.SocketTimeoutException e) {
            return false;
        } catch (java.io.IOException e) {
            return true;
        }
    }
}
