// SPDX-License-Identifier: Apache-2.0
package dev.openlines.contract;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A text without percent-encoding and without the backslash escapes of JSON and of logs, with the place of each
 * character in the original. An invalid escape stays unchanged, so that any mixture can be read.
 */
final class Unescaped {

    /**
     * The number of times that something may have been escaped, such as a token in an address in a log line in JSON.
     */
    private static final int DEPTH = 2;

    private final String text;

    /** The place of each character in the original, and at the end the original's length. */
    private final int[] origins;

    private Unescaped(String text, int[] origins) {
        this.text = text;
        this.origins = origins;
    }

    /** Returns the text itself, and then every other reading of it. */
    static List<Unescaped> readings(String original) {
        int[] places = new int[original.length() + 1];
        Arrays.setAll(places, i -> i);
        List<Unescaped> all = new ArrayList<>(List.of(new Unescaped(original, places)));
        int next = 0;
        for (int depth = 0; depth < DEPTH; depth++) {
            int end = all.size();
            for (; next < end; next++) {
                Unescaped one = all.get(next);
                for (char escape : new char[] {'%', '\\'}) {
                    Unescaped read = one.without(escape);
                    if (all.stream().noneMatch(other -> other.text.equals(read.text))) {
                        all.add(read);
                    }
                }
            }
        }
        return all;
    }

    String text() {
        return text;
    }

    /** Returns where the character at an index begins in the original. */
    int origin(int index) {
        return origins[index];
    }

    private Unescaped without(char escape) {
        if (text.indexOf(escape) < 0) {
            return this;
        }
        StringBuilder plain = new StringBuilder(text.length());
        int[] from = new int[text.length() + 1];
        for (int i = 0; i < text.length(); ) {
            from[plain.length()] = origins[i];
            int length = text.charAt(i) == escape ? length(i) : 1;
            plain.append(length == 1 ? text.charAt(i) : value(i, length));
            i += length;
        }
        from[plain.length()] = origins[text.length()];
        return new Unescaped(plain.toString(), from);
    }

    /** Returns how many characters the escape at an index has, or 1 if there is none. */
    private int length(int at) {
        char kind = at + 1 < text.length() ? text.charAt(at + 1) : ' ';
        if (text.charAt(at) == '%') {
            return digits(at + 1, 2) ? 3 : 1;
        }
        return switch (kind) {
            case 'u' -> digits(at + 2, 4) ? 6 : 1;
            case 'x' -> digits(at + 2, 2) ? 4 : 1;
            case '/', '\\', '"', '\'' -> 2;
            default -> 1;
        };
    }

    private char value(int at, int length) {
        return length == 2
                ? text.charAt(at + 1)
                : (char) Integer.parseInt(text.substring(length == 3 ? at + 1 : at + 2, at + length), 16);
    }

    private boolean digits(int from, int number) {
        boolean all = from + number <= text.length();
        for (int i = from; all && i < from + number; i++) {
            all = Character.digit(text.charAt(i), 16) >= 0;
        }
        return all;
    }
}
