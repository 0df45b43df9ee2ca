// SPDX-License-Identifier: Apache-2.0
package dev.openlines.parser;

import dev.openlines.parser.DecodeException.Kind;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Reads {@code application/x-www-form-urlencoded} into a tree as PHP 8 fills {@code $_POST}, but refuses fields that
 * PHP would silently drop.
 *
 * <p>There are three ways to read a name. {@link KnownNames} are recognized as a whole. Most other names consist of
 * plain parts in brackets, and differ from an earlier name only in the last part. The arrays of such prefixes are
 * remembered, so most of such a name is compared and not decoded. All remaining names are decoded part by part, which
 * works for every name. All three ways give the same tree.
 */
final class FormReader {

    /** A byte that ends a name, or after which it must be decoded. */
    private static final byte[] PLAIN = new byte[256];

    private static final byte[] HEX = new byte[256];

    static {
        Arrays.fill(PLAIN, (byte) 1);
        for (int c = 0; c <= ' '; c++) {
            PLAIN[c] = 0;
        }
        for (char c : new char[] {'%', '+', '.', '[', ']'}) {
            PLAIN[c] = 0;
        }
        Arrays.fill(HEX, (byte) -1);
        for (int i = 0; i < 10; i++) {
            HEX['0' + i] = (byte) i;
        }
        for (int i = 0; i < 6; i++) {
            HEX['a' + i] = (byte) (10 + i);
            HEX['A' + i] = (byte) (10 + i);
        }
    }

    private static final int PREFIXES = 16;
    private static final byte[] HOST = {'_', '_', 'H', 'o', 's', 't', '-'};
    private static final byte[] SECURE = {'_', '_', 'S', 'e', 'c', 'u', 'r', 'e', '-'};

    private static final byte[] NOTHING = {};

    private final Tree tree;
    /** Prefixes of names, as places in the body, and the array of each. */
    private final int[] prefixStart = new int[PREFIXES];

    private final int[] prefixEnd = new int[PREFIXES];
    private final @Nullable Node[] prefixArray = new Node[PREFIXES];
    /** The array of each known name that has occurred. */
    private final @Nullable Node[] knownArray = new Node[KnownNames.COUNT];

    private byte[] body = NOTHING;
    private Limits limits = Limits.DEFAULT;
    /** Set if the bytes of the last decoding are all ASCII. */
    private boolean ascii;

    FormReader(Tree tree) {
        this.tree = tree;
    }

    /** Releases the body, which may hold tokens and be large. */
    void forget() {
        body = NOTHING;
    }

    /** Fills the tree with a body. */
    void read(byte[] newBody, Limits newLimits) {
        limits = newLimits;
        if (newBody.length > limits.bodyBytes()) {
            throw tooLarge(newBody.length, limits);
        }
        body = newBody;
        tree.reset(newBody);
        forgetPrefixes();
        int length = newBody.length;
        boolean byHeart = limits.keyBytes() >= KnownNames.LONGEST && limits.depth() >= KnownNames.DEEPEST;
        int next = 0;
        int pairs = 0;
        int at = 0;
        while (at < length) {
            int known = byHeart ? KnownNames.expected(next, newBody, at) : KnownNames.NONE;
            int keyEnd;
            if (known == KnownNames.NONE) {
                keyEnd = Bytes.indexOfEither(newBody, at, '=', '&');
                known = byHeart ? KnownNames.find(newBody, at, keyEnd) : KnownNames.NONE;
            } else {
                keyEnd = at + KnownNames.length(known);
            }
            int valueStart = keyEnd;
            int valueEnd = keyEnd;
            boolean plain = true;
            boolean plainAscii = true;
            if (keyEnd < length && newBody[keyEnd] == '=') {
                valueStart = keyEnd + 1;
                valueEnd = Bytes.endOfPlain(newBody, valueStart);
                if (valueEnd < length && newBody[valueEnd] != '&') {
                    plain = newBody[valueEnd] < 0;
                    plainAscii = false;
                    int from = valueEnd;
                    valueEnd = Bytes.indexOf(newBody, from, '&');
                    plain = plain && isUnescaped(from, valueEnd);
                }
            }
            if (++pairs > limits.pairs()) {
                throw tooManyPairs();
            }
            Node node;
            if (known != KnownNames.NONE) {
                node = known(known, at);
                next = known + 1;
            } else {
                node = at == keyEnd ? null : node(at, keyEnd);
            }
            if (node == null) {
                at = valueEnd + 1;
                continue;
            }
            if (plain) {
                checkValue(node, valueEnd - valueStart);
                replace(node, true, plainAscii, valueStart, valueEnd);
            } else {
                decodedValue(node, valueStart, valueEnd);
            }
            at = valueEnd + 1;
        }
    }

