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

    static void putLong(byte[] bytes, int at, long word) {
        LONGS.set(bytes, at, word);
    }

    /** Returns how many of eight bytes come before the first that is below {@code ','}: {@code %} and {@code +} are. */
    static int countPlain(long word) {
        return Long.numberOfTrailingZeros(word - ONES * ',' & ~word & HIGHS) >>> 3;
    }

    /** Returns the highest bit of each of the first {@code count} of eight bytes. */
    static long highBits(long word, int count) {
        return count == 8 ? word & HIGHS : word & HIGHS & (1L << 8 * count) - 1;
    }

    /**
     * Marks the bytes that are {@code c}. Bytes after the first mark may be marked wrongly, the first
     * never is.
     */
    private static long marks(long word, int c) {
        long zeroes = word ^ ONES * c;
        return zeroes - ONES & ~zeroes & HIGHS;
    }

    /** Returns the first place of either byte, or the end of the array. */
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

    /** Returns the first place of the byte, or the end of the array. */
    static int indexOf(byte[] bytes, int from, char c) {
        return indexOfEither(bytes, from, c, c);
    }

    /** Returns where a byte of {@code &}, {@code %}, {@code +} or beyond ASCII is first, or the end. */
    static int endOfPlain(byte[] bytes, int from) {
        int at = from;
        while (at + 8 <= bytes.length) {
            long word = longAt(bytes, at);
            // One test covers all three: they are below ',', as are few other bytes of values.
            long candidates = (word - ONES * ',' | word) & HIGHS;
            if (candidates == 0) {
                at += 8;
                continue;
            }
            at += Long.numberOfTrailingZeros(candidates) >>> 3;
            if (!isPlain(bytes[at])) {
                return at;
            }
            at++;
        }
        while (at < bytes.length && isPlain(bytes[at])) {
            at++;
        }
        return at;
    }

    private static boolean isPlain(byte b) {
        return b >= 0 && b != '&' && b != '%' && b != '+';
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

    /** Returns the number of decimal digits, or -1 if a byte is no digit or the number does not fit a long. */
    static long decimal(byte[] bytes, int from, int to) {
        int length = to - from;
        if (length > 16 || to < (length > 8 ? 16 : 8)) {
            return longDecimal(bytes, from, to);
        }
        if (length <= 8) {
            return lastDigits(bytes, to, length);
        }
        long high = lastDigits(bytes, to - 8, length - 8);
        long low = lastDigits(bytes, to, 8);
        return high < 0 || low < 0 ? -1 : high * 100_000_000 + low;
    }

    private static long longDecimal(byte[] bytes, int from, int to) {
        long value = 0;
        for (int i = from; i < to; i++) {
            int digit = bytes[i] - '0';
            if (digit < 0 || digit > 9 || value > (Long.MAX_VALUE - digit) / 10) {
                return -1;
            }
            value = value * 10 + digit;
        }
        return value;
    }

    /** Reads up to eight digits before {@code to} at once: first in pairs, then in fours, then all. */
    private static long lastDigits(byte[] bytes, int to, int length) {
        long others = length == 8 ? 0 : -1L >>> 8 * length;
        long word = longAt(bytes, to - 8) & ~others | ONES * '0' & others;
        long digits = word ^ ONES * '0';
        if (((digits + ONES * 6 | digits) & 0xf0f0f0f0f0f0f0f0L) != 0) {
            return -1;
        }
        long pairs = digits * 10 + (digits >>> 8) & 0x00ff00ff00ff00ffL;
        long fours = pairs * 100 + (pairs >>> 16) & 0x0000ffff0000ffffL;
        return fours * 10_000 + (fours >>> 32) & 0xffffffffL;
    }

    /**
     * Returns whether two ranges are equal. For short ranges such as names, whose ends differ more often than their
     * beginnings, this is quicker than {@link java.util.Arrays}.
     */
    static boolean equal(byte[] a, int aFrom, byte[] b, int bFrom, int length) {
        int rest = length - 8;
        if (rest < 0) {
            for (int i = 0; i < length; i++) {
                if (a[aFrom + i] != b[bFrom + i]) {
                    return false;
                }
            }
            return true;
        }
        if (longAt(a, aFrom + rest) != longAt(b, bFrom + rest)) {
            return false;
        }
        for (int i = 0; i < rest; i += 8) {
            if (longAt(a, aFrom + i) != longAt(b, bFrom + i)) {
                return false;
            }
        }
        return true;
    }

    /** Returns a quick hash, for comparing a few children. It is not for hash tables. */
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
