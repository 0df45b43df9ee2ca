// SPDX-License-Identifier: Apache-2.0
package dev.openlines.parser;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A key and its value in a {@link Tree}: a leaf or an array of nodes. Key and value are ranges of the body or, if
 * escapes had to be decoded, of the tree's buffer.
 *
 * <p>An array is one of PHP: ordered, with text and integer keys in one space, a next free index, a later value
 * replacing an earlier one in its place. An integer key and its canonical decimal text are one key in PHP, so keys are
 * compared as bytes only.
 *
 * <p>The children of a small array are found by walking them, those of an array with {@value #WALKED} or more by a hash
 * table. Its hash has a random key: a sender cannot choose names that collide.
 */
final class Node {

    static final int TEXT = 0;
    static final int NUMBER = 1;
    static final int TRUE = 2;
    static final int FALSE = 3;
    static final int NULL = 4;
    static final int ARRAY = 5;

    /** The kind of a node that was made and not set yet. */
    private static final int NEW = 6;

    private static final int WALKED = 32;
    private static final long NOT_AN_INDEX = Long.MIN_VALUE;
    private static final byte[] LEAST = Long.toString(Long.MIN_VALUE).getBytes(ISO_8859_1);
    private static final Set<String> CREDENTIALS = Set.of(
            "access_token", "refresh_token", "application_token", "client_secret", "auth_id", "refresh_id", "token");

    private final Tree tree;
    private int kind = NEW;
    private boolean repeated;
    private Node parent = this;
    private @Nullable Node next;

    private boolean keyInBody;
    private int keyStart;
    private int keyLength;
    private int keyHash;

    // The value of a leaf.
    private boolean inBody;
    private boolean ascii;
    private int start;
    private int end;

    // The children of an array.
    private @Nullable Node first;
    private @Nullable Node last;
    /** The child that was found last, because the next field to be looked up is often the one after it. */
    private @Nullable Node lastFound;

    private int size;
    private boolean list;
    /** The index that the next child gets, or {@link #NOT_AN_INDEX} if no key is an integer. */
    private long nextIndex;
    /** Set if the greatest possible index has been used. */
    private boolean full;
    /** A bit for the hash of each key. If it is not set, there is no such key. */
    private long keyBits;
    /** The children by key, if there are many. */
    private @Nullable Map<Tree.Key, Node> table;

    Node(Tree tree) {
        this.tree = tree;
    }

    /** Makes this the root of an empty tree. */
    void becomeRoot() {
        kind = ARRAY;
        clear();
    }

    /** Releases the hash table, the only memory of a node that grows. */
    void forgetTable() {
        table = null;
    }

    // ---- writing

    /**
     * Returns the child of that key, made if need be.
     *
     * @param ofBody whether the key lies in the body or in the buffer
     */
    Node child(boolean ofBody, int from, int length) {
        return child(ofBody, from, length, Bytes.hash(tree.bytes(ofBody), from, length));
    }

    /** Returns a child like {@link #child(boolean, int, int)}, by the key's known {@link Bytes#hash}. */
    Node child(boolean ofBody, int from, int length, int hash) {
        byte[] source = tree.bytes(ofBody);
        Tree.Key key = tableKey(source, from, length);
        Node found = find(key, source, from, length, hash);
        if (found != null) {
            return found;
        }
        Node child = append(key, ofBody, from, length, hash);
        int begin = length == 0 ? 0 : source[from];
        boolean inOrder = false;
        if (begin <= '9' && (begin >= '0' || begin == '-')) {
            long index = index(source, from, length);
            if (index != NOT_AN_INDEX || isLeast(source, from, length)) {
                inOrder = index == size - 1;
                claim(index);
            }
        }
        list &= inOrder;
        return child;
    }

    /** Returns a new child under the next free index. The array must not be {@link #isFull full}. */
    Node nextChild() {
        long index = nextIndex == NOT_AN_INDEX ? 0 : nextIndex;
        int from = tree.bufferEnd();
        int length = tree.writeDecimal(index);
        byte[] source = tree.bytes(false);
        list &= index == size;
        Node child = append(tableKey(source, from, length), false, from, length, Bytes.hash(source, from, length));
        claim(index);
        return child;
    }

    /** Makes this an array if it is none, and discards its earlier contents. */
    void array() {
        if (kind != ARRAY) {
            newArray();
        }
    }

    /** Makes this an empty array, as a JSON reader does whether or not the key came before. */
    void newArray() {
        noteIfRepeated();
        kind = ARRAY;
        clear();
    }

    /** Sets the value, and discards earlier contents. */
    void value(int newKind, boolean ofBody, boolean isAscii, int from, int to) {
        noteIfRepeated();
        first = null;
        size = 0;
        keyBits = 0;
        kind = newKind;
        inBody = ofBody;
        ascii = isAscii;
        start = from;
        end = to;
    }

    private void noteIfRepeated() {
        if (kind != NEW && !repeated) {
            repeated = true;
            tree.noteRepeated();
        }
    }

    private void clear() {
        first = null;
        last = null;
        lastFound = null;
        size = 0;
        list = true;
        nextIndex = NOT_AN_INDEX;
        full = false;
        keyBits = 0;
        table = null;
    }

    private Node append(Tree.@Nullable Key key, boolean ofBody, int from, int length, int hash) {
        Node child = tree.newNode();
        child.kind = NEW;
        child.repeated = false;
        child.parent = this;
        child.next = null;
        child.keyInBody = ofBody;
        child.keyStart = from;
        child.keyLength = length;
        child.keyHash = hash;
        if (last == null) {
            first = child;
        } else {
            last.next = child;
        }
        last = child;
        size++;
        keyBits |= 1L << hash;
        if (table != null && key != null) {
            table.put(key, child);
        } else if (size == WALKED) {
            table = new HashMap<>(2 * WALKED);
            for (Node each = first; each != null; each = each.next) {
                table.put(tree.key(each.keySource(), each.keyStart, each.keyLength), each);
            }
        }
        return child;
    }

    private Tree.@Nullable Key tableKey(byte[] source, int from, int length) {
        return table == null ? null : tree.key(source, from, length);
    }

    private void claim(long index) {
        if (index == Long.MAX_VALUE) {
            full = true;
        } else if (index >= nextIndex) {
            nextIndex = index + 1;
        }
    }

    // ---- finding

    /** Returns the child of that name, or null. */
    @Nullable
    Node find(Name name) {
        byte[] key = name.bytes;
        return find(tableKey(key, 0, key.length), key, 0, key.length, name.hash);
    }

    private @Nullable Node find(Tree.@Nullable Key key, byte[] source, int from, int length, int hash) {
        tree.step();
        if ((keyBits & 1L << hash) == 0) {
            return null;
        }
        if (table != null && key != null) {
            return table.get(key);
        }
        Node likely = lastFound == null ? null : lastFound.next;
        if (likely != null && likely.hasKey(source, from, length, hash)) {
            lastFound = likely;
            return likely;
        }
        for (Node child = first; child != null; child = child.next) {
            if (child.hasKey(source, from, length, hash)) {
                lastFound = child;
                return child;
            }
            tree.step();
        }
        return null;
    }

    private boolean hasKey(byte[] source, int from, int length, int hash) {
        return keyHash == hash && keyLength == length && Bytes.equal(keySource(), keyStart, source, from, length);
    }

    // ---- reading

    int kind() {
        return kind;
    }

    boolean isArray() {
        return kind == ARRAY;
    }

    /** Returns whether an array's keys are 0, 1, 2 … in this order. An empty array is a list. */
    boolean isList() {
        return list;
    }

    /** Returns whether no index is left for another child. */
    boolean isFull() {
        return full;
    }

    /** Returns the number of children. */
    int size() {
        return size;
    }

    /** Returns the first child of an array, or null. */
    @Nullable
    Node firstChild() {
        return first;
    }

    /** Returns the node after this one in the same array, or null. */
    @Nullable
    Node nextSibling() {
        return next;
    }

    /** Returns the array that contains this. The root contains itself. */
    Node parent() {
        return parent;
    }

    /** Returns the node after this one: an array comes before its children. Null after the last one. */
    @Nullable
    Node following() {
        if (first != null) {
            return first;
        }
        Node at = this;
        while (at.next == null && at.parent != at) {
            at = at.parent;
        }
        return at.next;
    }

    /** Returns whether this had a value and was given another. */
    boolean isRepeated() {
        return repeated;
    }

    /** Returns the bytes that the value of a leaf is a range of. */
    byte[] source() {
        return tree.bytes(inBody);
    }

    int start() {
        return start;
    }

    int end() {
        return end;
    }

    int length() {
        return end - start;
    }

    /** Returns whether a leaf's value is ASCII. */
    boolean isAscii() {
        return ascii;
    }

    /** Returns whether this is a text of these bytes. */
    boolean isText(byte[] text) {
        return kind == TEXT && length() == text.length && Bytes.equal(source(), start, text, 0, text.length);
    }

    /** Returns the value of a leaf as it was written. */
    String text() {
        return ascii ? new String(source(), start, end - start, ISO_8859_1) : Utf8.decode(source(), start, end);
    }

    /** Returns the value of a leaf as in a form, or null if a form has none for it. */
    @Nullable
    String formText() {
        return switch (kind) {
            case TEXT -> text();
            case NUMBER -> PhpNumber.text(text());
            case TRUE -> "1";
            case FALSE -> "0";
            default -> null;
        };
    }

    // ---- the key

    String key() {
        return Utf8.decode(keySource(), keyStart, keyStart + keyLength);
    }

    byte[] keySource() {
        return tree.bytes(keyInBody);
    }

    int keyStart() {
        return keyStart;
    }

    int keyLength() {
        return keyLength;
    }

    int compareKeys(Node other) {
        return Arrays.compareUnsigned(
                keySource(),
                keyStart,
                keyStart + keyLength,
                other.keySource(),
                other.keyStart,
                other.keyStart + other.keyLength);
    }

    /** Returns the number that is the key, or {@link Long#MIN_VALUE} if it is text. */
    long number() {
        return keyLength == 0 ? NOT_AN_INDEX : index(keySource(), keyStart, keyLength);
    }

    private static boolean isLeast(byte[] source, int from, int length) {
        return length == LEAST.length && Arrays.equals(source, from, from + length, LEAST, 0, length);
    }

    /** Returns the integer that PHP uses for a key, or {@link #NOT_AN_INDEX} if the key stays text. */
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
        // Nineteen digits either fit a long or overflow exactly once into a negative number.
        return value < 0 ? NOT_AN_INDEX : negative ? -value : value;
    }

    /** Returns whether the key names something that grants access. */
    boolean isCredential() {
        return switch (keyLength) {
            case 5, 7, 10, 12, 13, 17 -> mayBeCredential() && CREDENTIALS.contains(key().toLowerCase(Locale.ROOT));
            default -> false;
        };
    }

    /**
     * Looks at the first and last letters only, and returns false for most keys that do not grant access, without
     * making a text.
     */
    private boolean mayBeCredential() {
        byte[] source = keySource();
        int end = source[keyStart + keyLength - 1];
        return switch (source[keyStart] | 0x20) {
            case 'a', 'r', 'c', 't' -> end < 0 || (end | 0x20) == 'n' || (end | 0x20) == 't' || (end | 0x20) == 'd';
            default -> source[keyStart] < 0;
        };
    }

    /** Returns the path of this node. It shows only names of fields and indexes. */
    String path() {
        StringBuilder path = new StringBuilder();
        for (Node at = this; at.parent != at; at = at.parent) {
            String key = at.key();
            path.insert(0, isShown(key) ? "[" + key + "]" : Name.isKnown(key) ? "." + key : ".*");
        }
        return path.insert(0, '$').toString();
    }

    private static boolean isShown(String key) {
        return !key.isEmpty() && key.length() <= 4 && key.chars().allMatch(c -> c >= '0' && c <= '9');
    }
}
