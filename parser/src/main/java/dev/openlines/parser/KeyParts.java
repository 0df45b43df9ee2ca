// SPDX-License-Identifier: Apache-2.0
package dev.openlines.parser;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.DigestException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.IntStream;

/**
 * Makes idempotency keys: gathers the parts of an event one after another and inside one another, the length of each
 * before it, in four bytes. One event at a time.
 */
final class KeyParts {

    private static final byte[] DIGITS = "0123456789abcdef".getBytes(ISO_8859_1);

    /** More children than these are sorted in an array of their own. */
    private static final int FEW = 32;

    private final MessageDigest digest = sha256();
    private final byte[] hash = new byte[32];
    private final byte[] hex = new byte[64];
    private byte[] bytes = new byte[1024];
    private int end;
    private int used;
    /** The children of the containers that are being written, the outermost first. */
    private int[] children = new int[64];

    private int childrenEnd;

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    /**
     * Returns the key of an event.
     *
     * @param member the node of the portal's id, or {@link Tree#NONE}
     * @param event the node of the event's code, or {@link Tree#NONE}
     */
    String key(Tree tree, int member, int event) {
        end = 0;
        childrenEnd = 0;
        int part = open();
        if (member != Tree.NONE) {
            addText(tree, member);
        }
        close(part);
        part = open();
        if (event != Tree.NONE) {
            addUpperCase(tree, event);
        }
        close(part);
        addField(tree, Name.TS);
        if (!addField(tree, Name.DATA_LOWER)) {
            addField(tree, Name.DATA);
        }
        used = Math.max(used, end);
        digest.update(bytes, 0, end);
        try {
            digest.digest(hash, 0, hash.length);
        } catch (DigestException e) {
            throw new IllegalStateException("32 bytes are enough for SHA-256", e);
        }
        for (int i = 0; i < hash.length; i++) {
            hex[2 * i] = DIGITS[hash[i] >> 4 & 15];
            hex[2 * i + 1] = DIGITS[hash[i] & 15];
        }
        return new String(hex, ISO_8859_1);
    }

    /** Forgets what the last event held. */
    void wipe() {
        Arrays.fill(bytes, 0, Math.max(used, end), (byte) 0);
        used = 0;
        end = 0;
    }

    int retainedBytes() {
        return bytes.length + children.length * 4;
    }

    private boolean addField(Tree tree, Name name) {
        int node = tree.find(Tree.ROOT, name);
        int part = open();
        if (node != Tree.NONE) {
            addCanonical(tree, node);
        }
        close(part);
        return end > part;
    }

    /**
     * Adds a value with sorted keys and every leaf as a form would carry it; nothing for what a form
     * would leave out. Recurses no deeper than {@link Limits} let a tree be.
     */
    private void addCanonical(Tree tree, int node) {
        if (!tree.isArray(node)) {
            addLeaf(tree, node);
            return;
        }
        int first = childrenEnd;
        int last = sortedChildren(tree, node);
        int begin = end;
        addByte('{');
        for (int i = first; i < last; i++) {
            int child = children[i];
            int pair = end;
            int key = open();
            ensure(tree.keyLength(child));
            end = tree.copyKey(child, bytes, end);
            close(key);
            int value = open();
            addCanonical(tree, child);
            if (end == value) {
                used = Math.max(used, end);
                end = pair;
            } else {
                close(value);
            }
        }
        if (end == begin + 1) {
            end = begin;
        }
        childrenEnd = first;
    }

    /** Puts a container's children on the stack in the order of their keys, and returns their end. */
    private int sortedChildren(Tree tree, int node) {
        int first = childrenEnd;
        int last = first + tree.size(node);
        if (last > children.length) {
            children = Arrays.copyOf(children, Math.max(2 * children.length, last));
        }
        int at = first;
        for (int child = tree.firstChild(node); child != Tree.NONE; child = tree.nextSibling(child)) {
            int place = at++;
            if (last - first <= FEW) {
                for (; place > first && tree.compareKeys(children[place - 1], child) > 0; place--) {
                    children[place] = children[place - 1];
                }
            }
            children[place] = child;
        }
        if (last - first > FEW) {
            int[] sorted = IntStream.range(first, last)
                    .map(i -> children[i])
                    .boxed()
                    .sorted(tree::compareKeys)
                    .mapToInt(Integer::intValue)
                    .toArray();
            System.arraycopy(sorted, 0, children, first, sorted.length);
        }
        childrenEnd = last;
        return last;
    }

    private void addLeaf(Tree tree, int node) {
        switch (tree.kind(node)) {
            case Tree.TEXT -> {
                addByte('=');
                addText(tree, node);
            }
            case Tree.NUMBER -> {
                addByte('=');
                add(PhpNumber.text(tree.text(node)));
            }
            case Tree.TRUE -> add("=1");
            case Tree.FALSE -> add("=0");
            default -> {
                // null is left out of a form.
            }
        }
    }

    private void addText(Tree tree, int node) {
        if (tree.isAscii(node)) {
            ensure(tree.length(node));
            System.arraycopy(tree.source(node), tree.start(node), bytes, end, tree.length(node));
            end += tree.length(node);
        } else {
            add(tree.text(node));
        }
    }

    private void addUpperCase(Tree tree, int node) {
        if (!tree.isAscii(node)) {
            add(tree.text(node).toUpperCase(Locale.ROOT));
            return;
        }
        int begin = end;
        addText(tree, node);
        for (int i = begin; i < end; i++) {
            if (bytes[i] >= 'a' && bytes[i] <= 'z') {
                bytes[i] = (byte) (bytes[i] - ('a' - 'A'));
            }
        }
    }

    /** Leaves room for a length and returns the beginning of the part. */
    private int open() {
        ensure(4);
        return end += 4;
    }

    private void close(int part) {
        int length = end - part;
        bytes[part - 4] = (byte) (length >>> 24);
        bytes[part - 3] = (byte) (length >>> 16);
        bytes[part - 2] = (byte) (length >>> 8);
        bytes[part - 1] = (byte) length;
    }

    private void add(String text) {
        byte[] utf8 = text.getBytes(UTF_8);
        ensure(utf8.length);
        System.arraycopy(utf8, 0, bytes, end, utf8.length);
        end += utf8.length;
    }

    private void addByte(char c) {
        ensure(1);
        bytes[end++] = (byte) c;
    }

    private void ensure(int more) {
        if (bytes.length - end < more) {
            bytes = Arrays.copyOf(bytes, Math.max(2 * bytes.length, end + more));
        }
    }
}
