// SPDX-License-Identifier: Apache-2.0
package dev.openlines.parser;

import dev.openlines.model.Event;
import jakarta.json.JsonObject;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An event with facts about the body that it came in.
 *
 * <p>Immutable and safe to share between threads. {@link #notes()} and {@link #raw()} read the body
 * again, each time they are called, so that a decoding which needs neither does not pay for them.
 *
 * @param <E> the type of the event, as far as the caller knows it
 */
public final class Decoded<E extends Event> {

    private final E event;
    private final Dialect dialect;
    private final boolean noted;
    private final @Nullable List<Note> notes;
    private final Source source;

    Decoded(E event, Dialect dialect, boolean noted, @Nullable List<Note> notes, Source source) {
        this.event = event;
        this.dialect = dialect;
        this.noted = noted;
        this.notes = notes;
        this.source = source;
    }

    /**
     * Returns the event.
     *
     * @return never null
     */
    public E event() {
        return event;
    }

    /**
     * Returns the shape that the event was sent in. For events with only one shape it is {@link Dialect#PLATFORM}.
     *
     * @return never null
     */
    public Dialect dialect() {
        return dialect;
    }

    /**
     * Returns the deviations that the decoder tolerated, in the order of reading.
     *
     * @return empty for a body as the platform sends it; unmodifiable
     */
    public List<Note> notes() {
        if (!noted) {
            return List.of();
        }
        if (notes != null) {
            return notes;
        }
        Decoded<Event> again = EventDecoder.lenient().decode(source.tree(), source, true);
        return again.notes == null ? List.of() : again.notes;
    }

    /**
     * Returns the whole body, including fields without a type. PHP's arrays are lists if their keys are 0, 1, 2 …,
     * otherwise objects; a form's values are all text. Needs an implementation of JSON-P at run time.
     *
     * @return the body as JSON, with tokens if the body had them
     */
    public JsonObject raw() {
        return (JsonObject) TreeJson.structure(source.tree(), false, source.credentials());
    }

    /** The source of a tree, which can be read again. */
    static final class Source {
        private final byte @Nullable [] body;
        private final BodyFormat format;
        private final Limits limits;
        private final boolean credentials;
        private final @Nullable Tree kept;

        Source(byte[] body, BodyFormat format, Limits limits, boolean credentials) {
            this.body = body;
            this.format = format;
            this.limits = limits;
            this.credentials = credentials;
            this.kept = null;
        }

        Source(Tree kept, boolean credentials) {
            this.body = null;
            this.format = BodyFormat.FORM;
            this.limits = Limits.DEFAULT;
            this.credentials = credentials;
            this.kept = kept;
        }

        boolean credentials() {
            return credentials;
        }

        Tree tree() {
            if (kept != null) {
                return kept;
            }
            byte[] bytes = body == null ? new byte[0] : body;
            return Envelope.read(bytes, format, limits);
        }
    }
}
