// SPDX-License-Identifier: Apache-2.0
package dev.openlines.parser;

import jakarta.json.bind.JsonbException;
import java.util.List;
import java.util.Locale;

/**
 * Thrown if a body is no event. Sending it again changes nothing.
 *
 * <p>The message says what was expected, which kind of value was found, and where: <em>expected an integer but found
 * text (3 characters) at $.data.DATA.connector.line_id</em>. It never repeats what the body held, so it may be logged
 * and shown.
 *
 * <p>It is a {@link JsonbException} so that implementations of JSON-B let it through to the caller if an event is read
 * by {@link EventJson#config()}.
 */
public final class DecodeException extends JsonbException {

    private static final long serialVersionUID = 1L;

    /** The kinds of faults in a body. */
    public enum Kind {
        /** Not a form or not JSON at all. */
        MALFORMED,

        /** Well formed, but a field is not as an event requires. */
        MISMATCH,

        /** Larger, longer or deeper than {@link Limits} allow, or with more fields. */
        LIMIT;

        /**
         * Returns the name that command lines and reports use.
         *
         * @return the constant's name in lower case
         */
        public String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    private final Kind kind;
    private final String expected;
    private final transient List<Note> problems;
    private final String path;

    DecodeException(Kind kind, String path, String expected, String found) {
        this(kind, path, expected, List.of(new Note(path, "expected " + expected + " but found " + found)));
    }

    DecodeException(Kind kind, String path, String expected, List<Note> problems) {
        super(message(problems));
        this.kind = kind;
        this.path = path;
        this.expected = expected;
        this.problems = List.copyOf(problems);
    }

    private static String message(List<Note> problems) {
        StringBuilder text = new StringBuilder();
        if (problems.size() > 1) {
            text.append(problems.size()).append(" problems: ");
        }
        for (int i = 0; i < problems.size(); i++) {
            text.append(i == 0 ? "" : "; ").append(problems.get(i));
        }
        return text.toString();
    }

    /**
     * Returns the kind of the problem, or of the first of several problems.
     *
     * @return the kind, never null
     */
    public Kind kind() {
        return kind;
    }

    /**
     * Returns the place of the problem, or of the first of several problems.
     *
     * @return a path such as {@code $.auth.member_id}; {@code $} for the whole body
     */
    public String path() {
        return path;
    }

    /**
     * Returns the expectation at that place, for the first of several problems.
     *
     * @return such as {@code an integer}
     */
    public String expected() {
        return expected;
    }

    /**
     * Returns all problems. A lenient decoder stops at the first problem, a strict one finds them all.
     *
     * @return at least one; empty only after Java serialization, which keeps the message alone
     */
    public List<Note> problems() {
        return problems == null ? List.of() : problems;
    }
}
