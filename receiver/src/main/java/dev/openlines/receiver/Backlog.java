// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The work that waits in an inbox.
 *
 * @param waiting events that are neither done nor dead, leased ones included
 * @param dead dead letters
 * @param oldestWaiting when the longest waiting event was received, or null if none waits
 */
public record Backlog(long waiting, long dead, @Nullable Instant oldestWaiting) {

    /**
     * Returns when the longest waiting event was received.
     *
     * @return a time, or empty if none waits
     */
    public Optional<Instant> oldest() {
        return Optional.ofNullable(oldestWaiting);
    }
}
