// SPDX-License-Identifier: Apache-2.0
package dev.openlines.contract;

import java.util.Locale;

/** The level of a case: whether a failure breaks the contract. */
public enum Level {
    /** A handler that fails it is wrong. */
    MUST,
    /** A handler that fails it has a reason, or a weakness. */
    SHOULD,
    /** Reported, never a reason to fail a run. */
    MAY;

    /**
     * Returns the level as reports write it.
     *
     * @return {@code must}, {@code should} or {@code may}
     */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
