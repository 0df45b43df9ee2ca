// SPDX-License-Identifier: Apache-2.0
package dev.openlines.parser;

import dev.openlines.parser.DecodeException.Kind;
import jakarta.json.JsonArrayBuilder;
import jakarta.json.JsonException;
import jakarta.json.JsonObjectBuilder;
import jakarta.json.JsonStructure;
import jakarta.json.JsonValue;
import jakarta.json.spi.JsonProvider;
import jakarta.json.stream.JsonParser;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Converts between a tree and JSON: text, {@link JsonStructure} and {@link JsonParser}. Nothing here recurses. */
final class TreeJson {

    private TreeJson() {}

    /**
     * Returns the implementation of JSON-P. It is looked up when it is first needed, because decoding needs none.
     *
     * @throws IllegalStateException if there is none
     */
    static JsonProvider provider() {
        return Provider.FOUND.orElseThrow(
                () -> new IllegalStateException("JSON values need a JSON-P provider on the class"
                        + " path or module path, such as org.eclipse.parsson:parsson"));
    }

    private static final class Provider {
        static final Optional<JsonProvider> FOUND = found();

        private Provider() {}

        private static Optional<JsonProvider> found() {
            try {
                return Optional.of(JsonProvider.provider());
            } catch (JsonException e) {
                return Optional.empty();
            }
        }
    }

    // ---- tree to text

    /** Writes the tree as JSON: an object at the top, and below it a list for keys 0, 1, 2 …. */
    static String text(Tree tree, boolean credentials) {
        return new JsonText().of(tree, credentials);
    }

    static @Nullable Node visible(@Nullable Node first, boolean credentials) {
        Node node = first;
        while (node != null && !credentials && node.isCredential()) {
            node = node.nextSibling();
        }
        return node;
    }

