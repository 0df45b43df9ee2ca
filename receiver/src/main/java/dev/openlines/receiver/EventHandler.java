// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import dev.openlines.model.Event;

/**
 * What an application does with an event.
 *
 * <p>Called at least once for each event: after a crash, or when a lease ended too early, it is called
 * again with the same {@link EventContext#idempotencyKey()}. Called on a worker thread, where it may
 * block. It returns when the event is dealt with; whatever it throws is kept in the event's history and
 * the event is tried again later, or put aside after the last attempt.
 *
 * @param <E> the type of event
 */
@FunctionalInterface
public interface EventHandler<E extends Event> {

    /**
     * Deals with an event.
     *
     * @param event the event, without credentials
     * @param context what is known beside it
     * @throws Exception to have the event tried again or put aside
     */
    void handle(E event, EventContext context) throws Exception;
}
