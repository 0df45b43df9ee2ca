// SPDX-License-Identifier: Apache-2.0
package dev.openlines.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.openlines.client.FakePortal.Answered;
import dev.openlines.client.Session.CloseReason;
import dev.openlines.client.Session.Status;
import dev.openlines.client.Session.Vote;
import dev.openlines.client.SessionFilter.Order;
import dev.openlines.model.ConnectorCode;
import dev.openlines.model.Secret;
import jakarta.json.JsonValue;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests of one call's listing and its parameters. */
@Timeout(300)
class SessionsTest {

    static final String ROW = "{\"id\":1024,\"configId\":3,\"source\":\"livechat\",\"operatorId\":42,\"userId\":501,"
            + "\"userCode\":\"livechat|3|16|501\",\"chatId\":2048,\"dateCreate\":\"2026-06-15T14:30:00+03:00\","
            + "\"dateClose\":\"2026-06-15T14:52:10+03:00\",\"dateFirstAnswer\":\"2026-06-15T14:31:05+03:00\","
            + "\"dateOperatorAnswer\":\"2026-06-15T14:31:06+03:00\",\"status\":\"closed\",\"closeReason\":\"operator\","
            + "\"vote\":\"like\",\"voteHead\":5,\"commentHead\":\"canary\",\"crmEntityType\":\"deal\","
            + "\"crmEntityId\":771,\"queueTransfers\":1,\"waitAnswer\":65,\"waitClose\":1330,"
            + "\"kpiFirstAnswer\":true,\"messageCount\":14}";

    private static final Instant FROM = Instant.parse("2026-06-01T00:00:00Z");
    private static final Instant TO = Instant.parse("2026-06-30T23:59:59.9Z");

    private final RestClient client = RestClient.builder()
            .patience(Duration.ZERO)
            .rate(1000, 1000)
            .allowLoopback()
            .build();

    @Test
    void everyFieldIsTypedAndTimesKeepTheirOffset() throws Exception {
        try (FakePortal portal = FakePortal.answering(page(ROW, true))) {
            SessionPage page = on(portal).sessionPage(SessionFilter.all());

            assertThat(page.hasNextPage()).isTrue();
            assertThat(page).hasToString("1 sessions, and more");
            Session session = page.sessions().get(0);
            assertThat(session.id()).isEqualTo(1024);
            assertThat(session.lineId()).isEqualTo(3);
            assertThat(session.source()).isEqualTo(ConnectorCode.LIVECHAT);
            assertThat(session.operatorId()).isEqualTo(42);
            assertThat(session.userId()).isEqualTo(501);
            assertThat(session.userCode()).isEqualTo("livechat|3|16|501");
            assertThat(session.chatId()).isEqualTo(2048);
            assertThat(session.createdAt()).isEqualTo(OffsetDateTime.parse("2026-06-15T14:30:00+03:00"));
            assertThat(session.closedAt()).hasToString("2026-06-15T14:52:10+03:00");
            assertThat(session.firstAnswerAt()).hasToString("2026-06-15T14:31:05+03:00");
            assertThat(session.operatorAnswerAt()).hasToString("2026-06-15T14:31:06+03:00");
            assertThat(session.status()).isEqualTo(Status.CLOSED);
            assertThat(session.closeReason()).isEqualTo(CloseReason.OPERATOR);
            assertThat(session.vote()).isEqualTo(Vote.LIKE);
            assertThat(session.voteHead()).isEqualTo(5);
            assertThat(session.commentHead()).isEqualTo("canary");
            assertThat(session.crmEntityType()).isEqualTo("deal");
            assertThat(session.crmEntityId()).isEqualTo(771);
            assertThat(session.queueTransfers()).isEqualTo(1);
            assertThat(session.waitAnswer()).isEqualTo(Duration.ofSeconds(65));
            assertThat(session.waitClose()).isEqualTo(Duration.ofSeconds(1330));
            assertThat(session.kpiFirstAnswer()).isTrue();
            assertThat(session.messageCount()).isEqualTo(14);
            assertThat(session).hasToString("session 1024 of chat 2048, closed, closed 2026-06-15T14:52:10+03:00");

            assertThat(on(portal)
                            .sessionPageAsync(SessionFilter.all())
                            .get(60, TimeUnit.SECONDS)
                            .sessions())
                    .containsExactly(session);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"id\":7}",
                "{\"id\":\"7\",\"chatId\":\"\",\"source\":null,\"dateClose\":\"\",\"closeReason\":\"\","
                        + "\"voteHead\":false,\"userCode\":null,"
                        + "\"kpiFirstAnswer\":null,\"waitClose\":null,\"crmEntityId\":null}"
            })
    void missingFieldsAreNullOrNothing(String row) {
        try (FakePortal portal = FakePortal.answering(page(row, false))) {
            Session session =
                    on(portal).sessionPage(SessionFilter.all()).sessions().get(0);

            assertThat(session.id()).isEqualTo(7);
            assertThat(List.of(session.chatId(), session.lineId(), session.userId(), session.messageCount()))
                    .containsOnly(0L);
            assertThat(session.closedAt()).isNull();
            assertThat(session.closeReason()).isNull();
            assertThat(session.voteHead()).isNull();
            assertThat(session.kpiFirstAnswer()).isNull();
            assertThat(session.waitClose()).isNull();
            assertThat(session.status().known()).isFalse();
        }
    }

