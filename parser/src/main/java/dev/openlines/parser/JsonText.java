// SPDX-License-Identifier: Apache-2.0
package dev.openlines.parser;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Arrays;

/** Writes trees as JSON text, through one buffer: most keys and values are copied as they stand. One at a time. */
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
        int node = Tree.ROOT;
        int child = TreeJson.visible(tree, tree.firstChild(Tree.ROOT), credentials);
        while (true) {
            if (child == Tree.NONE) {
                add(node == Tree.ROOT || !tree.isList(node) ? '}' : ']');
                if (node == Tree.ROOT) {
                    used = Math.max(used, end);
                    return new String(bytes, 0, end, ascii ? ISO_8859_1 : UTF_8);
                }
                child = TreeJson.visible(tree, tree.nextSibling(node), credentials);
                node = tree.parent(node);
                continue;
            }
            byte last = bytes[end - 1];
            if (last != '{' && last != '[') {
                add(',');
            }
            if (node == Tree.ROOT || !tree.isList(node)) {
                int key = tree.keyStart(child);
                quote(tree.keySource(child), key, key + tree.keyLength(child));
                add(':');
            }
            if (tree.isArray(child)) {
                add(tree.isList(child) ? '[' : '{');
                node = child;
                child = TreeJson.visible(tree, tree.firstChild(node), credentials);
                continue;
            }
            if (tree.kind(child) == Tree.TEXT) {
                quote(tree.source(child), tree.start(child), tree.end(child));
            } else {
                // Numbers and words are ASCII.
                ensure(tree.length(child));
                System.arraycopy(tree.source(child), tree.start(child), bytes, end, tree.length(child));
                end += tree.length(child);
            }
            child = TreeJson.visible(tree, tree.nextSibling(child), credentials);
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
                // Bytes that are no UTF-8 are replaced as everywhere.
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
