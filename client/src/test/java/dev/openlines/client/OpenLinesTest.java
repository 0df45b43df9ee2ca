// SPDX-License-Identifier: Apache-2.0
package dev.openlines.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.openlines.client.FakePortal.Answered;
import dev.openlines.client.OpenLines.Message;
import dev.openlines.client.OpenLines.User;
import dev.openlines.model.Secret;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(300)
class OpenLinesTest {

    private static final String HISTORY = "{\"result\":{\"chatId\":\"17\",\"sessionId\":469,\"userId\":\"chat17\","
            + "\"message\":{\"12\":{\"id\":\"12\",\"chatid\":\"17\",\"senderid\":\"10\","
            + "\"date\":\"2026-11-22T19:00:05+02:00\",\"text\":\"Hello\"},"
            + "\"9\":{\"id\":9,\"senderid\":0,\"date\":\"2026-11-22T19:00:00+02:00\",\"text\":\"Begun\"}},"
            + "\"users\":{\"10\":{\"id\":\"10\",\"name\":\"Ann\"}},\"files\":[]}}";

    private final RestClient client =
            RestClient.builder().patience(Duration.ZERO).allowLoopback().build();

    @Test
    void aSessionHasItsMessagesTimesAndUsers() {
        try (FakePortal portal = FakePortal.answering(HISTORY)) {
            OpenLines.History history = on(portal).history(469);

            assertThat(portal.asked.get(0).json().getInt("SESSION_ID")).isEqualTo(469);
            assertThat(history.sessionId()).isEqualTo(469);
            assertThat(history.messages())
                    .containsExactly(
                            new Message(9, 0, Instant.parse("2026-11-22T17:00:00Z"), "Begun", List.of()),
                            new Message(12, 10, Instant.parse("2026-11-22T17:00:05Z"), "Hello", List.of()));
            assertThat(history.users()).containsOnlyKeys(10L).containsValue(new User(10, "Ann", null));
            assertThat(history.raw()).containsKey("files");
            assertThat(history).hasToString("session 469 of chat 17, 2 messages");
        }
    }

    @Test
    void eachReadingHasAFormThatDoesNotWait() throws Exception {
        try (FakePortal portal = FakePortal.answering(HISTORY)) {
            OpenLines lines = on(portal);
            assertThat(lines.historyAsync(469).get(30, TimeUnit.SECONDS)).isEqualTo(lines.history(469));
            assertThat(lines.latestHistoryAsync(17).get(30, TimeUnit.SECONDS)).isEqualTo(lines.latestHistory(17));
            Instant closedAt = Instant.parse("2026-11-22T17:00:00Z");
            assertThat(lines.sessionOfClosedChatAsync(17, closedAt).get(30, TimeUnit.SECONDS))
                    .isEqualTo(lines.sessionOfClosedChat(17, closedAt));
            portal.answer(asked -> Answered.ok("{\"result\":{\"ID\":\"1\",\"ADMIN\":true,\"INSTALLED\":true}}"));
            assertThat(lines.dialogAsync(17).get(30, TimeUnit.SECONDS)).hasToString("chat 1");
            assertThat(lines.lineAsync(17).get(30, TimeUnit.SECONDS)).hasToString("Optional[line 1]");
            assertThat(lines.profileAsync().get(30, TimeUnit.SECONDS)).hasToString("Optional[user 1, administrator]");
            assertThat(lines.appAsync().get(30, TimeUnit.SECONDS)).hasToString("application, version null");
        }
    }

    @Test
    void namesAndMessagesOfPeopleAreInNoText() {
        String canary = HISTORY.replace("Hello", "canary").replace("Ann", "canary");
        try (FakePortal portal = FakePortal.answering(canary)) {
            OpenLines.History history = on(portal).history(469);

            assertThat(history.toString() + history.messages() + history.users())
                    .isEqualTo("session 469 of chat 17, 2 messages[message 9, message 12]{10=user 10}");
        }
    }

