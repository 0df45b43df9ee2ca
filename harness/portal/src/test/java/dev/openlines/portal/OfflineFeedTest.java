// SPDX-License-Identifier: Apache-2.0
package dev.openlines.portal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.openlines.client.Grant;
import dev.openlines.client.RestClient;
import dev.openlines.client.Subscription;
import dev.openlines.client.TokenStore;
import dev.openlines.model.OnSessionFinish;
import dev.openlines.receiver.Handlers;
import dev.openlines.receiver.OfflineQueues;
import dev.openlines.receiver.Origin;
import dev.openlines.server.ConfigurationException;
import dev.openlines.server.PortalQueues;
import dev.openlines.server.PortalSessions;
import dev.openlines.server.ReceiverServer;
import dev.openlines.server.ReceiverServerBuilder;
import dev.openlines.server.Settings;
import dev.openlines.testkit.Await;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
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

/** A receiver that drains the simulated portal's offline queue into the inbox that its endpoint feeds. */
@SimulatedPortal
@Timeout(300)
class OfflineFeedTest {

    private record Handled(long chat, Origin origin) {}

    @TempDir
    Path folder;

    private final Queue<Handled> handled = new ConcurrentLinkedQueue<>();
    private @Nullable ReceiverServer receiver;
    private RestClient client;

    @BeforeEach
    void authorize(Portal portal) {
        TokenStore tokens = TokenStore.memory();
        tokens.save(new Grant(
                portal.memberId(),
                portal.restUri(),
                portal.serverEndpoint(),
                portal.accessToken(),
                portal.accessToken(),
                Instant.now().plusSeconds(3600),
                List.of(),
                false,
                0));
        client = RestClient.builder()
                .allowLoopback()
                .rate(1e6, 1_000_000)
                .patience(Duration.ZERO)
                .application(portal.clientId(), portal.clientSecret(), tokens)
                .build();
        portal.extendedOfflineEvents(true);
        client.portal(portal.memberId()).subscriptions().bind(Subscription.offline(OnSessionFinish.CODE));
    }

    @AfterEach
    void stop() {
        if (receiver != null) {
            receiver.close();
        }
    }

    private ReceiverServerBuilder builder(Portal portal, Duration interval) {
        return ReceiverServer.builder(Handlers.on(
                                OnSessionFinish.class,
                                (event, context) -> handled.add(
                                        new Handled(event.chats().get(0).chatId(), context.origin())))
                        .otherwise((event, context) -> {}))
                .settings(Settings.of(Map.of(
                        "OPENLINES_PORT", "0",
                        "OPENLINES_INBOX", folder.resolve("inbox.db").toString(),
                        "OPENLINES_MEMBER_ID", portal.memberId(),
                        "OPENLINES_APPLICATION_TOKEN", portal.applicationToken().reveal())))
                .queues(new PortalQueues(client))
                .offline(interval);
    }

    private ReceiverServer start(Portal portal, Duration interval, boolean compares) {
        ReceiverServerBuilder builder = builder(portal, interval);
        if (compares) {
            builder.sessions(new PortalSessions(client));
        }
        receiver = builder.start();
        return receiver;
    }

    private static List<Long> close(Portal portal, int chats) {
        PortalLine line = portal.openLine("Line");
        List<Long> closed = new ArrayList<>();
        for (int i = 0; i < chats; i++) {
            PortalChat chat = line.openChat();
            chat.close();
            closed.add(chat.id());
        }
        return closed;
    }

    private int waiting(Portal portal) {
        return client.portal(portal.memberId())
                .list(dev.openlines.client.RestCall.of("event.offline.list"))
                .size();
    }

    @Test
    void chatsClosedWhileTheReceiverWasAwayAreHandledAndClearedThen(Portal portal) {
        List<Long> closed = close(portal, 60);

        start(portal, Duration.ofHours(1), false);

        Await.until("all closes", () -> handled.size() == 60);
        Await.until("an empty queue", () -> waiting(portal) == 0);
        assertThat(handled).extracting(Handled::chat).containsExactlyInAnyOrderElementsOf(closed);
        assertThat(handled).extracting(Handled::origin).containsOnly(Origin.OFFLINE);
    }

    @Test
    void anAnswerThatIsLostAfterStoringDoublesNothing(Portal portal) {
        List<Long> closed = close(portal, 5);
        portal.faults().add(Fault.gateway(502).on("event.offline.clear").first(1));
        start(portal, Duration.ofSeconds(1), false);

        Await.until("an empty queue", () -> waiting(portal) == 0);
        Await.until("all closes", () -> handled.size() >= 5);
        assertThat(portal.calls())
                .filteredOn(call -> call.method().equals("event.offline.clear"))
                .hasSizeGreaterThanOrEqualTo(2);
        stop();
        start(portal, Duration.ofHours(1), false);
        stop();
        assertThat(handled).extracting(Handled::chat).containsExactlyInAnyOrderElementsOf(closed);
    }

