// SPDX-License-Identifier: Apache-2.0
package dev.openlines.portal.wire;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/**
 * The way that the bytes of one request travel.
 *
 * @param kind the kind of framing
 * @param bytes how many bytes of the body go out before the cut or the reset
 * @param pause between two bytes
 * @param borders the places in the body that divide it into chunks
 */
public record Framing(Kind kind, int bytes, Duration pause, List<Integer> borders) {

    /** The kinds of framing. */
    public enum Kind {
        /** All at once. */
        WHOLE,
        /** One byte after the other, each in a packet of its own. */
        BYTE_AT_A_TIME,
        /** Ends the sending side within the body. */
        CUT,
        /** Resets the connection within the body. */
        RESET,
        /** In chunks instead of with a length. */
        CHUNKED,
        /** Asks with {@code Expect: 100-continue} before it sends the body. */
        EXPECT_CONTINUE
    }

    /** Sends everything at once, as the platform does. */
    public static final Framing WHOLE = new Framing(Kind.WHOLE, 0, Duration.ZERO, List.of());
    /** The body only after the handler has answered {@code 100 Continue}, or after a second. */
    public static final Framing EXPECT_CONTINUE = new Framing(Kind.EXPECT_CONTINUE, 0, Duration.ZERO, List.of());

    /**
     * Returns a framing that writes one byte after the other.
     *
     * @param pause between two bytes
     * @return such a framing
     */
    public static Framing byteAtATime(Duration pause) {
        return new Framing(Kind.BYTE_AT_A_TIME, 0, pause, List.of());
    }

    /**
     * Returns a framing that ends the sending side within the body.
     *
     * @param bytes how many bytes of the body go out
     * @return such a framing
     */
    public static Framing cut(int bytes) {
        return new Framing(Kind.CUT, notNegative(bytes), Duration.ZERO, List.of());
    }

    /**
     * Returns a framing that resets the connection within the body.
     *
     * @param bytes how many bytes of the body go out
     * @return such a framing
     */
    public static Framing reset(int bytes) {
        return new Framing(Kind.RESET, notNegative(bytes), Duration.ZERO, List.of());
    }

    /**
     * Returns a framing in chunks.
     *
     * @param borders offsets in the body that divide it into chunks; none for one chunk
     * @return such a framing
     */
    public static Framing chunked(int... borders) {
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

    /**
     * Returns true if the request is sent as the platform does.
     *
     * @return whether the kind is {@link Kind#WHOLE}
     */
    public boolean whole() {
        return kind == Kind.WHOLE;
    }

    private static int notNegative(int bytes) {
        if (bytes < 0) {
            throw new IllegalArgumentException("expected 0 or more bytes but found " + bytes);
        }
        return bytes;
    }

    /**
     * Returns a head with the header lines that this framing needs.
     *
     * @param head request line and header lines
     * @return the head as it is sent
     */
    public byte[] head(byte[] head) {
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
