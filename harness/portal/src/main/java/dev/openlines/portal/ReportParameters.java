// SPDX-License-Identifier: Apache-2.0
package dev.openlines.portal;

import dev.openlines.portal.wire.EventBodies;
import dev.openlines.portal.wire.PhpJson;
import jakarta.json.JsonArray;
import jakarta.json.JsonObject;
import jakarta.json.JsonValue;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Reads the parameters that the reports on open lines share, with their errors. */
final class ReportParameters {

    private static final Duration LONGEST = Duration.ofDays(366);
    private static final int LAST_OFFSET = 10_000;
    private static final int LONGEST_LIST = 1000;

    /** A period in whole seconds that includes both ends; null is open. */
    record Period(@Nullable Instant from, @Nullable Instant to) {

        boolean whole() {
            return from != null && to != null;
        }

        /** Tells whether it includes a time. A missing time is included only if the period is open. */
        boolean includes(@Nullable Instant time) {
            return time == null
                    ? from == null && to == null
                    : (from == null || !time.isBefore(from)) && (to == null || !time.isAfter(to));
        }
    }

    private final RestContext call;

    ReportParameters(RestContext call) {
        this.call = call;
    }

    static RestError invalid(String what) {
        return new RestError(400, "INVALID_FILTER", "Invalid " + what + " filter value");
    }

    boolean has(String name) {
        JsonValue value = call.parameters().get(name);
        return value != null
                && !value.equals(JsonValue.NULL)
                && !call.text(name).isEmpty();
    }

    /** Reads a period that may be open at an end. */
    Period period(String from, String to) {
        Period period = new Period(time(from), time(to));
        Instant begin = period.from();
        Instant end = period.to();
        if (begin != null && end != null) {
            if (end.isBefore(begin)) {
                throw invalid("date");
            }
            if (Duration.between(begin, end).compareTo(LONGEST) > 0) {
                throw new RestError(400, "PERIOD_TOO_LARGE", "The requested period exceeds the maximum of 1 year");
            }
        }
        return period;
    }

    Period requiredPeriod(String from, String to) {
        if (!has(from) || !has(to)) {
            throw new RestError(400, "PERIOD_REQUIRED", from + " and " + to + " are required");
        }
        return period(from, to);
    }

    private @Nullable Instant time(String name) {
        if (!has(name)) {
            return null;
        }
        String text = call.text(name);
        try {
            return OffsetDateTime.parse(text).toInstant().truncatedTo(ChronoUnit.SECONDS);
        } catch (DateTimeException e) {
            return localTime(text);
        }
    }

    /** Reads a time without an offset, which is the portal's local time. */
    private Instant localTime(String text) {
        try {
            return LocalDateTime.parse(text)
                    .atZone(call.portal().clock().zone())
                    .toInstant()
                    .truncatedTo(ChronoUnit.SECONDS);
        } catch (DateTimeException e) {
            throw invalid("date");
        }
    }

    /** Reads one of several words, or nothing if the parameter is absent. */
    Optional<String> word(String name, Collection<String> words) {
        if (!has(name)) {
            return Optional.empty();
        }
        if (!words.contains(call.text(name))) {
            throw invalid(name);
        }
        return Optional.of(call.text(name));
    }

    Optional<Boolean> flag(String name) {
        JsonValue value = call.parameters().get(name);
        if (value == null || value.equals(JsonValue.NULL)) {
            return Optional.empty();
        }
        if (value.equals(JsonValue.TRUE) || value.equals(JsonValue.FALSE)) {
            return Optional.of(value.equals(JsonValue.TRUE));
        }
        return switch (call.text(name).toUpperCase(Locale.ROOT)) {
            case "" -> Optional.empty();
            case "Y", "1", "TRUE" -> Optional.of(true);
            case "N", "0", "FALSE" -> Optional.of(false);
            default -> throw invalid(name);
        };
    }

    @Nullable
    Long number(String name) {
        return has(name) ? Long.valueOf(call.integer(name)) : null;
    }

    /** Returns a test for the requested values. If both a list and a single value are given, the list counts. */
    Predicate<@Nullable Object> among(String one, String list) {
        Set<String> wanted = new LinkedHashSet<>();
        JsonValue many = call.parameters().get(list);
        if (many instanceof JsonArray || many instanceof JsonObject) {
            items(many).forEach(item -> wanted.add(RestRequest.scalar(item).orElseThrow(() -> invalid(list))));
            if (wanted.size() > LONGEST_LIST) {
                throw invalid(list);
            }
        } else if (many != null && !many.equals(JsonValue.NULL)) {
            throw invalid(list);
        } else if (has(one)) {
            wanted.add(call.text(one));
        }
        return found -> wanted.isEmpty() || (found != null && wanted.contains(found.toString()));
    }

    /** Reads the ids of sessions, each once. */
    Set<Long> sessions(int atMost) {
        JsonValue value = call.parameters().get("sessionId");
        if (value == null) {
            throw new RestError(400, "100", "Could not find value for parameter {sessionId}");
        }
        if (!(value instanceof JsonArray) && !(value instanceof JsonObject)) {
            throw new RestError(
                    400,
                    "100",
                    "Invalid value {" + call.text("sessionId")
                            + "} to match with parameter {sessionId}. Should be value of type array.");
        }
        Set<Long> ids = new LinkedHashSet<>();
        items(value)
                .forEach(item ->
                        ids.add(RestContext.intval(RestRequest.scalar(item).orElse("0"))));
        if (ids.size() > atMost) {
            throw new RestError(400, "BATCH_LIMIT_EXCEEDED", "sessionId batch must not exceed " + atMost + " items");
        }
        return ids;
    }

    /** Returns the items of a list, which a form sends as a map with indexes. */
    private static Collection<JsonValue> items(JsonValue list) {
        return list instanceof JsonArray array
                ? array
                : new ArrayList<>(list.asJsonObject().values());
    }

    /** Returns the requested page of the entries. */
    <T> JsonObject page(String name, List<T> entries, Function<T, JsonObject> row) {
        long offset = Math.max(0, call.integer("offset"));
        if (offset > LAST_OFFSET) {
            throw new RestError(400, "OFFSET_TOO_LARGE", "Offset is too large");
        }
        long limit = has("limit") ? Math.max(1, Math.min(200, call.integer("limit"))) : 50;
        var page = PhpJson.PROVIDER.createArrayBuilder();
        entries.stream().skip(offset).limit(limit).map(row).forEach(page::add);
        return EventBodies.object()
                .add(name, page)
                .add("hasNextPage", entries.size() > offset + limit)
                .build();
    }
}
