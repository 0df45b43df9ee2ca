// SPDX-License-Identifier: Apache-2.0
package dev.openlines.parser;

import dev.openlines.model.ConnectorCode;
import dev.openlines.model.Secret;
import dev.openlines.parser.DecodeException.Kind;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads the fields of one event out of a tree: the only code that does, for both formats.
 *
 * <p>A lenient reader notes the deviations that it tolerates, and throws at the first one that it cannot tolerate. A
 * strict one collects all of them and throws them together.
 */
final class EventReader {

    /** 9999-12-31T23:59:59Z. Later times count as errors. */
    private static final long LAST_SECOND = 253_402_300_799L;

    private static final int DATA_DEPTH_LEFT = 64;

    final Node root;
    final ChatReader chats;
    private final Tree tree;
    private final boolean strict;
    private final boolean keepsNotes;
    private final boolean credentials;
    private boolean noted;
    private @Nullable List<Note> notes;
    private @Nullable List<Note> problems;
    private @Nullable DecodeException first;

    /**
     * Reads from a tree.
     *
     * @param keepsNotes whether notes are kept, whose texts take more time than everything else
     * @param credentials whether tokens are read at all
     */
    EventReader(Tree tree, boolean strict, boolean keepsNotes, boolean credentials) {
        this.tree = tree;
        this.root = tree.root();
        this.strict = strict;
        this.keepsNotes = keepsNotes || strict;
        this.credentials = credentials;
        this.chats = new ChatReader(this);
    }

    // ---- what is not as it should be

    /** Returns whether anything was tolerated, even if notes are not kept. */
    boolean noted() {
        return noted;
    }

    List<Note> notes() {
        return notes == null ? List.of() : List.copyOf(notes);
    }

    /** Records a tolerated deviation at a node. */
    void note(Node node, String message) {
        noted = true;
        if (keepsNotes) {
            keep(node.path(), message);
        }
    }

    /** Records a deviation at a field, which may be missing. */
    void noteAt(Node container, Name name, String message) {
        noted = true;
        if (keepsNotes) {
            keep(pathOf(container, name), message);
        }
    }

    /** Records a value that was taken as absent. */
    void noteMismatch(Node node, String expected) {
        noted = true;
        if (keepsNotes) {
            keep(node.path(), "expected " + expected + " but found " + describe(node) + ", taken as absent");
        }
    }

    private void keep(String path, String message) {
        if (notes == null) {
            notes = new ArrayList<>();
        }
        notes.add(new Note(path, message));
    }

    /** Throws everything that a strict reader found. */
    void finish() {
        if (strict && (problems != null || notes != null)) {
            List<Note> all = new ArrayList<>(problems == null ? List.of() : problems);
            all.addAll(notes());
            throw first != null
                    ? new DecodeException(first.kind(), first.path(), first.expected(), all)
                    : new DecodeException(Kind.MISMATCH, all.get(0).path(), "what the platform sends", all);
        }
    }

    private void mismatch(String path, String expected, String found) {
        DecodeException mismatch = new DecodeException(Kind.MISMATCH, path, expected, found);
        if (!strict) {
            throw mismatch;
        }
        if (problems == null) {
            problems = new ArrayList<>();
            first = mismatch;
        }
        problems.addAll(mismatch.problems());
    }

    void mismatch(Node node, String expected) {
        mismatch(node.path(), expected, describe(node));
    }

    void missing(String path, String expected) {
        mismatch(path, expected, "nothing");
    }

    String pathOf(Node container, Name name) {
        return container.path() + "." + name;
    }

    /** Names the kind of a node, never its content. */
    private String describe(Node node) {
        return switch (node.kind()) {
            case Node.TEXT -> {
                int length = node.text().length();
                yield length == 0 ? "empty text" : "text (" + length + (length == 1 ? " character)" : " characters)");
            }
            case Node.NUMBER -> "a number";
            case Node.TRUE, Node.FALSE -> "a boolean";
            case Node.NULL -> "null";
            default -> "a " + (node.isList() ? "list" : "map") + " of " + node.size();
        };
    }

