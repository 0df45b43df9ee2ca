// SPDX-License-Identifier: Apache-2.0
package dev.openlines.parser;

/** Events, of whose bodies the first byte says the format, as {@code mvn -Pfuzz} tries them. */
public final class EventFuzz {

    private EventFuzz() {}

    /** Reads one input of Jazzer's. */
    public static void fuzzerTestOneInput(byte[] input) {
        Claims.ofEvents(input);
    }
}
