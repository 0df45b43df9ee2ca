// SPDX-License-Identifier: Apache-2.0
package dev.openlines.portal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.openlines.testkit.Await;
import dev.openlines.testkit.RecordingHandler;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

@SimulatedPortal
class DeliveryPlanTest {

    private final RecordingHandler handler = RecordingHandler.start();

    @BeforeEach
    void subscribe(Portal portal) {
        portal.subscribe("ONSESSIONFINISH", handler.uri());
    }

    @AfterEach
    void stop() {
        handler.close();
    }

    @Test
    void copiesAreEqualBytes(Portal portal) {
        portal.sending().use(DeliveryPlan.platform().copies(3));

        List<Delivery> sent = portal.openLine("Support").openChat().close();

        assertThat(sent).extracting(Delivery::number).containsExactly(1L, 2L, 3L);
        assertThat(handler.requests())
                .hasSize(3)
                .containsOnly(handler.requests().get(0));
    }

    @Test
    void heldEventsAreSentInTheOrderOfTheSeed(Portal portal) {
        PortalLine line = portal.openLine("Support");
        portal.sending().hold();
        for (int i = 0; i < 8; i++) {
            assertThat(line.openChat().close()).isEmpty();
        }
        assertThat(handler.requests()).isEmpty();

        portal.sending().release(DeliveryPlan.seeded(7).shuffled().copies(2));

        List<String> order = chats();
        assertThat(order)
                .containsExactly(
                        "18", "23", "17", "20", "18", "17", "20", "21", "19", "21", "23", "19", "22", "24", "24", "22");
        for (int i = 0; i < 3; i++) {
            portal.sending().hold();
            line.openChat().close();
            portal.sending().release(DeliveryPlan.platform());
        }
        assertThat(chats()).endsWith("25", "26", "27");
    }

    @Test
    void reversedIsReversed(Portal portal) {
        PortalLine line = portal.openLine("Support");
        portal.sending().hold();
        line.openChat().close();
        line.openChat().close();
        portal.sending().release(DeliveryPlan.platform().reversed());

        assertThat(chats()).containsExactly("18", "17");
    }

    @Test
    void aBurstSendsSoManyAtATimeAndSoManyASecond(Portal portal) throws Exception {
        PortalLine line = portal.openLine("Support");
        portal.sending().hold();
        for (int i = 0; i < 40; i++) {
            line.openChat().close();
        }
        List<Delivery> sent = new ArrayList<>();

        Await.noSooner(
                Duration.ofMillis(20 + 39 * 1000 / 400),
                () -> sent.addAll(portal.sending()
                        .release(
                                DeliveryPlan.platform().concurrency(8).rate(400).delayed(Duration.ofMillis(20)))));

        assertThat(sent).hasSize(40).allMatch(Delivery::acknowledged);
        assertThat(chats()).doesNotHaveDuplicates().hasSize(40);
    }

    @Test
    void theBodyTravelsByteByByte(Portal portal) {
        portal.sending().use(DeliveryPlan.platform().byteAtATime(Duration.ofNanos(1000)));

        Delivery delivery = portal.openLine("Support").openChat().close().get(0);

        assertThat(delivery.acknowledged()).isTrue();
        assertThat(handler.body(0)).isEqualTo(new String(delivery.requestBody(), StandardCharsets.ISO_8859_1));
        assertThat(delivery.toString()).contains("(platform, byte by byte, 1 us apart)");
    }

    @Test
    void chunksEndWhereThePlanSaysAndTheSameGoesOutAgain(Portal portal) {
        portal.sending().use(DeliveryPlan.platform().chunked(400, 6, 6, 0));

        Delivery delivery = portal.openLine("Support").openChat().close().get(0);

        String body = new String(delivery.requestBody(), StandardCharsets.ISO_8859_1);
        assertThat(handler.requests().get(0))
                .contains("\r\nTransfer-Encoding: chunked\r\n")
                .doesNotContain("Content-Length");
        assertThat(handler.body(0))
                .isEqualTo("6\r\n" + body.substring(0, 6) + "\r\n18a\r\n" + body.substring(6, 400) + "\r\n"
                        + Integer.toHexString(body.length() - 400) + "\r\n" + body.substring(400)
                        + "\r\n0\r\n\r\n");
        delivery.again();
        assertThat(handler.requests().get(1)).isEqualTo(handler.requests().get(0));
    }

    @Test
    void theBodyWaitsForTheHandlersConsent(Portal portal) {
        portal.sending().use(DeliveryPlan.platform().expectContinue());

        Delivery delivery = portal.openLine("Support").openChat().close().get(0);

        assertThat(delivery.acknowledged()).isTrue();
        assertThat(handler.requests().get(0)).contains("\r\nExpect: 100-continue\r\n\r\nevent=");
    }

    @Test
    void aRefusalInsteadOfConsentIsTheAnswer(Portal portal) {
        try (RecordingHandler refusing = RecordingHandler.refusingExpectations()) {
            portal.subscribe("ONSESSIONSTART", refusing.uri());
            portal.sending().use(DeliveryPlan.platform().expectContinue());
            portal.openLine("Support").openChat();

            assertThat(portal.deliveries().get(0).status()).isEqualTo(417);
            assertThat(refusing.body(0)).isEmpty();
        }
    }

