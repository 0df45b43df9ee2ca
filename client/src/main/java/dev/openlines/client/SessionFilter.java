// SPDX-License-Identifier: Apache-2.0
package dev.openlines.client;

import dev.openlines.model.ConnectorCode;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Selects and sorts sessions. Immutable: each method returns another filter. All conditions must hold. If a condition
 * is set twice, the last one counts.
 *
 * <pre>{@code
 * SessionFilter.closed(yesterday, now).lines(3).closeReason(CloseReason.AUTO)
 * }</pre>
 *
 * <p>A filter that the platform would refuse is refused before a call: {@link IllegalArgumentException}. There is no
 * filter by chat. Times are sent in whole seconds, with fractions cut off. Both ends of a period belong to it.
 *
 * @see <a href="https://apidocs.bitrix24.com/api-reference/imopenlines/statistics/index.html">Statistics</a>
 */
public final class SessionFilter {

    /** A sort order. All except {@link #CREATED} need a whole period. */
    public enum Order {
        /** When they began. */
        CREATED("dateCreate"),
        /** When they were closed. */
        CLOSED("dateClose"),
        /** The time that the customer waited for the first answer. */
        WAIT_ANSWER("waitAnswer"),
        /** The time that the session took. */
        WAIT_CLOSE("waitClose");

        final String wireName;

        Order(String wireName) {
            this.wireName = wireName;
        }
    }

    /** The platform's longest period. */
    static final Duration LONGEST = Duration.ofDays(366);

    static final int LAST_OFFSET = 10_000;
    static final int LARGEST_PAGE = 200;

    private static final int LONGEST_LIST = 1000;

    private final Map<String, Object> params;

    private SessionFilter(Map<String, Object> params) {
        this.params = params;
    }

    /**
     * Returns a filter that fits every session, the newest first.
     *
     * @return such a filter
     */
    public static SessionFilter all() {
        return new SessionFilter(Map.of("limit", LARGEST_PAGE));
    }

    /**
     * Returns a filter of the sessions closed in a period, in the order of their closing.
     *
     * @param from its first second
     * @param to its last second, at most 366 days later
     * @return such a filter
     */
    public static SessionFilter closed(Instant from, Instant to) {
        return all().closedFrom(from).closedTo(to).orderBy(Order.CLOSED).ascending();
    }

    /**
     * Returns a filter of the sessions begun in a period, in the order of their beginning.
     *
     * @param from its first second
     * @param to its last second, at most 366 days later
     * @return such a filter
     */
    public static SessionFilter created(Instant from, Instant to) {
        return all().createdFrom(from).createdTo(to).ascending();
    }

    /**
     * Limits the sessions to some lines; wire field {@code configIdList}.
     *
     * @param ids 1 to 1000
     * @return another filter
     */
    public SessionFilter lines(long... ids) {
        return listed("configIdList", Arrays.stream(ids).boxed().toList());
    }

    /**
     * Limits the sessions to some operators; wire field {@code operatorIdList}.
     *
     * @param ids 1 to 1000
     * @return another filter
     */
    public SessionFilter operators(long... ids) {
        return listed("operatorIdList", Arrays.stream(ids).boxed().toList());
    }

    /**
     * Limits the sessions to some channels; wire field {@code sourceList}.
     *
     * @param channels 1 to 1000
     * @return another filter
     */
    public SessionFilter sources(ConnectorCode... channels) {
        return listed(
                "sourceList", Arrays.stream(channels).map(ConnectorCode::code).toList());
    }

    private SessionFilter listed(String name, List<?> items) {
        return with(name, list(name, items));
    }

    static List<?> list(String name, List<?> items) {
        if (items.isEmpty() || items.size() > LONGEST_LIST) {
            throw new IllegalArgumentException(
                    "expected 1 to " + LONGEST_LIST + " for " + name + " but found " + items.size());
        }
        return items;
    }

    /**
     * Limits the sessions to a status; wire field {@code status}. Not together with a close reason.
     *
     * @param status the status of the sessions that are wanted
     * @return another filter
     */
    public SessionFilter status(Session.Status status) {
        return with("status", status.code());
    }

    /**
     * Limits the sessions to a reason of their close; wire field {@code closeReason}. Not together with a
     * status.
     *
     * @param reason the reason of the sessions that are wanted
     * @return another filter
     */
    public SessionFilter closeReason(Session.CloseReason reason) {
        return with("closeReason", reason.code());
    }

