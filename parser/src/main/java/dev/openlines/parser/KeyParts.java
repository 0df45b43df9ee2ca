// SPDX-License-Identifier: Apache-2.0
package dev.openlines.parser;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.DigestException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Makes idempotency keys. It collects the parts of an event, which may be nested, and puts the length of each part
 * before it in four bytes. For one event at a time.
 */
final class KeyParts {

    private static final byte[] DIGITS = "0123456789abcdef".getBytes(ISO_8859_1);

    private final MessageDigest digest = sha256();
    private final byte[] hash = new byte[32];
    private final byte[] hex = new byte[64];
    private byte[] bytes = new byte[1024];
    private int end;
    private int used;
    /** The children of the containers that are being written, the outermost first. */
    private Node[] children = new Node[64];

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
     * @param member the node of the portal's id, or null
     * @param event the node of the event's code, or null
     */
    String key(Tree tree, @Nullable Node member, @Nullable Node event) {
        end = 0;
        childrenEnd = 0;
        int part = open();
        if (member != null) {
            addText(member);
        }
        close(part);
        part = open();
        if (event != null) {
            addUpperCase(event);
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

    /** Wipes the parts of the last event. */
    void wipe() {
        Arrays.fill(bytes, 0, Math.max(used, end), (byte) 0);
        used = 0;
        end = 0;
    }

    int retainedBytes() {
        return bytes.length + children.length * 4;
    }

    private boolean addField(Tree tree, Name name) {
        Node node = tree.find(name);
        int part = open();
        if (node != null) {
            addCanonical(node);
        }
        close(part);
        return end > part;
    }

    /**
     * Adds a value with sorted keys, and every leaf as in a form. Leaves that a form would leave out add nothing. The
     * depth of the recursion is bounded by {@link Limits}.
     */
    private void addCanonical(Node node) {
        if (!node.isArray()) {
            addLeaf(node);
            return;
        }
        int first = childrenEnd;
        int last = sortedChildren(node);
        int begin = end;
        addByte('{');
        for (int i = first; i < last; i++) {
            Node child = children[i];
            int pair = end;
            int key = open();
            ensure(child.keyLength());
            System.arraycopy(child.keySource(), child.keyStart(), bytes, end, child.keyLength());
            end += child.keyLength();
            close(key);
            int value = open();
            addCanonical(child);
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
    private int sortedChildren(Node node) {
        int first = childrenEnd;
        int last = first + node.size();
        if (last > children.length) {
            children = Arrays.copyOf(children, Math.max(2 * children.length, last));
        }
        int at = first;
        for (Node child = node.firstChild(); child != null; child = child.nextSibling()) {
            children[at++] = child;
        }
        Arrays.sort(children, first, last, Node::compareKeys);
        childrenEnd = last;
        return last;
    }

    private void addLeaf(Node node) {
        switch (node.kind()) {
            case Node.TEXT -> {
                addByte('=');
                addText(node);
            }
            case Node.NUMBER -> {
                addByte('=');
                add(PhpNumber.text(node.text()));
            }
            case Node.TRUE -> add("=1");
            case Node.FALSE -> add("=0");
            default -> {
                // A form has no null.
            }
        }
    }

    private void addText(Node node) {
        if (node.isAscii()) {
            ensure(node.length());
            System.arraycopy(node.source(), node.start(), bytes, end, node.length());
            end += node.length();
        } else {
            add(node.text());
        }
    }

    private void addUpperCase(Node node) {
        if (!node.isAscii()) {
            add(node.text().toUpperCase(Locale.ROOT));
            return;
        }
        int begin = end;
        addText(node);
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
