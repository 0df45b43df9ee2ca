// SPDX-License-Identifier: Apache-2.0
package dev.openlines.client;

import dev.openlines.model.ConnectorCode;
import dev.openlines.model.Printed;
import jakarta.json.JsonObject;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Reports of a portal on its open lines, beside the list of sessions. Each method blocks and fails as {@link
 * PortalClient#call(String, Map)} does: with {@link ErrorCode#TARIFF_RESTRICTION} if the portal's plan has no
 * reports, {@link ErrorCode#ACCESS_DENIED} if the token's user may not see them, {@link
 * ErrorCode#ERROR_METHOD_NOT_FOUND} if the portal is too old.
 *
 * @see <a href="https://apidocs.bitrix24.com/api-reference/imopenlines/statistics/index.html">Statistics</a>
 */
public final class OpenLineReports {

    /**
     * Statistics of a session. If there is no such session or the user may not see it, every component except {@code
     * sessionId} and {@code raw} is null.
     *
     * @param sessionId wire field {@code sessionId}
     * @param waitAnswer the time until the first answer; wire field {@code waitAnswer}
     * @param waitClose the time until the close; wire field {@code waitClose}
     * @param messages how many messages there are, the portal's own included; wire field {@code messagesCount}
     * @param operatorMessages wire field {@code messagesOperatorCount}
     * @param customerMessages wire field {@code messagesClientCount}
     * @param transfers wire field {@code transfersCount}
     * @param kpiFirstAnswer whether the first answer came in time; wire field {@code kpiFirstAnswer}
     * @param vote the customer's rating; wire field {@code vote}
     * @param voteHead a supervisor's rating from 1 to 5; wire field {@code voteHead}
     * @param raw the entry as it came
     */
    public record SessionStat(
            long sessionId,
            @Nullable Duration waitAnswer,
            @Nullable Duration waitClose,
            @Nullable Long messages,
            @Nullable Long operatorMessages,
            @Nullable Long customerMessages,
            @Nullable Long transfers,
            @Nullable Boolean kpiFirstAnswer,
            Session.@Nullable Vote vote,
            @Nullable Long voteHead,
            JsonObject raw) {

        static SessionStat of(Fields row) {
            String vote = row.member("vote").textOrNull();
            return new SessionStat(
                    row.member("sessionId").integer(),
                    row.member("waitAnswer").secondsOrNull(),
                    row.member("waitClose").secondsOrNull(),
                    row.member("messagesCount").integerOrNull(),
                    row.member("messagesOperatorCount").integerOrNull(),
                    row.member("messagesClientCount").integerOrNull(),
                    row.member("transfersCount").integerOrNull(),
                    row.member("kpiFirstAnswer").flagOrNull(),
                    vote == null ? null : new Session.Vote(vote),
                    row.member("voteHead").integerOrNull(),
                    row.object());
        }
    }

    /**
     * A transfer of a session.
     *
     * @param sessionId wire field {@code sessionId}
     * @param at null if not sent; wire field {@code date}
     * @param fromOperatorId null if there is none; wire field {@code fromOperatorId}
     * @param toOperatorId null if there is none; wire field {@code toOperatorId}
     * @param fromLineId wire field {@code fromConfigId}
     * @param toLineId null if the line stayed the same; wire field {@code toConfigId}
     * @param reason wire field {@code reason}
     * @param mode {@code MANUAL}, {@code AUTO} or {@code BOT}; wire field {@code mode}
     * @param type {@code USER} or {@code QUEUE}; wire field {@code type}
     * @param initiatorId null if there is none; wire field {@code initiatorId}
     */
    public record Transfer(
            long sessionId,
            @Nullable OffsetDateTime at,
            @Nullable Long fromOperatorId,
            @Nullable Long toOperatorId,
            long fromLineId,
            @Nullable Long toLineId,
            TransferReason reason,
            String mode,
            String type,
            @Nullable Long initiatorId) {

        static Transfer of(Fields row) {
            return new Transfer(
                    row.member("sessionId").integer(),
                    row.member("date").localTimeOrNull(),
                    row.member("fromOperatorId").integerOrNull(),
                    row.member("toOperatorId").integerOrNull(),
                    row.member("fromConfigId").integerOrZero(),
                    row.member("toConfigId").integerOrNull(),
                    new TransferReason(row.member("reason").textOrEmpty()),
                    row.member("mode").textOrEmpty(),
                    row.member("type").textOrEmpty(),
                    row.member("initiatorId").integerOrNull());
        }
    }

    /**
     * The reason of a transfer. An open set: a code without a constant here keeps its text and is not {@link
     * #known()}.
     *
     * @param code as sent, empty if not sent
     */
    public record TransferReason(String code) {

        /** {@code manual}: an operator transferred it. */
        public static final TransferReason MANUAL = new TransferReason("manual");

        /** {@code queue}: it went back to the queue of its line. */
        public static final TransferReason QUEUE = new TransferReason("queue");

        /** {@code auto}: the portal gave it to an operator. */
        public static final TransferReason AUTO = new TransferReason("auto");

        /** {@code line}: it went to another line. */
        public static final TransferReason LINE = new TransferReason("line");

        private static final Set<TransferReason> KNOWN = Set.of(MANUAL, QUEUE, AUTO, LINE);

        public TransferReason {
            Objects.requireNonNull(code, "code");
        }

        /**
         * Tells whether this is one of the constants.
         *
         * @return false for a code that appeared after this version
         */
        public boolean known() {
            return KNOWN.contains(this);
        }

        /** Returns the code on one line, without characters that steer a terminal. */
        @Override
        public String toString() {
            return Printed.line(code);
        }
    }

    /**
     * A customer's rating of a session.
     *
     * @param sessionId wire field {@code sessionId}
     * @param lineId wire field {@code configId}
     * @param operatorId null if there is none; wire field {@code operatorId}
     * @param source the channel; wire field {@code source}
     * @param vote wire field {@code vote}
     * @param voteHead a supervisor's rating from 1 to 5, or null if there is none or the user may not see it; wire
     *     field {@code voteHead}
     * @param commentHead the supervisor's comment, or null if there is none or the user may not see it; wire field
     *     {@code commentHead}
     * @param votedAt null if not sent; wire field {@code dateVote}
     * @param sessionClosedAt null while it is open; wire field {@code dateSessionClose}
     */
    public record Rating(
            long sessionId,
            long lineId,
            @Nullable Long operatorId,
            ConnectorCode source,
            Session.Vote vote,
            @Nullable Long voteHead,
            @Nullable String commentHead,
            @Nullable OffsetDateTime votedAt,
            @Nullable OffsetDateTime sessionClosedAt) {

        static Rating of(Fields row) {
            return new Rating(
                    row.member("sessionId").integer(),
                    row.member("configId").integerOrZero(),
                    row.member("operatorId").integerOrNull(),
                    new ConnectorCode(row.member("source").textOrEmpty()),
                    new Session.Vote(row.member("vote").textOrEmpty()),
                    row.member("voteHead").integerOrNull(),
                    row.member("commentHead").textOrNull(),
                    row.member("dateVote").localTimeOrNull(),
                    row.member("dateSessionClose").localTimeOrNull());
        }

        /** Leaves the comment out. */
        @Override
        public String toString() {
            return "rating of session " + sessionId + ", " + vote;
        }
    }

    /**
     * An operator's status and load in a line.
     *
     * @param userId wire field {@code userId}
     * @param lineId wire field {@code configId}
     * @param status wire field {@code status}
     * @param activeSessions wire field {@code activeSessions}
     * @param maxChats how many sessions at a time the line's settings allow; wire field {@code maxChat}
     * @param freeSlots wire field {@code freeSlots}
     * @param lastActivityAt null if there is none; wire field {@code lastActivityDate}
     */
    public record Operator(
            long userId,
            long lineId,
            OperatorStatus status,
            long activeSessions,
            long maxChats,
            long freeSlots,
            @Nullable OffsetDateTime lastActivityAt) {

        static Operator of(Fields row) {
            return new Operator(
                    row.member("userId").integer(),
                    row.member("configId").integerOrZero(),
                    new OperatorStatus(row.member("status").textOrEmpty()),
                    row.member("activeSessions").integerOrZero(),
                    row.member("maxChat").integerOrZero(),
                    row.member("freeSlots").integerOrZero(),
                    row.member("lastActivityDate").localTimeOrNull());
        }
    }

    /**
     * The status of an operator. An open set: a code without a constant here keeps its text and is not
     * {@link #known()}.
     *
     * @param code as sent, empty if not sent
     */
    public record OperatorStatus(String code) {

        /** {@code online}: at work, and not on a break. */
        public static final OperatorStatus ONLINE = new OperatorStatus("online");

        /** {@code offline}: not at work. */
        public static final OperatorStatus OFFLINE = new OperatorStatus("offline");

        /** {@code pause}: on a break. */
        public static final OperatorStatus PAUSE = new OperatorStatus("pause");

        private static final Set<OperatorStatus> KNOWN = Set.of(ONLINE, OFFLINE, PAUSE);

        public OperatorStatus {
            Objects.requireNonNull(code, "code");
        }

        /**
         * Tells whether this is one of the constants.
         *
         * @return false for a code that appeared after this version
         */
        public boolean known() {
            return KNOWN.contains(this);
        }

        /** Returns the code on one line, without characters that steer a terminal. */
        @Override
        public String toString() {
            return Printed.line(code);
        }
    }

    /**
     * Totals of a period.
     *
     * @param sessions wire field {@code totalSessions}
     * @param closed wire field {@code closedSessions}
     * @param spam wire field {@code spamSessions}
     * @param averageWaitAnswer in seconds; wire field {@code avgWaitAnswer}
     * @param averageDuration in seconds; wire field {@code avgSessionDuration}
     * @param likes wire field {@code likeCount}
     * @param dislikes wire field {@code dislikeCount}
     * @param rated wire field {@code votedSessions}
     * @param positiveRate from 0 to 1; wire field {@code positiveRate}
     * @param answeredInTime wire field {@code kpiFirstAnswerOk}
     * @param answeredLate wire field {@code kpiFirstAnswerFail}
     * @param bySource sessions by channel; wire field {@code sessionsBySource}
     * @param byHour sessions by hour of the day, 24 of them; wire field {@code sessionsByHour}
     * @param byOperator wire field {@code sessionsByOperator}
     * @param raw the result as it came
     */
    public record Totals(
            long sessions,
            long closed,
            long spam,
            double averageWaitAnswer,
            double averageDuration,
            long likes,
            long dislikes,
            long rated,
            double positiveRate,
            long answeredInTime,
            long answeredLate,
            Map<ConnectorCode, Long> bySource,
            List<Long> byHour,
            List<OperatorTotals> byOperator,
            JsonObject raw) {

        public Totals {
            bySource = Map.copyOf(bySource);
            byHour = List.copyOf(byHour);
            byOperator = List.copyOf(byOperator);
        }

        static Totals of(Fields result) {
            Map<ConnectorCode, Long> sources = new LinkedHashMap<>();
            for (Fields row : result.member("sessionsBySource").elementsOrNone()) {
                sources.merge(
                        new ConnectorCode(row.member("source").textOrEmpty()),
                        row.member("count").integerOrZero(),
                        Long::sum);
            }
            return new Totals(
                    result.member("totalSessions").integerOrZero(),
                    result.member("closedSessions").integerOrZero(),
                    result.member("spamSessions").integerOrZero(),
                    result.member("avgWaitAnswer").decimalOrZero(),
                    result.member("avgSessionDuration").decimalOrZero(),
                    result.member("likeCount").integerOrZero(),
                    result.member("dislikeCount").integerOrZero(),
                    result.member("votedSessions").integerOrZero(),
                    result.member("positiveRate").decimalOrZero(),
                    result.member("kpiFirstAnswerOk").integerOrZero(),
                    result.member("kpiFirstAnswerFail").integerOrZero(),
                    sources,
                    result.member("sessionsByHour").elementsOrNone().stream()
                            .map(Fields::integerOrZero)
                            .toList(),
                    result.member("sessionsByOperator").elementsOrNone().stream()
                            .map(OperatorTotals::of)
                            .toList(),
                    result.object());
        }
    }

    /**
     * Totals of an operator.
     *
     * @param operatorId wire field {@code operatorId}
     * @param sessions wire field {@code count}
     * @param averageWaitAnswer in seconds; wire field {@code avgWaitAnswer}
     * @param positiveRate from 0 to 1; wire field {@code positiveRate}
     */
    public record OperatorTotals(long operatorId, long sessions, double averageWaitAnswer, double positiveRate) {

        static OperatorTotals of(Fields row) {
            return new OperatorTotals(
                    row.member("operatorId").integerOrZero(),
                    row.member("count").integerOrZero(),
                    row.member("avgWaitAnswer").decimalOrZero(),
                    row.member("positiveRate").decimalOrZero());
        }
    }

    private static final String STATS = "imopenlines.v2.Session.Stat.get";
    private static final String TRANSFERS = "imopenlines.v2.Session.Transfer.list";
    private static final String RATINGS = "imopenlines.v2.Session.Rating.list";
    private static final String OPERATORS = "imopenlines.v2.Operator.list";
    private static final String TOTALS = "imopenlines.v2.Stat.get";

    private static final int STATS_AT_ONCE = 100;
    private static final int TRANSFERS_AT_ONCE = 50;

    private final PortalClient portal;

    OpenLineReports(PortalClient portal) {
        this.portal = portal;
    }

    /**
     * Reads statistics of sessions, 100 sessions in a call.
     *
     * @param sessionIds repeated ids count once
     * @return one entry for each session
     */
    public List<SessionStat> stats(Collection<Long> sessionIds) {
        // The platform's documentation names this list "sessions" on one page and "stats" on another.
        return inParts(STATS, sessionIds, STATS_AT_ONCE, result -> {
            Fields sessions = result.member("sessions");
            return (sessions.absent() ? result.member("stats") : sessions)
                    .elementsOrNone().stream().map(SessionStat::of).toList();
        });
    }

    /**
     * Reads the transfers of sessions, 50 sessions in a call.
     *
     * @param sessionIds the sessions; repeated ids count once
     * @return the transfers; none for sessions that do not exist or that the user may not see
     */
    public List<Transfer> transfers(Collection<Long> sessionIds) {
        return inParts(
                TRANSFERS,
                sessionIds,
                TRANSFERS_AT_ONCE,
                result -> result.member("transfers").elementsOrNone().stream()
                        .map(Transfer::of)
                        .toList());
    }

    private <T> List<T> inParts(
            String method, Collection<Long> sessionIds, int atOnce, Function<Fields, List<T>> reading) {
        List<Long> ids = sessionIds.stream().distinct().toList();
        List<T> all = new ArrayList<>();
        for (int begin = 0; begin < ids.size(); begin += atOnce) {
            List<Long> part = ids.subList(begin, Math.min(begin + atOnce, ids.size()));
            all.addAll(
                    reading.apply(portal.call(method, Map.of("sessionId", part)).fields()));
        }
        return List.copyOf(all);
    }

    /**
     * Streams customers' ratings, one page for each call. The platform lists at most 10,000: ask for shorter periods if
     * there are more.
     *
     * @param filter a filter with a period
     * @return a stream to read once, on one thread; reading it calls the portal
     */
    public Stream<Rating> ratings(ReportFilter filter) {
        Map<String, Object> params = filter.checked(
                RATINGS,
                "dateVoteFrom",
                "dateVoteTo",
                Set.of("configIdList", "operatorIdList", "sourceList", "vote", "hasVoteHead"));
        return new OffsetPages<>(portal, RATINGS, params, "ratings", Rating::of).stream();
    }

    /**
     * Streams the operators of lines, one page for each call. The platform's documentation asks for at most two calls a
     * minute.
     *
     * @param filter a filter without a period
     * @return a stream to read once, on one thread; reading it calls the portal
     */
    public Stream<Operator> operators(ReportFilter filter) {
        Map<String, Object> params = new LinkedHashMap<>(
                filter.checked(OPERATORS, "", "", Set.of("configIdList", "operatorIdList", "status", "hasFreeSlots")));
        Object operators = params.remove("operatorIdList");
        if (operators != null) {
            params.put("userIdList", operators);
        }
        return new OffsetPages<>(portal, OPERATORS, params, "operators", Operator::of).stream();
    }

    /**
     * Reads the totals of a period.
     *
     * @param filter a filter with a period
     * @return the totals, all zero if nothing happened
     */
    public Totals totals(ReportFilter filter) {
        Map<String, Object> params =
                filter.checked(TOTALS, "dateFrom", "dateTo", Set.of("configIdList", "operatorIdList", "sourceList"));
        return Totals.of(portal.call(TOTALS, params).fields());
    }
}
