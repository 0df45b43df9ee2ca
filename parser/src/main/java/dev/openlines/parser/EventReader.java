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
 * <p>A lenient reader notes what it tolerates and throws at the first thing it cannot. A strict one
 * collects both, to throw them together.
 */
final class EventReader {

    /** 9999-12-31T23:59:59Z: later times are taken for errors. */
    private static final long LAST_SECOND = 253_402_300_799L;

    private static final int DATA_DEPTH_LEFT = 64;

    final Tree tree;
    final ChatReader chats;
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
     * @param keepsNotes whether notes are kept: making their texts costs more than the rest
     * @param credentials whether tokens are read at all
     */
    EventReader(Tree tree, boolean strict, boolean keepsNotes, boolean credentials) {
        this.tree = tree;
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
    void note(int node, String message) {
        noted = true;
        if (keepsNotes) {
            keep(tree.path(node), message);
        }
    }

    /** Records a deviation at a field, which may be missing. */
    void noteAt(int container, Name name, String message) {
        noted = true;
        if (keepsNotes) {
            keep(pathOf(container, name), message);
        }
    }

    /** Records a value that was taken as absent. */
    private void noteMismatch(int node, String expected) {
        noted = true;
        if (keepsNotes) {
            keep(tree.path(node), "expected " + expected + " but found " + describe(node) + ", taken as absent");
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

    void mismatch(int node, String expected) {
        mismatch(tree.path(node), expected, describe(node));
    }

    void missing(String path, String expected) {
        mismatch(path, expected, "nothing");
    }

    String pathOf(int container, Name name) {
        return tree.path(container) + "." + name;
    }

    /** Says what kind of thing a node is, never what it holds. */
    private String describe(int node) {
        return switch (tree.kind(node)) {
            case Tree.TEXT -> {
                int length = tree.text(node).length();
                yield length == 0 ? "empty text" : "text (" + length + (length == 1 ? " character)" : " characters)");
            }
            case Tree.NUMBER -> "a number";
            case Tree.TRUE, Tree.FALSE -> "a boolean";
            case Tree.NULL -> "null";
            default -> "a " + (tree.isList(node) ? "list" : "map") + " of " + tree.size(node);
        };
    }

    /** Notes each field that was sent more than once, for whichever value counts, another was lost. */
    void noteRepeated() {
        if (tree.repeated() == 0) {
            return;
        }
        for (int node = tree.nextNode(Tree.ROOT); node != Tree.NONE; node = tree.nextNode(node)) {
            if (tree.isRepeated(node) && tree.isReachable(node)) {
                note(node, "sent more than once, the last value counts");
            }
        }
    }

    // ---- single fields: each returns null if the field is absent, null or empty

    /** Returns the field's node, or {@link Tree#NONE} where it is absent or null. */
    int field(int container, Name name) {
        if (container == Tree.NONE) {
            return Tree.NONE;
        }
        int node = tree.find(container, name);
        return node == Tree.NONE || tree.kind(node) == Tree.NULL ? Tree.NONE : node;
    }

    /** Returns the field of a name, or of another name that it is sent under, which is noted. */
    int field(int container, Name name, Name other) {
        int node = field(container, name);
        if (node == Tree.NONE) {
            node = field(container, other);
            if (node != Tree.NONE) {
                note(node, "in place of " + name);
            }
        }
        return node;
    }

    /** Returns a block that must be there, or {@link Tree#NONE} after a strict reader recorded it. */
    int required(int node, int container, Name name) {
        if (node == Tree.NONE) {
            missing(pathOf(container, name), "a block of fields");
            return Tree.NONE;
        }
        if (!tree.isArray(node)) {
            mismatch(node, "a block of fields");
            return Tree.NONE;
        }
        return node;
    }

    /** Returns the block of that name, or {@link Tree#NONE}; anything but a block is a mismatch. */
    int block(int container, Name name) {
        int node = field(container, name);
        if (node != Tree.NONE && !tree.isArray(node)) {
            mismatch(node, "a block of fields");
            return Tree.NONE;
        }
        return node == Tree.NONE || tree.size(node) == 0 ? Tree.NONE : node;
    }

    @Nullable
    String text(int container, Name name) {
        return text(field(container, name));
    }

    @Nullable
    String text(int node) {
        if (node == Tree.NONE) {
            return null;
        }
        return switch (tree.kind(node)) {
            case Tree.TEXT -> tree.text(node);
            case Tree.NUMBER -> PhpNumber.text(tree.text(node));
            case Tree.TRUE -> "1";
            case Tree.FALSE -> "0";
            default -> {
                mismatch(node, "text");
                yield null;
            }
        };
    }

    /** Returns a text that nothing depends on. A list or a map in its place is noted and counts as absent. */
    @Nullable
    String textLeniently(int node) {
        if (node != Tree.NONE && tree.isArray(node)) {
            noteMismatch(node, "text");
            return null;
        }
        return text(node);
    }

    @Nullable
    Secret secret(int container, Name name) {
        if (!credentials) {
            return null;
        }
        String text = text(container, name);
        return text == null ? null : Secret.of(text);
    }

    /** Returns an id: decimal digits that fit a long, as text or as a number. */
    @Nullable
    Long id(int container, Name name) {
        return id(field(container, name));
    }

    @Nullable
    Long id(int node) {
        if (node == Tree.NONE) {
            return null;
        }
        int kind = tree.kind(node);
        if (kind == Tree.TEXT && tree.length(node) == 0) {
            note(node, "empty, taken as absent");
            return null;
        }
        long value = kind == Tree.TEXT || kind == Tree.NUMBER ? digits(node) : -1;
        if (value < 0) {
            mismatch(node, kind == Tree.TEXT || kind == Tree.NUMBER ? idExpectation(node) : "an integer");
            return null;
        }
        if (tree.length(node) > 1 && tree.source(node)[tree.start(node)] == '0') {
            note(node, "an id with leading zeros");
        }
        return value;
    }

    /** Returns an id that an event must have, or null after a strict reader recorded that it is missing. */
    @Nullable
    Long requiredId(int node) {
        if (node == Tree.NONE || tree.kind(node) == Tree.TEXT && tree.length(node) == 0) {
            missing(node == Tree.NONE ? pathOf(Tree.ROOT, Name.DATA_LOWER) : tree.path(node), "an integer");
            return null;
        }
        return id(node);
    }

    private String idExpectation(int node) {
        byte[] source = tree.source(node);
        int at = tree.start(node);
        boolean negative = source[at] == '-' && tree.length(node) > 1;
        for (int i = negative ? at + 1 : at; i < tree.end(node); i++) {
            if (source[i] < '0' || source[i] > '9') {
                return "an integer";
            }
        }
        return negative ? "an integer of at least 0" : "an integer of at most " + Long.MAX_VALUE;
    }

    /** Returns the number that a node's digits mean, or -1 if they are none or too many. */
    private long digits(int node) {
        return Bytes.decimal(tree.source(node), tree.start(node), tree.end(node));
    }

    /** Returns a number that nothing depends on. A value that is no number is noted and counts as absent. */
    long leniently(int node, long most, String expected) {
        int kind = tree.kind(node);
        long value = (kind == Tree.TEXT || kind == Tree.NUMBER) && tree.length(node) > 0 ? digits(node) : -1;
        if (value < 0 || value > most) {
            noteMismatch(node, expected);
            return -1;
        }
        return value;
    }

    @Nullable
    Instant second(int node) {
        long value = node == Tree.NONE ? -1 : leniently(node, LAST_SECOND, "Unix seconds");
        return value < 0 ? null : Instant.ofEpochSecond(value);
    }

    @Nullable
    Boolean flag(int container, Name name) {
        int node = field(container, name);
        if (node == Tree.NONE) {
            return null;
        }
        if (tree.kind(node) == Tree.TRUE || tree.kind(node) == Tree.FALSE) {
            return tree.kind(node) == Tree.TRUE;
        }
        if (tree.kind(node) == Tree.TEXT && tree.length(node) == 1) {
            switch (tree.source(node)[tree.start(node)]) {
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
        String text = tree.isArray(node) ? "" : tree.text(node);
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
    int data() {
        return field(Tree.ROOT, Name.DATA_LOWER, Name.DATA);
    }

    /** Returns {@code data} of an event that cannot do without. */
    int requiredData() {
        return required(data(), Tree.ROOT, Name.DATA_LOWER);
    }

    /** Notes the data of an event that the platform sends without. */
    void noteUnexpectedData() {
        int data = data();
        if (data != Tree.NONE && !(tree.isArray(data) && tree.size(data) == 0)) {
            note(data, "data that the platform does not send with this event");
        }
    }

    /** Returns the field {@code CONNECTOR} of a {@code data}. */
    @Nullable
    ConnectorCode connector(int data) {
        String code = text(data, Name.CONNECTOR_UPPER);
        return code == null ? null : new ConnectorCode(code);
    }

    /** Returns the field {@code LINE} of a {@code data}. */
    @Nullable
    Long line(int data) {
        return id(data, Name.LINE_UPPER);
    }

    /** Returns {@code data} of an event that may do without; a scalar is a mismatch. */
    int dataBlock() {
        int data = data();
        if (data != Tree.NONE && !tree.isArray(data)) {
            mismatch(data, "a block of fields");
            return Tree.NONE;
        }
        return data;
    }

    /** Returns the contents of a node as text, lists and maps, or null if a form could not carry it. */
    @Nullable
    Object payload(int node) {
        return node == Tree.NONE ? null : payload(node, DATA_DEPTH_LEFT);
    }

    /** Recurses no deeper than {@link Limits} let a tree be. */
    private @Nullable Object payload(int node, int depthLeft) {
        switch (tree.kind(node)) {
            case Tree.TEXT -> {
                return tree.text(node);
            }
            case Tree.NUMBER -> {
                return PhpNumber.text(tree.text(node));
            }
            case Tree.TRUE -> {
                return "1";
            }
            case Tree.FALSE -> {
                return "0";
            }
            case Tree.NULL -> {
                return null;
            }
            default -> {
                return depthLeft == 0 ? null : container(node, depthLeft - 1);
            }
        }
    }

    private @Nullable Object container(int node, int depthLeft) {
        Map<String, Object> map = new LinkedHashMap<>();
        boolean list = true;
        for (int child = tree.firstChild(node); child != Tree.NONE; child = tree.nextSibling(child)) {
            Object value = credentials || !tree.isCredential(child) ? payload(child, depthLeft) : null;
            if (value != null) {
                String key = tree.key(child);
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
