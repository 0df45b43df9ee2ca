// SPDX-License-Identifier: Apache-2.0
package dev.openlines.client;

import jakarta.json.JsonValue;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Empties a portal's queue of offline events without losing one: events are reserved, stored by the
 * application, and only then cleared. A crash leaves them reserved, and the next drain begins with those.
 *
 * <p>It needs an administrator's token and a plan that allows reserving; without the plan the portal
 * refuses with {@code WRONG_LICENSE}, and nothing is taken.
 *
 * @see <a href="https://apidocs.bitrix24.com/api-reference/events/event-offline-get.html">event.offline.get</a>
 */
public final class OfflineQueue {

    /**
     * What a drain did.
     *
     * @param stored events stored and cleared
     * @param failed events that could not be stored, kept by the portal and marked as failed
     */
    public record Drained(int stored, int failed) {}

    private static final int BATCH = 50;
    private static final String GET = "event.offline.get";

    private final PortalClient portal;
    private final String memberId;
    private final @Nullable String connector;

    OfflineQueue(PortalClient portal, String memberId, @Nullable String connector) {
        this.portal = portal;
        this.memberId = memberId;
        this.connector = connector;
    }

    /**
     * Drains the queue until it is empty. Blocks. Several processes may drain one queue; they may then
     * see the same event, see {@link OfflineSink#store}.
     *
     * @param sink stores events
     * @return what was done
     * @throws ClientException as {@link PortalClient#call(String, Map)} does; what was stored by then is
     *     cleared or will come again
     */
    public Drained drain(OfflineSink sink) {
        int stored = 0;
        int failed = 0;
        for (String process : reserved()) {
            Drained batch = finish(sink, batch(process));
            stored += batch.stored();
            failed += batch.failed();
        }
        while (true) {
            Fields taken = batch(null);
            if (taken.member("events").elements().isEmpty()) {
                return new Drained(stored, failed);
            }
            Drained batch = finish(sink, taken);
            stored += batch.stored();
            failed += batch.failed();
        }
    }

    /** Reservations that were never finished, in the order of their first event. */
    private Set<String> reserved() {
        Set<String> processes = new LinkedHashSet<>();
        for (Fields row : portal.pages(RestCall.of("event.offline.list", params(Map.of())))) {
            String process = row.member("PROCESS_ID").textOrNull();
            if (process != null && !process.isEmpty() && !row.member("ERROR").flag()) {
                processes.add(process);
            }
        }
        return processes;
    }

    private Fields batch(@Nullable String process) {
        Map<String, Object> params = new LinkedHashMap<>();
        params.put("clear", 0);
        params.put("limit", BATCH);
        if (process != null) {
            params.put("process_id", process);
        }
        RestCall call = RestCall.of(GET, params(params));
        // Asking for a known reservation again takes nothing more.
        return portal.call(process == null ? call : call.idempotent()).fields();
    }

    private Drained finish(OfflineSink sink, Fields batch) {
        List<String> stored = new ArrayList<>();
        List<String> failed = new ArrayList<>();
        for (Fields row : batch.member("events").elements()) {
            String message = row.member("MESSAGE_ID").text();
            try {
                sink.store(OfflineEvent.of(memberId, row));
                stored.add(message);
            } catch (RuntimeException e) {
                failed.add(message);
            }
        }
        report("event.offline.clear", batch, stored);
        report("event.offline.error", batch, failed);
        return new Drained(stored.size(), failed.size());
    }

    private void report(String method, Fields batch, List<String> messages) {
        if (messages.isEmpty()) {
            return;
        }
        Map<String, Object> params = new LinkedHashMap<>();
        params.put("process_id", batch.member("process_id").text());
        params.put("message_id", messages);
        Reply reply = portal.call(RestCall.of(method, params(params)).idempotent());
        if (reply.result() != JsonValue.TRUE) {
            throw reply.fields().unexpected("true");
        }
    }

    private Map<String, Object> params(Map<String, Object> params) {
        Map<String, Object> all = new LinkedHashMap<>(params);
        if (connector != null) {
            all.put("auth_connector", connector);
        }
        return all;
    }
}
