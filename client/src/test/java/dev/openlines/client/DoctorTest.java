// SPDX-License-Identifier: Apache-2.0
package dev.openlines.client;

import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.client.FakePortal.Answered;
import dev.openlines.client.FakePortal.Asked;
import dev.openlines.client.Finding.Severity;
import dev.openlines.model.Secret;
import java.net.URI;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(300)
class DoctorTest {

    private final RestClient client =
            RestClient.builder().patience(Duration.ZERO).allowLoopback().build();
    private final Map<String, Answered> answers = new HashMap<>();
    private URI handler = URI.create("http://127.0.0.1/");

    @Test
    void aHealthyWayHasNoComplaint() {
        try (FakePortal portal = new FakePortal(this::answer)) {
            healthy(portal);

            List<Finding> findings = examine(portal);

            assertThat(findings)
                    .extracting(Finding::check)
                    .containsExactly(
                            "token",
                            "installed",
                            "scope",
                            "event",
                            "subscription",
                            "address",
                            "answer",
                            "firewall",
                            "app-token",
                            "closing");
            assertThat(findings)
                    .filteredOn(finding -> finding.severity() == Severity.ERROR)
                    .isEmpty();
            assertThat(portal.asked)
                    .filteredOn(asked -> asked.path().equals("/hook"))
                    .singleElement()
                    .satisfies(asked -> assertThat(asked.body()).isEmpty());
        }
    }

