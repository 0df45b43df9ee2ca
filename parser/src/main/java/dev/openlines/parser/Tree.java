// SPDX-License-Identifier: Apache-2.0
package dev.openlines.parser;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Locale;
import java.util.Set;

/**
 * What a body holds, in one compact structure for both formats: nodes are numbers, their properties
 * stand in arrays, and keys and values are ranges of the body itself or, where escapes had to be
 * decoded, of a second buffer.
 *
 * <p>Containers are PHP arrays: ordered, with text and integer keys in one space, a next free index,
 * a later value replacing an earlier one in its place. Because an integer key and its canonical
 * decimal text are one key in PHP, keys are compared as bytes alone.
 *
 * <p>Children of a small container are found by walking them. From {@value #WALKED} children on they
 * are found through one hash table for all containers, whose hash is keyed by a number drawn once per
 * process: a sender cannot choose keys that collide. {@link #steps()} counts the work.
 *
 * <p>Not thread-safe. The body is referred to, not copied.
 */
final class Tree {

    static final int ROOT = 0;
    static final int NONE = -1;

    static final byte TEXT = 0;
    static final byte NUMBER = 1;
    static final byte TRUE = 2;
    static final byte FALSE = 3;
    static final byte NULL = 4;
    static final byte ARRAY = 5;

    /** A node that was made and not set yet. */
    private static final byte NEW = 6;

    /** The key, or the value, lies in the body and not in the buffer. */
    private static final byte KEY_IN_BODY = 1;

    private static final byte VALUE_IN_BODY = 2;
    private static final byte ASCII = 4;
    private static final byte REPEATED = 8;
    private static final byte NOT_LIST = 16;

    private static final long NOT_AN_INDEX = Long.MIN_VALUE;
    private static final byte[] LEAST = Long.toString(Long.MIN_VALUE).getBytes(ISO_8859_1);
    private static final Set<String> CREDENTIALS =
            Set.of("access_token", "refresh_token", "application_token", "client_secret", "auth_id", "refresh_id");
    private static final int WALKED = 16;
    private static final byte[] EMPTY = {};
    private static final long SEED0 = new SecureRandom().nextLong();
    private static final long SEED1 = new SecureRandom().nextLong();

    private byte[] body = EMPTY;
    private byte[] buffer;
    private int bufferEnd;
    /** Where the buffer may have been written to, even if what was there came to nothing. */
    private int bufferUsed;

    private int nodes;
    private byte[] kind;
    private byte[] flags;
    private int[] keyStart;
    private int[] keyLength;
    private int[] keyHash;
    /** A leaf's value, or a container's first child and last child. */
    private int[] start;

    private int[] end;
    private int[] next;
    private int[] parent;
    private int[] count;
    /** A number of its own for every array there ever was in this tree. */
    private int[] epoch;
    /** The epoch of the array a node was put into: another one by now if that array was replaced. */
    private int[] member;

    private long[] nextIndex;
    /** A bit for the hash of each key in an array: where it is not set, the key is not there. */
    private long[] keyBits;
    /** The child found last: fields are mostly read in the order they came. */
    private int[] finger;

    private int epochs;
    private int repeated;

    private int[] table = {};
    private int tableUsed;
    private long steps;

    Tree(int expectedNodes, int expectedBytes) {
        buffer = new byte[expectedBytes];
        kind = new byte[expectedNodes];
        flags = new byte[expectedNodes];
        keyStart = new int[expectedNodes];
        keyLength = new int[expectedNodes];
        keyHash = new int[expectedNodes];
        start = new int[expectedNodes];
        end = new int[expectedNodes];
        next = new int[expectedNodes];
        parent = new int[expectedNodes];
        count = new int[expectedNodes];
        epoch = new int[expectedNodes];
        member = new int[expectedNodes];
        nextIndex = new long[expectedNodes];
        keyBits = new long[expectedNodes];
        finger = new int[expectedNodes];
        reset(EMPTY);
    }

