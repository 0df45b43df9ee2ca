// SPDX-License-Identifier: Apache-2.0
package dev.openlines.parser;

import dev.openlines.model.OnSessionFinish;
import dev.openlines.model.OnSessionStart;
import dev.openlines.model.OpenLineChat;
import dev.openlines.model.Secret;
import jakarta.json.JsonObject;
import jakarta.json.stream.JsonParser;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A request body that has been parsed but not verified. It shows which portal claims to send the event, and the token
 * that proves it, before any field of the event is read.
 *
 * <p>Immutable and safe to share between threads. Prints nothing of the body.
 */
public final class Envelope {

    /** The most digits of a time, which is enough until the year 2286. */
    private static final int SECONDS_DIGITS = 10;

    /** The end of the code of events that happen only once to an object. */
    private static final Pattern ONCE = Pattern.compile("(?i)(?:ADD|DELETE)\\z");

    private final Body body;
    private final boolean credentials;

    private Envelope(Body body, boolean credentials) {
        this.body = body;
        this.credentials = credentials;
    }

    /**
     * Parses a request body.
     *
     * @param body the whole body; kept, so it must not change afterwards
     * @param format the format of the body, by its content type
     * @param limits the limits on the body
     * @return the envelope
     * @throws DecodeException if the body is malformed or beyond the limits
     */
    public static Envelope parse(byte[] body, BodyFormat format, Limits limits) {
        return new Envelope(new Body(body, format, limits, read(body, format, limits), null), true);
    }

    /**
     * Parses a request body once for all that a function does with it, in memory that later calls use again. The
     * envelope stays valid afterwards, and for other threads, but there its first use parses the body again.
     *
     * @param body the whole body; kept, so it must not change afterwards
     * @param format the format of the body, by its content type
     * @param limits the limits on the body
     * @param use receives the envelope
     * @param <T> what the function returns
     * @return the result of the function
     * @throws DecodeException if the body is malformed or beyond the limits
     */
    public static <T> T parse(byte[] body, BodyFormat format, Limits limits, Function<Envelope, T> use) {
        Scratch scratch = Scratch.take();
        Body borrowing = new Body(body, format, limits, null, Thread.currentThread());
        try {
            scratch.read(body, format, limits);
            borrowing.borrowed = scratch;
            return use.apply(new Envelope(borrowing, true));
        } finally {
            borrowing.borrowed = null;
            scratch.giveBack();
        }
    }

    static Envelope of(JsonObject json, Limits limits) {
        Tree tree = new Tree(64, 1024);
        JsonParser parser = TreeJson.provider().createParserFactory(null).createParser(json);
        parser.next();
        TreeJson.read(tree, parser, parser.next(), limits);
        return new Envelope(new Body(new byte[0], BodyFormat.JSON, limits, tree, null), true);
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
        Node node = textNode(tree().root(), Name.EVENT);
        if (node == null) {
            return "";
        }
        String known = EventTypes.code(node);
        return known != null ? known : node.text().toUpperCase(Locale.ROOT);
    }

    /**
     * Returns the portal that the event claims to come from; wire field {@code auth[member_id]}.
     *
     * @return the claim, empty if the body makes none
     * @throws DecodeException if the field is not one text, or {@code auth} not one block
     */
    public Optional<String> memberId() {
        return text(auth(), Name.MEMBER_ID);
    }

    /**
     * Returns the application token, which proves the claim; wire field {@code auth[application_token]}.
     *
     * @return the token, empty if the body has none or was stripped
     * @throws DecodeException if the field is not one text, or {@code auth} not one block
     */
    public Optional<Secret> applicationToken() {
        return credentials ? text(auth(), Name.APPLICATION_TOKEN).map(Secret::of) : Optional.empty();
    }

    private @Nullable Node auth() {
        Node auth = tree().find(Name.AUTH);
        if (auth != null && (!auth.isArray() || auth.isRepeated())) {
            throw mismatch(auth, "one block of fields");
        }
        return auth;
    }

