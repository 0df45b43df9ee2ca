// SPDX-License-Identifier: Apache-2.0
package dev.openlines.parser;

import dev.openlines.model.Event;
import dev.openlines.model.EventHeader;
import dev.openlines.model.UnknownEvent;
import jakarta.json.JsonObject;
import java.util.Objects;

/**
 * Turns request bodies into typed events.
 *
 * <pre>{@code
 * Decoded<Event> decoded = EventDecoder.lenient().decode(body, BodyFormat.FORM);
 * if (decoded.event() instanceof OnSessionFinish finish) {
 *     finish.chats().forEach(chat -> archive(chat.chatId()));
 * }
 * }</pre>
 *
 * <p>A lenient decoder accepts every published shape of an event and notes deviations from the platform's own format. A
 * strict one refuses a body with deviations, and names all of them at once. Events without a type of their own become
 * {@link UnknownEvent}, in either mode.
 *
 * <p>Decoding proves nothing: any sender that knows the address of an endpoint can post to it. If a body comes from a
 * network, compare {@link Envelope#applicationToken()} first.
 *
 * <p>Immutable and safe to share between threads. Nothing here blocks.
 */
public final class EventDecoder {

    private static final EventDecoder LENIENT = new EventDecoder(false, Limits.DEFAULT);
    private static final EventDecoder STRICT = new EventDecoder(true, Limits.DEFAULT);

    private final boolean strict;
    private final Limits limits;

    private EventDecoder(boolean strict, Limits limits) {
        this.strict = strict;
        this.limits = limits;
    }

    /**
     * Returns a decoder that tolerates deviations and notes them, with the default limits.
     *
     * @return the decoder for production
     */
    public static EventDecoder lenient() {
        return LENIENT;
    }

    /**
     * Returns a decoder that refuses the deviations that a lenient one would note, with the default limits.
     *
     * @return the decoder for tests of senders
     */
    public static EventDecoder strict() {
        return STRICT;
    }

    /**
     * Returns this decoder with other limits.
     *
     * @param newLimits the limits on bodies
     * @return a new decoder
     */
    public EventDecoder withLimits(Limits newLimits) {
        return new EventDecoder(strict, Objects.requireNonNull(newLimits, "newLimits"));
    }

    /**
     * Decodes a request body.
     *
     * @param body the whole body; kept by the result, so it must not change afterwards
     * @param format the format of the body, by its content type
     * @return the event with facts about its body
     * @throws DecodeException if the body is malformed, beyond the limits, or not an event
     */
    public Decoded<Event> decode(byte[] body, BodyFormat format) {
        Scratch scratch = Scratch.take();
        try {
            scratch.read(body, format, limits);
            return decode(scratch.tree, new Decoded.Source(body, format, limits, true));
        } finally {
            scratch.giveBack();
        }
    }

    /**
     * Decodes a body that was parsed, and most likely verified, before.
     *
     * @param envelope the parsed body
     * @return the event, without tokens if the envelope is {@link Envelope#withoutCredentials}
     * @throws DecodeException if the body is not an event
     */
    public Decoded<Event> decode(Envelope envelope) {
        return decode(envelope.tree(), envelope.source());
    }

    /**
     * Decodes JSON that was read by JSON-P.
     *
     * @param json an event as JSON
     * @return the event with facts about its body
     * @throws DecodeException if it is beyond the limits, or not an event
     */
    public Decoded<Event> decode(JsonObject json) {
        return decode(Envelope.of(json, limits));
    }

    private Decoded<Event> decode(Tree tree, Decoded.Source source) {
        return decode(tree, source, false);
    }

    Decoded<Event> decode(Tree tree, Decoded.Source source, boolean keepsNotes) {
        EventReader reader = new EventReader(tree, strict, keepsNotes, source.credentials());
        EventHeader header = new HeaderReader(reader).header();
        EventType<?> type = EventTypes.of(header.code());
        Event event = type == null ? null : type.read(header, reader);
        if (event == null) {
            event = new UnknownEvent(header, reader.payload(reader.data()));
        }
        reader.noteRepeated();
        reader.finish();
        return new Decoded<>(event, reader.chats.dialect(), reader.noted(), keepsNotes ? reader.notes() : null, source);
    }
}