    @Test
    void aCutBodyEndsEarly(Portal portal) {
        portal.sending().use(DeliveryPlan.platform().cutAfter(30));

        Delivery delivery = portal.openLine("Support").openChat().close().get(0);

        assertThat(handler.body(0)).isEqualTo("event=ONSESSIONFINISH&event_ha");
        assertThat(delivery.status()).isEqualTo(200);
    }

    @Test
    void aResetIsSaidToBePlanned(Portal portal) {
        portal.sending().use(DeliveryPlan.platform().resetAfter(30));

        Delivery delivery = portal.openLine("Support").openChat().close().get(0);

        assertThat(delivery.failure()).contains("the connection broke: reset by the sender, as planned");
        assertThat(delivery.acknowledged()).isFalse();
    }

    @Test
    void aWrongTokenHasTheRightLengthAndFieldsAreChanged(Portal portal) {
        portal.sending()
                .use(DeliveryPlan.seeded(5)
                        .wrongToken()
                        .with("data.DATA.line.name", "Other")
                        .with("extra[x]", "1"));

        portal.openLine("Support").openChat().close();

        assertThat(handler.body(0))
                .contains("%5Bline%5D%5Bname%5D=Other&", "&extra%5Bx%5D=1")
                .containsPattern("auth%5Bapplication_token%5D=[0-9a-f]{32}&")
                .doesNotContain(portal.applicationToken().reveal());
    }

    @Test
    void aRecordedEventIsReplayedAsThePortalsOwn(Portal portal) {
        portal.clock().freezeAt(Instant.parse("2026-11-22T12:00:00Z"));
        String recorded = "event=ONSESSIONFINISH&event_handler_id=99&data[DATA][connector][chat_id]=4711&x=y&ts=1"
                + "&auth[access_token]=old&auth[expires]=1&auth[domain]=b24.test&auth[member_id]=theirs"
                + "&auth[user_id]=77&auth[application_token]=theirs";

        portal.sending().replay(recorded.getBytes(StandardCharsets.UTF_8));
        portal.sending().replayVerbatim(recorded.getBytes(StandardCharsets.UTF_8));

        assertThat(handler.body(0).replaceAll("access_token%5D=[0-9a-f]{70}", "access_token%5D=T"))
                .isEqualTo("event=ONSESSIONFINISH&event_handler_id=99"
                        + "&data%5BDATA%5D%5Bconnector%5D%5Bchat_id%5D=4711&x=y&ts=1795348800"
                        + "&auth%5Baccess_token%5D=T&auth%5Bexpires%5D=1795352400&auth%5Bdomain%5D=" + portal.domain()
                        + "&auth%5Bmember_id%5D=" + portal.memberId() + "&auth%5Buser_id%5D=1"
                        + "&auth%5Bapplication_token%5D="
                        + portal.applicationToken().reveal());
        assertThat(handler.body(1)).isEqualTo(recorded);
        assertThatThrownBy(() -> portal.sending().replay(new byte[0]))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("the recorded body cannot be read: ");
    }

    @Test
    void aSlowHandlerIsCalledLaterAndLater(Portal portal) throws Exception {
        portal.sending().slowHandlersWait(Duration.ZERO, Duration.ofMillis(40));
        PortalLine line = portal.openLine("Support");
        Await.noSooner(Duration.ofMillis(120), () -> {
            for (int i = 0; i < 3; i++) {
                line.openChat().close();
            }
        });
        portal.sending().slowHandlersWait(Duration.ofSeconds(20), Duration.ofHours(1));
        assertThat(line.openChat().close().get(0).acknowledged()).isTrue();
    }

    @Test
    void aPlanDescribesItselfWithItsSeed() {
        assertThat(DeliveryPlan.seeded(42).toString()).isEqualTo("seed 42: as the platform");
        assertThat(DeliveryPlan.seeded(1)
                        .copies(2)
                        .shuffled()
                        .delayed(Duration.ofMillis(5))
                        .concurrency(4)
                        .rate(10)
                        .chunked(1, 2)
                        .wrongToken()
                        .with("a.b", "secret"))
                .hasToString("seed 1: 2 copies, shuffled, delayed by 5 ms, 4 at a time, at most 10.0 a second, "
                        + "chunked at 1, 2, wrong token, another a.b");
        assertThatThrownBy(() -> DeliveryPlan.platform().copies(0)).hasMessage("expected 1 or more copies but found 0");
        assertThatThrownBy(() -> DeliveryPlan.platform().concurrency(0))
                .hasMessage("expected 1 to 1024 deliveries at a time but found 0");
        assertThatThrownBy(() -> DeliveryPlan.platform().rate(0)).hasMessage("expected a rate of more than 0");
        assertThatThrownBy(() -> DeliveryPlan.platform().cutAfter(-1))
                .hasMessage("expected 0 or more bytes but found -1");
    }

    private List<String> chats() {
        return handler.requests().stream()
                .map(request -> request.replaceAll("(?s).*%5Bchat%5D%5Bchat_id%5D=(\\d+)&.*", "$1"))
                .toList();
    }
}
