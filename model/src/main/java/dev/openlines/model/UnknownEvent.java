// SPDX-License-Identifier: Apache-2.0
package dev.openlines.model;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * An event that has no type in this version, with its whole payload.
 *
 * @param header the fields that every event has; the code is empty if the body named no event
 * @param data the wire's {@code data}: a {@code String}, or a {@code List} or {@code Map<String, ?>} of such values, in
 *     the order sent. Every leaf is text as in a form, whatever the format of the body was: {@code true} is {@code 1},
 *     and null and empty containers are absent. Null if the event had no data. Unmodifiable
 */
public record UnknownEvent(EventHeader header, @Nullable Object data) implements Event {

    public UnknownEvent {
        Objects.requireNonNull(header, "header");
        data = copyOf(data);
    }

    /**
     * Shows the event's header and the size of its data, but not its contents, because the data of a bot, for example,
     * contains tokens.
     *
     * @return such as {@code UnknownEvent[header=…, data=a map of 3]}
     */
    @Override
    public String toString() {
        return "UnknownEvent[header=" + header + ", data=" + describe(data) + "]";
    }

    /** Names the kind of a payload, never its contents. */
    static String describe(@Nullable Object payload) {
        if (payload instanceof List<?> list) {
            return "a list of " + list.size();
        }
        if (payload instanceof Map<?, ?> map) {
            return "a map of " + map.size();
        }
        return payload instanceof String text ? "text of " + text.length() : "nothing";
    }

    static @Nullable Object copyOf(@Nullable Object value) {
        if (value == null || value instanceof String) {
            return value;
        }
        if (value instanceof List<?> list) {
            List<Object> copy = new ArrayList<>(list.size());
            for (Object element : list) {
                copy.add(Objects.requireNonNull(copyOf(element), "element"));
            }
            return Collections.unmodifiableList(copy);
        }
        if (value instanceof Map<?, ?> map) {
            Map<String, Object> copy = new LinkedHashMap<>();
            map.forEach((key, element) -> copy.put((String) key, Objects.requireNonNull(copyOf(element), "element")));
            return Collections.unmodifiableMap(copy);
        }
        throw new IllegalArgumentException(
                "expected text, a list or a map but found " + value.getClass().getName());
    }
}
