// SPDX-License-Identifier: Apache-2.0
package dev.openlines.portal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.client.Grant;
import dev.openlines.client.OfflineEvent;
import dev.openlines.client.OfflineQueue.Drained;
import dev.openlines.client.PortalClient;
import dev.openlines.client.RestClient;
import dev.openlines.client.TokenStore;
import dev.openlines.model.OnSessionFinish;
import dev.openlines.receiver.Handlers;
import dev.openlines.server.ReceiverServer;
import dev.openlines.server.Settings;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Brings events that waited in a simulated portal's queue into the inbox that the endpoint feeds. */
@SimulatedPortal
@Timeout(300)
class ClientOfflineTest {

    private final BlockingQueue<Long> handled = new LinkedBlockingQueue<>();
    private final HttpClient http = HttpClient.newHttpClient();
    private ReceiverServer receiver;
    private PortalClient client;

    @BeforeEach
    void startAReceiver(Portal portal, @TempDir Path folder) {
        receiver = ReceiverServer.builder(Handlers.on(
                                OnSessionFinish.class,
                                (event, context) ->
                                        handled.add(event.chats().get(0).chatId()))
                        .otherwise((event, context) -> {}))
                .settings(Settings.of(Map.of(
                        "OPENLINES_PORT", "0",
                        "OPENLINES_INBOX", folder.resolve("inbox.db").toString(),
                        "OPENLINES_MEMBER_ID", portal.memberId(),
                        "OPENLINES_APPLICATION_TOKEN", portal.applicationToken().reveal())))
                .start();
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
                .application(portal.clientId(), portal.clientSecret(), tokens)
                .build()
                .portal(portal.memberId());
        portal.extendedOfflineEvents(true);
    }

    @AfterEach
    void stopTheReceiver() {
        receiver.close();
    }

    @Test
    void waitingEventsAreHandledOnceHoweverOftenTheQueueIsDrained(Portal portal) throws Exception {
        client.subscriptions().bind(dev.openlines.client.Subscription.offline(OnSessionFinish.CODE));
        PortalLine line = portal.openLine("Line");
        List<Long> closed = new ArrayList<>();
        for (int i = 0; i < 70; i++) {
            PortalChat chat = line.openChat();
            chat.close();
            closed.add(chat.id());
        }
        Consumer<OfflineEvent> inbox = event -> store(portal, event);
        List<OfflineEvent> kept = new ArrayList<>();

        Drained drained = client.offlineQueue().drain(event -> {
            inbox.accept(event);
            kept.add(event);
        });
        // This is the state after a crash between storing and clearing.
        kept.forEach(inbox);

        assertThat(drained).isEqualTo(new Drained(70, 0, null));
        List<Long> seen = new ArrayList<>();
        for (int i = 0; i < 70; i++) {
            seen.add(handled.poll(30, TimeUnit.SECONDS));
        }
        assertThat(seen).containsExactlyInAnyOrderElementsOf(closed);

        // One more, at another time: of a chat that was closed before.
        PortalChat again = portal.chats().get(0);
        portal.clock().advance(Duration.ofMinutes(5));
        again.customerReturns();
        again.close();
        assertThat(client.offlineQueue().drain(inbox)).isEqualTo(new Drained(1, 0, null));
        assertThat(handled.poll(30, TimeUnit.SECONDS)).isEqualTo(again.id());
        assertThat(handled).isEmpty();
        assertThat(client.offlineQueue().drain(inbox)).isEqualTo(new Drained(0, 0, null));
    }

    @Test
    void anEventThatCouldNotBeStoredIsDrainedTheNextTime(Portal portal) throws Exception {
        client.subscriptions()
                .bind(dev.openlines.client.Subscription.offline(OnSessionFinish.CODE)
                        .withConnector("mine"));
        PortalLine line = portal.openLine("Line");
        List<PortalChat> chats = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            chats.add(line.openChat());
            chats.get(i).close();
        }
        IllegalStateException full = new IllegalStateException("disk full");

        Drained drained = client.offlineQueue("mine").drain(event -> {
            if (event.data().toString().contains("\"chat_id\":\"" + chats.get(1).id() + "\"")) {
                throw full;
            }
            store(portal, event);
        });

        assertThat(drained).isEqualTo(new Drained(2, 1, full));
        assertThat(client.offlineQueue("mine").drain(event -> store(portal, event)))
                .isEqualTo(new Drained(1, 0, null));
        List<Long> seen = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            seen.add(handled.poll(30, TimeUnit.SECONDS));
        }
        assertThat(seen)
                .containsExactlyInAnyOrder(
                        chats.get(0).id(), chats.get(1).id(), chats.get(2).id());
    }

    /** Stores an event, durably: the receiver answers 200 after its inbox has it. */
    private void store(Portal portal, OfflineEvent event) {
        try {
            HttpResponse<Void> reply = http.send(
                    HttpRequest.newBuilder(receiver.url())
                            .header("Content-Type", "application/json")
                            .POST(HttpRequest.BodyPublishers.ofByteArray(event.toDelivery(portal.applicationToken())))
                            .build(),
                    HttpResponse.BodyHandlers.discarding());
            assertThat(reply.statusCode()).isEqualTo(200);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
