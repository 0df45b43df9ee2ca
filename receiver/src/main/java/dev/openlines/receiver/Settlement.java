// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import java.time.Instant;

/** The end of an attempt to handle an event. */
public sealed interface Settlement {

    /** The handler returned: the event is never handled again, and its key is remembered. */
    record Done() implements Settlement {}

    /**
     * The handler failed, and the event is to be retried.
     *
     * @param at the earliest time of the retry
     * @param reason the reason, for the history
     */
    record Retry(Instant at, String reason) implements Settlement {
        public Retry {
            reason = storable(reason);
        }
    }

    /** The handler was not begun: the event is due again at once and the attempt does not count. */
    record Release() implements Settlement {}

    /**
     * The event becomes a dead letter, with the reason and its history.
     *
     * @param reason why
     */
    record Dead(String reason) implements Settlement {
        public Dead {
            reason = storable(reason);
        }
    }

    /**
     * Replaces unpaired surrogates, which no database accepts, and NUL, which PostgreSQL rejects. An exception may
     * quote anything.
     */
    private static String storable(String reason) {
        return reason.codePoints()
                .map(code -> code == 0 || Character.getType(code) == Character.SURROGATE ? 0xFFFD : code)
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
    }
}
