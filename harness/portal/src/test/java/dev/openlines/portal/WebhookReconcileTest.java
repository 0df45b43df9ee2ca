// SPDX-License-Identifier: Apache-2.0
package dev.openlines.portal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import dev.openlines.client.PortalClient;
import dev.openlines.client.RestClient;
import dev.openlines.model.OnSessionFinish;
import dev.openlines.model.Secret;
import dev.openlines.receiver.ClosedSessions;
import dev.openlines.receiver.Handlers;
import dev.openlines.receiver.Origin;
import dev.openlines.receiver.Reconciler;
import dev.openlines.receiver.Reply;
import dev.openlines.receiver.SessionsUnavailableException;
import dev.openlines.receiver.SessionsUnavailableException.Reason;
import dev.openlines.receiver.Telemetry;
import dev.openlines.server.ConfigurationException;
import dev.openlines.server.PortalSessions;
import dev.openlines.server.ReceiverCommand;
import dev.openlines.server.ReceiverServer;
import dev.openlines.server.ReceiverServerBuilder;
import dev.openlines.server.Settings;
import dev.openlines.testkit.Await;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A portal that is trusted by settings alone, without an application, is compared by an incoming webhook. */
@SimulatedPortal
@Timeout(300)
class WebhookReconcileTest {

    @TempDir
    Path folder;

    private final Queue<Origin> handled = new ConcurrentLinkedQueue<>();
    private final Queue<Reason> impossible = new ConcurrentLinkedQueue<>();

    private final List<String> said = new ArrayList<>();
    private final Queue<String> members = new ConcurrentLinkedQueue<>();
    private @Nullable ReceiverServer running;

    @AfterEach
    void stop() {
        if (running != null) {
            running.close();
        }
    }

    private Map<String, String> settings(Portal portal, Map<String, String> more) {
        Map<String, String> settings = new HashMap<>(Map.of(
                "OPENLINES_PORT", "0",
                "OPENLINES_INBOX", folder.resolve("inbox.db").toString(),
                "OPENLINES_MEMBER_ID", portal.memberId(),
                "OPENLINES_APPLICATION_TOKEN", portal.applicationToken().reveal()));
        settings.putAll(more);
        return settings;
    }

    private ReceiverServerBuilder builder(Portal portal, Map<String, String> more) {
        Map<String, String> settings = settings(portal, more);
        return ReceiverServer.builder(Handlers.on(OnSessionFinish.class, (event, context) -> {
                            members.add(context.memberId());
                            handled.add(context.origin());
                        })
                        .otherwise((event, context) -> {}))
                .settings(Settings.of(settings));
    }

    @Test
    void comparingLeavesHalfOfThePortalsBurstToOtherCalls(Portal portal) {
        PortalClient client = RestClient.builder()
                .allowLoopback()
                .rate(0.001, 4)
                .patience(Duration.ZERO)
                .build()
                .webhook(Secret.of(webhook(portal, portal.webhookCode().reveal())));
        PortalSessions sessions = new PortalSessions().webhook(portal.memberId(), client);
        Instant now = portal.clock().instant();
        ClosedSessions.Query query =
                new ClosedSessions.Query(portal.memberId(), now.minusSeconds(60), now, 0, 200, null, null);

        assertThat(sessions.list(query).sessions()).isEmpty();
        assertThat(sessions.list(query).sessions()).isEmpty();
        assertThatThrownBy(() -> sessions.list(query)).isInstanceOf(SessionsUnavailableException.class);
        assertThat(client.call("profile", Map.of())).as("there is room for it").isNotNull();
    }

    private static String webhook(Portal portal, String code) {
        return portal.restUri() + "1/" + code + "/";
    }

    @ParameterizedTest
    @ValueSource(strings = {"environment", "file"})
    void aCloseWhoseEventNeverCameIsFound(String where, Portal portal) throws Exception {
        portal.clock().freeze();
        String address = webhook(portal, portal.webhookCode().reveal());
        Path file = folder.resolve("settings.properties");
        Files.writeString(file, "OPENLINES_WEBHOOK=" + address);
        Map<String, String> more = where.equals("file")
                ? Map.of("OPENLINES_CONFIG", file.toString())
                : Map.of("OPENLINES_WEBHOOK", address);
        builder(portal, more).start().close();
        PortalChat chat = portal.openLine("Line").openChat();
        portal.clock().advance(Duration.ofMinutes(1));
        chat.close();
        portal.clock().advance(Duration.ofMinutes(10));
        assertThat(ReceiverCommand.run(
                        List.of("reconcile", "--dry-run", "--json"), settings(portal, more), said::add, said::add))
                .as("%s", said)
                .isEqualTo(2);
        assertThat(String.join("\n", said)).contains(portal.memberId()).doesNotContain(address);

        try (ReceiverServer server = builder(portal, more).start()) {
            Await.until("the close", () -> !handled.isEmpty());
            assertThat(server).isNotNull();
        }

        assertThat(handled).containsExactly(Origin.RECONCILED);
        assertThat(portal.calls())
                .extracting(PortalCall::method)
                .contains("imopenlines.v2.session.list")
                .allMatch(method -> method.startsWith("imopenlines."));
    }

