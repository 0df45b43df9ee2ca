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
        write(tree.root(), out);
        return out.toString();
    }

    static byte[] keyOf(Node node) {
        return Arrays.copyOfRange(node.keySource(), node.keyStart(), node.keyStart() + node.keyLength());
    }

    private static void write(Node node, StringBuilder out) {
        if (!node.isArray()) {
            byte[] value = Arrays.copyOfRange(node.source(), node.start(), node.end());
            out.append('"').append(base64(value)).append('"');
            return;
        }
        out.append('[');
        for (Node child = node.firstChild(); child != null; child = child.nextSibling()) {
            byte[] key = keyOf(child);
            boolean index = key.length > 0 && isInteger(new String(key, ISO_8859_1));
            out.append(index ? "i" + new String(key, ISO_8859_1) : "s" + base64(key))
                    .append('>');
            write(child, out);
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