    @Test
    void theFindingOnAnUnfinishedInstallationSaysWhichApplicationsHaveToFinishIt() {
        try (FakePortal portal = new FakePortal(this::answer)) {
            healthy(portal);
            answers.put("app.info", Answered.ok("{\"result\":{\"INSTALLED\":false}}"));

            assertThat(examine(portal))
                    .filteredOn(finding -> finding.check().equals("installed"))
                    .extracting(Finding::remedy)
                    .containsExactly(
                            "An application with pages must call BX24.installFinish in its installer; one without"
                                    + " a user interface is finished at once. Until then no event is sent.");
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            app.info  | {"result":{"INSTALLED":false}}                              | installed    | the application is not installed to the end
            app.info  | {"result":{"INSTALLED":true,"PAYMENT_EXPIRED":"Y"}}         | paid         | the application's paid time is over
            scope     | {"result":["im","crm"]}                                     | scope        | the token does not have the scope imopenlines
            events    | {"result":["ONAPPTEST"]}                                    | event        | the portal does not offer ONSESSIONFINISH to this token
            event.get | {"result":[]}                                               | subscription | the event is not bound, or by a user whose subscriptions this token does not see
            event.get | {"result":[{"event":"ONSESSIONFINISH","offline":1}]}        | subscription | the event is bound offline only
            event.get | {"result":[{"event":"ONSESSIONFINISH","handler":"https://old.example/h?key=canary","offline":0}]} | subscription | the event is bound elsewhere: [https://old.example/h]
            event.get | {"error":"WRONG_AUTH_TYPE","error_description":"denied"}    | subscription | event.get: HTTP 200 WRONG_AUTH_TYPE: denied
            """)
    void anErrorIsFoundAndHasARemedy(String method, String answer, String check, String text) {
        try (FakePortal portal = new FakePortal(this::answer)) {
            healthy(portal);
            answers.put(method, Answered.ok(answer));

            assertThat(examine(portal))
                    .filteredOn(finding -> finding.severity() == Severity.ERROR)
                    .singleElement()
                    .satisfies(finding -> {
                        assertThat(finding.check()).isEqualTo(check);
                        assertThat(finding.text()).isEqualTo(text);
                        assertThat(finding.remedy()).isNotEmpty();
                    });
        }
    }

    @ParameterizedTest
    @CsvSource({
        "302, the handler redirects with 302",
        "404, nothing takes a POST there: 404",
        "405, nothing takes a POST there: 405",
        "401, something in front of the handler asks for a login",
        "503, the handler fails with 503"
    })
    void aHandlerThatWouldNotTakeAnEventIsFound(int status, String text) {
        try (FakePortal portal = new FakePortal(this::answer)) {
            healthy(portal);
            answers.put("hook", new Answered(status, Map.of(), ""));

            assertThat(examine(portal))
                    .filteredOn(finding -> finding.severity() == Severity.ERROR)
                    .extracting(Finding::text)
                    .containsExactly(text);
        }
    }

    /** Reads the notes: a receiver with another application token refuses every event, and all else is well. */
    @Test
    void whatWasNotTriedIsNoted() {
        try (FakePortal portal = new FakePortal(this::answer)) {
            healthy(portal);

            assertThat(examine(portal))
                    .contains(new Finding(
                            Severity.NOTE,
                            "app-token",
                            "the receiver's application token was not tried, since the doctor does not know it",
                            "Send a test event to be sure: --round-trip on the command line, Doctor.roundTrip in"
                                    + " code."))
                    .filteredOn(finding -> finding.check().equals("firewall"))
                    .extracting(Finding::remedy)
                    .containsExactly(
                            "Let a firewall pass what https://dl.bitrix24.com/webhook/app-world.json lists; ask"
                                    + " it every five to ten minutes.");
        }
    }

    @Test
    void anExpiredTokenEndsTheQuestionsToThePortalButNotToTheHandler() {
        try (FakePortal portal = new FakePortal(this::answer)) {
            healthy(portal);
            answers.put("app.info", Answered.error(401, "expired_token", "The access token provided has expired"));

            assertThat(examine(portal))
                    .extracting(Finding::check)
                    .containsExactly("token", "address", "answer", "firewall", "app-token", "closing");
        }
    }

    @Test
    void aHandlerBehindTheFirewallIsFound() {
        try (FakePortal portal = new FakePortal(this::answer)) {
            healthy(portal);
            assertThat(Doctor.examine(
                            client.portal(portal.rest(), Secret.of("t0ken-1234")),
                            "OnSessionFinish",
                            URI.create("https://10.0.0.1/hook")))
                    .filteredOn(finding -> finding.check().equals("answer"))
                    .extracting(Finding::text)
                    .containsExactly("the handler's host is not public");
        }
    }

    @Test
    void aRoundTripWaitsForTheEventItself() {
        CompletableFuture<String> arrived = new CompletableFuture<>();
        try (FakePortal portal = new FakePortal(asked -> {
            if (asked.method().equals("event.get")) {
                return Answered.ok("{\"result\":[{\"event\":\"ONAPPTEST\",\"handler\":\"https://a.example/h\"}]}");
            }
            arrived.complete(asked.json().getString("NONCE"));
            return Answered.ok("{\"result\":1}");
        })) {
            PortalClient calls = client.portal(portal.rest(), Secret.of("t0ken-1234"));

            assertThat(Doctor.roundTrip(
                            calls,
                            nonce -> arrived.thenAccept(seen -> assertThat(seen).isEqualTo(nonce)),
                            Duration.ofSeconds(20)))
                    .isEqualTo(new Finding(Severity.OK, "round-trip", "a test event came through", ""));
            assertThat(Doctor.roundTrip(calls, nonce -> new CompletableFuture<>(), Duration.ofMillis(50))
                            .text())
                    .isEqualTo("the portal took the test event, and it did not arrive within 0 s");
        }
    }

    @Test
    void aTestEventThatIsBoundNowhereIsNotSent() {
        try (FakePortal portal = FakePortal.answering("{\"result\":[]}")) {
            Finding finding = Doctor.roundTrip(
                    client.portal(portal.rest(), Secret.of("t0ken-1234")),
                    nonce -> new CompletableFuture<>(),
                    Duration.ofMinutes(1));

            assertThat(finding.severity()).isEqualTo(Severity.ERROR);
            assertThat(finding.text())
                    .isEqualTo(
                            "ONAPPTEST is bound to no handler that this token sees, so a test event would go nowhere");
            assertThat(portal.asked).extracting(Asked::method).containsExactly("event.get");
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            /hook                    | the handler's address is malformed
            mailto:a@b.example       | the handler's address is malformed
            https://u@a.example/h    | the handler's address is malformed
            https://a.example/h#x    | the handler's address is malformed
            ftp://a.example/h        | the portal posts to http and https only
            https://localhost/h      | the portal refuses a host without a dot
            """)
    void anAddressThatThePortalWouldNotPostToIsFound(String address, String text) {
        try (FakePortal portal = new FakePortal(this::answer)) {
            healthy(portal);

            assertThat(Doctor.examine(
                            client.portal(portal.rest(), Secret.of("t0ken-1234")),
                            "OnSessionFinish",
                            URI.create(address)))
                    .filteredOn(finding -> finding.check().equals("address"))
                    .extracting(Finding::text)
                    .containsExactly(text);
        }
    }

    @Test
    void aCertificateThatIsNotTrustedIsFound() {
        try (FakePortal portal = new FakePortal(this::answer);
                TlsServer server = TlsServer.start("localhost")) {
            healthy(portal);

            assertThat(Doctor.examine(
                            client.portal(portal.rest(), Secret.of("t0ken-1234")),
                            "OnSessionFinish",
                            URI.create("https://127.0.0.1:" + server.port() + "/hook")))
                    .filteredOn(finding -> finding.check().equals("answer"))
                    .extracting(Finding::text)
                    .containsExactly("the handler's certificate is not trusted");
            assertThat(server.requestBytes()).isZero();
        }
    }

    @Test
    void anEventOfAConnectorComesWithANote() {
        try (FakePortal portal = new FakePortal(this::answer)) {
            healthy(portal);

            assertThat(Doctor.examine(
                            client.portal(portal.rest(), Secret.of("t0ken-1234")),
                            "OnImConnectorDialogFinish",
                            handler))
                    .filteredOn(finding -> finding.severity() == Severity.NOTE)
                    .extracting(Finding::check)
                    .containsExactly("firewall", "app-token", "connector");
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            imopenlines | ONIMCONNECTORMESSAGEADD | the token has the scope
            imconnector | ONIMCONNECTORMESSAGEADD | the token has the scope
            imconnector | ONSESSIONFINISH         | the token does not have the scope imopenlines
            """)
    void eventsOfConnectorsNeedTheScopeOfOpenLinesUnlessThePortalOffersThemAnyway(
            String scope, String offered, String text) {
        try (FakePortal portal = new FakePortal(this::answer)) {
            healthy(portal);
            answers.put("scope", Answered.ok("{\"result\":[\"" + scope + "\"]}"));
            answers.put("events", Answered.ok("{\"result\":[\"" + offered + "\"]}"));

            assertThat(Doctor.examine(
                            client.portal(portal.rest(), Secret.of("t0ken-1234")), "OnImConnectorMessageAdd", handler))
                    .filteredOn(finding -> finding.check().equals("scope"))
                    .extracting(Finding::text)
                    .containsExactly(text);
        }
    }

    private List<Finding> examine(FakePortal portal) {
        return Doctor.examine(client.portal(portal.rest(), Secret.of("t0ken-1234")), "OnSessionFinish", handler);
    }

    private void healthy(FakePortal portal) {
        handler = portal.address("/hook");
        answers.put("app.info", Answered.ok("{\"result\":{\"INSTALLED\":true,\"PAYMENT_EXPIRED\":\"N\"}}"));
        answers.put("scope", Answered.ok("{\"result\":[\"im\",\"imopenlines\"]}"));
        answers.put("events", Answered.ok("{\"result\":[\"ONSESSIONFINISH\"]}"));
        answers.put(
                "event.get",
                Answered.ok("{\"result\":[{\"event\":\"ONSESSIONFINISH\",\"handler\":\"" + handler
                        + "\",\"offline\":0}]}"));
        answers.put("hook", new Answered(400, Map.of(), ""));
    }

    private Answered answer(Asked asked) {
        return answers.getOrDefault(asked.method(), Answered.error(404, "ERROR_METHOD_NOT_FOUND", "Method not found!"));
    }
}