    /** Notes each field that was sent more than once, because one of its values was lost. */
    void noteRepeated() {
        if (tree.repeated() == 0) {
            return;
        }
        for (Node node = root; node != null; node = node.following()) {
            if (node.isRepeated()) {
                note(node, "sent more than once, the last value counts");
            }
        }
    }

    // ---- single fields: each returns null if the field is absent, null or empty

    /** Returns the field's node, or null if it is absent or null. */
    @Nullable
    Node field(@Nullable Node container, Name name) {
        if (container == null) {
            return null;
        }
        Node node = container.find(name);
        return node == null || node.kind() == Node.NULL ? null : node;
    }

    /** Returns the field of a name, or that of its alternative name, which is noted. */
    @Nullable
    Node field(@Nullable Node container, Name name, Name other) {
        Node node = field(container, name);
        if (node == null) {
            node = field(container, other);
            if (node != null) {
                note(node, "in place of " + name);
            }
        }
        return node;
    }

    /** Returns a block that must be there, or null after a strict reader recorded it. */
    @Nullable
    Node required(@Nullable Node node, Node container, Name name) {
        if (node == null) {
            missing(pathOf(container, name), "a block of fields");
            return null;
        }
        if (!node.isArray()) {
            mismatch(node, "a block of fields");
            return null;
        }
        return node;
    }

    /** Returns the block of that name, or null. Any other kind of value is a mismatch. */
    @Nullable
    Node block(@Nullable Node container, Name name) {
        Node node = field(container, name);
        if (node != null && !node.isArray()) {
            mismatch(node, "a block of fields");
            return null;
        }
        return node == null || node.size() == 0 ? null : node;
    }

    @Nullable
    String text(@Nullable Node container, Name name) {
        return text(field(container, name));
    }

    @Nullable
    String text(@Nullable Node node) {
        if (node == null) {
            return null;
        }
        if (node.isArray()) {
            mismatch(node, "text");
            return null;
        }
        return node.formText();
    }

    /** Returns an unimportant text. A list or a map in its place is noted and counts as absent. */
    @Nullable
    String textLeniently(@Nullable Node node) {
        if (node != null && node.isArray()) {
            noteMismatch(node, "text");
            return null;
        }
        return text(node);
    }

    @Nullable
    Secret secret(@Nullable Node container, Name name) {
        if (!credentials) {
            return null;
        }
        String text = text(container, name);
        return text == null ? null : Secret.of(text);
    }

    /** Returns an id: decimal digits that fit a long, as text or as a number. */
    @Nullable
    Long id(@Nullable Node container, Name name) {
        return id(field(container, name));
    }

    @Nullable
    Long id(@Nullable Node node) {
        if (node == null) {
            return null;
        }
        int kind = node.kind();
        if (kind == Node.TEXT && node.length() == 0) {
            note(node, "empty, taken as absent");
            return null;
        }
        long value = kind == Node.TEXT || kind == Node.NUMBER ? digits(node) : -1;
        if (value < 0) {
            mismatch(node, kind == Node.TEXT || kind == Node.NUMBER ? idExpectation(node) : "an integer");
            return null;
        }
        if (node.length() > 1 && node.source()[node.start()] == '0') {
            note(node, "an id with leading zeros");
        }
        return value;
    }

    /** Returns an id that an event must have, or null after a strict reader recorded that it is missing. */
    @Nullable
    Long requiredId(@Nullable Node node) {
        if (node == null || node.kind() == Node.TEXT && node.length() == 0) {
            missing(node == null ? pathOf(root, Name.DATA_LOWER) : node.path(), "an integer");
            return null;
        }
        return id(node);
    }

    private String idExpectation(Node node) {
        byte[] source = node.source();
        int at = node.start();
        boolean negative = source[at] == '-' && node.length() > 1;
        for (int i = negative ? at + 1 : at; i < node.end(); i++) {
            if (source[i] < '0' || source[i] > '9') {
                return "an integer";
            }
        }
        return negative ? "an integer of at least 0" : "an integer of at most " + Long.MAX_VALUE;
    }

