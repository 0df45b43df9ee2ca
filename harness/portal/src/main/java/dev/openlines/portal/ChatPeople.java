// SPDX-License-Identifier: Apache-2.0
package dev.openlines.portal;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** The people in a chat who are not the portal's staff: customers and bots, in the order of joining. */
final class ChatPeople {

    private final List<PortalUser> all = new CopyOnWriteArrayList<>();

    ChatPeople(PortalUser customer) {
        all.add(customer);
    }

    long add(PortalUser user) {
        all.add(user);
        return user.id();
    }

    List<PortalUser> all() {
        return List.copyOf(all);
    }

    boolean has(long userId) {
        return all.stream().anyMatch(user -> user.id() == userId);
    }

    boolean hasCustomer(long userId) {
        return all.stream().anyMatch(user -> user.guest() && user.id() == userId);
    }
}
