// SPDX-License-Identifier: Apache-2.0
package dev.openlines.parser;

import dev.openlines.model.Event;
import dev.openlines.model.EventHeader;
import jakarta.json.bind.serializer.DeserializationContext;
import jakarta.json.bind.serializer.JsonbDeserializer;
import jakarta.json.stream.JsonParser;
import java.lang.reflect.Type;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * A kind of event: its code, its record, and how its data is read and written. A row of {@link EventTypes}; the
 * decoder, the writers and the binding with JSON-B are made from the rows. JSON-B finds the record by reflection, so
 * each row is a
 * subclass that states it.
 */
abstract class EventType<E extends Event> implements JsonbDeserializer<E> {

    final String code;
    final Class<E> type;
    final byte[] bytes;

    EventType(String code, Class<E> type) {
        this.code = code;
        this.bytes = code.getBytes(StandardCharsets.US_ASCII);
        this.type = type;
    }

    /** Returns the event, or null after a strict reader has recorded why its data cannot be read. */
    abstract @Nullable E read(EventHeader header, EventReader in);

    /** Writes the fields of {@code data} in the platform's order. */
    abstract void write(E event, EventWriter out);

    /** Writes {@code data} itself. */
    void writeData(E event, EventWriter out) {
        out.fields.open("data");
        write(event, out);
        out.fields.close();
    }

    /** Writes the data of an event that is known to be of this type. */
    final void writeAny(Event event, EventWriter out) {
        writeData(type.cast(event), out);
    }

    @Override
    public final @Nullable E deserialize(JsonParser parser, DeserializationContext context, Type runtimeType) {
        return EventJson.read(parser, type);
    }
}