    private boolean isUnescaped(int from, int to) {
        for (int i = from; i < to; i++) {
            if (body[i] == '%' || body[i] == '+') {
                return false;
            }
        }
        return true;
    }

    // ---- values

    private void decodedValue(Node node, int from, int to) {
        byte[] out = tree.roomFor(to - from + 7);
        int start = tree.bufferEnd();
        int end = decode(out, start, from, to);
        tree.bufferEnd(end);
        checkValue(node, end - start);
        replace(node, false, ascii, start, end);
    }

    private void replace(Node node, boolean inBody, boolean isAscii, int from, int to) {
        if (node.isArray()) {
            forgetPrefixes();
        }
        node.value(Node.TEXT, inBody, isAscii, from, to);
    }

    private void checkValue(Node node, int bytes) {
        if (bytes > limits.valueBytes()) {
            throw tooLongValue(node.path(), bytes, limits);
        }
    }

    // ---- names

    /** Returns the node of the known name that begins there. */
    private Node known(int name, int from) {
        int array = KnownNames.array(name);
        Node container = array == KnownNames.NONE ? tree.root() : knownArray(array, from);
        return container.child(
                true, from + KnownNames.part(name), KnownNames.partLength(name), KnownNames.partHash(name));
    }

    private Node knownArray(int name, int from) {
        Node node = knownArray[name];
        if (node == null) {
            node = known(name, from);
            node.array();
            knownArray[name] = node;
        }
        return node;
    }

    /** Returns the node of a name, or null if PHP ignores the name. */
    private @Nullable Node node(int from, int to) {
        if (to - from <= limits.keyBytes()) {
            int close = closing(from, to);
            if (close == to) {
                if (isPlain(from, to)) {
                    return tree.root().child(true, from, to - from);
                }
            } else {
                int part = partStart(from, close);
                Node array = part < close ? array(from, prefixEnd(part), 1) : null;
                if (array != null) {
                    return array.child(true, part, close - part);
                }
            }
        }
        return longWay(from, to);
    }

    /**
     * Returns the array of a name's plain prefix, and makes it if need be. Returns null if the prefix must be decoded.
     */
    private @Nullable Node array(int from, int to, int depth) {
        if (to <= from || depth > limits.depth()) {
            return null;
        }
        int slot = Bytes.hash(body, from, to - from) & PREFIXES - 1;
        int known = prefixStart[slot];
        if (known >= 0 && Arrays.equals(body, known, prefixEnd[slot], body, from, to)) {
            return prefixArray[slot];
        }
        Node node;
        int close = closing(from, to);
        if (close == to) {
            if (!isPlain(from, to)) {
                return null;
            }
            node = tree.root().child(true, from, to - from);
        } else {
            int part = partStart(from, close);
            Node outer = part < close ? array(from, prefixEnd(part), depth + 1) : null;
            if (outer == null) {
                return null;
            }
            node = outer.child(true, part, close - part);
        }
        node.array();
        prefixStart[slot] = from;
        prefixEnd[slot] = to;
        prefixArray[slot] = node;
        return node;
    }