    @Test
    void aWebhookThatThePortalDoesNotKnowIsTold(Portal portal) {
        Telemetry telemetry = new Telemetry() {
            @Override
            public void replied(Reply reply, Duration took) {}

            @Override
            public void attempted(String outcome, Duration took) {}

            @Override
            public void notReconciled(String memberId, Reason reason) {
                impossible.add(reason);
            }
        };
        try (ReceiverServer server = builder(portal, Map.of("OPENLINES_WEBHOOK", webhook(portal, "wr0ng")))
                .telemetry(telemetry)
                .start()) {
            Await.until("a comparison", () -> !impossible.isEmpty());
            assertThat(server).isNotNull();
        }
        assertThat(impossible).containsOnly(Reason.ACCESS);
    }

    /** Compares with a portal that lies about its sessions and about the time. */
    @Test
    void sessionsThatAPortalInventsAreHandledUnderTheirOwnIdsAndInBounds(Portal portal) throws Exception {
        AtomicReference<String> sessions = new AtomicReference<>("");
        AtomicReference<Instant> time = new AtomicReference<>(Instant.now());
        HttpServer liar = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        liar.createContext("/", exchange -> {
            try (exchange) {
                exchange.getRequestBody().readAllBytes();
                byte[] body = ("{\"result\":{\"sessions\":[" + sessions
                                + "],\"hasNextPage\":false},\"time\":{\"date_finish\":\"" + time + "\"}}")
                        .getBytes(StandardCharsets.UTF_8);
                exchange.sendResponseHeaders(200, body.length);
                exchange.getResponseBody().write(body);
            }
        });
        liar.start();
        Map<String, String> webhook = Map.of(
                "OPENLINES_WEBHOOK", "http://127.0.0.1:" + liar.getAddress().getPort() + "/rest/1/code/");
        CountDownLatch first = new CountDownLatch(1);
        Telemetry telemetry = new Telemetry() {
            @Override
            public void replied(Reply reply, Duration took) {}

            @Override
            public void attempted(String outcome, Duration took) {}

            @Override
            public void reconciled(Reconciler.Report report, int late) {
                if (report.sweep()) {
                    first.countDown();
                }
            }
        };
        try {
            running = builder(portal, webhook).telemetry(telemetry).start();
            assertThat(first.await(120, TimeUnit.SECONDS)).isTrue();
            stop();
            Instant now = Instant.now().truncatedTo(ChronoUnit.SECONDS);
            time.set(now.plus(Duration.ofMinutes(20)));
            sessions.set(
                    invented(1, now.minus(Duration.ofDays(3))) + "," + invented(2, now.plus(Duration.ofMinutes(10))));

            running = builder(portal, webhook).start();

            Await.until("the invented close", () -> !handled.isEmpty());
            stop();
        } finally {
            liar.stop(0);
        }
        assertThat(handled).containsExactly(Origin.RECONCILED);
        assertThat(members).containsExactly(portal.memberId());
    }

    private static String invented(long session, Instant closed) {
        return "{\"id\":" + session + ",\"configId\":1,\"source\":\"livechat\",\"userId\":5,\"chatId\":"
                + (900 + session)
                + ",\"dateCreate\":\"" + closed.minusSeconds(60) + "\",\"dateClose\":\"" + closed
                + "\",\"status\":\"closed\"}";
    }

    @ParameterizedTest
    @ValueSource(strings = {"https://h.example/rest/1/canary/profile", "canary", "http://h.example/rest/1/canary/"})
    void aWrongAddressStopsTheStartAndIsNotRepeated(String address, Portal portal) {

        assertThatThrownBy(() -> builder(portal, Map.of("OPENLINES_WEBHOOK", address)))
                .isInstanceOf(ConfigurationException.class)
                .satisfies(e -> assertThat(Objects.requireNonNull(e.getMessage()))
                        .startsWith("OPENLINES_WEBHOOK: expected https")
                        .doesNotContain("canary"));
    }

    @Test
    void aWebhookOfNoPortalIsRefused(Portal portal) {
        assertThatThrownBy(() -> Settings.of(Map.of(
                        "OPENLINES_WEBHOOK",
                        webhook(portal, portal.webhookCode().reveal()))))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("OPENLINES_MEMBER_ID: expected a value but found none");
    }
}
