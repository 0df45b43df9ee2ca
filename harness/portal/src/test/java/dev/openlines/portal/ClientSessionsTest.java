// SPDX-License-Identifier: Apache-2.0
package dev.openlines.portal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.openlines.client.ErrorCode;
import dev.openlines.client.OpenLineReports.Operator;
import dev.openlines.client.OpenLineReports.OperatorStatus;
import dev.openlines.client.OpenLineReports.Rating;
import dev.openlines.client.OpenLineReports.SessionStat;
import dev.openlines.client.OpenLineReports.Totals;
import dev.openlines.client.OpenLineReports.TransferReason;
import dev.openlines.client.OpenLines;
import dev.openlines.client.ReportFilter;
import dev.openlines.client.RestClient;
import dev.openlines.client.RestException;
import dev.openlines.client.Session;
import dev.openlines.client.Session.CloseReason;
import dev.openlines.client.Session.Status;
import dev.openlines.client.Session.Vote;
import dev.openlines.client.SessionFilter;
import dev.openlines.client.SessionFilter.Order;
import dev.openlines.model.ConnectorCode;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The client lists the sessions of a simulated portal, also those that no event told of. */
@SimulatedPortal
@Timeout(300)
class ClientSessionsTest {

    private static final Instant NOON = Instant.parse("2026-11-22T12:00:00Z");

    private final RestClient client = RestClient.builder()
            .patience(Duration.ZERO)
            .rate(100_000, 100_000)
            .allowLoopback()
            .build();

    @BeforeEach
    void stopTheClock(Portal portal) {
        portal.clock().freezeAt(NOON);
    }

    @Test
    void aSessionTellsWhatHappenedInIt(Portal portal) {
        portal.clock().zone(ZoneId.of("Europe/Berlin"));
        portal.reports().firstAnswerWithin(Duration.ofMinutes(1));
        PortalLine sales = portal.openLine("Sales");
        PortalLine support = portal.openLine("Support");
        PortalChat chat = sales.openChat("telegrambot");
        chat.customerWrites("Hello");
        portal.clock().advance(Duration.ofSeconds(65));
        chat.operatorWrites("Hello!");
        chat.transfer(support);
        chat.session().rateBySupervisor(5, "Good work");
        chat.session().linkToCrm("deal", 771);
        chat.session().source("telegram");
        portal.clock().advance(Duration.ofSeconds(35));
        chat.close(Closing.RATING);

        List<Session> sessions = on(portal).sessions(SessionFilter.all()).toList();

        assertThat(sessions).hasSize(1);
        Session session = sessions.get(0);
        assertThat(session.id()).isEqualTo(chat.sessionId());
        assertThat(session.chatId()).isEqualTo(chat.id());
        assertThat(session.lineId()).isEqualTo(support.id());
        assertThat(session.source()).isEqualTo(new ConnectorCode("telegram"));
        assertThat(session.userCode()).startsWith("telegrambot|");
        assertThat(session.userId()).isEqualTo(chat.visitorId());
        assertThat(session.operatorId()).isEqualTo(5);
        assertThat(session.createdAt()).hasToString("2026-11-22T13:00+01:00");
        assertThat(session.firstAnswerAt()).hasToString("2026-11-22T13:01:05+01:00");
        assertThat(session.closedAt()).hasToString("2026-11-22T13:01:40+01:00");
        assertThat(session.status()).isEqualTo(Status.CLOSED);
        assertThat(session.closeReason()).isEqualTo(CloseReason.OPERATOR);
        assertThat(session.vote()).isEqualTo(Vote.LIKE);
        assertThat(session.voteHead()).isEqualTo(5);
        assertThat(session.commentHead()).isEqualTo("Good work");
        assertThat(session.crmEntityType()).isEqualTo("deal");
        assertThat(session.crmEntityId()).isEqualTo(771);
        assertThat(session.queueTransfers()).isEqualTo(1);
        assertThat(session.waitAnswer()).isEqualTo(Duration.ofSeconds(65));
        assertThat(session.waitClose()).isEqualTo(Duration.ofSeconds(100));
        assertThat(session.kpiFirstAnswer()).isFalse();
        assertThat(session.messageCount()).isEqualTo(4);

        portal.reports().ratingsShown(false);
        portal.reports().crmShown(false);
        Session less = on(portal).sessions(SessionFilter.all()).findFirst().orElseThrow();
        assertThat(less.voteHead()).isNull();
        assertThat(less.commentHead()).isNull();
        assertThat(less.crmEntityType()).isNull();
        assertThat(less.crmEntityId()).isNull();
    }