    @Test
    void codesOfLaterVersionsKeepTheirText() {
        String row = ROW.replace("\"status\":\"closed\"", "\"status\":\"frozen\"")
                .replace("\"closeReason\":\"operator\"", "\"closeReason\":\"robot\"")
                .replace("\"like\"", "\"meh\"");
        try (FakePortal portal = FakePortal.answering(page(row, false))) {
            Session session =
                    on(portal).sessionPage(SessionFilter.all()).sessions().get(0);

            assertThat(session.status()).hasToString("frozen").matches(status -> !status.known());
            assertThat(session.closeReason()).hasToString("robot").matches(reason -> !reason.known());
            assertThat(session.vote()).hasToString("meh").matches(vote -> !vote.known());
        }
        assertThat(Status.PAUSED.known() && CloseReason.REPLY_LIMIT.known() && Vote.NONE.known())
                .isTrue();
    }

    @Test
    void codesAndKeysOfAPortalSteerNoTerminal() {
        String evil = "a\u001b[2J\nb\u200b\u202e\udb40\udc41";
        String printed = "a [2J b   ";

        assertThat(List.of(
                        new Status(evil),
                        new CloseReason(evil),
                        new Vote(evil),
                        new OpenLineReports.TransferReason(evil),
                        new OpenLineReports.OperatorStatus(evil)))
                .extracting(Object::toString)
                .containsOnly(printed);
        assertThat(new OfflineEvent("m", evil, evil, FROM, JsonValue.EMPTY_JSON_OBJECT, null))
                .hasToString(printed + " " + printed);
    }

    @Test
    void everyFilterIsSentByItsName() {
        try (FakePortal portal = FakePortal.answering("{\"result\":{\"sessions\":[],\"hasNextPage\":false}}")) {
            SessionFilter all = SessionFilter.created(FROM, TO)
                    .lines(3, 4)
                    .operators(42)
                    .sources(ConnectorCode.LIVECHAT)
                    .status(Status.CLOSED)
                    .closedFrom(FROM.plusSeconds(5))
                    .closedTo(TO)
                    .vote(Vote.ANY)
                    .voteHead(true)
                    .kpiFirstAnswer(false)
                    .crm(true)
                    .waitAnswer(Duration.ofSeconds(1), Duration.ofMinutes(1))
                    .waitClose(null, Duration.ofHours(1))
                    .orderBy(Order.WAIT_CLOSE)
                    .descending()
                    .offset(10_000)
                    .limit(50);

            on(portal).sessionPage(all);
            on(portal).sessionPage(SessionFilter.all().closeReason(CloseReason.REPLY_LIMIT));

            assertThat(portal.asked.get(0).path()).endsWith("/imopenlines.v2.Session.list");
            var sent = portal.asked.get(0).json();
            sent = Wire.JSON.createObjectBuilder(sent).remove("auth").build();
            assertThat(sent)
                    .hasToString("{\"limit\":50,\"dateCreateFrom\":\"2026-06-01T00:00:00+00:00\","
                            + "\"dateCreateTo\":\"2026-06-30T23:59:59+00:00\",\"orderDirection\":\"desc\","
                            + "\"configIdList\":[3,4],\"operatorIdList\":[42],\"sourceList\":[\"livechat\"],"
                            + "\"status\":\"closed\",\"dateCloseFrom\":\"2026-06-01T00:00:05+00:00\","
                            + "\"dateCloseTo\":\"2026-06-30T23:59:59+00:00\",\"vote\":\"any\",\"hasVoteHead\":true,"
                            + "\"kpiFirstAnswer\":false,\"hasCrm\":true,\"waitAnswerFrom\":1,\"waitAnswerTo\":60,"
                            + "\"waitCloseTo\":3600,\"order\":\"waitClose\",\"offset\":10000}");
            assertThat(portal.asked.get(1).json().getString("closeReason")).isEqualTo("replyLimit");
        }
    }

