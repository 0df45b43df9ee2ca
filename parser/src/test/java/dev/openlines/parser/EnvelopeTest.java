// SPDX-License-Identifier: Apache-2.0
package dev.openlines.parser;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.openlines.model.ConnectorDialog;
import dev.openlines.model.Event;
import dev.openlines.model.OnSessionFinish;
import dev.openlines.model.OpenLineChat;
import dev.openlines.model.OpenLineMessage;
import java.lang.reflect.RecordComponent;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Keys as a program of a few lines in another language makes them: they are kept in databases and may never change. */
class EnvelopeTest {

    private static final String KEY = "a049c4fa6070a3f39145e1660ef66cc7099c2f6adfb505aad4e3b5063e2e2b13";

    private static final String NAME = "\u041e\u0442\u043a\u0440\u044b\u0442\u0430\u044f";

    @Test
    void theKeyIsADigestOfPortalCodeTimeAndData() {
        assertThat(form("event=ONSESSIONFINISH&ts=1790000000&auth[member_id]=m"
                        + "&data[DATA][connector][line_id]=17&data[DATA][connector][chat_id]=5"
                        + "&data[DATA][connector][connector_id]=livechat&data[DATA][line][name]=" + NAME))
                .isEqualTo(KEY);
        assertThat(json("{\"data\":{\"DATA\":{\"line\":{\"name\":\"" + NAME + "\",\"x\":null},\"connector\":"
                        + "{\"chat_id\":5,\"line_id\":17,\"connector_id\":\"livechat\"},\"chat\":{}}},"
                        + "\"auth\":{\"member_id\":\"m\",\"application_token\":\"t\"},\"ts\":1790000000,"
                        + "\"event\":\"onSessionFinish\"}"))
                .isEqualTo(KEY);
    }

    @Test
    void eventsThatSayOnlyAnIdAreOneInTheSameSecondAndTwoInTheNext() {
        String update = "event=ONCRMDEALUPDATE&event_handler_id=%d&data%%5BFIELDS%%5D%%5BID%%5D=%d&ts=%d"
                + "&auth%%5Bmember_id%%5D=m&auth%%5Bapplication_token%%5D=t";
        String first = form(update.formatted(4, 662, 1_779_996_600));

        assertThat(form(update.formatted(9, 662, 1_779_996_600))).isEqualTo(first);
        assertThat(form(update.formatted(4, 662, 1_779_996_601))).isNotEqualTo(first);
        assertThat(form(update.formatted(4, 663, 1_779_996_600))).isNotEqualTo(first);
    }

    @Test
    void anEmptyBodyHasAKeyToo() {
        String empty = "de47c9b27eb8d300dbb5f2c353e632c393262cf06340c4fa7f1b40c4cbd36f90";
        assertThat(form("")).isEqualTo(empty);
        assertThat(json("{\"data\":{\"a\":[null,{}]}}")).isEqualTo(empty);
    }

    @Test
    void manyFieldsAreSortedByTheirBytes() {
        String key = "41cc6e95b45c9cde0d6a60d849b12c07a366e4449396e939d2fd3b15e307c6d2";
        String many =
                IntStream.range(0, 40).mapToObj(i -> "&data[k" + i + "]=" + i).collect(Collectors.joining());
        assertThat(form("event=ONAPPTEST&ts=1&data[b]=" + many)).isEqualTo(key);
        assertThat(form("event=ONAPPTEST&ts=1" + many + "&data[b]=")).isEqualTo(key);
    }

    @Test
    void booleansAreWhatAFormMakesOfThem() {
        assertThat(json("{\"data\":{\"a\":true,\"b\":false}}")).isEqualTo(form("data[a]=1&data[b]=0"));
        assertThat(form("data[a]=1&data[b]=0")).isNotEqualTo(form("data[a]=0&data[b]=1"));
    }

