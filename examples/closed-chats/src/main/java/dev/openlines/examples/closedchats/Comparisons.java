// SPDX-License-Identifier: Apache-2.0
package dev.openlines.examples.closedchats;

import dev.openlines.receiver.Reconciler;
import dev.openlines.receiver.Reply;
import dev.openlines.receiver.SessionsUnavailableException.Reason;
import dev.openlines.receiver.Telemetry;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The times of the last comparisons of portals' own lists of sessions with the received events, since this process
 * began.
 */
final class Comparisons implements Telemetry {

    private final InstantSource clock;
    private final Map<String, Instant> compared = new ConcurrentHashMap<>();
    private final Set<String> impossible = ConcurrentHashMap.newKeySet();

    Comparisons(InstantSource clock) {
        this.clock = clock;
    }

    @Override
    public void replied(Reply reply, Duration took) {}

    @Override
    public void attempted(String outcome, Duration took) {}

    @Override
    public void reconciled(Reconciler.Report report, int late) {
        compared.put(report.memberId(), Instant.ofEpochSecond(clock.instant().getEpochSecond()));
        impossible.remove(report.memberId());
    }

    @Override
    public void notReconciled(String memberId, Reason reason) {
        impossible.add(memberId);
    }

    /** Returns the time of the oldest of these comparisons, or empty if there was none. */
    Optional<Instant> last() {
        return compared.values().stream().min(Comparator.naturalOrder());
    }

    /** Returns how many portals did not list their sessions when they were asked last. */
    int failing() {
        return impossible.size();
    }
}
