// SPDX-License-Identifier: Apache-2.0
package dev.openlines.portal;

import dev.openlines.model.Secret;
import dev.openlines.portal.wire.Minting;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The access tokens, refresh tokens and authorisation codes one portal has issued, by their text.
 * Expired ones are kept, because a portal tells an expired token from an unknown one. Not thread-safe:
 * the portal guards it.
 */
final class TokenStore {

    /** The lifetime that captured tokens encode; the documentation says 180 days. */
    static final Duration REFRESH_LIFETIME = Duration.ofDays(30);

    static final Duration CODE_LIFETIME = Duration.ofSeconds(30);

    /** An issued token: whose it is and until when it is good. */
    record Grant(long userId, Instant expires, boolean ofEvent) {

        Grant(long userId, Instant expires) {
            this(userId, expires, false);
        }

        boolean expiredAt(Instant now) {
            return !now.isBefore(expires);
        }
    }

    private final Map<String, Grant> access = new HashMap<>();
    private final Map<String, Grant> refresh = new HashMap<>();
    private final Map<String, Grant> codes = new HashMap<>();

    Secret issueAccess(long userId, Instant expires) {
        return issue(access, userId, expires);
    }

    /** Issues a token that goes out with one event and with no other. */
    Secret issueWithEvent(long userId, Instant expires) {
        Secret token = Minting.token(expires, userId);
        access.put(token.reveal(), new Grant(userId, expires, true));
        return token;
    }

    Secret issueRefresh(long userId, Instant now) {
        return issue(refresh, userId, now.plus(REFRESH_LIFETIME));
    }

    Secret issueCode(long userId, Instant now) {
        return issue(codes, userId, now.plus(CODE_LIFETIME));
    }

    /** Takes over a token from a seed. */
    void addAccess(Secret token, Grant grant) {
        access.put(token.reveal(), grant);
    }

    /** Takes over a token from a seed. */
    void addRefresh(Secret token, Grant grant) {
        refresh.put(token.reveal(), grant);
    }

    Optional<Grant> access(String token) {
        return Optional.ofNullable(access.get(token));
    }

    /** Returns whether the token, code or refresh token was issued here. */
    boolean knows(String text) {
        return access.containsKey(text) || refresh.containsKey(text) || codes.containsKey(text);
    }

    /** Uses up a refresh token, which is valid once. The answer has the next one. */
    Optional<Grant> takeRefresh(String token) {
        return Optional.ofNullable(refresh.remove(token));
    }

    /** Ends all tokens, as an uninstallation does. */
    void revokeAll() {
        access.clear();
        refresh.clear();
        codes.clear();
    }

    Optional<Grant> takeCode(String code) {
        return Optional.ofNullable(codes.remove(code));
    }

    private static Secret issue(Map<String, Grant> into, long userId, Instant expires) {
        Secret token = Minting.token(expires, userId);
        into.put(token.reveal(), new Grant(userId, expires));
        return token;
    }
}
