// SPDX-License-Identifier: Apache-2.0
package dev.openlines.client;

import jakarta.json.JsonObject;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One page of listed sessions.
 *
 * @param sessions in the order asked for
 * @param hasNextPage whether more fit the filter; wire field {@code hasNextPage}
 * @param answeredAt the portal's own time when it answered, or null if not sent; wire field {@code time.date_finish}
 */
public record SessionPage(
        List<Session> sessions,
        boolean hasNextPage,
        @Nullable Instant answeredAt) {

    public SessionPage {
        sessions = List.copyOf(sessions);
    }

    static SessionPage of(RestReply reply) {
        Fields result = reply.fields();
        Fields time = new Fields(reply.method(), "$", reply.raw()).member("time");
        OffsetDateTime finish =
                time.value() instanceof JsonObject ? time.member("date_finish").localTimeOrNull() : null;
        return new SessionPage(
                result.member("sessions").elementsOrNone().stream()
                        .map(Session::of)
                        .toList(),
                result.member("hasNextPage").flag(),
                finish == null ? null : finish.toInstant());
    }

    /** Returns the number of sessions. */
    @Override
    public String toString() {
        return sessions.size() + " sessions" + (hasNextPage ? ", and more" : "");
    }
}
