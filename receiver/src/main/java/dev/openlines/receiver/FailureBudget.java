// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A budget of failed checks of installations: some at once, and then some each minute. It has three parts: for each portal,
 * for each source address, and for all together. For an installer page the first part is for each portal and source. The
 * part for all is separate for known and unknown portals. A check takes from all three parts before it begins, and gives
 * back if it succeeds. Safe for use by many threads.
 */
final class FailureBudget {

    static final int PER_PORTAL = 5;
    static final int PER_SOURCE = 20;
    static final int IN_ALL = 60;

    private static final long PORTAL_MILLIS = 30_000;
    private static final long SOURCE_MILLIS = 10_000;
    private static final long ALL_MILLIS = 2_000;
    private static final int REMEMBERED = 10_000;

    private final Map<String, Bucket> portals = remembering();
    private final Map<String, Bucket> sources = remembering();
    private final Map<Boolean, Bucket> all =
            Map.of(true, new Bucket(IN_ALL, ALL_MILLIS), false, new Bucket(IN_ALL, ALL_MILLIS));

    synchronized boolean take(String source, String portal, boolean known, long nowMillis) {
        Bucket ofPortal = portals.computeIfAbsent(portal, key -> new Bucket(PER_PORTAL, PORTAL_MILLIS));
        Bucket ofSource = sources.computeIfAbsent(source, key -> new Bucket(PER_SOURCE, SOURCE_MILLIS));
        Bucket ofAll = bucket(known);
        if (ofPortal.empty(nowMillis) || ofSource.empty(nowMillis) || ofAll.empty(nowMillis)) {
            return false;
        }
        ofPortal.left--;
        ofSource.left--;
        ofAll.left--;
        return true;
    }

    synchronized void giveBack(String source, String portal, boolean known) {
        for (Bucket bucket : new Bucket[] {portals.get(portal), sources.get(source), bucket(known)}) {
            if (bucket != null) {
                bucket.left = Math.min(bucket.left + 1, bucket.most);
            }
        }
    }

    private Bucket bucket(boolean known) {
        return java.util.Objects.requireNonNull(all.get(known));
    }

    /**
     * Returns a map that forgets the bucket unused for longest. That one is full if it comes back; the bucket of all
     * still holds.
     */
    private static Map<String, Bucket> remembering() {
        return new LinkedHashMap<>(16, 0.75f, true) {
            @Override
            protected boolean removeEldestEntry(Map.Entry<String, Bucket> eldest) {
                return size() > REMEMBERED;
            }
        };
    }

    private static final class Bucket {
        private final int most;
        private final long millisEach;
        private double left;
        private long at = Long.MIN_VALUE;

        Bucket(int most, long millisEach) {
            this.most = most;
            this.millisEach = millisEach;
            this.left = most;
        }

        boolean empty(long nowMillis) {
            if (nowMillis > at) {
                left = at == Long.MIN_VALUE ? most : Math.min(most, left + (double) (nowMillis - at) / millisEach);
                at = nowMillis;
            }
            return left < 1;
        }
    }
}
