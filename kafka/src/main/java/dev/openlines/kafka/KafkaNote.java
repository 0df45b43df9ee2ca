// SPDX-License-Identifier: Apache-2.0
package dev.openlines.kafka;

import java.util.Base64;
import java.util.BitSet;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * The text that is committed with the offset of a partition: {@code DONE;NEXT;STATE;OFFSET=DEATHS,...}.
 *
 * @param done the done events, beginning with that at the committed offset; Base64 of the bits
 * @param next the offset after the last event that was read; in base 36 as all numbers
 * @param givenBack whether the worker has given the partition back, so that it was handling none of its events
 * @param deaths by an event's offset, the number of workers that died while they handled it, counting this worker as if
 *     it died now
 */
record KafkaNote(BitSet done, long next, boolean givenBack, Map<Long, Integer> deaths) {

    /** The note if there was no worker before, so that nothing was ever handled. */
    static final KafkaNote NONE = new KafkaNote(new BitSet(), 0, true, Map.of());

    private static final int BASE = 36;

    /** Reads a note. A text of another program, such as a tool that moved the offset, counts as none. */
    static KafkaNote of(String text) {
        String[] parts = text.split(";", -1);
        try {
            BitSet done = BitSet.valueOf(Base64.getDecoder().decode(parts[0]));
            if (parts.length < 4) {
                return new KafkaNote(done, 0, true, Map.of());
            }
            Map<Long, Integer> deaths = new TreeMap<>();
            for (String one : parts[3].isEmpty() ? new String[0] : parts[3].split(",")) {
                String[] pair = one.split("=", 2);
                deaths.put(Long.parseLong(pair[0], BASE), Integer.parseInt(pair[1], BASE));
            }
            return new KafkaNote(done, Long.parseLong(parts[1], BASE), parts[2].equals("back"), deaths);
        } catch (IllegalArgumentException | ArrayIndexOutOfBoundsException e) {
            return NONE;
        }
    }

    /** Writes it. */
    String text() {
        return Base64.getEncoder().encodeToString(done.toByteArray())
                + ';'
                + Long.toString(next, BASE)
                + ';'
                + (givenBack ? "back" : "had")
                + ';'
                + deaths.entrySet().stream()
                        .map(death ->
                                Long.toString(death.getKey(), BASE) + '=' + Integer.toString(death.getValue(), BASE))
                        .collect(Collectors.joining(","));
    }
}
