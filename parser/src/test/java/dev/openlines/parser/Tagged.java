// SPDX-License-Identifier: Apache-2.0
package dev.openlines.parser;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.util.Arrays;
import java.util.Base64;

/** A tree as one line that loses nothing: order, kinds of keys, bytes. */
final class Tagged {

    private Tagged() {}

    static String of(Tree tree) {
        StringBuilder out = new StringBuilder();
        write(tree, Tree.ROOT, out);
        return out.toString();
    }

    private static void write(Tree tree, int node, StringBuilder out) {
        if (!tree.isArray(node)) {
            byte[] value = Arrays.copyOfRange(tree.source(node), tree.start(node), tree.end(node));
            out.append('"').append(base64(value)).append('"');
            return;
        }
        out.append('[');
        for (int child = tree.firstChild(node); child != Tree.NONE; child = tree.nextSibling(child)) {
            byte[] key = tree.keyBytes(child);
            boolean index = key.length > 0 && isInteger(new String(key, ISO_8859_1));
            out.append(index ? "i" + new String(key, ISO_8859_1) : "s" + base64(key))
                    .append('>');
            write(tree, child, out);
            out.append(',');
        }
        out.append(']');
    }

    private static boolean isInteger(String key) {
        try {
            return Long.toString(Long.parseLong(key)).equals(key);
        } catch (NumberFormatException e) {
            return false;
        }
    }

    private static String base64(byte[] bytes) {
        return Base64.getEncoder().encodeToString(bytes);
    }
}
