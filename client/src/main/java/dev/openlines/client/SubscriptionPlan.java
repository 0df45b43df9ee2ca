// SPDX-License-Identifier: Apache-2.0
package dev.openlines.client;

import java.util.List;

/**
 * The difference between the subscriptions that an application wants and those that a portal has.
 *
 * @param missing wanted, but not on the portal: {@link Subscriptions#ensure(java.util.Collection)} binds them
 * @param kept wanted, and on the portal
 * @param surplus on the portal and ours, but not wanted: {@link Subscriptions#prune} ends them
 * @param foreign on the portal, but not ours, because the handler has another origin than each wanted one. They are
 *     left alone
 */
public record SubscriptionPlan(
        List<Subscription> missing, List<Subscription> kept, List<Subscription> surplus, List<Subscription> foreign) {

    public SubscriptionPlan {
        missing = List.copyOf(missing);
        kept = List.copyOf(kept);
        surplus = List.copyOf(surplus);
        foreign = List.copyOf(foreign);
    }

    /**
     * Tells whether anything would change.
     *
     * @return whether nothing is missing and nothing is surplus
     */
    public boolean settled() {
        return missing.isEmpty() && surplus.isEmpty();
    }
}
