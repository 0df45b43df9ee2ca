// SPDX-License-Identifier: Apache-2.0
package dev.openlines.portal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.openlines.parser.Dialect;
import dev.openlines.testkit.RecordingHandler;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

@SimulatedPortal
class DeliveryTest {

    private static final Instant NOON = Instant.parse("2026-11-22T12:00:00Z");

    @Test
    void theRequestHasTheCapturedLinesInTheirOrder(Portal portal) {
        try (RecordingHandler handler = RecordingHandler.start()) {
            portal.subscribe("OnSessionFinish", handler.uri());

            List<Delivery> deliveries = portal.openLine("Support").openChat().close();

            String host = "127.0.0.1:" + handler.uri().getPort();
            int length = deliveries.get(0).requestBody().length;
            assertThat(handler.requests()).hasSize(1);
            assertThat(handler.requests().get(0))
                    .startsWith("POST /bitrix/events?site=1 HTTP/1.1\r\n"
                            + "Host: " + host + "\r\n"
                            + "User-Agent: Bitrix24 Webhook Engine\r\n"
                            + "Content-Type: application/x-www-form-urlencoded\r\n"
                            + "Content-Length: " + length + "\r\n"
                            + "Accept-Encoding: gzip\r\n"
                            + "Connection: close\r\n\r\n"
                            + "event=ONSESSIONFINISH&event_handler_id=1&");
            assertThat(handler.body(0))
                    .isEqualTo(new String(deliveries.get(0).requestBody(), StandardCharsets.ISO_8859_1));
        }
    }

    @Test
    void anOperatorsCloseCarriesHisTokenAndEveryFieldInWireOrder(Portal portal) {
        try (RecordingHandler handler = RecordingHandler.start()) {
            portal.clock().freezeAt(NOON);
            portal.subscribe("ONSESSIONFINISH", handler.uri());

            portal.openLine("R&D = +1 %").openChat("telegrambot").close(Closing.OPERATOR);

            String token = portal.applicationToken().reveal();
            String rest = "http%3A%2F%2F127.0.0.1%3A" + portal.restUri().getPort() + "%2F" + portal.label();
            assertThat(handler.body(0).replaceAll("access_token%5D=[0-9a-f]{70}&", "access_token%5D=T&"))
                    .isEqualTo("event=ONSESSIONFINISH&event_handler_id=1"
                            + "&data%5BDATA%5D%5Bconnector%5D%5Bconnector_id%5D=telegrambot"
                            + "&data%5BDATA%5D%5Bconnector%5D%5Bline_id%5D=1"
                            + "&data%5BDATA%5D%5Bconnector%5D%5Bchat_id%5D=17"
                            + "&data%5BDATA%5D%5Bconnector%5D%5Buser_id%5D=10"
                            + "&data%5BDATA%5D%5Bchat%5D%5Bchat_id%5D=17"
                            + "&data%5BDATA%5D%5Bline%5D%5Bid%5D=1"
                            + "&data%5BDATA%5D%5Bline%5D%5Bname%5D=R%26D+%3D+%2B1+%25"
                            + "&ts=1795348800"
                            + "&auth%5Baccess_token%5D=T&auth%5Bexpires%5D=1795352400&auth%5Bexpires_in%5D=3600"
                            + "&auth%5Bscope%5D=imopenlines%2Cimconnector%2Cim%2Cuser_brief"
                            + "&auth%5Bdomain%5D=" + portal.domain()
                            + "&auth%5Bserver_endpoint%5D=" + rest + "%2Fauth%2Frest%2F"
                            + "&auth%5Bstatus%5D=L"
                            + "&auth%5Bclient_endpoint%5D=" + rest + "%2Frest%2F"
                            + "&auth%5Bmember_id%5D=" + portal.memberId()
                            + "&auth%5Buser_id%5D=5"
                            + "&auth%5Bapplication_token%5D=" + token);
        }
    }

    @Test
    void aTimersCloseCarriesNoToken(Portal portal) {
        try (RecordingHandler handler = RecordingHandler.start()) {
            portal.subscribe("ONSESSIONFINISH", handler.uri());

            portal.openLine("Support").openChat().close(Closing.AGENT);

            assertThat(handler.body(0))
                    .contains("auth%5Bdomain%5D=", "auth%5Bapplication_token%5D=")
                    .doesNotContain("access_token", "user_id%5D=0", "auth%5Buser_id", "expires", "scope", "status");
        }
    }

