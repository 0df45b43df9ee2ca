// SPDX-License-Identifier: Apache-2.0
package dev.openlines.cli;

import dev.openlines.cli.Capture.Unreadable;
import dev.openlines.portal.wire.EventBodies;
import dev.openlines.portal.wire.PhpJson;
import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
import jakarta.json.JsonValue;
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The output of PHP's {@code print_r}, {@code var_export} or {@code var_dump} for an array of fields, read and never
 * executed. Text has one char for each byte.
 */
final class PhpDump {

    private static final int DEEPEST = 64;
    /** The text that may come before a dump in a log: a date and words, in a few lines. */
    private static final String BEFORE = "\\A(?:[^\\n]{0,400}\\n){0,5}?[^\\n]{0,400}?";

    private static final Pattern PRINTED = Pattern.compile(BEFORE + "(Array[ \\t]*\\n[ \\t]*\\()");
    private static final Pattern EXPORTED = Pattern.compile(BEFORE + "\\b(array[ \\t]?\\([ \\t]*\\r?\\n)");
    private static final Pattern DUMPED = Pattern.compile(BEFORE + "\\b(array\\(\\d+\\)[ \\t]*\\{)");

    private static final Pattern KEY = Pattern.compile("\\s*\\[(?:\"([^\"]*)\"|(-?\\d+))]\\s*=>\\s*");
    private static final Pattern SCALAR =
            Pattern.compile("(?:int|float)\\(([-+0-9.eE]+)\\)|bool\\((true|false)\\)|NULL");

    private final String kind;
    private final String text;
    private int at;

    private PhpDump(String kind, String text, int at) {
        this.kind = kind;
        this.text = text;
        this.at = at;
    }

    /**
     * Looks for a dump near the beginning of a text, after a few words of a log. The first match is the dump, later
     * ones are inside of it.
     */
    static Optional<PhpDump> find(String text) {
        String lines = text.replace("\r\n", "\n");
        return Stream.of(
                        at(PRINTED, "output of print_r", lines),
                        at(DUMPED, "output of var_dump", text),
                        at(EXPORTED, "output of var_export", text))
                .flatMap(Optional::stream)
                .min(Comparator.comparingInt(dump -> dump.at));
    }

    private static Optional<PhpDump> at(Pattern start, String kind, String text) {
        Matcher found = start.matcher(text);
        return found.lookingAt() ? Optional.of(new PhpDump(kind, text, found.start(1))) : Optional.empty();
    }

    String kind() {
        return kind;
    }

    /** Returns the fields, with every scalar as its text in a form. */
    JsonObject read() throws Unreadable {
        return switch (kind) {
            case "output of print_r" -> printed();
            case "output of var_dump" -> dumped(0);
            default -> exported(0);
        };
    }

    /**
     * Reads a dump that does not mark the ends of texts. A line belongs to the text before it unless it looks like the
     * next key.
     */
    private JsonObject printed() throws Unreadable {
        String[] lines = text.substring(at).split("\n", -1);
        if (lines[1].indexOf('(') != indentOf(lines[1])) {
            throw wrong("expected ( in a line of its own");
        }
        Printed reader = new Printed(lines);
        return reader.array(1, indentOf(lines[1]), 0);
    }

    private static int indentOf(String line) {
        int indent = 0;
        while (indent < line.length() && line.charAt(indent) == ' ') {
            indent++;
        }
        return indent;
    }

    /** Reads the output of {@code print_r}, line by line. */
    private final class Printed {

        private final String[] lines;
        /** The next line to read. */
        private int next;

        Printed(String[] lines) {
            this.lines = lines;
        }

        JsonObject array(int open, int indent, int depth) throws Unreadable {
            deeper(depth);
            String end = " ".repeat(indent) + ")";
            String key = " ".repeat(indent + 4) + "[";
            JsonObjectBuilder fields = EventBodies.object();
            next = open + 1;
            while (true) {
                if (next >= lines.length) {
                    throw wrong("expected ) at its end; the capture is cut short");
                }
                String line = lines[next];
                if (line.equals(end) || line.stripTrailing().equals(end) || line.startsWith(end + "<")) {
                    next++;
                    return fields.build();
                }
                int arrow = line.indexOf("] =>");
                if (!line.startsWith(key) || arrow < 0) {
                    if (line.isBlank()) {
                        next++;
                        continue;
                    }
                    throw wrong("expected [key] => in line " + (next + 1) + " of the dump");
                }
                fields.add(Capture.utf8(line.substring(key.length(), arrow)), value(line, arrow + 4, key, end, depth));
            }
        }

        private JsonValue value(String line, int from, String key, String end, int depth) throws Unreadable {
            String first = from < line.length() ? line.substring(from + 1) : "";
            int nested = key.length() - 1 + 4;
            if (first.stripTrailing().equals("Array")
                    && next + 1 < lines.length
                    && lines[next + 1].stripTrailing().equals(" ".repeat(nested) + "(")) {
                return array(next + 1, nested, depth + 1);
            }
            StringBuilder value = new StringBuilder(first);
            next++;
            while (next < lines.length && !ends(lines[next], key, end)) {
                value.append('\n').append(lines[next]);
                next++;
            }
            return text(value.toString());
        }

