// SPDX-License-Identifier: Apache-2.0
package dev.openlines.portal;

import dev.openlines.portal.ReportParameters.Period;
import dev.openlines.portal.wire.EventBodies;
import dev.openlines.portal.wire.PhpJson;
import jakarta.json.JsonArrayBuilder;
import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The REST methods {@code imopenlines.v2.Session.*}.
 *
 * <p>If the documentation is silent, this is our guess: both ends of a period belong to it, sessions of equal times
 * are in the order of their ids, a limit out of bounds is set to the nearest bound, and null is the smallest value.
 */
final class SessionMethods {

    private static final String SCOPE = "imopenlines";
    private static final int STATS_AT_ONCE = 100;
    private static final int TRANSFERS_AT_ONCE = 50;

    private SessionMethods() {}

    static List<RestMethod> all() {
        return List.of(
                method("imopenlines.v2.session.list", SessionMethods::list),
                method("imopenlines.v2.session.stat.get", SessionMethods::stats),
                method("imopenlines.v2.session.transfer.list", SessionMethods::transfers),
                method("imopenlines.v2.session.rating.list", SessionMethods::ratings));
    }

    static RestMethod method(String name, RestMethod.Call call) {
        return new RestMethod(name, SCOPE, Provenance.DOCS, context -> {
            context.portal().reports().check(context.user());
            synchronized (context.portal()) {
                return call.answer(context);
            }
        });
    }

    /** Returns the sessions of the lines that are shown. */
    static Stream<PortalSession> shown(Portal portal) {
        return portal.openLines().sessions().stream()
                .filter(session -> portal.reports().shows(session.line()));
    }

    private static RestResult list(RestContext call) {
        ReportParameters parameters = new ReportParameters(call);
        Predicate<PortalSession> wanted = wanted(call.portal(), parameters);
        Period created = parameters.period("dateCreateFrom", "dateCreateTo");
        Period closed = parameters.period("dateCloseFrom", "dateCloseTo");
        boolean whole = created.whole() || closed.whole();
        Optional<Boolean> inTime = parameters.flag("kpiFirstAnswer");
        if (inTime.isPresent() && !whole) {
            throw ReportParameters.invalid("kpiFirstAnswer");
        }
        String order = parameters
                .word("order", List.of("dateCreate", "dateClose", "waitAnswer", "waitClose"))
                .filter(word -> whole)
                .orElse("dateCreate");
        boolean rises = parameters
                .word("orderDirection", List.of("asc", "desc"))
                .orElse("desc")
                .equals("asc");
        Comparator<PortalSession> comparator = order(order).thenComparing(PortalSession::id);
        List<PortalSession> fitting = shown(call.portal())
                .filter(wanted)
                .filter(session -> created.includes(session.created()) && closed.includes(session.closed()))
                .filter(session -> inTime.isEmpty()
                        || inTime.equals(call.portal().reports().inTime(session.waitAnswer())))
                .sorted(rises ? comparator : comparator.reversed())
                .toList();
        return RestResult.of(parameters.page("sessions", fitting, session -> row(call.portal(), session)));
    }

    private static Predicate<PortalSession> wanted(Portal portal, ReportParameters parameters) {
        Optional<String> status = parameters.word("status", List.of("new", "answered", "closed", "spam", "paused"));
        Optional<String> reason =
                parameters.word("closeReason", List.of("operator", "auto", "spam", "client", "replyLimit"));
        if (status.isPresent() && reason.isPresent()) {
            throw ReportParameters.invalid("status");
        }
        Optional<String> vote = parameters.word("vote", List.of("like", "dislike", "none", "any"));
        Optional<Boolean> rated = parameters.flag("hasVoteHead");
        Optional<Boolean> linked = parameters.flag("hasCrm");
        return involved(parameters)
                .and(session -> status.isEmpty() || status.get().equals(session.status()))
                .and(session -> reason.isEmpty() || reason.get().equals(session.closeReason()))
                .and(session -> vote.isEmpty()
                        || vote.get().equals(session.vote())
                        || (vote.get().equals("any") && !session.vote().equals("none")))
                .and(session -> rated.isEmpty() || rated.get() == (session.voteHead() != null))
                .and(session ->
                        linked.isEmpty() || linked.get() == (portal.reports().crm() && session.crmType() != null))
                .and(between(parameters, "waitAnswer", PortalSession::waitAnswer))
                .and(between(parameters, "waitClose", PortalSession::waitClose));
    }

