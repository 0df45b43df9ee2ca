// SPDX-License-Identifier: Apache-2.0
package dev.openlines.portal;

import java.util.Locale;

/** The source of the shape of a simulated answer. */
public enum Provenance {
    /** Read in the server's published source. */
    SOURCE,
    /** Read in the vendor's documentation. */
    DOCS,
    /** Read in a test of the vendor's SDK. */
    SDK,
    /** Seen in a request or answer that was recorded. */
    CAPTURE,
    /** Our inference, without a source. */
    GUESS,
    /** Given by the test or the user, who declared the answer. */
    DECLARED,
    /** Unknown: the simulator does not have it, and says so. */
    UNBUILT;

    String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