    @Test
    void emptyMapsArriveAsEmptyLists() {
        try (FakePortal portal =
                FakePortal.answering("{\"result\":{\"chatId\":17,\"sessionId\":469,\"message\":[],\"users\":[]}}")) {
            assertThat(on(portal).history(469).messages()).isEmpty();
            assertThat(on(portal).history(469).users()).isEmpty();
        }
    }

    @Test
    void theSessionOfAClosedChatIsTheNewestUnlessItBeganLater() {
        try (FakePortal portal = FakePortal.answering(HISTORY)) {
            assertThat(on(portal).sessionOfClosedChat(17, Instant.parse("2026-11-22T17:00:00Z")))
                    .isPresent();
            assertThat(on(portal).sessionOfClosedChat(17, Instant.parse("2026-11-22T16:59:58Z")))
                    .isEmpty();
            assertThat(portal.asked.get(0).json().getInt("CHAT_ID")).isEqualTo(17);
        }
    }

    @Test
    void aClosedChatHasNoSession() {
        String dialog =
                "{\"result\":{\"id\":17,\"entity_id\":\"livechat|1|16|10\",\"entity_data_1\":\"N|NONE|0|N|N|%s|0|1|0|0\"}}";
        try (FakePortal portal = FakePortal.answering(dialog.formatted("0"))) {
            assertThat(on(portal).dialog(17).sessionId()).isNull();
            assertThat(on(portal).dialog(17).userCode()).isEqualTo("livechat|1|16|10");

            portal.answer(asked -> Answered.ok(dialog.formatted("469")));
            assertThat(on(portal).dialog(17).sessionId()).isEqualTo(469);
        }
    }

    @Test
    void aMissingLineIsFalseOnTheWire() {
        try (FakePortal portal = FakePortal.answering("{\"result\":false}")) {
            assertThat(on(portal).line(22)).isEmpty();

            portal.answer(asked -> Answered.ok(
                    "{\"result\":{\"ID\":\"22\",\"LINE_NAME\":\"Support\",\"ACTIVE\":\"Y\",\"DATE_CREATE\":{}}}"));
            assertThat(on(portal).line(22)).hasValueSatisfying(line -> {
                assertThat(line.id()).isEqualTo(22);
                assertThat(line.name()).isEqualTo("Support");
                assertThat(line.active()).isTrue();
            });
        }
    }

    @Test
    void profileAndApplicationAreTyped() {
        try (FakePortal portal = FakePortal.answering("{\"result\":{\"ID\":\"1\",\"ADMIN\":true,\"NAME\":\"Ann\"}}")) {
            assertThat(on(portal).profile()).hasValueSatisfying(profile -> {
                assertThat(profile.id()).isEqualTo(1);
                assertThat(profile.administrator()).isTrue();
            });
            portal.answer(asked -> Answered.ok("{\"result\":[]}"));
            assertThat(on(portal).profile()).isEmpty();

            portal.answer(
                    asked -> Answered.ok(
                            "{\"result\":{\"ID\":3,\"VERSION\":1,\"INSTALLED\":true,\"PAYMENT_EXPIRED\":\"N\",\"DAYS\":null}}"));
            assertThat(on(portal).app().installed()).isTrue();
            assertThat(on(portal).app().paymentExpired()).isFalse();
            assertThat(on(portal).app().version()).isEqualTo(1);
        }
    }

    @Test
    void aReplyThatCannotBeReadIsNamedByItsPlaceAndNotItsContent() {
        try (FakePortal portal = FakePortal.answering(HISTORY.replace("\"id\":\"12\"", "\"id\":\"private\""))) {
            assertThatThrownBy(() -> on(portal).history(469))
                    .isInstanceOf(UnexpectedReplyException.class)
                    .hasMessage("imopenlines.session.history.get: expected an integer but found text (7 characters)"
                            + " at $.result.message.12.id");
        }
    }

    private OpenLines on(FakePortal portal) {
        return client.portal(portal.rest(), Secret.of("t0ken-1234")).openLines();
    }
}
