// SPDX-License-Identifier: Apache-2.0
package dev.openlines.portal;

import dev.openlines.portal.wire.EventBodies;
import dev.openlines.portal.wire.PhpJson;
import jakarta.json.JsonArray;
import jakarta.json.JsonNumber;
import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
import jakarta.json.JsonValue;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Faults, delivery plans and limits as JSON, for the control API and the page. */
final class ControlPlans {

    private static final String TOP = "$";

    private ControlPlans() {}

    static Fault fault(JsonValue json) {
        ControlBody body = ControlBody.of(
                json,
                TOP,
                Set.of(
                        "fault",
                        "on",
                        "first",
                        "every",
                        "from",
                        "until",
                        "afterwards",
                        "status",
                        "code",
                        "description",
                        "ms",
                        "to"));
        Fault fault = kind(body);
        Optional<String> on = body.text("on");
        if (on.isPresent()) {
            fault = fault.on(on.get());
        }
        if (body.has("first")) {
            fault = fault.first(small(body, "first", 0));
        }
        if (body.has("every")) {
            fault = fault.every(small(body, "every", 0));
        }
        if (body.has("from")) {
            fault = fault.from(instant(body.requiredText("from"), "from"));
        }
        if (body.has("until")) {
            fault = fault.until(instant(body.requiredText("until"), "until"));
        }
        return body.flag("afterwards", false) ? fault.afterwards() : fault;
    }

    private static Fault kind(ControlBody body) {
        Duration time = Duration.ofMillis(body.integer("ms").orElse(1000L));
        String fault = body.requiredText("fault");
        return switch (fault) {
            case "throttled" -> Fault.throttled();
            case "expired-token" -> Fault.expiredToken();
            case "error" ->
                Fault.error(
                        small(body, "status", 400),
                        body.text("code").orElse("ERROR_CORE"),
                        body.text("description").orElse(""));
            case "gateway" -> Fault.gateway(small(body, "status", 502));
            case "moved" -> {
                body.requiredText("to");
                yield Fault.movedTo(body.address("to").orElseThrow());
            }
            case "hangs" -> Fault.hangs(time);
            case "slow" -> Fault.slow(time);
            case "reset" -> Fault.reset();
            case "truncated" -> Fault.truncated();
            default ->
                throw ControlBody.wrong(
                        "one of throttled, expired-token, error, gateway, moved, hangs, slow, reset, truncated",
                        fault,
                        body.at("fault"));
        };
    }

    static Instant instant(String text, String name) {
        try {
            return Instant.parse(text);
        } catch (DateTimeParseException e) {
            throw ControlBody.wrong("a time such as 2026-11-22T12:00:00Z", text, "$." + name);
        }
    }

    private static int small(ControlBody body, String name, int otherwise) {
        long value = body.integer(name).orElse((long) otherwise);
        if (value != (int) value) {
            throw new IllegalArgumentException("expected a smaller number at $." + name);
        }
        return (int) value;
    }

    static JsonObject view(PortalFaults faults) {
        var list = PhpJson.PROVIDER.createArrayBuilder();
        faults.list().forEach(fault -> list.add(fault.toString()));
        return EventBodies.object().add("faults", list).build();
    }

    static DeliveryPlan plan(JsonValue json) {
        ControlBody body = ControlBody.of(
                json,
                TOP,
                Set.of(
                        "seed",
                        "copies",
                        "order",
                        "delay_ms",
                        "concurrency",
                        "rate",
                        "byte_at_a_time_us",
                        "cut_after",
                        "reset_after",
                        "chunked",
                        "expect_continue",
                        "wrong_token",
                        "set"));
        DeliveryPlan plan = body.integer("seed").map(DeliveryPlan::seeded).orElseGet(DeliveryPlan::platform);
        plan = plan.copies(small(body, "copies", 1)).concurrency(small(body, "concurrency", 1));
        String order = body.text("order").orElse("caused");
        plan = switch (order) {
            case "caused" -> plan;
            case "reversed" -> plan.reversed();
            case "shuffled" -> plan.shuffled();
            default -> throw ControlBody.wrong("one of caused, reversed, shuffled", order, body.at("order"));
        };
        plan = plan.delayed(Duration.ofMillis(body.integer("delay_ms").orElse(0L)));
        if (body.has("rate")) {
            if (!(body.value("rate") instanceof JsonNumber number)) {
                throw ControlBody.expected("a number", body.value("rate"), body.at("rate"));
            }
            plan = plan.rate(number.doubleValue());
        }
        if (body.flag("wrong_token", false)) {
            plan = plan.wrongToken();
        }
        if (body.has("set")) {
            if (!(body.value("set") instanceof JsonObject set)) {
                throw ControlBody.expected("an object", body.value("set"), body.at("set"));
            }
            for (Map.Entry<String, JsonValue> change : set.entrySet()) {
                plan = plan.with(
                        change.getKey(),
                        RestRequest.scalar(change.getValue())
                                .orElseThrow(() -> new IllegalArgumentException("expected text in $.set")));
            }
        }
        return framed(plan, body);
    }

