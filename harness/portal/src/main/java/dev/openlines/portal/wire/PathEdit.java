// SPDX-License-Identifier: Apache-2.0
package dev.openlines.portal.wire;

import jakarta.json.JsonArray;
import jakarta.json.JsonArrayBuilder;
import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
import jakarta.json.JsonValue;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Changes one field of a payload by its path, {@code data.DATA.connector.line_id} or as a form writes
 * it, {@code data[DATA][connector][line_id]}. Missing parts of the path are made; the order of the other fields stays.
 */
public final class PathEdit {

    private PathEdit() {}

    /**
     * Splits a path into its names.
     *
     * @param path {@code data.DATA.line.name} or {@code data[DATA][line][name]}
     * @return the names, at least one
     * @throws IllegalArgumentException if a name is empty
     */
    public static List<String> segments(String path) {
        String dotted = path.contains("[") ? path.replace("]", "").replace('[', '.') : path;
        List<String> segments = List.of(dotted.split("\\.", -1));
        if (segments.stream().anyMatch(String::isEmpty)) {
            throw new IllegalArgumentException("expected names between the dots of a path");
        }
        return segments;
    }

    /**
     * Returns a payload with one field changed or added.
     *
     * @param payload the payload, left as it is
     * @param path the names that lead to the field
     * @param value the new value
     * @return the changed payload
     */
    public static JsonObject set(JsonObject payload, List<String> path, JsonValue value) {
        return changed(payload, path, value).asJsonObject();
    }

    private static JsonValue changed(@Nullable JsonValue at, List<String> path, JsonValue value) {
        if (path.isEmpty()) {
            return value;
        }
        String name = path.get(0);
        List<String> rest = path.subList(1, path.size());
        if (at instanceof JsonArray list && name.chars().allMatch(Character::isDigit) && name.length() < 9) {
            int index = Integer.parseInt(name);
            if (index <= list.size()) {
                JsonArrayBuilder out = PhpJson.PROVIDER.createArrayBuilder();
                for (int i = 0; i < list.size(); i++) {
                    out.add(i == index ? changed(list.get(i), rest, value) : list.get(i));
                }
                if (index == list.size()) {
                    out.add(changed(null, rest, value));
                }
                return out.build();
            }
        }
        JsonObject object = at instanceof JsonObject found ? found : JsonValue.EMPTY_JSON_OBJECT;
        JsonObjectBuilder out = EventBodies.object();
        object.forEach((key, member) -> out.add(key, key.equals(name) ? changed(member, rest, value) : member));
        if (!object.containsKey(name)) {
            out.add(name, changed(null, rest, value));
        }
        return out.build();
    }
}
