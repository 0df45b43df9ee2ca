// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Asks portals which sessions they have closed. Applications implement it over a REST client that holds the portals'
 * grants. Called on the reconciler's thread; every method may block. A call that fails throws {@link
 * SessionsUnavailableException}.
 */
public interface ClosedSessions {

    /**
     * Returns the portals that can be asked: those with a grant or an incoming webhook.
     *
     * @return their member ids
     */
    Set<String> portals();

    /**
     * Asks for one page: {@code imopenlines.v2.Session.list} with {@code order=dateClose}, {@code orderDirection=asc}
     * and no status.
     *
     * @param query which portal and which page
     * @return the page
     * @throws SessionsUnavailableException if the portal does not answer with sessions
     */
    Page list(Query query);

    /**
     * Returns the lines of a portal. Called at most once in a run, and only if something is missing or if more
     * sessions were closed in one second than one list can return.
     *
     * @param memberId the portal
     * @return names by line id; this default knows none
     * @throws SessionsUnavailableException if the portal does not answer
     */
    default Map<Long, String> lines(String memberId) {
        return Map.of();
    }

    /**
     * Finds out why events are missing, as far as the portal says: the subscription is gone, the application is
     * uninstalled, another address is bound. May repair it. Called if a run has found missing closes.
     *
     * @param memberId the portal
     * @return the cause in one line without secrets, or empty if none was found, as this default returns
     */
    default Optional<String> cause(String memberId) {
        return Optional.empty();
    }

    /**
     * A filter of sessions.
     *
     * @param memberId the portal
     * @param from wire field {@code dateCloseFrom}
     * @param to wire field {@code dateCloseTo}; at most 366 days later
     * @param offset wire field {@code offset}, 0 to 10,000
     * @param limit wire field {@code limit}, 1 to 200
     * @param lineId wire field {@code configId}, or null for all lines
     * @param source wire field {@code source}, or null for all channels
     */
    record Query(
            String memberId,
            Instant from,
            Instant to,
            int offset,
            int limit,
            @Nullable Long lineId,
            @Nullable String source) {

        public Query {
            Objects.requireNonNull(memberId, "memberId");
        }
    }

    /**
     * One page.
     *
     * @param sessions in order of their close; wire field {@code sessions}
     * @param more whether another page follows; wire field {@code hasNextPage}
     * @param portalTime the portal's time when it answered
     */
    record Page(List<ClosedSession> sessions, boolean more, Instant portalTime) {

        public Page {
            sessions = List.copyOf(sessions);
            Objects.requireNonNull(portalTime, "portalTime");
        }
    }
}
