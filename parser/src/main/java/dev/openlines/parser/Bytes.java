// SPDX-License-Identifier: Apache-2.0
package dev.openlines.parser;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** Searches bytes eight at a time. */
final class Bytes {

    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final long ONES = 0x0101010101010101L;
    private static final long HIGHS = 0x8080808080808080L;

    private Bytes() {}

    static long longAt(byte[] bytes, int at) {
        return (long) LONGS.get(bytes, at);
    }

    /**
     * Marks the bytes that are {@code c}. Bytes after the first mark may be marked wrongly, the first
     * never is.
     */
    private static long marks(long word, int c) {
        long zeroes = word ^ ONES * c;
        return zeroes - ONES & ~zeroes & HIGHS;
    }

    /** Returns where either byte is first, or the end of the array. */
    static int indexOfEither(byte[] bytes, int from, char a, char b) {
        int at = from;
        for (; at + 8 <= bytes.length; at += 8) {
            long word = longAt(bytes, at);
            long marks = marks(word, a) | marks(word, b);
            if (marks != 0) {
                return at + (Long.numberOfTrailingZeros(marks) >>> 3);
            }
        }
        while (at < bytes.length && bytes[at] != a && bytes[at] != b) {
            at++;
        }
        return at;
    }

    /** Returns where the byte is first, or the end of the array. */
    static int indexOf(byte[] bytes, int from, char c) {
        return indexOfEither(bytes, from, c, c);
    }

    /** Returns where a byte of {@code &}, {@code %}, {@code +} or beyond ASCII is first, or the end. */
    static int endOfPlain(byte[] bytes, int from) {
        int at = from;
        for (; at + 8 <= bytes.length; at += 8) {
            long word = longAt(bytes, at);
            long marks = marks(word, '&') | marks(word, '%') | marks(word, '+') | word & HIGHS;
            if (marks != 0) {
                return at + (Long.numberOfTrailingZeros(marks) >>> 3);
            }
        }
        while (at < bytes.length && bytes[at] != '&' && bytes[at] != '%' && bytes[at] != '+' && bytes[at] >= 0) {
            at++;
        }
        return at;
    }

    /** Returns where a quote, a backslash, a control character or a byte beyond ASCII is first, or the end. */
    static int endOfPlainString(byte[] bytes, int from) {
        int at = from;
        for (; at + 8 <= bytes.length; at += 8) {
            long word = longAt(bytes, at);
            long controls = word - ONES * ' ' & ~word & HIGHS;
            long marks = marks(word, '"') | marks(word, '\\') | controls | word & HIGHS;
            if (marks != 0) {
                return at + (Long.numberOfTrailingZeros(marks) >>> 3);
            }
        }
        while (at < bytes.length && bytes[at] != '"' && bytes[at] != '\\' && bytes[at] >= ' ') {
            at++;
        }
        return at;
    }

    /** A cheap hash, for walking few children and not for tables. */
    static int hash(byte[] bytes, int from, int length) {
        long mixed;
        if (length >= 8) {
            mixed = longAt(bytes, from) * 31 + longAt(bytes, from + length - 8);
        } else {
            mixed = 0;
            for (int i = from; i < from + length; i++) {
                mixed = mixed << 8 | bytes[i] & 0xff;
            }
        }
        mixed = (mixed + length) * 0x9E3779B97F4A7C15L;
        return (int) (mixed >>> 32);
    }
}
