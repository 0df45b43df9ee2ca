// SPDX-License-Identifier: Apache-2.0
package dev.openlines.examples.closedchats;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A message of a closed chat.
 *
 * @param author name as shown, may be empty
 * @param role {@code customer}, {@code operator}, {@code bot} or {@code system}
 * @param sentAt null if the portal did not tell
 * @param text as typed, with the platform's markup
 * @param files the files that were sent with it
 */
record Message(String author, String role, @Nullable Instant sentAt, String text, List<SentFile> files) {

    Message {
        files = List.copyOf(files);
    }

    /** Says nothing of what was said. */
    @Override
    public String toString() {
        return "message of " + role;
    }
}
