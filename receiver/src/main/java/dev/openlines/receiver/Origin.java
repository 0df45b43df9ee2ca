// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import java.util.Locale;

/** The way that a stored event took to the inbox. */
public enum Origin {
    /** The portal posted it. */
    EVENT,

    /** It was read from the portal's offline queue. */
    OFFLINE,

    /** No event came: the close was found in the portal's own list of sessions. */
    RECONCILED;

    /**
     * Returns the name that stores write.
     *
     * @return lower case
     */
    public String stored() {
        return name().toLowerCase(Locale.ROOT);
    }

    /**
     * Reads the name that stores write.
     *
     * @param stored a name from {@link #stored}
     * @return the origin
     * @throws IllegalArgumentException if it is none
     */
    public static Origin of(String stored) {
        return valueOf(stored.toUpperCase(Locale.ROOT));
    }
}
