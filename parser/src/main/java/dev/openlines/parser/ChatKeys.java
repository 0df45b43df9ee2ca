// SPDX-License-Identifier: Apache-2.0
package dev.openlines.parser;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Finds the chats that an event names in its tree, without a type: in each message or dialog, the chat's id on the
 * portal and in the messenger. Malformed parts are skipped.
 */
final class ChatKeys {

    /** The longest key. Ids of messengers may be any text, but a key must fit every database's index. */
    private static final int LONGEST = 100;

    private ChatKeys() {}

    static List<String> of(Tree tree) {
        Node data = block(tree.root(), Name.DATA_LOWER);
        if (data == null) {
            data = block(tree.root(), Name.DATA);
        }
        List<String> keys = new ArrayList<>(2);
        for (Name name : new Name[] {Name.DATA, Name.DATA_LOWER, ConnectorEvents.MESSAGES}) {
            Node elements = block(data, name);
            if (elements != null) {
                add(elements, keys);
                Node at = isElement(elements) ? null : elements.firstChild();
                for (; at != null; at = at.nextSibling()) {
                    if (at.isArray()) {
                        add(at, keys);
                    }
                }
            }
        }
        return keys;
    }

    /** Returns whether a block is one message or dialog, and not several. */
    private static boolean isElement(Node node) {
        return node.find(Name.CONNECTOR) != null || node.find(Name.CHAT) != null || node.find(Name.MESSAGE) != null;
    }

    private static void add(Node element, List<String> keys) {
        for (Name name : new Name[] {Name.IM, Name.MESSAGE}) {
            Node id = value(block(element, name), Name.CHAT_ID);
            long chat = id == null ? -1 : Bytes.decimal(id.source(), id.start(), id.end());
            if (chat > 0) {
                add(Long.toString(chat), keys);
            }
        }
        Node id = value(block(element, Name.CONNECTOR), Name.CHAT_ID);
        if (id == null) {
            id = value(block(element, Name.CHAT), Name.ID);
        }
        if (id != null) {
            add('~' + shortened(id), keys);
        }
    }

    private static void add(String key, List<String> keys) {
        if (!keys.contains(key)) {
            keys.add(key);
        }
    }

    /** Shortens a key. Two chats with one key only wait for each other. */
    private static String shortened(Node id) {
        String text = id.kind() == Node.NUMBER ? PhpNumber.text(id.text()) : id.text();
        if (text.length() <= LONGEST && text.chars().allMatch(c -> c > ' ' && c < 127)) {
            return text;
        }
        CRC32C sum = new CRC32C();
        sum.update(text.getBytes(StandardCharsets.UTF_8));
        return '#' + Long.toHexString(sum.getValue());
    }

    private static @Nullable Node block(@Nullable Node container, Name name) {
        Node node = container == null ? null : container.find(name);
        return node != null && node.isArray() ? node : null;
    }

    /** Returns the node of a text that is not empty, or of a number. */
    private static @Nullable Node value(@Nullable Node container, Name name) {
        Node node = container == null ? null : container.find(name);
        boolean found = node != null && (node.kind() == Node.TEXT || node.kind() == Node.NUMBER) && node.length() > 0;
        return found ? node : null;
    }
}
