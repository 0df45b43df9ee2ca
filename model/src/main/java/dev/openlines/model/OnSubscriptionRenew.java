// SPDX-License-Identifier: Apache-2.0
package dev.openlines.model;

import java.util.Objects;

/**
 * The portal's subscription to the vendor's market of applications was renewed. The vendor's pages do not mention it;
 * by the server's source it has no parameters and carries a refresh token, as an installation does.
 *
 * @param header the fields that every event has
 */
public record OnSubscriptionRenew(EventHeader header) implements Event {

    /** The event's code on the wire. */
    public static final String CODE = "ONSUBSCRIPTIONRENEW";

    public OnSubscriptionRenew {
        Objects.requireNonNull(header, "header");
    }
}
