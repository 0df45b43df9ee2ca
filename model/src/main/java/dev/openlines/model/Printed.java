// SPDX-License-Identifier: Apache-2.0
package dev.openlines.model;

import java.util.regex.Pattern;

/** Texts of open sets, which others may have chosen, as a log or a terminal may show them. */
final class Printed {

    /** Control and format characters, lone surrogates, whatever else is no character, and the separators of lines. */
    private static final Pattern STEERING = Pattern.compile("[\\p{C}\\p{Zl}\\p{Zp}]");

    private Printed() {}

    /**
     * Returns a code with a space instead of each character that breaks a line, steers a terminal or changes the
     * direction of writing.
     */
    static String code(String code) {
        return STEERING.matcher(code).replaceAll(" ");
    }
}
