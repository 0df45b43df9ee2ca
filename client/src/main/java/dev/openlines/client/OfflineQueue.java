// SPDX-License-Identifier: Apache-2.0
package dev.openlines.client;

import jakarta.json.JsonValue;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Empties a portal's queue of offline events without losing one: events are reserved, stored by the
 * application, and only then cleared. A crash leaves them reserved, and the next drain begins with those.
 *
 * <p>Events that cannot be stored are marked as failed. The portal keeps these apart, and the next drain tries them
 * again. When an event is marked, the portal drops an equal one that has been queued since, so the failed one stands
 * for both. The portal forgets events that have waited for about a month.
 *
 * <p>It needs an administrator's token and a plan that allows reserving; without the plan the portal
 * refuses with {@code WRONG_LICENSE}, and nothing is taken.
 *
 * @see <a href="https://apidocs.bitrix24.com/api-reference/events/event-offline-get.html">event.offline.get</a>
 */
public final class OfflineQueue {

    /**
     * The result of a drain.
     *
     * @param stored events stored and cleared
     * @param failed events that could not be stored, kept by the portal and marked as failed
     * @param failure the sink's first exception, or null if nothing failed
     */
    public record Drained(int stored, int failed, @Nullable RuntimeException failure) {

        static final Drained NOTHING = new Drained(0, 0, null);

        Drained and(Drained more) {
            return new Drained(stored + more.stored, failed + more.failed, failure == null ? more.failure : failure);
        }
    }

    /** Events that are reserved for one drain: new ones, or ones that failed before. */
    private record Reservation(String process, boolean failed) {}

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
     * Drains the queue: first the events that an interrupted drain had reserved, then those that failed before, then
     * the rest until the queue is empty. It stops after a batch if none of its events could be stored, because then the
     * events are not the cause. Blocks, and calls the sink on this thread.
     *
     * <p>When the sink returns, the event must survive a crash, because the portal forgets it next. The same event may
     * come again, after a crash or because another process drains the same queue: store it once, by its {@link
     * OfflineEvent#messageId} and {@link OfflineEvent#queuedAt} together. A chat that is closed twice has the same
     * message id both times.
     *
     * <p>A sink that cannot store now throws a {@link ClientStoreException}. That ends the drain and marks nothing: the
     * events stay reserved, so that the same event may be queued beside them, and the next drain begins with them.
     *
     * @param sink stores an event, such as in the inbox its endpoint feeds, or throws; may block
     * @return the numbers of events
     * @throws ClientStoreException what the sink threw; what was stored before it is cleared
     * @throws ClientException as {@link PortalClient#call(String, Map)} does; what was stored by then is
     *     cleared or will come again
     */
    public Drained drain(Consumer<OfflineEvent> sink) {
        Set<Reservation> open = new LinkedHashSet<>();
        boolean anyFailed = false;
        for (Fields row : listed()) {
            String process = row.member("PROCESS_ID").textOrNull();
            boolean failed = row.member("ERROR").flag();
            if (process != null && !process.isEmpty()) {
                open.add(new Reservation(process, failed));
            }
            anyFailed |= failed;
        }
        Drained all = Drained.NOTHING;
        for (Reservation reservation : open) {
            all = all.and(finish(sink, batch(reservation.process(), reservation.failed()), reservation.failed()));
        }
        return all.and(anyFailed ? fresh(sink, true) : Drained.NOTHING).and(fresh(sink, false));
    }

    /** Takes batch after batch of events that are not reserved: of the failed ones, or of the others. */
    private Drained fresh(Consumer<OfflineEvent> sink, boolean failed) {
        Drained all = Drained.NOTHING;
        while (true) {
            Fields taken = batch(null, failed);
            if (taken.member("events").elements().isEmpty()) {
                return all;
            }
            Drained batch = finish(sink, taken, failed);
            all = all.and(batch);
            if (batch.stored() == 0) {
                return all;
            }
        }
    }

    private List<Fields> listed() {
        RestCall call = RestCall.of("event.offline.list", params(Map.of()));
        return new Fields(call.method(), "$.result", Wire.array(portal.list(call))).elements();
    }

    private Fields batch(@Nullable String process, boolean failed) {
        Map<String, Object> params = new LinkedHashMap<>();
        params.put("clear", 0);
        params.put("limit", BATCH);
        if (process != null) {
            params.put("process_id", process);
        }
        if (failed) {
            params.put("error", 1);
        }
        RestCall call = RestCall.of(GET, params(params));
        // Another request for the same reservation takes no more events.
        return portal.call(process == null ? call : call.idempotent()).fields();
    }

    private Drained finish(Consumer<OfflineEvent> sink, Fields batch, boolean failedBefore) {
        List<String> stored = new ArrayList<>();
        List<String> failed = new ArrayList<>();
        RuntimeException failure = null;
        ClientStoreException down = null;
        for (Fields row : batch.member("events").elements()) {
            String message = row.member("MESSAGE_ID").text();
            try {
                sink.accept(OfflineEvent.of(memberId, row));
                stored.add(message);
            } catch (ClientStoreException e) {
                down = e;
                break;
            } catch (RuntimeException e) {
                failed.add(message);
                failure = failure == null ? e : failure;
            }
        }
        report("event.offline.clear", batch, stored);
        if (!failedBefore) {
            // For an event that is marked already, the platform would only drop its next occurrence.
            report("event.offline.error", batch, failed);
        }
        if (down != null) {
            throw down;
        }
        return new Drained(stored.size(), failed.size(), failure);
    }

    private void report(String method, Fields batch, List<String> messages) {
        if (messages.isEmpty()) {
            return;
        }
        Map<String, Object> params = new LinkedHashMap<>();
        params.put("process_id", batch.member("process_id").text());
        params.put("message_id", messages);
        RestReply reply = portal.call(RestCall.of(method, params(params)).idempotent());
        if (!reply.result().equals(JsonValue.TRUE)) {
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
