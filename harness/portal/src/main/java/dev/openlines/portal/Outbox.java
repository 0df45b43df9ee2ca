// SPDX-License-Identifier: Apache-2.0
package dev.openlines.portal;

import dev.openlines.parser.Dialect;
import dev.openlines.parser.EventCapture;
import dev.openlines.portal.wire.EventBodies;
import dev.openlines.portal.wire.EventSender;
import dev.openlines.portal.wire.Exchange;
import dev.openlines.portal.wire.Framing;
import jakarta.json.JsonObject;
import jakarta.json.JsonValue;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A portal's subscriptions and what goes out to them. Its state is guarded by the portal; sending
 * happens without the lock.
 */
final class Outbox {

    /** Seconds between two {@code ONOFFLINEEVENT} for a handler that gave no number. */
    static final long MIN_TIMEOUT = 1;

    private static final Logger LOG = LoggerFactory.getLogger(Outbox.class);
    private static final String FORM = "application/x-www-form-urlencoded";

    private final Portal portal;
    private final EventSender sender;
    private final Executor background;
    private final SlowHandlers slowHandlers = new SlowHandlers();
    // The following fields are guarded by the portal.
    private final List<PortalSubscription> subscriptions = new ArrayList<>();
    private final Map<Integer, Long> minTimeouts = new HashMap<>();
    private final Map<Integer, String> texts = new HashMap<>();
    private final Map<Integer, Instant> lastNotices = new HashMap<>();
    private final OfflineQueue offline = new OfflineQueue();
    private final List<Outgoing> held = new ArrayList<>();
    /** Shapes that were learned, by the code of their event. */
    private final Map<String, CapturedShape> shapes = new HashMap<>();

    private boolean holding;
    private DeliveryPlan plan = DeliveryPlan.platform();
    private Dialect dialect;
    private int lastSubscription;
    private long lastDelivery;
    private CompletableFuture<?> pending = CompletableFuture.completedFuture(null);

    Outbox(Portal portal, EventSender sender, Executor background, Dialect dialect) {
        this.portal = portal;
        this.sender = sender;
        this.background = background;
        this.dialect = dialect;
    }

    List<PortalSubscription> subscriptions() {
        synchronized (portal) {
            return List.copyOf(subscriptions);
        }
    }

    PortalSubscription add(String event, URI handler, long authType) {
        return add(event, handler, authType, MIN_TIMEOUT);
    }

    PortalSubscription add(String event, URI handler, long authType, long minTimeout) {
        synchronized (portal) {
            PortalSubscription added = new PortalSubscription(
                    ++lastSubscription, event.toUpperCase(Locale.ROOT), handler, authType, dialect);
            subscriptions.add(added);
            minTimeouts.put(added.id(), minTimeout);
            return added;
        }
    }

    void add(String event, HandlerAddress address, long authType, long minTimeout) {
        synchronized (portal) {
            texts.put(add(event, address.target(), authType, minTimeout).id(), address.text());
        }
    }

    /** Returns a subscription's address as it was bound, which need not be a URI. */
    String bound(PortalSubscription subscription) {
        synchronized (portal) {
            return texts.getOrDefault(subscription.id(), subscription.handler().toString());
        }
    }

    void bindOffline(String event, String connector) {
        synchronized (portal) {
            offline.bind(new OfflineQueue.Binding(++lastSubscription, event, connector));
        }
    }

    int remove(Predicate<PortalSubscription> which) {
        synchronized (portal) {
            int before = subscriptions.size();
            subscriptions.removeIf(which);
            return before - subscriptions.size();
        }
    }

    /** Removes everything that the application had bound, because it is gone. */
    void removeAll() {
        synchronized (portal) {
            subscriptions.clear();
            offline.clearAll();
        }
    }

    /** Returns the offline queue. Called under the portal's lock. */
    OfflineQueue offline() {
        return offline;
    }

    SlowHandlers slowHandlers() {
        return slowHandlers;
    }

    void useDialect(Dialect value) {
        synchronized (portal) {
            dialect = value;
            subscriptions.replaceAll(in(value));
        }
    }

