// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** What a handler throws to decide itself what becomes of its event. */
final class Verdict extends RuntimeException {

    private static final long serialVersionUID = 1;

    /** How long to wait, or null to put the event aside. */
    final transient @Nullable Duration wait;

    Verdict(String reason, @Nullable Duration wait) {
        super(reason);
        this.wait = wait;
    }
}