    private static DeliveryPlan framed(DeliveryPlan plan, ControlBody body) {
        if (body.has("byte_at_a_time_us")) {
            return plan.byteAtATime(Duration.ofNanos(1000L * small(body, "byte_at_a_time_us", 0)));
        }
        if (body.has("cut_after")) {
            return plan.cutAfter(small(body, "cut_after", 0));
        }
        if (body.has("reset_after")) {
            return plan.resetAfter(small(body, "reset_after", 0));
        }
        if (body.has("chunked")) {
            JsonArray borders =
                    PhpJson.PROVIDER.createArrayBuilder(body.items("chunked")).build();
            return plan.chunked(borders.getValuesAs(JsonNumber.class).stream()
                    .mapToInt(JsonNumber::intValue)
                    .toArray());
        }
        return body.flag("expect_continue", false) ? plan.expectContinue() : plan;
    }

    static JsonObject view(PortalSending sending) {
        return EventBodies.object().add("plan", sending.plan().toString()).build();
    }

    static void limits(PortalLimits limits, JsonValue json) {
        ControlBody body = ControlBody.of(json, TOP, Set.of("leak_per_second", "bucket", "operating_seconds", "costs"));
        limits.off();
        if (body.has("bucket")) {
            limits.leakyBucket(body.integer("leak_per_second").orElse(2L), small(body, "bucket", 50));
        }
        body.integer("operating_seconds").ifPresent(seconds -> limits.operatingTime(Duration.ofSeconds(seconds)));
        if (body.has("costs") && body.value("costs") instanceof JsonObject costs) {
            costs.forEach((method, cost) -> {
                if (!(cost instanceof JsonNumber seconds)) {
                    throw new IllegalArgumentException("expected seconds in $.costs");
                }
                limits.cost(method, Duration.ofNanos((long) (seconds.doubleValue() * 1e9)));
            });
        }
    }

    static List<Delivery> replay(Portal portal, JsonValue json) {
        ControlBody body = ControlBody.of(json, TOP, Set.of("body", "verbatim"));
        byte[] recorded = body.requiredText("body").getBytes(StandardCharsets.UTF_8);
        return body.flag("verbatim", false)
                ? portal.sending().replayVerbatim(recorded)
                : portal.sending().replay(recorded);
    }

    static JsonObject offline(Portal portal) {
        var bindings = PhpJson.PROVIDER.createArrayBuilder();
        var records = PhpJson.PROVIDER.createArrayBuilder();
        synchronized (portal) {
            OfflineQueue queue = portal.outbox().offline();
            queue.bindings()
                    .forEach(binding -> bindings.add(EventBodies.object()
                            .add("id", binding.id())
                            .add("event", binding.event())
                            .add("connector", binding.connector())));
            queue.rows(row -> true, java.util.Comparator.comparingLong(OfflineQueue.Row::id))
                    .forEach(row -> {
                        JsonObjectBuilder out = EventBodies.object()
                                .add("id", row.id())
                                .add("at", row.at().toString())
                                .add("event", row.event())
                                .add("data", row.data())
                                .add("message_id", row.message())
                                .add("process_id", row.process())
                                .add("connector", row.connector())
                                .add("error", row.error());
                        records.add(out);
                    });
        }
        return EventBodies.object()
                .add("bindings", bindings)
                .add("records", records)
                .build();
    }
}