    /** Selects by line, operator and channel. */
    static Predicate<PortalSession> involved(ReportParameters parameters) {
        Predicate<@Nullable Object> lines = parameters.among("configId", "configIdList");
        Predicate<@Nullable Object> operators = parameters.among("operatorId", "operatorIdList");
        Predicate<@Nullable Object> sources = parameters.among("source", "sourceList");
        return session ->
                lines.test(session.line().id()) && operators.test(session.operator()) && sources.test(session.source());
    }

    /** Returns a number of seconds, or null. */
    private interface Waited {
        @Nullable
        Long of(PortalSession session);
    }

    private static Predicate<PortalSession> between(ReportParameters parameters, String name, Waited waited) {
        Long least = parameters.number(name + "From");
        Long most = parameters.number(name + "To");
        return session -> {
            Long seconds = waited.of(session);
            return (least == null || (seconds != null && seconds >= least))
                    && (most == null || (seconds != null && seconds <= most));
        };
    }

    private static Comparator<PortalSession> order(String name) {
        Comparator<@Nullable Instant> times = Comparator.nullsFirst(Comparator.<Instant>naturalOrder());
        Comparator<@Nullable Long> numbers = Comparator.nullsFirst(Comparator.<Long>naturalOrder());
        return switch (name) {
            case "dateClose" -> (one, other) -> times.compare(one.closed(), other.closed());
            case "waitAnswer" -> (one, other) -> numbers.compare(one.waitAnswer(), other.waitAnswer());
            case "waitClose" -> (one, other) -> numbers.compare(one.waitClose(), other.waitClose());
            default -> Comparator.comparing(PortalSession::created);
        };
    }

    private static JsonObject row(Portal portal, PortalSession session) {
        PortalReports reports = portal.reports();
        PortalChat chat = session.chat();
        JsonObjectBuilder row = EventBodies.object()
                .add("id", session.id())
                .add("configId", session.line().id())
                .add("source", session.source());
        add(row, "operatorId", session.operator());
        row.add("userId", chat.visitorId()).add("userCode", chat.userCode()).add("chatId", chat.id());
        date(portal, row, "dateCreate", session.created());
        date(portal, row, "dateClose", session.closed());
        date(portal, row, "dateFirstAnswer", session.answered());
        date(portal, row, "dateOperatorAnswer", session.answered());
        row.add("status", session.status());
        add(row, "closeReason", session.closeReason());
        row.add("vote", session.vote());
        add(row, "voteHead", reports.ratings() ? session.voteHead() : null);
        add(row, "commentHead", reports.ratings() ? session.commentHead() : null);
        boolean linked = reports.crm() && session.crmType() != null;
        add(row, "crmEntityType", linked ? session.crmType() : null);
        add(row, "crmEntityId", linked ? session.crmId() : null);
        row.add("queueTransfers", session.transfers().size());
        add(row, "waitAnswer", session.waitAnswer());
        add(row, "waitClose", session.waitClose());
        add(row, "kpiFirstAnswer", reports.inTime(session.waitAnswer()).orElse(null));
        return row.add("messageCount", session.messages(null)).build();
    }

    /** Adds a number, a text, a flag or null. */
    private static void add(JsonObjectBuilder row, String name, @Nullable Object value) {
        if (value instanceof Boolean flag) {
            row.add(name, flag);
        } else if (value instanceof Number number) {
            row.add(name, number.longValue());
        } else if (value != null) {
            row.add(name, value.toString());
        } else {
            row.addNull(name);
        }
    }

    static void date(Portal portal, JsonObjectBuilder row, String name, @Nullable Instant time) {
        add(row, name, time == null ? null : portal.clock().local(time));
    }

