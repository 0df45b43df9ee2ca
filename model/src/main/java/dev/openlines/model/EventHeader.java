// SPDX-License-Identifier: Apache-2.0
package dev.openlines.model;

import java.time.Instant;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The fields that every event has besides its payload.
 *
 * <p>There is no delivery id among these fields, because the platform sends none.
 *
 * @param code symbolic event code in upper case, such as {@code ONSESSIONFINISH}; wire field
 *     {@code event}
 * @param handlerId which of the portal's subscriptions this delivery serves; wire field
 *     {@code event_handler_id}, in published examples {@code eventId} or {@code event_id}. One
 *     subscription keeps one id, so it never identifies an event. Null if not sent
 * @param sentAt when the portal queued the event; wire field {@code ts}, Unix seconds. Two events within one second
 *     have equal times, and a late event is still genuine. Null if missing or unreadable
 * @param auth on whose behalf the event was sent, and the token that proves it
 */
public record EventHeader(
        String code, @Nullable Long handlerId, @Nullable Instant sentAt, EventAuth auth) {

    public EventHeader {
        Objects.requireNonNull(code, "code");
        Objects.requireNonNull(auth, "auth");
    }

    /**
     * Returns this header without anything that grants access.
     *
     * @return a copy whose auth has no token
     */
    public EventHeader withoutCredentials() {
        return new EventHeader(code, handlerId, sentAt, auth.withoutCredentials());
    }
}
