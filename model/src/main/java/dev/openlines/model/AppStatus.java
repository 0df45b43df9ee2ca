// SPDX-License-Identifier: Apache-2.0
package dev.openlines.model;

import java.util.Objects;
import java.util.Set;

/**
 * Licence status of an application on a portal; wire field {@code status} of the auth block.
 *
 * <p>An open set: a status that this version does not know keeps its text and is not
 * {@link #known()}.
 *
 * @param code the platform's letter, as sent
 */
public record AppStatus(String code) {

    /** {@code L}: a local application of one portal. */
    public static final AppStatus LOCAL = new AppStatus("L");

    /** {@code F}: free. */
    public static final AppStatus FREE = new AppStatus("F");

    /** {@code D}: demo version. */
    public static final AppStatus DEMO = new AppStatus("D");

    /** {@code T}: trial, limited in time. */
    public static final AppStatus TRIAL = new AppStatus("T");

    /** {@code P}: paid. */
    public static final AppStatus PAID = new AppStatus("P");

    /** {@code S}: by subscription. */
    public static final AppStatus SUBSCRIPTION = new AppStatus("S");

    private static final Set<AppStatus> KNOWN = Set.of(LOCAL, FREE, DEMO, TRIAL, PAID, SUBSCRIPTION);

    public AppStatus {
        Objects.requireNonNull(code, "code");
    }

    /**
     * Tells whether this is one of the constants.
     *
     * @return false for a status that appeared after this version
     */
    public boolean known() {
        return KNOWN.contains(this);
    }

    /**
     * Returns the code for a log or a terminal. Since a portal may send any text, a space stands for each
     * character that breaks a line, steers a terminal or changes the direction of writing. {@link #code()} has the code
     * as sent.
     *
     * @return one line
     */
    @Override
    public String toString() {
        return Printed.line(code);
    }
}
