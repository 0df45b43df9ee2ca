// SPDX-License-Identifier: Apache-2.0
package dev.openlines.contract;

/** A statement of the user about the handler, without which some cases are not applicable. */
enum Declaration {
    /** It takes outgoing webhooks too. */
    WEBHOOKS,
    /** It does not take its portal from settings alone. Holds unless the user says otherwise. */
    INSTALLATIONS,
    /** The run has captures of a portal's events. */
    CAPTURES,
    /** Two instances of it may run on one store. */
    INSTANCES
}