    /** Empties this tree for a new body. */
    void reset(byte[] newBody) {
        body = newBody;
        bufferEnd = 0;
        nodes = 1;
        epochs = 0;
        repeated = 0;
        steps = 0;
        if (tableUsed > 0) {
            Arrays.fill(table, 0);
            tableUsed = 0;
        }
        kind[ROOT] = ARRAY;
        flags[ROOT] = 0;
        keyLength[ROOT] = 0;
        next[ROOT] = NONE;
        parent[ROOT] = NONE;
        clearArray(ROOT);
    }

    /** Forgets the body and wipes what was decoded from it, which may hold tokens, to the end or not. */
    void wipe() {
        Arrays.fill(buffer, 0, bufferUsed, (byte) 0);
        bufferUsed = 0;
        reset(EMPTY);
    }

    /** About how many bytes this tree keeps alive. */
    int retainedBytes() {
        return buffer.length + kind.length * 62 + table.length * 4;
    }

    // ---- buffer

    byte[] body() {
        return body;
    }

    /** Returns the buffer with room for {@code bytes} more at {@link #bufferEnd()}. */
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

    // ---- writing

    /**
     * Returns the child of that key, made if need be. A new child is an empty text.
     *
     * @param inBody whether the key lies in the body or in the buffer
     */
    int child(int container, boolean inBody, int keyFrom, int keyBytes) {
        byte[] source = inBody ? body : buffer;
        int hash = Bytes.hash(source, keyFrom, keyBytes);
        int found = find(container, source, keyFrom, keyBytes, hash);
        if (found != NONE) {
            return found;
        }
        int node = append(container, inBody, keyFrom, keyBytes, hash);
        int first = keyBytes == 0 ? 0 : source[keyFrom];
        boolean list = false;
        if (first <= '9' && (first >= '0' || first == '-')) {
            long index = index(source, keyFrom, keyBytes);
            if (index != NOT_AN_INDEX || isLeast(source, keyFrom, keyBytes)) {
                list = index == count[container] - 1;
                claim(container, index);
            }
        }
        if (!list) {
            flags[container] |= NOT_LIST;
        }
        return node;
    }

    /** Returns a new child under the next free index, or {@link #NONE} where none is left. */
    int nextChild(int container) {
        long index = nextIndex[container] == Long.MIN_VALUE ? 0 : nextIndex[container];
        int from = bufferEnd;
        int length = writeDecimal(index);
        int hash = Bytes.hash(buffer, from, length);
        if (index == Long.MAX_VALUE && find(container, buffer, from, length, hash) != NONE) {
            bufferEnd = from;
            return NONE;
        }
        if (index != count[container]) {
            flags[container] |= NOT_LIST;
        }
        int node = append(container, false, from, length, hash);
        claim(container, index);
        return node;
    }

    /** Makes the node an array if it is none. What it held before is gone. */
    void array(int node) {
        if (kind[node] != ARRAY) {
            markIfRepeated(node);
            kind[node] = ARRAY;
            clearArray(node);
        }
    }

    /** Makes the node an empty array, as a JSON reader does whether or not the key came before. */
    void newArray(int node) {
        markIfRepeated(node);
        kind[node] = ARRAY;
        clearArray(node);
    }

    /** Gives the node a value; what it held before is gone. */
    void value(int node, byte newKind, boolean inBody, boolean ascii, int from, int to) {
        markIfRepeated(node);
        kind[node] = newKind;
        flags[node] =
                (byte) (flags[node] & (KEY_IN_BODY | REPEATED) | (inBody ? VALUE_IN_BODY : 0) | (ascii ? ASCII : 0));
        start[node] = from;
        end[node] = to;
    }

    private void markIfRepeated(int node) {
        if (kind[node] != NEW && (flags[node] & REPEATED) == 0) {
            flags[node] |= REPEATED;
            repeated++;
        }
    }

