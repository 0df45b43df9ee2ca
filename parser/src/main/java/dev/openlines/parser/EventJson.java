// SPDX-License-Identifier: Apache-2.0
package dev.openlines.parser;

import dev.openlines.model.Event;
import dev.openlines.model.OnAppInstall;
import dev.openlines.model.OnAppTest;
import dev.openlines.model.OnAppUninstall;
import dev.openlines.model.OnAppUpdate;
import dev.openlines.model.OnImConnectorDialogFinish;
import dev.openlines.model.OnSessionFinish;
import dev.openlines.model.OnSessionStart;
import dev.openlines.model.UnknownEvent;
import jakarta.json.bind.JsonbConfig;
import jakarta.json.bind.serializer.DeserializationContext;
import jakarta.json.bind.serializer.JsonbDeserializer;
import jakarta.json.bind.serializer.JsonbSerializer;
import jakarta.json.bind.serializer.SerializationContext;
import jakarta.json.stream.JsonGenerator;
import jakarta.json.stream.JsonParser;
import java.lang.reflect.Type;

/**
 * Events out: as canonical JSON, as a form, and through any implementation of JSON-B 3.
 *
 * <p>Canonical JSON has the names, nesting and order of the platform's form, ids and times as numbers,
 * everything else as text, and leaves out what is absent. Decoding it gives an equal event. It holds
 * the event's tokens: write {@code event} without credentials where others can read it.
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
     * Returns the configuration with which JSON-B reads and writes events as canonical JSON. Reading
     * takes every shape that a lenient {@link EventDecoder} takes, and throws its
     * {@link DecodeException}, perhaps wrapped by the implementation.
     *
     * @return a new configuration, to which more may be added
     */
    public static JsonbConfig config() {
        return new JsonbConfig()
                .withSerializers(
                        new EventSerializer<OnSessionFinish>() {},
                        new EventSerializer<OnSessionStart>() {},
                        new EventSerializer<OnImConnectorDialogFinish>() {},
                        new EventSerializer<OnAppInstall>() {},
                        new EventSerializer<OnAppUpdate>() {},
                        new EventSerializer<OnAppUninstall>() {},
                        new EventSerializer<OnAppTest>() {},
                        new EventSerializer<UnknownEvent>() {})
                .withDeserializers(
                        new EventDeserializer<Event>(Event.class) {},
                        new EventDeserializer<OnSessionFinish>(OnSessionFinish.class) {},
                        new EventDeserializer<OnSessionStart>(OnSessionStart.class) {},
                        new EventDeserializer<OnImConnectorDialogFinish>(OnImConnectorDialogFinish.class) {},
                        new EventDeserializer<OnAppInstall>(OnAppInstall.class) {},
                        new EventDeserializer<OnAppUpdate>(OnAppUpdate.class) {},
                        new EventDeserializer<OnAppUninstall>(OnAppUninstall.class) {},
                        new EventDeserializer<OnAppTest>(OnAppTest.class) {},
                        new EventDeserializer<UnknownEvent>(UnknownEvent.class) {});
    }

    /** JSON-B finds the type by reflection: each subclass states one. */
    private abstract static class EventSerializer<E extends Event> implements JsonbSerializer<E> {

        @Override
        public void serialize(E event, JsonGenerator generator, SerializationContext context) {
            EventWriter.write(event, new GeneratorFieldWriter(generator));
        }
    }

    /** JSON-B finds the type by reflection: each subclass states one. */
    private abstract static class EventDeserializer<E extends Event> implements JsonbDeserializer<E> {

        private final Class<E> type;

        EventDeserializer(Class<E> type) {
            this.type = type;
        }

        @Override
        public E deserialize(JsonParser parser, DeserializationContext context, Type runtimeType) {
            Tree tree = new Tree(64, 1024);
            TreeJson.read(tree, parser, true, Limits.DEFAULT);
            Event event = EventDecoder.lenient()
                    .decode(tree, new Decoded.Source(tree, true), false)
                    .event();
            if (!type.isInstance(event)) {
                throw new DecodeException(
                        DecodeException.Kind.MISMATCH,
                        "$.event",
                        "an event that is an " + type.getSimpleName(),
                        "an " + event.getClass().getSimpleName());
            }
            return type.cast(event);
        }
    }
}
