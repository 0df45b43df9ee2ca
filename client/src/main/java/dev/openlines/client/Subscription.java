// SPDX-License-Identifier: Apache-2.0
package dev.openlines.client;

import java.net.URI;
import java.time.Duration;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A subscription of the application to an event of one portal.
 *
 * @param event the event's code in upper case, such as {@code ONSESSIONFINISH}; wire field {@code
 *     event}
 * @param handler the address that the portal posts the event to, or null for an offline subscription. It is text
 *     because a portal may hold any text; wire field {@code handler}
 * @param authType the portal user whose token comes with the event, 0 for whoever caused it; wire field
 *     {@code auth_type}. Only an administrator may name a user
 * @param offline whether the portal keeps the event in a queue instead of posting it; wire field {@code
 *     offline}, {@code event_type} when binding
 * @param connector key of the offline queue, null for the default one; wire fields {@code auth_connector} when binding,
 *     {@code connector_id} when listed. Calls with the same key cause no event in that queue
 * @param minTimeout the least time between two {@code OnOfflineEvent}, null for the portal's own; wire field {@code
 *     options[minTimeout]}. The portal does not list it, so it makes no two subscriptions different
 * @see <a href="https://apidocs.bitrix24.com/api-reference/events/event-bind.html">event.bind</a>
 */
public record Subscription(
        String event,
        @Nullable String handler,
        long authType,
        boolean offline,
        @Nullable String connector,
        @Nullable Duration minTimeout) {

    private static final String OFFLINE_EVENT = "ONOFFLINEEVENT";

    public Subscription {
        event = event.toUpperCase(Locale.ROOT);
        if (event.isBlank()) {
            throw new IllegalArgumentException("expected the code of an event but found blank text");
        }
        if (offline == (handler != null)) {
            throw new IllegalArgumentException(
                    offline
                            ? "expected no handler of an offline subscription but found one"
                            : "expected a handler of a subscription but found none");
        }
        if (minTimeout != null && (!event.equals(OFFLINE_EVENT) || offline || minTimeout.toSeconds() < 1)) {
            throw new IllegalArgumentException(
                    "expected at least a second between events of an online subscription to " + OFFLINE_EVENT);
        }
    }

    /**
     * Returns a subscription whose events are posted.
     *
     * @param event such as {@code OnSessionFinish}, in any case
     * @param handler an absolute http or https address that the portal's queue servers reach
     * @return a subscription for whoever causes the event
     */
    public static Subscription online(String event, URI handler) {
        Objects.requireNonNull(handler, "handler");
        return new Subscription(event, handler.toString(), 0, false, null, null);
    }

    /**
     * Returns a subscription whose events wait in the portal's queue.
     *
     * @param event such as {@code OnSessionFinish}, in any case
     * @return a subscription to the default queue
     */
    public static Subscription offline(String event) {
        return new Subscription(event, null, 0, true, null, null);
    }

    /**
     * Returns this subscription with a fixed user. Its events carry a token of this user, and not of the user who
     * caused them, who may be a customer without rights, or no user at all.
     *
     * @param userId a portal user's id, or 0 for whoever causes the event
     * @return a subscription that only an administrator may bind
     */
    public Subscription withAuthType(long userId) {
        return new Subscription(event, handler, userId, offline, connector, minTimeout);
    }

    /**
     * Returns this subscription with a queue of its own.
     *
     * @param key any text that the application chooses
     * @return a subscription to that queue
     */
    public Subscription withConnector(String key) {
        return new Subscription(event, handler, authType, offline, Objects.requireNonNull(key, "key"), minTimeout);
    }

    /**
     * Returns this subscription with a least time between two events. The portal has it for {@code OnOfflineEvent}
     * only.
     *
     * @param time whole seconds, at least one
     * @return a subscription with that time
     * @throws IllegalArgumentException for another event, and for less than a second
     */
    public Subscription withMinTimeout(Duration time) {
        return new Subscription(event, handler, authType, offline, connector, Objects.requireNonNull(time, "time"));
    }

    /**
     * Returns the address as a URI.
     *
     * @return empty if it is an offline subscription, or if the portal holds something that is no address
     */
    public Optional<URI> handlerAddress() {
        try {
            return Optional.ofNullable(handler).map(URI::create);
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }
}