    private int append(int container, boolean inBody, int keyFrom, int keyBytes, int hash) {
        if (nodes == kind.length) {
            grow();
        }
        int node = nodes++;
        kind[node] = NEW;
        flags[node] = inBody ? KEY_IN_BODY : 0;
        keyStart[node] = keyFrom;
        keyLength[node] = keyBytes;
        keyHash[node] = hash;
        next[node] = NONE;
        parent[node] = container;
        member[node] = epoch[container];
        if (count[container] == 0) {
            start[container] = node;
        } else {
            next[end[container]] = node;
        }
        end[container] = node;
        count[container]++;
        keyBits[container] |= 1L << hash;
        if (count[container] == WALKED) {
            for (int sibling = start[container]; sibling != NONE; sibling = next[sibling]) {
                enter(sibling);
            }
        } else if (count[container] > WALKED) {
            enter(node);
        }
        return node;
    }

    private void clearArray(int node) {
        flags[node] &= KEY_IN_BODY | REPEATED;
        start[node] = NONE;
        end[node] = NONE;
        count[node] = 0;
        epoch[node] = epochs++;
        nextIndex[node] = Long.MIN_VALUE;
        keyBits[node] = 0;
        finger[node] = NONE;
    }

    private void claim(int container, long index) {
        if (index >= nextIndex[container]) {
            nextIndex[container] = index == Long.MAX_VALUE ? index : index + 1;
        }
    }

    private void grow() {
        int size = kind.length * 2;
        kind = Arrays.copyOf(kind, size);
        flags = Arrays.copyOf(flags, size);
        keyStart = Arrays.copyOf(keyStart, size);
        keyLength = Arrays.copyOf(keyLength, size);
        keyHash = Arrays.copyOf(keyHash, size);
        start = Arrays.copyOf(start, size);
        end = Arrays.copyOf(end, size);
        next = Arrays.copyOf(next, size);
        parent = Arrays.copyOf(parent, size);
        count = Arrays.copyOf(count, size);
        epoch = Arrays.copyOf(epoch, size);
        member = Arrays.copyOf(member, size);
        nextIndex = Arrays.copyOf(nextIndex, size);
        keyBits = Arrays.copyOf(keyBits, size);
        finger = Arrays.copyOf(finger, size);
    }

    private int writeDecimal(long value) {
        byte[] digits = Long.toString(value).getBytes(ISO_8859_1);
        System.arraycopy(digits, 0, roomFor(digits.length), bufferEnd, digits.length);
        bufferEnd += digits.length;
        return digits.length;
    }

    // ---- finding

    /** Returns the child of that name, or {@link #NONE}. */
    int find(int container, Name name) {
        return kind[container] == ARRAY ? find(container, name.bytes, 0, name.bytes.length, name.hash) : NONE;
    }

    private int find(int container, byte[] source, int from, int length, int hash) {
        steps++;
        if ((keyBits[container] & 1L << hash) == 0) {
            return NONE;
        }
        if (count[container] >= WALKED) {
            return lookUp(container, source, from, length);
        }
        int last = finger[container];
        int node = last == NONE ? start[container] : next[last];
        for (int left = count[container]; left > 0; left--) {
            if (node == NONE) {
                node = start[container];
            }
            if (keyHash[node] == hash && keyEquals(node, source, from, length)) {
                finger[container] = node;
                return node;
            }
            steps++;
            node = next[node];
        }
        return NONE;
    }

    private boolean keyEquals(int node, byte[] source, int from, int length) {
        int at = keyStart[node];
        return keyLength[node] == length
                && Arrays.equals(keySource(node), at, at + length, source, from, from + length);
    }