    /** Appends a JSON string. */
    static void quote(StringBuilder out, String text) {
        out.append('"');
        int done = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c >= ' ' && c != '"' && c != '\\') {
                continue;
            }
            out.append(text, done, i);
            done = i + 1;
            switch (c) {
                case '"', '\\' -> out.append('\\').append(c);
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                case '\t' -> out.append("\\t");
                default -> out.append("\\u00").append(HEX[c >> 4]).append(HEX[c & 15]);
            }
        }
        out.append(text, done, text.length()).append('"');
    }

    private static final char[] HEX = "0123456789abcdef".toCharArray();

    // ---- tree to JsonStructure

    /** Returns the tree as an object, or as a list if {@code listAllowed} and PHP has one. */
    static JsonStructure structure(Tree tree, boolean listAllowed, boolean credentials) {
        Deque<Object> builders = new ArrayDeque<>();
        boolean rootIsList = listAllowed && tree.root().isList();
        builders.push(rootIsList ? provider().createArrayBuilder() : provider().createObjectBuilder());
        Node node = tree.root();
        Node child = visible(tree.root().firstChild(), credentials);
        while (true) {
            if (child == null) {
                JsonStructure built = build(builders.pop());
                if (node == tree.root()) {
                    return built;
                }
                add(builders.element(), node, built);
                child = visible(node.nextSibling(), credentials);
                node = node.parent();
            } else if (child.isArray()) {
                node = child;
                builders.push(
                        node.isList()
                                ? provider().createArrayBuilder()
                                : provider().createObjectBuilder());
                child = visible(node.firstChild(), credentials);
            } else {
                add(builders.element(), child, leaf(child));
                child = visible(child.nextSibling(), credentials);
            }
        }
    }

    private static void add(Object builder, Node node, JsonValue value) {
        if (builder instanceof JsonObjectBuilder object) {
            object.add(node.key(), value);
        } else {
            ((JsonArrayBuilder) builder).add(value);
        }
    }

    private static JsonStructure build(Object builder) {
        return builder instanceof JsonObjectBuilder object ? object.build() : ((JsonArrayBuilder) builder).build();
    }

    private static JsonValue leaf(Node node) {
        return switch (node.kind()) {
            case Node.TEXT -> provider().createValue(node.text());
            case Node.NUMBER -> number(node.text());
            case Node.TRUE -> JsonValue.TRUE;
            case Node.FALSE -> JsonValue.FALSE;
            default -> JsonValue.NULL;
        };
    }

    private static JsonValue number(String literal) {
        return literal.length() < 19 && literal.chars().allMatch(c -> c == '-' || c >= '0' && c <= '9')
                ? provider().createValue(Long.parseLong(literal))
                : provider().createValue(new BigDecimal(literal));
    }

    // ---- JSON-P to tree

    /**
     * Fills the tree from a parser that is inside an object or array.
     *
     * @param first the first event of the parser there
     */
    static void read(Tree tree, JsonParser parser, JsonParser.Event first, Limits limits) {
        tree.reset(new byte[0]);
        Node array = tree.root();
        int depth = 0;
        int pairs = 0;
        Node node = null;
        for (JsonParser.Event event = first; ; event = parser.next()) {
            if (event == JsonParser.Event.END_ARRAY || event == JsonParser.Event.END_OBJECT) {
                if (array == tree.root()) {
                    return;
                }
                array = array.parent();
                depth--;
                node = null;
                continue;
            }
            if (node == null && ++pairs > limits.pairs()) {
                throw new DecodeException(
                        Kind.LIMIT, "$", "at most " + limits.pairs() + " fields", pairs + " fields or more");
            }
            if (event == JsonParser.Event.KEY_NAME) {
                node = member(tree, array, parser.getString(), limits);
                continue;
            }
            if (node == null) {
                node = array.nextChild();
            }
            if (event == JsonParser.Event.START_ARRAY || event == JsonParser.Event.START_OBJECT) {
                if (++depth > limits.depth()) {
                    throw FormReader.tooDeep(depth, limits);
                }
                node.newArray();
                array = node;
            } else {
                scalar(tree, node, event, parser, limits);
            }
            node = null;
        }
    }

    private static Node member(Tree tree, Node array, String name, Limits limits) {
        int from = tree.bufferEnd();
        int bytes = append(tree, name);
        if (bytes > limits.keyBytes()) {
            throw FormReader.tooLongKey(bytes, limits);
        }
        return array.child(false, from, bytes);
    }

    private static void scalar(Tree tree, Node node, JsonParser.Event event, JsonParser parser, Limits limits) {
        int kind = switch (event) {
            case VALUE_STRING -> Node.TEXT;
            case VALUE_NUMBER -> Node.NUMBER;
            case VALUE_TRUE -> Node.TRUE;
            case VALUE_FALSE -> Node.FALSE;
            default -> Node.NULL;
        };
        String text = switch (kind) {
            case Node.TEXT -> parser.getString();
            case Node.NUMBER -> literal(parser);
            case Node.TRUE -> "true";
            case Node.FALSE -> "false";
            default -> "null";
        };
        int from = tree.bufferEnd();
        int bytes = append(tree, text);
        if (bytes > limits.valueBytes()) {
            throw FormReader.tooLongValue(node.path(), bytes, limits);
        }
        node.value(kind, false, bytes == text.length(), from, from + bytes);
    }

    /** Returns a number as it was written, or an equal one if the parser does not keep its text. */
    private static String literal(JsonParser parser) {
        try {
            return parser.getString();
        } catch (IllegalStateException e) {
            // Johnzon's parser over values in memory has text for strings only.
            return parser.getBigDecimal().toString();
        }
    }

    /**
     * Appends text, and replaces lone surrogates as the other readers do. The JDK's encoder would replace them by
     * question marks.
     */
    private static int append(Tree tree, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        if (bytes.length != text.length() && hasLoneSurrogate(text)) {
            bytes = text.codePoints()
                    .map(c -> c >= 0xD800 && c <= 0xDFFF ? 0xFFFD : c)
                    .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                    .toString()
                    .getBytes(StandardCharsets.UTF_8);
        }
        System.arraycopy(bytes, 0, tree.roomFor(bytes.length), tree.bufferEnd(), bytes.length);
        tree.bufferEnd(tree.bufferEnd() + bytes.length);
        return bytes.length;
    }

    private static boolean hasLoneSurrogate(String text) {
        return text.codePoints().anyMatch(c -> c >= 0xD800 && c <= 0xDFFF);
    }
}
