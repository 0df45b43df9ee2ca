// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

/** The result of storing an event. */
public enum StoreResult {
    /** The event is new and durable. */
    STORED,

    /** An event with the same key exists; nothing was added. */
    DUPLICATE,

    /**
     * An event with the same key exists, but differs outside of its data. The difference is kept with the first event,
     * and is not handled.
     */
    CONFLICT
}
