// SPDX-License-Identifier: Apache-2.0
package dev.openlines.client;

/** Where drained events go: written by the application, such as into the inbox its endpoint feeds. */
@FunctionalInterface
public interface OfflineSink {

    /**
     * Stores an event. When this returns, the event must survive a crash, for the portal forgets it
     * next. May block. The same event may come again, after a crash or from a second process that
     * drains: store it once, by its {@link OfflineEvent#messageId} and {@link OfflineEvent#queuedAt} together.
     * A chat that is closed twice has the same message id both times.
     *
     * @param event an event of the queue
     * @throws RuntimeException where it cannot be stored; the portal keeps the event and marks it as
     *     failed
     */
    void store(OfflineEvent event);
}
