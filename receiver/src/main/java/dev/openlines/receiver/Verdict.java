// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** An exception that carries a handler's decision about its event. */
final class Verdict extends RuntimeException {

    private static final long serialVersionUID = 1;

    /** The time to wait, or null to make the event a dead letter. */
    final transient @Nullable Duration wait;

    Verdict(String reason, @Nullable Duration wait) {
        super(reason);
        this.wait = wait;
    }
}