    private Optional<String> text(@Nullable Node container, Name name) {
        Node node = textNode(container, name);
        return node == null ? Optional.empty() : Optional.of(node.text());
    }

    private @Nullable Node textNode(@Nullable Node container, Name name) {
        Node node = container == null ? null : container.find(name);
        if (node == null || node.kind() == Node.NULL) {
            return null;
        }
        if (node.kind() != Node.TEXT || node.isRepeated()) {
            throw mismatch(node, "one text");
        }
        return node;
    }

    private DecodeException mismatch(Node node, String expected) {
        String found = node.isRepeated()
                ? "it sent more than once"
                : switch (node.kind()) {
                    case Node.ARRAY -> "a " + (node.isList() ? "list" : "map") + " of " + node.size();
                    case Node.TEXT -> "text";
                    case Node.NUMBER -> "a number";
                    default -> "a boolean";
                };
        return new DecodeException(DecodeException.Kind.MISMATCH, node.path(), expected, found);
    }

    /**
     * Returns this envelope without anything that grants access: the fields {@code access_token},
     * {@code refresh_token}, {@code application_token}, {@code client_secret}, {@code AUTH_ID},
     * {@code REFRESH_ID} and {@code TOKEN}, wherever they stand and in whichever case.
     *
     * @return an envelope fit to be stored
     */
    public Envelope withoutCredentials() {
        return credentials ? new Envelope(body, false) : this;
    }

    /**
     * Writes the whole body as JSON, fields without a type included. Decoding it gives the same event
     * and notes as decoding the body.
     *
     * @return JSON, with tokens if this envelope has them
     */
    public String toJson() {
        Scratch scratch = body.scratch();
        if (scratch != null) {
            return scratch.text.of(scratch.tree, credentials);
        }
        return TreeJson.text(tree(), credentials);
    }

    /**
     * Returns the whole body, as {@link Decoded#raw()} does.
     *
     * @return JSON, with tokens if this envelope has them
     */
    public JsonObject raw() {
        return (JsonObject) TreeJson.structure(tree(), false, credentials);
    }

    /**
     * Returns a key under which this event is handled once. Two deliveries have the same key if portal, event code,
     * time and data are equal. The subscription, the tokens, the order of the fields and the format do not matter. A
     * chat that was closed again has another key, because its event has another time. If an event {@link
     * #saysOnlyIds()}, two changes within one second have the same key.
     *
     * @return 64 hexadecimal digits: SHA-256 of the length-prefixed parts
     * @throws DecodeException if one of the parts is not one text
     */
    public String idempotencyKey() {
        Tree tree = tree();
        Node member = textNode(auth(), Name.MEMBER_ID);
        Node event = textNode(tree.root(), Name.EVENT);
        Scratch scratch = body.scratch();
        return (scratch != null ? scratch.parts : new KeyParts()).key(tree, member, event);
    }

    /**
     * Returns when the portal queued the event, as the event says; wire field {@code ts}. Equal for deliveries of equal
     * {@link #idempotencyKey()}.
     *
     * @return a whole second, empty if the field is not one number of at most ten digits
     */
    public Optional<Instant> sentAt() {
        Tree tree = tree();
        Node node = tree.find(Name.TS);
        if (node == null) {
            return Optional.empty();
        }
        long seconds = -1;
        if (node.kind() == Node.TEXT && node.length() > 0 && node.length() <= SECONDS_DIGITS) {
            seconds = Bytes.decimal(node.source(), node.start(), node.end());
        } else if (node.kind() == Node.NUMBER) {
            byte[] digits = PhpNumber.text(node.text()).getBytes(StandardCharsets.UTF_8);
            seconds = digits.length <= SECONDS_DIGITS ? Bytes.decimal(digits, 0, digits.length) : -1;
        }
        return seconds < 0 ? Optional.empty() : Optional.of(Instant.ofEpochSecond(seconds));
    }

