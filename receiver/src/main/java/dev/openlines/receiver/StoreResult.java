// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

/** The result of storing an event. */
public enum StoreResult {
    /** The event is new and durable. */
    STORED,

    /** An event of the same key is there; nothing was added. */
    DUPLICATE,

    /**
     * An event of the same key is there but says something else outside of its data; what it says is
     * kept beside the first, and is not dispatched.
     */
    CONFLICT
}