    /** Returns where a closing bracket at the end of a name begins, or the end if there is none. */
    private int closing(int from, int to) {
        byte last = body[to - 1];
        if (last == ']') {
            return to - 1;
        }
        boolean escaped = (last | 0x20) == 'd' && to - from > 3 && body[to - 3] == '%' && body[to - 2] == '5';
        return escaped ? to - 3 : to;
    }

    /**
     * Returns where the plain part before a closing bracket begins, or the place of that bracket if the part is not
     * plain.
     */
    private int partStart(int from, int close) {
        int at = close - 1;
        while (at >= from && PLAIN[body[at] & 0xff] != 0) {
            at--;
        }
        if (at <= from) {
            return close;
        }
        int start = close;
        if (body[at] == '[') {
            start = at + 1;
        } else if (body[at] == '%' && at + 3 < close && body[at + 1] == '5' && (body[at + 2] | 0x20) == 'b') {
            start = at + 3;
        }
        // A part that begins like this may be forbidden.
        return start + 1 < close && body[start] == '_' && body[start + 1] == '_' ? close : start;
    }

    /** Returns where the opening bracket before a part begins. */
    private int prefixEnd(int partStart) {
        return body[partStart - 1] == '[' ? partStart - 1 : partStart - 3;
    }

    private boolean isPlain(int from, int to) {
        for (int i = from; i < to; i++) {
            if (PLAIN[body[i] & 0xff] == 0) {
                return false;
            }
        }
        return true;
    }

    private void forgetPrefixes() {
        Arrays.fill(prefixStart, -1);
        Arrays.fill(knownArray, KnownNames.FIELDS, KnownNames.COUNT, null);
    }

    /** Decodes any name as PHP does. */
    private @Nullable Node longWay(int from, int to) {
        int start = tree.bufferEnd();
        byte[] name = tree.roomFor(to - from + 7);
        int end = decode(name, start, from, to);
        if (end - start > limits.keyBytes()) {
            throw tooLongKey(end - start, limits);
        }
        tree.bufferEnd(end);
        int nul = start;
        while (nul < end && name[nul] != 0) {
            nul++;
        }
        end = nul;
        while (start < end && name[start] == ' ') {
            start++;
        }
        int vouched = vouched(name, start, end);
        int open = start;
        while (open < end && name[open] != '[') {
            mangle(name, open++);
        }
        if (open == start || isForbidden(name, start, open, vouched)) {
            return null;
        }
        if (open == end) {
            return tree.root().child(false, start, end - start);
        }
        if (indexOf(name, ']', open + 1, end) < 0) {
            // There are no brackets in PHP's sense, so they and the rest belong to the name.
            name[open] = '_';
            for (int i = open + 1; i < end; i++) {
                mangle(name, i);
                if (name[i] == '[') {
                    name[i] = '_';
                }
            }
            return isForbidden(name, start, end, vouched) ? null : tree.root().child(false, start, end - start);
        }
        return follow(name, start, open, end, vouched);
    }

    /** Walks {@code base[part][part]…}; {@code firstOpen} is at the first bracket, which some bracket closes. */
    private @Nullable Node follow(byte[] name, int base, int firstOpen, int end, int vouched) {
        int open = firstOpen;
        Node array = tree.root();
        int part = base;
        int partEnd = open;
        boolean append = false;
        int depth = 0;
        while (open < end && name[open] == '[') {
            int inside = open + 1;
            int search = inside < end && isSpace(name[inside]) ? inside + 1 : inside;
            int close = indexOf(name, ']', search, end);
            if (++depth > limits.depth()) {
                throw tooDeep(depth - 1 + openings(name, open, end), limits);
            }
            if (close < 0) {
                break;
            }
            if (!append && isForbidden(name, part, partEnd, vouched)) {
                return null;
            }
            Node node = append ? appended(array) : array.child(false, part, partEnd - part);
            if (node == null) {
                return null;
            }
            node.array();
            array = node;
            append = close == search;
            part = inside;
            partEnd = close;
            open = close + 1;
        }
        if (append) {
            return appended(array);
        }
        if (isForbidden(name, part, partEnd, vouched)) {
            return null;
        }
        return array.child(false, part, partEnd - part);
    }