    void useDialect(int subscriptionId, Dialect value) {
        synchronized (portal) {
            if (subscriptions.stream().noneMatch(s -> s.id() == subscriptionId)) {
                throw new IllegalArgumentException("there is no subscription " + subscriptionId);
            }
            subscriptions.replaceAll(s -> s.id() == subscriptionId ? in(value).apply(s) : s);
        }
    }

    void learn(EventCapture capture) {
        CapturedShape shape = CapturedShape.of(capture);
        LOG.info("{} sends {} in a captured shape", portal, capture.event());
        synchronized (portal) {
            shapes.put(capture.event(), shape);
        }
    }

    private static UnaryOperator<PortalSubscription> in(Dialect value) {
        return s -> new PortalSubscription(s.id(), s.event(), s.handler(), s.authType(), value);
    }

    void usePlan(DeliveryPlan value) {
        LOG.info("{} delivers by plan: {}", portal, value);
        synchronized (portal) {
            plan = value;
        }
    }

    DeliveryPlan plan() {
        synchronized (portal) {
            return plan;
        }
    }

    void hold() {
        synchronized (portal) {
            holding = true;
        }
    }

    List<Delivery> release(DeliveryPlan by) {
        List<Outgoing> released;
        synchronized (portal) {
            holding = false;
            released = List.copyOf(held);
            held.clear();
        }
        LOG.info("{} releases {} events by plan: {}", portal, released.size(), by);
        return send(released, by);
    }

    /** An event on its way to one subscription: its tree, or bytes that are sent as they are. */
    static final class Outgoing {

        private final PortalSubscription subscription;
        private final @Nullable JsonObject payload;
        private final byte[] verbatim;

        Outgoing(PortalSubscription subscription, @Nullable JsonObject payload, byte[] verbatim) {
            this.subscription = subscription;
            this.payload = payload;
            this.verbatim = verbatim;
        }

        byte[] body(DeliveryPlan plan) {
            return payload == null ? verbatim : EventBodies.form(plan.changed(payload));
        }
    }

    /** Makes the bodies under the portal's lock, and sends them after it is released. */
    List<Delivery> raise(String event, Function<Dialect, ? extends @Nullable JsonValue> data, Cause cause) {
        return deliver(outgoing(event, data, cause));
    }

    /** Raises an event for a REST call, which is answered before the handlers have answered. */
    void raiseLater(String event, Function<Dialect, ? extends @Nullable JsonValue> data, Cause cause) {
        deliverLater(outgoing(event, data, cause));
    }

    void deliverLater(List<Outgoing> outgoing) {
        if (!outgoing.isEmpty()) {
            synchronized (portal) {
                // Events are sent one after the other, in the order of their causes.
                pending = pending.handleAsync((done, failure) -> deliver(outgoing), background);
            }
        }
    }

    List<Outgoing> outgoing(String event, Function<Dialect, ? extends @Nullable JsonValue> data, Cause cause) {
        List<Outgoing> outgoing = new ArrayList<>();
        synchronized (portal) {
            if (!portal.application().receivesEvents()) {
                return outgoing;
            }
            for (PortalSubscription subscription : subscriptions) {
                if (subscription.event().equals(event)) {
                    outgoing.add(outgoing(subscription, data, cause));
                }
            }
            JsonValue plain = data.apply(Dialect.PLATFORM);
            Instant now = portal.clock().instant();
            if (plain != null && offline.note(event, plain, cause.userId(), cause.connector(), now)) {
                outgoing.addAll(notices(cause, now));
            }
        }
        return outgoing;
    }

    private Outgoing outgoing(
            PortalSubscription subscription, Function<Dialect, ? extends @Nullable JsonValue> data, Cause cause) {
        CapturedShape shape = shapes.get(subscription.event());
        Dialect as = shape == null ? subscription.dialect() : shape.dialect();
        JsonObject payload = EventBodies.envelope(
                subscription.event(),
                subscription.id(),
                shape == null ? data.apply(as) : shape.data(data),
                portal.clock().instant(),
                cause.auth(portal, subscription),
                as);
        return new Outgoing(subscription, shape == null ? payload : shape.filledWith(payload), new byte[0]);
    }

