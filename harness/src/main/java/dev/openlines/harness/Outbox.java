// SPDX-License-Identifier: Apache-2.0
package dev.openlines.harness;

import dev.openlines.parser.Dialect;
import jakarta.json.JsonObject;
import java.net.URI;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A portal's subscriptions and what goes out to them. Its state is guarded by the portal; sending
 * happens without the lock.
 */
final class Outbox {

    private static final String FORM = "application/x-www-form-urlencoded";

    private final Portal portal;
    private final EventSender sender;
    private final Executor background;
    private final List<Subscription> subscriptions = new ArrayList<>();
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

    List<Subscription> subscriptions() {
        synchronized (portal) {
            return List.copyOf(subscriptions);
        }
    }

    Subscription add(String event, URI handler, long authType) {
        synchronized (portal) {
            Subscription added =
                    new Subscription(++lastSubscription, event.toUpperCase(Locale.ROOT), handler, authType, dialect);
            subscriptions.add(added);
            return added;
        }
    }

    int remove(Predicate<Subscription> which) {
        synchronized (portal) {
            int before = subscriptions.size();
            subscriptions.removeIf(which);
            return before - subscriptions.size();
        }
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

    private static UnaryOperator<Subscription> in(Dialect value) {
        return s -> new Subscription(s.id(), s.event(), s.handler(), s.authType(), value);
    }

    /** A request that is ready to go. */
    static final class Outgoing {

        private final Subscription subscription;
        private final byte[] head;
        private final byte[] body;

        Outgoing(Subscription subscription, byte[] body) {
            this.subscription = subscription;
            this.head = head(subscription, body);
            this.body = body;
        }
    }

    /** Makes the bodies while the portal stands still, and sends them when it may go on. */
    List<Delivery> raise(String event, Function<Dialect, @Nullable JsonObject> data, Cause cause) {
        return deliver(outgoing(event, data, cause));
    }

    /** The same for what a REST call causes: its answer does not wait for the handlers'. */
    void raiseLater(String event, Function<Dialect, @Nullable JsonObject> data, Cause cause) {
        deliverLater(outgoing(event, data, cause));
    }

    void deliverLater(List<Outgoing> outgoing) {
        if (!outgoing.isEmpty()) {
            synchronized (portal) {
                // One after the other, in the order of their causes.
                pending = pending.handleAsync((done, failure) -> deliver(outgoing), background);
            }
        }
    }

    List<Outgoing> outgoing(String event, Function<Dialect, @Nullable JsonObject> data, Cause cause) {
        List<Outgoing> outgoing = new ArrayList<>();
        synchronized (portal) {
            if (!portal.application().receivesEvents()) {
                return outgoing;
            }
            for (Subscription subscription : subscriptions) {
                if (subscription.event().equals(event)) {
                    Dialect shape = subscription.dialect();
                    JsonObject payload = EventBodies.envelope(
                            event,
                            subscription.id(),
                            data.apply(shape),
                            portal.clock().instant(),
                            portal.auth(subscription, cause),
                            shape);
                    outgoing.add(new Outgoing(subscription, EventBodies.form(payload)));
                }
            }
        }
        return outgoing;
    }

    List<Delivery> deliver(List<Outgoing> outgoing) {
        List<Delivery> sent = new ArrayList<>();
        for (Outgoing one : outgoing) {
            sent.add(send(one.subscription, one.head, one.body));
        }
        return List.copyOf(sent);
    }

    static byte[] head(Subscription subscription, byte[] body) {
        return EventSender.head(subscription.handler(), body.length, FORM);
    }

    Delivery send(Subscription subscription, byte[] head, byte[] body) {
        long number;
        synchronized (portal) {
            number = ++lastDelivery;
        }
        Instant sentAt = Instant.now();
        Exchange exchange = sender.send(subscription.handler(), EventSender.join(head, body));
        Delivery delivery = new Delivery(portal, number, subscription, sentAt, head, body, exchange);
        portal.journal().add(delivery);
        return delivery;
    }
}