    @ParameterizedTest
    @CsvSource({"OPERATOR,closed,operator", "AGENT,closed,auto", "SPAM,spam,spam", "BOT,closed,auto"})
    void eachWayToCloseHasItsStatusAndReason(Closing closing, String status, String reason, Portal portal) {
        portal.openLine("Support").openChat().close(closing);
        portal.openLine("Other").openChat();

        SessionFilter all = SessionFilter.all();
        assertThat(ids(portal, all.status(new Status(status)))).containsExactly(1L);
        assertThat(ids(portal, all.closeReason(new CloseReason(reason)))).containsExactly(1L);
        assertThat(ids(portal, all.status(Status.NEW))).containsExactly(2L);
        assertThat(ids(portal, all.status(Status.PAUSED))).isEmpty();
    }

    @Test
    void filtersHoldTogether(Portal portal) {
        portal.reports().firstAnswerWithin(Duration.ofMinutes(1));
        PortalLine sales = portal.openLine("Sales");
        PortalLine support = portal.openLine("Support");
        PortalChat first = sales.openChat();
        PortalChat second = support.openChat("viber");
        PortalChat third = support.openChat();
        portal.clock().advance(Duration.ofSeconds(30));
        first.operatorWrites("Yes?");
        portal.clock().advance(Duration.ofSeconds(60));
        second.operatorWrites("Yes?");
        second.session().rate(false);
        second.session().rateBySupervisor(1, "Oh");
        first.session().linkToCrm("lead", 3);
        second.close();
        portal.clock().advance(Duration.ofSeconds(60));
        first.close();
        SessionFilter all = SessionFilter.created(NOON, NOON.plusSeconds(3600));

        assertThat(ids(portal, all)).containsExactly(1L, 2L, 3L);
        assertThat(ids(portal, all.lines(support.id()))).containsExactly(2L, 3L);
        assertThat(ids(portal, all.lines(support.id(), sales.id()).sources(ConnectorCode.VIBER)))
                .containsExactly(2L);
        assertThat(ids(portal, all.operators(5))).containsExactly(1L, 2L);
        assertThat(ids(portal, all.vote(Vote.ANY))).containsExactly(2L);
        assertThat(ids(portal, all.vote(Vote.DISLIKE))).containsExactly(2L);
        assertThat(ids(portal, all.vote(Vote.NONE))).containsExactly(1L, 3L);
        assertThat(ids(portal, all.voteHead(true))).containsExactly(2L);
        assertThat(ids(portal, all.crm(true))).containsExactly(1L);
        assertThat(ids(portal, all.crm(false))).containsExactly(2L, 3L);
        assertThat(ids(portal, all.kpiFirstAnswer(true))).containsExactly(1L);
        assertThat(ids(portal, all.kpiFirstAnswer(false))).containsExactly(2L);
        assertThat(ids(portal, all.waitAnswer(Duration.ofSeconds(31), null))).containsExactly(2L);
        assertThat(ids(portal, all.waitAnswer(null, Duration.ofSeconds(30)))).containsExactly(1L);
        assertThat(ids(portal, all.waitClose(Duration.ofSeconds(150), Duration.ofSeconds(150))))
                .containsExactly(1L);
        assertThat(ids(portal, all.orderBy(Order.WAIT_CLOSE).descending())).containsExactly(1L, 2L, 3L);
        assertThat(ids(portal, all.orderBy(Order.WAIT_ANSWER))).containsExactly(3L, 1L, 2L);
        assertThat(ids(portal, all.orderBy(Order.CLOSED))).containsExactly(3L, 2L, 1L);
        assertThat(ids(portal, SessionFilter.closed(NOON.plusSeconds(90), NOON.plusSeconds(90))))
                .containsExactly(2L);
        assertThat(ids(portal, all.createdTo(NOON.minusSeconds(1)).createdFrom(NOON.minusSeconds(9))))
                .isEmpty();
        assertThat(ids(portal, SessionFilter.all())).containsExactly(3L, 2L, 1L);
        assertThat(third.isOpen()).isTrue();
    }

