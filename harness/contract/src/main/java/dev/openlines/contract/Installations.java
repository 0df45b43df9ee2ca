// SPDX-License-Identifier: Apache-2.0
package dev.openlines.contract;

import dev.openlines.portal.Portal;
import org.jspecify.annotations.Nullable;

/** The application's installation on the portal, and what the handler shows of recording it. Thread-safe. */
final class Installations {

    private final @Nullable Boolean declared;
    private final @Nullable Portal portal;
    private final PortalFront front;
    private volatile boolean tookNewToken;

    Installations(@Nullable Boolean declared, @Nullable Portal portal, PortalFront front) {
        this.declared = declared;
        this.portal = portal;
        this.front = front;
    }

    /** Records that the handler accepted a token that only an event of the application's life contained. */
    void tookNewToken() {
        tookNewToken = true;
    }

    /** Returns whether the handler is declared to record installations, or was observed to do so. */
    boolean recorded() {
        return tookNewToken
                || Boolean.TRUE.equals(declared)
                || front.seen().stream().anyMatch(call -> call.line().contains("/oauth/"));
    }

    /** Ends the application's tokens on the simulated portal, whose OAuth host refuses them from now on. */
    void end() {
        if (portal != null) {
            var unused = portal.uninstall(true);
        }
    }
}
