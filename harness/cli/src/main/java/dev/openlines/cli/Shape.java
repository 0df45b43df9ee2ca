// SPDX-License-Identifier: Apache-2.0
package dev.openlines.cli;

import jakarta.json.JsonArray;
import jakarta.json.JsonObject;
import jakarta.json.JsonString;
import jakarta.json.JsonValue;
import java.util.Collections;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The shape of JSON: names of members and kinds of values, without any value. All items of a list share one shape. So
 * do the members of an object whose names are ids.
 */
final class Shape {

    /** The kinds of values. A kind tells only which form a value has. */
    enum Kind {
        NULL("null"),
        FLAG("true or false"),
        NUMBER("number"),
        EMPTY_TEXT("empty text"),
        DIGITS("text of digits"),
        TIME("text of a time"),
        TEXT("text"),
        EMPTY_LIST("empty list"),
        LIST("list"),
        OBJECT("object");

        private final String label;

        Kind(String label) {
            this.label = label;
        }

        String label() {
            return label;
        }
    }

    /** The name that stands for every member whose name is an id. */
    static final String IDS = "*";

    /** Numbers, telephone numbers, and ids as the platform makes them: {@code chat17}. */
    private static final Pattern ID = Pattern.compile("[a-z]{0,8}[+]?[0-9][0-9() ._-]*");

    private static final Pattern DIGITS = Pattern.compile("-?[0-9]+");
    private static final Pattern TIME =
            Pattern.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:Z|[+-][0-9]{2}:[0-9]{2})");

    private final Set<Kind> kinds = EnumSet.noneOf(Kind.class);
    private final Map<String, Shape> members = new TreeMap<>();
    private final Map<String, Integer> seen = new HashMap<>();
    private int objects;
    private @Nullable Shape items;

    private Shape() {}

    static Shape of(JsonValue value) {
        Shape shape = new Shape();
        shape.add(value);
        return shape;
    }

    static boolean isId(String name) {
        return ID.matcher(name).matches();
    }

    private void add(JsonValue value) {
        switch (value.getValueType()) {
            case NULL -> kinds.add(Kind.NULL);
            case TRUE, FALSE -> kinds.add(Kind.FLAG);
            case NUMBER -> kinds.add(Kind.NUMBER);
            case STRING -> kinds.add(kind(((JsonString) value).getString()));
            case ARRAY -> add(value.asJsonArray());
            case OBJECT -> add(value.asJsonObject());
        }
    }

    private static Kind kind(String text) {
        return text.isEmpty()
                ? Kind.EMPTY_TEXT
                : DIGITS.matcher(text).matches()
                        ? Kind.DIGITS
                        : TIME.matcher(text).matches() ? Kind.TIME : Kind.TEXT;
    }

    private void add(JsonArray array) {
        if (array.isEmpty()) {
            kinds.add(Kind.EMPTY_LIST);
            return;
        }
        kinds.add(Kind.LIST);
        Shape all = items == null ? new Shape() : items;
        array.forEach(all::add);
        items = all;
    }

    private void add(JsonObject object) {
        kinds.add(Kind.OBJECT);
        objects++;
        Set<String> now = new HashSet<>();
        object.forEach((name, value) -> {
            String key = isId(name) ? IDS : name;
            members.computeIfAbsent(key, absent -> new Shape()).add(value);
            now.add(key);
        });
        now.forEach(key -> seen.merge(key, 1, Integer::sum));
    }

    Set<Kind> kinds() {
        return Collections.unmodifiableSet(kinds);
    }

    Map<String, Shape> members() {
        return Collections.unmodifiableMap(members);
    }

    /** Tells whether some objects of this shape lack a member. */
    boolean isOptional(String member) {
        return seen.getOrDefault(member, 0) < objects;
    }

    @Nullable
    Shape items() {
        return items;
    }

    /** Returns the kinds in words. */
    String label() {
        return kinds.stream().map(Kind::label).collect(Collectors.joining(" or "));
    }
}
