// SPDX-License-Identifier: Apache-2.0
package dev.openlines.parser;

import java.util.Random;
import java.util.stream.Stream;

/**
 * Seeds for tests with random data. Each run takes new ones, and a test's name says which it had;
 * {@code -Dseed=N} repeats that one alone.
 */
final class Seeds {

    private Seeds() {}

    static Stream<Long> ten() {
        return some(10);
    }

    static Stream<Long> one() {
        return some(1);
    }

    private static Stream<Long> some(int count) {
        Long given = Long.getLong("seed");
        return given != null
                ? Stream.of(given)
                : new Random().longs(count, 0, 1L << 40).boxed();
    }
}
