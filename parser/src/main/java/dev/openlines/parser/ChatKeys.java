// SPDX-License-Identifier: Apache-2.0
package dev.openlines.parser;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;

/**
 * Finds the chats that an event names in its tree, without a type: in each message or dialog, the chat's id on the portal
 * and in the messenger. Malformed parts are skipped.
 */
final class ChatKeys {

    /** Ids of messengers may be any text. A key is short enough for every database's index. */
    private static final int LONGEST = 100;

    private ChatKeys() {}

    static List<String> of(Tree tree) {
        int data = block(tree, Tree.ROOT, Name.DATA_LOWER);
        if (data == Tree.NONE) {
            data = block(tree, Tree.ROOT, Name.DATA);
        }
        List<String> keys = new ArrayList<>(2);
        for (Name name : new Name[] {Name.DATA, Name.DATA_LOWER, ConnectorEvents.MESSAGES}) {
            int elements = block(tree, data, name);
            if (elements != Tree.NONE) {
                add(tree, elements, keys);
                int at = isElement(tree, elements) ? Tree.NONE : tree.firstChild(elements);
                for (; at != Tree.NONE; at = tree.nextSibling(at)) {
                    if (tree.isArray(at)) {
                        add(tree, at, keys);
                    }
                }
            }
        }
        return keys;
    }

    /** Returns whether a block is one message or dialog, and not several. */
    private static boolean isElement(Tree tree, int node) {
        return tree.find(node, Name.CONNECTOR) != Tree.NONE
                || tree.find(node, Name.CHAT) != Tree.NONE
                || tree.find(node, Name.MESSAGE) != Tree.NONE;
    }

    private static void add(Tree tree, int element, List<String> keys) {
        for (Name name : new Name[] {Name.IM, Name.MESSAGE}) {
            int id = value(tree, block(tree, element, name), Name.CHAT_ID);
            long chat = id == Tree.NONE ? -1 : Bytes.decimal(tree.source(id), tree.start(id), tree.end(id));
            if (chat > 0) {
                add(Long.toString(chat), keys);
            }
        }
        int id = value(tree, block(tree, element, Name.CONNECTOR), Name.CHAT_ID);
        if (id == Tree.NONE) {
            id = value(tree, block(tree, element, Name.CHAT), Name.ID);
        }
        if (id != Tree.NONE) {
            add('~' + shortened(tree, id), keys);
        }
    }

    private static void add(String key, List<String> keys) {
        if (!keys.contains(key)) {
            keys.add(key);
        }
    }

    /** Shortens a key. Two chats with one key only wait for each other. */
    private static String shortened(Tree tree, int id) {
        String text = tree.kind(id) == Tree.NUMBER ? PhpNumber.text(tree.text(id)) : tree.text(id);
        if (text.length() <= LONGEST && text.chars().allMatch(c -> c > ' ' && c < 127)) {
            return text;
        }
        CRC32C sum = new CRC32C();
        sum.update(text.getBytes(StandardCharsets.UTF_8));
        return '#' + Long.toHexString(sum.getValue());
    }

    private static int block(Tree tree, int container, Name name) {
        int node = container == Tree.NONE ? Tree.NONE : tree.find(container, name);
        return node != Tree.NONE && tree.isArray(node) ? node : Tree.NONE;
    }

    /** Returns the node of a text that is not empty, or of a number. */
    private static int value(Tree tree, int container, Name name) {
        int node = container == Tree.NONE ? Tree.NONE : tree.find(container, name);
        boolean found = node != Tree.NONE
                && (tree.kind(node) == Tree.TEXT || tree.kind(node) == Tree.NUMBER)
                && tree.length(node) > 0;
        return found ? node : Tree.NONE;
    }
}
