// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import java.time.Instant;

/**
 * What a dispatcher asks of an inbox.
 *
 * @param owner who asks; each running dispatcher has its own name
 * @param max how many events at most, at least 1
 * @param now the caller's time
 * @param until when the leases end
 * @param latest no event waits for longer than until then; one that would was put off by a clock that has
 *     gone back since, and is due
 * @param ordered whether an event waits until those of the same {@link VerifiedDelivery#orderKey()} that
 *     were stored before it are done or dead
 */
public record LeaseRequest(String owner, int max, Instant now, Instant until, Instant latest, boolean ordered) {}
