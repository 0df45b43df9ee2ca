// SPDX-License-Identifier: Apache-2.0
package dev.openlines.parser;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Writes fields as {@code http_build_query} does: {@code a%5Bb%5D=c}, RFC 1738 escapes. */
final class FormFieldWriter implements FieldWriter {

    private static final byte[] HEX = "0123456789ABCDEF".getBytes(UTF_8);

    /** Bytes that PHP's {@code urlencode} leaves unchanged. */
    private static final boolean[] BARE = new boolean[256];

    static {
        for (char c = 0; c < 128; c++) {
            BARE[c] = c >= 'a' && c <= 'z'
                    || c >= 'A' && c <= 'Z'
                    || c >= '0' && c <= '9'
                    || c == '-'
                    || c == '_'
                    || c == '.';
        }
    }

    private byte[] out = new byte[1024];
    private int length;

    /** The name of the container being written, escaped, and its length at each level. */
    private byte[] prefix = new byte[128];

    private int[] prefixLength = new int[8];
    /** The next index within each level's list, or -1 within a block. */
    private int[] nextIndex = new int[8];
    /** 0 before the outermost container, whose own name is not written. */
    private int depth;

    @Override
    public void open(@Nullable String name) {
        begin(name, -1);
    }

    @Override
    public void openList(@Nullable String name) {
        begin(name, 0);
    }

    private void begin(@Nullable String name, int firstIndex) {
        int end = 0;
        if (depth > 0) {
            byte[] key = key(name).getBytes(UTF_8);
            end = prefixLength[depth];
            int room = end + key.length * 3 + 6;
            if (prefix.length < room) {
                prefix = Arrays.copyOf(prefix, room * 2);
            }
            end = nest(prefix, end, key, depth > 1);
        }
        if (++depth == prefixLength.length) {
            prefixLength = Arrays.copyOf(prefixLength, depth * 2);
            nextIndex = Arrays.copyOf(nextIndex, depth * 2);
        }
        prefixLength[depth] = end;
        nextIndex[depth] = firstIndex;
    }

    @Override
    public void close() {
        depth--;
    }

    @Override
    public void text(@Nullable String name, @Nullable String value) {
        if (value == null) {
            skip(name);
            return;
        }
        byte[] key = key(name).getBytes(UTF_8);
        byte[] text = value.getBytes(UTF_8);
        int room = length + prefixLength[depth] + (key.length + text.length) * 3 + 8;
        if (out.length < room) {
            out = Arrays.copyOf(out, room * 2);
        }
        if (length > 0) {
            out[length++] = '&';
        }
        System.arraycopy(prefix, 0, out, length, prefixLength[depth]);
        length = nest(out, length + prefixLength[depth], key, depth > 1);
        out[length++] = '=';
        length = escape(out, length, text);
    }

    @Override
    public void number(@Nullable String name, @Nullable Long value) {
        text(name, value == null ? null : value.toString());
    }

    /** Skips an element that is left out, whose index stays unused. */
    private void skip(@Nullable String name) {
        if (name == null) {
            nextIndex[depth]++;
        }
    }

    private String key(@Nullable String name) {
        return name != null ? name : Integer.toString(nextIndex[depth]++);
    }

    private static int nest(byte[] to, int at, byte[] key, boolean nested) {
        int end = at;
        if (nested) {
            to[end++] = '%';
            to[end++] = '5';
            to[end++] = 'B';
        }
        end = escape(to, end, key);
        if (nested) {
            to[end++] = '%';
            to[end++] = '5';
            to[end++] = 'D';
        }
        return end;
    }

    private static int escape(byte[] to, int at, byte[] text) {
        int end = at;
        for (byte b : text) {
            if (BARE[b & 0xff]) {
                to[end++] = b;
            } else if (b == ' ') {
                to[end++] = '+';
            } else {
                to[end++] = '%';
                to[end++] = HEX[b >> 4 & 15];
                to[end++] = HEX[b & 15];
            }
        }
        return end;
    }

    byte[] form() {
        return Arrays.copyOf(out, length);
    }
}
