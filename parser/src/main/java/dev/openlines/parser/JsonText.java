// SPDX-License-Identifier: Apache-2.0
package dev.openlines.parser;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Arrays;

/** Writes trees as JSON text through one buffer. Most keys and values are copied unchanged. For one tree at a time. */
final class JsonText {

    private static final byte[] HEX = "0123456789abcdef".getBytes(ISO_8859_1);

    private byte[] bytes = new byte[1024];
    private int end;
    private int used;
    private boolean ascii;

    /** Writes the tree: an object at the top, below it lists if keys are 0, 1, 2 …. Nothing here recurses. */
    String of(Tree tree, boolean credentials) {
        end = 0;
        ascii = true;
        add('{');
        Node node = tree.root();
        Node child = TreeJson.visible(tree.root().firstChild(), credentials);
        while (true) {
            if (child == null) {
                add(node == tree.root() || !node.isList() ? '}' : ']');
                if (node == tree.root()) {
                    used = Math.max(used, end);
                    return new String(bytes, 0, end, ascii ? ISO_8859_1 : UTF_8);
                }
                child = TreeJson.visible(node.nextSibling(), credentials);
                node = node.parent();
                continue;
            }
            byte last = bytes[end - 1];
            if (last != '{' && last != '[') {
                add(',');
            }
            if (node == tree.root() || !node.isList()) {
                int key = child.keyStart();
                quote(child.keySource(), key, key + child.keyLength());
                add(':');
            }
            if (child.isArray()) {
                add(child.isList() ? '[' : '{');
                node = child;
                child = TreeJson.visible(node.firstChild(), credentials);
                continue;
            }
            if (child.kind() == Node.TEXT) {
                quote(child.source(), child.start(), child.end());
            } else {
                // Numbers and words are ASCII.
                ensure(child.length());
                System.arraycopy(child.source(), child.start(), bytes, end, child.length());
                end += child.length();
            }
            child = TreeJson.visible(child.nextSibling(), credentials);
        }
    }

    /** Forgets what was written. */
    void wipe() {
        Arrays.fill(bytes, 0, Math.max(used, end), (byte) 0);
        used = 0;
        end = 0;
    }

    int retainedBytes() {
        return bytes.length;
    }

    private void quote(byte[] source, int from, int to) {
        int begin = end;
        add('"');
        for (int i = from; i < to; i++) {
            byte b = source[i];
            if (b < 0) {
                // Bytes that are no UTF-8 are replaced, as everywhere in this module.
                byte[] text = Utf8.decode(source, from, to).getBytes(UTF_8);
                ascii = false;
                end = begin + 1;
                for (byte c : text) {
                    escape(c);
                }
                break;
            }
            escape(b);
        }
        add('"');
    }

    private void escape(byte b) {
        if (b < 0 || b >= ' ' && b != '"' && b != '\\') {
            add(b);
            return;
        }
        add('\\');
        switch (b) {
            case '"', '\\' -> add(b);
            case '\n' -> add('n');
            case '\r' -> add('r');
            case '\t' -> add('t');
            default -> {
                add('u');
                add('0');
                add('0');
                add(HEX[b >> 4]);
                add(HEX[b & 15]);
            }
        }
    }

    private void add(int b) {
        ensure(1);
        bytes[end++] = (byte) b;
    }

    private void ensure(int more) {
        if (bytes.length - end < more) {
            bytes = Arrays.copyOf(bytes, Math.max(2 * bytes.length, end + more));
        }
    }
}
