// SPDX-License-Identifier: Apache-2.0
package dev.openlines.parser;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigInteger;
import java.util.Arrays;
import java.util.Random;
import java.util.function.IntPredicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Each search against a loop, for every byte, in every place of a word and of the rest after it. */
class BytesTest {

    @ParameterizedTest
    @ValueSource(bytes = {'a', '~', ' ', 1, '\'', '$', -128})
    void searchesFindWhatALoopFinds(byte filled) {
        for (int length = 0; length <= 20; length++) {
            for (int at = 0; at < length; at++) {
                for (int b = 0; b < 256; b++) {
                    byte[] bytes = new byte[length];
                    Arrays.fill(bytes, filled);
                    bytes[at] = (byte) b;
                    if (at + 1 < length) {
                        bytes[at + 1] = (byte) (b + 1);
                    }
                    check(bytes, 0);
                    check(bytes, Math.min(3, length));
                }
            }
        }
    }

    @Test
    void digitsAreReadAsALongReadsThem() {
        Random random = new Random(1);
        for (int length = 0; length <= 20; length++) {
            for (int before = 0; before <= 17; before++) {
                for (int round = 0; round < 40; round++) {
                    byte[] bytes = new byte[before + length + random.nextInt(3)];
                    random.nextBytes(bytes);
                    for (int i = before; i < before + length; i++) {
                        bytes[i] = (byte) ('0' + random.nextInt(10));
                    }
                    String digits = new String(bytes, before, length, ISO_8859_1);
                    BigInteger value = new BigInteger("0" + digits);
                    long expected = value.bitLength() < 64 ? value.longValue() : -1;
                    assertThat(Bytes.decimal(bytes, before, before + length))
                            .as(digits)
                            .isEqualTo(expected);
                }
            }
        }
    }

    @Test
    void aByteThatIsNoDigitMakesNoNumber() {
        for (int length = 1; length <= 18; length++) {
            for (int at = 0; at < length; at++) {
                for (int b = 0; b < 256; b++) {
                    byte[] bytes = "0".repeat(16 + length).getBytes(ISO_8859_1);
                    bytes[16 + at] = (byte) b;
                    long found = Bytes.decimal(bytes, 16, 16 + length);
                    if ((found < 0) == (b >= '0' && b <= '9')) {
                        assertThat(found)
                                .as("byte %d at %d of %d", b, at, length)
                                .isEqualTo(b - '0');
                    }
                }
            }
        }
    }

    @Test
    void bytesBeforeTheFirstBelowTheCommaAreCounted() {
        for (int b = 0; b < 256; b++) {
            for (int plain = 0; plain < 8; plain++) {
                byte[] bytes = ("a".repeat(plain) + (char) b + "\u00ff%zz,abcd").getBytes(ISO_8859_1);
                int expected = b < ',' ? plain : Math.min(8, plain + 2);
                assertThat(Bytes.countPlain(Bytes.longAt(bytes, 0)))
                        .as("byte %d after %d", b, plain)
                        .isEqualTo(expected);
            }
        }
    }

    @Test
    void onlyTheHighBitsOfCountedBytesAreSeen() {
        for (int at = 0; at < 8; at++) {
            byte[] bytes = new byte[8];
            bytes[at] = (byte) 0x80;
            for (int count = 0; count <= 8; count++) {
                assertThat(Bytes.highBits(Bytes.longAt(bytes, 0), count) != 0).isEqualTo(at < count);
                assertThat(Bytes.highBits(0x7f7f7f7f7f7f7f7fL, count)).isZero();
            }
        }
    }

    @Test
    void aPlainValueEndsAtAnyOfFourKindsOfBytesAndAtNoOther() {
        for (int b = 0; b < 256; b++) {
            boolean ends = b == '&' || b == '%' || b == '+' || b > 127;
            for (int at = 0; at < 20; at++) {
                byte[] bytes = ("=" + "*".repeat(at) + (char) b + "-.,!a&").getBytes(ISO_8859_1);
                assertThat(Bytes.endOfPlain(bytes, 1))
                        .as("byte %d at %d", b, at)
                        .isEqualTo(ends ? at + 1 : bytes.length - 1);
            }
        }
        assertThat(Bytes.endOfPlain("aaaaaaaaaaaaa".getBytes(ISO_8859_1), 2)).isEqualTo(13);
        assertThat(Bytes.endOfPlain(new byte[0], 0)).isZero();
    }

    @Test
    void rangesAreEqualWhereEachByteIs() {
        for (int length = 0; length <= 40; length++) {
            byte[] a =
                    ("xx" + "0123456789abcdefghijklmnopqrstuvwxyzABCD".substring(0, length) + "y").getBytes(ISO_8859_1);
            byte[] b =
                    ("x" + "0123456789abcdefghijklmnopqrstuvwxyzABCD".substring(0, length) + "zz").getBytes(ISO_8859_1);
            assertThat(Bytes.equal(a, 2, b, 1, length)).isTrue();
            for (int at = 0; at < length; at++) {
                byte[] other = b.clone();
                other[1 + at] ^= 1;
                assertThat(Bytes.equal(a, 2, other, 1, length))
                        .as("%d of %d", at, length)
                        .isFalse();
            }
        }
    }

    @Test
    void rangesAreEqualToTheLastByte() {
        for (int length = 0; length <= 20; length++) {
            byte[] a = new byte[length + 1];
            byte[] b = new byte[length + 2];
            b[length + 1] = 1;
            assertThat(Bytes.equal(a, 1, b, 1, length)).isTrue();
            for (int at = 0; at < length; at++) {
                b[1 + at] = 1;
                assertThat(Bytes.equal(a, 1, b, 1, length)).isFalse();
                b[1 + at] = 0;
            }
        }
    }

    private static void check(byte[] bytes, int from) {
        same(bytes, Bytes.indexOfEither(bytes, from, '=', '&'), from, b -> b == '=' || b == '&');
        same(bytes, Bytes.indexOf(bytes, from, '&'), from, b -> b == '&');
        same(bytes, Bytes.endOfPlain(bytes, from), from, b -> b == '&' || b == '%' || b == '+' || b < 0);
        same(bytes, Bytes.endOfPlainString(bytes, from), from, b -> b == '"' || b == '\\' || b < ' ');
    }

    private static void same(byte[] bytes, int found, int from, IntPredicate isSought) {
        int at = from;
        while (at < bytes.length && !isSought.test(bytes[at])) {
            at++;
        }
        if (found != at) {
            assertThat(found).as(new String(bytes, ISO_8859_1)).isEqualTo(at);
        }
    }
}
