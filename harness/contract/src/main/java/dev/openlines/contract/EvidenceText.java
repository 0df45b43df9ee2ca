// SPDX-License-Identifier: Apache-2.0
package dev.openlines.contract;

import jakarta.json.JsonArray;
import jakarta.json.JsonException;
import jakarta.json.JsonObject;
import jakarta.json.JsonReader;
import jakarta.json.JsonValue;
import jakarta.json.spi.JsonProvider;
import java.io.StringReader;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Reads effects from text: JSON lines or one array. It counts other items and skips them: one odd line loses no other.
 */
final class EvidenceText {

    /** Searching for it takes longer than reading a line. */
    private static final JsonProvider JSON = JsonProvider.provider();

    private final List<Effect> effects = new ArrayList<>();
    private int unreadable;

    void add(String text) {
        String plain = text.startsWith("\uFEFF") ? text.substring(1) : text;
        Optional<JsonArray> array = isArray(plain) ? array(plain) : Optional.empty();
        if (array.isPresent()) {
            array.get().forEach(this::add);
            return;
        }
        plain.lines().filter(line -> !line.isBlank()).forEach(line -> {
            Optional<JsonObject> object = object(line);
            object.ifPresentOrElse(this::add, () -> unreadable++);
        });
    }

    private void add(JsonValue value) {
        if (value instanceof JsonObject object) {
            effects.add(Effect.read(object));
        } else {
            unreadable++;
        }
    }

    static boolean isArray(String text) {
        return text.stripLeading().startsWith("[");
    }

    private static Optional<JsonArray> array(String text) {
        try (JsonReader reader = JSON.createReader(new StringReader(text))) {
            return Optional.of(reader.readArray());
        } catch (JsonException e) {
            return Optional.empty();
        }
    }

    /** Parses an object. Returns empty if the text is none, or not a complete one yet. */
    static Optional<JsonObject> object(String line) {
        try (JsonReader reader = JSON.createReader(new StringReader(line))) {
            return Optional.of(reader.readObject());
        } catch (JsonException e) {
            return Optional.empty();
        }
    }

    /** Returns the effects in the order of the text. */
    List<Effect> effects() {
        return effects;
    }

    /** Returns how many lines or items were no objects. */
    int unreadable() {
        return unreadable;
    }
}