    /**
     * Limits when sessions began; wire field {@code dateCreateFrom}.
     *
     * @param from the first second
     * @return another filter
     */
    public SessionFilter createdFrom(Instant from) {
        return with("dateCreateFrom", from);
    }

    /**
     * Limits when sessions began; wire field {@code dateCreateTo}.
     *
     * @param to the last second
     * @return another filter
     */
    public SessionFilter createdTo(Instant to) {
        return with("dateCreateTo", to);
    }

    /**
     * Limits when sessions were closed; wire field {@code dateCloseFrom}.
     *
     * @param from the first second
     * @return another filter
     */
    public SessionFilter closedFrom(Instant from) {
        return with("dateCloseFrom", from);
    }

    /**
     * Limits when sessions were closed; wire field {@code dateCloseTo}.
     *
     * @param to the last second
     * @return another filter
     */
    public SessionFilter closedTo(Instant to) {
        return with("dateCloseTo", to);
    }

    /**
     * Limits the sessions by the customer's rating; wire field {@code vote}.
     *
     * @param vote the rating; {@link Session.Vote#ANY} for a good or bad one
     * @return another filter
     */
    public SessionFilter vote(Session.Vote vote) {
        return with("vote", vote.code());
    }

    /**
     * Limits the sessions to those with or without a supervisor's rating, in the lines whose ratings the user
     * may see; wire field {@code hasVoteHead}.
     *
     * @param rated which of the two
     * @return another filter
     */
    public SessionFilter voteHead(boolean rated) {
        return with("hasVoteHead", rated);
    }

    /**
     * Limits the sessions by whether their first answer came in time; wire field {@code kpiFirstAnswer}. It
     * needs a whole period.
     *
     * @param inTime true for sessions whose first answer came in time, false for the others
     * @return another filter
     */
    public SessionFilter kpiFirstAnswer(boolean inTime) {
        return with("kpiFirstAnswer", inTime);
    }

    /**
     * Limits the sessions to those with or without an object of the CRM that the user may read; wire field
     * {@code hasCrm}.
     *
     * @param linked true for sessions with such an object, false for those without
     * @return another filter
     */
    public SessionFilter crm(boolean linked) {
        return with("hasCrm", linked);
    }

    /**
     * Limits how long the customer waited for the first answer; wire fields {@code waitAnswerFrom} and
     * {@code waitAnswerTo}.
     *
     * @param least in whole seconds, null for any
     * @param most in whole seconds, null for any
     * @return another filter
     */
    public SessionFilter waitAnswer(@Nullable Duration least, @Nullable Duration most) {
        return waiting("waitAnswer", least, most);
    }

    /**
     * Limits how long sessions took; wire fields {@code waitCloseFrom} and {@code waitCloseTo}.
     *
     * @param least in whole seconds, null for any
     * @param most in whole seconds, null for any
     * @return another filter
     */
    public SessionFilter waitClose(@Nullable Duration least, @Nullable Duration most) {
        return waiting("waitClose", least, most);
    }

    private SessionFilter waiting(String name, @Nullable Duration least, @Nullable Duration most) {
        if ((least != null && least.isNegative()) || (most != null && least != null && most.compareTo(least) < 0)) {
            throw new IllegalArgumentException(
                    "expected from zero up for " + name + " but found " + least + " to " + most);
        }
        return with(name + "From", least == null ? null : least.toSeconds())
                .with(name + "To", most == null ? null : most.toSeconds());
    }

    /**
     * Sets what the sessions are sorted by; wire field {@code order}. The default is when they began.
     *
     * @param order the order; all except {@link Order#CREATED} need a whole period
     * @return another filter
     */
    public SessionFilter orderBy(Order order) {
        return with("order", order.wireName);
    }

    /**
     * Sorts in ascending order; wire field {@code orderDirection}.
     *
     * @return another filter
     */
    public SessionFilter ascending() {
        return with("orderDirection", "asc");
    }

    /**
     * Sorts in descending order; wire field {@code orderDirection}.
     *
     * @return another filter
     */
    public SessionFilter descending() {
        return with("orderDirection", "desc");
    }

