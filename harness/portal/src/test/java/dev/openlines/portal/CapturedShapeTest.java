// SPDX-License-Identifier: Apache-2.0
package dev.openlines.portal;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.parser.BodyFormat;
import dev.openlines.parser.EventCapture;
import dev.openlines.parser.Limits;
import dev.openlines.portal.wire.PhpJson;
import dev.openlines.testkit.Await;
import dev.openlines.testkit.RecordingHandler;
import java.net.URLDecoder;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A portal that has learned a shape sends its own values in it. */
@Timeout(300)
class CapturedShapeTest {

    private static PortalServer server;

    private Portal portal;
    private RecordingHandler handler;

    @BeforeAll
    static void startServer() {
        server = PortalServer.start();
    }

    @AfterAll
    static void stopServer() {
        server.close();
    }

    @BeforeEach
    void start() {
        portal = server.portal();
        handler = RecordingHandler.start();
    }

    @AfterEach
    void stop() {
        handler.close();
        portal.close();
    }

    /** Reads a capture that is written as it stands, with brackets plain. */
    private static EventCapture capture(String body) {
        return EventCapture.parse(PhpJson.PROVIDER
                .createObjectBuilder()
                .add("capture", 1)
                .add("event", body.replaceAll("event=([A-Z]+).*", "$1"))
                .add("content_type", body.startsWith("{") ? "application/json" : "application/x-www-form-urlencoded")
                .add("headers", PhpJson.PROVIDER.createArrayBuilder())
                .add("body", body)
                .build()
                .toString()
                .getBytes(UTF_8));
    }

    private static String text(Delivery delivery) {
        return URLDecoder.decode(new String(delivery.requestBody(), UTF_8), UTF_8);
    }

    private String close(PortalChat chat) {
        portal.subscribe("ONSESSIONFINISH", handler.uri());
        return text(chat.close().get(0));
    }

    @Test
    void idsHaveTheirOtherNamesAndWhatIsNotKnownStays() {
        portal.sending()
                .learn(capture(
                        "event=ONSESSIONFINISH&eventId=3&data[DATA][0][chat][id]=44&data[DATA][0][line][line_id]=4"
                                + "&data[DATA][0][mood]=fine&ts=1&auth[member_id]=a&auth[trace]=t"));
        PortalChat chat = portal.openLine("Line").openChat();

        String sent = close(chat);

        assertThat(sent)
                .matches("event=ONSESSIONFINISH&eventId=1&data\\[DATA]\\[0]\\[chat]\\[id]=" + chat.id()
                        + "&data\\[DATA]\\[0]\\[line]\\[line_id]=" + chat.line().id()
                        + "&data\\[DATA]\\[0]\\[mood]=fine&ts=[0-9]{10}&auth\\[member_id]=" + portal.memberId()
                        + "&auth\\[trace]=t");
    }

    @Test
    void theNearestPublishedShapeFillsItsFields() {
        portal.sending()
                .learn(capture("event=ONSESSIONFINISH&data[DATA][session][id]=5&data[DATA][session][closed]=Y"
                        + "&data[DATA][connector][chat_id]=5&data[DATA][connector][connector_id]=5"));
        PortalChat chat = portal.openLine("Line").openChat("viber");

        long session = chat.sessionId();

        assertThat(close(chat))
                .isEqualTo("event=ONSESSIONFINISH&data[DATA][session][id]=" + session + "&data[DATA][session][closed]=Y"
                        + "&data[DATA][connector][chat_id]=" + chat.id()
                        + "&data[DATA][connector][connector_id]=viber");
    }

    @Test
    void anEventWithoutTokensHasNoneInTheCapturedShape() {
        portal.sending()
                .learn(capture("event=ONSESSIONFINISH&data[DATA][chat][chat_id]=5&auth[access_token]=t&auth[expires]=1"
                        + "&auth[user_id]=1&auth[domain]=d&auth[application_token]=x"));
        PortalChat chat = portal.openLine("Line").openChat();
        portal.subscribe("ONSESSIONFINISH", handler.uri());

        assertThat(text(chat.close(Closing.AGENT).get(0)))
                .isEqualTo("event=ONSESSIONFINISH&data[DATA][chat][chat_id]=" + chat.id() + "&auth[domain]="
                        + portal.domain() + "&auth[application_token]="
                        + portal.applicationToken().reveal());
        assertThat(text(portal.openLine("Line")
                        .openChat()
                        .close(Closing.OPERATOR)
                        .get(0)))
                .contains("&auth[access_token]=", "&auth[user_id]=")
                .doesNotContain("access_token]=t&");
    }

    @Test
    void aShapeThatCannotBeDecodedIsSentToo() {
        portal.sending().learn(capture("event=ONSESSIONFINISH&data[DATA][talk]=x&data[DATA][chat]=y"));

        assertThat(close(portal.openLine("Line").openChat()))
                .isEqualTo("event=ONSESSIONFINISH&data[DATA][talk]=x&data[DATA][chat]=y");
    }

    @Test
    void eachElementOfAListHasTheShapeOfTheFirst() {
        portal.connectors().register("own");
        PortalChat chat = portal.openLine("Line").openChat("own");
        chat.operatorWrites("Hello");
        long id = chat.lastMessageId();
        portal.connectors().confirmDelivery(id, List.of("x1", "x2"));
        portal.subscribe("ONIMCONNECTORMESSAGEDELETE", handler.uri());
        portal.sending()
                .learn(capture("event=ONIMCONNECTORMESSAGEDELETE&data[MESSAGES][0][message][id]=1"
                        + "&data[MESSAGES][0][im][message_id]=2&data[LINE]=3"));
        chat.delete(id);
        Await.until("the event", () -> !portal.deliveries().isEmpty());

        String sent = text(portal.deliveries().get(0));

        assertThat(sent)
                .startsWith("event=ONIMCONNECTORMESSAGEDELETE&data[")
                .contains("&data[LINE]=" + chat.line().id());
    }

    @Test
    void anotherPortalOfTheServerHasNotLearnedIt() {
        portal.sending().learn(capture("event=ONSESSIONFINISH&data[DATA][chat][chat_id]=5&data[new]=5"));
        try (Portal other = server.portal()) {
            other.subscribe("ONSESSIONFINISH", handler.uri());

            assertThat(text(other.openLine("Line").openChat().close().get(0)))
                    .contains("event_handler_id")
                    .doesNotContain("data[new]");
        }
    }

    @Test
    void aCaptureCanBeReplayedWithThePortalsOwnTokens() {
        portal.subscribe("ONSESSIONFINISH", handler.uri());
        String body = "event=ONSESSIONFINISH&data[DATA][chat][chat_id]=5&auth[member_id]=a&auth[application_token]=b";
        EventCapture capture = EventCapture.of(body.getBytes(UTF_8), BodyFormat.FORM, List.of(), Limits.DEFAULT)
                .orElseThrow();

        String sent = text(portal.sending().replay(capture.body()).get(0));

        assertThat(sent)
                .matches("event=ONSESSIONFINISH&data\\[DATA]\\[chat]\\[chat_id]=[2-9]&auth\\[member_id]="
                        + portal.memberId()
                        + "&auth\\[application_token]="
                        + portal.applicationToken().reveal() + "&ts=[0-9]+");
    }
}
