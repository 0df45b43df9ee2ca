// SPDX-License-Identifier: Apache-2.0
package dev.openlines.parser;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

/**
 * UTF-8 to text as PHP's {@code JSON_INVALID_UTF8_SUBSTITUTE} reads it: one replacement character for
 * each broken sequence, and a sequence ends before the first byte that can begin another. The JDK
 * and the WHATWG count broken sequences differently.
 */
final class Utf8 {

    private static final char REPLACEMENT = '\uFFFD';

    private Utf8() {}

    /**
     * Writes a code point; a lone surrogate becomes the replacement character.
     *
     * @return where the next one goes
     */
    static int encode(int codePoint, byte[] out, int at) {
        int point = codePoint >= 0xD800 && codePoint <= 0xDFFF ? REPLACEMENT : codePoint;
        int end = at;
        if (point < 0x80) {
            out[end++] = (byte) point;
        } else if (point < 0x800) {
            out[end++] = (byte) (0xC0 | point >> 6);
            out[end++] = (byte) (0x80 | point & 0x3f);
        } else {
            if (point < 0x10000) {
                out[end++] = (byte) (0xE0 | point >> 12);
            } else {
                out[end++] = (byte) (0xF0 | point >> 18);
                out[end++] = (byte) (0x80 | point >> 12 & 0x3f);
            }
            out[end++] = (byte) (0x80 | point >> 6 & 0x3f);
            out[end++] = (byte) (0x80 | point & 0x3f);
        }
        return end;
    }

    static String decode(byte[] bytes, int from, int to) {
        for (int i = from; i < to; i++) {
            if (bytes[i] < 0) {
                return decodeFrom(i, bytes, from, to);
            }
        }
        return new String(bytes, from, to - from, ISO_8859_1);
    }

    private static String decodeFrom(int firstNonAscii, byte[] bytes, int from, int to) {
        StringBuilder text = new StringBuilder(to - from);
        text.append(new String(bytes, from, firstNonAscii - from, ISO_8859_1));
        int at = firstNonAscii;
        while (at < to) {
            int first = bytes[at] & 0xff;
            int length =
                    first < 0x80 ? 1 : first < 0xC2 ? 0 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : first < 0xF5 ? 4 : 0;
            if (length == 1) {
                text.append((char) first);
                at++;
            } else if (length == 0) {
                text.append(REPLACEMENT);
                at++;
            } else {
                int valid = trailing(bytes, at, to, length);
                int codePoint = valid == length ? codePoint(bytes, at, length) : -1;
                if (codePoint >= 0) {
                    text.appendCodePoint(codePoint);
                    at += length;
                } else {
                    text.append(REPLACEMENT);
                    at += valid == length ? length : brokenLength(bytes, at, to, length);
                }
            }
        }
        return text.toString();
    }

    /** Returns how many bytes from {@code at}, at most {@code length}, are the lead and trailing bytes after it. */
    private static int trailing(byte[] bytes, int at, int to, int length) {
        int valid = 1;
        while (valid < length && at + valid < to && (bytes[at + valid] & 0xC0) == 0x80) {
            valid++;
        }
        return valid;
    }

    /** Returns the length of a broken sequence: to the first byte that can begin another, or its full length. */
    private static int brokenLength(byte[] bytes, int at, int to, int length) {
        int broken = 1;
        while (broken < length && at + broken < to && !begins(bytes[at + broken] & 0xff)) {
            broken++;
        }
        return broken;
    }

    private static boolean begins(int b) {
        return b < 0x80 || b >= 0xC2 && b <= 0xF4;
    }

    /** Returns the code point, or -1 if it is a surrogate, too large or has a shorter form. */
    private static int codePoint(byte[] bytes, int at, int length) {
        int point = bytes[at] & 0xff >> length + 1;
        for (int i = 1; i < length; i++) {
            point = point << 6 | bytes[at + i] & 0x3f;
        }
        boolean overlong = length == 3 && point < 0x800 || length == 4 && point < 0x10000;
        boolean surrogate = point >= 0xD800 && point <= 0xDFFF;
        return overlong || surrogate || point > Character.MAX_CODE_POINT ? -1 : point;
    }
}
