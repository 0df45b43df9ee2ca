// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import java.time.Instant;
import java.util.Set;

/**
 * A dispatcher's request for events of an inbox.
 *
 * @param owner the dispatcher; each running one has its own name
 * @param max how many events at most, at least 1
 * @param now the caller's time
 * @param until when the leases end
 * @param latest no event waits for longer than until then; one that would was put off by a clock that has
 *     gone back since, and is due
 * @param ordered whether an event waits until those that have one of its {@link VerifiedDelivery#orderKeys()} and
 *     were stored before it are done or dead
 * @param without portals whose events are not asked for now, since enough of them are leased; mostly empty. An
 *     inbox of others may ignore it
 */
public record LeaseRequest(
        String owner, int max, Instant now, Instant until, Instant latest, boolean ordered, Set<String> without) {

    public LeaseRequest {
        without = Set.copyOf(without);
    }

    /**
     * Asks for events of all portals.
     *
     * @param owner who asks
     * @param max how many events at most
     * @param now the caller's time
     * @param until when the leases end
     * @param latest no event waits for longer
     * @param ordered whether an event waits for those before it
     */
    public LeaseRequest(String owner, int max, Instant now, Instant until, Instant latest, boolean ordered) {
        this(owner, max, now, until, latest, ordered, Set.of());
    }
}
