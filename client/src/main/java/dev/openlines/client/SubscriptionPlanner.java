// SPDX-License-Identifier: Apache-2.0
package dev.openlines.client;

import java.net.URI;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Compares wanted subscriptions with listed ones. */
final class SubscriptionPlanner {

    /** The fields that make two subscriptions the same row of a portal. */
    private record Row(
            String event,
            @Nullable String handler,
            long authType,
            @Nullable String connector) {}

    private SubscriptionPlanner() {}

    static SubscriptionPlan plan(Collection<Subscription> wanted, List<Subscription> listed) {
        Set<Row> there = new HashSet<>();
        listed.forEach(subscription -> there.add(row(subscription)));
        Set<Row> asked = new HashSet<>();
        List<Subscription> missing = new ArrayList<>();
        for (Subscription subscription : wanted) {
            if (asked.add(row(subscription)) && !there.contains(row(subscription))) {
                missing.add(subscription);
            }
        }
        List<Subscription> kept = new ArrayList<>();
        List<Subscription> surplus = new ArrayList<>();
        List<Subscription> foreign = new ArrayList<>();
        for (Subscription subscription : listed) {
            if (asked.contains(row(subscription))) {
                kept.add(subscription);
            } else if (wanted.stream().anyMatch(ours -> sameOwner(ours, subscription))) {
                surplus.add(subscription);
            } else {
                foreign.add(subscription);
            }
        }
        return new SubscriptionPlan(missing, kept, surplus, foreign);
    }

    private static Row row(Subscription subscription) {
        String handler = subscription.handler();
        return new Row(
                subscription.event(),
                handler == null ? null : normalised(handler),
                subscription.authType(),
                subscription.connector());
    }

    private static boolean sameOwner(Subscription ours, Subscription other) {
        if (ours.offline() || other.offline()) {
            return ours.offline() && other.offline() && Objects.equals(ours.connector(), other.connector());
        }
        return ours.handler() != null
                && other.handler() != null
                && folder(normalised(ours.handler())).equals(folder(normalised(other.handler())));
    }

    private static String folder(String address) {
        int query = address.indexOf('?');
        String path = query < 0 ? address : address.substring(0, query);
        return path.substring(0, path.lastIndexOf('/') + 1);
    }

    /** Returns the address in one spelling for all equal ones. Text that is no address stays as it is. */
    static String normalised(String address) {
        try {
            URI uri = URI.create(address).normalize();
            if (uri.getScheme() == null || uri.getHost() == null) {
                return address;
            }
            String scheme = uri.getScheme().toLowerCase(Locale.ROOT);
            boolean usual = uri.getPort() == -1 || uri.getPort() == (scheme.equals("https") ? 443 : 80);
            String path = uri.getRawPath() == null || uri.getRawPath().isEmpty() ? "/" : uri.getRawPath();
            return scheme + "://" + uri.getHost().toLowerCase(Locale.ROOT) + (usual ? "" : ":" + uri.getPort()) + path
                    + (uri.getRawQuery() == null ? "" : "?" + uri.getRawQuery());
        } catch (IllegalArgumentException e) {
            return address;
        }
    }
}
