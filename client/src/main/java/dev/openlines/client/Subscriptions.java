// SPDX-License-Identifier: Apache-2.0
package dev.openlines.client;

import jakarta.json.JsonValue;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * The application's subscriptions to the events of one portal. They need an application's token: a
 * webhook's is refused with {@link ErrorCode#WRONG_AUTH_TYPE}.
 *
 * <p>Each blocking method fails as {@link PortalClient#call(String, Map)} does, and has an asynchronous
 * form of the same meaning.
 *
 * @see <a href="https://apidocs.bitrix24.com/api-reference/events/index.html">Events</a>
 */
public final class Subscriptions {

    private static final String BIND = "event.bind";
    private static final String UNBIND = "event.unbind";
    private static final String GET = "event.get";

    private final PortalClient portal;

    Subscriptions(PortalClient portal) {
        this.portal = portal;
    }

    /**
     * Subscribes. If the subscription exists, this fails; {@link #ensure} does not.
     *
     * @param subscription the subscription
     * @throws RestException with {@link ErrorCode#ERROR_CORE} if it is bound already, {@link
     *     ErrorCode#ERROR_EVENT_NOT_FOUND} if the event is unknown or outside the token's scope,
     *     {@link ErrorCode#ERROR_WRONG_HANDLER_URL} if the portal will not post there
     */
    public void bind(Subscription subscription) {
        Async.await(BIND, bindAsync(subscription));
    }

    /**
     * Subscribes, as {@link #bind} does.
     *
     * @param subscription the subscription
     * @return completes when bound
     */
    public CompletableFuture<@Nullable Void> bindAsync(Subscription subscription) {
        return Async.then(portal.callAsync(BIND, params(subscription)), reply -> {
            requireTrue(reply);
            return null;
        });
    }

    /**
     * Subscribes if that is not done yet. Safe to repeat, and to call at the same time as others.
     *
     * @param subscription the subscription
     * @return whether this call subscribed; false if it was bound already
     */
    public boolean ensure(Subscription subscription) {
        return Async.await(BIND, ensureAsync(subscription));
    }

    /**
     * Subscribes, as {@link #ensure} does.
     *
     * @param subscription the subscription
     * @return completes with whether this call subscribed
     */
    public CompletableFuture<Boolean> ensureAsync(Subscription subscription) {
        RestCall call = RestCall.of(BIND, params(subscription)).idempotent();
        return Async.handle(portal.callAsync(call), (reply, failure) -> {
            if (failure instanceof RestException refused && alreadyBound(refused)) {
                return false;
            }
            if (failure != null) {
                throw failure;
            }
            requireTrue(reply);
            return true;
        });
    }

    /**
     * Compares what the application wants with what the portal has. Handlers are compared as addresses:
     * {@code HTTPS://App.example:443/x} is {@code https://app.example/x}. An offline subscription is ours if its queue
     * is one of the wanted; an online one if its handler has the scheme, host and port
     * of a wanted one, and its path begins with the same folder.
     *
     * @param wanted all that the application wants on this portal
     * @return the changes that would be made
     */
    public SubscriptionPlan plan(Collection<Subscription> wanted) {
        return SubscriptionPlanner.plan(wanted, get());
    }

    /**
     * Subscribes to all that is missing, and ends nothing. Call it again after an {@code OnAppUpdate}:
     * the platform's documents say that an update may end subscriptions.
     *
     * @param wanted all that the application wants on this portal
     * @return the plan; its missing subscriptions have been bound
     */
    public SubscriptionPlan ensure(Collection<Subscription> wanted) {
        SubscriptionPlan plan = plan(wanted);
        plan.missing().forEach(this::ensure);
        return plan;
    }

    /**
     * Ends all that is ours and not wanted, and subscribes to nothing.
     *
     * @param wanted all that the application wants on this portal; with none, nothing is ours
     * @return the plan; its surplus has been ended
     */
    public SubscriptionPlan prune(Collection<Subscription> wanted) {
        SubscriptionPlan plan = plan(wanted);
        plan.surplus().forEach(this::unbind);
        return plan;
    }

    /**
     * Ends a subscription.
     *
     * @param subscription the subscription to end; its user is sent only if it is not 0
     * @return how many ended; 0 if there was none
     */
    public long unbind(Subscription subscription) {
        return Async.await(UNBIND, unbindAsync(subscription));
    }

    /**
     * Ends a subscription, as {@link #unbind} does.
     *
     * @param subscription the subscription to end
     * @return completes with how many ended
     */
    public CompletableFuture<Long> unbindAsync(Subscription subscription) {
        RestCall call = RestCall.of(UNBIND, params(subscription)).idempotent();
        return Async.then(
                portal.callAsync(call), reply -> reply.fields().member("count").integer());
    }

    /**
     * Lists the subscriptions that the token's user may see: an administrator all of the application,
     * others their own.
     *
     * @return in the order of binding
     */
    public List<Subscription> get() {
        return Async.await(GET, getAsync());
    }

    /**
     * Lists subscriptions, as {@link #get} does.
     *
     * @return completes with the list
     */
    public CompletableFuture<List<Subscription>> getAsync() {
        return Async.then(
                portal.callAsync(GET, Map.of()),
                reply -> reply.fields().elements().stream()
                        .map(Subscriptions::listed)
                        .toList());
    }

    /**
     * Returns whether the refusal says that the event is bound already. The platform's source has one of two English
     * sentences for that, on every portal.
     */
    static boolean alreadyBound(RestException refused) {
        String text = refused.description().toLowerCase(Locale.ROOT);
        return refused.is(ErrorCode.ERROR_CORE)
                && (text.contains("already binded")
                        || text.contains("process of binding the handler has already started"));
    }

    private static void requireTrue(RestReply reply) {
        if (!reply.result().equals(JsonValue.TRUE)) {
            throw reply.fields().unexpected("true");
        }
    }

    private static Subscription listed(Fields row) {
        Long authType = row.member("auth_type").integerOrNull();
        boolean offline = row.member("offline").flag();
        String connector = row.member("connector_id").textOrNull();
        return new Subscription(
                row.member("event").text(),
                offline ? null : row.member("handler").text(),
                authType == null ? 0 : authType,
                offline,
                connector == null || connector.isEmpty() ? null : connector,
                null);
    }

    /** Returns the parameters. The platform refuses AUTH_TYPE from all but administrators, so 0 is left out. */
    private static Map<String, Object> params(Subscription subscription) {
        Map<String, Object> params = new LinkedHashMap<>();
        params.put("EVENT", subscription.event());
        if (subscription.handler() != null) {
            params.put("HANDLER", subscription.handler());
        }
        if (subscription.authType() != 0) {
            params.put("AUTH_TYPE", subscription.authType());
        }
        if (subscription.offline()) {
            params.put("EVENT_TYPE", "offline");
        }
        if (subscription.connector() != null) {
            // This parameter is part of the authorization, and unlike the others it is in lower case only.
            params.put("auth_connector", subscription.connector());
        }
        if (subscription.minTimeout() != null) {
            params.put("OPTIONS", Map.of("minTimeout", subscription.minTimeout().toSeconds()));
        }
        return params;
    }
}
