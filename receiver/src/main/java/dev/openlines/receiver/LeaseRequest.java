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
 * @param latest the latest time that an event can plausibly wait for. If one waits for a later time, a clock that has
 *     been set back since has postponed it, and it is due now
 * @param ordered whether an event waits until those that have one of its {@link VerifiedDelivery#orderKeys()} and
 *     were stored before it are done or dead
 * @param without portals whose events are left out, because enough of them are leased already; usually empty. An inbox
 *     of your own may ignore it
 */
public record LeaseRequest(
        String owner, int max, Instant now, Instant until, Instant latest, boolean ordered, Set<String> without) {

    public LeaseRequest {
        without = Set.copyOf(without);
    }

    /**
     * Asks for events of all portals.
     *
     * @param owner the dispatcher that asks
     * @param max how many events at most
     * @param now the caller's time
     * @param until when the leases end
     * @param latest the latest time that an event can plausibly wait for
     * @param ordered whether an event waits for earlier events of its chats
     */
    public LeaseRequest(String owner, int max, Instant now, Instant until, Instant latest, boolean ordered) {
        this(owner, max, now, until, latest, ordered, Set.of());
    }
}
