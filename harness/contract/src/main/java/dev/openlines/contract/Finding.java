// SPDX-License-Identifier: Apache-2.0
package dev.openlines.contract;

import org.jspecify.annotations.Nullable;

/**
 * A difference between a requirement and the handler's behavior.
 *
 * @param warning true if only a recommendation is broken
 * @param expected the requirement
 * @param got the observation, without secrets
 * @param exchange the number, from 1, of the case's exchange that shows it; 0 if none does
 * @param times how long that exchange took, by parts; null if there is none
 * @param busy true if the load of other cases may have caused it; the case is then run again alone
 */
record Finding(
        boolean warning,
        String expected,
        String got,
        int exchange,
        @Nullable String times,
        boolean busy) {

    /** Returns a text that is equal for equal findings about different requests. */
    String kind() {
        return expected + "; got " + got.replaceAll("[0-9]{2,} ms", "");
    }

    /** Returns the finding as a sentence, with the number of equal ones. */
    String sentence(int alike) {
        return "expected " + expected + "; got " + got
                + (exchange == 0 ? "" : " (request " + exchange + (times == null ? "" : "; " + times) + ")")
                + (alike < 2 ? "" : ", and " + (alike - 1) + " more like it");
    }
}
