// SPDX-License-Identifier: Apache-2.0
package dev.openlines.portal;

import dev.openlines.model.Secret;
import dev.openlines.portal.wire.Framing;
import dev.openlines.portal.wire.PathEdit;
import dev.openlines.portal.wire.PhpJson;
import jakarta.json.JsonObject;
import jakarta.json.JsonString;
import jakarta.json.JsonValue;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * The way that a portal sends its events: how often, in what order, how fast, in what pieces, with what changes. An
 * immutable value. Its random choices come from its seed, which {@link #toString()} shows, so that a failed run can be
 * repeated.
 *
 * <p>{@link PortalSending#use} sets it for everything a portal sends from then on; {@link PortalSending#release} sends
 * what was {@linkplain PortalSending#hold() held}, and then order, concurrency and rate take effect.
 */
public final class DeliveryPlan {

    private long seed;
    private int copies = 1;
    private Order order = Order.AS_CAUSED;
    private Duration delay = Duration.ZERO;
    private int concurrency = 1;
    private double rate;
    private Framing framing = Framing.WHOLE;
    private boolean wrongToken;
    private List<Map.Entry<List<String>, String>> changes = List.of();

    private enum Order {
        AS_CAUSED,
        REVERSED,
        SHUFFLED
    }

    private DeliveryPlan() {}

    private DeliveryPlan(DeliveryPlan from) {
        seed = from.seed;
        copies = from.copies;
        order = from.order;
        delay = from.delay;
        concurrency = from.concurrency;
        rate = from.rate;
        framing = from.framing;
        wrongToken = from.wrongToken;
        changes = from.changes;
    }

    /**
     * Returns the platform's way: each event once, in the order of the causes, one after the other, whole.
     *
     * @return the plan to refine, with a seed of its own
     */
    public static DeliveryPlan platform() {
        return seeded(new Random().nextLong() >>> 16);
    }

    /**
     * Returns the platform's way with a given seed, such as one that a failed run printed.
     *
     * @param seed the seed of every random choice of the plan
     * @return the plan to refine
     */
    public static DeliveryPlan seeded(long seed) {
        DeliveryPlan plan = new DeliveryPlan();
        plan.seed = seed;
        return plan;
    }

    /**
     * Sends each event several times, equal bytes.
     *
     * @param value the number of copies, 1 or more
     * @return a changed copy
     */
    public DeliveryPlan copies(int value) {
        if (value < 1) {
            throw new IllegalArgumentException("expected 1 or more copies but found " + value);
        }
        DeliveryPlan plan = new DeliveryPlan(this);
        plan.copies = value;
        return plan;
    }

    /**
     * Sends the last event first.
     *
     * @return such a plan
     */
    public DeliveryPlan reversed() {
        DeliveryPlan plan = new DeliveryPlan(this);
        plan.order = Order.REVERSED;
        return plan;
    }

    /**
     * Sends the events, copies included, in an order that the seed decides.
     *
     * @return such a plan
     */
    public DeliveryPlan shuffled() {
        DeliveryPlan plan = new DeliveryPlan(this);
        plan.order = Order.SHUFFLED;
        return plan;
    }

    /**
     * Waits before the first event goes out.
     *
     * @param value how long
     * @return such a plan
     */
    public DeliveryPlan delayed(Duration value) {
        DeliveryPlan plan = new DeliveryPlan(this);
        plan.delay = value;
        return plan;
    }

    /**
     * Sends several events at a time.
     *
     * @param value how many at most, 1 to 1024
     * @return such a plan
     */
    public DeliveryPlan concurrency(int value) {
        if (value < 1 || value > 1024) {
            throw new IllegalArgumentException("expected 1 to 1024 deliveries at a time but found " + value);
        }
        DeliveryPlan plan = new DeliveryPlan(this);
        plan.concurrency = value;
        return plan;
    }

    /**
     * Sends at most this number of events each second.
     *
     * @param perSecond more than 0
     * @return such a plan
     */
    public DeliveryPlan rate(double perSecond) {
        if (!(perSecond > 0)) {
            throw new IllegalArgumentException("expected a rate of more than 0");
        }
        DeliveryPlan plan = new DeliveryPlan(this);
        plan.rate = perSecond;
        return plan;
    }

    /**
     * Writes one byte after the other, each in a packet of its own.
     *
     * @param pause how long to wait between two bytes
     * @return such a plan
     */
    public DeliveryPlan byteAtATime(Duration pause) {
        return framed(Framing.byteAtATime(pause));
    }

    /**
     * Ends the sending side of the connection in the middle of the body, and reads the handler's answer.
     *
     * @param bodyBytes how many bytes of the body go out
     * @return such a plan
     */
    public DeliveryPlan cutAfter(int bodyBytes) {
        return framed(Framing.cut(bodyBytes));
    }

    /**
     * Resets the connection in the middle of the body.
     *
     * @param bodyBytes how many bytes of the body go out
     * @return such a plan
     */
    public DeliveryPlan resetAfter(int bodyBytes) {
        return framed(Framing.reset(bodyBytes));
    }

    /**
     * Sends the body in chunks instead of with a length.
     *
     * @param borders offsets in the body that divide it into chunks; none for a single chunk
     * @return such a plan
     */
    public DeliveryPlan chunked(int... borders) {
        return framed(Framing.chunked(borders));
    }

    /**
     * Sends {@code Expect: 100-continue} and the body only once the handler says so, or after a second.
     *
     * @return such a plan
     */
    public DeliveryPlan expectContinue() {
        return framed(Framing.EXPECT_CONTINUE);
    }

    /**
     * Sends another application token of the same length.
     *
     * @return such a plan
     */
    public DeliveryPlan wrongToken() {
        DeliveryPlan plan = new DeliveryPlan(this);
        plan.wrongToken = true;
        return plan;
    }

    /**
     * Changes a field of each event, or adds it.
     *
     * @param path {@code data.DATA.line.name}, or as forms write it, {@code data[DATA][line][name]}
     * @param value its text
     * @return such a plan
     */
    public DeliveryPlan with(String path, String value) {
        DeliveryPlan plan = new DeliveryPlan(this);
        plan.changes = new ArrayList<>(changes);
        plan.changes.add(Map.entry(PathEdit.segments(path), value));
        return plan;
    }

    private DeliveryPlan framed(Framing value) {
        DeliveryPlan plan = new DeliveryPlan(this);
        plan.framing = value;
        return plan;
    }

    /**
     * Returns the seed of every random choice of the plan.
     *
     * @return the seed to repeat the plan with
     */
    public long seed() {
        return seed;
    }

    /**
     * Returns how the bytes of each request travel.
     *
     * @return the framing
     */
    public Framing framing() {
        return framing;
    }

    /**
     * Returns how long to wait before the first event.
     *
     * @return the delay
     */
    public Duration delay() {
        return delay;
    }

    int concurrency() {
        return concurrency;
    }

    /**
     * Returns true if the plan sends exactly as the platform does, so that its seed has no effect.
     *
     * @return whether nothing differs from the platform
     */
    public boolean isPlatform() {
        return toString().endsWith(": as the platform");
    }

    /** Returns when the event of a number from 0 is due, in nanoseconds from the beginning. */
    long due(int number) {
        return delay.toNanos() + (rate > 0 ? (long) (number / rate * 1e9) : 0);
    }

    /**
     * Returns the items, repeated and ordered as the plan says.
     *
     * @param <T> type of the items
     * @param items the items
     * @return copies included
     */
    public <T> List<T> ordered(List<T> items) {
        List<T> all = new ArrayList<>();
        for (T item : items) {
            for (int i = 0; i < copies; i++) {
                all.add(item);
            }
        }
        switch (order) {
            case AS_CAUSED -> {
                // The items are in that order already.
            }
            case REVERSED -> Collections.reverse(all);
            case SHUFFLED -> Collections.shuffle(all, new Random(seed));
        }
        return all;
    }

    /**
     * Returns a payload with the plan's changes.
     *
     * @param payload the payload, left as it is
     * @return the changed payload
     */
    public JsonObject changed(JsonObject payload) {
        JsonObject changed = payload;
        if (wrongToken) {
            List<String> path = List.of("auth", "application_token");
            @Nullable JsonObject auth = payload.get("auth") instanceof JsonObject found ? found : null;
            int length = auth != null && auth.get("application_token") instanceof JsonString token
                    ? token.getString().length()
                    : 32;
            changed = PathEdit.set(changed, path, text(other(length).reveal()));
        }
        for (Map.Entry<List<String>, String> change : changes) {
            changed = PathEdit.set(changed, change.getKey(), text(change.getValue()));
        }
        return changed;
    }

    private Secret other(int length) {
        Random random = new Random(seed);
        StringBuilder text = new StringBuilder(length);
        for (int i = 0; i < length; i++) {
            text.append(Character.forDigit(random.nextInt(16), 16));
        }
        return Secret.of(text.toString());
    }

    private static JsonValue text(String value) {
        return PhpJson.PROVIDER.createValue(value);
    }

    /**
     * Describes the plan in one line, its seed first; values of changed fields are not shown.
     *
     * @return such as {@code seed 42: 2 copies, shuffled, 64 at a time}
     */
    @Override
    public String toString() {
        List<String> parts = new ArrayList<>();
        if (copies > 1) {
            parts.add(copies + " copies");
        }
        switch (order) {
            case AS_CAUSED -> {
                // Nothing to say.
            }
            case REVERSED -> parts.add("reversed");
            case SHUFFLED -> parts.add("shuffled");
        }
        if (!delay.isZero()) {
            parts.add("delayed by " + delay.toMillis() + " ms");
        }
        if (concurrency > 1) {
            parts.add(concurrency + " at a time");
        }
        if (rate > 0) {
            parts.add("at most " + rate + " a second");
        }
        if (!framing.whole()) {
            parts.add(framing.toString());
        }
        if (wrongToken) {
            parts.add("wrong token");
        }
        changes.forEach(change -> parts.add("another " + String.join(".", change.getKey())));
        return "seed " + seed + ": " + (parts.isEmpty() ? "as the platform" : String.join(", ", parts));
    }
}
