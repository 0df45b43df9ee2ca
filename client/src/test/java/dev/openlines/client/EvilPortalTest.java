// SPDX-License-Identifier: Apache-2.0
package dev.openlines.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import dev.openlines.client.FakePortal.Answered;
import dev.openlines.model.Secret;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ProxySelector;
import java.net.URI;
import java.net.http.HttpClient;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A portal that wants the client to call a third party: by its own statements, by redirects, and by the address of its
 * name. Nothing may reach the third party, above all no token.
 */
@Timeout(300)
class EvilPortalTest {

    private static final Secret TOKEN = Secret.of("canary-access-token");

    @ParameterizedTest
    @ValueSource(
            strings = {
                "http://169.254.169.254/rest/",
                "https://169.254.169.254/latest/meta-data/",
                "http://metadata.google.internal/rest/",
                "http://evil.example/rest/",
                "https://user:pass@evil.example/rest/",
                "https://evil.example/rest/?x=",
                "https://evil.example/rest/#",
                "file:///etc/passwd",
                "//evil.example/rest/",
                "jar:https://evil.example/!/rest/",
                "not an address",
                ""
            })
    void anOAuthHostThatNamesAForgedEndpointIsNotFollowed(String endpoint) {
        try (FakeOAuth host = new FakeOAuth()) {
            TokenStore store = TokenStore.memory();
            host.oauth =
                    good -> Answered.ok(good.body().replace(host.portal.rest().toString(), endpoint));
            OAuth oauth = host.client(store).build().oauth();

            assertThatThrownBy(() -> oauth.exchange(
                            Secret.of("canary-code"), host.portal.rest().toString()))
                    .isInstanceOf(UnexpectedReplyException.class)
                    .hasMessageStartingWith("oauth.token: expected https://HOST/rest/ but found text (")
                    .hasMessageEndingWith(" characters) at $.client_endpoint");
            assertThat(store.find(FakeOAuth.MEMBER)).isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://10.0.0.1/rest/",
                "https://169.254.169.254/rest/",
                "https://[fd00:ec2::254]/rest/",
                "https://[::ffff:10.0.0.1]/rest/",
                "https://192.168.1.1/rest/"
            })
    void anEndpointOnAnInnerAddressIsKeptAndNeverCalled(String endpoint) {
        TokenStore store = TokenStore.memory();
        try (FakeOAuth host = new FakeOAuth()) {
            host.oauth =
                    good -> Answered.ok(good.body().replace(host.portal.rest().toString(), endpoint));
            RestClient client = host.client(store).build();
            client.oauth().exchange(Secret.of("canary-code"), host.portal.rest().toString());

            assertThatThrownBy(() -> client.portal(FakeOAuth.MEMBER).call("profile", Map.of()))
                    .isInstanceOf(AddressRefusedException.class)
                    .hasMessageStartingWith("profile: address refused: the host resolves to a ");
        }
    }

