// SPDX-License-Identifier: Apache-2.0
package dev.openlines.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.entry;

import dev.openlines.client.FakePortal.Answered;
import dev.openlines.client.OpenLineReports.Operator;
import dev.openlines.client.OpenLineReports.OperatorStatus;
import dev.openlines.client.OpenLineReports.OperatorTotals;
import dev.openlines.client.OpenLineReports.Rating;
import dev.openlines.client.OpenLineReports.SessionStat;
import dev.openlines.client.OpenLineReports.Totals;
import dev.openlines.client.OpenLineReports.Transfer;
import dev.openlines.client.OpenLineReports.TransferReason;
import dev.openlines.client.Session.Vote;
import dev.openlines.model.ConnectorCode;
import dev.openlines.model.Secret;
import jakarta.json.JsonObject;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(300)
class OpenLineReportsTest {

    private static final Instant FROM = Instant.parse("2026-06-01T00:00:00Z");
    private static final Instant TO = Instant.parse("2026-06-30T00:00:00Z");

    private final RestClient client = RestClient.builder()
            .patience(Duration.ZERO)
            .rate(1000, 1000)
            .allowLoopback()
            .build();

    @ParameterizedTest
    @ValueSource(strings = {"sessions", "stats"})
    void reportsOfSessionsAreReadUnderEachNameOfTheList(String list) {
        try (FakePortal portal = FakePortal.answering("{\"result\":{\"" + list + "\":["
                + "{\"sessionId\":1024,\"waitAnswer\":65,\"waitClose\":1330,\"messagesCount\":14,"
                + "\"messagesOperatorCount\":6,\"messagesClientCount\":8,\"transfersCount\":1,\"kpiFirstAnswer\":true,"
                + "\"vote\":\"like\",\"voteHead\":5},"
                + "{\"sessionId\":999999,\"waitAnswer\":null,\"waitClose\":null,\"messagesCount\":null,"
                + "\"messagesOperatorCount\":null,\"messagesClientCount\":null,\"transfersCount\":null,"
                + "\"kpiFirstAnswer\":null,\"vote\":null,\"voteHead\":null}]}}")) {
            List<SessionStat> stats = on(portal).stats(List.of(1024L, 999999L));

            assertThat(stats.get(0))
                    .isEqualTo(new SessionStat(
                            1024,
                            Duration.ofSeconds(65),
                            Duration.ofSeconds(1330),
                            14L,
                            6L,
                            8L,
                            1L,
                            true,
                            Vote.LIKE,
                            5L,
                            stats.get(0).raw()));
            assertThat(stats.get(1))
                    .isEqualTo(new SessionStat(
                            999999,
                            null,
                            null,
                            null,
                            null,
                            null,
                            null,
                            null,
                            null,
                            null,
                            stats.get(1).raw()));
        }
    }

    @Test
    void asManySessionsACallAsThePlatformTakes() {
        try (FakePortal portal = FakePortal.answering("{\"result\":[]}")) {
            List<Long> ids = LongStream.range(0, 250).map(i -> i % 201).boxed().toList();

            assertThat(on(portal).stats(ids)).isEmpty();
            assertThat(on(portal).transfers(ids)).isEmpty();
            assertThat(on(portal).transfers(List.of())).isEmpty();

            assertThat(portal.asked)
                    .extracting(asked -> asked.json().getJsonArray("sessionId").size())
                    .containsExactly(100, 100, 1, 50, 50, 50, 50, 1);
        }
    }

    @Test
    void theTransfersOfASessionAreRead() {
        try (FakePortal portal = FakePortal.answering("{\"result\":{\"transfers\":["
                + "{\"sessionId\":1024,\"date\":\"2026-06-15T14:30:05+02:00\",\"fromOperatorId\":null,"
                + "\"toOperatorId\":42,\"fromConfigId\":3,\"toConfigId\":null,\"reason\":\"auto\",\"mode\":\"AUTO\","
                + "\"type\":\"USER\",\"initiatorId\":null},{\"sessionId\":1,\"reason\":\"magic\"}]}}")) {
            List<Transfer> transfers = on(portal).transfers(List.of(1024L, 1L));

            assertThat(transfers)
                    .containsExactly(
                            new Transfer(
                                    1024,
                                    OffsetDateTime.parse("2026-06-15T14:30:05+02:00"),
                                    null,
                                    42L,
                                    3,
                                    null,
                                    TransferReason.AUTO,
                                    "AUTO",
                                    "USER",
                                    null),
                            new Transfer(1, null, null, null, 0, null, new TransferReason("magic"), "", "", null));
            assertThat(transfers.get(1).reason().known()).isFalse();
        }
    }

    @Test
    void ratingsComePageByPage() {
        String row = "{\"sessionId\":%s,\"configId\":3,\"operatorId\":42,\"source\":\"livechat\",\"vote\":\"like\","
                + "\"voteHead\":5,\"commentHead\":\"canary\",\"dateVote\":\"2026-06-15T14:53:00+02:00\","
                + "\"dateSessionClose\":\"2026-06-15T14:52:10+02:00\"}";
        try (FakePortal portal = new FakePortal(asked -> {
            int offset = asked.json().getInt("offset");
            return Answered.ok(
                    "{\"result\":{\"ratings\":[" + row.formatted(offset) + "],\"hasNextPage\":" + (offset < 2) + "}}");
        })) {
            List<Rating> ratings = on(portal)
                    .ratings(ReportFilter.of(FROM, TO)
                            .lines(3)
                            .operators(42)
                            .sources(ConnectorCode.LIVECHAT)
                            .vote(Vote.LIKE)
                            .voteHead(true))
                    .toList();

            assertThat(ratings).extracting(Rating::sessionId).containsExactly(0L, 1L, 2L);
            assertThat(ratings.get(2))
                    .isEqualTo(new Rating(
                            2,
                            3,
                            42L,
                            ConnectorCode.LIVECHAT,
                            Vote.LIKE,
                            5L,
                            "canary",
                            OffsetDateTime.parse("2026-06-15T14:53:00+02:00"),
                            OffsetDateTime.parse("2026-06-15T14:52:10+02:00")))
                    .hasToString("rating of session 2, like");
            assertThat(sent(portal, 2))
                    .hasToString("{\"dateVoteFrom\":\"2026-06-01T00:00:00+00:00\","
                            + "\"dateVoteTo\":\"2026-06-30T00:00:00+00:00\",\"configIdList\":[3],"
                            + "\"operatorIdList\":[42],\"sourceList\":[\"livechat\"],\"vote\":\"like\","
                            + "\"hasVoteHead\":true,\"offset\":2,\"limit\":200}");
        }
    }

