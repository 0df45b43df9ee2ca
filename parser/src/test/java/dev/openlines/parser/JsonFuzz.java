// SPDX-License-Identifier: Apache-2.0
package dev.openlines.parser;

/** JSON, as {@code mvn -Pfuzz} tries them. */
public final class JsonFuzz {

    private JsonFuzz() {}

    /** Reads one input of Jazzer's. */
    public static void fuzzerTestOneInput(byte[] input) {
        Claims.ofJson(input);
    }
}
