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
 * Writes events as canonical JSON or as a form, and binds them with any implementation of JSON-B 3.
 *
 * <p>Canonical JSON has the names, nesting and order of the platform's form. Ids, counts and times (Unix seconds) are
 * numbers up to 9223372036854775807, more than a double holds. {@code CLEAN} and {@code CONFIRMED} are 1 or 0.
 * Everything else is text, also the flags {@code Y} and {@code N}. Absent fields are left out; there is no {@code
 * null}. Chats are always written in the platform's shape, whatever the shape of the body was: one chat is an object,
 * several are a list. Decoding it gives an equal event, and equal events are written identically. The resource {@code
 * event.schema.json} beside this class is its JSON Schema (2020-12).
 *
 * <p>It contains the event's tokens if the event has them. If others can read it, decode from {@link
 * Envelope#withoutCredentials()}.
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
     * Returns the configuration that lets JSON-B read and write events as canonical JSON. Reading takes every shape
     * that a lenient {@link EventDecoder} takes, within {@link Limits#DEFAULT} except for the size of the whole, and
     * throws its {@link DecodeException}. If an event is part of another type, such as a component of a record, an
     * implementation may wrap that exception in one of its own, whose message may quote the document. Show the cause
     * then, and not the message.
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
     * Reads one event. JSON-B does not define the position of the parser: with Johnzon it is before the opening
     * bracket, with Yasson after it. The first token shows which.
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
            // This happens with Yasson: the object just read was the first element of a list.
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

    /** One adapter is enough: implementations of JSON-B find it for each type that implements {@link Event}. */
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
