// SPDX-License-Identifier: Apache-2.0
package dev.openlines.portal;

import dev.openlines.parser.Dialect;
import dev.openlines.portal.wire.EventBodies;
import java.time.Instant;

/**
 * The user and the request that an event is sent for.
 *
 * @param userId the portal user of the request that caused it, or 0 for a timer, whose events have no access token
 * @param refreshToken whether the platform sends a refresh token with this event
 * @param credentials false for events that never carry an access token, such as an uninstallation
 * @param connector {@code auth_connector} of the request that caused it, empty if it had none
 */
record Cause(long userId, boolean refreshToken, boolean credentials, String connector) {

    static Cause user(long userId) {
        return new Cause(userId, false, true, "");
    }

    static Cause timer() {
        return user(0);
    }

    static Cause lifecycle(long userId) {
        return new Cause(userId, true, true, "");
    }

    static Cause tokenless() {
        return new Cause(0, false, false, "");
    }

    Cause through(String connectorOfCall) {
        return new Cause(userId, refreshToken, credentials, connectorOfCall);
    }

    /**
     * Returns the authorization of an event to a subscription; the portal's lock is held. The documentation's shapes
     * show a refresh token with every event; the platform sends few.
     */
    EventBodies.AuthFacts auth(Portal portal, PortalSubscription subscription) {
        long user = subscription.authType() > 0 ? subscription.authType() : userId;
        boolean withToken = credentials && user > 0;
        boolean withRefresh = withToken && (refreshToken || subscription.dialect() != Dialect.PLATFORM);
        Instant now = portal.clock().instant();
        Instant expires = now.plus(EventBodies.ACCESS_LIFETIME);
        return new EventBodies.AuthFacts(
                withToken ? portal.tokens().issueWithEvent(user, expires) : null,
                expires,
                String.join(",", portal.application().scope()),
                portal.domain(),
                portal.serverEndpoint().toString(),
                "L",
                portal.restUri().toString(),
                portal.memberId(),
                user,
                withRefresh ? portal.tokens().issueRefresh(user, now) : null,
                portal.application().applicationToken());
    }
}
