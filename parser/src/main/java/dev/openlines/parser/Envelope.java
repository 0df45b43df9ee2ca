// SPDX-License-Identifier: Apache-2.0
package dev.openlines.parser;

import dev.openlines.model.Secret;
import jakarta.json.JsonObject;
import jakarta.json.stream.JsonParser;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * A request body that has been parsed but not verified. It shows which portal claims to send the event, and the token
 * that proves it, before any field of the event is read.
 *
 * <p>Immutable and safe to share between threads. Prints nothing of the body.
 */
public final class Envelope {

    /** Enough until the year 2286. */
    private static final int SECONDS_DIGITS = 10;

    /** Copied for each use: finding a provider takes longer than a copy. */
    private static final MessageDigest SHA_256 = sha256();

    private final Tree tree;
    private final boolean credentials;

    private Envelope(Tree tree, boolean credentials) {
        this.tree = tree;
        this.credentials = credentials;
    }

    /**
     * Parses a request body.
     *
     * @param body the whole body; kept, so it must not change afterwards
     * @param format what the body is, by its content type
     * @param limits what to read at most
     * @return the envelope
     * @throws DecodeException if the body is malformed or beyond the limits
     */
    public static Envelope parse(byte[] body, BodyFormat format, Limits limits) {
        return new Envelope(read(body, format, limits), true);
    }

    static Envelope of(JsonObject json, Limits limits) {
        Tree tree = new Tree(64, 1024);
        JsonParser parser = TreeJson.Provider.JSON.createParserFactory(null).createParser(json);
        parser.next();
        TreeJson.read(tree, parser, parser.next(), limits);
        return new Envelope(tree, true);
    }

    static Tree read(byte[] body, BodyFormat format, Limits limits) {
        Tree tree = new Tree(40, 1024);
        if (format == BodyFormat.FORM) {
            new FormReader(tree).read(body, limits);
        } else {
            new JsonReader(tree).read(body, limits);
        }
        return tree;
    }

    /**
     * Returns the event's code; wire field {@code event}.
     *
     * @return the code in upper case, empty if the body names none
     * @throws DecodeException if the field is not one text
     */
    public String event() {
        return text(Tree.ROOT, Name.EVENT).orElse("").toUpperCase(Locale.ROOT);
    }

    /**
     * Returns which portal the event claims to come from; wire field {@code auth[member_id]}.
     *
     * @return the claim, empty if the body makes none
     * @throws DecodeException if the field is not one text, or {@code auth} not one block
     */
    public Optional<String> memberId() {
        return text(auth(), Name.MEMBER_ID);
    }

    /**
     * Returns what the claim rests on; wire field {@code auth[application_token]}.
     *
     * @return the token, empty if the body has none or was stripped
     * @throws DecodeException if the field is not one text, or {@code auth} not one block
     */
    public Optional<Secret> applicationToken() {
        return credentials ? text(auth(), Name.APPLICATION_TOKEN).map(Secret::of) : Optional.empty();
    }

    private int auth() {
        int auth = tree.find(Tree.ROOT, Name.AUTH);
        if (auth != Tree.NONE && (!tree.isArray(auth) || tree.isRepeated(auth))) {
            throw mismatch(auth, "one block of fields");
        }
        return auth;
    }

    private Optional<String> text(int container, Name name) {
        int node = container == Tree.NONE ? Tree.NONE : tree.find(container, name);
        if (node == Tree.NONE || tree.kind(node) == Tree.NULL) {
            return Optional.empty();
        }
        if (tree.kind(node) != Tree.TEXT || tree.isRepeated(node)) {
            throw mismatch(node, "one text");
        }
        return Optional.of(tree.text(node));
    }

    private DecodeException mismatch(int node, String expected) {
        String found = tree.isRepeated(node)
                ? "it sent more than once"
                : switch (tree.kind(node)) {
                    case Tree.ARRAY -> "a " + (tree.isList(node) ? "list" : "map") + " of " + tree.size(node);
                    case Tree.TEXT -> "text";
                    case Tree.NUMBER -> "a number";
                    default -> "a boolean";
                };
        return new DecodeException(DecodeException.Kind.MISMATCH, tree.path(node), expected, found);
    }

    /**
     * Returns this envelope without anything that grants access: the fields {@code access_token},
     * {@code refresh_token}, {@code application_token}, {@code client_secret}, {@code AUTH_ID},
     * {@code REFRESH_ID} and {@code TOKEN}, wherever they stand and in whichever case.
     *
     * @return an envelope fit to be stored
     */
    public Envelope withoutCredentials() {
        return credentials ? new Envelope(tree, false) : this;
    }

    /**
     * Writes the whole body as JSON, fields without a type included. Decoding it gives the same event
     * and notes as decoding the body.
     *
     * @return JSON, with tokens if this envelope has them
     */
    public String toJson() {
        return TreeJson.text(tree, credentials);
    }

    /**
     * Returns the whole body, as {@link Decoded#raw()} does.
     *
     * @return JSON, with tokens if this envelope has them
     */
    public JsonObject raw() {
        return (JsonObject) TreeJson.structure(tree, false, credentials);
    }