    /**
     * Returns whether the event only names its object, as {@code ONCRMDEALUPDATE} does. Its data then consists of
     * blocks {@code FIELDS…} of ids, or has the word {@code undefined} in place of a value. Two changes of one object
     * within one second give equal events, and so equal keys.
     *
     * @return false for an event that has a type in this version, and for {@code …ADD} and {@code …DELETE}, which
     *     happen once to an object
     */
    public boolean saysOnlyIds() {
        return EventTypes.of(event()) == null
                && !ONCE.matcher(event()).find()
                && OnlyIds.are(tree().find(Name.DATA_LOWER));
    }

    /**
     * Returns the chats of an {@code OnSessionFinish} or {@code OnSessionStart} as its decoder reads them.
     *
     * @return in the order of the event; empty for another event, and if they cannot be read
     */
    public List<OpenLineChat> chats() {
        String event = event();
        if (!event.equals(OnSessionFinish.CODE) && !event.equals(OnSessionStart.CODE)) {
            return List.of();
        }
        try {
            return new EventReader(tree(), false, false, credentials).chats.chats();
        } catch (DecodeException e) {
            return List.of();
        }
    }

    /**
     * Returns ids of the chats that the event names, whatever its type: sessions, messages, dialogs. Events of one chat
     * have an id in common, as far as the portal sends it.
     *
     * @return the decimal id of each chat on the portal, and for each chat in a messenger a tilde and its id; each
     *     once, in the order of the event, empty if the event names no chat
     */
    public List<String> chatKeys() {
        List<OpenLineChat> chats = chats();
        return chats.isEmpty()
                ? ChatKeys.of(tree())
                : chats.stream()
                        .map(chat -> Long.toString(chat.chatId()))
                        .distinct()
                        .toList();
    }

    /**
     * Returns the id of the subscription that sent the event; wire field {@code event_handler_id}.
     *
     * @return the id, or empty if the event has none
     */
    public OptionalLong handlerId() {
        Long id = new HeaderReader(new EventReader(tree(), false, false, credentials)).handlerId();
        return id == null ? OptionalLong.empty() : OptionalLong.of(id);
    }

    Tree tree() {
        return body.tree();
    }

    Decoded.Source source() {
        return body.source(credentials);
    }

    /**
     * Describes the size of the body and nothing of its content.
     *
     * @return such as {@code Envelope[fields=19]}
     */
    @Override
    public String toString() {
        return "Envelope[fields=" + (tree().nodes() - 1) + "]";
    }

    /** A body and its tree, which is either borrowed for some time or owned. */
    private static final class Body {

        private final byte[] bytes;
        private final BodyFormat format;
        private final Limits limits;
        /** Guarded by this. */
        private @Nullable Tree own;

        private final @Nullable Thread borrower;
        /** Used by the borrower alone. */
        private @Nullable Scratch borrowed;

        Body(byte[] bytes, BodyFormat format, Limits limits, @Nullable Tree own, @Nullable Thread borrower) {
            this.bytes = bytes;
            this.format = format;
            this.limits = limits;
            this.own = own;
            this.borrower = borrower;
        }

        /** Returns the scratch space that the tree is borrowed from, or null if this thread borrows nothing now. */
        @Nullable
        Scratch scratch() {
            return Thread.currentThread() == borrower ? borrowed : null;
        }

        Tree tree() {
            Scratch scratch = scratch();
            if (scratch != null) {
                return scratch.tree;
            }
            synchronized (this) {
                if (own == null) {
                    own = read(bytes, format, limits);
                }
                return own;
            }
        }

        Decoded.Source source(boolean credentials) {
            return borrower == null
                    ? new Decoded.Source(tree(), credentials)
                    : new Decoded.Source(bytes, format, limits, credentials);
        }
    }
}
