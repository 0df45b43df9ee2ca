// SPDX-License-Identifier: Apache-2.0
package dev.openlines.portal;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The CRM objects that a chat is linked with: one of each type, the main one first. */
final class ChatLinks {

    private final Map<String, Long> ids = new LinkedHashMap<>();

    synchronized void put(String type, long id) {
        ids.put(type, id);
    }

    synchronized boolean has(String type, long id) {
        return ids.getOrDefault(type, 0L) == id;
    }

    /** Returns the first three fields of {@code entity_data_1}. */
    synchronized String main() {
        return ids.entrySet().stream()
                .findFirst()
                .map(main -> "Y|" + main.getKey().toUpperCase(Locale.ROOT) + "|" + main.getValue())
                .orElse("N|NONE|0");
    }

    /** Returns {@code entity_data_2}: a pair for each type, empty without links. */
    synchronized String pairs() {
        return ids.isEmpty()
                ? ""
                : Stream.of("lead", "company", "contact", "deal")
                        .map(type -> type.toUpperCase(Locale.ROOT) + "|" + ids.getOrDefault(type, 0L))
                        .collect(Collectors.joining("|"));
    }
}
