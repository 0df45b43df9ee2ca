// SPDX-License-Identifier: Apache-2.0
package dev.openlines.parser;

/** Forms, as {@code mvn -Pfuzz} tries them. */
public final class FormFuzz {

    private FormFuzz() {}

    /** Reads one input of Jazzer's. */
    public static void fuzzerTestOneInput(byte[] input) {
        Claims.ofForms(input);
    }
}
