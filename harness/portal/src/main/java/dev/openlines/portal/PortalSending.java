// SPDX-License-Identifier: Apache-2.0
package dev.openlines.portal;

import dev.openlines.parser.BodyFormat;
import dev.openlines.parser.DecodeException;
import dev.openlines.parser.Dialect;
import dev.openlines.parser.Envelope;
import dev.openlines.parser.EventCapture;
import dev.openlines.parser.Limits;
import dev.openlines.portal.wire.EventBodies;
import dev.openlines.portal.wire.PathEdit;
import dev.openlines.portal.wire.PhpJson;
import jakarta.json.JsonObject;
import jakarta.json.JsonValue;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/**
 * Controls how a portal sends events: its plan, held events, recorded bodies, and its patience with slow handlers. Safe
 * for use by several threads; methods that send block until the handlers have answered.
 */
public final class PortalSending {

    static final Limits RECORDED = new Limits(64 << 20, 1_000_000, 64, 64 << 20, 64 << 20);

    private final Portal portal;
    private final Outbox outbox;

    PortalSending(Portal portal, Outbox outbox) {
        this.portal = portal;
        this.outbox = outbox;
    }

    /**
     * Sends everything by a plan from now on. The plan, and with it its seed, is logged.
     *
     * @param plan the plan
     */
    public void use(DeliveryPlan plan) {
        outbox.usePlan(plan);
    }

    /**
     * Returns how the portal sends now.
     *
     * @return {@link DeliveryPlan#platform()} until another was set
     */
    public DeliveryPlan plan() {
        return outbox.plan();
    }

    /** Holds every event from now on until {@link #release}. Methods that cause events return at once. */
    public void hold() {
        outbox.hold();
    }

    /**
     * Sends the held events by a plan that counts only this time, and ends the holding.
     *
     * @param plan the order, how many at a time and so on; it is logged
     * @return the deliveries, in the plan's order
     */
    public List<Delivery> release(DeliveryPlan plan) {
        return outbox.release(plan);
    }

    /**
     * Sends a recorded event to each handler that is bound to it, as if this portal had sent it now: with this portal's
     * {@code ts}, {@code member_id}, addresses and tokens in place of the recorded ones.
     *
     * @param body a request body, form or JSON
     * @return the deliveries; empty if its event is not bound or the application is not installed
     * @throws IllegalArgumentException if the body cannot be read
     */
    public List<Delivery> replay(byte[] body) {
        JsonObject recorded = read(body);
        return outbox.replay(
                Outbox.eventOf(recorded),
                subscription -> new Outbox.Outgoing(subscription, stamped(recorded, subscription), new byte[0]));
    }

    /**
     * Sends a recorded event to each handler that is bound to it, byte for byte.
     *
     * @param body a request body, form or JSON
     * @return the deliveries; empty if its event is not bound or the application is not installed
     * @throws IllegalArgumentException if the event of the body cannot be read
     */
    public List<Delivery> replayVerbatim(byte[] body) {
        byte[] bytes = body.clone();
        return outbox.replay(
                Outbox.eventOf(read(bytes)), subscription -> new Outbox.Outgoing(subscription, null, bytes));
    }

    /**
     * Sends events of a capture's code in the captured shape from now on, whatever the dialect: its fields in their
     * order, with the values of the event that is sent. A field that the simulator has no value for keeps the
     * capture's, and the user's tokens are left out if the event has none. Other codes are sent as before.
     *
     * @param capture the shape of a request, as a receiver stores it
     */
    public void learn(EventCapture capture) {
        outbox.learn(capture);
    }

    /**
     * Calls handlers less often if they answer slowly or not at all, as the platform's documentation says. The
     * platform's measure is not known. Here each slow answer in a row adds one gap before the next event to that
     * handler, up to ten, and each quick answer removes one.
     *
     * @param slowerThan if the first byte of an answer takes longer, the answer is slow
     * @param gap the length of a gap; zero, the default, switches this off
     */
    public void slowHandlersWait(Duration slowerThan, Duration gap) {
        outbox.slowHandlers().use(slowerThan, gap);
    }

    private static JsonObject read(byte[] body) {
        boolean json =
                new String(body, StandardCharsets.ISO_8859_1).stripLeading().startsWith("{");
        try {
            JsonObject tree = Envelope.parse(body, json ? BodyFormat.JSON : BodyFormat.FORM, RECORDED)
                    .raw();
            if (Outbox.eventOf(tree).isEmpty()) {
                throw new IllegalArgumentException(
                        "the recorded body cannot be read: expected an event code at $.event");
            }
            return tree;
        } catch (DecodeException e) {
            throw new IllegalArgumentException("the recorded body cannot be read: " + e.getMessage(), e);
        }
    }

    /** Returns the recorded tree, with this portal's values in the fields that belong to a portal or a moment. */
    private JsonObject stamped(JsonObject recorded, PortalSubscription subscription) {
        Instant now = portal.clock().instant();
        JsonObject fresh;
        JsonObject auth = recorded.get("auth") instanceof JsonObject found ? found : JsonValue.EMPTY_JSON_OBJECT;
        boolean withToken = auth.containsKey("access_token");
        synchronized (portal) {
            Cause cause = withToken
                    ? new Cause(user(auth.getString("user_id", "")), auth.containsKey("refresh_token"), true, "")
                    : Cause.tokenless();
            fresh = EventBodies.envelope(
                    subscription.event(),
                    subscription.id(),
                    null,
                    now,
                    cause.auth(portal, subscription),
                    subscription.dialect());
        }
        JsonObject stamped = PathEdit.set(
                recorded,
                List.of("ts"),
                subscription.dialect() == Dialect.PLATFORM
                        ? PhpJson.PROVIDER.createValue(Long.toString(now.getEpochSecond()))
                        : PhpJson.PROVIDER.createValue(now.getEpochSecond()));
        for (Map.Entry<String, JsonValue> own : fresh.getJsonObject("auth").entrySet()) {
            if (auth.containsKey(own.getKey())) {
                stamped = PathEdit.set(stamped, List.of("auth", own.getKey()), own.getValue());
            }
        }
        return stamped;
    }

    private long user(String recorded) {
        long id = RestContext.intval(recorded);
        return portal.user(id).isPresent() ? id : Portal.ADMIN_ID;
    }
}
