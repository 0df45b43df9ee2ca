// SPDX-License-Identifier: Apache-2.0
package dev.openlines.model;

import java.util.Objects;

/**
 * The portal's queue of offline events holds something for the application: call {@code event.offline.get}. It has no
 * data, does not name the waiting events, and comes at most once in the {@code minTimeout} of its subscription.
 *
 * @param header the fields that every event has
 * @see <a href="https://apidocs.bitrix24.com/api-reference/events/on-offline-event.html">OnOfflineEvent</a>
 */
public record OnOfflineEvent(EventHeader header) implements Event {

    /** The event's code on the wire. */
    public static final String CODE = "ONOFFLINEEVENT";

    public OnOfflineEvent {
        Objects.requireNonNull(header, "header");
    }
}
