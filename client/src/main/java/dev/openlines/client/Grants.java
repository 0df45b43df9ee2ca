// SPDX-License-Identifier: Apache-2.0
package dev.openlines.client;

import dev.openlines.model.Secret;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * The grants of all portals: read from the store, remembered, and refreshed by one thread of one process
 * at a time.
 *
 * <p>A refresh is safe because of its order: lease, read again, ask the OAuth host, store, and only then use the new
 * access token. A process that dies before storing leaves the old refresh token in place, and the new one is unused;
 * one that dies after loses nothing.
 */
final class Grants {

    /** An access token this close to its end is renewed before it is used. */
    private static final Duration MARGIN = Duration.ofSeconds(30);

    /** The time that others wait before they check again whether the holder of the lease is done. */
    private static final long LOOK_AGAIN_NANOS = Duration.ofMillis(25).toNanos();

    private static final String METHOD = "oauth.token";
    private static final int REMEMBERED = 200_000;

    private final TokenStore store;
    private final OAuth oauth;
    private final Executor blocking;
    private final Duration lease;
    private final Duration patience;
    private final String owner = UUID.randomUUID().toString();
    private final ConcurrentHashMap<String, Grant> remembered = new ConcurrentHashMap<>();
    private final ConcurrentHashMap<String, CompletableFuture<Grant>> flights = new ConcurrentHashMap<>();

    Grants(TokenStore store, OAuth oauth, Executor blocking, Duration lease, Duration patience) {
        this.store = store;
        this.oauth = oauth;
        this.blocking = blocking;
        this.lease = lease;
        this.patience = patience;
    }

    /** Returns a ticket that is not about to expire, at once if one is remembered. */
    CompletableFuture<Ticket> current(String memberId) {
        Grant known = remembered.get(memberId);
        if (known != null && usable(known, null)) {
            return CompletableFuture.completedFuture(known.ticket());
        }
        return flight(memberId, null);
    }

    /** Returns a ticket with another access token than the refused one. */
    CompletableFuture<Ticket> renewed(String memberId, Secret refused) {
        Grant known = remembered.get(memberId);
        if (known != null && usable(known, refused)) {
            return CompletableFuture.completedFuture(known.ticket());
        }
        return flight(memberId, refused);
    }

    /** Stores the portal's new address, and returns its ticket. */
    CompletableFuture<Ticket> moved(String memberId, URI newEndpoint) {
        return CompletableFuture.supplyAsync(
                () -> {
                    while (true) {
                        Grant grant = stored(memberId);
                        if (grant.restEndpoint().equals(newEndpoint)) {
                            return remember(grant).ticket();
                        }
                        Grant next = grant.moved(newEndpoint);
                        if (store.replace(grant, next)) {
                            return remember(next).ticket();
                        }
                    }
                },
                blocking);
    }

    /** Stores the grant of a new installation. Blocks. */
    Grant install(Grant grant) {
        return remember(store.save(grant));
    }

    /** Returns the stored grant. Blocks. */
    Optional<Grant> find(String memberId) {
        return store.find(memberId);
    }

    /** Returns the portals that have a grant. Blocks. */
    Set<String> portals() {
        return store.portals();
    }

    Map<String, byte[]> kept() {
        return store.kept();
    }

    /** Forgets a portal. Blocks. */
    boolean forget(String memberId) {
        remembered.remove(memberId);
        return store.forget(memberId);
    }

    /** Shares one look into the store and one refresh among all that want a portal's tokens at once. */
    private CompletableFuture<Ticket> flight(String memberId, @Nullable Secret refused) {
        CompletableFuture<Grant> started = new CompletableFuture<>();
        CompletableFuture<Grant> flight = flights.putIfAbsent(memberId, started);
        if (flight == null) {
            flight = started;
            blocking.execute(() -> {
                try {
                    Grant fresh = remember(refresh(memberId, refused));
                    flights.remove(memberId, started);
                    started.complete(fresh);
                } catch (RuntimeException | Error e) {
                    flights.remove(memberId, started);
                    started.completeExceptionally(e);
                }
            });
        }
        // Several calls share this future, so cancelling one call must not cancel it.
        return flight.thenApply(Grant::ticket);
    }

    private Grant refresh(String memberId, @Nullable Secret refused) {
        long giveUpAt = System.nanoTime() + patience.toNanos();
        do {
            Grant grant = stored(memberId);
            if (usable(grant, refused)) {
                return grant;
            }
            if (!store.lease(memberId, owner, lease)) {
                LockSupport.parkNanos(LOOK_AGAIN_NANOS);
                continue;
            }
            try {
                Grant fresh = refreshWithLease(memberId, refused);
                if (fresh != null) {
                    return fresh;
                }
            } finally {
                store.release(memberId, owner);
            }
        } while (System.nanoTime() - giveUpAt < 0);
        throw new NoAnswerException(METHOD, "another process kept the right to refresh", false, null);
    }

    /** Refreshes under a lease. Returns null if another process changed the grant meanwhile. */
    private @Nullable Grant refreshWithLease(String memberId, @Nullable Secret refused) {
        Grant grant = stored(memberId);
        if (usable(grant, refused)) {
            return grant;
        }
        try {
            Grant fresh = oauth.refresh(grant);
            return store.replace(grant, fresh) ? fresh : null;
        } catch (RestException e) {
            if (!e.is(ErrorCode.INVALID_GRANT)) {
                throw e;
            }
            if (!store.replace(grant, grant.refused())) {
                return null;
            }
            remembered.remove(memberId);
            throw new ReinstallRequiredException(METHOD, memberId, "its refresh token was refused");
        }
    }

    private Grant stored(String memberId) {
        Grant grant = store.find(memberId)
                .orElseThrow(() -> new ReinstallRequiredException(METHOD, memberId, "there is no grant"));
        if (grant.needsReinstall()) {
            remembered.remove(memberId);
            throw new ReinstallRequiredException(METHOD, memberId, "its refresh token was refused");
        }
        return grant;
    }

    private boolean usable(Grant grant, @Nullable Secret refused) {
        return refused == null
                ? oauth.now().plus(MARGIN).isBefore(grant.expires())
                : !grant.accessToken().equals(refused) && oauth.now().isBefore(grant.expires());
    }

    private Grant remember(Grant grant) {
        if (remembered.size() >= REMEMBERED) {
            remembered.clear();
        }
        remembered.merge(grant.memberId(), grant, (old, fresh) -> old.version() > fresh.version() ? old : fresh);
        return grant;
    }

    static Instant expiry(Instant now, @Nullable Long expires, @Nullable Long expiresIn) {
        // The end is computed from our own clock and the lifetime, because the host's clock may differ from ours.
        if (expiresIn != null && expiresIn >= 0) {
            return now.plusSeconds(Math.min(expiresIn, Duration.ofDays(1).toSeconds()));
        }
        return expires == null ? now.plus(Duration.ofHours(1)) : Instant.ofEpochSecond(expires);
    }
}
