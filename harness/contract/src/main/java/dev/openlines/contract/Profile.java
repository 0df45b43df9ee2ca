// SPDX-License-Identifier: Apache-2.0
package dev.openlines.contract;

import java.util.Locale;

/** The handlers that a case is for. */
public enum Profile {
    /** Every handler. */
    CORE,
    /** Handlers that promise to lose nothing in a crash. The suite starts and kills them. */
    DURABLE,
    /** The server that faces the internet: the handler's own, or the proxy in front of it. */
    EDGE,
    /** Handlers that compare the portal's list of closed sessions with the events; the suite starts and stops them. */
    RECONCILE;

    /**
     * Returns the profile's name in reports.
     *
     * @return the name in lower case
     */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
