// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import dev.openlines.model.Event;

/**
 * Handles an event in an application.
 *
 * <p>Called at least once for each event: after a crash, or when a lease ended too early, it is called
 * again with the same {@link EventContext#idempotencyKey()}. Called on a worker thread, which it may block. It returns
 * when the event is done. If it throws, the exception is kept in the event's history, and the event is retried later,
 * or becomes a dead letter after the last attempt.
 *
 * @param <E> the type of event
 */
@FunctionalInterface
public interface EventHandler<E extends Event> {

    /**
     * Deals with an event.
     *
     * @param event the event, without credentials
     * @param context further facts about the event
     * @throws Exception to have the event retried, or made a dead letter
     */
    void handle(E event, EventContext context) throws Exception;
}
