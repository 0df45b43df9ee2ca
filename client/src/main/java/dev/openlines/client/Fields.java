// SPDX-License-Identifier: Apache-2.0
package dev.openlines.client;

import jakarta.json.JsonArray;
import jakarta.json.JsonNumber;
import jakarta.json.JsonObject;
import jakarta.json.JsonString;
import jakarta.json.JsonValue;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * One value of a reply with its path, read as leniently as PHP's types demand: numbers as text, flags
 * as Y, 1 or true, an empty list for an empty object; names of members in any case.
 */
record Fields(String method, String path, JsonValue value) {

    JsonObject object() {
        if (value instanceof JsonObject object) {
            return object;
        }
        if (value instanceof JsonArray array && array.isEmpty()) {
            return JsonValue.EMPTY_JSON_OBJECT;
        }
        throw unexpected("an object");
    }

    JsonArray array() {
        if (value instanceof JsonArray array) {
            return array;
        }
        throw unexpected("a list");
    }

    /** Returns the elements of a list, or the members of an object: PHP prints a list with gaps as one. */
    List<Fields> elements() {
        List<Fields> elements = new ArrayList<>();
        if (value instanceof JsonObject object) {
            object.forEach((name, member) -> elements.add(new Fields(method, path + "." + name, member)));
            return elements;
        }
        JsonArray array = array();
        for (int i = 0; i < array.size(); i++) {
            elements.add(new Fields(method, path + "[" + i + "]", array.get(i)));
        }
        return elements;
    }

    /** Returns {@link #elements}, or none if missing. */
    List<Fields> elementsOrNone() {
        return absent() || value.equals(JsonValue.FALSE) ? List.of() : elements();
    }

    /** Returns a member of this object. JSON null stands for a missing one. */
    Fields member(String name) {
        JsonObject object = object();
        JsonValue found = object.get(name);
        if (found == null) {
            for (var entry : object.entrySet()) {
                if (entry.getKey().equalsIgnoreCase(name)) {
                    found = entry.getValue();
                    break;
                }
            }
        }
        return new Fields(method, path + "." + name, found == null ? JsonValue.NULL : found);
    }

    boolean absent() {
        return value.equals(JsonValue.NULL) || value.getValueType() == JsonValue.ValueType.NULL;
    }

    String text() {
        if (value instanceof JsonString string) {
            return string.getString();
        }
        if (value instanceof JsonNumber number) {
            return number.toString();
        }
        throw unexpected("text");
    }

    @Nullable
    String textOrNull() {
        return absent() || value.equals(JsonValue.FALSE) ? null : text();
    }

    long integer() {
        try {
            if (value instanceof JsonNumber number) {
                return number.longValueExact();
            }
            if (value instanceof JsonString string) {
                return new BigDecimal(checked(string.getString())).longValueExact();
            }
        } catch (ArithmeticException | NumberFormatException e) {
            throw unexpected("an integer");
        }
        throw unexpected("an integer");
    }

    /** Returns an ISO 8601 time with offset. */
    Instant time() {
        try {
            return OffsetDateTime.parse(text()).toInstant();
        } catch (DateTimeParseException e) {
            throw unexpected("an ISO 8601 time");
        }
    }

    @Nullable
    Instant timeOrNull() {
        return textOrNull() == null ? null : time();
    }

    /** Returns an id. PHP prints a missing one as null, false or an empty text. */
    @Nullable
    Long integerOrNull() {
        boolean empty = value instanceof JsonString string && string.getString().isEmpty();
        return absent() || empty || value.equals(JsonValue.FALSE) ? null : integer();
    }

    long integerOrZero() {
        Long integer = integerOrNull();
        return integer == null ? 0 : integer;
    }

    String textOrEmpty() {
        String text = textOrNull();
        return text == null ? "" : text;
    }

    /** Reads an ISO 8601 time and keeps its offset; PHP may print a missing one as an empty text. */
    @Nullable
    OffsetDateTime localTimeOrNull() {
        if (textOrEmpty().isEmpty()) {
            return null;
        }
        try {
            return OffsetDateTime.parse(text());
        } catch (DateTimeParseException e) {
            throw unexpected("an ISO 8601 time");
        }
    }

    @Nullable
    Duration secondsOrNull() {
        Long seconds = integerOrNull();
        return seconds == null ? null : Duration.ofSeconds(seconds);
    }

    @Nullable
    Boolean flagOrNull() {
        return absent() ? null : flag();
    }

    /** Reads a number with or without a fraction; 0 if it is missing. */
    double decimalOrZero() {
        if (textOrEmpty().isEmpty()) {
            return 0;
        }
        try {
            double number = Double.parseDouble(text());
            if (Double.isFinite(number)) {
                return number;
            }
        } catch (NumberFormatException e) {
            throw unexpected("a number");
        }
        throw unexpected("a number");
    }

    boolean flag() {
        if (value.equals(JsonValue.TRUE)) {
            return true;
        }
        if (absent() || value.equals(JsonValue.FALSE)) {
            return false;
        }
        return switch (text().toUpperCase(Locale.ROOT)) {
            case "Y", "1", "TRUE" -> true;
            case "N", "0", "", "FALSE" -> false;
            default -> throw unexpected("a flag");
        };
    }

    UnexpectedReplyException unexpected(String expected) {
        return new UnexpectedReplyException(method, expected, kind(value), path);
    }

    static String kind(JsonValue value) {
        return switch (value.getValueType()) {
            case OBJECT -> "an object of " + value.asJsonObject().size();
            case ARRAY -> "a list of " + value.asJsonArray().size();
            case STRING -> "text (" + ((JsonString) value).getString().length() + " characters)";
            case NUMBER -> "a number";
            case TRUE -> "true";
            case FALSE -> "false";
            case NULL -> "nothing";
        };
    }

    /** Refuses exponents: {@code 1e999999999} must not be written out. */
    private static String checked(String text) {
        if (text.isEmpty() || text.length() > 20 || !text.chars().allMatch(c -> (c >= '0' && c <= '9') || c == '-')) {
            throw new NumberFormatException("not an integer");
        }
        return text;
    }
}