    @Test
    void aRatingsCloseCarriesTheCustomersToken(Portal portal) {
        try (RecordingHandler handler = RecordingHandler.start()) {
            portal.subscribe("ONSESSIONFINISH", handler.uri());
            PortalChat chat = portal.openLine("Support").openChat();

            chat.close(Closing.RATING);

            assertThat(handler.body(0)).contains("auth%5Buser_id%5D=" + chat.visitorId() + "&");
        }
    }

    @Test
    void aSpamCloseCarriesTheOperatorsTokenAndABotsCloseTheAdministrators(Portal portal) {
        try (RecordingHandler handler = RecordingHandler.start()) {
            portal.subscribe("ONSESSIONFINISH", handler.uri());
            PortalLine line = portal.openLine("Support");

            line.openChat().close(Closing.SPAM);
            line.openChat().close(Closing.BOT);
            line.openChat().close(Closing.OPERATOR);

            assertThat(handler.requests()).hasSize(3);
            assertThat(handler.body(0)).contains("auth%5Baccess_token%5D=", "auth%5Buser_id%5D=5&");
            assertThat(handler.body(1)).contains("auth%5Baccess_token%5D=", "auth%5Buser_id%5D=1&");
            assertThat(handler.body(2)).contains("auth%5Buser_id%5D=5&");
        }
    }

    /** Delays a connection: the system drops the sender's first SYN, and sends it again after a second. */
    @Test
    @EnabledOnOs(OS.LINUX)
    void aConnectionThatMetAFullBacklogIsNamedAsThat(Portal portal) throws Exception {
        try (ServerSocket handler = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                Socket first = new Socket(handler.getInetAddress(), handler.getLocalPort());
                Socket second = new Socket(handler.getInetAddress(), handler.getLocalPort())) {
            assertThat(first.isConnected() && second.isConnected()).isTrue();
            portal.subscribe("ONSESSIONFINISH", URI.create("http://127.0.0.1:" + handler.getLocalPort() + "/"));
            PortalChat chat = portal.openLine("Support").openChat();
            CompletableFuture<List<Delivery>> closing = CompletableFuture.supplyAsync(chat::close);
            while (!waitsForItsSyn(handler.getLocalPort())) {
                assertThat(closing).isNotDone();
            }
            handler.accept().close();
            handler.accept().close();
            try (Socket sender = handler.accept()) {
                sender.getInputStream().read();
                sender.getOutputStream()
                        .write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
                Delivery delivery = closing.get(30, TimeUnit.SECONDS).get(0);

                assertThat(delivery.acknowledged()).isTrue();
                assertThat(delivery.backlogSuspected()).isTrue();
                assertThat(delivery.connectTime()).isGreaterThan(Duration.ofMillis(900));
            }
        }
        try (RecordingHandler handler = RecordingHandler.start()) {
            portal.subscribe("ONSESSIONSTART", handler.uri());
            portal.openLine("Sales").openChat();
            assertThat(portal.deliveries().get(1).backlogSuspected()).isFalse();
        }
    }

    private static boolean waitsForItsSyn(int port) throws IOException {
        String to = String.format(Locale.ROOT, ":%04X 02 ", port);
        return Files.readString(Path.of("/proc/net/tcp")).contains(to)
                || Files.readString(Path.of("/proc/net/tcp6")).contains(to);
    }

    @Test
    void eachSubscriptionGetsOneDeliveryInItsOwnDialect(Portal portal) {
        try (RecordingHandler first = RecordingHandler.start();
                RecordingHandler second = RecordingHandler.start()) {
            portal.subscribe("ONSESSIONFINISH", first.uri());
            PortalSubscription documented = portal.subscribe("ONSESSIONFINISH", second.uri());
            portal.useDialect(documented.id(), Dialect.DOCS_2024);

            List<Delivery> deliveries = portal.openLine("Support").openChat().close();

            assertThat(deliveries).extracting(Delivery::dialect).containsExactly(Dialect.PLATFORM, Dialect.DOCS_2024);
            assertThat(deliveries).extracting(Delivery::subscriptionId).containsExactly(1, 2);
            assertThat(first.body(0)).contains("&event_handler_id=1&", "chat%5D%5Bchat_id%5D=17");
            assertThat(second.body(0))
                    .contains(
                            "&eventId=2&data%5BDATA%5D%5B0%5D%5Bconnector%5D",
                            "%5B0%5D%5Bchat%5D%5Bid%5D=17",
                            "%5B0%5D%5Buser%5D%5Bname%5D=Support",
                            "%2Frest%2F%26%2339%3B&",
                            "refresh_token");
        }
    }

