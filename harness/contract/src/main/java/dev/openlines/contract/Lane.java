// SPDX-License-Identifier: Apache-2.0
package dev.openlines.contract;

/** The other cases that a case may run beside. */
enum Lane {
    /** Short and harmless, so several run at a time. */
    QUICK,
    /** Mostly waits, so it runs at the same time as all others. */
    LONG,
    /** Loads the handler or its portal, so only waiting ones run at the same time. */
    ALONE,
    /** Stops and starts the handler, so it runs alone. */
    PROCESS,
    /** Ends the trust in the portal, so it runs after all others. */
    LAST,
    /** Sends nothing, and looks at the results of the whole run. */
    AFTER
}
