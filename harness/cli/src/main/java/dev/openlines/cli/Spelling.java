// SPDX-License-Identifier: Apache-2.0
package dev.openlines.cli;

import java.util.Collection;
import java.util.Comparator;
import java.util.Optional;

/** Finds the name that was meant by one that is misspelled. */
final class Spelling {

    private static final int FEW = 3;

    private Spelling() {}

    /** Returns the name that is spelled most alike, or empty if in each more than three characters differ, fewer in a short word. */
    static Optional<String> closest(String word, Collection<String> names) {
        int few = Math.min(FEW, (word.replace("-", "").length() + 2) / 3);
        return names.stream()
                .filter(name -> distance(name, word) <= few)
                .min(Comparator.comparingInt(name -> distance(name, word)));
    }

    /** Returns how many characters must be changed, added or removed. */
    private static int distance(String one, String other) {
        if (Math.abs(one.length() - other.length()) > FEW) {
            return FEW + 1;
        }
        int[] row = new int[other.length() + 1];
        for (int j = 0; j < row.length; j++) {
            row[j] = j;
        }
        for (int i = 1; i <= one.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j < row.length; j++) {
                int above = row[j];
                int change = diagonal + (one.charAt(i - 1) == other.charAt(j - 1) ? 0 : 1);
                row[j] = Math.min(change, Math.min(above, row[j - 1]) + 1);
                diagonal = above;
            }
        }
        return row[other.length()];
    }
}
