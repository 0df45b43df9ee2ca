// SPDX-License-Identifier: Apache-2.0
package dev.openlines.parser;

import java.util.BitSet;
import org.jspecify.annotations.Nullable;

/** Writes fields as JSON text. */
final class JsonFieldWriter implements FieldWriter {

    private final StringBuilder out = new StringBuilder(640);
    /** One bit for each level, set if the container is a list. */
    private final BitSet lists = new BitSet();

    private int depth;

    @Override
    public void open(@Nullable String name) {
        begin(name, '{');
        lists.clear(++depth);
    }

    @Override
    public void openList(@Nullable String name) {
        begin(name, '[');
        lists.set(++depth);
    }

    @Override
    public void close() {
        out.append(lists.get(depth--) ? ']' : '}');
    }

    @Override
    public void text(@Nullable String name, @Nullable String value) {
        if (value != null) {
            name(name);
            TreeJson.quote(out, value);
        }
    }

    @Override
    public void number(@Nullable String name, @Nullable Long value) {
        if (value != null) {
            name(name);
            out.append(value.longValue());
        }
    }

    private void begin(@Nullable String name, char bracket) {
        if (out.length() > 0) {
            name(name);
        }
        out.append(bracket);
    }

    private void name(@Nullable String name) {
        char last = out.charAt(out.length() - 1);
        if (last != '{' && last != '[') {
            out.append(',');
        }
        if (name != null) {
            TreeJson.quote(out, name);
            out.append(':');
        }
    }

    String json() {
        return out.toString();
    }
}
