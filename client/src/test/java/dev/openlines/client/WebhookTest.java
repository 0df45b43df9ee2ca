// SPDX-License-Identifier: Apache-2.0
package dev.openlines.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.openlines.client.FakePortal.Answered;
import dev.openlines.model.Secret;
import dev.openlines.parser.BodyFormat;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Calls by an incoming webhook, whose secret is a part of its address. */
@Timeout(300)
class WebhookTest {

    private static final String CODE = "canaryh00k";

    private static Secret of(FakePortal portal) {
        return Secret.of(portal.address("/rest/17/" + CODE + "/").toString());
    }

    private static RestClient client() {
        return RestClient.builder().allowLoopback().patience(Duration.ZERO).build();
    }

    private static String said(Supplier<Object> attempt) {
        StringWriter said = new StringWriter();
        try {
            said.write(attempt.get().toString());
        } catch (RuntimeException e) {
            e.printStackTrace(new PrintWriter(said));
        }
        return said.toString();
    }

    @ParameterizedTest
    @EnumSource(BodyFormat.class)
    void theCodeIsInTheAddressAndNothingOfItInTheBody(BodyFormat format) {
        try (FakePortal portal = FakePortal.answering("{\"result\":{\"ID\":\"17\"}}")) {
            PortalClient calls =
                    RestClient.builder().allowLoopback().format(format).build().webhook(of(portal));

            assertThat(calls.openLines().profile()).isPresent();
            assertThat(calls.call("crm.deal.get", Map.of("id", 5)).result()).isNotNull();

            assertThat(portal.asked)
                    .extracting(FakePortal.Asked::path)
                    .containsExactly("/rest/17/" + CODE + "/profile", "/rest/17/" + CODE + "/crm.deal.get");
            assertThat(portal.asked)
                    .allSatisfy(asked -> assertThat(asked.body()).doesNotContain(CODE, "auth"));
            assertThat(calls).hasToString(portal.rest().toString());
            assertThatThrownBy(calls::offlineQueue).isInstanceOf(IllegalStateException.class);
        }
    }

    @Test
    void sessionsAreListedByIt() {
        try (FakePortal portal = FakePortal.answering(
                "{\"result\":{\"sessions\":[],\"hasNextPage\":false},\"time\":{\"date_start\":\"2026-11-29T10:00:00+03:00\"}}")) {
            Instant now = Instant.parse("2026-11-29T07:00:00Z");
            assertThat(client().webhook(of(portal)).openLines().sessions(SessionFilter.closed(now, now)))
                    .isEmpty();
            assertThat(portal.asked.get(0).path()).endsWith("/imopenlines.v2.Session.list");
        }
    }

    @Test
    void noRedirectIsFollowedAnywhere() {
        try (FakePortal elsewhere = FakePortal.answering("{\"result\":true}")) {
            for (int status : new int[] {301, 302, 303, 307, 308}) {
                try (FakePortal portal = new FakePortal(asked -> new Answered(status, Map.of(), "")
                        .with("Location", elsewhere.rest() + "17/" + CODE + "/profile"))) {
                    RestClient client = RestClient.builder()
                            .allowLoopback()
                            .patience(Duration.ZERO)
                            .portalDomains("127.0.0.1")
                            .build();
                    assertThatThrownBy(() -> client.webhook(of(portal)).call("profile", Map.of()))
                            .isInstanceOf(RestException.class)
                            .hasMessage("profile: HTTP " + status + " without an error code");
                    assertThat(portal.asked).hasSize(1);
                }
            }
            assertThat(elsewhere.asked).isEmpty();
        }
    }

    @Test
    void whateverGoesWrongTheCodeIsInNoText() throws IOException {
        List<Answered> answers = List.of(
                Answered.error(401, "INVALID_CREDENTIALS", "no webhook 17/" + CODE + " here"),
                Answered.error(400, CODE, "https://h.example/rest/17/" + CODE + "/"),
                new Answered(500, Map.of("X-Request-Id", "r-" + CODE), "<html>/rest/17/" + CODE + "/</html>"),
                Answered.ok("/rest/17/" + CODE + "/"),
                Answered.ok("[]"),
                new Answered(302, Map.of("Location", "https://h.example/rest/17/" + CODE + "/"), ""));
        for (Answered answer : answers) {
            try (FakePortal portal = new FakePortal(asked -> answer)) {
                PortalClient calls = client().webhook(of(portal));
                String said = said(() -> calls.call("profile", Map.of()));
                assertThat(said).contains("profile").doesNotContain(CODE);
                assertThat(said(() -> calls.callAsync("profile", Map.of()).join()))
                        .doesNotContain(CODE);
            }
        }
        int closed;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            closed = socket.getLocalPort();
        }
        String path = ":" + closed + "/rest/17/" + CODE + "/";
        for (String host :
                List.of("http://127.0.0.1", "https://127.0.0.1", "https://no.such.host.invalid", "https://[::1]")) {
            PortalClient calls = client().webhook(Secret.of(host + path));
            assertThat(said(() -> calls.call("profile", Map.of())))
                    .contains("no answer")
                    .doesNotContain(CODE);
        }
        PortalClient inner = RestClient.create().webhook(Secret.of("https://127.0.0.1" + path));
        assertThat(said(() -> inner.call("profile", Map.of())))
                .contains(AddressRefusedException.class.getName())
                .doesNotContain(CODE);
    }

    @Test
    @Tag("long")
    void aTlsHandshakeThatFailsAndAnAnswerThatBreaksShowNothing() throws IOException {
        try (FakePortal plain = FakePortal.answering("{}")) {
            Secret address = Secret.of(of(plain).reveal().replace("http:", "https:"));
            assertThat(said(() -> client().webhook(address).call("profile", Map.of())))
                    .contains("no answer")
                    .doesNotContain(CODE);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "canary",
                "https://h.example/rest/",
                "https://h.example/rest/canary/",
                "https://h.example/rest/0/canary/",
                "https://h.example/rest/x/canary/",
                "https://h.example/rest/1/canary/profile",
                "https://h.example/rest/1/canary/?a=canary",
                "https://canary:canary@h.example/rest/1/canary/",
                "https://h.example/%zz/rest/1/canary/",
                "https://h.example/rest/1/canary-canary/",
                "http://h.example/rest/1/canary/",
                "ftp://h.example/rest/1/canary/",
                "http://127.0.0.1/rest/1/canary/"
            })
    void anAddressOfAnotherFormIsRefusedWithoutBeingRepeated(String address) {
        assertThatThrownBy(() -> RestClient.create().webhook(Secret.of(address)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasNoCause()
                .satisfies(e -> assertThat(Objects.requireNonNull(e.getMessage()))
                        .startsWith("expected https")
                        .doesNotContain("canary"));
    }
}
