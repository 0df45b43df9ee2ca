// SPDX-License-Identifier: Apache-2.0
package dev.openlines.model;

/**
 * Text that others have chosen, such as a connector's code or a customer's name, made fit for a log record or a terminal.
 * Such text could begin a record of its own, move the cursor, hide what follows, or turn the direction of writing.
 */
public final class Printed {

    private Printed() {}

    /**
     * Tells whether a terminal may do something else than show a character: controls, those beyond ASCII too, format
     * characters such as marks of bidirectional text, tags and zero-width spaces, the separators of lines and paragraphs,
     * and halves of a character.
     *
     * @param codePoint the character
     * @return false for those that only show something
     */
    public static boolean steers(int codePoint) {
        return switch (Character.getType(codePoint)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR,
                    Character.SURROGATE -> true;
            default -> false;
        };
    }

    /**
     * Returns a text with a space instead of each character that {@linkplain #steers steers} a terminal.
     *
     * @param text as sent
     * @return one line
     */
    public static String line(String text) {
        if (text.codePoints().noneMatch(Printed::steers)) {
            return text;
        }
        StringBuilder line = new StringBuilder(text.length());
        text.codePoints().map(point -> steers(point) ? ' ' : point).forEach(line::appendCodePoint);
        return line.toString();
    }
}
