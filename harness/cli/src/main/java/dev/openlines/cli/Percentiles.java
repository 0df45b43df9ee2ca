// SPDX-License-Identifier: Apache-2.0
package dev.openlines.cli;

import java.time.Duration;
import java.util.Arrays;
import java.util.Collection;
import java.util.Locale;

/** The distribution of one time or more, in milliseconds. */
final class Percentiles {

    private final long[] sorted;

    Percentiles(Collection<Duration> times) {
        sorted = times.stream().mapToLong(Duration::toNanos).toArray();
        Arrays.sort(sorted);
    }

    /** Returns the smallest time that at least so many percent of the times do not exceed. */
    double millis(int percent) {
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