        private boolean ends(String line, String key, String end) {
            return line.startsWith(key) && line.contains("] =>")
                    || line.stripTrailing().equals(end)
                    || line.startsWith(end + "<");
        }
    }

    private JsonObject exported(int depth) throws Unreadable {
        deeper(depth);
        String close = text.startsWith("[", at) ? "]" : ")";
        if (close.equals("]")) {
            at++;
        } else if (text.startsWith("array", at)) {
            at += "array".length();
            blanks();
            expect("(");
        } else {
            throw wrong("expected an array at byte " + at);
        }
        JsonObjectBuilder fields = EventBodies.object();
        for (blanks(); !text.startsWith(close, at); blanks()) {
            String key = scalar();
            blanks();
            expect("=>");
            blanks();
            fields.add(Capture.utf8(key), isArray() ? exported(depth + 1) : text(scalar()));
            blanks();
            if (!text.startsWith(close, at)) {
                expect(",");
            }
        }
        expect(close);
        return fields.build();
    }

    private boolean isArray() {
        return text.startsWith("array", at) || text.startsWith("[", at);
    }

    /** Reads a word, a number, or a text in quotes, which may consist of parts that a dot joins. */
    private String scalar() throws Unreadable {
        if (!text.startsWith("'", at) && !text.startsWith("\"", at)) {
            Matcher word = Pattern.compile("[-+.\\w]+").matcher(text).region(at, text.length());
            if (!word.lookingAt()) {
                throw wrong("expected a text or a number at byte " + at);
            }
            at = word.end();
            return form(word.group());
        }
        StringBuilder value = new StringBuilder();
        while (true) {
            value.append(quoted());
            int after = at;
            blanks();
            if (!text.startsWith(".", at)) {
                at = after;
                return value.toString();
            }
            at++;
            blanks();
        }
    }

    /** Returns the text that PHP writes into a form for a word of its language. Other scalars stay unchanged. */
    private static String form(String word) {
        return switch (word.toLowerCase(Locale.ROOT)) {
            case "true" -> "1";
            case "false", "null" -> "";
            default -> word;
        };
    }

    private String quoted() throws Unreadable {
        int start = at;
        char quote = start < text.length() ? text.charAt(start) : ' ';
        if (quote != '\'' && quote != '"') {
            throw wrong("expected a text at byte " + start);
        }
        StringBuilder value = new StringBuilder();
        for (at++; at < text.length(); at++) {
            char c = text.charAt(at);
            if (c == quote) {
                at++;
                return value.toString();
            }
            if (c == '\\' && at + 1 < text.length()) {
                char escaped = text.charAt(at + 1);
                if (escaped == '\\' || escaped == quote) {
                    at++;
                    c = escaped;
                } else if (quote == '"' && escaped == '0') {
                    at++;
                    c = 0;
                }
            }
            value.append(c);
        }
        throw wrong("the text at byte " + start + " has no end; the capture is cut short");
    }

    private JsonObject dumped(int depth) throws Unreadable {
        deeper(depth);
        at = text.indexOf('{', at) + 1;
        JsonObjectBuilder fields = EventBodies.object();
        for (blanks(); !text.startsWith("}", at); blanks()) {
            Matcher key = KEY.matcher(text).region(at, text.length());
            if (!key.lookingAt()) {
                throw wrong(
                        at >= text.length()
                                ? "expected } at its end; the capture is cut short"
                                : "expected [\"key\"]=> at byte " + at);
            }
            at = key.end();
            fields.add(Capture.utf8(key.group(1) == null ? key.group(2) : key.group(1)), dumpedValue(depth));
        }
        at++;
        return fields.build();
    }

    private JsonValue dumpedValue(int depth) throws Unreadable {
        if (text.startsWith("array(", at)) {
            return dumped(depth + 1);
        }
        Matcher length =
                Pattern.compile("string\\((\\d{1,9})\\) \"").matcher(text).region(at, text.length());
        if (length.lookingAt()) {
            int bytes = Integer.parseInt(length.group(1));
            if (bytes > text.length() - length.end() - 1) {
                throw wrong("the text at byte " + at + " is cut short");
            }
            String value = text.substring(length.end(), length.end() + bytes);
            at = length.end() + bytes;
            expect("\"");
            return text(value);
        }
        Matcher scalar = SCALAR.matcher(text).region(at, text.length());
        if (!scalar.lookingAt()) {
            throw wrong("expected a text, a number or an array at byte " + at);
        }
        at = scalar.end();
        return text(scalar.group(1) != null ? scalar.group(1) : form(String.valueOf(scalar.group(2))));
    }

    private static JsonValue text(String bytes) {
        return PhpJson.PROVIDER.createValue(Capture.utf8(bytes));
    }

    private void deeper(int depth) throws Unreadable {
        if (depth > DEEPEST) {
            throw wrong("expected at most " + DEEPEST + " arrays in each other");
        }
    }

    private void blanks() {
        while (at < text.length() && Character.isWhitespace(text.charAt(at))) {
            at++;
        }
    }

    private void expect(String what) throws Unreadable {
        if (!text.startsWith(what, at)) {
            throw wrong(
                    at >= text.length()
                            ? "expected " + what + ", found the end; the capture is cut short"
                            : "expected " + what + " at byte " + at);
        }
        at += what.length();
    }

    private Unreadable wrong(String reason) {
        return new Unreadable(kind + ": " + reason);
    }
}
