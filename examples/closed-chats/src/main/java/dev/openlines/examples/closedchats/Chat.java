// SPDX-License-Identifier: Apache-2.0
package dev.openlines.examples.closedchats;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A closed chat as archived.
 *
 * @param id its place in the archive, 0 before it has one
 * @param eventKey the event's idempotency key, which identifies this row together with the chat's id
 * @param memberId the portal
 * @param chatId the chat's id on the portal
 * @param sessionId the session that was closed, null if the portal did not tell
 * @param lineId the open line, null if not sent
 * @param line its name, may be empty
 * @param connector code of the channel, may be empty
 * @param customer the customer's name, may be empty
 * @param operator the name of the operator who wrote last, may be empty
 * @param openedAt when the first message was sent, null if there is none
 * @param closedAt when the portal queued the event, or closed the session if no event came
 * @param messages how many are archived
 * @param missing why there is no transcript, null if there is one
 * @param reconciled whether no event came and the close was found in the portal's list of sessions
 * @param about more about it
 */
record Chat(
        long id,
        String eventKey,
        String memberId,
        long chatId,
        @Nullable Long sessionId,
        @Nullable Long lineId,
        String line,
        String connector,
        String customer,
        String operator,
        @Nullable Instant openedAt,
        Instant closedAt,
        int messages,
        @Nullable String missing,
        boolean reconciled,
        About about) {

    /** Returns the name of the line; public for templates. */
    public String lineLabel() {
        return !line.isBlank() ? line : lineId == null ? "no line" : "Line " + lineId;
    }

    /** Returns the time from the first message to the close, or null if unknown. */
    @Nullable
    Duration timeToClose() {
        return openedAt == null || openedAt.isAfter(closedAt) ? null : Duration.between(openedAt, closedAt);
    }

    /** Returns {@link #timeToClose} in words; public for templates. */
    public String timeToCloseText() {
        Duration time = timeToClose();
        if (time == null) {
            return "–";
        }
        if (time.toHours() > 0) {
            return time.toHours() + " h " + time.toMinutesPart() + " min";
        }
        return time.toMinutes() > 0
                ? time.toMinutes() + " min " + time.toSecondsPart() + " s"
                : time.toSeconds() + " s";
    }

    /** Names the chat, but not the people in it. */
    @Override
    public String toString() {
        return "chat " + chatId + " of portal " + memberId;
    }
}
