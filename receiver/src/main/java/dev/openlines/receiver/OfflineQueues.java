// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import jakarta.json.JsonValue;
import java.time.Instant;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Drains portals' queues of offline events. Applications implement it over a REST client that holds the portals'
 * grants. Called by an {@link OfflineFeed}; every method may block.
 */
public interface OfflineQueues {

    /**
     * Returns the portals whose queues can be drained: those with a grant.
     *
     * @return their member ids
     */
    Set<String> portals();

    /**
     * Gives each event that waits on a portal to a sink, and clears it there only after the sink has returned. An event
     * for which the sink throws anything but a {@link StoreException} is marked as failed, and the drain goes on.
     *
     * @param memberId the portal
     * @param sink stores an event; when it returns the event is durable
     * @return the number of events that the sink did not take, and why the portal refuses, if it does
     * @throws StoreException if the sink throws it because the store is down. The event and all later ones still wait
     *     on the portal
     * @throws RuntimeException if the portal does not answer now
     */
    Drained drain(String memberId, Consumer<Queued> sink);

    /**
     * An event that waited in a portal's queue.
     *
     * @param event its code; wire field {@code EVENT_NAME}
     * @param queuedAt when it was queued, by the portal's clock; wire field {@code TIMESTAMP_X}
     * @param data the payload; wire field {@code EVENT_DATA}
     */
    record Queued(String event, Instant queuedAt, JsonValue data) {

        public Queued {
            Objects.requireNonNull(event, "event");
            Objects.requireNonNull(queuedAt, "queuedAt");
            Objects.requireNonNull(data, "data");
        }

        /** Names the event, not its content. */
        @Override
        public String toString() {
            return event + " of " + queuedAt;
        }
    }

    /**
     * The result of a drain.
     *
     * @param failed how many events the sink did not take; the portal keeps them, marked as failed
     * @param refusal why the portal refuses to have its queue drained until a person changes something, in one line
     * without
     *     secrets; null if it does
     */
    record Drained(int failed, @Nullable String refusal) {}
}
