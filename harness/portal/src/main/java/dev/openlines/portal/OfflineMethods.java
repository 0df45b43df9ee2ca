// SPDX-License-Identifier: Apache-2.0
package dev.openlines.portal;

import dev.openlines.portal.wire.EventBodies;
import dev.openlines.portal.wire.Minting;
import dev.openlines.portal.wire.PhpJson;
import jakarta.json.JsonArray;
import jakarta.json.JsonArrayBuilder;
import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
import jakarta.json.JsonValue;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** {@code event.offline.get}, {@code list}, {@code clear} and {@code error}: the queue of offline events. */
final class OfflineMethods {

    private static final int PAGE = 50;
    private static final Set<String> TAKEN = Set.of("ID", "TIMESTAMP_X", "EVENT_NAME", "MESSAGE_ID");
    private static final Set<String> LISTED =
            Set.of("ID", "TIMESTAMP_X", "EVENT_NAME", "MESSAGE_ID", "PROCESS_ID", "ERROR");
    private static final Pattern CONDITION = Pattern.compile("([^A-Za-z0-9_]*)(.*)");

    private OfflineMethods() {}

    static List<RestMethod> all() {
        return List.of(
                new RestMethod("event.offline.get", "", Provenance.SOURCE, OfflineMethods::get),
                new RestMethod("event.offline.list", "", Provenance.SOURCE, OfflineMethods::list),
                new RestMethod("event.offline.clear", "", Provenance.SOURCE, OfflineMethods::clear),
                new RestMethod("event.offline.error", "", Provenance.SOURCE, OfflineMethods::error));
    }

    private static RestContext checked(RestContext call) {
        if (call.webhook()) {
            throw RestError.wrongAuthType();
        }
        if (!call.user().admin()) {
            throw RestError.accessDenied("");
        }
        return call.upperCase();
    }

    private static RestResult get(RestContext original) {
        RestContext call = checked(original);
        Portal portal = call.portal();
        boolean clear = !call.has("CLEAR") || call.integer("CLEAR") != 0;
        if (!clear && !portal.application().extendedOffline()) {
            throw new RestError(
                    403,
                    "WRONG_LICENSE",
                    "This feature is not enabled for the current license: extended offline events handling");
        }
        long limit = call.has("LIMIT") ? call.integer("LIMIT") : PAGE;
        if (limit <= 0) {
            throw RestError.argument("Value must be positive integer", "LIMIT");
        }
        boolean failed = call.integer("ERROR") == 1;
        Predicate<OfflineQueue.Row> wanted = filter(call, TAKEN);
        Predicate<OfflineQueue.Row> which =
                row -> row.connector().equals(call.connector()) && row.error() == failed && wanted.test(row);
        Comparator<OfflineQueue.Row> order = order(call, TAKEN, "TIMESTAMP_X");
        boolean known = call.has("PROCESS_ID");
        String process = known ? call.text("PROCESS_ID").strip() : Minting.lettersAndDigits(32);
        List<OfflineQueue.Row> rows;
        synchronized (portal) {
            OfflineQueue queue = portal.outbox().offline();
            if (!known) {
                queue.take(process, which, order, limit);
            }
            rows = queue.rows(row -> row.process().equals(process) && which.test(row), order).stream()
                    .limit(limit)
                    .toList();
            if (clear && !rows.isEmpty()) {
                queue.clear(process, call.connector(), row -> true);
            }
        }
        JsonArrayBuilder events = PhpJson.PROVIDER.createArrayBuilder();
        rows.forEach(row -> events.add(shown(row)));
        JsonObjectBuilder result = EventBodies.object();
        if (clear && !known) {
            result.addNull("process_id");
        } else {
            result.add("process_id", process);
        }
        return RestResult.of(result.add("events", events).build());
    }

