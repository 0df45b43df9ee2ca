// SPDX-License-Identifier: Apache-2.0
package dev.openlines.harness;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/**
 * How the bytes of one request travel.
 *
 * @param kind what is done
 * @param bytes how many bytes of the body go out before the cut or the reset
 * @param pause between two bytes
 * @param borders where in the body one chunk ends and the next begins
 */
record Framing(Kind kind, int bytes, Duration pause, List<Integer> borders) {

    enum Kind {
        WHOLE,
        BYTE_AT_A_TIME,
        CUT,
        RESET,
        CHUNKED,
        EXPECT_CONTINUE
    }

    static final Framing WHOLE = new Framing(Kind.WHOLE, 0, Duration.ZERO, List.of());
    static final Framing EXPECT_CONTINUE = new Framing(Kind.EXPECT_CONTINUE, 0, Duration.ZERO, List.of());

    static Framing byteAtATime(Duration pause) {
        return new Framing(Kind.BYTE_AT_A_TIME, 0, pause, List.of());
    }

    static Framing cut(int bytes) {
        return new Framing(Kind.CUT, notNegative(bytes), Duration.ZERO, List.of());
    }

    static Framing reset(int bytes) {
        return new Framing(Kind.RESET, notNegative(bytes), Duration.ZERO, List.of());
    }

    static Framing chunked(int... borders) {
        int[] sorted = borders.clone();
        Arrays.sort(sorted);
        for (int border : sorted) {
            notNegative(border);
        }
        return new Framing(
                Kind.CHUNKED,
                0,
                Duration.ZERO,
                Arrays.stream(sorted).distinct().boxed().toList());
    }

    boolean whole() {
        return kind == Kind.WHOLE;
    }

    private static int notNegative(int bytes) {
        if (bytes < 0) {
            throw new IllegalArgumentException("expected 0 or more bytes but found " + bytes);
        }
        return bytes;
    }

    /** The head with what this way of travelling needs in it. */
    byte[] head(byte[] head) {
        if (kind != Kind.CHUNKED && kind != Kind.EXPECT_CONTINUE) {
            return head;
        }
        String text = new String(head, StandardCharsets.ISO_8859_1);
        String changed = kind == Kind.CHUNKED
                ? text.replaceFirst("(?i)\r\nContent-Length: \\d+", "\r\nTransfer-Encoding: chunked")
                : text.substring(0, text.length() - 2) + "Expect: 100-continue\r\n\r\n";
        return changed.getBytes(StandardCharsets.ISO_8859_1);
    }

    @Override
    public String toString() {
        return switch (kind) {
            case WHOLE -> "whole";
            case BYTE_AT_A_TIME -> "byte by byte, " + pause.toNanos() / 1000 + " us apart";
            case CUT -> "cut after " + bytes + " bytes of the body";
            case RESET -> "reset after " + bytes + " bytes of the body";
            case CHUNKED ->
                borders.isEmpty()
                        ? "one chunk"
                        : "chunked at " + borders.stream().map(String::valueOf).collect(Collectors.joining(", "));
            case EXPECT_CONTINUE -> "with Expect: 100-continue";
        };
    }
}
