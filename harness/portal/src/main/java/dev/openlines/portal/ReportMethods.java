// SPDX-License-Identifier: Apache-2.0
package dev.openlines.portal;

import dev.openlines.portal.ReportParameters.Period;
import dev.openlines.portal.wire.EventBodies;
import dev.openlines.portal.wire.PhpJson;
import jakarta.json.JsonArrayBuilder;
import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The REST methods {@code imopenlines.v2.Operator.list} and {@code imopenlines.v2.Stat.get}. */
final class ReportMethods {

    /** The number of chats an operator takes at once. */
    private static final int MAX_CHATS = 5;

    private ReportMethods() {}

    static List<RestMethod> all() {
        return List.of(
                SessionMethods.method("imopenlines.v2.operator.list", ReportMethods::operators),
                SessionMethods.method("imopenlines.v2.stat.get", ReportMethods::totals));
    }

    /** Lists the portal's one operator in each line. */
    private static RestResult operators(RestContext call) {
        ReportParameters parameters = new ReportParameters(call);
        Predicate<@Nullable Object> lines = parameters.among("configId", "configIdList");
        Predicate<@Nullable Object> users = parameters.among("userId", "userIdList");
        Optional<String> status = parameters.word("status", List.of("online", "offline", "pause"));
        Optional<Boolean> free = parameters.flag("hasFreeSlots");
        List<JsonObject> rows = new ArrayList<>();
        for (PortalLine line : call.portal().lines()) {
            long active = SessionMethods.shown(call.portal())
                    .filter(session ->
                            session.line() == line && session.status().equals("answered"))
                    .filter(session -> Long.valueOf(Portal.OPERATOR_ID).equals(session.operator()))
                    .count();
            long slots = Math.max(0, MAX_CHATS - active);
            if (call.portal().reports().shows(line)
                    && lines.test(line.id())
                    && users.test(Portal.OPERATOR_ID)
                    && status.orElse("online").equals("online")
                    && (free.isEmpty() || free.get() == slots > 0)) {
                rows.add(operator(call.portal(), line, active, slots));
            }
        }
        return RestResult.of(parameters.page("operators", rows, row -> row));
    }

    private static JsonObject operator(Portal portal, PortalLine line, long active, long slots) {
        JsonObjectBuilder row = EventBodies.object()
                .add("userId", Portal.OPERATOR_ID)
                .add("configId", line.id())
                .add("status", "online")
                .add("activeSessions", active)
                .add("maxChat", MAX_CHATS)
                .add("freeSlots", slots);
        Instant last = null;
        for (PortalChat chat : portal.chats()) {
            for (ChatMessage message : chat.messages()) {
                if (message.authorId() == Portal.OPERATOR_ID
                        && (last == null || message.at().isAfter(last))) {
                    last = message.at();
                }
            }
        }
        SessionMethods.date(portal, row, "lastActivityDate", last);
        return row.build();
    }

    private static RestResult totals(RestContext call) {
        ReportParameters parameters = new ReportParameters(call);
        Period period = parameters.requiredPeriod("dateFrom", "dateTo");
        List<PortalSession> sessions = SessionMethods.shown(call.portal())
                .filter(SessionMethods.involved(parameters))
                .filter(session -> period.includes(session.created()))
                .toList();
        PortalReports reports = call.portal().reports();
        long likes = count(sessions, session -> session.vote().equals("like"));
        long dislikes = count(sessions, session -> session.vote().equals("dislike"));
        JsonArrayBuilder sources = PhpJson.PROVIDER.createArrayBuilder();
        new TreeMap<>(sessions.stream().collect(Collectors.groupingBy(PortalSession::source, Collectors.counting())))
                .forEach((source, count) ->
                        sources.add(EventBodies.object().add("source", source).add("count", count)));
        long[] hours = new long[24];
        sessions.forEach(session ->
                hours[session.created().atZone(call.portal().clock().zone()).getHour()]++);
        JsonArrayBuilder byHour = PhpJson.PROVIDER.createArrayBuilder();
        for (long hour : hours) {
            byHour.add(hour);
        }
        return RestResult.of(EventBodies.object()
                .add("totalSessions", sessions.size())
                .add(
                        "closedSessions",
                        count(sessions, session -> session.status().equals("closed")))
                .add("spamSessions", count(sessions, session -> session.status().equals("spam")))
                .add("avgWaitAnswer", average(sessions, PortalSession::waitAnswer))
                .add("avgSessionDuration", average(sessions, PortalSession::waitClose))
                .add("likeCount", likes)
                .add("dislikeCount", dislikes)
                .add("votedSessions", likes + dislikes)
                .add("positiveRate", rate(likes, dislikes))
                .add(
                        "kpiFirstAnswerOk",
                        count(sessions, one -> reports.inTime(one.waitAnswer()).orElse(false)))
                .add(
                        "kpiFirstAnswerFail",
                        count(sessions, one -> !reports.inTime(one.waitAnswer()).orElse(true)))
                .add("sessionsBySource", sources)
                .add("sessionsByHour", byHour)
                .add("sessionsByOperator", byOperator(sessions))
                .build());
    }

    private static JsonArrayBuilder byOperator(List<PortalSession> sessions) {
        Map<Long, List<PortalSession>> operators = new TreeMap<>();
        for (PortalSession session : sessions) {
            Long operator = session.operator();
            if (operator != null) {
                operators.computeIfAbsent(operator, id -> new ArrayList<>()).add(session);
            }
        }
        JsonArrayBuilder rows = PhpJson.PROVIDER.createArrayBuilder();
        operators.forEach((operator, own) -> rows.add(EventBodies.object()
                .add("operatorId", operator)
                .add("count", own.size())
                .add("avgWaitAnswer", average(own, PortalSession::waitAnswer))
                .add(
                        "positiveRate",
                        rate(
                                count(own, session -> session.vote().equals("like")),
                                count(own, session -> session.vote().equals("dislike"))))));
        return rows;
    }

    private static long count(List<PortalSession> sessions, Predicate<PortalSession> fits) {
        return sessions.stream().filter(fits).count();
    }

    private static double average(List<PortalSession> sessions, Function<PortalSession, @Nullable Long> seconds) {
        double average = sessions.stream()
                .flatMap(session -> Optional.ofNullable(seconds.apply(session)).stream())
                .mapToLong(Long::longValue)
                .average()
                .orElse(0);
        return Math.round(average * 10) / 10.0;
    }

    private static double rate(long likes, long dislikes) {
        return likes + dislikes == 0 ? 0 : Math.round(10_000.0 * likes / (likes + dislikes)) / 10_000.0;
    }
}