    /**
     * Sets how many sessions a page has; wire field {@code limit}. The default is 200.
     *
     * @param sessions 1 to 200
     * @return another filter
     */
    public SessionFilter limit(int sessions) {
        if (sessions < 1 || sessions > LARGEST_PAGE) {
            throw new IllegalArgumentException(
                    "expected 1 to " + LARGEST_PAGE + " sessions a page but found " + sessions);
        }
        return with("limit", sessions);
    }

    /**
     * Leaves out the first sessions; wire field {@code offset}. The list changes while it is read. To read all of a
     * period, use {@link OpenLines#sessions}, which narrows the period.
     *
     * @param sessions 0 to 10,000
     * @return another filter
     */
    public SessionFilter offset(int sessions) {
        if (sessions < 0 || sessions > LAST_OFFSET) {
            throw new IllegalArgumentException("expected an offset of 0 to " + LAST_OFFSET + " but found " + sessions);
        }
        return at(sessions);
    }

    /** Returns the same filter with any offset. The platform refuses an offset that is too large. */
    SessionFilter at(int offset) {
        return with("offset", offset);
    }

    int offset() {
        return params.get("offset") instanceof Integer offset ? offset : 0;
    }

    /** Tells whether sessions are sorted in ascending order. */
    boolean rises() {
        return "asc".equals(params.get("orderDirection"));
    }

    /**
     * Returns the time that sessions are sorted by, so that the period can be narrowed while reading.
     *
     * @return the first part of the period's wire fields; null if the order is of another kind, or
     *     sessions without that time are among them
     */
    @Nullable
    String timeInOrder() {
        Object order = params.getOrDefault("order", Order.CREATED.wireName);
        if (order.equals(Order.CREATED.wireName)) {
            return Order.CREATED.wireName;
        }
        return order.equals(Order.CLOSED.wireName) && whole(Order.CLOSED.wireName) ? Order.CLOSED.wireName : null;
    }

    /** Returns the end of the period that reading begins at, or null if it is open. */
    @Nullable
    Instant begin() {
        return params.get(timeInOrder() + (rises() ? "From" : "To")) instanceof Instant begin ? begin : null;
    }

    /** Returns the same filter, beginning at another time. */
    SessionFilter beginningAt(Instant time) {
        return with(timeInOrder() + (rises() ? "From" : "To"), time).with("offset", null);
    }

    /** Tells whether the period includes a time. */
    boolean includes(Instant time) {
        String name = timeInOrder();
        return (!(params.get(name + "From") instanceof Instant from) || !time.isBefore(Wire.second(from)))
                && (!(params.get(name + "To") instanceof Instant to) || !time.isAfter(to));
    }

    private boolean whole(String period) {
        return params.containsKey(period + "From") && params.containsKey(period + "To");
    }

    private SessionFilter with(String name, @Nullable Object value) {
        Map<String, Object> changed = new LinkedHashMap<>(params);
        if (value == null) {
            changed.remove(name);
        } else {
            changed.put(name, value);
        }
        return new SessionFilter(Collections.unmodifiableMap(changed));
    }

    /**
     * Returns the parameters of a call.
     *
     * @throws IllegalArgumentException if they contradict each other
     */
    Map<String, Object> checked() {
        if (params.containsKey("status") && params.containsKey("closeReason")) {
            throw new IllegalArgumentException("expected a status or a close reason but found both");
        }
        boolean created = checkPeriod(Order.CREATED.wireName);
        boolean whole = checkPeriod(Order.CLOSED.wireName) || created;
        if (!whole && params.containsKey("kpiFirstAnswer")) {
            throw new IllegalArgumentException("expected a whole period beside kpiFirstAnswer but found none");
        }
        Object order = params.getOrDefault("order", Order.CREATED.wireName);
        if (!whole && !order.equals(Order.CREATED.wireName)) {
            throw new IllegalArgumentException("expected a whole period to sort by " + order
                    + " but found none: the platform would sort by dateCreate without a word");
        }
        return Wire.withTimes(params);
    }

    private boolean checkPeriod(String name) {
        return params.get(name + "From") instanceof Instant from
                && params.get(name + "To") instanceof Instant to
                && Wire.isPeriod(name, from, to);
    }

    /** Returns the filters by their wire names. */
    @Override
    public String toString() {
        return params.toString();
    }
}