    @Test
    void aBorrowedEnvelopeSaysTheSameAndStaysValidForAllThreads() throws Exception {
        String body =
                "event=onSessionFinish&ts=1790000000&event_handler_id=7&auth[member_id]=m&auth[application_token]=t"
                        + "&data[DATA][connector][chat_id]=5&data[DATA][line][name]=" + NAME;
        Envelope own = Envelope.parse(body.getBytes(UTF_8), BodyFormat.FORM, Limits.DEFAULT);
        List<String> inside = new ArrayList<>();
        List<String> elsewhere = new ArrayList<>();
        Envelope kept = Envelope.parse(body.getBytes(UTF_8), BodyFormat.FORM, Limits.DEFAULT, envelope -> {
            inside.addAll(said(envelope));
            Thread other = new Thread(() -> elsewhere.addAll(said(envelope)));
            other.start();
            try {
                other.join();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            return envelope;
        });
        // Takes over the memory that was borrowed.
        Envelope.parse("event=ONOTHER&data=%41".getBytes(UTF_8), BodyFormat.FORM, Limits.DEFAULT, EnvelopeTest::said);

        assertThat(inside).isEqualTo(said(own)).contains("ONSESSIONFINISH", "[5]", "OptionalLong[7]");
        assertThat(elsewhere).isEqualTo(inside);
        assertThat(said(kept)).isEqualTo(inside);
        assertThat(EventDecoder.lenient().decode(kept).raw())
                .isEqualTo(EventDecoder.lenient().decode(own).raw());
    }

    @Test
    void aFunctionThatThrowsGivesBackWhatItBorrowed() {
        byte[] body = "event=ONAPPTEST&auth[member_id]=m".getBytes(UTF_8);
        assertThatThrownBy(() -> Envelope.parse(body, BodyFormat.FORM, Limits.DEFAULT, envelope -> {
                    throw new IllegalStateException(envelope.event());
                }))
                .hasMessage("ONAPPTEST");
        Envelope.parse(body, BodyFormat.FORM, Limits.DEFAULT, outer -> {
            // One within the other has a tree of its own.
            String inner =
                    Envelope.parse("event=ONOTHER".getBytes(UTF_8), BodyFormat.FORM, Limits.DEFAULT, Envelope::event);
            assertThat(inner + outer.event()).isEqualTo("ONOTHERONAPPTEST");
            return outer;
        });
    }

    private static List<String> said(Envelope envelope) {
        Envelope stripped = envelope.withoutCredentials();
        return List.of(
                envelope.event(),
                envelope.memberId().orElse(""),
                envelope.applicationToken().isPresent() + "",
                envelope.idempotencyKey(),
                envelope.sentAt().toString(),
                envelope.chatKeys().toString(),
                envelope.handlerId().toString(),
                envelope.toJson(),
                stripped.toJson(),
                stripped.applicationToken().isPresent() + "");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            ONCRMDEALUPDATE        | data[FIELDS][ID]=662                                                         | true
            OnCrmDealUpdate        | data[FIELDS][id]=662                                                         | true
            ONCRMDYNAMICITEMUPDATE | data[FIELDS][ID]=7&data[FIELDS][ENTITY_TYPE_ID]=128                          | true
            ONTASKUPDATE           | data[FIELDS_BEFORE][ID]=3&data[FIELDS_AFTER][ID]=3&data[IS_BEFORE]=undefined | true
            ONTASKUPDATE           | data[FIELDS_AFTER][ID]=3&data[FIELDS_AFTER][IS_ACCESSIBLE_AFTER]=Y           | true
            ONTASKUPDATE           | data[FIELDS_AFTER][IS_ACCESSIBLE_AFTER]=Y                                    | false
            ONTASKADD              | data[FIELDS_BEFORE]=undefined&data[FIELDS_AFTER][ID]=3                       | false
            OnCrmDealDelete        | data[FIELDS][ID]=662                                                         | false
            ONTASKDELETE           | data[FIELDS_BEFORE]=undefined                                                | false
            ONCRMDEALUPDATE        | data[FIELDS][ID]=662&data[FIELDS][STAGE]=WON                                 | false
            ONCRMDEALUPDATE        | data[FIELDS][ID][]=662                                                       | false
            ONCRMDEALUPDATE        | data[ID]=662                                                                 | false
            ONCRMDEALUPDATE        | data[OTHER][ID]=662                                                          | false
            ONCRMDEALUPDATE        | data=662                                                                     | false
            ONCRMDEALUPDATE        | other=1                                                                      | false
            ONSESSIONFINISH        | data[FIELDS][ID]=662                                                         | false
            ONIMCONNECTORLINEDELETE| data=107                                                                     | false
            """)
    void anEventThatSaysOnlyIdsIsKnownByItsData(String event, String data, boolean expected) {
        String body = "event=" + event + "&ts=1779996600&auth[member_id]=m&" + data;

        assertThat(Envelope.parse(body.getBytes(UTF_8), BodyFormat.FORM, Limits.DEFAULT)
                        .saysOnlyIds())
                .isEqualTo(expected);
    }

    @Test
    void chatsAreFoundInSessionsMessagesAndDialogs() {
        assertThat(chatKeys("event=ONSESSIONSTART&data[DATA][0][connector][chat_id]=5&data[DATA][1][chat][id]=6"
                        + "&data[DATA][2][connector][chat_id]=5"))
                .containsExactly("5", "6");
        assertThat(chatKeys("event=ONOPENLINEMESSAGEADD&data[DATA][message][chat_id]=12&data[DATA][message][text]=x"))
                .containsExactly("12");
        assertThat(chatKeys(
                        "event=ONOPENLINEMESSAGEADD&data[DATA][connector][chat_id]=ext-1&data[DATA][message][id]=3"))
                .containsExactly("~ext-1");
        assertThat(chatKeys(
                        "event=ONIMCONNECTORMESSAGEADD&data[MESSAGES][0][im][chat_id]=12&data[MESSAGES][0][chat][id]=w"
                                + "&data[MESSAGES][1][im][chat_id]=012&data[MESSAGES][1][chat][id]=v"))
                .containsExactly("12", "~w", "~v");
        assertThat(chatKeys("event=ONIMCONNECTORDIALOGFINISH&data[DATA][0][connector][chat_id]=w"))
                .containsExactly("~w");
        assertThat(chatKeys("event=ONAPPTEST&data[QUERY]=1")).isEmpty();
        assertThat(chatKeys("event=ONIMCONNECTORLINEDELETE&data=4")).isEmpty();
        // A key may stand in any database's index.
        assertThat(chatKeys("event=ONIMCONNECTORDIALOGSTART&data[DATA][0][chat][id]=" + "x".repeat(101)))
                .singleElement()
                .satisfies(key -> assertThat(key).matches("~#[0-9a-f]{1,8}"));
        assertThat(chatKeys("event=ONIMCONNECTORDIALOGSTART&data[DATA][0][chat][id]=%00%FF"))
                .singleElement()
                .satisfies(key -> assertThat(key).matches("~#[0-9a-f]{1,8}"));
    }

    /** Compares the chats of the tree with those of the typed event, for fixtures of every shape. */
    @ParameterizedTest
    @MethodSource("dev.openlines.parser.Fixture#all")
    void chatsAreThoseOfTheTypedEvent(Fixture fixture) {
        Event event;
        try {
            event = EventDecoder.lenient()
                    .decode(fixture.body(), fixture.format())
                    .event();
        } catch (DecodeException e) {
            return;
        }
        List<String> expected = typed(event).distinct().toList();
        assertThat(Envelope.parse(fixture.body(), fixture.format(), Limits.DEFAULT, Envelope::chatKeys))
                .containsExactlyInAnyOrderElementsOf(expected);
    }

    /** Returns the keys of the chats that a typed event has, in whichever of its components they are. */
    private static Stream<String> typed(Event event) {
        return Arrays.stream(event.getClass().getRecordComponents())
                .map(component -> value(component, event))
                .filter(List.class::isInstance)
                .flatMap(parts -> ((List<?>) parts).stream())
                .flatMap(EnvelopeTest::keys);
    }

    private static @Nullable Object value(RecordComponent component, Event event) {
        try {
            return component.getAccessor().invoke(event);
        } catch (ReflectiveOperationException e) {
            throw new LinkageError(e.getMessage(), e);
        }
    }

    private static Stream<String> keys(Object part) {
        if (part instanceof OpenLineChat chat) {
            return Stream.of(Long.toString(chat.chatId()));
        }
        if (part instanceof ConnectorDialog dialog) {
            return messenger(dialog.chatId());
        }
        return part instanceof OpenLineMessage message ? ofMessage(message) : Stream.of();
    }

    private static Stream<String> ofMessage(OpenLineMessage message) {
        Stream<Long> portal = Stream.of(
                        Optional.ofNullable(message.im()).map(OpenLineMessage.Im::chatId),
                        Optional.ofNullable(message.content().chatId()))
                .flatMap(Optional::stream);
        String connectors =
                message.connector() == null ? null : message.connector().chatId();
        return Stream.concat(
                portal.map(String::valueOf), messenger(connectors != null ? connectors : message.chatId()));
    }

    private static Stream<String> messenger(@Nullable String chat) {
        return chat == null || chat.isEmpty() ? Stream.of() : Stream.of('~' + chat);
    }

    private static List<String> chatKeys(String body) {
        return Envelope.parse(body.getBytes(UTF_8), BodyFormat.FORM, Limits.DEFAULT, Envelope::chatKeys);
    }

    // A receiver counts the closes of such an event as handled, so it must reach its handler.
    @Test
    void anEventWhoseChatsCanBeReadIsDecodedWhateverTheShapeOfItsHeader() {
        List<String> fields = List.of(
                "ts",
                "event_handler_id",
                "eventId",
                "auth.access_token",
                "auth.expires",
                "auth.expires_in",
                "auth.scope",
                "auth.domain",
                "auth.server_endpoint",
                "auth.status",
                "auth.client_endpoint",
                "auth.user_id",
                "auth.refresh_token",
                "auth.application_token");
        for (String field : fields) {
            boolean auth = field.startsWith("auth.");
            String name = auth ? field.substring("auth.".length()) : field;
            for (String value :
                    List.of("[]", "[1]", "{\"x\":{\"y\":\"z\"}}", "\"\"", "\"x\"", "-1", "1e9", "true", "null")) {
                String member = '"' + name + "\":" + value;
                String body = "{\"event\":\"ONSESSIONFINISH\",\"data\":{\"DATA\":{\"connector\":{\"chat_id\":5}}},"
                        + (auth ? "" : member + ',') + "\"auth\":{\"member_id\":\"m\"" + (auth ? ',' + member : "")
                        + "}}";
                Envelope stored = Envelope.parse(body.getBytes(UTF_8), BodyFormat.JSON, Limits.DEFAULT)
                        .withoutCredentials();
                assertThat(stored.chats()).as(body).hasSize(1);
                assertThat(EventDecoder.lenient().decode(stored).event())
                        .as(body)
                        .isInstanceOf(OnSessionFinish.class);
            }
        }
    }

    @Test
    void itSaysWhenItWasSentAsAFormAndAsJson() {
        Instant sent = Instant.ofEpochSecond(1_760_000_000);
        assertThat(sentAt("ts=1760000000", BodyFormat.FORM)).contains(sent);
        assertThat(sentAt("{\"ts\":\"1760000000\"}", BodyFormat.JSON)).contains(sent);
        assertThat(sentAt("{\"ts\":1760000000}", BodyFormat.JSON)).contains(sent);
        assertThat(sentAt("{\"ts\":1.76e9}", BodyFormat.JSON)).contains(sent);
        assertThat(sentAt("ts=9999999999", BodyFormat.FORM)).contains(Instant.ofEpochSecond(9_999_999_999L));
        assertThat(sentAt("ts=0", BodyFormat.FORM)).contains(Instant.EPOCH);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "event=A",
                "ts=",
                "ts=17600000000",
                "ts=-1",
                "ts=1760000000.5",
                "ts=+1",
                "ts=%D9%A1",
                "ts[]=1",
                "ts[a]=1",
                "ts=1+"
            })
    void aTimeThatIsNoNumberOfSecondsIsAbsent(String body) {
        assertThat(sentAt(body, BodyFormat.FORM)).isEmpty();
    }

    private static Optional<Instant> sentAt(String body, BodyFormat format) {
        return Envelope.parse(body.getBytes(UTF_8), format, Limits.DEFAULT).sentAt();
    }

    private static String form(String body) {
        return Envelope.parse(body.getBytes(UTF_8), BodyFormat.FORM, Limits.DEFAULT)
                .idempotencyKey();
    }

    private static String json(String body) {
        return Envelope.parse(body.getBytes(UTF_8), BodyFormat.JSON, Limits.DEFAULT)
                .idempotencyKey();
    }
}
