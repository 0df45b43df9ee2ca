// SPDX-License-Identifier: Apache-2.0
package dev.openlines.parser;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Locale;
import java.util.Set;

/**
 * The contents of a body, in one compact structure for both formats: nodes are numbers, their properties stand in
 * arrays, and keys and values are ranges of the body itself or, if escapes had to be decoded, of a second buffer.
 *
 * <p>Containers are PHP arrays: ordered, with text and integer keys in one space, a next free index,
 * a later value replacing an earlier one in its place. Because an integer key and its canonical
 * decimal text are one key in PHP, keys are compared as bytes alone.
 *
 * <p>Children of a small container are found by walking them. From {@value #WALKED} children on they
 * are found through one hash table for all containers, whose hash is keyed by a number drawn once per
 * process: a sender cannot choose keys that collide. {@link #steps()} counts the work.
 *
 * <p>Not thread-safe while it is filled. Afterwards threads may share it, for reading writes nothing but
 * {@link #steps()}, which then miscounts. The body is referred to, not copied.
 */
final class Tree {

    static final int ROOT = 0;
    static final int NONE = -1;

    static final int TEXT = 0;
    static final int NUMBER = 1;
    static final int TRUE = 2;
    static final int FALSE = 3;
    static final int NULL = 4;
    static final int ARRAY = 5;

    /** A node that was made and not set yet. */
    private static final int NEW = 6;

    /** The key, or the value, lies in the body and not in the buffer. */
    private static final int KEY_IN_BODY = 1;

    private static final int VALUE_IN_BODY = 2;
    private static final int ASCII = 4;
    private static final int REPEATED = 8;
    private static final int NOT_LIST = 16;

    private static final long NOT_AN_INDEX = Long.MIN_VALUE;
    private static final byte[] LEAST = Long.toString(Long.MIN_VALUE).getBytes(ISO_8859_1);
    private static final Set<String> CREDENTIALS = Set.of(
            "access_token", "refresh_token", "application_token", "client_secret", "auth_id", "refresh_id", "token");
    private static final int WALKED = 16;
    private static final byte[] EMPTY = {};
    private static final long SEED0 = new SecureRandom().nextLong();
    private static final long SEED1 = new SecureRandom().nextLong();

    private byte[] body = EMPTY;
    private byte[] buffer;
    private int bufferEnd;
    /** The end of the part of the buffer that may have been written to, even if nothing of it was kept. */
    private int bufferUsed;

    // The fields of each node in {@link #cells}, counted from the node's own number.
    private static final int KIND = 0;
    private static final int FLAGS = 1;
    private static final int KEY_START = 2;
    private static final int KEY_LENGTH = 3;
    private static final int KEY_HASH = 4;
    /** The beginning of a leaf's value, or an array's first child. */
    private static final int START = 5;
    /** The end of a leaf's value, or an array's last child. */
    private static final int END = 6;

    private static final int NEXT = 7;
    private static final int PARENT = 8;
    /** The epoch of the array a node was put into: another one by now if that array was replaced. */
    private static final int MEMBER = 9;
    /** The number of children of an array. */
    private static final int COUNT = 10;
    /** A number of its own for every array there ever was in this tree. */
    private static final int EPOCH = 11;

    private static final int SIZE = 12;

    /** All nodes: a node's number is where it begins. */
    private int[] cells;
    /** The beginning of the next node. */
    private int nodes;

    /** By epoch: the index that an array gives its next child. */
    private long[] nextIndex;
    /** By epoch: a bit for the hash of each key in an array. If it is not set, the key is not there. */
    private long[] keyBits;
    /** The node to look at first for a key, by {@link #hint}; it may be of another body. */
    private final int[] hints;

    private int epochs;
    private int repeated;

    private int[] table = {};
    private int tableUsed;
    private long steps;

    Tree(int expectedNodes, int expectedBytes) {
        buffer = new byte[expectedBytes];
        cells = new int[expectedNodes * SIZE];
        nextIndex = new long[expectedNodes / 2];
        keyBits = new long[expectedNodes / 2];
        hints = new int[4 * Integer.highestOneBit(expectedNodes)];
        reset(EMPTY);
    }

    /** Empties this tree for a new body. */
    void reset(byte[] newBody) {
        body = newBody;
        bufferEnd = 0;
        nodes = SIZE;
        epochs = 0;
        repeated = 0;
        steps = 0;
        if (tableUsed > 0) {
            Arrays.fill(table, 0);
            tableUsed = 0;
        }
        cells[ROOT + KIND] = ARRAY;
        cells[ROOT + FLAGS] = 0;
        cells[ROOT + KEY_LENGTH] = 0;
        cells[ROOT + NEXT] = NONE;
        cells[ROOT + PARENT] = NONE;
        cells[ROOT + MEMBER] = NONE;
        clearArray(ROOT);
    }

