// SPDX-License-Identifier: Apache-2.0
package dev.openlines.client;

import dev.openlines.model.ConnectorCode;
import java.time.Instant;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * Selects the data that a report covers. Immutable: each method returns another filter. If the platform would refuse a
 * filter, or the report does not have it, the report fails with an {@link IllegalArgumentException} before anything is
 * sent.
 */
public final class ReportFilter {

    private static final String FROM = "from";
    private static final String TO = "to";

    private final Map<String, Object> params;

    private ReportFilter(Map<String, Object> params) {
        this.params = params;
    }

    /**
     * Returns a filter that fits everything now, for the report on operators.
     *
     * @return a new filter
     */
    public static ReportFilter all() {
        return new ReportFilter(Map.of());
    }

    /**
     * Returns a filter with a period, for ratings that were given in it and for its totals.
     *
     * @param from the first second of the period
     * @param to the last second of the period, at most 366 days later
     * @return a new filter
     */
    public static ReportFilter of(Instant from, Instant to) {
        Wire.isPeriod("the report", from, to);
        return all().with(FROM, from).with(TO, to);
    }

    /**
     * Limits a report to some lines; wire field {@code configIdList}.
     *
     * @param ids 1 to 1000
     * @return another filter
     */
    public ReportFilter lines(long... ids) {
        return with(
                "configIdList",
                SessionFilter.list("configIdList", Arrays.stream(ids).boxed().toList()));
    }

    /**
     * Limits a report to some operators; wire field {@code operatorIdList}, of operators {@code userIdList}.
     *
     * @param ids 1 to 1000
     * @return another filter
     */
    public ReportFilter operators(long... ids) {
        return with(
                "operatorIdList",
                SessionFilter.list("operatorIdList", Arrays.stream(ids).boxed().toList()));
    }

    /**
     * Limits ratings and totals to some channels; wire field {@code sourceList}.
     *
     * @param channels 1 to 1000
     * @return another filter
     */
    public ReportFilter sources(ConnectorCode... channels) {
        return with(
                "sourceList",
                SessionFilter.list(
                        "sourceList",
                        Arrays.stream(channels).map(ConnectorCode::code).toList()));
    }

    /**
     * Limits ratings to the customer's rating; wire field {@code vote}.
     *
     * @param vote like or dislike
     * @return another filter
     */
    public ReportFilter vote(Session.Vote vote) {
        return with("vote", vote.code());
    }

    /**
     * Limits ratings to those with or without a supervisor's; wire field {@code hasVoteHead}.
     *
     * @param rated true for those with a supervisor's rating, false for those without
     * @return another filter
     */
    public ReportFilter voteHead(boolean rated) {
        return with("hasVoteHead", rated);
    }

    /**
     * Limits operators to a status; wire field {@code status}.
     *
     * @param status the status of the operators that are wanted
     * @return another filter
     */
    public ReportFilter status(OpenLineReports.OperatorStatus status) {
        return with("status", status.code());
    }

    /**
     * Limits operators to those who can take a chat, or those who cannot; wire field {@code hasFreeSlots}.
     *
     * @param free true for those who can take a chat, false for those who cannot
     * @return another filter
     */
    public ReportFilter freeSlots(boolean free) {
        return with("hasFreeSlots", free);
    }

    private ReportFilter with(String name, Object value) {
        Map<String, Object> changed = new LinkedHashMap<>(params);
        changed.put(name, value);
        return new ReportFilter(Collections.unmodifiableMap(changed));
    }

    /** Returns the parameters of a report that has these filters, and a period by these names if not empty. */
    Map<String, Object> checked(String report, String from, String to, Set<String> known) {
        boolean period = params.containsKey(FROM);
        if (period == from.isEmpty()) {
            throw new IllegalArgumentException(
                    "expected " + (period ? "no period" : "a period") + " for " + report + " but found the other");
        }
        Map<String, Object> sent = new LinkedHashMap<>();
        params.forEach((name, value) -> {
            if (name.equals(FROM)) {
                sent.put(from, value);
            } else if (name.equals(TO)) {
                sent.put(to, value);
            } else if (known.contains(name)) {
                sent.put(name, value);
            } else {
                throw new IllegalArgumentException("expected only " + known + " for " + report + " but found " + name);
            }
        });
        return Wire.withTimes(sent);
    }

    /** Returns the filters by their wire names. */
    @Override
    public String toString() {
        return params.toString();
    }
}
