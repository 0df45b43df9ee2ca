// SPDX-License-Identifier: Apache-2.0
package dev.openlines.portal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.model.OnSessionFinish;
import dev.openlines.model.OpenLineChat;
import dev.openlines.parser.Dialect;
import dev.openlines.portal.wire.EventSender;
import dev.openlines.portal.wire.Exchange;
import dev.openlines.receiver.Handlers;
import dev.openlines.server.ReceiverServer;
import dev.openlines.server.Settings;
import dev.openlines.testkit.RecordingHandler;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The whole way: simulated portal, real HTTP, receiver, SQLite, handler. */
@SimulatedPortal
class ContractTest {

    private static final String FORM = "application/x-www-form-urlencoded";

    private final BlockingQueue<OnSessionFinish> handled = new LinkedBlockingQueue<>();
    private Path inbox = Path.of("");
    private ReceiverServer receiver;

    @BeforeEach
    void bindAReceiver(Portal portal, @TempDir Path folder) {
        inbox = folder.resolve("inbox.db");
        receiver = ReceiverServer.builder(Handlers.on(OnSessionFinish.class, (event, context) -> handled.add(event))
                        .otherwise((event, context) -> {}))
                .settings(Settings.of(Map.of(
                        "OPENLINES_PORT", "0",
                        "OPENLINES_PATH", "/bitrix",
                        "OPENLINES_INBOX", inbox.toString(),
                        "OPENLINES_MEMBER_ID", portal.memberId(),
                        "OPENLINES_APPLICATION_TOKEN", portal.applicationToken().reveal())))
                .start();
        String form = "auth=" + portal.accessToken().reveal() + "&event=OnSessionFinish&handler="
                + URLEncoder.encode(receiver.url().toString(), StandardCharsets.UTF_8);
        assertThat(new RestCaller()
                        .post(portal.restUri().resolve("event.bind"), form)
                        .body())
                .startsWith("{\"result\":true,");
    }

    @AfterEach
    void stopTheReceiver() {
        receiver.close();
    }

    @ParameterizedTest
    @EnumSource
    void aClosedChatReachesTheHandlerOnceInEveryShape(Dialect dialect, Portal portal) throws Exception {
        portal.useDialect(dialect);
        PortalChat chat = portal.openLine("Поддержка & «R+D» = 100 % 😀").openChat("telegrambot");

        List<Delivery> deliveries = chat.close();

        assertThat(deliveries).extracting(Delivery::status).containsExactly(200);
        OnSessionFinish event = next();
        assertThat(event.chats()).hasSize(1);
        OpenLineChat closed = event.chats().get(0);
        assertThat(closed.chatId()).isEqualTo(chat.id());
        assertThat(closed.lineId()).isEqualTo(chat.line().id());
        assertThat(closed.connector().connectorId()).hasToString("telegrambot");
        assertThat(closed.connector().userId()).isEqualTo(chat.visitorId());
        assertThat(closed.lineName())
                .isEqualTo(dialect == Dialect.DOCS_2026 ? null : chat.line().name());
        assertThat(event.header().auth().memberId()).isEqualTo(portal.memberId());
        assertThat(event.header().auth().accessToken()).isNull();
        assertThat(event.header().auth().applicationToken()).isNull();
        assertStored(1);
        assertThat(handled).isEmpty();
    }

    @Test
    void aWrongTokenIsRefusedAndLeavesNothing(Portal portal) throws Exception {
        String body = goodBody(portal).replace(portal.applicationToken().reveal(), "f".repeat(32));

        assertThat(post(body).status()).isEqualTo(403);

        assertOnlyAGoodEventGetsThrough(portal);
    }

    @Test
    void anUnknownPortalIsRefusedWithTheSameAnswer(Portal portal) throws Exception {
        String good = goodBody(portal);
        Exchange unknown = post(good.replace(portal.memberId(), "0".repeat(32)));
        Exchange wrong = post(good.replace(portal.applicationToken().reveal(), "f".repeat(32)));

        assertThat(unknown.status()).isEqualTo(403);
        assertThat(withoutDate(unknown)).isEqualTo(withoutDate(wrong));
        assertOnlyAGoodEventGetsThrough(portal);
    }

