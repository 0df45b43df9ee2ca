// SPDX-License-Identifier: Apache-2.0
package dev.openlines.cli;

import java.time.Duration;
import java.util.Arrays;
import java.util.Collection;
import java.util.Locale;

/** The distribution of some times, in milliseconds. */
final class Percentiles {

    private final long[] sorted;

    Percentiles(Collection<Duration> times) {
        sorted = times.stream().mapToLong(Duration::toNanos).toArray();
        Arrays.sort(sorted);
    }

    /**
     * Returns a percentile: the smallest time that at least this percentage of the times do not exceed, or 0 without
     * times.
     */
    double millis(int percent) {
        if (sorted.length == 0) {
            return 0;
        }
        int rank = (int) Math.ceil(percent / 100.0 * sorted.length);
        return sorted[Math.max(0, rank - 1)] / 1e6;
    }

    @Override
    public String toString() {
        return String.format(
                Locale.ROOT,
                "p50 %.1f ms, p95 %.1f ms, p99 %.1f ms, max %.1f ms",
                millis(50),
                millis(95),
                millis(99),
                millis(100));
    }
}