    /** Sends {@code ONOFFLINEEVENT} to its subscribers, at most as often as each of them wants. */
    private List<Outgoing> notices(Cause cause, Instant now) {
        List<Outgoing> notices = new ArrayList<>();
        for (PortalSubscription subscription : subscriptions) {
            if (subscription.event().equals("ONOFFLINEEVENT")) {
                Instant last = lastNotices.get(subscription.id());
                long pause = minTimeouts.getOrDefault(subscription.id(), MIN_TIMEOUT);
                if (last == null || !now.isBefore(last.plusSeconds(pause))) {
                    lastNotices.put(subscription.id(), now);
                    notices.add(outgoing(subscription, none -> null, Cause.lifecycle(cause.userId())));
                }
            }
        }
        return notices;
    }

    /** Sends events by the portal's plan, or keeps them if events are held. */
    List<Delivery> deliver(List<Outgoing> outgoing) {
        DeliveryPlan by;
        synchronized (portal) {
            if (holding) {
                held.addAll(outgoing);
                return List.of();
            }
            by = plan;
        }
        return send(outgoing, by);
    }

    private List<Delivery> send(List<Outgoing> outgoing, DeliveryPlan by) {
        List<Outgoing> ordered = by.ordered(outgoing);
        AtomicReferenceArray<Delivery> sent = new AtomicReferenceArray<>(ordered.size());
        AtomicInteger next = new AtomicInteger();
        long begun = System.nanoTime();
        Runnable worker = () -> {
            for (int i = next.getAndIncrement(); i < ordered.size(); i = next.getAndIncrement()) {
                waitUntil(begun + by.due(i));
                Outgoing one = ordered.get(i);
                byte[] body = one.body(by);
                sent.set(i, send(one.subscription, head(one.subscription, body), body, by.framing()));
            }
        };
        int workers = Math.min(by.concurrency(), ordered.size());
        CompletableFuture<?>[] others = new CompletableFuture<?>[Math.max(0, workers - 1)];
        for (int i = 0; i < others.length; i++) {
            others[i] = CompletableFuture.runAsync(worker, background);
        }
        worker.run();
        CompletableFuture.allOf(others).join();
        List<Delivery> deliveries = new ArrayList<>();
        for (int i = 0; i < sent.length(); i++) {
            deliveries.add(sent.get(i));
        }
        return List.copyOf(deliveries);
    }

    private static void waitUntil(long due) {
        for (long left = due - System.nanoTime(); left > 0; left = due - System.nanoTime()) {
            LockSupport.parkNanos(left);
        }
    }

    static byte[] head(PortalSubscription subscription, byte[] body) {
        boolean json = body.length > 0 && body[0] == '{';
        return EventSender.head(subscription.handler(), body.length, json ? "application/json" : FORM);
    }

    Delivery send(PortalSubscription subscription, byte[] head, byte[] body, Framing framing) {
        long number;
        synchronized (portal) {
            number = ++lastDelivery;
        }
        Duration penalty = slowHandlers.penalty(subscription.handler());
        waitUntil(System.nanoTime() + penalty.toNanos());
        Instant sentAt = Instant.now();
        Exchange exchange = sender.send(subscription.handler(), head, body, framing);
        slowHandlers.answered(subscription.handler(), exchange);
        byte[] sentHead = framing.head(head);
        Delivery delivery = new Delivery(portal, number, subscription, sentAt, sentHead, body, framing, exchange);
        portal.journal().add(delivery);
        return delivery;
    }

    /** Returns the event that a recorded body is of, or empty text if it names none. */
    static String eventOf(JsonObject payload) {
        return payload.getString("event", "").toUpperCase(Locale.ROOT);
    }

    /**
     * Sends recorded bytes to the handlers that are bound to their event, under the same conditions as the portal's own
     * events.
     */
    List<Delivery> replay(String event, Function<PortalSubscription, Outgoing> made) {
        List<Outgoing> outgoing;
        synchronized (portal) {
            if (!portal.application().receivesEvents()) {
                return List.of();
            }
            outgoing = subscriptions.stream()
                    .filter(subscription -> subscription.event().equals(event))
                    .map(made)
                    .toList();
        }
        return deliver(outgoing);
    }
}
