// SPDX-License-Identifier: Apache-2.0
package dev.openlines.parser;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.openlines.model.Event;
import dev.openlines.model.UnknownEvent;
import jakarta.json.Json;
import jakarta.json.JsonArray;
import jakarta.json.JsonObject;
import jakarta.json.JsonReader;
import jakarta.json.JsonStructure;
import jakarta.json.JsonValue;
import java.io.IOException;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Form bodies and what a real PHP made of them. The files of the folder {@code vectors} are read, and
 * those of further folders that the system property {@code vectors} names, separated as a class path
 * is.
 */
class PhpVectorTest {

    private static final Limits WIDE = Limits.DEFAULT
            .withBodyBytes(10_000_000)
            .withPairs(1_000_000)
            .withDepth(64)
            .withKeyBytes(10_000_000)
            .withValueBytes(10_000_000);

    @TestFactory
    Stream<DynamicContainer> decodesToWhatPhpSees() throws IOException {
        List<Path> files = new ArrayList<>(filesIn(Path.of("src/test/resources/vectors")));
        for (String folder : System.getProperty("vectors", "").split(java.io.File.pathSeparator)) {
            if (!folder.isEmpty()) {
                files.addAll(filesIn(Path.of(folder)));
            }
        }
        return files.stream().map(PhpVectorTest::container);
    }

    private static List<Path> filesIn(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            List<Path> found = files.filter(file -> file.toString().endsWith(".jsonl"))
                    .sorted()
                    .toList();
            assertThat(found).as("vector files in %s", folder).isNotEmpty();
            return found;
        }
    }

    private static DynamicContainer container(Path file) {
        try {
            List<DynamicTest> tests = Files.readAllLines(file).stream()
                    .map(PhpVectorTest::read)
                    .map(vector -> DynamicTest.dynamicTest(vector.getString("id"), () -> check(vector)))
                    .toList();
            assertThat(tests).as("cases in %s", file).isNotEmpty();
            return DynamicContainer.dynamicContainer(file.getFileName().toString(), tests);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static JsonObject read(String line) {
        return structure(line).asJsonObject();
    }

    private static JsonStructure structure(String json) {
        try (JsonReader reader = Json.createReader(new StringReader(json))) {
            return reader.read();
        }
    }

    private static void check(JsonObject vector) {
        byte[] body = Base64.getDecoder().decode(vector.getString("input_base64"));
        if (deepest(body) > 64) {
            DecodeException refused =
                    catchThrowableOfType(DecodeException.class, () -> Envelope.read(body, BodyFormat.FORM, WIDE));
            assertThat(refused.kind()).isEqualTo(DecodeException.Kind.LIMIT);
            return;
        }
        JsonObject tagged = vector.containsKey("post_expected_tagged")
                ? vector.getJsonObject("post_expected_tagged")
                : vector.getJsonObject("php_expected_tagged");
        Tree tree = Envelope.read(body, BodyFormat.FORM, WIDE);
        assertThat(tagged(tree.root())).isEqualTo(tagged);

        String json = vector.containsKey("post_expected_json")
                ? vector.getString("post_expected_json")
                : vector.isNull("php_expected_json") ? null : vector.getString("php_expected_json");
        if (json != null) {
            // Compared as text: JSON objects are equal whatever the order of their keys.
            assertThat(PhpForm.decode(body, WIDE).toString())
                    .isEqualTo(structure(json).toString());
            if (json.startsWith("{\"event\":\"ON")) {
                event(body, json);
            }
        }
    }

    /**
     * Checks an event of the vendor's pages: nothing of it is lost, and those of open lines and applications have a
     * type.
     */
    private static void event(byte[] body, String json) {
        Decoded<Event> decoded = EventDecoder.lenient().withLimits(WIDE).decode(body, BodyFormat.FORM);

        assertThat(decoded.raw().toString()).isEqualTo(structure(json).toString());
        if (decoded.event().code().matches("ON(APP|IMCONNECTOR|OPENLINE|SESSION|OFFLINE).*")) {
            assertThat(decoded.event()).isNotInstanceOf(UnknownEvent.class);
        }
    }

    /** Returns how deep PHP would have to nest, by its own reading of the names. */
    static int deepest(byte[] body) {
        int deepest = 0;
        for (String pair : new String(body, StandardCharsets.ISO_8859_1).split("&")) {
            String name = pair.split("=", 2)[0].replaceAll("(?i)%5B", "[").replaceAll("(?i)%5D", "]");
            int levels = 0;
            int at = name.indexOf('[');
            while (at >= 0 && at < name.length() && name.charAt(at) == '[') {
                int close = name.indexOf(']', at);
                levels++;
                at = close < 0 ? -1 : close + 1;
            }
            deepest = Math.max(deepest, levels);
        }
        return deepest;
    }

    private static JsonObject tagged(Node node) {
        if (!node.isArray()) {
            byte[] value = java.util.Arrays.copyOfRange(node.source(), node.start(), node.end());
            return Json.createObjectBuilder()
                    .add("s", Base64.getEncoder().encodeToString(value))
                    .build();
        }
        var pairs = Json.createArrayBuilder();
        for (Node child = node.firstChild(); child != null; child = child.nextSibling()) {
            byte[] key = Tagged.keyOf(child);
            boolean index = key.length > 0
                    && (Node.index(key, 0, key.length) != Long.MIN_VALUE
                            || child.key().equals(Long.toString(Long.MIN_VALUE)));
            JsonValue tag = index
                    ? Json.createObjectBuilder().add("i", child.key()).build()
                    : Json.createObjectBuilder()
                            .add("s", Base64.getEncoder().encodeToString(key))
                            .build();
            JsonArray pair =
                    Json.createArrayBuilder().add(tag).add(tagged(child)).build();
            pairs.add(pair);
        }
        return Json.createObjectBuilder().add("a", pairs).build();
    }
}
