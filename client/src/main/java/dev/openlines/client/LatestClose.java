// SPDX-License-Identifier: Apache-2.0
package dev.openlines.client;

import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Iterator;
import java.util.Optional;
import java.util.Set;

/**
 * Finds the session that an event has reported as closed. The list has no filter by chat, but an event is queued in the
 * request that closes, so the close lies in the same second or shortly before.
 */
final class LatestClose {

    /** The longest time from a close to the queuing of its event. */
    private static final Duration WINDOW = Duration.ofMinutes(2);

    /** Errors of a portal, plan or user without reports. */
    private static final Set<ErrorCode> UNAVAILABLE =
            Set.of(ErrorCode.TARIFF_RESTRICTION, ErrorCode.ERROR_METHOD_NOT_FOUND, ErrorCode.ACCESS_DENIED);

    private final OpenLines lines;
    private final long chatId;
    private final Instant end;

    LatestClose(OpenLines lines, long chatId, Instant closedAt) {
        this.lines = lines;
        this.chatId = chatId;
        this.end = Wire.second(closedAt).plusSeconds(1);
    }

    Optional<Session> find() {
        if (chatId < 1) {
            return Optional.empty();
        }
        try {
            return latest().filter(this::isTheLast);
        } catch (RestException e) {
            if (e.code().filter(UNAVAILABLE::contains).isPresent()) {
                return Optional.empty();
            }
            throw e;
        }
    }

    /** Returns the chat's latest close in the window, or empty if there is none or two were in the same second. */
    private Optional<Session> latest() {
        Session found = null;
        SessionFilter window = SessionFilter.closed(end.minus(WINDOW), end).descending();
        for (Iterator<Session> sessions = lines.sessions(window).iterator(); sessions.hasNext(); ) {
            Session session = sessions.next();
            if (found != null && closed(session).isBefore(closed(found))) {
                break;
            }
            if (session.chatId() == chatId) {
                if (found != null && found.id() != session.id()) {
                    return Optional.empty();
                }
                found = session;
            }
        }
        return Optional.ofNullable(found);
    }

    /**
     * Tells whether no session of the chat began between that close and the event. If one did, the event
     * was about that one, and it was resumed later.
     */
    private boolean isTheLast(Session session) {
        Instant close = closed(session);
        return !close.isBefore(end.minusSeconds(2))
                || lines.sessions(SessionFilter.created(close, end))
                        .noneMatch(other -> other.chatId() == chatId && other.id() > session.id());
    }

    private static Instant closed(Session session) {
        OffsetDateTime closedAt = session.closedAt();
        return closedAt == null ? Instant.EPOCH : closedAt.toInstant();
    }
}