    @Test
    void aFilterThatThePlatformWouldRefuseIsRefusedBeforeACall() {
        try (FakePortal portal = FakePortal.answering(page(ROW, false))) {
            OpenLines lines = on(portal);

            assertThatThrownBy(() -> lines.sessionPage(
                            SessionFilter.all().status(Status.SPAM).closeReason(CloseReason.SPAM)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("expected a status or a close reason but found both");
            assertThatThrownBy(() -> lines.sessionPage(
                            SessionFilter.all().closedFrom(FROM).kpiFirstAnswer(true)))
                    .hasMessage("expected a whole period beside kpiFirstAnswer but found none");
            assertThatThrownBy(() -> lines.sessions(SessionFilter.all().orderBy(Order.CLOSED)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("expected a whole period to sort by dateClose but found none:"
                            + " the platform would sort by dateCreate without a word");
            assertThatThrownBy(() -> lines.sessions(SessionFilter.closed(TO, FROM)))
                    .hasMessageStartingWith("expected a period for dateClose but found 2026-06-30T");
            assertThatThrownBy(() -> lines.sessions(SessionFilter.created(
                            FROM, FROM.plus(Duration.ofDays(366)).plusSeconds(1))))
                    .hasMessageStartingWith("expected at most 366 days for dateCreate but found 2026-06-01T");
            assertThatThrownBy(() -> SessionFilter.all().lines())
                    .hasMessage("expected 1 to 1000 for configIdList but found 0");
            assertThatThrownBy(() -> SessionFilter.all().operators(new long[1001]))
                    .hasMessage("expected 1 to 1000 for operatorIdList but found 1001");
            assertThatThrownBy(() -> SessionFilter.all().offset(10_001))
                    .hasMessage("expected an offset of 0 to 10000 but found 10001");
            assertThatThrownBy(() -> SessionFilter.all().limit(201))
                    .hasMessage("expected 1 to 200 sessions a page but found 201");
            assertThatThrownBy(() -> SessionFilter.all().waitClose(Duration.ofSeconds(9), Duration.ofSeconds(8)))
                    .hasMessage("expected from zero up for waitClose but found PT9S to PT8S");
            assertThatThrownBy(() -> lines.sessions(SessionFilter.all().offset(1)))
                    .hasMessage("expected a filter without an offset to stream but found 1");
            assertThat(portal.asked).isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "TARIFF_RESTRICTION",
                "INVALID_FILTER",
                "PERIOD_REQUIRED",
                "PERIOD_TOO_LARGE",
                "OFFSET_TOO_LARGE",
                "BATCH_LIMIT_EXCEEDED",
                "ERROR_METHOD_NOT_FOUND",
                "ACCESS_DENIED"
            })
    void everyErrorIsTold(String code) {
        try (FakePortal portal = new FakePortal(asked -> Answered.error(400, code, "because"))) {
            assertThatThrownBy(() -> on(portal).sessions(SessionFilter.all()).findAny())
                    .isInstanceOfSatisfying(RestException.class, e -> {
                        assertThat(e.is(new ErrorCode(code))).isTrue();
                        assertThat(e.code())
                                .hasValueSatisfying(
                                        found -> assertThat(found.known()).isTrue());
                    });
        }
    }

    @Test
    void aRowThatCannotBeReadSaysWhereAndNotWhat() {
        try (FakePortal portal =
                FakePortal.answering(page(ROW.replace("2026-06-15T14:52:10+03:00", "15.06.2026"), false))) {
            assertThatThrownBy(() -> on(portal).sessionPage(SessionFilter.all()))
                    .isInstanceOf(UnexpectedReplyException.class)
                    .hasMessage("imopenlines.v2.Session.list: expected an ISO 8601 time but found text (10 characters)"
                            + " at $.result.sessions[0].dateClose");
        }
    }

    private static String page(String row, boolean more) {
        return "{\"result\":{\"sessions\":[" + row + "],\"hasNextPage\":" + more + "}}";
    }

    private OpenLines on(FakePortal portal) {
        return client.portal(portal.rest(), Secret.of("t0ken-1234")).openLines();
    }
}
