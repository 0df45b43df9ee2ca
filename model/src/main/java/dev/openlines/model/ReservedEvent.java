// SPDX-License-Identifier: Apache-2.0
package dev.openlines.model;

/**
 * Keeps {@link Event} open. Because callers cannot name this type, they cannot write an exhaustive switch without a
 * default, so a new event breaks no caller. There are no instances.
 */
final class ReservedEvent implements Event {

    private ReservedEvent() {}

    @Override
    public EventHeader header() {
        throw new IllegalStateException("never instantiated");
    }
}