    @Test
    void sessionsWithoutAnEventAreListed(Portal portal) {
        portal.subscribe("ONSESSIONFINISH", portal.restUri());
        PortalLine line = portal.openLine("Support");
        PortalChat dismissed = line.openChat();
        dismissed.customerWrites("Hello?");
        assertThatThrownBy(() -> dismissed.session().dismissOperator())
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("the last message of session 1 is not an hour old");
        portal.clock().advance(Duration.ofDays(9));
        dismissed.session().dismissOperator();
        PortalChat broken = line.openChat();
        broken.operatorWrites("One moment");
        broken.session().breakOff();
        PortalSession duplicate = line.openChat().session().duplicate();
        Instant closed = portal.clock().instant();

        assertThat(portal.deliveries()).isEmpty();
        assertThat(dismissed.isOpen()).isFalse();
        List<Session> sessions =
                on(portal).sessions(SessionFilter.closed(NOON, closed)).toList();
        assertThat(sessions).extracting(Session::id).containsExactly(1L, 2L);
        assertThat(sessions.get(0).closedAt()).isEqualTo("2026-11-22T13:00:00Z");
        assertThat(sessions.get(0).status()).isEqualTo(Status.CLOSED);
        assertThat(sessions.get(1).status()).isEqualTo(Status.ANSWERED);
        assertThat(row(portal, duplicate.id()).closedAt()).isNull();
        assertThat(row(portal, duplicate.id()).status()).isEqualTo(Status.CLOSED);
        assertThat(row(portal, duplicate.id()).chatId())
                .isEqualTo(duplicate.chat().id());

        broken.session().repair();
        assertThat(row(portal, 2).status()).isEqualTo(Status.CLOSED);
        assertThat(row(portal, 2).closedAt()).isEqualTo(sessions.get(1).closedAt());
        assertThat(portal.deliveries()).isEmpty();

        line.delete();
        assertThat(on(portal).sessions(SessionFilter.all())).isEmpty();
        assertThat(portal.lines()).isEmpty();
        assertThat(portal.openLine("Next").id()).isEqualTo(2);
        assertThat(portal.deliveries()).isEmpty();
        assertThatThrownBy(line::openChat).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(line::delete).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void aResumedSessionKeepsItsIdAndAReturnHasANewOne(Portal portal) {
        PortalChat chat = portal.openLine("Support").openChat();
        chat.close(Closing.AGENT);
        assertThat(on(portal).session(chat.id(), NOON)).map(Session::id).hasValue(1L);
        chat.resume();
        assertThat(row(portal, 1).closedAt()).isNull();
        assertThat(row(portal, 1).closeReason()).isNull();
        assertThat(row(portal, 1).status()).isEqualTo(Status.NEW);
        assertThat(on(portal).session(chat.id(), NOON)).isEmpty();
        portal.clock().advance(Duration.ofMinutes(5));
        chat.close();
        assertThat(row(portal, 1).closedAt()).isEqualTo("2026-11-22T12:05:00Z");
        assertThat(on(portal).session(chat.id(), NOON)).isEmpty();

        portal.clock().advance(Duration.ofSeconds(60));
        chat.customerReturns();
        portal.clock().advance(Duration.ofSeconds(1));
        chat.close();
        assertThat(ids(portal, SessionFilter.all())).containsExactly(2L, 1L);
        assertThat(on(portal).session(chat.id(), portal.clock().instant()))
                .map(Session::id)
                .hasValue(2L);
        assertThat(on(portal).session(chat.id(), NOON.plusSeconds(300)))
                .map(Session::id)
                .hasValue(1L);
    }

    @Test
    void theRepeatedHourInAutumnHasTwoOffsets(Portal portal) {
        portal.clock().zone(ZoneId.of("Europe/Berlin"));
        PortalLine line = portal.openLine("Support");
        portal.clock().freezeAt(Instant.parse("2026-10-25T00:30:00Z"));
        PortalChat chat = line.openChat();
        chat.close();
        portal.clock().advance(Duration.ofHours(1));
        chat.customerReturns();
        chat.close();

        List<Session> sessions = on(portal)
                .sessions(SessionFilter.closed(NOON.minus(Duration.ofDays(40)), NOON))
                .toList();

        assertThat(sessions)
                .extracting(session -> String.valueOf(session.closedAt()))
                .containsExactly("2026-10-25T02:30+02:00", "2026-10-25T02:30+01:00");
        assertThat(on(portal).session(chat.id(), portal.clock().instant()))
                .map(Session::id)
                .hasValue(2L);
        assertThat(on(portal).history(2).messages().get(0).sentAt()).isEqualTo("2026-10-25T01:30:00Z");
        assertThat(on(portal).history(2).raw().toString()).contains("2026-10-25T02:30:00+01:00");
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 70, 300})
    void allOfAPeriodComeInFewCalls(int aSecond, Portal portal) {
        PortalLine line = portal.openLine("Support");
        List<Long> closed = new ArrayList<>();
        for (int i = 0; i < 1000; i++) {
            PortalChat chat = line.openChat();
            if (i % aSecond == 0) {
                portal.clock().advance(Duration.ofSeconds(1));
            }
            chat.close();
            closed.add(chat.sessionId());
        }

        assertThat(ids(portal, SessionFilter.closed(NOON, portal.clock().instant())))
                .isEqualTo(closed);
        assertThat(portal.calls()).hasSizeLessThanOrEqualTo(1000 / 100 + 3);
    }

