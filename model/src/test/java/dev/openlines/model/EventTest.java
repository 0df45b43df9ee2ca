// SPDX-License-Identifier: Apache-2.0
package dev.openlines.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import dev.openlines.model.OpenLineChat.Chat;
import dev.openlines.model.OpenLineChat.Connector;
import dev.openlines.model.OpenLineChat.Line;
import java.lang.reflect.Constructor;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class EventTest {

    private static final EventHeader HEADER = new EventHeader("CODE", null, null, EventAuth.none());
    private static final OpenLineChat CHAT = chat(17L, null, null, null);
    private static final ConnectorDialog DIALOG = new ConnectorDialog(null, null, "c", null, null);
    private static final OpenLineMessage MESSAGE = message(content(null, "hello"), null);

    private static OpenLineChat chat(
            @Nullable Long connectorsChat, @Nullable Long chat, @Nullable Long connectorsLine, @Nullable Long line) {
        return new OpenLineChat(
                new Connector(null, connectorsLine, connectorsChat, null),
                chat == null ? null : new Chat(chat),
                line == null ? null : new Line(line, "name"),
                null,
                null);
    }

    private static OpenLineMessage.Content content(@Nullable Long chatId, @Nullable String text) {
        return new OpenLineMessage.Content(List.of("1"), chatId, null, null, text, List.of(), null, null, null);
    }

    private static OpenLineMessage message(OpenLineMessage.Content content, OpenLineMessage.@Nullable Im im) {
        return new OpenLineMessage(null, im, null, content, null, null, null);
    }

    @ParameterizedTest
    @CsvSource({"17, 18, 17", "17, , 17", ", 18, 18", "0, 18, 0"})
    void theConnectorsChatCountsBeforeTheChatBlock(@Nullable Long connectors, @Nullable Long chat, long expected) {
        assertThat(chat(connectors, chat, null, null).chatId()).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({"1, 2, 1", "1, , 1", ", 2, 2", ", ,", "0, 2, 0"})
    void theConnectorsLineCountsBeforeTheLineBlock(
            @Nullable Long connectors, @Nullable Long line, @Nullable Long expected) {
        assertThat(chat(17L, null, connectors, line).lineId()).isEqualTo(expected);
    }

    @Test
    void aLineMayHaveAName() {
        assertThat(chat(17L, null, null, 1L).lineName()).isEqualTo("name");
        assertThat(CHAT.lineName()).isNull();
    }

    @Test
    void aChatNeedsAnId() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> chat(null, null, 1L, 1L))
                .withMessage("a chat needs an id, in connector or in chat");
    }

    @ParameterizedTest
    @CsvSource({"5, 6, 5", "5, , 5", ", 6, 6", ", ,"})
    void theChatOfAMessageThatAnOperatorChangedIsUnderIm(
            @Nullable Long im, @Nullable Long messages, @Nullable Long expected) {
        OpenLineMessage message = message(content(messages, "hello"), new OpenLineMessage.Im(im, 9L));

        assertThat(message.portalChatId()).isEqualTo(expected);
    }

    @Test
    void theChatOfAMessageThatAnOperatorAddedIsInTheMessage() {
        assertThat(message(content(6L, "hello"), null).portalChatId()).isEqualTo(6L);
        assertThat(MESSAGE.portalChatId()).isNull();
    }

    static Stream<Arguments> eventsWithElements() {
        return Stream.of(
                Arguments.of(
                        "chat",
                        CHAT,
                        elements((List<OpenLineChat> chats) -> new OnSessionFinish(HEADER, chats).chats())),
                Arguments.of(
                        "chat",
                        CHAT,
                        elements((List<OpenLineChat> chats) -> new OnSessionStart(HEADER, chats).chats())),
                Arguments.of(
                        "dialog",
                        DIALOG,
                        elements((List<ConnectorDialog> dialogs) ->
                                new OnImConnectorDialogFinish(HEADER, null, null, dialogs).dialogs())),
                Arguments.of(
                        "message",
                        MESSAGE,
                        elements((List<OpenLineMessage> messages) ->
                                new OnOpenLineMessageAdd(HEADER, null, null, messages).messages())),
                Arguments.of(
                        "message",
                        MESSAGE,
                        elements((List<OpenLineMessage> messages) ->
                                new OnOpenLineMessageUpdate(HEADER, null, null, messages).messages())),
                Arguments.of(
                        "message",
                        MESSAGE,
                        elements((List<OpenLineMessage> messages) ->
                                new OnOpenLineMessageDelete(HEADER, null, null, messages).messages())));
    }

    private static <E> Function<List<E>, List<E>> elements(Function<List<E>, List<E>> throughAnEvent) {
        return throughAnEvent;
    }

    @ParameterizedTest
    @MethodSource("eventsWithElements")
    <E> void elementsAreCopied(String noun, E element, Function<List<E>, List<E>> event) {
        List<E> given = new ArrayList<>(List.of(element));

        List<E> kept = event.apply(given);
        given.add(element);

        assertThat(kept).as(noun).containsExactly(element).isUnmodifiable();
    }

    @ParameterizedTest
    @MethodSource("eventsWithElements")
    <E> void anEventNeedsAnElement(String noun, E element, Function<List<E>, List<E>> event) {
        assertThatIllegalArgumentException()
                .as(element.getClass().getSimpleName())
                .isThrownBy(() -> event.apply(List.of()))
                .withMessage("an event needs at least one " + noun);
    }

    @Test
    void aPayloadIsCopiedToItsDepthInItsOrder() {
        List<Object> list = new ArrayList<>(List.of("1"));
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("z", list);
        map.put("a", "2");

        UnknownEvent event = new UnknownEvent(HEADER, map);
        list.add("3");
        map.clear();

        assertThat(event.data()).isEqualTo(Map.of("z", List.of("1"), "a", "2"));
        Map<?, ?> data = (Map<?, ?>) event.data();
        assertThat(data.keySet().stream().map(String::valueOf)).containsExactly("z", "a");
        assertThat(data).isUnmodifiable();
        assertThat((List<?>) data.get("z")).isUnmodifiable();
    }

    @Test
    void theQueryOfATestIsCopiedToo() {
        Map<String, Object> query = new HashMap<>(Map.of("a", "1"));

        OnAppTest test = new OnAppTest(HEADER, query, null);
        query.clear();

        assertThat(test.query()).isEqualTo(Map.of("a", "1"));
    }

    @Test
    void payloadsOfAMessageAreCopiedToo() {
        List<Object> payload = new ArrayList<>(List.of("1"));
        List<String> ids = new ArrayList<>(List.of("1"));
        List<OpenLineMessage.File> files = new ArrayList<>(List.of(file("a.png")));

        OpenLineMessage message = new OpenLineMessage(
                null,
                null,
                null,
                new OpenLineMessage.Content(ids, null, null, null, null, files, payload, payload, null),
                payload,
                payload,
                null);
        payload.add("2");
        ids.add("2");
        files.clear();

        OpenLineMessage.Content content = message.content();
        assertThat(content.files()).containsExactly(file("a.png")).isUnmodifiable();
        assertThat(List.of(content.attachments(), content.params(), message.ref(), message.extra()))
                .allSatisfy(kept -> assertThat(kept).isEqualTo(List.of("1")));
        assertThat(content.ids()).containsExactly("1").isUnmodifiable();
    }

    private static OpenLineMessage.File file(String text) {
        return new OpenLineMessage.File(null, text, text, text, text, text, 7L, null, null);
    }

    @Test
    void aFileWithoutAFieldIsNone() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new OpenLineMessage.File(null, null, null, null, null, null, null, null, null))
                .withMessage("a file needs at least one field");
    }

    @Test
    void aPayloadHasNothingButTextListsAndMaps() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new UnknownEvent(HEADER, List.of(1)))
                .withMessage("expected text, a list or a map but found java.lang.Integer");
        assertThatNullPointerException()
                .isThrownBy(() -> new UnknownEvent(HEADER, Arrays.asList("1", null)))
                .withMessage("element");
        assertThat(new UnknownEvent(HEADER, null).data()).isNull();
        assertThat(new UnknownEvent(HEADER, "107").data()).isEqualTo("107");
    }

    @Test
    void textsOfPeopleAndPayloadsDoNotPrint() {
        Map<String, Object> payload = Map.of("application_token", "s3cret");

        assertThat(new UnknownEvent(HEADER, payload))
                .hasToString("UnknownEvent[header=" + HEADER + ", data=a map of 1]");
        assertThat(new UnknownEvent(HEADER, "s3cret"))
                .hasToString("UnknownEvent[header=" + HEADER + ", data=text of 6]");
        assertThat(new UnknownEvent(HEADER, List.of("s3cret", "s3cret")))
                .hasToString("UnknownEvent[header=" + HEADER + ", data=a list of 2]");
        assertThat(new UnknownEvent(HEADER, null)).hasToString("UnknownEvent[header=" + HEADER + ", data=nothing]");
        assertThat(new OnAppTest(HEADER, payload, "en"))
                .hasToString("OnAppTest[header=" + HEADER + ", query=a map of 1, languageId=en]");
        assertThat(new OpenLineMessage(
                        null,
                        null,
                        "c",
                        new OpenLineMessage.Content(
                                List.of("1"), 2L, "3", "4", "s3cret", List.of(file("s3cret")), payload, payload, true),
                        payload,
                        payload,
                        false))
                .hasToString("OpenLineMessage[connector=null, im=null, chatId=c, content=Content[ids=[1], chatId=2,"
                        + " userId=3, date=4, text=text of 6, files=[File[id=null, size=7]], attachments=a map of 1,"
                        + " params=a map of 1, system=true], ref=a map of 1, extra=a map of 1, noSession=false]");
    }

    @Test
    void everyEventButTheReservedOneIsAPublicRecordWithItsOwnCode() throws Exception {
        List<String> codes = new ArrayList<>();
        for (Class<?> type : Event.class.getPermittedSubclasses()) {
            if (type == ReservedEvent.class) {
                continue;
            }
            assertThat(type.isRecord()).as(type.getName()).isTrue();
            assertThat(Modifier.isPublic(type.getModifiers()))
                    .as(type.getName())
                    .isTrue();
            assertThat(type.getRecordComponents()[0].getType())
                    .as(type.getName())
                    .isEqualTo(EventHeader.class);
            if (type != UnknownEvent.class) {
                String code = (String) type.getField("CODE").get(null);
                assertThat(code).isEqualToIgnoringCase(type.getSimpleName()).isUpperCase();
                codes.add(code);
            }
        }
        assertThat(codes).contains(OnSessionFinish.CODE).doesNotHaveDuplicates();
    }

    @Test
    void theReservedEventKeepsTheHierarchyOpenAndIsNeverMade() throws Exception {
        Constructor<ReservedEvent> constructor = ReservedEvent.class.getDeclaredConstructor();
        assertThat(Modifier.isPublic(ReservedEvent.class.getModifiers())).isFalse();
        assertThat(Modifier.isPrivate(constructor.getModifiers())).isTrue();
        constructor.setAccessible(true);

        Event reserved = constructor.newInstance();

        assertThatIllegalStateException().isThrownBy(reserved::header).withMessage("never instantiated");
    }

    @Test
    void anEventsCodeIsItsHeaders() {
        assertThat(new UnknownEvent(HEADER, null).code()).isEqualTo("CODE");
    }

    @Test
    void anEventNeedsAHeader() {
        assertThatNullPointerException()
                .isThrownBy(() -> new UnknownEvent(null, null))
                .withMessage("header");
        assertThatNullPointerException()
                .isThrownBy(() -> new OnSessionFinish(null, List.of(CHAT)))
                .withMessage("header");
        assertThatNullPointerException()
                .isThrownBy(() -> new EventHeader(null, null, null, EventAuth.none()))
                .withMessage("code");
        assertThatNullPointerException()
                .isThrownBy(() -> new EventHeader("", null, null, null))
                .withMessage("auth");
    }
}
