// SPDX-License-Identifier: Apache-2.0
package dev.openlines.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.openlines.client.FakePortal.Answered;
import dev.openlines.client.SessionFilter.Order;
import dev.openlines.client.SessionListing.Row;
import dev.openlines.model.Secret;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests of many pages of a list that changes meanwhile. */
@Timeout(300)
class SessionPagesTest {

    private static final Instant BEGIN = Instant.parse("2026-10-25T00:00:00Z");
    private static final Instant END = BEGIN.plus(Duration.ofDays(30));

    private final SessionListing listing = new SessionListing();
    private final FakePortal portal = new FakePortal(listing);
    private final OpenLines lines = RestClient.builder()
            .patience(Duration.ZERO)
            .rate(100_000, 100_000)
            .allowLoopback()
            .build()
            .portal(portal.rest(), Secret.of("t0ken-1234"))
            .openLines();

    @AfterEach
    void closePortal() {
        portal.close();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 67, 100, 150, 199, 200, 201, 300})
    void eachSessionComesOnceWithFewCallsHoweverManyShareASecond(int aSecond) {
        fill(3000, aSecond);

        assertThat(ids(SessionFilter.closed(BEGIN, END))).isEqualTo(upTo(3000));
        assertThat(portal.asked).hasSizeLessThanOrEqualTo(3000 / 100 + 3);
    }

    @Test
    @Tag("long")
    void noRhythmOfClosesNeedsMoreCalls() {
        for (int seed = 0; seed < 10; seed++) {
            Random random = new Random(seed);
            listing.rows.clear();
            portal.asked.clear();
            Instant time = BEGIN;
            for (long id = 1; id <= 2000; ) {
                time = time.plusSeconds(1 + random.nextInt(3));
                int together = random.nextBoolean() ? 1 : 150 + random.nextInt(60);
                for (int i = 0; i < together && id <= 2000; i++) {
                    listing.rows.add(new Row(id, id, time.minusSeconds(60), time));
                    id++;
                }
            }

            assertThat(ids(SessionFilter.closed(BEGIN, END))).as("seed " + seed).isEqualTo(upTo(2000));
            assertThat(portal.asked).as("seed " + seed).hasSizeLessThanOrEqualTo(2000 / 100 + 3);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 150, 450})
    void theEndsOfAPeriodMayBeOutsideIt(int aSecond) {
        listing.inclusive = false;
        fill(1000, aSecond);

        assertThat(ids(SessionFilter.closed(BEGIN.minusSeconds(1), END))).isEqualTo(upTo(1000));
    }

    @Test
    void backwardsAndByTheBeginningToo() {
        fill(1000, 70);

        assertThat(ids(SessionFilter.closed(BEGIN, END).descending()))
                .containsExactlyInAnyOrderElementsOf(upTo(1000))
                .startsWith(1000L);
        assertThat(ids(SessionFilter.created(BEGIN.minusSeconds(60), END))).isEqualTo(upTo(1000));
        assertThat(ids(SessionFilter.all())).containsExactlyInAnyOrderElementsOf(upTo(1000));
        assertThat(ids(SessionFilter.closed(BEGIN, END).orderBy(Order.WAIT_CLOSE)))
                .containsExactlyInAnyOrderElementsOf(upTo(1000));
    }

    @Test
    void thereIsNoEndAtTenThousand() {
        fill(12_000, 10);

        assertThat(lines.sessions(SessionFilter.closed(BEGIN, END))).hasSize(12_000);
    }

    @Test
    void beyondTenThousandOfOneSecondThePlatformRefuses() {
        fill(10_400, 10_400);

        assertThatThrownBy(
                        () -> lines.sessions(SessionFilter.closed(BEGIN, END)).count())
                .isInstanceOfSatisfying(
                        RestException.class,
                        e -> assertThat(e.is(ErrorCode.OFFSET_TOO_LARGE)).isTrue());
    }

    @Test
    void pagesAreReadWhenTheyAreWanted() {
        fill(1000, 1);

        assertThat(lines.sessions(SessionFilter.closed(BEGIN, END)).limit(200)).hasSize(200);
        assertThat(portal.asked).hasSize(1);
    }

    @Test
    void aResumedSessionDoesNotHideTheNext() {
        fill(600, 1);
        var sessions = lines.sessions(SessionFilter.closed(BEGIN, END)).iterator();
        assertThat(sessions.next().id()).isEqualTo(1);

        // With a growing offset, as many sessions as these would be passed over.
        listing.rows.removeIf(row -> row.id() <= 150 || row.id() == 200);

        long count = 1;
        while (sessions.hasNext()) {
            sessions.next();
            count++;
        }
        assertThat(count).isEqualTo(600);
    }

    @Test
    void aResumedSessionDoesNotHideTheNextInADenseListEither() {
        fill(1000, 200);
        var sessions = lines.sessions(SessionFilter.closed(BEGIN, END)).iterator();
        assertThat(sessions.next().id()).isEqualTo(1);

        // All rows of the second that was read: the next page begins a second earlier from then on.
        listing.rows.removeIf(row -> row.id() <= 200);

        long count = 1;
        while (sessions.hasNext()) {
            sessions.next();
            count++;
        }
        assertThat(count).isEqualTo(1000);
    }

    @Test
    void aSecondCloseWhileReadingComesToo() {
        fill(400, 1);
        var sessions = lines.sessions(SessionFilter.closed(BEGIN, END)).iterator();
        assertThat(sessions.next().id()).isEqualTo(1);

        listing.rows.removeIf(row -> row.id() == 1);
        listing.rows.add(new Row(1, 1, BEGIN, BEGIN.plusSeconds(3600)));

        Session last = null;
        while (sessions.hasNext()) {
            last = sessions.next();
        }
        assertThat(last).isNotNull();
        assertThat(last.id()).isEqualTo(1);
        assertThat(last.closedAt()).isEqualTo("2026-10-25T04:00:00+03:00");
    }

    @Test
    void aPortalThatAlwaysPromisesMoreIsNotAskedForEver() {
        portal.answer(
                asked -> Answered.ok("{\"result\":{\"sessions\":[" + SessionsTest.ROW + "],\"hasNextPage\":true}}"));
        assertThatThrownBy(() -> lines.sessions(SessionFilter.all()).count())
                .isInstanceOf(UnexpectedReplyException.class)
                .hasMessage("imopenlines.v2.Session.list: expected other sessions but found none, and the word of more"
                        + " at $.result");

        portal.answer(asked -> Answered.ok("{\"result\":{\"sessions\":[],\"hasNextPage\":true}}"));
        assertThatThrownBy(() -> lines.sessions(SessionFilter.all()).count())
                .isInstanceOf(UnexpectedReplyException.class);
    }

    @Test
    void theLatestCloseBeforeAnEventIsItsSession() {
        Instant event = BEGIN.plusSeconds(1000);
        listing.rows.add(new Row(1, 17, BEGIN, event.minusSeconds(61)));
        listing.rows.add(new Row(2, 17, event.minusSeconds(30), event.minusSeconds(1)));
        listing.rows.add(new Row(3, 18, BEGIN, event));
        listing.rows.add(new Row(4, 17, event.plusSeconds(20), event.plusSeconds(60)));

        assertThat(lines.session(17, event)).map(Session::id).hasValue(2L);
        assertThat(lines.session(17, event.minusSeconds(60))).map(Session::id).hasValue(1L);
        assertThat(lines.session(17, event.plusSeconds(60).plusMillis(900)))
                .map(Session::id)
                .hasValue(4L);
        assertThat(lines.session(19, event)).isEmpty();
        assertThat(lines.session(0, event)).isEmpty();
    }

    @Test
    void aSessionThatCannotBeToldIsNotGuessed() {
        Instant event = BEGIN.plusSeconds(1000);
        // The event reported the second session. Then the customer wrote, and it was closed again or not yet.
        listing.rows.add(new Row(1, 17, BEGIN, event.minusSeconds(61)));
        listing.rows.add(new Row(2, 17, event.minusSeconds(30), null));
        assertThat(lines.session(17, event)).isEmpty();

        listing.rows.set(1, new Row(2, 17, event.minusSeconds(30), event.plusSeconds(600)));
        assertThat(lines.session(17, event)).isEmpty();

        // Two of one second.
        listing.rows.add(new Row(3, 18, BEGIN, event));
        listing.rows.add(new Row(4, 18, event, event));
        assertThat(lines.session(18, event)).isEmpty();

        // Closed long before.
        assertThat(lines.session(17, event.minusSeconds(61).plusSeconds(300))).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"TARIFF_RESTRICTION", "ERROR_METHOD_NOT_FOUND", "ACCESS_DENIED"})
    void noSessionIsFoundIfSessionsAreNotListed(String code) {
        portal.answer(asked -> Answered.error(400, code, "because"));

        assertThat(lines.session(17, BEGIN)).isEmpty();
    }

    @Test
    void anotherFailureIsTold() {
        portal.answer(asked -> Answered.error(400, "INVALID_FILTER", "because"));

        assertThatThrownBy(() -> lines.session(17, BEGIN)).isInstanceOf(RestException.class);
    }

    private void fill(int sessions, int aSecond) {
        for (int i = 0; i < sessions; i++) {
            Instant closed = BEGIN.plusSeconds(i / aSecond);
            listing.rows.add(new Row(i + 1L, i + 17L, closed.minusSeconds(60), closed));
        }
    }

    private List<Long> ids(SessionFilter filter) {
        return lines.sessions(filter).map(Session::id).toList();
    }

    private static List<Long> upTo(long last) {
        return LongStream.rangeClosed(1, last).boxed().toList();
    }
}
