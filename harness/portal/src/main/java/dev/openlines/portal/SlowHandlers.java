// SPDX-License-Identifier: Apache-2.0
package dev.openlines.portal;

import dev.openlines.portal.wire.Exchange;
import java.net.URI;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/**
 * Calls slow handlers less often. According to the platform's documentation, a handler that answers slowly or not at
 * all gets a lower priority. The measure is a guess: each slow answer in a row adds one gap before the next event, and
 * each quick one removes one. Off until it is switched on. Thread-safe.
 */
final class SlowHandlers {

    private static final int WORST = 10;

    private final Map<URI, Integer> levels = new HashMap<>();
    private Duration slow = Duration.ZERO;
    private Duration gap = Duration.ZERO;

    synchronized void use(Duration slowerThan, Duration gapEach) {
        slow = slowerThan;
        gap = gapEach;
        levels.clear();
    }

    /** Returns how long the next event for a handler waits. */
    synchronized Duration penalty(URI handler) {
        return gap.multipliedBy(levels.getOrDefault(handler, 0));
    }

    synchronized void answered(URI handler, Exchange exchange) {
        if (gap.isZero()) {
            return;
        }
        boolean wasSlow = exchange.status() == 0 || exchange.firstByte().compareTo(slow) > 0;
        int level = levels.getOrDefault(handler, 0);
        levels.put(handler, wasSlow ? Math.min(WORST, level + 1) : Math.max(0, level - 1));
    }
}
