// SPDX-License-Identifier: Apache-2.0
package dev.openlines.contract;

import java.util.Locale;

/** The level of a case: whether a failure breaks the contract. */
public enum Level {
    /** A handler that fails it is wrong. */
    MUST,
    /** A handler that fails it has either a good reason or a weakness. */
    SHOULD,
    /** Reported only; it never fails a run. */
    MAY;

    /**
     * Returns the level's name in reports.
     *
     * @return {@code must}, {@code should} or {@code may}
     */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
