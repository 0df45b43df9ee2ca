// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import java.time.InstantSource;

/**
 * Opens inboxes that another artifact provides, by their address. Found by {@link java.util.ServiceLoader}, so that
 * an application adds a dependency and names an address. Applications call {@code ReceiverServer} instead.
 */
public interface InboxProvider {

    /**
     * Tells whether an address is one of this provider's.
     *
     * @param address such as {@code kafka:broker:9092}
     * @return whether {@link #open} takes it
     */
    boolean provides(String address);

    /**
     * Opens an inbox. Blocks.
     *
     * @param address an address that {@link #provides} accepts
     * @return an open inbox and the dispatcher of its events
     * @throws StoreException if the store cannot be used
     * @throws IllegalArgumentException if the address is malformed
     */
    Provided open(String address);

    /** An inbox and the dispatcher of its events. */
    interface Provided {

        /**
         * Returns the inbox.
         *
         * @return an open inbox, closed by the caller
         */
        Inbox inbox();

        /**
         * Begins to hand the events of the inbox to handlers.
         *
         * @param handlers the application's handlers
         * @param policy how many at a time, and what follows a failure
         * @param clock the time of retries
         * @param telemetry is told of each attempt
         * @return ends the dispatch when closed, after the handlers that are running
         */
        AutoCloseable dispatch(Handlers handlers, DispatchPolicy policy, InstantSource clock, Telemetry telemetry);
    }
}