    private static RestResult stats(RestContext call) {
        PortalReports reports = call.portal().reports();
        JsonArrayBuilder stats = PhpJson.PROVIDER.createArrayBuilder();
        for (long id : new ReportParameters(call).sessions(STATS_AT_ONCE)) {
            Optional<PortalSession> found =
                    shown(call.portal()).filter(one -> one.id() == id).findFirst();
            JsonObjectBuilder row = EventBodies.object().add("sessionId", id);
            stat(row, "waitAnswer", () -> found.map(PortalSession::waitAnswer));
            stat(row, "waitClose", () -> found.map(PortalSession::waitClose));
            stat(row, "messagesCount", () -> found.map(one -> one.messages(null)));
            stat(row, "messagesOperatorCount", () -> found.map(one -> one.messages(false)));
            stat(row, "messagesClientCount", () -> found.map(one -> one.messages(true)));
            stat(row, "transfersCount", () -> found.map(one -> one.transfers().size()));
            stat(row, "kpiFirstAnswer", () -> found.flatMap(one -> reports.inTime(one.waitAnswer())));
            stat(row, "vote", () -> found.map(PortalSession::vote));
            stat(row, "voteHead", () -> found.filter(one -> reports.ratings()).map(PortalSession::voteHead));
            stats.add(row);
        }
        return RestResult.of(EventBodies.object().add("sessions", stats).build());
    }

    private static void stat(JsonObjectBuilder row, String name, Supplier<Optional<?>> value) {
        add(row, name, value.get().orElse(null));
    }

    private static RestResult transfers(RestContext call) {
        JsonArrayBuilder transfers = PhpJson.PROVIDER.createArrayBuilder();
        for (long id : new ReportParameters(call).sessions(TRANSFERS_AT_ONCE)) {
            shown(call.portal())
                    .filter(one -> one.id() == id)
                    .forEach(session -> session.transfers()
                            .forEach(transfer -> transfers.add(row(call.portal(), session, transfer))));
        }
        return RestResult.of(EventBodies.object().add("transfers", transfers).build());
    }

    private static JsonObject row(Portal portal, PortalSession session, PortalSession.Transfer transfer) {
        JsonObjectBuilder row = EventBodies.object().add("sessionId", session.id());
        date(portal, row, "date", transfer.at());
        add(row, "fromOperatorId", transfer.fromOperator());
        return row.addNull("toOperatorId")
                .add("fromConfigId", transfer.fromLine())
                .add("toConfigId", transfer.toLine())
                .add("reason", "line")
                .add("mode", "MANUAL")
                .add("type", "QUEUE")
                .add("initiatorId", Portal.OPERATOR_ID)
                .build();
    }

    private static RestResult ratings(RestContext call) {
        ReportParameters parameters = new ReportParameters(call);
        Period period = parameters.requiredPeriod("dateVoteFrom", "dateVoteTo");
        Predicate<PortalSession> involved = involved(parameters);
        Optional<String> vote = parameters.word("vote", List.of("like", "dislike"));
        Optional<Boolean> rated = parameters.flag("hasVoteHead");
        List<PortalSession> fitting = shown(call.portal())
                .filter(involved)
                .filter(session -> session.voted() != null && period.includes(session.voted()))
                .filter(session -> vote.isEmpty() || vote.get().equals(session.vote()))
                .filter(session -> rated.isEmpty() || rated.get() == (session.voteHead() != null))
                .toList();
        return RestResult.of(parameters.page("ratings", fitting, session -> rating(call.portal(), session)));
    }

    private static JsonObject rating(Portal portal, PortalSession session) {
        boolean shown = portal.reports().ratings();
        JsonObjectBuilder row = EventBodies.object()
                .add("sessionId", session.id())
                .add("configId", session.line().id());
        add(row, "operatorId", session.operator());
        row.add("source", session.source()).add("vote", session.vote());
        add(row, "voteHead", shown ? session.voteHead() : null);
        add(row, "commentHead", shown ? session.commentHead() : null);
        date(portal, row, "dateVote", session.voted());
        date(portal, row, "dateSessionClose", session.closed());
        return row.build();
    }
}
