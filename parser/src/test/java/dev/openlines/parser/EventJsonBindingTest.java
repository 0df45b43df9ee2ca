// SPDX-License-Identifier: Apache-2.0
package dev.openlines.parser;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.openlines.model.Event;
import dev.openlines.model.OnSessionFinish;
import dev.openlines.model.OnSessionStart;
import jakarta.json.Json;
import jakarta.json.JsonReader;
import jakarta.json.JsonValue;
import jakarta.json.bind.Jsonb;
import jakarta.json.bind.JsonbBuilder;
import jakarta.json.bind.JsonbException;
import java.io.StringReader;
import java.io.StringWriter;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** One suite for each implementation of JSON-B: a caller sees the same with all of them. */
class EventJsonBindingTest {

    enum Implementation {
        YASSON("org.eclipse.yasson.JsonBindingProvider"),
        JOHNZON("org.apache.johnzon.jsonb.JohnzonProvider");

        private final String provider;

        Implementation(String provider) {
            this.provider = provider;
        }

        Jsonb jsonb() {
            return JSONB.computeIfAbsent(
                    this,
                    implementation -> JsonbBuilder.newBuilder(implementation.provider)
                            .withConfig(EventJson.config())
                            .build());
        }
    }

    private static final Map<Implementation, Jsonb> JSONB = new ConcurrentHashMap<>();

    /** A caller's own type, with an event of any kind. */
    public record Received(String from, Event event, int attempt) {}

    /** A caller's own type, with an event of one kind. */
    public record Closed(String from, OnSessionFinish finish, int attempt) {}

    /** A caller's own type, with many events. */
    public record Batch(List<Event> events, Map<String, Event> byName) {}

    static Stream<Arguments> implementationsAndEvents() {
        List<Fixture> events = Fixture.events();
        return Stream.of(Implementation.values())
                .flatMap(implementation -> events.stream().map(event -> Arguments.of(implementation, event)));
    }

    private static Event finish() {
        return fixture("finish-platform.form").event();
    }

