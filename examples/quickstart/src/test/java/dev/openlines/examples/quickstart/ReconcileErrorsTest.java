// SPDX-License-Identifier: Apache-2.0
package dev.openlines.examples.quickstart;

import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.client.RestClient;
import dev.openlines.client.TokenSeal;
import dev.openlines.client.TokenStore;
import dev.openlines.model.OnSessionFinish;
import dev.openlines.model.OnSessionStart;
import dev.openlines.model.Secret;
import dev.openlines.portal.Delivery;
import dev.openlines.portal.Fault;
import dev.openlines.portal.Portal;
import dev.openlines.portal.PortalChat;
import dev.openlines.portal.PortalLine;
import dev.openlines.portal.PortalServer;
import dev.openlines.portal.PortalSetup;
import dev.openlines.receiver.Handlers;
import dev.openlines.receiver.Reply;
import dev.openlines.receiver.SessionsUnavailableException.Reason;
import dev.openlines.receiver.Telemetry;
import dev.openlines.server.PortalSessions;
import dev.openlines.server.ReceiverCommand;
import dev.openlines.server.ReceiverServer;
import dev.openlines.server.Settings;
import dev.openlines.testkit.Await;
import dev.openlines.testkit.LogRecords;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A portal that does not list its sessions: its events are handled as ever, and a record says what to do. */
@Timeout(300)
class ReconcileErrorsTest {

    private static final String LIST = "imopenlines.v2.Session.list";

    @TempDir
    Path folder;

    private final Queue<Long> handled = new ConcurrentLinkedQueue<>();
    private final Queue<String> lines = new ConcurrentLinkedQueue<>();
    private final Queue<Reason> reasons = new ConcurrentLinkedQueue<>();
    private final Telemetry telemetry = new Telemetry() {
        @Override
        public void replied(Reply reply, Duration took) {}

        @Override
        public void attempted(String outcome, Duration took) {}

        @Override
        public void notReconciled(String memberId, Reason reason) {
            reasons.add(reason);
        }
    };

    private PortalServer server;
    private Portal portal;
    private PortalLine line;
    private Front front;
    private @Nullable ReceiverServer receiver;

    @BeforeEach
    void install() throws IOException {
        server = PortalServer.start();
        portal = server.portal(PortalSetup.minted().label("shop").notInstalled());
        portal.clock().freeze();
        line = portal.openLine("Support");
        front = new Front();
        portal.subscribe("ONAPPINSTALL", front.url());
        ReceiverCommand.run(
                List.of("inbox", "new-key", folder.resolve("token.key").toString()), Map.of(), told -> {}, told -> {});
        start(everything(), null);
        assertThat(portal.install()).allMatch(Delivery::acknowledged);
        stop();
    }

