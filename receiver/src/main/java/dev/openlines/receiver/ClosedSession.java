// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import java.time.OffsetDateTime;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A session of an open line as a portal lists it; one element of the answer to {@code imopenlines.v2.Session.list}.
 *
 * @param sessionId the session's id; wire field {@code id}. A session that goes on after its close keeps it
 * @param chatId the chat's id on the portal; wire field {@code chatId}; 0 in odd rows
 * @param lineId the line; wire field {@code configId}
 * @param userId the customer's id on the portal; wire field {@code userId}
 * @param source the channel's code; wire field {@code source}
 * @param createdAt when the session began; wire field {@code dateCreate}, null if not sent
 * @param closedAt when it was closed last, by the portal's clock with its offset, in whole seconds; wire field {@code
 *     dateClose}. Null if the session is open, or if the platform marked it as a duplicate. The portal may list it days
 *     after this time
 * @param status wire field {@code status}, any text; only {@code closedAt} says that a session is closed
 */
public record ClosedSession(
        long sessionId,
        long chatId,
        long lineId,
        long userId,
        String source,
        @Nullable OffsetDateTime createdAt,
        @Nullable OffsetDateTime closedAt,
        String status) {

    public ClosedSession {
        Objects.requireNonNull(source, "source");
        Objects.requireNonNull(status, "status");
    }

    /** Returns when it was closed, in seconds since 1970. Only for a session that has such a time. */
    long closedSecond() {
        return Objects.requireNonNull(closedAt).toEpochSecond();
    }

    /** Returns the offset of that time as the portal wrote it, in seconds. */
    int offset() {
        return Objects.requireNonNull(closedAt).getOffset().getTotalSeconds();
    }
}
