// SPDX-License-Identifier: Apache-2.0
package dev.openlines.parser;

import jakarta.json.stream.JsonGenerator;
import org.jspecify.annotations.Nullable;

/** Writes fields to a JSON-P generator, for JSON-B. */
final class GeneratorFieldWriter implements FieldWriter {

    private final JsonGenerator out;

    GeneratorFieldWriter(JsonGenerator out) {
        this.out = out;
    }

    @Override
    public void open(@Nullable String name) {
        if (name == null) {
            out.writeStartObject();
        } else {
            out.writeStartObject(name);
        }
    }

    @Override
    public void openList(@Nullable String name) {
        if (name == null) {
            out.writeStartArray();
        } else {
            out.writeStartArray(name);
        }
    }

    @Override
    public void close() {
        out.writeEnd();
    }

    @Override
    public void text(@Nullable String name, @Nullable String value) {
        if (value != null && name == null) {
            out.write(value);
        } else if (value != null) {
            out.write(name, value);
        }
    }

    @Override
    public void number(@Nullable String name, @Nullable Long value) {
        if (value != null && name == null) {
            out.write(value);
        } else if (value != null) {
            out.write(name, value);
        }
    }
}
