// SPDX-License-Identifier: Apache-2.0
package dev.openlines.parser;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The contents of a body, in one structure for both formats: nodes, and a buffer for the keys and values whose escapes
 * were decoded. The nodes are reused for the next body.
 *
 * <p>Not thread-safe while it is filled. Afterwards threads may share it. Reading changes only a hint for the next
 * look-up, which may be any child, and {@link #steps()}, which may then be inexact. The body is referred to, not
 * copied.
 */
final class Tree {

    /** The approximate size of a node in bytes. */
    static final int NODE_BYTES = 96;

    private static final byte[] EMPTY = {};

    private byte[] body = EMPTY;
    private byte[] buffer;
    private int bufferEnd;
    /** The end of the part of the buffer that may have been written to, even if nothing of it is in use. */
    private int bufferUsed;

    private final Node root = new Node(this);
    /** All nodes except the root, the oldest first; null if none was needed yet. */
    private @Nullable Node[] nodes;

    private int nodesUsed;
    private int repeated;
    private long steps;

    Tree(int expectedNodes, int expectedBytes) {
        buffer = new byte[expectedBytes];
        nodes = new Node[expectedNodes];
        reset(EMPTY);
    }

    /** Empties this tree for a new body. */
    void reset(byte[] newBody) {
        body = newBody;
        bufferEnd = 0;
        for (int i = 0; i < nodesUsed; i++) {
            Node node = nodes[i];
            if (node != null) {
                node.forgetTable();
            }
        }
        nodesUsed = 0;
        repeated = 0;
        steps = 0;
        root.becomeRoot();
    }

    /** Releases the body and wipes all decoded bytes, which may hold tokens. */
    void wipe() {
        Arrays.fill(buffer, 0, bufferUsed, (byte) 0);
        bufferUsed = 0;
        reset(EMPTY);
    }

    /** Returns the approximate number of bytes that this tree keeps alive. */
    int retainedBytes() {
        return buffer.length + nodes.length * NODE_BYTES;
    }

    Node root() {
        return root;
    }

    /** Returns the child of the root of that name, or null. */
    @Nullable
    Node find(Name name) {
        return root.find(name);
    }

    /** Returns the number of nodes that were made, the root and those that were replaced included. */
    int nodes() {
        return 1 + nodesUsed;
    }

    Node newNode() {
        if (nodesUsed == nodes.length) {
            nodes = Arrays.copyOf(nodes, 2 * nodesUsed);
        }
        Node node = nodes[nodesUsed];
        if (node == null) {
            node = new Node(this);
            nodes[nodesUsed] = node;
        }
        nodesUsed++;
        return node;
    }

    /** Returns the number of nodes that had a value and were given another. */
    int repeated() {
        return repeated;
    }

    void noteRepeated() {
        repeated++;
    }

    /** Returns how many nodes were compared in look-ups. */
    long steps() {
        return steps;
    }

    void step() {
        steps++;
    }

    // ---- bytes

    /** Returns the body or the buffer. */
    byte[] bytes(boolean ofBody) {
        return ofBody ? body : buffer;
    }

    /** Returns the buffer, with space for {@code bytes} more at {@link #bufferEnd()}. */
    byte[] roomFor(int bytes) {
        if (buffer.length - bufferEnd < bytes) {
            buffer = Arrays.copyOf(buffer, Math.max(buffer.length * 2, bufferEnd + bytes));
        }
        bufferUsed = Math.max(bufferUsed, bufferEnd + bytes);
        return buffer;
    }

    int bufferEnd() {
        return bufferEnd;
    }

    void bufferEnd(int newEnd) {
        bufferEnd = newEnd;
    }

    /** Appends a number to the buffer and returns how many bytes it takes. */
    int writeDecimal(long value) {
        byte[] digits = Long.toString(value).getBytes(ISO_8859_1);
        System.arraycopy(digits, 0, roomFor(digits.length), bufferEnd, digits.length);
        bufferEnd += digits.length;
        return digits.length;
    }

    // ---- hash tables

    Key key(byte[] source, int from, int length) {
        return new Key(source, from, length);
    }

    /** A key in the hash table of an array with many children. */
    final class Key {

        private final byte[] source;
        private final int from;
        private final int length;
        private final int hash;

        private Key(byte[] source, int from, int length) {
            this.source = source;
            this.from = from;
            this.length = length;
            this.hash = SipHash.hash(source, from, length);
        }

        @Override
        public int hashCode() {
            return hash;
        }

        @Override
        public boolean equals(@Nullable Object other) {
            steps++;
            return other instanceof Key that
                    && length == that.length
                    && Bytes.equal(source, from, that.source, that.from, length);
        }
    }
}
