// SPDX-License-Identifier: Apache-2.0
package dev.openlines.parser;

import dev.openlines.parser.DecodeException.Kind;
import java.util.Arrays;

/**
 * Reads {@code application/x-www-form-urlencoded} into a tree as PHP 8 fills {@code $_POST}, but
 * refuses what PHP would silently drop.
 *
 * <p>Most names of an event repeat the name before them up to their last brackets. Where the part up
 * to there was read before and the last part is plain, the array it leads to is known, and nothing of
 * the name needs decoding. Every other name takes the long way; both give the same tree.
 */
final class FormReader {

    /** A byte that ends a name or makes its long way necessary. */
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

    private final Tree tree;
    /** Prefixes of names, as places in the body, and the array each leads to. */
    private final int[] prefixStart = new int[PREFIXES];

    private final int[] prefixEnd = new int[PREFIXES];
    private final int[] prefixArray = new int[PREFIXES];
    private byte[] body = new byte[0];
    private Limits limits = Limits.DEFAULT;
    /** All bits of the bytes last decoded: negative where one is not ASCII. */
    private int bits;

    FormReader(Tree tree) {
        this.tree = tree;
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
        int pairs = 0;
        int at = 0;
        while (at < length) {
            int keyEnd = at;
            while (keyEnd < length && newBody[keyEnd] != '=' && newBody[keyEnd] != '&') {
                keyEnd++;
            }
            int valueStart = keyEnd;
            int valueEnd = keyEnd;
            boolean escaped = false;
            int bits = 0;
            if (keyEnd < length && newBody[keyEnd] == '=') {
                valueStart = keyEnd + 1;
                valueEnd = valueStart;
                byte b;
                while (valueEnd < length && (b = newBody[valueEnd]) != '&') {
                    bits |= b;
                    escaped |= b == '%' || b == '+';
                    valueEnd++;
                }
            }
            if (++pairs > limits.pairs()) {
                throw tooManyPairs();
            }
            int node = at == keyEnd ? Tree.NONE : node(at, keyEnd);
            if (node != Tree.NONE) {
                value(node, valueStart, valueEnd, escaped, bits >= 0);
            }
            at = valueEnd + 1;
        }
    }

    // ---- values

    private void value(int node, int from, int to, boolean escaped, boolean ascii) {
        if (escaped) {
            decodedValue(node, from, to);
        } else {
            checkValue(node, to - from);
            replace(node, true, ascii, from, to);
        }
    }

    private void decodedValue(int node, int from, int to) {
        byte[] out = tree.roomFor(to - from);
        int start = tree.bufferEnd();
        int end = decode(out, start, from, to);
        tree.bufferEnd(end);
        checkValue(node, end - start);
        replace(node, false, bits >= 0, start, end);
    }

    private void replace(int node, boolean inBody, boolean ascii, int from, int to) {
        if (tree.isArray(node)) {
            forgetPrefixes();
        }
        tree.value(node, Tree.TEXT, inBody, ascii, from, to);
    }

    private void checkValue(int node, int bytes) {
        if (bytes > limits.valueBytes()) {
            throw tooLongValue(tree.path(node), bytes, limits);
        }
    }

    // ---- names

    /** Returns the node that a name means, or {@link Tree#NONE} where PHP ignores the name. */
    private int node(int from, int to) {
        int close = to - 1;
        if (body[close] == ']') {
            return bracketed(from, to, close);
        }
        if (to - from > 6 && body[to - 3] == '%' && body[to - 2] == '5' && (body[close] | 0x20) == 'd') {
            return bracketed(from, to, to - 3);
        }
        for (int i = from; i < to; i++) {
            if (PLAIN[body[i] & 0xff] == 0) {
                return longWay(from, to, Tree.NONE, 0);
            }
        }
        if (to - from > limits.keyBytes()) {
            throw tooLongKey(to - from, limits);
        }
        return tree.child(Tree.ROOT, true, from, to - from);
    }

