// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletionStage;

/**
 * Adds to an inbox what a {@link Dispatcher} needs.
 *
 * <p>An event is stored once per idempotency key, for as long as the key is remembered. It is leased to an owner for
 * some time and then settled by that owner. A lease that ends unsettled makes the event available again, so an event is
 * handled at least once.
 *
 * <p>Leases and settlements survive the end of the process. A loss of power may undo the last of them; their events are
 * then handled again. It never undoes that an event was stored.
 */
public interface LeasingInbox extends Inbox {

    /**
     * Leases events that are due, the longest waiting first. Blocks until the leases are written.
     *
     * @param request the owner, the number of events and the end of their leases
     * @return leased events by id, none if nothing is due
     * @throws StoreException if the store is down
     */
    List<LeasedDelivery> lease(LeaseRequest request);

    /**
     * Extends leases. Blocks until that is written.
     *
     * @param leases leases from {@link #lease}; a lease that has passed to another owner is not extended
     * @param until the new end of the leases
     * @throws StoreException if the store is down
     */
    void renew(Collection<LeasedDelivery> leases, Instant until);

    /**
     * Ends a lease. Does not block.
     *
     * @param lease a lease from {@link #lease}
     * @param settlement how it ended
     * @param now the caller's time
     * @return completes when the settlement is written: with true, or with false if the lease had passed to another
     *     owner and nothing was changed. Fails with a {@link StoreException} if it may not be written
     */
    CompletionStage<Boolean> settle(LeasedDelivery lease, Settlement settlement, Instant now);

    /**
     * Does a handler's work for a part of an event and marks the part, in one transaction, or finds that it is marked;
     * see {@link EventContext#inTransaction(long, EventContext.Transaction)}. Marks end with the event, at {@link
     * #purge}. Blocks.
     *
     * @param lease a lease from {@link #lease}
     * @param part names the part of the event: a chat's id, or empty for the whole event
     * @param work the work of the handler
     * @param now the caller's time
     * @return true if the work was committed, false if the part is marked: nothing was run
     * @throws Exception whatever the work throws; a {@link StoreException} if the lease has passed to another owner
     *     or the store is down. Nothing was changed then
     * @throws IllegalStateException if this inbox has no transactions; this default throws it
     */
    default boolean commitOnce(LeasedDelivery lease, String part, EventContext.Transaction work, Instant now)
            throws Exception {
        throw EventContext.noTransactions();
    }

    /**
     * Forgets events that are done, and with them their keys: an event that is sent again after that is a
     * new one. Dead letters stay; {@link DeadLetters#purge} is for them. Blocks.
     *
     * @param finishedBefore forget what was done before this time
     * @return how many events were forgotten
     * @throws StoreException if the store is down
     */
    int purge(Instant finishedBefore);
}
