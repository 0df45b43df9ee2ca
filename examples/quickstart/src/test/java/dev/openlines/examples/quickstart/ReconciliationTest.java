// SPDX-License-Identifier: Apache-2.0
package dev.openlines.examples.quickstart;

import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.model.OnSessionFinish;
import dev.openlines.model.OpenLineChat;
import dev.openlines.portal.Closing;
import dev.openlines.portal.Delivery;
import dev.openlines.portal.DeliveryPlan;
import dev.openlines.portal.Portal;
import dev.openlines.portal.PortalChat;
import dev.openlines.portal.PortalLine;
import dev.openlines.portal.PortalServer;
import dev.openlines.portal.PortalSetup;
import dev.openlines.receiver.EventContext;
import dev.openlines.receiver.Handlers;
import dev.openlines.receiver.Origin;
import dev.openlines.server.ReceiverCommand;
import dev.openlines.server.ReceiverServer;
import dev.openlines.server.Settings;
import dev.openlines.testkit.Await;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Receiver, client and simulated portal together: what is closed on the portal is handled, each close once. */
@Timeout(300)
class ReconciliationTest {

    /** A close of a session, by the portal's clock, which stands still while it is closed. */
    private record Close(long session, long second) {}

    /** An event as the handler saw it. It does not name its session. */
    private record Handled(
            long chat, long second, Origin origin, @Nullable Long session) {}

    @TempDir
    Path folder;

    private final List<Close> closes = new ArrayList<>();
    private final Map<String, Long> sessions = new HashMap<>();
    private final Queue<Handled> handled = new ConcurrentLinkedQueue<>();
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
    }

    @AfterEach
    void stop() {
        if (receiver != null) {
            receiver.close();
        }
        front.close();
        server.close();
    }

    @Test
    void everyCloseIsHandledOnceAcrossAnOutageOfTheReceiver() {
        start();
        portal.subscribe("ONAPPINSTALL", front.url());
        portal.subscribe(OnSessionFinish.CODE, front.url());
        assertThat(portal.install()).hasSize(1).allMatch(Delivery::acknowledged);
        PortalChat returned = chat();
        PortalChat resumed = chat();
        PortalChat quiet = chat();
        PortalChat late = chat();
        PortalChat later = chat();

        assertThat(close(returned, Closing.OPERATOR)).allMatch(Delivery::acknowledged);
        assertThat(close(resumed, Closing.OPERATOR)).allMatch(Delivery::acknowledged);
        portal.sending().use(DeliveryPlan.platform().copies(2));
        assertThat(close(chat(), Closing.RATING)).hasSize(2).allMatch(Delivery::acknowledged);
        portal.sending().use(DeliveryPlan.platform());
        Await.until("three closes", () -> handled.size() == 3);

        outage();
        returned.customerReturns();
        assertThat(close(returned, Closing.AGENT)).noneMatch(Delivery::acknowledged);
        resumed.resume();
        assertThat(close(resumed, Closing.OPERATOR)).noneMatch(Delivery::acknowledged);
        assertThat(close(quiet, Closing.SPAM)).noneMatch(Delivery::acknowledged);
        List<Delivery> lost = close(late, Closing.BOT);
        assertThat(lost).hasSize(1).noneMatch(Delivery::acknowledged);
        // Old enough by the portal's clock to count as missing.
        portal.clock().advance(Duration.ofMinutes(10));
        start();
        Await.until("seven closes", () -> handled.size() == 7);

        byte[] body = lost.get(0).requestBody();
        assertThat(portal.sending().replayVerbatim(body)).hasSize(1).allMatch(Delivery::acknowledged);
        assertThat(portal.sending().replayVerbatim(body)).hasSize(1).allMatch(Delivery::acknowledged);
        late.customerReturns();
        assertThat(close(late, Closing.OPERATOR)).allMatch(Delivery::acknowledged);
        assertThat(close(later, Closing.OPERATOR)).allMatch(Delivery::acknowledged);
        Await.until("nine closes", () -> handled.size() >= 9);
        outage();
        // Compares once more at its start, and hands out what may wait.
        portal.clock().advance(Duration.ofMinutes(10));
        int calls = lists();
        start();
        Await.until("a narrow comparison", () -> lists() > calls);
        outage();

        assertThat(handled)
                .as("multiset of sessions and closes")
                .extracting(one -> new Close(session(one), one.second()))
                .containsExactlyInAnyOrderElementsOf(closes);
        assertThat(handled)
                .filteredOn(one -> one.origin() == Origin.RECONCILED)
                .hasSize(4)
                .allSatisfy(one -> assertThat(one.session()).isEqualTo(session(one)));
    }

    private int lists() {
        return (int) portal.calls().stream()
                .filter(call -> call.method().equalsIgnoreCase("imopenlines.v2.Session.list"))
                .count();
    }

    private PortalChat chat() {
        PortalChat chat = line.openChat();
        chat.customerWrites("hello");
        return chat;
    }

    private List<Delivery> close(PortalChat chat, Closing how) {
        portal.clock().advance(Duration.ofMinutes(3));
        Instant at = portal.clock().instant();
        long session = chat.sessionId();
        closes.add(new Close(session, at.getEpochSecond()));
        sessions.put(chat.id() + "/" + at.getEpochSecond(), session);
        return chat.close(how);
    }

    private long session(Handled one) {
        return sessions.getOrDefault(one.chat() + "/" + one.second(), 0L);
    }

    private void handle(OnSessionFinish finish, EventContext context) {
        for (OpenLineChat chat : finish.chats()) {
            Instant sentAt = Objects.requireNonNull(finish.header().sentAt());
            handled.add(new Handled(
                    chat.chatId(),
                    context.closedAt().orElse(sentAt).getEpochSecond(),
                    context.origin(),
                    context.sessionId().orElse(null)));
        }
    }

    private void start() {
        Map<String, String> settings = Map.of(
                "OPENLINES_PORT", "0",
                "OPENLINES_INBOX", folder.resolve("inbox.db").toString(),
                "OPENLINES_TOKENS", folder.resolve("tokens.db").toString(),
                "OPENLINES_TOKEN_KEY", key().toString(),
                "OPENLINES_CLIENT_ID", portal.clientId(),
                "OPENLINES_CLIENT_SECRET", portal.clientSecret().reveal(),
                "OPENLINES_OAUTH_HOSTS", server.uri().getAuthority());
        receiver = ReceiverServer.builder(
                        Handlers.on(OnSessionFinish.class, this::handle).otherwise((event, context) -> {}))
                .settings(Settings.of(settings))
                .start();
        front.to(List.of(receiver.url()));
    }

    private Path key() {
        Path key = folder.resolve("token.key");
        if (!key.toFile().exists()) {
            ReceiverCommand.run(List.of("inbox", "new-key", key.toString()), Map.of(), told -> {}, told -> {});
        }
        return key;
    }

    private void outage() {
        front.to(List.of());
        if (receiver != null) {
            receiver.close();
            receiver = null;
        }
    }
}