    @Test
    void aBrokenBodyIsRefusedAndLeavesNothing(Portal portal) throws Exception {
        String body = "event=ONSESSIONFINISH&auth[member_id][]=" + portal.memberId() + "&auth[application_token]="
                + portal.applicationToken().reveal();

        assertThat(post(body).status()).isEqualTo(400);

        assertOnlyAGoodEventGetsThrough(portal);
    }

    @Test
    void aGetIsRefusedAndLeavesNothing(Portal portal) throws Exception {
        URI uri = URI.create(receiver.url() + "?" + goodBody(portal));

        var response = new RestCaller().get(uri);

        assertThat(response.statusCode()).isEqualTo(405);
        assertThat(response.headers().firstValue("Allow")).contains("POST");
        assertOnlyAGoodEventGetsThrough(portal);
    }

    @Test
    void aBodyOfAMegabyteIsRefusedAndLeavesNothing(Portal portal) throws Exception {
        String body = goodBody(portal) + "&pad=" + "x".repeat(1 << 20);

        assertThat(post(body).status()).isEqualTo(413);

        assertOnlyAGoodEventGetsThrough(portal);
    }

    @Test
    void theSameBytesTwiceAreOneEvent(Portal portal) throws Exception {
        Delivery first = portal.openLine("Support").openChat().close().get(0);
        Delivery second = first.again();

        assertThat(List.of(first.status(), second.status())).containsExactly(200, 200);
        assertThat(next().chats().get(0).chatId()).isEqualTo(17);
        assertStored(1);
        assertOnlyAGoodEventGetsThrough(portal);
    }

    @Test
    void aChatClosedTwiceIsTwoEvents(Portal portal) throws Exception {
        portal.clock().freeze();
        PortalChat chat = portal.openLine("Support").openChat();
        chat.close(Closing.AGENT);
        chat.customerReturns();
        portal.clock().advance(java.time.Duration.ofSeconds(1));
        chat.close(Closing.AGENT);

        assertThat(List.of(next(), next()))
                .extracting(event -> event.chats().get(0).chatId())
                .containsExactly(chat.id(), chat.id());
        assertStored(2);
    }

    /** Returns a body that the portal would send for a chat of its own, which is not sent. */
    private static String goodBody(Portal portal) {
        try (RecordingHandler spare = RecordingHandler.start()) {
            PortalSubscription extra = portal.subscribe("ONSESSIONSTART", spare.uri());
            portal.openLine("Support").openChat();
            portal.outbox().remove(s -> s.id() == extra.id());
            return spare.body(0).replace("ONSESSIONSTART", "ONSESSIONFINISH");
        }
    }

    private Exchange post(String body) {
        byte[] bytes = body.getBytes(StandardCharsets.US_ASCII);
        return new EventSender(EventSender.Settings.defaults())
                .send(receiver.url(), EventSender.join(EventSender.head(receiver.url(), bytes.length, FORM), bytes));
    }

    private static String withoutDate(Exchange exchange) {
        return new String(exchange.answer(), StandardCharsets.ISO_8859_1).replaceAll("Date: [^\r]*\r\n", "");
    }

    /** Events are handled in some order, so one more that arrives says that nothing else was kept. */
    private void assertOnlyAGoodEventGetsThrough(Portal portal) throws Exception {
        int before = rows();
        PortalChat chat = portal.openLine("Good").openChat();
        assertThat(chat.close()).extracting(Delivery::status).containsExactly(200);
        assertThat(next().chats().get(0).chatId()).isEqualTo(chat.id());
        assertStored(before + 1);
        assertThat(handled).isEmpty();
    }

    private OnSessionFinish next() throws InterruptedException {
        @Nullable OnSessionFinish event = handled.poll(30, TimeUnit.SECONDS);
        assertThat(event).as("an event handled within 20 seconds").isNotNull();
        return event;
    }

    private void assertStored(int expected) throws SQLException {
        assertThat(rows()).as("rows in the inbox").isEqualTo(expected);
    }

    private int rows() throws SQLException {
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + inbox);
                ResultSet result = connection.createStatement().executeQuery("select count(*) from inbox")) {
            return result.getInt(1);
        }
    }
}
