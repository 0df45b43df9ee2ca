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
 * @param header what every event carries; the code is empty if the body named no event
 * @param data the wire's {@code data}: a {@code String}, or a {@code List} or {@code Map<String, ?>}
 *     of such values, in the order sent. Every leaf is text, as a form carries it, whatever the body
 *     was: {@code true} is {@code 1}, null and empty containers are absent. Null if the event had no data. Unmodifiable
 */
public record UnknownEvent(EventHeader header, @Nullable Object data) implements Event {

    public UnknownEvent {
        Objects.requireNonNull(header, "header");
        data = copyOf(data);
    }

    /**
     * Says what the event is and how large its data, and nothing of what that holds: data of a bot, for
     * one, has tokens in it.
     *
     * @return such as {@code UnknownEvent[header=…, data=a map of 3]}
     */
    @Override
    public String toString() {
        return "UnknownEvent[header=" + header + ", data=" + describe(data) + "]";
    }

    /** Says what kind of thing a payload is, never what it holds. */
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