    /** Returns the number of a node's digits, or -1 if it has other characters or too many digits. */
    private long digits(Node node) {
        return Bytes.decimal(node.source(), node.start(), node.end());
    }

    /** Returns an unimportant number. A value that is no number is noted and counts as absent. */
    long leniently(Node node, long most, String expected) {
        int kind = node.kind();
        long value = (kind == Node.TEXT || kind == Node.NUMBER) && node.length() > 0 ? digits(node) : -1;
        if (value < 0 || value > most) {
            noteMismatch(node, expected);
            return -1;
        }
        return value;
    }

    @Nullable
    Instant second(@Nullable Node node) {
        long value = node == null ? -1 : leniently(node, LAST_SECOND, "Unix seconds");
        return value < 0 ? null : Instant.ofEpochSecond(value);
    }

    @Nullable
    Boolean flag(@Nullable Node container, Name name) {
        Node node = field(container, name);
        if (node == null) {
            return null;
        }
        if (node.kind() == Node.TRUE || node.kind() == Node.FALSE) {
            return node.kind() == Node.TRUE;
        }
        if (node.kind() == Node.TEXT && node.length() == 1) {
            switch (node.source()[node.start()]) {
                case 'Y', '1' -> {
                    return true;
                }
                case 'N', '0' -> {
                    return false;
                }
                default -> {
                    // Not a flag: said below.
                }
            }
        }
        String text = node.isArray() ? "" : node.text();
        switch (text) {
            case "Y", "1", "true" -> {
                return true;
            }
            case "N", "0", "false" -> {
                return false;
            }
            default -> {
                noteMismatch(node, "Y, N, 1 or 0");
                return null;
            }
        }
    }

    // ---- payloads of any shape

    /** Returns the event's {@code data}, under whichever case of the name. */
    @Nullable
    Node data() {
        return field(root, Name.DATA_LOWER, Name.DATA);
    }

    /** Returns {@code data} of an event that must have it. */
    @Nullable
    Node requiredData() {
        return required(data(), root, Name.DATA_LOWER);
    }

    /** Notes the data of an event that the platform sends without data. */
    void noteUnexpectedData() {
        Node data = data();
        if (data != null && !(data.isArray() && data.size() == 0)) {
            note(data, "data that the platform does not send with this event");
        }
    }

    /** Returns the field {@code CONNECTOR} of a {@code data}. */
    @Nullable
    ConnectorCode connector(@Nullable Node data) {
        String code = text(data, Name.CONNECTOR_UPPER);
        return code == null ? null : new ConnectorCode(code);
    }

    /** Returns the field {@code LINE} of a {@code data}. */
    @Nullable
    Long line(@Nullable Node data) {
        return id(data, Name.LINE_UPPER);
    }

    /** Returns {@code data} of an event that may lack it. A scalar is a mismatch. */
    @Nullable
    Node dataBlock() {
        Node data = data();
        if (data != null && !data.isArray()) {
            mismatch(data, "a block of fields");
            return null;
        }
        return data;
    }

    /** Returns the contents of a node as text, lists and maps, or null if a form could not represent it. */
    @Nullable
    Object payload(@Nullable Node node) {
        return node == null ? null : payload(node, DATA_DEPTH_LEFT);
    }

    /** Recurses no deeper than {@link Limits} let a tree be. */
    private @Nullable Object payload(Node node, int depthLeft) {
        if (!node.isArray()) {
            return node.formText();
        }
        return depthLeft == 0 ? null : container(node, depthLeft - 1);
    }

    private @Nullable Object container(Node node, int depthLeft) {
        Map<String, Object> map = new LinkedHashMap<>();
        boolean list = true;
        for (Node child = node.firstChild(); child != null; child = child.nextSibling()) {
            Object value = credentials || !child.isCredential() ? payload(child, depthLeft) : null;
            if (value != null) {
                String key = child.key();
                list &= key.equals(Integer.toString(map.size()));
                map.put(key, value);
            }
        }
        if (map.isEmpty()) {
            return null;
        }
        return list ? new ArrayList<>(map.values()) : map;
    }
}