    @Test
    void withoutASubscriptionNothingIsSent(Portal portal) {
        PortalChat chat = portal.openLine("Support").openChat();

        assertThat(chat.close()).isEmpty();
        assertThat(portal.deliveries()).isEmpty();
    }

    @Test
    void aClosedChatCannotBeClosedUntilItsCustomerReturns(Portal portal) {
        PortalChat chat = portal.openLine("Support").openChat();
        chat.close();

        assertThatThrownBy(chat::close)
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("chat 17 is closed");

        chat.customerReturns();
        assertThat(chat.isOpen()).isTrue();
        assertThat(chat.sessionId()).isEqualTo(2);
    }

    @Test
    void theSameBytesGoOutAgain(Portal portal) {
        try (RecordingHandler handler = RecordingHandler.start()) {
            portal.subscribe("ONSESSIONFINISH", handler.uri());
            Delivery first = portal.openLine("Support").openChat().close().get(0);

            Delivery second = first.again();

            assertThat(handler.requests())
                    .hasSize(2)
                    .satisfies(r -> assertThat(r.get(1)).isEqualTo(r.get(0)));
            assertThat(second.number()).isEqualTo(first.number() + 1);
            assertThat(portal.deliveries()).containsExactly(first, second);
        }
    }

    @Test
    void theAnswerIsKeptWithItsStatus(Portal portal) {
        String answer = "HTTP/1.1 503 Busy\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nno!\r\n0\r\n\r\n";
        try (RecordingHandler handler = RecordingHandler.answering(answer)) {
            portal.subscribe("ONSESSIONFINISH", handler.uri());

            Delivery delivery = portal.openLine("Support").openChat().close().get(0);

            assertThat(delivery.status()).isEqualTo(503);
            assertThat(delivery.acknowledged()).isFalse();
            assertThat(delivery.failure()).isEmpty();
            assertThat(new String(delivery.answer(), StandardCharsets.ISO_8859_1))
                    .isEqualTo(answer);
            assertThat(delivery.totalTime()).isGreaterThanOrEqualTo(delivery.connectTime());
        }
    }

    @Test
    void anInterimAnswerIsNotTheFinalOne(Portal portal) {
        try (RecordingHandler handler =
                RecordingHandler.answering("HTTP/1.1 100 Continue\r\n\r\n" + RecordingHandler.OK)) {
            portal.subscribe("ONSESSIONFINISH", handler.uri());

            assertThat(portal.openLine("Support").openChat().close().get(0).status())
                    .isEqualTo(200);
        }
    }

    @Test
    void aSilentHandlerIsAFailedDeliveryAndNoSecondAttempt(Portal portal) {
        try (RecordingHandler handler = RecordingHandler.answering("")) {
            portal.subscribe("ONSESSIONFINISH", handler.uri());

            Delivery delivery = portal.openLine("Support").openChat().close().get(0);

            assertThat(delivery.failure()).contains("the connection broke: closed without an answer");
            assertThat(delivery.status()).isZero();
            assertThat(handler.requests()).hasSize(1);
        }
    }

    @Test
    void aPortThatNothingListensOnIsSaid(Portal portal) throws IOException {
        // Bound and not listening: no other process can take the port meanwhile.
        try (Socket held = new Socket()) {
            held.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            portal.subscribe("ONSESSIONFINISH", URI.create("http://127.0.0.1:" + held.getLocalPort() + "/"));

            Delivery delivery = portal.openLine("Support").openChat().close().get(0);

            assertThat(delivery.failure()).contains("nothing listens at 127.0.0.1 port " + held.getLocalPort());
            assertThat(delivery.acknowledged()).isFalse();
        }
    }

    @Test
    void aPublicTargetIsRefused(Portal portal) {
        portal.subscribe("ONSESSIONFINISH", URI.create("http://192.0.2.1/handler"));

        Delivery delivery = portal.openLine("Support").openChat().close().get(0);

        assertThat(delivery.failure()).contains("the target is not on a loopback or private address");
    }

    @Test
    void aDeliveryDescribesItselfWithoutSecrets(Portal portal) {
        try (RecordingHandler handler = RecordingHandler.start()) {
            portal.subscribe("ONSESSIONFINISH", handler.uri());

            Delivery delivery = portal.openLine("Support").openChat().close().get(0);

            assertThat(delivery.toString())
                    .matches("delivery 1: ONSESSIONFINISH \\(platform\\) to http://127\\.0\\.0\\.1:\\d+/bitrix/events"
                            + "\\?site=1 -> status 200; connect \\d+ ms, first byte \\d+ ms, total \\d+ ms");
        }
    }
}