    @Test
    void operatorsAndWhatTheyHaveToDo() {
        try (FakePortal portal = FakePortal.answering("{\"result\":{\"operators\":[{\"userId\":42,\"configId\":3,"
                + "\"status\":\"online\",\"activeSessions\":2,\"maxChat\":5,\"freeSlots\":3,"
                + "\"lastActivityDate\":\"2026-06-15T15:01:00+02:00\"},{\"userId\":43,\"status\":\"asleep\"}],"
                + "\"hasNextPage\":false}}")) {
            List<Operator> operators = on(portal)
                    .operators(ReportFilter.all()
                            .lines(3)
                            .operators(42, 43)
                            .status(OperatorStatus.ONLINE)
                            .freeSlots(true))
                    .toList();

            assertThat(operators.get(0))
                    .isEqualTo(new Operator(
                            42, 3, OperatorStatus.ONLINE, 2, 5, 3, OffsetDateTime.parse("2026-06-15T15:01:00+02:00")));
            assertThat(operators.get(1).status()).hasToString("asleep").matches(status -> !status.known());
            assertThat(sent(portal, 0))
                    .hasToString("{\"configIdList\":[3],\"status\":\"online\",\"hasFreeSlots\":true,"
                            + "\"userIdList\":[42,43],\"offset\":0,\"limit\":200}");
        }
    }

    @Test
    void theSumsOfAPeriod() {
        try (FakePortal portal = FakePortal.answering("{\"result\":{\"totalSessions\":340,\"closedSessions\":318,"
                + "\"spamSessions\":4,\"avgWaitAnswer\":42.7,\"avgSessionDuration\":612.3,\"likeCount\":210,"
                + "\"dislikeCount\":15,\"votedSessions\":225,\"positiveRate\":0.9333,\"kpiFirstAnswerOk\":300,"
                + "\"kpiFirstAnswerFail\":18,\"sessionsBySource\":[{\"source\":\"livechat\",\"count\":200}],"
                + "\"sessionsByHour\":[0,2,1],\"sessionsByOperator\":[{\"operatorId\":42,\"count\":120,"
                + "\"avgWaitAnswer\":38.1,\"positiveRate\":0.95}]}}")) {
            Totals totals = on(portal).totals(ReportFilter.of(FROM, TO).lines(3));

            assertThat(totals)
                    .isEqualTo(new Totals(
                            340,
                            318,
                            4,
                            42.7,
                            612.3,
                            210,
                            15,
                            225,
                            0.9333,
                            300,
                            18,
                            totals.bySource(),
                            List.of(0L, 2L, 1L),
                            List.of(new OperatorTotals(42, 120, 38.1, 0.95)),
                            totals.raw()));
            assertThat(totals.bySource()).containsExactly(entry(ConnectorCode.LIVECHAT, 200L));
            assertThat(sent(portal, 0))
                    .hasToString("{\"dateFrom\":\"2026-06-01T00:00:00+00:00\","
                            + "\"dateTo\":\"2026-06-30T00:00:00+00:00\",\"configIdList\":[3]}");
        }
    }

    @Test
    void aFilterThatAReportDoesNotKnowIsRefusedBeforeACall() {
        try (FakePortal portal = FakePortal.answering("{\"result\":{}}")) {
            assertThatThrownBy(() -> on(portal).totals(ReportFilter.all()))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("expected a period for imopenlines.v2.Stat.get but found the other");
            assertThatThrownBy(() -> on(portal).operators(ReportFilter.of(FROM, TO)))
                    .hasMessage("expected no period for imopenlines.v2.Operator.list but found the other");
            assertThatThrownBy(() -> on(portal).totals(ReportFilter.of(FROM, TO).status(OperatorStatus.PAUSE)))
                    .hasMessageMatching("expected only \\[.+] for imopenlines.v2.Stat.get but found status");
            assertThatThrownBy(() -> ReportFilter.of(TO, FROM)).isInstanceOf(IllegalArgumentException.class);
            assertThat(portal.asked).isEmpty();
        }
    }

    @Test
    void aPortalThatAlwaysPromisesMoreIsNotAskedForEver() {
        try (FakePortal portal = FakePortal.answering("{\"result\":{\"operators\":[" + "{\"userId\":1},".repeat(199)
                + "{\"userId\":1}],\"hasNextPage\":true}}")) {
            assertThatThrownBy(() -> on(portal).operators(ReportFilter.all()).count())
                    .isInstanceOf(UnexpectedReplyException.class);
            assertThat(portal.asked).hasSize(52);
        }
    }

    private static JsonObject sent(FakePortal portal, int call) {
        return Wire.JSON
                .createObjectBuilder(portal.asked.get(call).json())
                .remove("auth")
                .build();
    }

    private OpenLineReports on(FakePortal portal) {
        return client.portal(portal.rest(), Secret.of("t0ken-1234")).openLines().reports();
    }
}
