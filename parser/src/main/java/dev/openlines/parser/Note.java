// SPDX-License-Identifier: Apache-2.0
package dev.openlines.parser;

import java.util.Objects;

/**
 * Something about a body that is not as the platform sends it.
 *
 * @param path where, such as {@code $.data.DATA.chat.id}. Names that are not fields of an event show
 *     as {@code *}, for they may hold anything
 * @param message what, without any content of the body
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
