// SPDX-License-Identifier: Apache-2.0
package dev.openlines.benchmarks;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.util.List;

/** Bodies at the default limits, built to cost as much as a body can. */
final class Hostile {

    private Hostile() {}

    static byte[][] bodies(int bytes) {
        return List.of(
                        repeat(i -> "k" + i + "=" + "%41".repeat(17), bytes),
                        repeat(i -> "a%5B" + i + "%5D=%D0%9F%D1%80%D0%B8", bytes),
                        repeat(i -> "a%5B%5D%5Bb%5D%5B%5D=1", bytes),
                        repeat(i -> "x" + "%5Ba%5D".repeat(i % 16) + "=1", bytes),
                        repeat(i -> "a%5B" + colliding(i) + "%5D=1", bytes),
                        repeat(i -> (i % 2 == 0 ? "q=1" : "q%5Bz%5D%5By%5D=1"), bytes))
                .toArray(byte[][]::new);
    }

    /** Strings of equal hash under {@code String.hashCode}. */
    private static String colliding(int i) {
        StringBuilder text = new StringBuilder();
        for (int bit = 0; bit < 12; bit++) {
            text.append((i >> bit & 1) == 0 ? "Aa" : "BB");
        }
        return text.toString();
    }

    private static byte[] repeat(java.util.function.IntFunction<String> pair, int bytes) {
        StringBuilder body = new StringBuilder("event=ONSESSIONFINISH");
        for (int i = 0; i < 998; i++) {
            String next = "&" + pair.apply(i);
            if (body.length() + next.length() > bytes) {
                break;
            }
            body.append(next);
        }
        return body.toString().getBytes(US_ASCII);
    }
}
