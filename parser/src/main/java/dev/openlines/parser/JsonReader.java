// SPDX-License-Identifier: Apache-2.0
package dev.openlines.parser;

import dev.openlines.parser.DecodeException.Kind;

/**
 * Reads JSON (RFC 8259) into a tree, without recursion. A byte order mark at the start is skipped. If keys are equal,
 * the last one counts. Nothing may follow the value.
 */
final class JsonReader {

    private static final String EOF = "the end of the body";

    /** The most digits of an exponent that {@link java.math.BigDecimal} takes. */
    private static final int EXPONENT_DIGITS = 9;

    private static final byte[] NOTHING = {};

    private final Tree tree;
    private byte[] body = NOTHING;
    private Limits limits = Limits.DEFAULT;
    private int at;
    private int keyFrom;
    private int keyTo;
    private boolean inBody;
    private boolean ascii;

    JsonReader(Tree tree) {
        this.tree = tree;
    }

    /** Lets go of the body, which may hold tokens and be large. */
    void forget() {
        body = NOTHING;
    }

    /** Fills the tree with a body, which must hold one object or array. */
    void read(byte[] newBody, Limits newLimits) {
        limits = newLimits;
        if (newBody.length > limits.bodyBytes()) {
            throw FormReader.tooLarge(newBody.length, limits);
        }
        body = newBody;
        tree.reset(newBody);
        at = startsWithByteOrderMark() ? 3 : 0;
        skipSpace();
        byte first = at < body.length ? body[at] : 0;
        if (first != '{' && first != '[') {
            throw unexpected("a JSON object");
        }
        container(first);
        skipSpace();
        if (at < body.length) {
            throw unexpected(EOF);
        }
    }

    private boolean startsWithByteOrderMark() {
        return body.length >= 3 && body[0] == (byte) 0xEF && body[1] == (byte) 0xBB && body[2] == (byte) 0xBF;
    }

    /** Reads from the first opening bracket to its closing one. */
    private void container(byte opening) {
        Node array = tree.root();
        int depth = 0;
        int pairs = 0;
        boolean object = opening == '{';
        // One bit for each level, set if the container is an object. Depth is limited to 64.
        long objects = 0;
        at++;
        boolean first = true;
        while (true) {
            skipSpace();
            byte b = peek(first ? object ? "a key or }" : "a value or ]" : object ? ", or }" : ", or ]");
            if (b == (object ? '}' : ']') && first || !first && closes(b, object)) {
                at++;
                if (depth == 0) {
                    return;
                }
                depth--;
                object = (objects & 1) != 0;
                objects >>>= 1;
                array = array.parent();
                first = false;
                continue;
            }
            if (!first) {
                at++;
                skipSpace();
            }
            if (++pairs > limits.pairs()) {
                throw new DecodeException(
                        Kind.LIMIT, "$", "at most " + limits.pairs() + " fields", pairs + " fields or more");
            }
            Node node = object ? member(array) : array.nextChild();
            skipSpace();
            b = peek("a value");
            if (b == '{' || b == '[') {
                if (++depth > limits.depth()) {
                    throw FormReader.tooDeep(depth, limits);
                }
                node.newArray();
                objects = objects << 1 | (object ? 1 : 0);
                object = b == '{';
                array = node;
                at++;
                first = true;
            } else {
                scalar(node, b);
                first = false;
            }
        }
    }

    /** Returns whether a container ends here; otherwise a comma must follow. */
    private boolean closes(byte b, boolean object) {
        if (b == ',') {
            return false;
        }
        if (b == (object ? '}' : ']')) {
            return true;
        }
        throw unexpected(object ? ", or }" : ", or ]");
    }

    private Node member(Node array) {
        if (peek("a key") != '"') {
            throw unexpected("a key");
        }
        string();
        if (keyTo - keyFrom > limits.keyBytes()) {
            throw FormReader.tooLongKey(keyTo - keyFrom, limits);
        }
        Node node = array.child(inBody, keyFrom, keyTo - keyFrom);
        skipSpace();
        if (peek("a colon") != ':') {
            throw unexpected("a colon");
        }
        at++;
        return node;
    }

    private void scalar(Node node, byte first) {
        int from = at;
        switch (first) {
            case '"' -> {
                string();
                checkValue(node, keyTo - keyFrom);
                node.value(Node.TEXT, inBody, ascii, keyFrom, keyTo);
            }
            case 't' -> literal(node, "true", Node.TRUE);
            case 'f' -> literal(node, "false", Node.FALSE);
            case 'n' -> literal(node, "null", Node.NULL);
            default -> {
                number();
                checkValue(node, at - from);
                node.value(Node.NUMBER, true, true, from, at);
            }
        }
    }

    private void checkValue(Node node, int bytes) {
        if (bytes > limits.valueBytes()) {
            throw FormReader.tooLongValue(node.path(), bytes, limits);
        }
    }

