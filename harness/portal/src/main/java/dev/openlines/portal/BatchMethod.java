// SPDX-License-Identifier: Apache-2.0
package dev.openlines.portal;

import dev.openlines.portal.wire.EventBodies;
import dev.openlines.portal.wire.PhpJson;
import jakarta.json.JsonArray;
import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
import jakarta.json.JsonString;
import jakarta.json.JsonValue;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * {@code batch}: up to fifty commands in one call, each {@code method?query}, and {@code $result[key][field]} in a
 * query stands for a part of an earlier answer.
 */
final class BatchMethod {

    private static final int LENGTH = 50;
    private static final Set<String> NOT_ALLOWED = Set.of("batch", "download", "upload");
    private static final Pattern REFERENCE = Pattern.compile("\\$(result|next|total|time|error)(\\S*)");
    private static final Pattern KEY = Pattern.compile("\\[([^]]+)]");

    private final RestContext batch;
    private final Map<String, Map<String, JsonValue>> collected = new LinkedHashMap<>();

    private BatchMethod(RestContext batch) {
        this.batch = batch;
        List.of("result", "next", "total", "time", "error").forEach(part -> collected.put(part, new LinkedHashMap<>()));
    }

    static List<RestMethod> all() {
        return List.of(new RestMethod("batch", "", Provenance.SOURCE, call -> new BatchMethod(call.upperCase()).run()));
    }

    private RestResult run() {
        int count = 0;
        for (Map.Entry<String, JsonValue> command : commands().entrySet()) {
            boolean failed = false;
            if (count++ >= LENGTH) {
                failed = error(
                        command.getKey(),
                        new RestError(400, "ERROR_BATCH_LENGTH_EXCEEDED", "Max batch length exceeded"));
            } else if (command.getValue() instanceof JsonString call) {
                failed = one(command.getKey(), call.getString());
            }
            if (failed && batch.truthy("HALT")) {
                break;
            }
        }
        return RestResult.of(EventBodies.object()
                .add("result", phpArray(part("result")))
                .add("result_error", phpArray(part("error")))
                .add("result_total", phpArray(part("total")))
                .add("result_next", phpArray(part("next")))
                .add("result_time", phpArray(part("time")))
                .build());
    }

    private Map<String, JsonValue> commands() {
        JsonValue commands = batch.parameters().get("CMD");
        if (commands instanceof JsonObject object) {
            return object;
        }
        Map<String, JsonValue> numbered = new LinkedHashMap<>();
        if (commands instanceof JsonArray array) {
            array.forEach(command -> numbered.put(Integer.toString(numbered.size()), command));
        }
        return numbered;
    }

    /** Runs a command, and returns whether it failed. */
    private boolean one(String key, String command) {
        Instant at = batch.portal().clock().instant();
        long begun = System.nanoTime();
        String[] parts = command.split("\\?", 2);
        String name = parts[0].toLowerCase(Locale.ROOT);
        try {
            if (NOT_ALLOWED.contains(name)) {
                throw new RestError(405, "ERROR_BATCH_METHOD_NOT_ALLOWED", "Method is not allowed for batch usage");
            }
            RestMethod method = RestMethods.find(batch.portal(), name, false);
            if (!batch.portal().application().permits(method.scope())) {
                // The server loses the description here.
                throw new RestError(401, "insufficient_scope", "");
            }
            RestApi.checkOperatingTime(batch.portal(), name);
            Map<String, JsonValue> parameters = new LinkedHashMap<>();
            RestRequest.form((parts.length > 1 ? parts[1] : "").getBytes(StandardCharsets.UTF_8))
                    .forEach((field, value) -> parameters.put(field, resolved(value)));
            RestResult result = method.call()
                    .answer(new RestContext(
                            batch.portal(),
                            batch.user(),
                            batch.webhook(),
                            batch.connector(),
                            parameters,
                            batch.request()));
            part("result").put(key, result.value());
            if (result.next() != null) {
                part("next").put(key, PhpJson.PROVIDER.createValue(result.next()));
            }
            if (result.total() != null) {
                part("total").put(key, PhpJson.PROVIDER.createValue(result.total()));
            }
            batch.portal().limits().count(name, java.time.Duration.ofNanos(System.nanoTime() - begun));
            part("time").put(key, RestApi.time(batch.portal(), name, at, begun));
            return false;
        } catch (RestError e) {
            return error(key, e);
        }
    }

    private boolean error(String key, RestError e) {
        part("error").put(key, e.body());
        return true;
    }

    private Map<String, JsonValue> part(String name) {
        return collected.computeIfAbsent(name, missing -> new LinkedHashMap<>());
    }

    /**
     * Returns the parameter with its references replaced. If it consists of one reference only, the result is the
     * referenced value itself.
     */
    private JsonValue resolved(JsonValue value) {
        if (value instanceof JsonObject object) {
            JsonObjectBuilder out = EventBodies.object();
            object.forEach((key, member) -> out.add(key, resolved(member)));
            return out.build();
        }
        if (value instanceof JsonArray array) {
            var out = PhpJson.PROVIDER.createArrayBuilder();
            array.forEach(item -> out.add(resolved(item)));
            return out.build();
        }
        return value instanceof JsonString text ? resolved(text.getString()) : value;
    }

    /**
     * Resolves references as the platform does: they are found in the text as it was sent. So an answer that looks like
     * a reference is not replaced, and neither is a name without a key in brackets.
     */
    private JsonValue resolved(String original) {
        String text = original;
        Matcher references = REFERENCE.matcher(original);
        while (references.find()) {
            if (!KEY.matcher(references.group(2)).find()) {
                continue;
            }
            JsonValue found = follow(references.group(1), references.group(2));
            if (references.group().equals(text)) {
                return found;
            }
            Optional<String> scalar = RestRequest.scalar(found);
            if (scalar.isPresent()) {
                text = text.replace(references.group(), scalar.get());
            }
        }
        return PhpJson.PROVIDER.createValue(text);
    }

    private JsonValue follow(String part, String path) {
        JsonObjectBuilder all = EventBodies.object();
        part(part).forEach(all::add);
        JsonValue at = all.build();
        Matcher keys = KEY.matcher(path);
        while (keys.find()) {
            String key = keys.group(1);
            JsonValue next = at instanceof JsonObject object
                    ? object.get(key)
                    : at instanceof JsonArray array && RestContext.intval(key) < array.size() && isNumber(key)
                            ? array.get((int) RestContext.intval(key))
                            : null;
            if (next == null) {
                break;
            }
            at = next;
        }
        return at;
    }

    private static boolean isNumber(String key) {
        return key.length() < 10 && key.chars().allMatch(Character::isDigit);
    }

    /** Returns a list if the keys are 0, 1, 2 and so on, as PHP prints it. */
    private static JsonValue phpArray(Map<String, JsonValue> members) {
        int expected = 0;
        for (String key : members.keySet()) {
            if (!key.equals(Integer.toString(expected++))) {
                JsonObjectBuilder object = EventBodies.object();
                members.forEach(object::add);
                return object.build();
            }
        }
        var list = PhpJson.PROVIDER.createArrayBuilder();
        members.values().forEach(list::add);
        return list.build();
    }
}
