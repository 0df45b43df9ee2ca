// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a proven event changes in whom a receiver trusts. An inbox keeps it in the same commit as the event.
 *
 * @param memberId the portal
 * @param installed digest of the token that is valid from now on, or null where the application was uninstalled
 * @param known digests of the tokens that were valid until now
 * @param knownUntil when all other tokens of the portal end
 */
record TrustChange(String memberId, @Nullable String installed, List<String> known, Instant knownUntil) {

    /** An installation is proven each time it comes; an uninstallation counts once, or a replay would count. */
    boolean applies(StoreResult result) {
        return installed != null || result == StoreResult.STORED;
    }

    @Override
    public String toString() {
        return (installed == null ? "uninstalled " : "installed ") + memberId;
    }
}
