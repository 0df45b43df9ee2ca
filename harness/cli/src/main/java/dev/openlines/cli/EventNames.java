// SPDX-License-Identifier: Apache-2.0
package dev.openlines.cli;

import dev.openlines.model.Event;
import dev.openlines.model.UnknownEvent;
import dev.openlines.portal.wire.PhpJson;
import jakarta.json.JsonValue;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/** Tells the type of an event, and a similar code if it has no type. */
final class EventNames {

    private EventNames() {}

    /** Returns the simple name of the event's type, or JSON null if this version has none for it. */
    static JsonValue type(Event event) {
        return event instanceof UnknownEvent
                ? JsonValue.NULL
                : PhpJson.PROVIDER.createValue(event.getClass().getSimpleName());
    }

    /** Returns the remark on an event that has no type in this version. */
    static Optional<String> note(Event event) {
        if (!(event instanceof UnknownEvent)) {
            return Optional.empty();
        }
        String said = "this version has no type for this event";
        return Optional.of(closest(event.code())
                .map(name -> said + "; " + name + " is spelled alike")
                .orElse(said));
    }

    private static Optional<String> closest(String code) {
        return Spelling.closest(
                code,
                Stream.of(Event.class.getPermittedSubclasses())
                        .map(Class::getSimpleName)
                        .filter(name -> name.startsWith("On"))
                        .map(name -> name.toUpperCase(Locale.ROOT))
                        .toList());
    }
}