    private int lookUp(int container, byte[] source, int from, int length) {
        int mask = table.length - 1;
        int slot = (int) keyedHash(epoch[container], source, from, length) & mask;
        while (table[slot] != 0) {
            steps++;
            int node = table[slot];
            if (member[node] == epoch[container] && keyEquals(node, source, from, length)) {
                return node;
            }
            slot = slot + 1 & mask;
        }
        steps++;
        return NONE;
    }

    private void enter(int node) {
        if (table.length < 2 * (tableUsed + 1)) {
            int[] old = table;
            table = new int[Math.max(128, old.length * 2)];
            for (int entered : old) {
                if (entered != 0) {
                    place(entered);
                }
            }
        }
        place(node);
        tableUsed++;
    }

    private void place(int node) {
        int mask = table.length - 1;
        int slot = (int) keyedHash(member[node], keySource(node), keyStart[node], keyLength[node]) & mask;
        while (table[slot] != 0) {
            steps++;
            slot = slot + 1 & mask;
        }
        steps++;
        table[slot] = node;
    }

    /** How many nodes were looked at to find others. */
    long steps() {
        return steps;
    }

    // ---- reading

    byte kind(int node) {
        return kind[node];
    }

    boolean isArray(int node) {
        return kind[node] == ARRAY;
    }

    /** Whether an array's keys are 0, 1, 2 … in this order. An empty array is a list. */
    boolean isList(int node) {
        return (flags[node] & NOT_LIST) == 0;
    }

    int size(int node) {
        return count[node];
    }

    int firstChild(int node) {
        return start[node];
    }

    int nextSibling(int node) {
        return next[node];
    }

    int parent(int node) {
        return parent[node];
    }

    /** How many nodes had a value and were given another. */
    int repeated() {
        return repeated;
    }

    boolean isRepeated(int node) {
        return (flags[node] & REPEATED) != 0;
    }

    int nodes() {
        return nodes;
    }

    /** Whether the node can still be reached from the root: arrays that were replaced leave orphans. */
    boolean isReachable(int node) {
        for (int at = node; at != ROOT; at = parent[at]) {
            if (kind[parent[at]] != ARRAY || member[at] != epoch[parent[at]]) {
                return false;
            }
        }
        return true;
    }

    byte[] source(int node) {
        return (flags[node] & VALUE_IN_BODY) != 0 ? body : buffer;
    }

    int start(int node) {
        return start[node];
    }

    int end(int node) {
        return end[node];
    }

    int length(int node) {
        return end[node] - start[node];
    }

    /** Whether a text is this one, in ASCII. */
    boolean isText(int node, byte[] text) {
        return kind[node] == TEXT
                && end[node] - start[node] == text.length
                && Arrays.equals(source(node), start[node], end[node], text, 0, text.length);
    }

    String text(int node) {
        byte[] source = source(node);
        return (flags[node] & ASCII) != 0
                ? new String(source, start[node], end[node] - start[node], ISO_8859_1)
                : Utf8.decode(source, start[node], end[node]);
    }

    private byte[] keySource(int node) {
        return (flags[node] & KEY_IN_BODY) != 0 ? body : buffer;
    }

    String key(int node) {
        return Utf8.decode(keySource(node), keyStart[node], keyStart[node] + keyLength[node]);
    }

    int compareKeys(int a, int b) {
        return Arrays.compareUnsigned(
                keySource(a),
                keyStart[a],
                keyStart[a] + keyLength[a],
                keySource(b),
                keyStart[b],
                keyStart[b] + keyLength[b]);
    }

    byte[] keyBytes(int node) {
        return Arrays.copyOfRange(keySource(node), keyStart[node], keyStart[node] + keyLength[node]);
    }

    /** Whether the node's key is a number that is not negative. */
    boolean isNumbered(int node) {
        return keyLength[node] > 0 && number(node) >= 0;
    }

    /** Returns the number that is the node's key, or {@link #NOT_AN_INDEX}. */
    long number(int node) {
        return index(keySource(node), keyStart[node], keyLength[node]);
    }