    /** A name that ends in a closing bracket, which begins at {@code close}. */
    private int bracketed(int from, int to, int close) {
        int at = close - 1;
        while (at >= from && PLAIN[body[at] & 0xff] != 0) {
            at--;
        }
        int partStart;
        if (at > from && body[at] == '[') {
            partStart = at + 1;
        } else if (at > from
                && at + 3 < close
                && body[at] == '%'
                && body[at + 1] == '5'
                && (body[at + 2] | 0x20) == 'b') {
            partStart = at + 3;
        } else {
            return longWay(from, to, Tree.NONE, 0);
        }
        int partLength = close - partStart;
        if (partLength == 0 || to - from > limits.keyBytes() || vouched(body, partStart, close) != 0) {
            return longWay(from, to, Tree.NONE, 0);
        }
        int slot = Tree.hash(body, from, at - from) & PREFIXES - 1;
        int start = prefixStart[slot];
        if (start >= 0 && Arrays.equals(body, start, prefixEnd[slot], body, from, at)) {
            return tree.child(prefixArray[slot], true, partStart, partLength);
        }
        return longWay(from, to, at, partLength);
    }

    private void forgetPrefixes() {
        Arrays.fill(prefixStart, -1);
    }

    /**
     * Follows PHP through any name.
     *
     * @param prefix where a prefix worth remembering may end, or {@link Tree#NONE}
     * @param partLength length of the plain last part behind that prefix
     */
    private int longWay(int from, int to, int prefix, int partLength) {
        int start = tree.bufferEnd();
        byte[] name = tree.roomFor(to - from);
        int end = decode(name, start, from, to);
        if (end - start > limits.keyBytes()) {
            throw tooLongKey(end - start, limits);
        }
        tree.bufferEnd(end);
        int nul = start;
        while (nul < end && name[nul] != 0) {
            nul++;
        }
        boolean whole = nul == end;
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
            return Tree.NONE;
        }
        if (open == end) {
            return tree.child(Tree.ROOT, false, start, end - start);
        }
        if (indexOf(name, ']', open + 1, end) < 0) {
            // No brackets after all: they and what follows belong to the name.
            name[open] = '_';
            for (int i = open + 1; i < end; i++) {
                mangle(name, i);
                if (name[i] == '[') {
                    name[i] = '_';
                }
            }
            return isForbidden(name, start, end, vouched)
                    ? Tree.NONE
                    : tree.child(Tree.ROOT, false, start, end - start);
        }
        return follow(name, start, open, end, vouched, from, whole ? prefix : Tree.NONE, partLength);
    }

    /** Walks {@code base[part][part]…}; {@code open} is at the first bracket, which some bracket closes. */
    private int follow(byte[] name, int base, int open, int end, int vouched, int from, int prefix, int partLength) {
        int array = Tree.ROOT;
        int part = base;
        int partEnd = open;
        boolean append = false;
        boolean appends = false;
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
                return Tree.NONE;
            }
            int node = append ? tree.nextChild(array) : tree.child(array, false, part, partEnd - part);
            if (node == Tree.NONE) {
                return Tree.NONE;
            }
            tree.array(node);
            array = node;
            append = close == search;
            appends |= append;
            part = inside;
            partEnd = close;
            open = close + 1;
        }
        if (append) {
            return tree.nextChild(array);
        }
        if (isForbidden(name, part, partEnd, vouched)) {
            return Tree.NONE;
        }
        // An empty part leads to another array each time.
        if (prefix != Tree.NONE && !appends && open == end && partEnd - part == partLength) {
            int slot = Tree.hash(body, from, prefix - from) & PREFIXES - 1;
            prefixStart[slot] = from;
            prefixEnd[slot] = prefix;
            prefixArray[slot] = array;
        }
        return tree.child(array, false, part, partEnd - part);
    }

    /** Undoes the escapes of a range of the body. Broken escapes stay as they are. */
    private int decode(byte[] out, int start, int from, int to) {
        int end = start;
        int allBits = 0;
        for (int i = from; i < to; i++) {
            byte b = body[i];
            if (b == '+') {
                b = ' ';
            } else if (b == '%' && i + 2 < to) {
                int value = HEX[body[i + 1] & 0xff] << 4 | HEX[body[i + 2] & 0xff];
                if (value >= 0) {
                    b = (byte) value;
                    i += 2;
                }
            }
            allBits |= b;
            out[end++] = b;
        }
        bits = allBits;
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
     * Names with two beginnings are for cookies that a browser vouches for. PHP lets no other name, and
     * no part of one, become such a name.
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