    @AfterEach
    void end() {
        stop();
        front.close();
        server.close();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            400 | TARIFF_RESTRICTION     | PLAN      | reconcile-impossible | plan without reports: change
            403 | WRONG_LICENSE          | PLAN      | reconcile-impossible | plan without reports: change
            404 | ERROR_METHOD_NOT_FOUND | METHOD    | reconcile-impossible | method unknown: the portal is too old for
            400 | INVALID_FILTER         | REJECTED  | reconcile-impossible | the portal rejects the query
            400 | PERIOD_REQUIRED        | REJECTED  | reconcile-impossible | the portal rejects the query
            400 | PERIOD_TOO_LARGE       | REJECTED  | reconcile-impossible | the portal rejects the query
            400 | OFFSET_TOO_LARGE       | REJECTED  | reconcile-impossible | the portal rejects the query
            400 | ERROR_ARGUMENT         | REJECTED  | reconcile-impossible | the portal rejects the query
            401 | NO_AUTH_FOUND          | ACCESS    | reconcile-impossible | access denied: the grant or webhook needs the scope imopenlines
            401 | insufficient_scope     | ACCESS    | reconcile-impossible | access denied: the grant or webhook needs the scope imopenlines
            403 | user_access_error      | ACCESS    | reconcile-impossible | access denied: the grant or webhook needs the scope imopenlines
            401 | authorization_error    | ACCESS    | reconcile-impossible | access denied: the grant or webhook needs the scope imopenlines
            401 | APPLICATION_NOT_FOUND  | ACCESS    | reconcile-impossible | access denied: the grant or webhook needs the scope imopenlines
            403 | ACCESS_DENIED          | ACCESS    | reconcile-impossible | access denied: the grant or webhook needs the scope imopenlines
            403 | WRONG_AUTH_TYPE        | ACCESS    | reconcile-impossible | access denied: the grant or webhook needs the scope imopenlines
            403 | INVALID_CREDENTIALS    | ACCESS    | reconcile-impossible | access denied: the grant or webhook needs the scope imopenlines
            403 | METHOD_CONFIRM_DENIED  | ACCESS    | reconcile-impossible | access denied: the grant or webhook needs the scope imopenlines
            500 | PORTAL_DELETED         | ACCESS    | reconcile-impossible | access denied: the grant or webhook needs the scope imopenlines
            401 | expired_token          | ACCESS    | reconcile-impossible | access denied: the grant or webhook needs the scope imopenlines
            401 | invalid_token          | ACCESS    | reconcile-impossible | access denied: the grant or webhook needs the scope imopenlines
            400 | invalid_grant          | ACCESS    | reconcile-impossible | access denied: the grant or webhook needs the scope imopenlines
            401 | METHOD_CONFIRM_WAITING | ACCESS    | reconcile-impossible | access denied: the grant or webhook needs the scope imopenlines
            401 | INVALID_REQUEST        | REJECTED  | reconcile-impossible | the portal rejects the query
            400 | INVALID_REQUEST        | REJECTED  | reconcile-impossible | the portal rejects the query
            503 | QUERY_LIMIT_EXCEEDED   | THROTTLED | reconcile-waits      | the portal limits calls
            429 | OPERATION_TIME_LIMIT   | THROTTLED | reconcile-waits      | the portal limits calls
            503 | OVERLOAD_LIMIT         | AWAY      | reconcile-waits      | the portal does not answer
            401 | CONNECTION_ERROR       | AWAY      | reconcile-waits      | the portal does not answer
            500 | INTERNAL_SERVER_ERROR  | AWAY      | reconcile-waits      | the portal does not answer
            400 | ERROR_CORE             | AWAY      | reconcile-waits      | the portal does not answer
            500 | ERROR_UNEXPECTED_ANSWER | AWAY     | reconcile-waits      | the portal does not answer
            200 | WRONG_ENCODING         | AWAY      | reconcile-waits      | the portal does not answer
            """)
    void eachErrorIsNamedAndDisturbsNoEvent(int status, String code, Reason reason, String record, String remedy) {
        portal.faults().add(Fault.error(status, code, "no").on(LIST));

        assertNamedAndNoEventDisturbed(reason, record, remedy);
    }

    @Test
    void aRefreshTokenThatIsRefusedIsNamedAndDisturbsNoEvent() {
        portal.faults().add(Fault.expiredToken().on(LIST));
        portal.faults().add(Fault.error(400, "invalid_grant", "no").on("oauth/token"));

        assertNamedAndNoEventDisturbed(
                Reason.ACCESS,
                "reconcile-impossible",
                "access denied: the grant or webhook needs the scope imopenlines");
        assertThat(portal.calls()).anyMatch(call -> call.method().equals("oauth/token"));
    }

    private void assertNamedAndNoEventDisturbed(Reason reason, String record, String remedy) {
        portal.subscribe(OnSessionFinish.CODE, front.url());
        List<String> records = LogRecords.of(() -> {
            start(everything(), null);
            Await.until("the comparison has failed", () -> !reasons.isEmpty());
            PortalChat chat = line.openChat();
            assertThat(chat.close()).hasSize(1).allMatch(Delivery::acknowledged);
            Await.until("the close is handled", () -> handled.contains(chat.id()));
            stop();
        });

        assertThat(reasons).containsOnly(reason);
        assertThat(records)
                .filteredOn(one -> one.contains("reason=" + record))
                .isNotEmpty()
                .allSatisfy(one -> assertThat(one)
                        .contains("reason=" + record + " portal=" + portal.memberId() + " detail=\"" + remedy));
    }

    @Test
    void aPortalThatIsAwayIsAskedAgain() {
        portal.faults().add(Fault.reset().on(LIST));
        start(everything(), null);
        Await.until("the comparison has failed", () -> !reasons.isEmpty());
        assertThat(reasons).containsOnly(Reason.AWAY);
    }

    @Test
    void aPortalIsNotAskedIfNoHandlerWantsClosedChats() {
        portal.subscribe(OnSessionFinish.CODE, front.url());
        PortalChat lost = line.openChat();
        lost.close();
        portal.clock().advance(Duration.ofMinutes(10));
        start(Handlers.on(OnSessionStart.class, (event, context) -> {}).ignoringOthers(), null);
        PortalChat chat = line.openChat();
        assertThat(chat.close()).allMatch(Delivery::acknowledged);
        stop();
        assertThat(portal.calls()).noneMatch(call -> call.method().equalsIgnoreCase(LIST));

        start(everything(), null);
        Await.until("the close is found", () -> handled.contains(lost.id()));
        assertThat(lines).as("with the name of its line").contains("Support");
    }

    @Test
    void aSubscriptionThatIsGoneIsMadeAgain() {
        PortalChat lost = line.openChat();
        assertThat(lost.close()).as("not subscribed").isEmpty();
        portal.clock().advance(Duration.ofMinutes(10));

        List<String> records = LogRecords.of(() -> {
            start(everything(), front.url());
            Await.until("the close is found", () -> handled.contains(lost.id()));
            Await.until(
                    "subscribed again",
                    () -> portal.subscriptions().stream()
                            .anyMatch(subscription -> subscription.event().equals(OnSessionFinish.CODE)));
            PortalChat next = line.openChat();
            assertThat(next.close()).hasSize(1).allMatch(Delivery::acknowledged);
            stop();
        });

        assertThat(records)
                .anyMatch(record -> record.contains("reason=reconcile-cause")
                        && record.contains("no subscription to ONSESSIONFINISH: subscribed again"));
    }

    private Handlers everything() {
        return Handlers.on(
                        OnSessionFinish.class,
                        (finish, context) -> finish.chats().forEach(chat -> {
                            handled.add(chat.chatId());
                            if (chat.lineName() != null) {
                                lines.add(chat.lineName());
                            }
                        }))
                .otherwise((event, context) -> {});
    }

    private void start(Handlers handlers, @Nullable URI address) {
        Map<String, String> settings = Map.of(
                "OPENLINES_PORT", "0",
                "OPENLINES_INBOX", folder.resolve("inbox.db").toString(),
                "OPENLINES_TOKENS", folder.resolve("tokens.db").toString(),
                "OPENLINES_TOKEN_KEY", folder.resolve("token.key").toString(),
                "OPENLINES_CLIENT_ID", portal.clientId(),
                "OPENLINES_CLIENT_SECRET", portal.clientSecret().reveal(),
                "OPENLINES_OAUTH_HOSTS", server.uri().getAuthority(),
                // Or a close counts as older than the first comparison once the receiver's clock passes a second.
                "OPENLINES_RECONCILE_SINCE",
                        portal.clock().instant().minus(Duration.ofHours(1)).toString());
        PortalSessions sessions = new PortalSessions(impatient());
        receiver = ReceiverServer.builder(handlers)
                .settings(Settings.of(settings))
                .sessions(address == null ? sessions : sessions.subscribing(address))
                .telemetry(telemetry)
                .start();
        front.to(List.of(receiver.url()));
    }

    /**
     * Returns a client that never repeats a call. By default a call is repeated for two minutes if the portal limits
     * calls.
     */
    private RestClient impatient() {
        try {
            TokenSeal seal = TokenSeal.of(Secret.of(Files.readString(folder.resolve("token.key"))));
            return RestClient.builder()
                    .application(
                            portal.clientId(),
                            portal.clientSecret(),
                            TokenStore.sqlite(folder.resolve("tokens.db"), seal))
                    .oauthHosts(server.uri().getAuthority())
                    .allowLoopback()
                    .patience(Duration.ZERO)
                    .build();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void stop() {
        front.to(List.of());
        if (receiver != null) {
            receiver.close();
            receiver = null;
        }
    }
}
