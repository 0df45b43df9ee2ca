// SPDX-License-Identifier: Apache-2.0
package dev.openlines.client;

import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;

/** Grants in memory. */
final class MemoryTokenStore implements TokenStore {

    private record Lease(String owner, long until) {}

    private final ConcurrentHashMap<String, Grant> grants = new ConcurrentHashMap<>();
    private final ConcurrentHashMap<String, Lease> leases = new ConcurrentHashMap<>();

    @Override
    public Optional<Grant> find(String memberId) {
        return Optional.ofNullable(grants.get(memberId));
    }

    @Override
    public Set<String> portals() {
        return Set.copyOf(grants.keySet());
    }

    @Override
    public Grant save(Grant grant) {
        return grants.merge(
                grant.memberId(), grant.withVersion(0), (old, fresh) -> fresh.withVersion(old.version() + 1));
    }

    @Override
    public boolean replace(Grant read, Grant next) {
        AtomicBoolean replaced = new AtomicBoolean();
        grants.computeIfPresent(read.memberId(), (member, stored) -> {
            replaced.set(stored.version() == read.version());
            return replaced.get() ? next : stored;
        });
        return replaced.get();
    }

    @Override
    public boolean forget(String memberId) {
        leases.remove(memberId);
        return grants.remove(memberId) != null;
    }

    @Override
    public boolean lease(String memberId, String owner, Duration time) {
        if (!grants.containsKey(memberId)) {
            return false;
        }
        long now = System.nanoTime();
        Lease wanted = new Lease(owner, now + time.toNanos());
        Lease held = leases.merge(
                memberId, wanted, (old, mine) -> old.owner().equals(owner) || old.until() - now <= 0 ? mine : old);
        return held.owner().equals(owner);
    }

    @Override
    public void release(String memberId, String owner) {
        leases.computeIfPresent(memberId, (member, lease) -> lease.owner().equals(owner) ? null : lease);
    }
}
