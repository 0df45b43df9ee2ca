// SPDX-License-Identifier: Apache-2.0
package dev.openlines.portal;

import dev.openlines.parser.Dialect;
import jakarta.json.JsonNumber;
import jakarta.json.JsonObject;
import jakarta.json.JsonString;
import jakarta.json.JsonValue;
import java.math.BigDecimal;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Reads the members of one object of a seed file or of a control request, and names the wrong member and its object.
 * All complaints are {@link IllegalArgumentException}.
 */
final class ControlBody {

    /** The names of members are shorter, and tokens are longer. */
    private static final int LONGEST_QUOTED = 24;

    private final JsonObject json;
    private final String path;

    private ControlBody(JsonObject json, String path) {
        this.json = json;
        this.path = path;
    }

    /**
     * Wraps an object.
     *
     * @param path the place of the object, {@code $} at the top
     * @param allowed the members it may have
     */
    static ControlBody of(JsonValue value, String path, Set<String> allowed) {
        if (!(value instanceof JsonObject object)) {
            throw expected("an object", value, path);
        }
        for (String name : object.keySet()) {
            if (!allowed.contains(name)) {
                throw new IllegalArgumentException("expected only " + String.join(", ", new TreeSet<>(allowed))
                        + " but found " + quoted(name) + " at " + path);
            }
        }
        return new ControlBody(object, path);
    }

    boolean has(String name) {
        return json.containsKey(name);
    }

    JsonValue value(String name) {
        JsonValue value = json.get(name);
        if (value == null) {
            throw new IllegalArgumentException("expected a value but found nothing at " + at(name));
        }
        return value;
    }

    Optional<String> text(String name) {
        return Optional.ofNullable(json.get(name)).map(value -> text(value, at(name)));
    }

    String requiredText(String name) {
        return text(value(name), at(name));
    }

    private static String text(JsonValue value, String path) {
        if (value instanceof JsonString string) {
            return string.getString();
        }
        throw expected("text", value, path);
    }

    Optional<Long> integer(String name) {
        return Optional.ofNullable(json.get(name)).map(value -> {
            if (value instanceof JsonNumber number) {
                try {
                    return new BigDecimal(number.toString()).longValueExact();
                } catch (ArithmeticException e) {
                    throw expected("an integer", value, at(name));
                }
            }
            throw expected("an integer", value, at(name));
        });
    }

    boolean flag(String name, boolean otherwise) {
        JsonValue value = json.get(name);
        if (value == null) {
            return otherwise;
        }
        if (!value.equals(JsonValue.TRUE) && !value.equals(JsonValue.FALSE)) {
            throw expected("true or false", value, at(name));
        }
        return value.equals(JsonValue.TRUE);
    }

    Optional<URI> address(String name) {
        return text(name).map(text -> {
            try {
                URI uri = new URI(text);
                if (("http".equals(uri.getScheme()) || "https".equals(uri.getScheme())) && uri.getHost() != null) {
                    return uri;
                }
            } catch (URISyntaxException e) {
                throw new IllegalArgumentException(
                        "expected an http or https address but found other text at " + at(name), e);
            }
            throw new IllegalArgumentException("expected an http or https address but found other text at " + at(name));
        });
    }

    Optional<Dialect> dialect(String name) {
        return text(name).map(label -> {
            try {
                return Dialect.of(label);
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException(e.getMessage() + " at " + at(name), e);
            }
        });
    }

    /** Returns the items of a list, each to be wrapped with {@link #itemPath}; none if it is absent. */
    List<JsonValue> items(String name) {
        JsonValue value = json.get(name);
        if (value == null) {
            return List.of();
        }
        if (value.getValueType() != JsonValue.ValueType.ARRAY) {
            throw expected("a list", value, at(name));
        }
        return value.asJsonArray();
    }

    String itemPath(String name, int index) {
        return at(name) + "[" + index + "]";
    }

    List<String> texts(String name) {
        List<JsonValue> items = items(name);
        return java.util.stream.IntStream.range(0, items.size())
                .mapToObj(index -> text(items.get(index), itemPath(name, index)))
                .toList();
    }

    String at(String name) {
        return path + "." + name;
    }

    static IllegalArgumentException wrong(String expected, String found, String path) {
        return new IllegalArgumentException("expected " + expected + " but found " + quoted(found) + " at " + path);
    }

    /** Returns a text as a message shows it. Of a long text, which may be a token, it shows the length only. */
    static String quoted(String text) {
        return text.length() <= LONGEST_QUOTED && text.chars().noneMatch(Character::isISOControl)
                ? '"' + text + '"'
                : "text (" + text.length() + " characters)";
    }

    static IllegalArgumentException expected(String what, JsonValue found, String path) {
        String kind = switch (found.getValueType()) {
            case OBJECT -> "an object";
            case ARRAY -> "a list";
            case STRING -> "text";
            case NUMBER -> "a number";
            case TRUE, FALSE -> "true or false";
            case NULL -> "null";
        };
        return new IllegalArgumentException("expected " + what + " but found " + kind + " at " + path);
    }
}
