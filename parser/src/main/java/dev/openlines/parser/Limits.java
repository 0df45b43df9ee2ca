// SPDX-License-Identifier: Apache-2.0
package dev.openlines.parser;

/**
 * The limits on bodies. A body at a limit is read. A body beyond it causes a {@link DecodeException} of kind {@link
 * DecodeException.Kind#LIMIT}, which names the limit and the found number.
 *
 * <p>The platform lets a message have 20 000 characters. Each takes up to twelve bytes in a form and in JSON, and up to
 * four bytes once it is decoded. That makes 240 000 and 80 000 bytes in the worst case, which the defaults allow.
 *
 * @param bodyBytes size of the whole body, in bytes as received; default 524 288
 * @param pairs fields of a form, or members and elements of a JSON body; default 1 000; PHP would silently drop the
 *     rest
 * @param depth nesting of a field, in brackets or JSON containers below the top; default 16. Values over 64 count as
 *     64; PHP would silently drop the variable
 * @param keyBytes size of one field's whole name, decoded, brackets included, in bytes; default 256
 * @param valueBytes size of one value, decoded, in bytes; default 131 072
 */
public record Limits(int bodyBytes, int pairs, int depth, int keyBytes, int valueBytes) {

    /** The defaults. */
    public static final Limits DEFAULT = new Limits(524_288, 1_000, 16, 256, 131_072);

    private static final int DEEPEST = 64;

    public Limits {
        positive(bodyBytes, "bodyBytes");
        positive(pairs, "pairs");
        positive(depth, "depth");
        positive(keyBytes, "keyBytes");
        positive(valueBytes, "valueBytes");
        depth = Math.min(depth, DEEPEST);
    }

    /**
     * Returns these limits with another body size.
     *
     * @param bytes at least 1
     * @return a copy
     */
    public Limits withBodyBytes(int bytes) {
        return new Limits(bytes, pairs, depth, keyBytes, valueBytes);
    }

    /**
     * Returns these limits with another number of fields.
     *
     * @param count at least 1
     * @return a copy
     */
    public Limits withPairs(int count) {
        return new Limits(bodyBytes, count, depth, keyBytes, valueBytes);
    }

    /**
     * Returns these limits with another nesting.
     *
     * @param levels at least 1; over 64 counts as 64
     * @return a copy
     */
    public Limits withDepth(int levels) {
        return new Limits(bodyBytes, pairs, levels, keyBytes, valueBytes);
    }

    /**
     * Returns these limits with another size of a field's name.
     *
     * @param bytes at least 1
     * @return a copy
     */
    public Limits withKeyBytes(int bytes) {
        return new Limits(bodyBytes, pairs, depth, bytes, valueBytes);
    }

    /**
     * Returns these limits with another size of a value.
     *
     * @param bytes at least 1
     * @return a copy
     */
    public Limits withValueBytes(int bytes) {
        return new Limits(bodyBytes, pairs, depth, keyBytes, bytes);
    }

    private static void positive(int value, String name) {
        if (value < 1) {
            throw new IllegalArgumentException("expected " + name + " of at least 1 but found " + value);
        }
    }
}
