// SPDX-License-Identifier: Apache-2.0
package dev.openlines.parser;

import java.util.Objects;

/**
 * A deviation of a body from the platform's own format.
 *
 * @param path the place, such as {@code $.data.DATA.chat.id}. Names that are not fields of an event appear as {@code
 *     *}, because they could contain a secret
 * @param message the deviation, without any content of the body
 */
public record Note(String path, String message) {

    public Note {
        Objects.requireNonNull(path, "path");
        Objects.requireNonNull(message, "message");
    }

    /**
     * Returns both parts as a line.
     *
     * @return message and path
     */
    @Override
    public String toString() {
        return message + " at " + path;
    }
}
