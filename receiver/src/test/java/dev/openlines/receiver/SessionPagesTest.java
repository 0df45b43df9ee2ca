// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class SessionPagesTest {

    private static final Instant NOW = Instant.ofEpochSecond(1_790_000_000);

    private final ModelPortal portal = new ModelPortal(NOW);

    @Test
    void eachSessionIsListedOnceAndTheCallsStayWithinTheirBound() {
        // From one close in five seconds to 150 in one: the two seconds between pages hold more than a page.
        for (int perSecond : new int[] {0, 1, 10, 90, 150, 199, 250}) {
            ModelPortal busy = new ModelPortal(NOW);
            for (int i = 0; i < 3000; i++) {
                busy.close(busy.begin(i + 1));
                if (perSecond == 0) {
                    busy.pass(Duration.ofSeconds(5));
                } else if (i % perSecond == 0) {
                    busy.pass(Duration.ofSeconds(1));
                }
            }
            SessionPages pages = pages(busy);

            assertThat(all(pages)).as("%d a second", perSecond).hasSize(3000).doesNotHaveDuplicates();
            assertThat(pages.calls()).as("%d a second", perSecond).isLessThanOrEqualTo(3000 / 100 + 3);
            assertThat(pages.incomplete()).isFalse();
        }
    }

    @Test
    void moreThanAListOffersInOneSecondAreListedLineByLine() {
        for (int i = 0; i < 25_000; i++) {
            portal.close(portal.begin(i + 1, i % 3 + 1, 10));
        }
        portal.pass(Duration.ofSeconds(10));
        portal.close(portal.begin(99_999));
        SessionPages pages = pages(portal);

        assertThat(all(pages)).hasSize(25_001).doesNotHaveDuplicates();
        assertThat(pages.incomplete()).isFalse();
    }

    @Test
    void moreThanAListOffersOfOneLineAndChannelIsSaid() {
        for (int i = 0; i < 10_500; i++) {
            portal.close(portal.begin(i + 1));
        }
        portal.pass(Duration.ofSeconds(10));
        portal.close(portal.begin(99_999));
        SessionPages pages = pages(portal);

        assertThat(all(pages)).hasSize(10_201);
        assertThat(pages.incomplete()).isTrue();
    }

    @Test
    void aSessionThatGoesOnWhileTheListIsReadHidesNoOther() {
        List<Long> sessions = new ArrayList<>();
        for (int i = 0; i < 1000; i++) {
            sessions.add(portal.begin(i + 1));
            portal.close(sessions.get(i));
            if (i % 50 == 0) {
                portal.pass(Duration.ofSeconds(1));
            }
        }
        SessionPages pages = pages(portal);
        List<Long> listed = new ArrayList<>();
        SessionPages.Batch batch = pages.next();
        int resumed = 0;
        while (!batch.last()) {
            batch.fresh().forEach(session -> listed.add(session.sessionId()));
            // This many rows leave the list behind us: as many as two pages share.
            for (int i = 0; i < 15; i++) {
                portal.resume(sessions.get(resumed++));
            }
            batch = pages.next();
        }
        batch.fresh().forEach(session -> listed.add(session.sessionId()));

        assertThat(listed).doesNotHaveDuplicates().containsAll(sessions.subList(200, 1000));
    }

    @Test
    void aLongTimeIsListedInPeriodsThatThePortalAccepts() {
        Map<Integer, Long> sessions = new TreeMap<>();
        for (int year = 0; year < 4; year++) {
            sessions.put(year, portal.begin(year + 1));
            portal.close(sessions.get(year));
            portal.pass(Duration.ofDays(300));
        }
        SessionPages pages = pages(portal);

        assertThat(all(pages)).hasSize(4);
        assertThat(pages.calls()).isEqualTo(4);
    }

    @Test
    void aPortalThatListsFewerAtOnceThanAskedIsListedToItsEnd() {
        for (int limit = 2; limit <= 60; limit++) {
            ModelPortal small = new ModelPortal(NOW);
            small.limit = limit;
            for (int i = 0; i < 300; i++) {
                small.close(small.begin(i + 1));
                if (i % 100 == 0) {
                    small.pass(Duration.ofSeconds(1));
                }
            }
            ModelPortal asked = small;
            small.beforeAnswer = () -> assertThat(asked.calls.get()).isLessThan(1000);

            assertThat(all(pages(small))).as("%d at once", limit).hasSize(300).doesNotHaveDuplicates();
        }
    }

    @Test
    void aListThatRepeatsItselfForEverIsGivenUp() {
        ClosedSession row = new ClosedSession(1, 17, 1, 10, "livechat", null, NOW.atOffset(ZoneOffset.UTC), "closed");
        for (List<ClosedSession> rows : List.of(List.of(row), List.<ClosedSession>of())) {
            SessionPages pages = pages(new Endless() {
                @Override
                public Page list(Query query) {
                    return new Page(rows, true, NOW);
                }
            });
            assertThatThrownBy(() -> all(pages)).isInstanceOf(SessionsUnavailableException.class);
            assertThat(pages.calls()).isLessThan(300);
        }
    }

    @Test
    @Tag("long")
    void aListThatHasNoEndIsGivenUp() {
        SessionPages pages = pages(new Endless() {
            private long session;

            @Override
            public Page list(Query query) {
                List<ClosedSession> rows = new ArrayList<>();
                for (int i = 0; i < 200; i++) {
                    session++;
                    rows.add(new ClosedSession(
                            session, 17, 1, 10, "s" + session, null, NOW.atOffset(ZoneOffset.UTC), "closed"));
                }
                return new Page(rows, true, NOW);
            }
        });
        assertThatThrownBy(() -> all(pages)).isInstanceOf(SessionsUnavailableException.class);
    }

    /** A portal that is not as documented. */
    private abstract static class Endless implements ClosedSessions {
        @Override
        public Set<String> portals() {
            return Set.of(ModelPortal.MEMBER);
        }
    }

    private static SessionPages pages(ClosedSessions portal) {
        return new SessionPages(portal, ModelPortal.MEMBER, NOW.getEpochSecond() - 100, NOW.getEpochSecond() + 86_400);
    }

    private static SessionPages pages(ModelPortal portal) {
        return new SessionPages(
                portal, ModelPortal.MEMBER, NOW.getEpochSecond() - 100, portal.now.getEpochSecond() + 86_400);
    }

    private static List<String> all(SessionPages pages) {
        List<String> all = new ArrayList<>();
        long before = 0;
        while (true) {
            SessionPages.Batch batch = pages.next();
            for (ClosedSession session : batch.fresh()) {
                assertThat(session.closedSecond()).isGreaterThan(before - 1);
                all.add(session.sessionId() + "@" + session.closedSecond());
            }
            before = batch.listedUntil();
            if (batch.last()) {
                return all;
            }
        }
    }
}
