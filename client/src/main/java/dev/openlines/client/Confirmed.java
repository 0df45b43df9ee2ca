// SPDX-License-Identifier: Apache-2.0
package dev.openlines.client;

import dev.openlines.model.Secret;
import java.time.Duration;
import java.time.Instant;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Grants that an OAuth host has confirmed but whose user has not been looked up yet. The key is the refresh token that
 * was used up for them. If the portal gives no answer now, the host need not be asked again. At most {@value #MOST},
 * each for an hour. Guarded by itself.
 */
final class Confirmed {

    static final int MOST = 1000;

    private static final Duration TIME = Duration.ofHours(1);

    private record Entry(Grant grant, Instant until) {}

    private final Map<String, Entry> entries = new LinkedHashMap<>();

    synchronized @Nullable Grant find(Secret refreshToken, String memberId, Instant now) {
        Entry entry = entries.get(refreshToken.reveal());
        return entry != null
                        && now.isBefore(entry.until())
                        && entry.grant().memberId().equals(memberId)
                ? entry.grant()
                : null;
    }

    synchronized void put(Secret refreshToken, Grant grant, Instant now) {
        if (entries.putIfAbsent(refreshToken.reveal(), new Entry(grant, now.plus(TIME))) != null
                || entries.size() <= MOST) {
            return;
        }
        Iterator<Entry> oldest = entries.values().iterator();
        oldest.next();
        oldest.remove();
    }

    synchronized void remove(Secret refreshToken) {
        entries.remove(refreshToken.reveal());
    }
}
