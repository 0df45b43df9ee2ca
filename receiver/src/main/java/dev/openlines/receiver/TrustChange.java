// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import dev.openlines.model.Secret;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A change of the tokens that a receiver trusts. An inbox stores it in the same commit as the event that reports it.
 *
 * @param memberId the portal
 * @param installed digest of the token that is valid from now on, or null if the application was uninstalled
 * @param known digests of the tokens that were valid until now
 * @param knownUntil when all other tokens of the portal end
 */
public record TrustChange(String memberId, @Nullable String installed, List<String> known, Instant knownUntil) {

    /**
     * Returns the change that an installation with this token makes.
     *
     * @param memberId the portal
     * @param token its application token
     * @param now the time of the installation
     * @return a change that ends other tokens of the portal after {@link Portals#OVERLAP}
     */
    public static TrustChange installation(String memberId, Secret token, Instant now) {
        String digest = TokenDigest.of(token, Instant.MAX).hex();
        return new TrustChange(memberId, digest, List.of(), now.plus(Portals.OVERLAP));
    }

    /**
     * Returns whether the change takes effect. An installation is verified each time it comes. An uninstallation counts
     * only once, so that a replay has no effect.
     */
    boolean applies(StoreResult result) {
        return installed != null || result == StoreResult.STORED;
    }

    /**
     * Names the portal, not the token.
     *
     * @return such as {@code installed 7d1c…}
     */
    @Override
    public String toString() {
        return (installed == null ? "uninstalled " : "installed ") + memberId;
    }
}
