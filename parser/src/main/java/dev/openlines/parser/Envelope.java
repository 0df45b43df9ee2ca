// SPDX-License-Identifier: Apache-2.0
package dev.openlines.parser;

import dev.openlines.model.Secret;
import jakarta.json.JsonObject;
import jakarta.json.stream.JsonParser;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * A request body that is parsed but not yet believed: enough to find out whose event it claims to be
 * and whether the claim is true, before any field of the event is read.
 *
 * <p>Immutable and safe to share between threads. Prints nothing of the body.
 */
public final class Envelope {

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
     * @return the code in upper case, empty where the body names none
     * @throws DecodeException if the field is not one text
     */
    public String event() {
        return text(Tree.ROOT, Name.EVENT).orElse("").toUpperCase(Locale.ROOT);
    }

    /**
     * Returns which portal the event claims to come from; wire field {@code auth[member_id]}.
     *
     * @return the claim, empty where the body makes none
     * @throws DecodeException if the field is not one text, or {@code auth} not one block
     */
    public Optional<String> memberId() {
        return text(auth(), Name.MEMBER_ID);
    }

    /**
     * Returns what the claim rests on; wire field {@code auth[application_token]}.
     *
     * @return the token, empty where the body has none or was stripped
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
     * {@code refresh_token}, {@code application_token}, {@code client_secret}, {@code AUTH_ID} and
     * {@code REFRESH_ID}, wherever they stand and in whichever case.
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
     * @return JSON, with tokens where this envelope has them
     */
    public String toJson() {
        return TreeJson.text(tree, credentials);
    }

    /**
     * Returns the whole body, as {@link Decoded#raw()} does.
     *
     * @return JSON, with tokens where this envelope has them
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
        ByteArrayOutputStream parts = new ByteArrayOutputStream(512);
        write(parts, memberId().orElse("").getBytes(StandardCharsets.UTF_8));
        write(parts, event().getBytes(StandardCharsets.UTF_8));
        writeField(parts, Name.TS);
        if (!writeField(parts, Name.DATA_LOWER)) {
            writeField(parts, Name.DATA);
        }
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(parts.toByteArray());
            return HexFormat.of().formatHex(digest);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    private boolean writeField(ByteArrayOutputStream out, Name name) {
        int node = tree.find(Tree.ROOT, name);
        byte[] canonical = node == Tree.NONE ? new byte[0] : canonical(node);
        write(out, canonical);
        return canonical.length > 0;
    }

    /**
     * Writes a value with sorted keys and every leaf as a form would carry it; nothing for what a form
     * would leave out. Recurses no deeper than {@link Limits} let a tree be.
     */
    private byte[] canonical(int node) {
        if (!tree.isArray(node)) {
            return leaf(node);
        }
        List<Integer> children = new ArrayList<>(tree.size(node));
        for (int child = tree.firstChild(node); child != Tree.NONE; child = tree.nextSibling(child)) {
            children.add(child);
        }
        children.sort(tree::compareKeys);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (int child : children) {
            byte[] value = canonical(child);
            if (value.length > 0) {
                write(out, tree.keyBytes(child));
                write(out, value);
            }
        }
        return out.size() == 0 ? new byte[0] : concat('{', out.toByteArray());
    }

    private byte[] leaf(int node) {
        return switch (tree.kind(node)) {
            case Tree.TEXT -> concat('=', tree.text(node).getBytes(StandardCharsets.UTF_8));
            case Tree.NUMBER -> concat('=', PhpNumber.text(tree.text(node)).getBytes(StandardCharsets.UTF_8));
            case Tree.TRUE -> concat('=', new byte[] {'1'});
            case Tree.FALSE -> concat('=', new byte[] {'0'});
            default -> new byte[0];
        };
    }

    private static byte[] concat(char first, byte[] rest) {
        byte[] all = new byte[rest.length + 1];
        all[0] = (byte) first;
        System.arraycopy(rest, 0, all, 1, rest.length);
        return all;
    }

    private static void write(ByteArrayOutputStream out, byte[] part) {
        out.write(part.length >>> 24);
        out.write(part.length >>> 16);
        out.write(part.length >>> 8);
        out.write(part.length);
        out.write(part, 0, part.length);
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