    @Test
    void aUserWhoMayNotSeeReportsIsRefused(Portal portal) {
        portal.openLine("Support").openChat().close();
        portal.reports().included(false);
        assertRefused(portal, ErrorCode.TARIFF_RESTRICTION);
        portal.reports().included(true);
        portal.reports().allowed(1, false);
        assertRefused(portal, ErrorCode.ACCESS_DENIED);
        portal.reports().allowed(1, true);
        portal.reports().known(false);
        assertRefused(portal, ErrorCode.ERROR_METHOD_NOT_FOUND);
        portal.reports().known(true);
        assertThat(ids(portal, SessionFilter.all())).hasSize(1);

        // The rights to a line are lost without a word.
        portal.reports().lineShown(1, false);
        assertThat(ids(portal, SessionFilter.all())).isEmpty();
        portal.reports().lineShown(1, true);
        assertThat(ids(portal, SessionFilter.all())).hasSize(1);
    }

    private void assertRefused(Portal portal, ErrorCode code) {
        assertThatThrownBy(() -> on(portal).sessionPage(SessionFilter.all()))
                .isInstanceOfSatisfying(
                        RestException.class, e -> assertThat(e.code()).hasValue(code));
        assertThatThrownBy(
                        () -> on(portal).reports().operators(ReportFilter.all()).count())
                .isInstanceOf(RestException.class);
        assertThat(on(portal).session(17, NOON)).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "list; status=closed,closeReason=auto; INVALID_FILTER",
                "list; status=lost; INVALID_FILTER",
                "list; dateCloseFrom=2026-11-22T12:00:00Z,dateCloseTo=2026-11-21T12:00:00Z; INVALID_FILTER",
                "list; dateCloseFrom=yesterday; INVALID_FILTER",
                "list; kpiFirstAnswer=Y; INVALID_FILTER",
                "list; hasCrm=perhaps; INVALID_FILTER",
                "list; dateCreateFrom=2025-01-01T00:00:00Z,dateCreateTo=2026-11-22T12:00:00Z; PERIOD_TOO_LARGE",
                "list; offset=10001; OFFSET_TOO_LARGE",
                "rating.list; vote=like; PERIOD_REQUIRED",
                "rating.list; dateVoteFrom=2026-11-22T12:00:00Z,dateVoteTo=2026-11-22T12:00:00Z,vote=any; INVALID_FILTER",
                "stat.get; sessionId=7; 100",
                "transfer.list; x=7; 100"
            })
    void aBadFilterIsRefusedAsDocumented(String method, String params, String code, Portal portal) {
        Map<String, String> sent = new java.util.LinkedHashMap<>();
        for (String param : params.split(",")) {
            sent.put(param.split("=")[0], param.split("=")[1]);
        }

        assertThatThrownBy(() -> client.portal(portal.restUri(), portal.accessToken())
                        .call("imopenlines.v2.Session." + method, sent))
                .isInstanceOfSatisfying(RestException.class, e -> {
                    assertThat(e.status()).isEqualTo(400);
                    assertThat(e.code()).hasValue(new ErrorCode(code));
                });
    }

    @Test
    void tooManyAtOnceAreRefused(Portal portal) {
        List<Integer> many = new ArrayList<>();
        for (int i = 0; i < 1001; i++) {
            many.add(i);
        }
        var calls = client.portal(portal.restUri(), portal.accessToken());

        assertThatThrownBy(() -> calls.call("imopenlines.v2.Session.list", Map.of("configIdList", many)))
                .hasMessageContaining("INVALID_FILTER");
        assertThatThrownBy(() -> calls.call("imopenlines.v2.Session.Stat.get", Map.of("sessionId", many)))
                .hasMessageContaining("BATCH_LIMIT_EXCEEDED: sessionId batch must not exceed 100 items");
        assertThatThrownBy(() -> calls.call("imopenlines.v2.Session.Transfer.list", Map.of("sessionId", many)))
                .hasMessageContaining("BATCH_LIMIT_EXCEEDED: sessionId batch must not exceed 50 items");
    }

    @Test
    void anOrderWithoutAWholePeriodIsIgnoredWithoutAWord(Portal portal) {
        PortalLine line = portal.openLine("Support");
        PortalChat first = line.openChat();
        PortalChat second = line.openChat();
        portal.clock().advance(Duration.ofSeconds(5));
        second.close();
        portal.clock().advance(Duration.ofSeconds(5));
        first.close();

        var page = client.portal(portal.restUri(), portal.accessToken())
                .call("imopenlines.v2.Session.list", Map.of("order", "dateClose", "orderDirection", "asc", "limit", 1))
                .object();

        assertThat(page.getJsonArray("sessions").getJsonObject(0).getInt("id")).isEqualTo(1);
        assertThat(page.getBoolean("hasNextPage")).isTrue();
        assertThat(portal.calls().get(0).provenance()).isEqualTo(Provenance.DOCS);
    }

    @Test
    void reportsComeFromTheSameChats(Portal portal) {
        PortalLine sales = portal.openLine("Sales");
        PortalLine support = portal.openLine("Support");
        PortalChat rated = sales.openChat();
        rated.customerWrites("Hello");
        portal.clock().advance(Duration.ofSeconds(40));
        rated.operatorWrites("Hello!");
        rated.transfer(support);
        portal.clock().advance(Duration.ofSeconds(60));
        rated.close(Closing.RATING);
        PortalChat open = support.openChat("viber");
        open.operatorWrites("Yes?");
        var reports = on(portal).reports();
        ReportFilter today = ReportFilter.of(NOON, NOON.plusSeconds(3600));

        List<SessionStat> stats = reports.stats(List.of(1L, 99L));
        assertThat(stats.get(0).messages()).isEqualTo(4);
        assertThat(stats.get(0).operatorMessages()).isEqualTo(1);
        assertThat(stats.get(0).customerMessages()).isEqualTo(1);
        assertThat(stats.get(0).transfers()).isEqualTo(1);
        assertThat(stats.get(0).waitAnswer()).isEqualTo(Duration.ofSeconds(40));
        assertThat(stats.get(1).sessionId()).isEqualTo(99);
        assertThat(stats.get(1).messages()).isNull();
        assertThat(stats.get(1).vote()).isNull();

        assertThat(reports.transfers(List.of(1L, 2L, 99L))).singleElement().satisfies(transfer -> {
            assertThat(transfer.fromLineId()).isEqualTo(sales.id());
            assertThat(transfer.toLineId()).isEqualTo(support.id());
            assertThat(transfer.reason()).isEqualTo(TransferReason.LINE);
            assertThat(transfer.fromOperatorId()).isEqualTo(5);
            assertThat(transfer.at()).isEqualTo("2026-11-22T12:00:40Z");
        });

        assertThat(reports.ratings(today)).singleElement().satisfies(rating -> {
            assertThat(rating.sessionId()).isEqualTo(1);
            assertThat(rating.vote()).isEqualTo(Vote.LIKE);
            assertThat(rating.votedAt()).isEqualTo("2026-11-22T12:01:40Z");
            assertThat(rating.sessionClosedAt()).isEqualTo(rating.votedAt());
        });
        assertThat(reports.ratings(today.vote(Vote.DISLIKE)))
                .extracting(Rating::sessionId)
                .isEmpty();

        List<Operator> operators = reports.operators(ReportFilter.all()).toList();
        assertThat(operators)
                .extracting(Operator::lineId, Operator::activeSessions, Operator::freeSlots)
                .containsExactly(
                        org.assertj.core.groups.Tuple.tuple(sales.id(), 0L, 5L),
                        org.assertj.core.groups.Tuple.tuple(support.id(), 1L, 4L));
        assertThat(reports.operators(ReportFilter.all().status(OperatorStatus.PAUSE)))
                .isEmpty();
        assertThat(reports.operators(
                        ReportFilter.all().lines(sales.id()).operators(5).freeSlots(true)))
                .hasSize(1);

        Totals totals = reports.totals(today);
        assertThat(totals.sessions()).isEqualTo(2);
        assertThat(totals.closed()).isEqualTo(1);
        assertThat(totals.likes()).isEqualTo(1);
        assertThat(totals.positiveRate()).isEqualTo(1);
        assertThat(totals.averageWaitAnswer()).isEqualTo(20);
        assertThat(totals.bySource()).isEqualTo(Map.of(ConnectorCode.LIVECHAT, 1L, ConnectorCode.VIBER, 1L));
        assertThat(totals.byHour()).hasSize(24).element(12).isEqualTo(2L);
        assertThat(totals.byOperator()).singleElement().satisfies(operator -> {
            assertThat(operator.operatorId()).isEqualTo(5);
            assertThat(operator.sessions()).isEqualTo(2);
        });
        assertThat(reports.totals(today.lines(99)).sessions()).isZero();
    }

    private Session row(Portal portal, long id) {
        return on(portal)
                .sessions(SessionFilter.all())
                .filter(session -> session.id() == id)
                .findFirst()
                .orElseThrow();
    }

    private List<Long> ids(Portal portal, SessionFilter filter) {
        return on(portal).sessions(filter).map(Session::id).toList();
    }

    private OpenLines on(Portal portal) {
        return client.portal(portal.restUri(), portal.accessToken()).openLines();
    }
}
