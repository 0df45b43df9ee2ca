// SPDX-License-Identifier: Apache-2.0
package dev.openlines.examples.springboot;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import dev.openlines.portal.Delivery;
import dev.openlines.portal.Portal;
import dev.openlines.portal.PortalChat;
import dev.openlines.spring.AutoConfigureSimulatedPortal;
import dev.openlines.testkit.Await;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.boot.tomcat.TomcatWebServer;
import org.springframework.boot.web.server.servlet.context.ServletWebServerApplicationContext;

/** The whole application against a portal of its own, over HTTP. */
@SpringBootTest(webEnvironment = WebEnvironment.RANDOM_PORT)
@AutoConfigureSimulatedPortal
@Timeout(600)
class ApplicationTest {

    private static final HttpClient HTTP = HttpClient.newHttpClient();

    private final Records records = new Records();

    /** More than Tomcat has threads. */
    private static final int SLOW = 210;
    /** The looks between two bytes of a slow sender: the body would take longer than any wait of this test. */
    private static final int LOOKS = 40;

    @Autowired
    private Portal portal;

    @Autowired
    private ServletWebServerApplicationContext context;

    @BeforeEach
    void listen() {
        records.start();
        logger().addAppender(records);
    }

    @AfterEach
    void listenNoMore() {
        logger().detachAppender(records);
    }

    @Test
    void aClosedChatIsHandledAndAForgedOneRefused() throws Exception {
        PortalChat chat = portal.openLine("Support").openChat();
        Delivery delivery = chat.close().get(0);

        assertThat(delivery.acknowledged()).isTrue();
        Await.until(
                "the chat",
                () -> records.lines.contains(
                        "closed chat=" + chat.id() + " line=" + chat.line().id() + " portal=" + portal.memberId()));

        String forged = new String(delivery.requestBody(), UTF_8)
                .replace(portal.applicationToken().reveal(), "0".repeat(32));
        assertThat(HTTP.send(
                                HttpRequest.newBuilder(handler())
                                        .header("Content-Type", "application/x-www-form-urlencoded")
                                        .POST(HttpRequest.BodyPublishers.ofString(forged))
                                        .build(),
                                HttpResponse.BodyHandlers.discarding())
                        .statusCode())
                .isEqualTo(403);
        // Its own log record, with the harness on the class path.
        assertThat(records.lines).anyMatch(line -> line.contains("status=403"));
    }

    @Test
    void probesSeeTheInbox() throws Exception {
        HttpResponse<String> ready = HTTP.send(
                HttpRequest.newBuilder(handler().resolve("/actuator/health/readiness"))
                        .build(),
                HttpResponse.BodyHandlers.ofString());

        assertThat(ready.statusCode()).isEqualTo(200);
    }

    @Test
    @Tag("long")
    void slowBodiesOnMoreConnectionsThanTomcatHasThreadsKeepNoEventOut() throws Exception {
        List<Socket> slow = new ArrayList<>();
        try {
            for (int i = 0; i < SLOW; i++) {
                Socket socket =
                        new Socket(InetAddress.getLoopbackAddress(), handler().getPort());
                slow.add(socket);
                socket.getOutputStream()
                        .write(("POST " + handler().getPath() + " HTTP/1.1\r\nHost: receiver\r\nContent-Type:"
                                        + " application/x-www-form-urlencoded\r\nContent-Length: 8000\r\n\r\ne")
                                .getBytes(UTF_8));
            }

            PortalChat chat = portal.openLine("Slow").openChat();
            assertThat(chat.close().get(0).acknowledged()).isTrue();
            Await.until(
                    "the chat",
                    () -> records.lines.stream().anyMatch(line -> line.contains("chat=" + chat.id() + " ")));

            int[] looks = {0};
            Await.until("the end of the slow ones", () -> {
                if (++looks[0] % LOOKS == 0) {
                    slow.removeIf(ApplicationTest::isClosed);
                }
                return slow.isEmpty();
            });
        } finally {
            for (Socket socket : slow) {
                socket.close();
            }
        }
    }

    /** Sends one more byte. */
    private static boolean isClosed(Socket socket) {
        try {
            socket.getOutputStream().write('a');
            return false;
        } catch (IOException e) {
            return true;
        }
    }

    @Test
    void asManyConnectionsWaitAsAPortalSendsAtOnce() {
        assertThat(((TomcatWebServer) context.getWebServer())
                        .getTomcat()
                        .getConnector()
                        .getProperty("acceptCount"))
                .hasToString("1024");
    }

    private URI handler() {
        return portal.subscriptions().get(0).handler();
    }

    private static Logger logger() {
        return (Logger) LoggerFactory.getLogger("dev.openlines");
    }

    /** The lines of the log. */
    private static final class Records extends AppenderBase<ILoggingEvent> {

        final Queue<String> lines = new ConcurrentLinkedQueue<>();

        @Override
        protected void append(ILoggingEvent record) {
            lines.add(record.getFormattedMessage());
        }
    }
}
