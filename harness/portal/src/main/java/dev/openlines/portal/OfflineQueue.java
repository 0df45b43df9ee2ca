// SPDX-License-Identifier: Apache-2.0
package dev.openlines.portal;

import dev.openlines.portal.wire.PhpJson;
import jakarta.json.JsonValue;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;

/**
 * A portal's queue of offline events, for applications that no request can reach and that fetch events instead. Guarded
 * by the portal.
 *
 * <p>Equal events of one binding that are not taken yet are one record, with the time of the last event. So two closes
 * of one chat are one record. A record is taken under a process id. It stays until it is cleared, unless it was taken
 * with the option to clear it at once.
 */
final class OfflineQueue {

    /** The age when uncleared records are deleted: 2 952 000 seconds, a constant of the server's source. */
    static final Duration KEPT = Duration.ofHours(820);

    /** A binding that {@code event.bind} with {@code event_type=offline} made. */
    record Binding(int id, String event, String connector) {}

    /** One record. Its process id is empty until it is taken. */
    record Row(
            long id,
            Instant at,
            String event,
            JsonValue data,
            long userId,
            String message,
            String process,
            String connector,
            boolean error) {

        Row taken(String by) {
            return new Row(id, at, event, data, userId, message, by, connector, error);
        }

        Row failed() {
            return new Row(id, at, event, data, userId, message, "", connector, true);
        }
    }

    private final List<Binding> bindings = new ArrayList<>();
    private final List<Row> rows = new ArrayList<>();
    private long lastRow;

    List<Binding> bindings() {
        return List.copyOf(bindings);
    }

    void bind(Binding binding) {
        bindings.add(binding);
    }

    int unbind(Predicate<Binding> which) {
        int before = bindings.size();
        bindings.removeIf(which);
        return before - bindings.size();
    }

    /**
     * Records an event for each binding, except those of the connector that caused it. Returns whether there was a
     * binding.
     */
    boolean note(String event, JsonValue data, long userId, String causedBy, Instant now) {
        rows.removeIf(row -> row.at().plus(KEPT).isBefore(now));
        boolean noted = false;
        for (Binding binding : bindings) {
            boolean ownDoing = !causedBy.isEmpty() && causedBy.equals(binding.connector());
            if (binding.event().equals(event) && !ownDoing) {
                String message = message(event, data);
                long id = rows.stream()
                        .filter(row -> row.message().equals(message)
                                && row.connector().equals(binding.connector())
                                && row.process().isEmpty())
                        .map(Row::id)
                        .findFirst()
                        .orElseGet(() -> ++lastRow);
                rows.removeIf(row -> row.id() == id);
                rows.add(new Row(id, now, event, data, userId, message, "", binding.connector(), false));
                noted = true;
            }
        }
        rows.sort(Comparator.comparingLong(Row::id));
        return noted;
    }

    /** Returns the matching records, in the given order. */
    List<Row> rows(Predicate<Row> which, Comparator<Row> order) {
        return rows.stream().filter(which).sorted(order).toList();
    }

    /** Takes the first matching records that are not taken, up to a number. */
    void take(String process, Predicate<Row> which, Comparator<Row> order, long limit) {
        List<Long> taken = rows(row -> row.process().isEmpty() && which.test(row), order).stream()
                .limit(limit)
                .map(Row::id)
                .toList();
        rows.replaceAll(row -> taken.contains(row.id()) ? row.taken(process) : row);
    }

    void clear(String process, String connector, Predicate<Row> which) {
        rows.removeIf(row -> row.process().equals(process) && row.connector().equals(connector) && which.test(row));
    }

    /**
     * Marks records as failed and makes them available again. As in the server's source, equal records that arrived
     * meanwhile are deleted.
     */
    void fail(String process, String connector, Collection<String> messages) {
        Predicate<Row> meant =
                row -> row.connector().equals(connector) && messages.contains(row.message()) && !row.error();
        rows.removeIf(row -> meant.test(row) && !row.process().equals(process));
        rows.replaceAll(row -> meant.test(row) ? row.failed() : row);
    }

    void clearAll() {
        bindings.clear();
        rows.clear();
    }

    /** Returns the server's digest of an event, which is the same for equal events. */
    private static String message(String event, JsonValue data) {
        try {
            byte[] digest = MessageDigest.getInstance("MD5")
                    .digest((event + "|" + PhpJson.text(data)).getBytes(StandardCharsets.UTF_8));
            return String.format(Locale.ROOT, "%032x", new BigInteger(1, digest));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has MD5", e);
        }
    }
}