    @Test
    void aRefreshDoesNotMoveThePortal() {
        TokenStore store = TokenStore.memory();
        try (FakeOAuth host = new FakeOAuth();
                FakePortal elsewhere = FakePortal.answering("{\"result\":1}")) {
            RestClient client = host.client(store).build();
            client.oauth().adopt(host.first());
            host.expireAccess();
            host.oauth = good -> Answered.ok(good.body()
                    .replace(host.portal.rest().toString(), elsewhere.rest().toString()));

            client.portal(FakeOAuth.MEMBER).call("profile", Map.of());

            assertThat(elsewhere.asked).isEmpty();
            assertThat(store.find(FakeOAuth.MEMBER).orElseThrow().restEndpoint())
                    .isEqualTo(host.portal.rest());
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {301, 302, 303, 307, 308})
    void noRedirectLeadsInwards(int status) {
        for (String location : List.of(
                "http://169.254.169.254/latest/meta-data/",
                "https://10.0.0.1/rest/profile",
                "https://p.bitrix24.com@evil.example/rest/profile",
                "https://evil.example/rest/profile",
                "https://bitrix24.com.evil.example/rest/profile",
                "gopher://127.0.0.1/",
                "/elsewhere/",
                "\\\\evil.example\\share")) {
            try (FakePortal portal = new FakePortal(asked -> new Answered(status, Map.of("Location", location), ""))) {
                RestClient client = RestClient.builder()
                        .allowLoopback()
                        .patience(Duration.ZERO)
                        .resolver(name -> {
                            assertThat(name).isEqualTo("127.0.0.1");
                            return InetAddress.getAllByName(name);
                        })
                        .build();

                assertThatThrownBy(() -> client.portal(portal.rest(), TOKEN).call("profile", Map.of()))
                        .as(location)
                        .isExactlyInstanceOf(RestException.class)
                        .hasMessage("profile: HTTP " + status + " without an error code");
                assertThat(portal.asked).hasSize(1);
            }
        }
    }

    @Test
    void aRenamedPortalWhoseNewNameResolvesInwardsIsNotCalled() {
        try (FakePortal portal = new FakePortal(
                asked -> new Answered(302, Map.of("Location", "https://renamed.bitrix24.com/rest/profile"), ""))) {
            RestClient client = RestClient.builder()
                    .allowLoopback()
                    .patience(Duration.ZERO)
                    .resolver(name -> InetAddress.getAllByName(name.equals("127.0.0.1") ? name : "169.254.169.254"))
                    .build();

            assertThatThrownBy(() -> client.portal(portal.rest(), TOKEN).call("profile", Map.of()))
                    .isInstanceOf(AddressRefusedException.class)
                    .hasMessage("profile: address refused: the host resolves to a link-local address");
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {301, 302, 307})
    void anOAuthHostsRedirectIsNotFollowed(int status) {
        try (FakeOAuth host = new FakeOAuth();
                FakePortal elsewhere = FakePortal.answering("{}")) {
            host.oauth = good -> new Answered(
                    status,
                    Map.of("Location", elsewhere.address("/oauth/token/").toString()),
                    "");
            RestClient client = host.client(TokenStore.memory()).build();

            assertThatThrownBy(() -> client.oauth()
                            .exchange(
                                    Secret.of("canary-code"), host.portal.rest().toString()))
                    .hasMessage("oauth.token: HTTP " + status + " without an error code");
            assertThat(elsewhere.asked).isEmpty();
        }
    }

    /**
     * Rebinds DNS: the name is public when it is checked and an inner host's when it is connected to. The inner host
     * cannot show a certificate for the name, not even one of a trusted authority.
     */
    @Test
    void aNameThatIsReboundBetweenTheLookAndTheConnectionGetsNoRequest() throws Exception {
        try (TlsServer inner = TlsServer.start("inner.example")) {
            AtomicInteger looks = new AtomicInteger();
            for (boolean trusted : new boolean[] {false, true}) {
                HttpClient.Builder http = HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(30));
                if (trusted) {
                    http.sslContext(inner.trusting());
                }
                RestClient client = RestClient.builder()
                        .http(http.build())
                        .patience(Duration.ZERO)
                        .resolver(name -> {
                            looks.incrementAndGet();
                            return new InetAddress[] {InetAddress.getByName("93.184.216.34")};
                        })
                        .build();
                // The address of this name when it counts: 127.0.0.1.
                URI rebound = URI.create("https://localhost:" + inner.port() + "/rest/");

                assertThatThrownBy(() -> client.portal(rebound, TOKEN).call("profile", Map.of()))
                        .isInstanceOf(NoAnswerException.class)
                        .hasMessage("profile: no answer: the TLS handshake failed (the call did not run)");
            }
            assertThat(looks).hasValue(2);
            assertThat(inner.requestBytes()).isZero();
        }
    }

    /** Checks that the test above fails for the right reason. */
    @Test
    void theSameServerUnderItsOwnNameGetsTheRequest() throws Exception {
        try (TlsServer server = TlsServer.start("localhost")) {
            RestClient client = RestClient.builder()
                    .allowLoopback()
                    .http(HttpClient.newBuilder()
                            .connectTimeout(Duration.ofSeconds(30))
                            .sslContext(server.trusting())
                            .build())
                    .patience(Duration.ZERO)
                    .build();

            assertThat(client.portal(URI.create("https://localhost:" + server.port() + "/rest/"), TOKEN)
                            .call("profile", Map.of())
                            .result())
                    .hasToString("1");
            assertThat(server.requestBytes()).isPositive();
        }
    }

    @Test
    void callsGoThroughAProxyAndInnerAddressesInDigitsDoNot() throws IOException {
        List<String> seen = new CopyOnWriteArrayList<>();
        HttpServer proxy = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        proxy.createContext("/", exchange -> {
            try (exchange) {
                seen.add(exchange.getRequestMethod() + " " + exchange.getRequestURI());
                byte[] body = "{\"result\":5}".getBytes(java.nio.charset.StandardCharsets.US_ASCII);
                exchange.sendResponseHeaders(200, body.length);
                exchange.getResponseBody().write(body);
            }
        });
        proxy.start();
        try {
            RestClient client = RestClient.builder()
                    .allowLoopback()
                    .patience(Duration.ZERO)
                    .http(HttpClient.newBuilder()
                            .connectTimeout(Duration.ofSeconds(30))
                            .proxy(ProxySelector.of(proxy.getAddress()))
                            .build())
                    .build();

            RestReply reply =
                    client.portal(URI.create("http://127.0.0.1:9/rest/"), TOKEN).call("profile", Map.of());
            assertThat(reply.result()).hasToString("5");
            assertThatThrownBy(() -> client.portal(URI.create("https://10.0.0.1/rest/"), TOKEN)
                            .call("profile", Map.of()))
                    .hasMessage("profile: address refused: the host resolves to a private or reserved address");
            // A name is the proxy's to resolve: it is asked to connect, and this one does not.
            assertThatThrownBy(() -> client.portal(URI.create("https://portal.example/rest/"), TOKEN)
                            .call("profile", Map.of()))
                    .isInstanceOf(NoAnswerException.class);

            assertThat(seen).first().isEqualTo("POST http://127.0.0.1:9/rest/profile");
            assertThat(seen).noneMatch(request -> request.contains("10.0.0.1") || request.contains("canary"));
        } finally {
            proxy.stop(0);
        }
    }
}
