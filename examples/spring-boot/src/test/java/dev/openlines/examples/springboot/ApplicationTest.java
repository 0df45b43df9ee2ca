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
import dev.openlines.portal.PortalLine;
import dev.openlines.spring.AutoConfigureSimulatedPortal;
import dev.openlines.testkit.Await;
import dev.openlines.testkit.Bodies;
import dev.openlines.testkit.SteadyPortal;
import dev.openlines.testkit.Strangers;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
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
    /** The connections that a stranger holds who comes again, and those that all of them have opened at the end. */
    private static final int HELD = 100;

    private static final int OPENED = 2_000;
    /** The events that must be answered before an attack is looked at, and after it. */
    private static final int EVENTS = 20;

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
        try (Strangers strangers = new Strangers(handler().getPort())) {
            strangers.hold(SLOW, form() + "Content-Length: 8000\r\n\r\ne");
            whileAPortalSends(strangers::givenUp);
        }
    }

    @Test
    @Tag("long")
    void strangersWhoComeAgainAndAgainKeepNoEventOut() throws Exception {
        String wrong = Bodies.finish(1, "auth[application_token]", "wrong", "data[x]", "y".repeat(100_000));
        try (Strangers strangers = new Strangers(handler().getPort())) {
            strangers.comeAgain(
                    HELD,
                    List.of(
                            form() + "Content-Length: 100\r\n\r\ny",
                            form() + "x:\r\n".repeat(1900),
                            form() + "Content-Length: " + wrong.length() + "\r\n\r\n" + wrong,
                            (form() + "Content-Length: 1\r\n\r\nx").repeat(2_000)));
            whileAPortalSends(() -> strangers.opened() >= OPENED);
        }
    }

    /** Closes chats until an attack is over. Each event must be answered with 200 and handled once. */
    private void whileAPortalSends(Await.Condition isOver) throws Exception {
        PortalLine line = portal.openLine("Attacked");
        Queue<Long> closed = new ConcurrentLinkedQueue<>();
        try (SteadyPortal events = new SteadyPortal(number -> {
            PortalChat chat = line.openChat();
            closed.add(chat.id());
            Delivery delivery = chat.close().get(0);
            return delivery.acknowledged() ? Integer.toString(delivery.status()) : delivery.toString();
        })) {
            events.start();
            events.awaitAnswers(EVENTS);
            Await.until(events::toString, isOver);
            events.awaitAnswers(EVENTS);
            events.rest();

            assertThat(events.answersFrom(1)).as(events::toString).containsExactly("200");
        }
        Await.until("the closed chats", () -> handled(line).containsAll(closed));
        assertThat(handled(line)).containsExactlyInAnyOrderElementsOf(closed);
    }

    /** Returns the chats of a line that the handler has logged. */
    private List<Long> handled(PortalLine line) {
        Pattern logged = Pattern.compile("closed chat=(\\d+) line=" + line.id() + " .*");
        return records.lines.stream()
                .map(logged::matcher)
                .filter(Matcher::matches)
                .map(chat -> Long.valueOf(chat.group(1)))
                .toList();
    }

    private String form() {
        return "POST " + handler().getPath() + " HTTP/1.1\r\nHost: receiver\r\nContent-Type:"
                + " application/x-www-form-urlencoded\r\n";
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
