// SPDX-License-Identifier: Apache-2.0
package dev.openlines.examples.closedchats;

import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The data of the charts.
 *
 * @param hours how many chats were closed in each hour of the last day, the oldest first
 * @param times the number of chats of the last week by their duration
 */
record Charts(List<Hour> hours, List<Count> times) {

    /**
     * A bar.
     *
     * @param start of the hour
     */
    record Hour(Instant start, long count) {}

    /** A bar. */
    record Count(String label, long count) {}

    private static final List<Integer> UP_TO_MINUTES = List.of(1, 5, 15, 60, 240, Integer.MAX_VALUE);
    private static final List<String> LABELS =
            List.of("below 1 min", "1–5 min", "5–15 min", "15–60 min", "1–4 h", "4 h and more");

    static Charts of(Archive archive, Filter filter, Instant now) throws SQLException {
        Instant hour = now.truncatedTo(ChronoUnit.HOURS).minus(Duration.ofHours(23));
        Map<Long, Long> closed = archive.closedByHour(filter, hour);
        List<Hour> hours = new ArrayList<>();
        for (int i = 0; i < 24; i++) {
            Instant start = hour.plus(Duration.ofHours(i));
            hours.add(new Hour(start, closed.getOrDefault(start.toEpochMilli(), 0L)));
        }
        long[] counts = new long[LABELS.size()];
        archive.closedByMinutes(filter, now.minus(Duration.ofDays(7))).forEach((minutes, count) -> {
            int bar = 0;
            while (minutes >= UP_TO_MINUTES.get(bar)) {
                bar++;
            }
            counts[bar] += count;
        });
        List<Count> times = new ArrayList<>();
        for (int i = 0; i < counts.length; i++) {
            times.add(new Count(LABELS.get(i), counts[i]));
        }
        return new Charts(hours, times);
    }
}
