// SPDX-License-Identifier: Apache-2.0
package dev.openlines.harness;

/**
 * On whose behalf an event is sent.
 *
 * @param userId the portal user of the request that caused it, 0 for a timer: then no access token
 * @param refreshToken whether the platform sends a refresh token with this event
 * @param credentials false for events that never carry an access token, such as an uninstall
 * @param connector {@code auth_connector} of the request that caused it, empty where it had none
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
}