    /** Forgets the body and wipes what was decoded from it, which may hold tokens, to the end or not. */
    void wipe() {
        Arrays.fill(buffer, 0, bufferUsed, (byte) 0);
        bufferUsed = 0;
        reset(EMPTY);
    }

    /** Returns about how many bytes this tree keeps alive. */
    int retainedBytes() {
        return buffer.length + (cells.length + hints.length) * 4 + nextIndex.length * 16 + table.length * 4;
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
        return child(container, inBody, keyFrom, keyBytes, Bytes.hash(source, keyFrom, keyBytes));
    }

    /** Finds a child like {@link #child(int, boolean, int, int)}, by the key's known {@link Bytes#hash}. */
    int child(int container, boolean inBody, int keyFrom, int keyBytes, int hash) {
        byte[] source = inBody ? body : buffer;
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
                list = index == cells[container + COUNT] - 1;
                claim(container, index);
            }
        }
        if (!list) {
            cells[container + FLAGS] |= NOT_LIST;
        }
        return node;
    }

    /** Returns a new child under the next free index, or {@link #NONE} where none is left. */
    int nextChild(int container) {
        long index = nextIndex[cells[container + EPOCH]] == Long.MIN_VALUE ? 0 : nextIndex[cells[container + EPOCH]];
        int from = bufferEnd;
        int length = writeDecimal(index);
        int hash = Bytes.hash(buffer, from, length);
        if (index == Long.MAX_VALUE && find(container, buffer, from, length, hash) != NONE) {
            bufferEnd = from;
            return NONE;
        }
        if (index != cells[container + COUNT]) {
            cells[container + FLAGS] |= NOT_LIST;
        }
        int node = append(container, false, from, length, hash);
        claim(container, index);
        return node;
    }

    /** Makes the node an array if it is none. Its earlier contents are gone. */
    void array(int node) {
        if (cells[node + KIND] != ARRAY) {
            markIfRepeated(node);
            cells[node + KIND] = ARRAY;
            clearArray(node);
        }
    }

    /** Makes the node an empty array, as a JSON reader does whether or not the key came before. */
    void newArray(int node) {
        markIfRepeated(node);
        cells[node + KIND] = ARRAY;
        clearArray(node);
    }

    /** Gives the node a value; what it held before is gone. */
    void value(int node, int newKind, boolean inBody, boolean ascii, int from, int to) {
        markIfRepeated(node);
        cells[node + KIND] = newKind;
        cells[node + FLAGS] =
                cells[node + FLAGS] & (KEY_IN_BODY | REPEATED) | (inBody ? VALUE_IN_BODY : 0) | (ascii ? ASCII : 0);
        cells[node + START] = from;
        cells[node + END] = to;
    }

    private void markIfRepeated(int node) {
        if (cells[node + KIND] != NEW && (cells[node + FLAGS] & REPEATED) == 0) {
            cells[node + FLAGS] |= REPEATED;
            repeated++;
        }
    }

    private int append(int container, boolean inBody, int keyFrom, int keyBytes, int hash) {
        int node = nodes;
        nodes += SIZE;
        if (nodes > cells.length) {
            cells = Arrays.copyOf(cells, Math.multiplyExact(cells.length, 2));
        }
        cells[node + KIND] = NEW;
        cells[node + FLAGS] = inBody ? KEY_IN_BODY : 0;
        cells[node + KEY_START] = keyFrom;
        cells[node + KEY_LENGTH] = keyBytes;
        cells[node + KEY_HASH] = hash;
        cells[node + NEXT] = NONE;
        cells[node + PARENT] = container;
        cells[node + MEMBER] = cells[container + EPOCH];
        if (cells[container + COUNT] == 0) {
            cells[container + START] = node;
        } else {
            cells[cells[container + END] + NEXT] = node;
        }
        cells[container + END] = node;
        cells[container + COUNT]++;
        keyBits[cells[container + EPOCH]] |= 1L << hash;
        hints[hint(container, hash)] = node;
        if (cells[container + COUNT] == WALKED) {
            for (int sibling = cells[container + START]; sibling != NONE; sibling = cells[sibling + NEXT]) {
                enter(sibling);
            }
        } else if (cells[container + COUNT] > WALKED) {
            enter(node);
        }
        return node;
    }

    private void clearArray(int node) {
        cells[node + FLAGS] &= KEY_IN_BODY | REPEATED;
        cells[node + START] = NONE;
        cells[node + END] = NONE;
        cells[node + COUNT] = 0;
        int epoch = epochs++;
        if (epoch == nextIndex.length) {
            nextIndex = Arrays.copyOf(nextIndex, 2 * epoch);
            keyBits = Arrays.copyOf(keyBits, 2 * epoch);
        }
        cells[node + EPOCH] = epoch;
        nextIndex[epoch] = Long.MIN_VALUE;
        keyBits[epoch] = 0;
    }

    private void claim(int container, long index) {
        if (index >= nextIndex[cells[container + EPOCH]]) {
            nextIndex[cells[container + EPOCH]] = index == Long.MAX_VALUE ? index : index + 1;
        }
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
        if (cells[container + KIND] != ARRAY || (keyBits[cells[container + EPOCH]] & 1L << name.hash) == 0) {
            return NONE;
        }
        int hinted = hints[hint(container, name.hash)];
        return hinted < nodes
                        && cells[hinted + MEMBER] == cells[container + EPOCH]
                        && cells[hinted + KEY_LENGTH] == name.bytes.length
                        && name.isAt(keySource(hinted), cells[hinted + KEY_START])
                ? hinted
                : find(container, name.bytes, 0, name.bytes.length, name.hash);
    }

    private int find(int container, byte[] source, int from, int length, int hash) {
        steps++;
        if ((keyBits[cells[container + EPOCH]] & 1L << hash) == 0) {
            return NONE;
        }
        if (cells[container + COUNT] >= WALKED) {
            return lookUp(container, source, from, length);
        }
        int hinted = hints[hint(container, hash)];
        if (hinted < nodes
                && cells[hinted + MEMBER] == cells[container + EPOCH]
                && cells[hinted + KEY_HASH] == hash
                && keyEquals(hinted, source, from, length)) {
            return hinted;
        }
        for (int node = cells[container + START]; node != NONE; node = cells[node + NEXT]) {
            if (cells[node + KEY_HASH] == hash && keyEquals(node, source, from, length)) {
                return node;
            }
            steps++;
        }
        return NONE;
    }

    private int hint(int container, int hash) {
        return (hash >>> 6 ^ container * 3) & hints.length - 1;
    }

    private boolean keyEquals(int node, byte[] source, int from, int length) {
        return cells[node + KEY_LENGTH] == length
                && Bytes.equal(keySource(node), cells[node + KEY_START], source, from, length);
    }

    private int lookUp(int container, byte[] source, int from, int length) {
        int mask = table.length - 1;
        int slot = (int) keyedHash(cells[container + EPOCH], source, from, length) & mask;
        while (table[slot] != 0) {
            steps++;
            int node = table[slot];
            if (cells[node + MEMBER] == cells[container + EPOCH] && keyEquals(node, source, from, length)) {
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
        int slot = (int) keyedHash(
                        cells[node + MEMBER], keySource(node), cells[node + KEY_START], cells[node + KEY_LENGTH])
                & mask;
        while (table[slot] != 0) {
            steps++;
            slot = slot + 1 & mask;
        }
        steps++;
        table[slot] = node;
    }

    /** Returns how many nodes were looked at to find others. */
    long steps() {
        return steps;
    }

    // ---- reading

    int kind(int node) {
        return cells[node + KIND];
    }

    boolean isArray(int node) {
        return cells[node + KIND] == ARRAY;
    }

    /** Returns whether an array's keys are 0, 1, 2 … in this order. An empty array is a list. */
    boolean isList(int node) {
        return (cells[node + FLAGS] & NOT_LIST) == 0;
    }

    int size(int node) {
        return cells[node + COUNT];
    }

    int firstChild(int node) {
        return cells[node + START];
    }

    int nextSibling(int node) {
        return cells[node + NEXT];
    }

    int parent(int node) {
        return cells[node + PARENT];
    }

    /** Returns how many nodes had a value and were given another. */
    int repeated() {
        return repeated;
    }

    boolean isRepeated(int node) {
        return (cells[node + FLAGS] & REPEATED) != 0;
    }

    /** Returns how many nodes were made, the root and those that were replaced included. */
    int nodes() {
        return nodes / SIZE;
    }

    /** Returns the node that was made after this one, or {@link #NONE}. */
    int nextNode(int node) {
        return node + SIZE < nodes ? node + SIZE : NONE;
    }

    /** Returns whether the node can still be reached from the root: arrays that were replaced leave orphans. */
    boolean isReachable(int node) {
        for (int at = node; at != ROOT; at = cells[at + PARENT]) {
            if (cells[cells[at + PARENT] + KIND] != ARRAY || cells[at + MEMBER] != cells[cells[at + PARENT] + EPOCH]) {
                return false;
            }
        }
        return true;
    }

    byte[] source(int node) {
        return (cells[node + FLAGS] & VALUE_IN_BODY) != 0 ? body : buffer;
    }

    int start(int node) {
        return cells[node + START];
    }

    int end(int node) {
        return cells[node + END];
    }

    int length(int node) {
        return cells[node + END] - cells[node + START];
    }

    /** Returns whether a text is this one, in ASCII. */
    boolean isText(int node, byte[] text) {
        return cells[node + KIND] == TEXT
                && cells[node + END] - cells[node + START] == text.length
                && Arrays.equals(source(node), cells[node + START], cells[node + END], text, 0, text.length);
    }

    boolean isAscii(int node) {
        return (cells[node + FLAGS] & ASCII) != 0;
    }

    String text(int node) {
        byte[] source = source(node);
        return (cells[node + FLAGS] & ASCII) != 0
                ? new String(source, cells[node + START], cells[node + END] - cells[node + START], ISO_8859_1)
                : Utf8.decode(source, cells[node + START], cells[node + END]);
    }

    byte[] keySource(int node) {
        return (cells[node + FLAGS] & KEY_IN_BODY) != 0 ? body : buffer;
    }

    String key(int node) {
        return Utf8.decode(
                keySource(node), cells[node + KEY_START], cells[node + KEY_START] + cells[node + KEY_LENGTH]);
    }

    int compareKeys(int a, int b) {
        return Arrays.compareUnsigned(
                keySource(a),
                cells[a + KEY_START],
                cells[a + KEY_START] + cells[a + KEY_LENGTH],
                keySource(b),
                cells[b + KEY_START],
                cells[b + KEY_START] + cells[b + KEY_LENGTH]);
    }

    byte[] keyBytes(int node) {
        return Arrays.copyOfRange(
                keySource(node), cells[node + KEY_START], cells[node + KEY_START] + cells[node + KEY_LENGTH]);
    }

    int keyStart(int node) {
        return cells[node + KEY_START];
    }

    int keyLength(int node) {
        return cells[node + KEY_LENGTH];
    }

    /** Copies the node's key and returns where the copy ends. */
    int copyKey(int node, byte[] to, int at) {
        System.arraycopy(keySource(node), cells[node + KEY_START], to, at, cells[node + KEY_LENGTH]);
        return at + cells[node + KEY_LENGTH];
    }

    /** Returns whether the node's key is a number that is not negative. */
    boolean isNumbered(int node) {
        return cells[node + KEY_LENGTH] > 0 && number(node) >= 0;
    }

    /** Returns the number that is the node's key, or {@link #NOT_AN_INDEX}. */
    long number(int node) {
        return index(keySource(node), cells[node + KEY_START], cells[node + KEY_LENGTH]);
    }

    /** Returns whether the node's key names something that grants access. */
    boolean isCredential(int node) {
        return switch (cells[node + KEY_LENGTH]) {
            case 5, 7, 10, 12, 13, 17 ->
                mayBeCredential(keySource(node), cells[node + KEY_START], cells[node + KEY_LENGTH])
                        && CREDENTIALS.contains(key(node).toLowerCase(Locale.ROOT));
            default -> false;
        };
    }

    /** Returns false for most keys that do not grant access, by their first and last letters: those need no text. */
    private static boolean mayBeCredential(byte[] source, int from, int length) {
        int last = from + length - 1;
        return switch (source[from] | 0x20) {
            case 'a', 'r', 'c', 't' ->
                source[last] < 0
                        || (source[last] | 0x20) == 'n'
                        || (source[last] | 0x20) == 't'
                        || (source[last] | 0x20) == 'd';
            default -> source[from] < 0;
        };
    }

    /** Returns the node's place. It shows only names of fields and indexes. */
    String path(int node) {
        StringBuilder path = new StringBuilder();
        for (int at = node; at != ROOT; at = cells[at + PARENT]) {
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

    /** Returns SipHash-1-3 of an array's number and a key, keyed by this process. */
    private static long keyedHash(int array, byte[] source, int from, int length) {
        return keyedHash(SEED0, SEED1, array, source, from, length);
    }

    static long keyedHash(long seed0, long seed1, int array, byte[] source, int from, int length) {
        long v0 = seed0 ^ 0x736f6d6570736575L;
        long v1 = seed1 ^ 0x646f72616e646f6dL;
        long v2 = seed0 ^ 0x6c7967656e657261L;
        long v3 = seed1 ^ 0x7465646279746573L;
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
