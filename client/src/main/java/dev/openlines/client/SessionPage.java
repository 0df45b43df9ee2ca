// SPDX-License-Identifier: Apache-2.0
package dev.openlines.client;

import java.util.List;

/**
 * One page of listed sessions.
 *
 * @param sessions in the order asked for
 * @param hasNextPage whether more fit the filter; wire field {@code hasNextPage}
 */
public record SessionPage(List<Session> sessions, boolean hasNextPage) {

    public SessionPage {
        sessions = List.copyOf(sessions);
    }

    static SessionPage of(Fields result) {
        return new SessionPage(
                result.member("sessions").elementsOrNone().stream()
                        .map(Session::of)
                        .toList(),
                result.member("hasNextPage").flag());
    }

    /** Returns the number of sessions. */
    @Override
    public String toString() {
        return sessions.size() + " sessions" + (hasNextPage ? ", and more" : "");
    }
}
