// SPDX-License-Identifier: Apache-2.0
package dev.openlines.contract;

/** The other cases that a case may run beside. */
enum Lane {
    /** Short and polite: several at a time. */
    QUICK,
    /** Mostly waits: beside everything else. */
    LONG,
    /** Loads the handler or its portal: nothing but long ones beside it. */
    ALONE,
    /** Stops and starts the handler: nothing beside it. */
    PROCESS,
    /** Takes the portal's trust away: after all others. */
    LAST,
    /** Sends nothing: looks at what the whole run has left. */
    AFTER
}
