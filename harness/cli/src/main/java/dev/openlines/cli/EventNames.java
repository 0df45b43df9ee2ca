// SPDX-License-Identifier: Apache-2.0
package dev.openlines.cli;

import dev.openlines.model.Event;
import dev.openlines.model.UnknownEvent;
import dev.openlines.portal.wire.PhpJson;
import jakarta.json.JsonValue;
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/** Tells the type of an event, and a similar code if it has no type. */
final class EventNames {

    private static final int FEW = 3;

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
                .map(name -> said + "; " + name.toUpperCase(Locale.ROOT) + " is spelled alike")
                .orElse(said));
    }

    private static Optional<String> closest(String code) {
        return Stream.of(Event.class.getPermittedSubclasses())
                .map(Class::getSimpleName)
                .filter(name -> name.startsWith("On"))
                .filter(name -> distance(name.toUpperCase(Locale.ROOT), code) <= FEW)
                .min(Comparator.comparingInt(name -> distance(name.toUpperCase(Locale.ROOT), code)));
    }

    /** Returns how many characters must be changed, added or removed. */
    private static int distance(String one, String other) {
        if (Math.abs(one.length() - other.length()) > FEW) {
            return FEW + 1;
        }
        int[] row = new int[other.length() + 1];
        for (int j = 0; j < row.length; j++) {
            row[j] = j;
        }
        for (int i = 1; i <= one.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j < row.length; j++) {
                int above = row[j];
                int change = diagonal + (one.charAt(i - 1) == other.charAt(j - 1) ? 0 : 1);
                row[j] = Math.min(change, Math.min(above, row[j - 1]) + 1);
                diagonal = above;
            }
        }
        return row[other.length()];
    }
}
