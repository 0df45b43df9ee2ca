// SPDX-License-Identifier: Apache-2.0
package dev.openlines.portal;

import java.time.Instant;
import java.util.List;

/**
 * A message that a user wrote in a chat, or a note of the portal there.
 *
 * @param authorId 0 for the portal itself
 * @param kind {@code start} or {@code end} of a session if the portal wrote, else {@code message}
 * @param files the files that were sent with it
 */
record ChatMessage(
        long id, long sessionId, long authorId, String kind, String text, Instant at, List<PortalFile> files) {

    /** The kind of what people write. */
    static final String WRITTEN = "message";

    ChatMessage withText(String changed) {
        return new ChatMessage(id, sessionId, authorId, kind, changed, at, files);
    }
}
