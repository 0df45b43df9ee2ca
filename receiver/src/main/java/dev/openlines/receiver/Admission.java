// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import org.jspecify.annotations.Nullable;

/**
 * What the check of an event's sender came to.
 *
 * @param event the verified event without credentials, or null if there is none
 * @param kept whether the event is durably kept, to be checked again later
 */
record Admission(@Nullable VerifiedDelivery event, boolean kept) {

    static final Admission REFUSED = new Admission(null, false);
    static final Admission KEPT = new Admission(null, true);

    static Admission of(VerifiedDelivery event) {
        return new Admission(event, false);
    }
}