    /** Returns a new child, or null if the array has no index left. PHP drops such a field. */
    private static @Nullable Node appended(Node array) {
        return array.isFull() ? null : array.nextChild();
    }

    /**
     * Undoes the escapes of a range of the body. Broken escapes stay as they are. Up to seven bytes behind the result
     * in {@code out} are overwritten as well.
     */
    private int decode(byte[] out, int start, int from, int to) {
        int end = start;
        int i = from;
        long high = 0;
        while (i < to) {
            byte b = body[i];
            if (b != '%' && b != '+' && i + 8 <= to) {
                long word = Bytes.longAt(body, i);
                Bytes.putLong(out, end, word);
                int plain = Math.max(1, Bytes.countPlain(word));
                high |= Bytes.highBits(word, plain);
                i += plain;
                end += plain;
                continue;
            }
            i++;
            if (b == '+') {
                b = ' ';
            } else if (b == '%' && i + 1 < to) {
                int value = HEX[body[i] & 0xff] << 4 | HEX[body[i + 1] & 0xff];
                if (value >= 0) {
                    b = (byte) value;
                    i += 2;
                }
            }
            high |= b & 0x80;
            out[end++] = b;
        }
        ascii = high == 0;
        return end;
    }

    private static void mangle(byte[] name, int at) {
        if (name[at] == ' ' || name[at] == '.') {
            name[at] = '_';
        }
    }

    private static int openings(byte[] name, int from, int to) {
        int count = 0;
        for (int i = from; i < to; i++) {
            if (name[i] == '[') {
                count++;
            }
        }
        return count;
    }

    private static int indexOf(byte[] name, char c, int from, int to) {
        for (int i = from; i < to; i++) {
            if (name[i] == c) {
                return i;
            }
        }
        return -1;
    }

    private static boolean isSpace(byte b) {
        return b == ' ' || b >= '\t' && b <= '\r';
    }

    /**
     * Returns whether PHP forbids a name. Two prefixes are reserved for cookies that a browser guarantees, and PHP
     * prevents every other name, and every part of one, from becoming such a name.
     */
    private static boolean isForbidden(byte[] name, int from, int to, int vouched) {
        int kind = vouched(name, from, to);
        return kind != 0 && kind != vouched;
    }

    private static int vouched(byte[] name, int from, int to) {
        return startsWith(name, from, to, HOST) ? 1 : startsWith(name, from, to, SECURE) ? 2 : 0;
    }

    private static boolean startsWith(byte[] name, int from, int to, byte[] start) {
        return to - from >= start.length && Arrays.equals(name, from, from + start.length, start, 0, start.length);
    }

    // ---- limits

    private DecodeException tooManyPairs() {
        int found = body[body.length - 1] == '&' ? 0 : 1;
        for (byte b : body) {
            if (b == '&') {
                found++;
            }
        }
        return new DecodeException(Kind.LIMIT, "$", "at most " + limits.pairs() + " fields", found + " fields");
    }

    static DecodeException tooLarge(int bytes, Limits limits) {
        return new DecodeException(
                Kind.LIMIT, "$", "a body of at most " + limits.bodyBytes() + " bytes", bytes + " bytes");
    }

    static DecodeException tooDeep(int depth, Limits limits) {
        return new DecodeException(
                Kind.LIMIT, "$", "names at most " + limits.depth() + " levels deep", depth + " levels");
    }

    static DecodeException tooLongKey(int bytes, Limits limits) {
        return new DecodeException(
                Kind.LIMIT, "$", "names of at most " + limits.keyBytes() + " bytes", bytes + " bytes");
    }

    static DecodeException tooLongValue(String path, int bytes, Limits limits) {
        return new DecodeException(
                Kind.LIMIT, path, "a value of at most " + limits.valueBytes() + " bytes", bytes + " bytes");
    }
}
