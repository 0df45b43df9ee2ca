// SPDX-License-Identifier: Apache-2.0
package dev.openlines.parser;

import dev.openlines.model.Event;
import dev.openlines.model.UnknownEvent;
import jakarta.json.JsonValue;
import jakarta.json.bind.JsonbConfig;
import jakarta.json.bind.serializer.DeserializationContext;
import jakarta.json.bind.serializer.JsonbDeserializer;
import jakarta.json.bind.serializer.JsonbSerializer;
import jakarta.json.bind.serializer.SerializationContext;
import jakarta.json.stream.JsonGenerator;
import jakarta.json.stream.JsonParser;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Events out: as canonical JSON, as a form, and through any implementation of JSON-B 3.
 *
 * <p>Canonical JSON has the names, nesting and order of the platform's form. Ids, counts and times (Unix
 * seconds) are numbers up to 9223372036854775807, more than a double holds; everything else is text, flags
 * {@code Y} and {@code N} among it, but {@code CLEAN} and {@code CONFIRMED} are 1 or 0. Absent fields are left out;
 * there is no {@code null}. In any shape of a body, its chats are written in the platform's; one chat is an object,
 * several are a list. Decoding it gives an equal event, and equal events are written alike, key by key. The
 * resource {@code event.schema.json} beside this class is its JSON Schema (2020-12).
 *
 * <p>It holds the event's tokens if the event has them: decode from {@link Envelope#withoutCredentials()} if others can
 * read it.
 *
 * <p>Thread-safe. Nothing here blocks.
 */
public final class EventJson {

    private EventJson() {}

    /**
     * Writes canonical JSON.
     *
     * @param event any event
     * @return JSON in one line, keys in the platform's order
     */
    public static String toJson(Event event) {
        JsonFieldWriter out = new JsonFieldWriter();
        EventWriter.write(event, out);
        return out.json();
    }

    /**
     * Writes the form body that a portal would send.
     *
     * @param event any event
     * @return the body, in ASCII
     */
    public static byte[] toForm(Event event) {
        FormFieldWriter out = new FormFieldWriter();
        EventWriter.write(event, out);
        return out.form();
    }

    /**
     * Returns the configuration that lets JSON-B read and write events as canonical JSON. Reading
     * takes every shape that a lenient {@link EventDecoder} takes, within {@link Limits#DEFAULT} except for
     * the size of the whole, and throws its {@link DecodeException}. Within a type of the caller's own,
     * such as a record with an event as a component, an implementation may put that exception into one of
     * its own, whose message it makes from whatever the document held: show the cause, not the message.
     *
     * <p>Events bind as values, as components of records and elements of collections, under their own type
     * or as {@link Event}. JSON {@code null} is null. Tried with Yasson and Johnzon.
     *
     * @return a new configuration, which you may extend
     */
    public static JsonbConfig config() {
        List<JsonbDeserializer<?>> readers = new ArrayList<>(EventTypes.all());
        readers.add(new AnyEvent());
        readers.add(new Unknown());
        return new JsonbConfig()
                .withSerializers(new EventSerializer())
                .withDeserializers(readers.toArray(new JsonbDeserializer<?>[0]));
    }

    /**
     * Reads one event. JSON-B does not say where the parser stands: with Johnzon before the opening
     * bracket, with Yasson behind it, which shows in what comes first.
     */
    static <E extends Event> @Nullable E read(JsonParser parser, Class<E> type) {
        if (!parser.hasNext()) {
            refuseUnlessNull(parser.getValue());
            return null;
        }
        JsonParser.Event first = parser.next();
        boolean before = first == JsonParser.Event.START_OBJECT;
        if (before) {
            first = parser.next();
        } else if (first != JsonParser.Event.KEY_NAME && first != JsonParser.Event.END_OBJECT) {
            throw notAnObject("a list");
        }
        Tree tree = new Tree(64, 1024);
        TreeJson.read(tree, parser, first, Limits.DEFAULT);
        if (before && parser.hasNext()) {
            // With Yasson: the object just read was the first element of a list.
            throw notAnObject("a list");
        }
        Event event = EventDecoder.lenient()
                .decode(tree, new Decoded.Source(tree, true), false)
                .event();
        if (!type.isInstance(event)) {
            throw new DecodeException(
                    DecodeException.Kind.MISMATCH,
                    "$.event",
                    "the code of an " + type.getSimpleName(),
                    "that of an " + event.getClass().getSimpleName());
        }
        return type.cast(event);
    }

    /** One for all: implementations of JSON-B find it for whatever implements {@link Event}. */
    private static final class EventSerializer implements JsonbSerializer<Event> {

        @Override
        public void serialize(Event event, JsonGenerator generator, SerializationContext context) {
            EventWriter.write(event, new GeneratorFieldWriter(generator));
        }
    }

    private static final class AnyEvent implements JsonbDeserializer<Event> {

        @Override
        public @Nullable Event deserialize(JsonParser parser, DeserializationContext context, Type runtimeType) {
            return read(parser, Event.class);
        }
    }

    private static final class Unknown implements JsonbDeserializer<UnknownEvent> {

        @Override
        public @Nullable UnknownEvent deserialize(JsonParser parser, DeserializationContext context, Type runtimeType) {
            return read(parser, UnknownEvent.class);
        }
    }

    private static void refuseUnlessNull(JsonValue value) {
        switch (value.getValueType()) {
            case NULL -> {}
            case STRING -> throw notAnObject("text");
            case NUMBER -> throw notAnObject("a number");
            default -> throw notAnObject("a boolean");
        }
    }

    private static DecodeException notAnObject(String found) {
        return new DecodeException(DecodeException.Kind.MISMATCH, "$", "a JSON object", found);
    }
}