    private void literal(Node node, String word, int kind) {
        int from = at;
        for (int i = 0; i < word.length(); i++, at++) {
            if (at >= body.length || body[at] != word.charAt(i)) {
                throw unexpected("a value");
            }
        }
        node.value(kind, true, true, from, at);
    }

    private void number() {
        if (at < body.length && body[at] == '-') {
            at++;
        }
        if (at < body.length && body[at] == '0') {
            at++;
        } else {
            digits();
        }
        if (at < body.length && body[at] == '.') {
            at++;
            digits();
        }
        if (at < body.length && (body[at] | 0x20) == 'e') {
            at++;
            if (at < body.length && (body[at] == '+' || body[at] == '-')) {
                at++;
            }
            int from = at;
            digits();
            if (at - from > EXPONENT_DIGITS) {
                throw new DecodeException(
                        Kind.LIMIT,
                        "$",
                        "an exponent of at most " + EXPONENT_DIGITS + " digits",
                        at - from + " digits at byte " + from);
            }
        }
    }

    private void digits() {
        int from = at;
        while (at < body.length && body[at] >= '0' && body[at] <= '9') {
            at++;
        }
        if (at == from) {
            throw unexpected("a value");
        }
    }

    /** Reads a string, and stores the place of its text without quotes and escapes. */
    private void string() {
        int from = ++at;
        at = Bytes.endOfPlainString(body, from);
        boolean beyondAscii = false;
        while (at < body.length && body[at] < 0) {
            beyondAscii = true;
            at = Bytes.endOfPlainString(body, at + 1);
        }
        byte b = at < body.length ? body[at] : 0;
        if (b == '\\') {
            escapedString(from, beyondAscii ? -1 : 0);
            return;
        }
        if (b != '"') {
            throw unexpected(at < body.length ? "a string without control characters" : "a closing quote");
        }
        keyFrom = from;
        keyTo = at++;
        inBody = true;
        ascii = !beyondAscii;
    }

    private void escapedString(int from, int bitsBefore) {
        int bits = bitsBefore;
        int room = body.length - from;
        int close = at;
        // Decoding an escape only makes it shorter, so the space up to the closing quote is enough.
        while (close < body.length && body[close] != '"') {
            close += body[close] == '\\' ? 2 : 1;
        }
        byte[] out = tree.roomFor(Math.min(room, close - from));
        int start = tree.bufferEnd();
        int end = start + at - from;
        System.arraycopy(body, from, out, start, at - from);
        while (at < body.length) {
            byte b = body[at];
            if (b == '"') {
                at++;
                tree.bufferEnd(end);
                keyFrom = start;
                keyTo = end;
                inBody = false;
                ascii = bits >= 0;
                return;
            }
            if (b == '\\') {
                int next = escape(out, end);
                for (int i = end; i < next; i++) {
                    bits |= out[i];
                }
                end = next;
                continue;
            }
            if (b >= 0 && b < ' ') {
                throw unexpected("a string without control characters");
            }
            bits |= b;
            out[end++] = b;
            at++;
        }
        throw unexpected("a closing quote");
    }

    private int escape(byte[] out, int end) {
        at++;
        byte b = peek("an escape");
        int plain = switch (b) {
            case '"', '\\', '/' -> b;
            case 'b' -> '\b';
            case 'f' -> '\f';
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            case 'u' -> -1;
            default -> throw unexpected("an escape");
        };
        at++;
        if (plain >= 0) {
            out[end] = (byte) plain;
            return end + 1;
        }
        int point = hex4();
        if (Character.isHighSurrogate((char) point)
                && at + 1 < body.length
                && body[at] == '\\'
                && body[at + 1] == 'u') {
            int back = at;
            at += 2;
            int low = hex4();
            if (Character.isLowSurrogate((char) low)) {
                point = Character.toCodePoint((char) point, (char) low);
            } else {
                at = back;
            }
        }
        return Utf8.encode(point, out, end);
    }

    private int hex4() {
        int value = 0;
        for (int i = 0; i < 4; i++, at++) {
            int digit = at < body.length ? Character.digit(body[at], 16) : -1;
            if (digit < 0) {
                throw unexpected("four hexadecimal digits");
            }
            value = value << 4 | digit;
        }
        return value;
    }

    private void skipSpace() {
        while (at < body.length && (body[at] == ' ' || body[at] == '\n' || body[at] == '\r' || body[at] == '\t')) {
            at++;
        }
    }

    private byte peek(String expected) {
        if (at >= body.length) {
            throw unexpected(expected);
        }
        return body[at];
    }

    private DecodeException unexpected(String expected) {
        String found = at >= body.length ? EOF : "something else at byte " + at;
        return new DecodeException(Kind.MALFORMED, "$", expected, found);
    }
}
