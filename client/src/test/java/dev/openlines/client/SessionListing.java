// SPDX-License-Identifier: Apache-2.0
package dev.openlines.client;

import dev.openlines.client.FakePortal.Answered;
import dev.openlines.client.FakePortal.Asked;
import jakarta.json.JsonArrayBuilder;
import jakarta.json.JsonObject;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Lists sessions as the platform does, by the two times and the offset only. */
final class SessionListing implements Function<Asked, Answered> {

    /** A session of the list. */
    record Row(
            long id, long chatId, Instant created, @Nullable Instant closed) {}

    final List<Row> rows = Collections.synchronizedList(new ArrayList<>());

    /** Set if the ends of a period belong to it: the platform does not say. */
    boolean inclusive = true;

    @Override
    public Answered apply(Asked asked) {
        JsonObject params = asked.json();
        int offset = params.getInt("offset", 0);
        if (offset > 10_000) {
            return Answered.error(400, "OFFSET_TOO_LARGE", "Offset is too large");
        }
        boolean byClose = params.getString("order", "dateCreate").equals("dateClose");
        Comparator<Row> order = Comparator.<Row, Instant>comparing(row -> byClose ? row.closed() : row.created())
                .thenComparing(Row::id);
        Period created = Period.of(params, "dateCreate", inclusive);
        Period closed = Period.of(params, "dateClose", inclusive);
        List<Row> fitting = rows.stream()
                .filter(row -> created.includes(row.created()) && closed.includes(row.closed()))
                .sorted(params.getString("orderDirection", "desc").equals("asc") ? order : order.reversed())
                .toList();
        int limit = params.getInt("limit", 50);
        JsonArrayBuilder sessions = Wire.JSON.createArrayBuilder();
        fitting.stream().skip(offset).limit(limit).forEach(row -> {
            var session = Wire.JSON
                    .createObjectBuilder()
                    .add("id", row.id())
                    .add("chatId", row.chatId())
                    .add("dateCreate", local(row.created()));
            sessions.add(row.closed() == null ? session : session.add("dateClose", local(row.closed())));
        });
        return Answered.ok(Wire.JSON
                .createObjectBuilder()
                .add(
                        "result",
                        Wire.JSON
                                .createObjectBuilder()
                                .add("sessions", sessions)
                                .add("hasNextPage", fitting.size() > offset + limit))
                .build()
                .toString());
    }

    private static String local(Instant time) {
        return OffsetDateTime.ofInstant(time, ZoneOffset.ofHours(3)).toString();
    }

    /** A period of the parameters, read once. */
    private record Period(@Nullable Instant from, @Nullable Instant to, boolean inclusive) {

        static Period of(JsonObject params, String name, boolean inclusive) {
            return new Period(time(params, name + "From"), time(params, name + "To"), inclusive);
        }

        private static @Nullable Instant time(JsonObject params, String name) {
            return params.containsKey(name)
                    ? OffsetDateTime.parse(params.getString(name)).toInstant()
                    : null;
        }

        boolean includes(@Nullable Instant time) {
            if (time == null) {
                return from == null && to == null;
            }
            int least = inclusive ? 0 : 1;
            return (from == null || time.compareTo(from) >= least) && (to == null || to.compareTo(time) >= least);
        }
    }
}