    @Test
    void aCloseThatIsBoundBothWaysIsHandledOnce(Portal portal) {
        ReceiverServer running = start(portal, Duration.ofSeconds(1), false);
        portal.subscribe(OnSessionFinish.CODE, running.url());

        List<Long> closed = close(portal, 10);

        Await.until("an empty queue", () -> waiting(portal) == 0);
        Await.until("all closes", () -> handled.size() >= 10);
        running.close();
        assertThat(handled).extracting(Handled::chat).containsExactlyInAnyOrderElementsOf(closed);
    }

    @Test
    void theEventThatSaysSomethingWaitsHasTheQueueDrainedAtOnce(Portal portal) {
        ReceiverServer running = start(portal, Duration.ofHours(1), false);
        Await.until(
                "the first drain",
                () -> portal.calls().stream().anyMatch(call -> call.method().equals("event.offline.get")));
        portal.subscribe("ONOFFLINEEVENT", running.url());

        List<Long> closed = close(portal, 1);

        Await.until("the close", () -> handled.size() == 1);
        assertThat(handled).containsExactly(new Handled(closed.get(0), Origin.OFFLINE));
    }

    @Test
    void theMonitorShowsWhatWasDrainedAndCompared(Portal portal) throws Exception {
        close(portal, 2);
        receiver = builder(portal, Duration.ofHours(1))
                .sessions(new PortalSessions(client))
                .monitor("127.0.0.1", 0)
                .start();
        HttpRequest metrics = HttpRequest.newBuilder(
                        receiver.monitorUrl().orElseThrow().resolve("/metrics"))
                .build();
        HttpClient http = HttpClient.newHttpClient();

        Await.until("the meters", () -> {
            String text =
                    http.send(metrics, HttpResponse.BodyHandlers.ofString()).body();
            return text.contains("openlines_offline_total{outcome=\"stored\",portal=\"" + portal.memberId() + "\"} 2.0")
                    && text.contains("openlines_reconcile_compared_total{portal=\"" + portal.memberId() + "\"}");
        });
    }

    /** Closes one chat twice between two drains, which is one record: the list of sessions has the other. */
    @Test
    void theComparisonFindsTheCloseThatTheQueueHasMerged(Portal portal) {
        portal.clock().freeze();
        PortalChat chat = portal.openLine("Line").openChat();
        portal.clock().advance(Duration.ofMinutes(1));
        start(portal, Duration.ofHours(1), true).close();
        long first = chat.sessionId();
        chat.close();
        portal.clock().advance(Duration.ofMinutes(3));
        chat.customerReturns();
        portal.clock().advance(Duration.ofMinutes(3));
        chat.close();
        assertThat(first).isNotEqualTo(chat.sessionId());
        assertThat(waiting(portal)).isEqualTo(1);
        portal.clock().advance(Duration.ofMinutes(10));

        start(portal, Duration.ofHours(1), true);

        Await.until("both closes", () -> handled.size() >= 2);
        Await.until("an empty queue", () -> waiting(portal) == 0);
        stop();
        assertThat(handled).extracting(Handled::chat).containsExactly(chat.id(), chat.id());
    }

    @Test
    void aPlanOrAUserThatMayNotDrainIsToldAndNothingIsTaken(Portal portal) {
        close(portal, 1);
        OfflineQueues queues = new PortalQueues(client);
        portal.extendedOfflineEvents(false);
        assertThat(queues.drain(portal.memberId(), event -> {}))
                .isEqualTo(new OfflineQueues.Drained(
                        0, "the portal's plan does not let applications reserve offline events"));
        portal.extendedOfflineEvents(true);
        portal.faults().add(Fault.error(403, "ACCESS_DENIED", "Access denied!").first(1));
        assertThat(queues.drain(portal.memberId(), event -> {}))
                .isEqualTo(
                        new OfflineQueues.Drained(0, "the user of the grant must be an administrator of the portal"));
        assertThat(waiting(portal)).isEqualTo(1);
        assertThat(queues.drain("another portal", event -> {}).refusal()).contains("installed again");
    }

    @Test
    void drainingWithoutAnApplicationIsRefusedAtTheStart(Portal portal) {
        Map<String, String> settings = new HashMap<>(Map.of(
                "OPENLINES_PORT", "0",
                "OPENLINES_INBOX", folder.resolve("inbox.db").toString(),
                "OPENLINES_MEMBER_ID", portal.memberId(),
                "OPENLINES_APPLICATION_TOKEN", portal.applicationToken().reveal(),
                "OPENLINES_OFFLINE", "PT1M"));
        assertThatThrownBy(() -> ReceiverServer.builder(Handlers.all((event, context) -> {}))
                        .settings(Settings.of(settings))
                        .start())
                .isInstanceOf(ConfigurationException.class)
                .hasMessage(
                        "OPENLINES_OFFLINE: expected an application that portals have granted access, but found none");
    }
}