    private static Fixture fixture(String name) {
        return Fixture.all().stream()
                .filter(fixture -> fixture.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    private static JsonValue json(String text) {
        try (JsonReader reader = Json.createReader(new StringReader(text))) {
            return reader.readValue();
        }
    }

    private static String keys(String json) {
        return json(json).toString();
    }

    private static Type listOfEvents() {
        return new ArrayList<Event>() {
            private static final long serialVersionUID = 1L;
        }.getClass().getGenericSuperclass();
    }

    private static Type mapOfEvents() {
        return new LinkedHashMap<String, Event>() {
            private static final long serialVersionUID = 1L;
        }.getClass().getGenericSuperclass();
    }

    @ParameterizedTest
    @MethodSource("implementationsAndEvents")
    void anEventIsWrittenAsCanonicalJson(Implementation implementation, Fixture fixture) {
        Event event = fixture.event();

        assertThat(keys(implementation.jsonb().toJson(event))).isEqualTo(keys(fixture.canonicalJson()));
        assertThat(keys(implementation.jsonb().toJson(event, Event.class))).isEqualTo(keys(fixture.canonicalJson()));
        assertThat(keys(implementation.jsonb().toJson(event, event.getClass())))
                .isEqualTo(keys(fixture.canonicalJson()));
    }

    @ParameterizedTest
    @MethodSource("implementationsAndEvents")
    void canonicalJsonIsReadAsAnEvent(Implementation implementation, Fixture fixture) {
        Event event = fixture.event();

        Event any = implementation.jsonb().fromJson(fixture.canonicalJson(), Event.class);
        Event own = implementation.jsonb().fromJson(fixture.canonicalJson(), event.getClass());

        assertThat(any).isEqualTo(event);
        assertThat(own).isEqualTo(event);
    }

    @ParameterizedTest
    @MethodSource("implementationsAndEvents")
    void theBodyAsSentIsReadAsTheDecoderReadsIt(Implementation implementation, Fixture fixture) {
        String sent =
                Envelope.parse(fixture.body(), fixture.format(), Limits.DEFAULT).toJson();

        Event read = implementation.jsonb().fromJson(sent, Event.class);

        assertThat(read).isEqualTo(fixture.event());
    }

    @ParameterizedTest
    @MethodSource("implementationsAndEvents")
    void anEventIsAComponentOfARecord(Implementation implementation, Fixture fixture) {
        Received received = new Received("portal", fixture.event(), 2);

        String json = implementation.jsonb().toJson(received);

        assertThat(json(json).asJsonObject().getJsonObject("event")).isEqualTo(json(fixture.canonicalJson()));
        assertThat(implementation.jsonb().<Received>fromJson(json, Received.class))
                .isEqualTo(received);
    }

    @ParameterizedTest
    @EnumSource
    void anEventOfOneKindIsAComponentOfARecord(Implementation implementation) {
        Closed closed = new Closed("portal", (OnSessionFinish) finish(), 1);

        String json = implementation.jsonb().toJson(closed);

        assertThat(implementation.jsonb().<Closed>fromJson(json, Closed.class)).isEqualTo(closed);
    }

    @ParameterizedTest
    @EnumSource
    void eventsOfAllKindsAreElementsOfAList(Implementation implementation) {
        List<Event> events = Fixture.events().stream().map(Fixture::event).toList();

        String json = implementation.jsonb().toJson(events);
        List<Event> read = implementation.jsonb().fromJson(json, listOfEvents());

        assertThat(read).isEqualTo(events);
    }

    @ParameterizedTest
    @EnumSource
    void eventsAreElementsOfWhatARecordHolds(Implementation implementation) {
        Event start = fixture("start-platform.form").event();
        Event unknown = fixture("unknown-native-types.json").event();
        Batch batch = new Batch(List.of(finish(), unknown, start), Map.of("closed", finish()));

        String json = implementation.jsonb().toJson(batch);

        assertThat(implementation.jsonb().<Batch>fromJson(json, Batch.class)).isEqualTo(batch);
    }

    @ParameterizedTest
    @EnumSource
    void eventsAreValuesOfAMap(Implementation implementation) {
        Map<String, Event> events = Map.of("closed", finish());

        String json = implementation.jsonb().toJson(events);
        Map<String, Event> read = implementation.jsonb().fromJson(json, mapOfEvents());

        assertThat(read).isEqualTo(events);
    }

    @ParameterizedTest
    @EnumSource
    void anEventMayBeOptionalOrInAnArray(Implementation implementation) {
        JsonValue canonical = json(EventJson.toJson(finish()));

        assertThat(json(implementation.jsonb().toJson(Optional.of(finish())))).isEqualTo(canonical);
        assertThat(json(implementation.jsonb().toJson(new Event[] {finish()})).asJsonArray())
                .containsExactly(canonical);
    }

    @ParameterizedTest
    @EnumSource
    void anEventIsWrittenToAWriter(Implementation implementation) {
        StringWriter out = new StringWriter();

        implementation.jsonb().toJson(finish(), out);

        assertThat(json(out.toString())).isEqualTo(json(EventJson.toJson(finish())));
    }

    @ParameterizedTest
    @EnumSource
    void nullIsNoEvent(Implementation implementation) {
        Event event = implementation.jsonb().fromJson("null", Event.class);
        Received received = implementation.jsonb().fromJson("{\"event\":null,\"attempt\":1}", Received.class);

        assertThat(event).isNull();
        assertThat(received.event()).isNull();
    }

    @ParameterizedTest
    @EnumSource
    void anErrorInAnEventReachesTheCaller(Implementation implementation) {
        String body = "{\"event\":\"ONSESSIONFINISH\",\"data\":{\"DATA\":{\"connector\":{\"chat_id\":\"secret\"}}}}";

        DecodeException refused = catchThrowableOfType(
                DecodeException.class, () -> implementation.jsonb().fromJson(body, Event.class));

        assertThat(refused)
                .hasMessage("expected an integer but found text (6 characters) at $.data.DATA.connector.chat_id");
        assertThat(refused.kind()).isEqualTo(DecodeException.Kind.MISMATCH);
        assertThat(refused.path()).isEqualTo("$.data.DATA.connector.chat_id");
    }

    @ParameterizedTest
    @EnumSource
    void anErrorInAComponentIsTheCauseOfTheCallersException(Implementation implementation) {
        String body = "{\"from\":\"p\",\"event\":{\"event\":\"ONSESSIONFINISH\",\"data\":\"x\"},\"attempt\":1}";

        Throwable thrown = catchThrowable(() -> implementation.jsonb().fromJson(body, Received.class));

        assertThat(thrown).isInstanceOf(JsonbException.class);
        assertThat(Stream.iterate(thrown, cause -> cause != null, Throwable::getCause))
                .filteredOn(DecodeException.class::isInstance)
                .singleElement()
                .extracting(Throwable::getMessage)
                .isEqualTo("expected a block of fields but found text (1 character) at $.data");
    }

    @ParameterizedTest
    @EnumSource
    void anEventOfAnotherKindIsRefused(Implementation implementation) {
        DecodeException refused = catchThrowableOfType(
                DecodeException.class,
                () -> implementation.jsonb().fromJson(EventJson.toJson(finish()), OnSessionStart.class));

        assertThat(refused)
                .hasMessage("expected the code of an OnSessionStart but found that of an OnSessionFinish at $.event");
    }

    @ParameterizedTest
    @EnumSource
    void limitsHoldHereToo(Implementation implementation) {
        String deep = "{\"data\":" + "{\"a\":".repeat(17) + "1" + "}".repeat(18);

        DecodeException refused = catchThrowableOfType(
                DecodeException.class, () -> implementation.jsonb().fromJson(deep, Event.class));

        assertThat(refused.kind()).isEqualTo(DecodeException.Kind.LIMIT);
    }

    /** Returns values that Johnzon refuses itself, before an event is asked for. */
    static Stream<Arguments> valuesThatAreNoObject() {
        return Stream.of(
                Arguments.of("[]", "a list"),
                Arguments.of("[{\"event\":\"ONAPPTEST\"}]", "a list"),
                Arguments.of("[1]", "a list"),
                Arguments.of("\"text\"", "text"),
                Arguments.of("5", "a number"),
                Arguments.of("true", "a boolean"));
    }

    @ParameterizedTest
    @MethodSource("valuesThatAreNoObject")
    void yassonSaysThatAValueIsNoObject(String value, String found) {
        DecodeException root = catchThrowableOfType(
                DecodeException.class, () -> Implementation.YASSON.jsonb().fromJson(value, Event.class));
        Throwable component = catchThrowable(
                () -> Implementation.YASSON.jsonb().fromJson("{\"event\":" + value + "}", Received.class));

        assertThat(root).hasMessage("expected a JSON object but found %s at $", found);
        assertThat(component).rootCause().hasMessage("expected a JSON object but found %s at $", found);
    }

    @ParameterizedTest
    @MethodSource("valuesThatAreNoObject")
    void johnzonRefusesAValueThatIsNoObject(String value, String found) {
        assertThat(catchThrowable(() -> Implementation.JOHNZON.jsonb().fromJson(value, Event.class)))
                .as(found)
                .isInstanceOf(RuntimeException.class);
    }
}
