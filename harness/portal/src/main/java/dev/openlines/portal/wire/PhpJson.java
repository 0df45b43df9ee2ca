// SPDX-License-Identifier: Apache-2.0
package dev.openlines.portal.wire;

import dev.openlines.model.Printed;
import jakarta.json.JsonArray;
import jakarta.json.JsonObject;
import jakarta.json.JsonString;
import jakarta.json.JsonValue;
import jakarta.json.spi.JsonProvider;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;

/**
 * JSON in two styles. {@link #text} is that of the portal's REST answers: slashes escaped, Unicode as
 * it is, markup characters and quotes as Unicode escapes, and an empty map as {@code []}, because PHP
 * cannot tell it from an empty list. {@link #plain} is that of the command line.
 */
public final class PhpJson {

    /** The only provider. Asking the service loader for each value would take longer than making the value. */
    public static final JsonProvider PROVIDER = JsonProvider.provider();

    /** Prints as {@code {}}, for a real object of the portal without visible fields. */
    public static final JsonValue EMPTY_OBJECT =
            PROVIDER.createObjectBuilder().add("\0", JsonValue.NULL).build();

    private final StringBuilder out;
    private final boolean portal;

    private PhpJson(StringBuilder out, boolean portal) {
        this.out = out;
        this.portal = portal;
    }

    /**
     * Returns a value in the style of the portal's answers, in UTF-8.
     *
     * @param value the value
     * @return the bytes
     */
    public static byte[] bytes(JsonValue value) {
        return text(value).getBytes(StandardCharsets.UTF_8);
    }

    /**
     * Returns a value in the style of the portal's answers.
     *
     * @param value the value
     * @return the text
     */
    public static String text(JsonValue value) {
        StringBuilder out = new StringBuilder(256);
        new PhpJson(out, true).write(value);
        return out.toString();
    }

    /**
     * Appends a value with only those escapes that JSON, its embedding in scripts and a terminal need.
     *
     * @param value the value
     * @param out gets the text
     */
    public static void plain(JsonValue value, StringBuilder out) {
        new PhpJson(out, false).write(value);
    }

    /**
     * Parses JSON in UTF-8. It is read as text, because the provider guesses the encoding of bytes, and fails if
     * there is only one byte.
     *
     * @param json the bytes
     * @return the value
     * @throws jakarta.json.JsonException if the bytes are not JSON
     */
    public static JsonValue parse(byte[] json) {
        try (var reader = PROVIDER.createReader(new StringReader(new String(json, StandardCharsets.UTF_8)))) {
            return reader.readValue();
        }
    }

    private void write(JsonValue value) {
        switch (value.getValueType()) {
            case OBJECT -> writeObject(value.asJsonObject());
            case ARRAY -> writeArray(value.asJsonArray());
            case STRING -> writeText(((JsonString) value).getString());
            case NUMBER -> out.append(value);
            case TRUE -> out.append("true");
            case FALSE -> out.append("false");
            case NULL -> out.append("null");
        }
    }

    private void writeObject(JsonObject object) {
        if (object.isEmpty()) {
            out.append(portal ? "[]" : "{}");
            return;
        }
        if (object.equals(EMPTY_OBJECT)) {
            out.append("{}");
            return;
        }
        char before = '{';
        for (Map.Entry<String, JsonValue> member : object.entrySet()) {
            out.append(before);
            writeText(member.getKey());
            out.append(':');
            write(member.getValue());
            before = ',';
        }
        out.append('}');
    }

    private void writeArray(JsonArray array) {
        char before = '[';
        if (array.isEmpty()) {
            out.append('[');
        }
        for (JsonValue item : array) {
            out.append(before);
            write(item);
            before = ',';
        }
        out.append(']');
    }

    private void writeText(String text) {
        out.append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '"' -> out.append(portal ? "\\u0022" : "\\\"");
                case '/' -> out.append(portal ? "\\/" : "/");
                case '\\' -> out.append("\\\\");
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                case '\t' -> out.append("\\t");
                case '\b' -> out.append("\\b");
                case '\f' -> out.append("\\f");
                default -> {
                    int point = portal ? c : text.codePointAt(i);
                    if (portal ? escapedByPhp(c) : Printed.steers(point)) {
                        out.append(escaped(point));
                    } else {
                        out.appendCodePoint(point);
                    }
                    i += Character.charCount(point) - 1;
                }
            }
        }
        out.append('"');
    }

    private static boolean escapedByPhp(char c) {
        return c < 0x20 || c == '<' || c == '>' || c == '&' || c == '\'' || c == '\u2028' || c == '\u2029';
    }

    /**
     * Returns a character as JSON escapes it.
     *
     * @param codePoint the character
     * @return a backslash, {@code u} and four digits; twice for a character beyond the first plane
     */
    public static String escaped(int codePoint) {
        StringBuilder escape = new StringBuilder(6);
        for (char half : Character.toChars(codePoint)) {
            escape.append(String.format(Locale.ROOT, "\\u%04X", (int) half));
        }
        return escape.toString();
    }
}
