// SPDX-License-Identifier: Apache-2.0
package dev.openlines.parser;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.function.IntPredicate;
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