    /** Whether the node's key names something that grants access. */
    boolean isCredential(int node) {
        return switch (keyLength[node]) {
            case 7, 10, 12, 13, 17 -> CREDENTIALS.contains(key(node).toLowerCase(Locale.ROOT));
            default -> false;
        };
    }

    /** Returns the node's place, in which only names of fields and indexes are shown. */
    String path(int node) {
        StringBuilder path = new StringBuilder();
        for (int at = node; at != ROOT; at = parent[at]) {
            String key = key(at);
            String part = isIndex(key) ? "[" + key + "]" : Name.isKnown(key) ? "." + key : ".*";
            path.insert(0, part);
        }
        return path.insert(0, '$').toString();
    }

    private static boolean isIndex(String key) {
        return !key.isEmpty() && key.length() <= 4 && key.chars().allMatch(c -> c >= '0' && c <= '9');
    }

    // ---- keys

    private static boolean isLeast(byte[] source, int from, int length) {
        return length == LEAST.length && Arrays.equals(source, from, from + length, LEAST, 0, length);
    }

    /** Returns the integer that PHP makes of a key, or {@link #NOT_AN_INDEX} where it stays text. */
    static long index(byte[] source, int from, int length) {
        int at = from;
        int to = from + length;
        boolean negative = source[at] == '-';
        if (negative) {
            at++;
        }
        if (at == to || to - at > 19 || (source[at] == '0' && length > 1)) {
            return NOT_AN_INDEX;
        }
        long value = 0;
        for (; at < to; at++) {
            int digit = source[at] - '0';
            if (digit < 0 || digit > 9) {
                return NOT_AN_INDEX;
            }
            value = value * 10 + digit;
        }
        // Nineteen digits fit a long or wrap into the negative exactly once.
        return value < 0 ? NOT_AN_INDEX : negative ? -value : value;
    }

    /** SipHash-1-3 of an array's number and a key, keyed by this process. */
    private static long keyedHash(int array, byte[] source, int from, int length) {
        long v0 = SEED0 ^ 0x736f6d6570736575L;
        long v1 = SEED1 ^ 0x646f72616e646f6dL;
        long v2 = SEED0 ^ 0x6c7967656e657261L;
        long v3 = SEED1 ^ 0x7465646279746573L;
        int at = from;
        int to = from + length;
        long word = array;
        boolean last = false;
        while (true) {
            v3 ^= word;
            v0 += v1;
            v1 = Long.rotateLeft(v1, 13) ^ v0;
            v0 = Long.rotateLeft(v0, 32);
            v2 += v3;
            v3 = Long.rotateLeft(v3, 16) ^ v2;
            v0 += v3;
            v3 = Long.rotateLeft(v3, 21) ^ v0;
            v2 += v1;
            v1 = Long.rotateLeft(v1, 17) ^ v2;
            v2 = Long.rotateLeft(v2, 32);
            v0 ^= word;
            if (last) {
                break;
            }
            if (to - at >= 8) {
                word = Bytes.longAt(source, at);
                at += 8;
            } else {
                word = (long) length << 56;
                for (int i = 0; at < to; i += 8) {
                    word |= (source[at++] & 0xffL) << i;
                }
                last = true;
            }
        }
        v2 ^= 0xff;
        for (int i = 0; i < 3; i++) {
            v0 += v1;
            v1 = Long.rotateLeft(v1, 13) ^ v0;
            v0 = Long.rotateLeft(v0, 32);
            v2 += v3;
            v3 = Long.rotateLeft(v3, 16) ^ v2;
            v0 += v3;
            v3 = Long.rotateLeft(v3, 21) ^ v0;
            v2 += v1;
            v1 = Long.rotateLeft(v1, 17) ^ v2;
            v2 = Long.rotateLeft(v2, 32);
        }
        return v0 ^ v1 ^ v2 ^ v3;
    }
}