    private static RestResult list(RestContext original) {
        RestContext call = checked(original);
        Portal portal = call.portal();
        Predicate<OfflineQueue.Row> wanted = filter(call, LISTED);
        List<OfflineQueue.Row> rows;
        synchronized (portal) {
            rows = portal.outbox()
                    .offline()
                    .rows(
                            row -> row.connector().equals(call.connector()) && wanted.test(row),
                            order(call, LISTED, "ID"));
        }
        int start = (int) Math.max(0, Math.min(call.integer("START"), rows.size()));
        int end = Math.min(start + PAGE, rows.size());
        JsonArrayBuilder page = PhpJson.PROVIDER.createArrayBuilder();
        for (OfflineQueue.Row row : rows.subList(start, end)) {
            page.add(shown(row).add("PROCESS_ID", row.process()).add("ERROR", row.error() ? "1" : "0"));
        }
        return new RestResult(page.build(), end < rows.size() ? end : null, rows.size());
    }

    private static RestResult clear(RestContext original) {
        RestContext call = checked(original);
        String process = process(call);
        Predicate<OfflineQueue.Row> which = row -> true;
        if (call.has("MESSAGE_ID")) {
            List<String> messages = messages(call);
            for (String message : messages) {
                if (message.length() != 32) {
                    throw RestError.argument("Value must be array of MESSAGE_ID values", "messsage_id");
                }
            }
            which = row -> messages.contains(row.message());
        } else if (call.has("ID")) {
            List<Long> ids = new ArrayList<>();
            for (String id : texts(call, "ID", "Value must be array of integers", "id")) {
                long number = RestContext.intval(id);
                if (number <= 0) {
                    throw RestError.argument("Value must be array of integers", "id");
                }
                ids.add(number);
            }
            which = row -> ids.contains(row.id());
        }
        synchronized (call.portal()) {
            call.portal().outbox().offline().clear(process, call.connector(), which);
        }
        return RestResult.of(JsonValue.TRUE);
    }

    private static RestResult error(RestContext original) {
        RestContext call = checked(original);
        String process = process(call);
        List<String> messages = messages(call);
        synchronized (call.portal()) {
            call.portal().outbox().offline().fail(process, call.connector(), messages);
        }
        return RestResult.of(JsonValue.TRUE);
    }

    private static String process(RestContext call) {
        if (!call.has("PROCESS_ID")) {
            throw RestError.missing("PROCESS_ID");
        }
        return call.text("PROCESS_ID").strip();
    }

    private static List<String> messages(RestContext call) {
        return texts(call, "MESSAGE_ID", "Value must be array of MESSAGE_ID values", "message_id");
    }

    /** Returns the items of a PHP array, which may have come as a list or as an object. */
    private static List<String> texts(RestContext call, String name, String refusal, String argument) {
        JsonValue value = call.parameters().get(name);
        Iterable<JsonValue> items;
        if (value instanceof JsonArray array) {
            items = array;
        } else if (value instanceof JsonObject object) {
            items = object.values();
        } else {
            throw RestError.argument(refusal, argument);
        }
        List<String> texts = new ArrayList<>();
        items.forEach(item -> texts.add(RestRequest.scalar(item).orElse("").strip()));
        return texts;
    }

    private static JsonObjectBuilder shown(OfflineQueue.Row row) {
        return EventBodies.object()
                .add("ID", Long.toString(row.id()))
                .add("TIMESTAMP_X", RestApi.isoDate(row.at()))
                .add("EVENT_NAME", row.event())
                .add("EVENT_DATA", row.data())
                .add("EVENT_ADDITIONAL", EventBodies.object().add("user_id", Long.toString(row.userId())))
                .add("MESSAGE_ID", row.message());
    }

    private static Predicate<OfflineQueue.Row> filter(RestContext call, Set<String> fields) {
        JsonValue filter = call.parameters().getOrDefault("FILTER", JsonValue.EMPTY_JSON_OBJECT);
        if (filter instanceof JsonArray list && list.isEmpty()) {
            return row -> true;
        }
        if (!(filter instanceof JsonObject conditions)) {
            throw RestError.argument("The filter is not an array.", "filter");
        }
        Predicate<OfflineQueue.Row> all = row -> true;
        for (Map.Entry<String, JsonValue> condition : conditions.entrySet()) {
            Matcher parts = CONDITION.matcher(condition.getKey());
            String field = parts.matches() ? parts.group(2).toUpperCase(Locale.ROOT) : "";
            if (!fields.contains(field)) {
                throw RestError.argument("Filter field not allowed: " + field, "filter");
            }
            all = all.and(condition(parts.group(1), field, condition.getValue()));
        }
        return all;
    }