    /**
     * Returns a key under which this event is handled once. Two deliveries have the same key when
     * portal, event code, time and data are equal: whatever subscription they serve, whichever user's
     * tokens they carry, in whatever order and format their fields come. A chat that was closed again
     * has another key, for its event has another time.
     *
     * @return 64 hexadecimal digits: SHA-256 of the length-prefixed parts
     * @throws DecodeException if one of the parts is not one text
     */
    public String idempotencyKey() {
        Parts parts = new Parts();
        parts.add(memberId().orElse("").getBytes(StandardCharsets.UTF_8));
        parts.add(event().getBytes(StandardCharsets.UTF_8));
        addField(parts, Name.TS);
        if (!addField(parts, Name.DATA_LOWER)) {
            addField(parts, Name.DATA);
        }
        try {
            MessageDigest digest = (MessageDigest) SHA_256.clone();
            digest.update(parts.bytes, 0, parts.end);
            return HexFormat.of().formatHex(digest.digest());
        } catch (CloneNotSupportedException e) {
            throw new IllegalStateException("expected a digest that can be copied", e);
        }
    }

    /**
     * Returns when the portal queued the event, as the event says; wire field {@code ts}. Equal for deliveries of equal
     * {@link #idempotencyKey()}.
     *
     * @return a whole second, empty if the field is not one number of at most ten digits
     */
    public Optional<Instant> sentAt() {
        int node = tree.find(Tree.ROOT, Name.TS);
        if (node == Tree.NONE || tree.kind(node) != Tree.TEXT && tree.kind(node) != Tree.NUMBER) {
            return Optional.empty();
        }
        String digits = tree.kind(node) == Tree.TEXT ? tree.text(node) : PhpNumber.text(tree.text(node));
        if (digits.isEmpty() || digits.length() > SECONDS_DIGITS) {
            return Optional.empty();
        }
        long seconds = 0;
        for (int i = 0; i < digits.length(); i++) {
            char c = digits.charAt(i);
            if (c < '0' || c > '9') {
                return Optional.empty();
            }
            seconds = 10 * seconds + (c - '0');
        }
        return Optional.of(Instant.ofEpochSecond(seconds));
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    private boolean addField(Parts out, Name name) {
        int node = tree.find(Tree.ROOT, name);
        int part = out.open();
        if (node != Tree.NONE) {
            addCanonical(out, node);
        }
        out.close(part);
        return out.end > part;
    }

    /**
     * Adds a value with sorted keys and every leaf as a form would carry it; nothing for what a form
     * would leave out. Recurses no deeper than {@link Limits} let a tree be.
     */
    private void addCanonical(Parts out, int node) {
        if (!tree.isArray(node)) {
            addLeaf(out, node);
            return;
        }
        List<Integer> children = new ArrayList<>(tree.size(node));
        for (int child = tree.firstChild(node); child != Tree.NONE; child = tree.nextSibling(child)) {
            children.add(child);
        }
        children.sort(tree::compareKeys);
        int begin = out.end;
        out.addByte('{');
        for (int child : children) {
            int pair = out.end;
            out.add(tree.keyBytes(child));
            int value = out.open();
            addCanonical(out, child);
            if (out.end == value) {
                out.end = pair;
            } else {
                out.close(value);
            }
        }
        if (out.end == begin + 1) {
            out.end = begin;
        }
    }

    private void addLeaf(Parts out, int node) {
        switch (tree.kind(node)) {
            case Tree.TEXT -> {
                out.addByte('=');
                if (tree.isAscii(node)) {
                    out.addBytes(tree.source(node), tree.start(node), tree.end(node));
                } else {
                    out.addText(tree.text(node));
                }
            }
            case Tree.NUMBER -> {
                out.addByte('=');
                out.addText(PhpNumber.text(tree.text(node)));
            }
            case Tree.TRUE -> out.addText("=1");
            case Tree.FALSE -> out.addText("=0");
            default -> {
                // null is left out of a form.
            }
        }
    }

    /** Parts one after another and inside one another, the length of each before it, in four bytes. */
    private static final class Parts {

        private byte[] bytes = new byte[1024];
        private int end;

        /** Leaves room for a length; what is returned is where the part begins. */
        int open() {
            ensure(4);
            return end += 4;
        }

        void close(int part) {
            int length = end - part;
            bytes[part - 4] = (byte) (length >>> 24);
            bytes[part - 3] = (byte) (length >>> 16);
            bytes[part - 2] = (byte) (length >>> 8);
            bytes[part - 1] = (byte) length;
        }

        void add(byte[] part) {
            int begin = open();
            addBytes(part, 0, part.length);
            close(begin);
        }

        void addText(String text) {
            byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
            addBytes(utf8, 0, utf8.length);
        }

        void addBytes(byte[] source, int from, int to) {
            ensure(to - from);
            System.arraycopy(source, from, bytes, end, to - from);
            end += to - from;
        }

        void addByte(char c) {
            ensure(1);
            bytes[end++] = (byte) c;
        }

        private void ensure(int more) {
            if (bytes.length - end < more) {
                bytes = Arrays.copyOf(bytes, Math.max(2 * bytes.length, end + more));
            }
        }
    }

    Tree tree() {
        return tree;
    }

    Decoded.Source source() {
        return new Decoded.Source(tree, credentials);
    }

    /**
     * Says how much there is, and nothing of what it is.
     *
     * @return such as {@code Envelope[fields=19]}
     */
    @Override
    public String toString() {
        return "Envelope[fields=" + (tree.nodes() - 1) + "]";
    }
}
