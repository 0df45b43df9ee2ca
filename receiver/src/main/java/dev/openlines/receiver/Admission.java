// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import org.jspecify.annotations.Nullable;

/**
 * The result of the check of an event's sender.
 *
 * @param event the verified event without credentials, or null if there is none
 * @param reply the answer if there is none
 */
record Admission(@Nullable VerifiedDelivery event, Reply reply) {

    static final Admission REFUSED = new Admission(null, new Reply.Refused());
    static final Admission KEPT = new Admission(null, new Reply.Kept());

    static Admission of(VerifiedDelivery event) {
        return new Admission(event, new Reply.Accepted());
    }
}