    private static Predicate<OfflineQueue.Row> condition(String operation, String field, JsonValue value) {
        if (value instanceof JsonArray values && (operation.isEmpty() || operation.equals("="))) {
            return values.stream()
                    .map(item -> condition("=", field, item))
                    .reduce(row -> false, (one, other) -> row -> one.test(row) || other.test(row));
        }
        String wanted = RestRequest.scalar(value).orElse("");
        return switch (operation) {
            case "", "=" -> row -> compare(row, field, wanted) == 0;
            case "!", "!=" -> row -> compare(row, field, wanted) != 0;
            case ">" -> row -> compare(row, field, wanted) > 0;
            case ">=" -> row -> compare(row, field, wanted) >= 0;
            case "<" -> row -> compare(row, field, wanted) < 0;
            case "<=" -> row -> compare(row, field, wanted) <= 0;
            default -> throw RestError.argument("Filter operation not allowed: " + operation, "filter");
        };
    }

    private static int compare(OfflineQueue.Row row, String field, String with) {
        return switch (field) {
            case "ID" -> Long.compare(row.id(), RestContext.intval(with));
            case "TIMESTAMP_X" ->
                Long.compare(row.at().getEpochSecond(), instant(with).getEpochSecond());
            case "EVENT_NAME" -> row.event().compareToIgnoreCase(with);
            case "MESSAGE_ID" -> row.message().compareTo(with);
            case "PROCESS_ID" -> row.process().compareTo(with);
            default -> Integer.compare(row.error() ? 1 : 0, (int) RestContext.intval(with));
        };
    }

    private static Instant instant(String text) {
        try {
            return OffsetDateTime.parse(text).toInstant();
        } catch (DateTimeParseException e) {
            return Instant.EPOCH;
        }
    }

    private static Comparator<OfflineQueue.Row> order(RestContext call, Set<String> fields, String otherwise) {
        Map<String, JsonValue> wanted = new LinkedHashMap<>();
        if (call.parameters().get("ORDER") instanceof JsonObject order) {
            wanted.putAll(order);
        } else {
            wanted.put(otherwise, PhpJson.PROVIDER.createValue("ASC"));
        }
        List<Comparator<OfflineQueue.Row>> all = new ArrayList<>();
        for (Map.Entry<String, JsonValue> entry : wanted.entrySet()) {
            String field = entry.getKey().toUpperCase(Locale.ROOT);
            String direction = RestRequest.scalar(entry.getValue()).orElse("").toUpperCase(Locale.ROOT);
            if (!fields.contains(field)) {
                throw RestError.argument("Order field not allowed: " + field, "order");
            }
            if (!direction.equals("ASC") && !direction.equals("DESC")) {
                throw RestError.argument("Order direction should be one of {ASC|DESC}", "order");
            }
            Comparator<OfflineQueue.Row> by = by(field);
            all.add(direction.equals("DESC") ? by.reversed() : by);
        }
        all.add(by("ID"));
        return all.stream().reduce(Comparator::thenComparing).orElseThrow();
    }

    private static Comparator<OfflineQueue.Row> by(String field) {
        return switch (field) {
            case "ID" -> Comparator.comparingLong(OfflineQueue.Row::id);
            case "TIMESTAMP_X" -> Comparator.comparing(OfflineQueue.Row::at);
            case "EVENT_NAME" -> Comparator.comparing(OfflineQueue.Row::event);
            case "MESSAGE_ID" -> Comparator.comparing(OfflineQueue.Row::message);
            case "PROCESS_ID" -> Comparator.comparing(OfflineQueue.Row::process);
            default -> Comparator.comparing(OfflineQueue.Row::error);
        };
    }
}
