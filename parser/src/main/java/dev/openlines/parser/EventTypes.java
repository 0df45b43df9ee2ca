// SPDX-License-Identifier: Apache-2.0
package dev.openlines.parser;

import dev.openlines.model.Event;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The events that have a type: one row each, in the file of their kind. */
final class EventTypes {

    private static final List<EventType<?>> ALL = Stream.of(AppEvents.ROWS, ChatEvents.ROWS, ConnectorEvents.ROWS)
            .flatMap(List::stream)
            .toList();

    private static final Map<String, EventType<?>> BY_CODE =
            ALL.stream().collect(Collectors.toUnmodifiableMap(row -> row.code, Function.identity()));

    private static final Map<Class<?>, EventType<?>> BY_TYPE =
            ALL.stream().collect(Collectors.toUnmodifiableMap(row -> row.type, Function.identity()));

    private EventTypes() {}

    static List<EventType<?>> all() {
        return ALL;
    }

    /** Returns the row of a code, or null if events of this code have no type. */
    static @Nullable EventType<?> of(String code) {
        return BY_CODE.get(code);
    }

    /** Returns the code that equals a text of a tree exactly, or null if events of this code have no type. */
    static @Nullable String code(Node node) {
        for (EventType<?> row : ALL) {
            if (node.isText(row.bytes)) {
                return row.code;
            }
        }
        return null;
    }

    /** Returns the row of an event other than an unknown one. */
    static EventType<?> of(Event event) {
        return Objects.requireNonNull(BY_TYPE.get(event.getClass()), event::code);
    }
}
