// SPDX-License-Identifier: Apache-2.0
package dev.openlines.benchmarks;

import dev.openlines.receiver.Backlog;
import dev.openlines.receiver.DeadLetters;
import dev.openlines.receiver.Inbox;
import dev.openlines.receiver.LeaseRequest;
import dev.openlines.receiver.LeasedDelivery;
import dev.openlines.receiver.Settlement;
import dev.openlines.receiver.StoreResult;
import dev.openlines.receiver.VerifiedDelivery;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicLongArray;

/** An inbox that knows a repeat and keeps nothing else: what receiving costs without a disk. */
final class MemoryInbox implements Inbox {

    /** Keys are remembered by 64 of their bits, in places that later keys take over: nothing for a collector to move. */
    private final AtomicLongArray keys = new AtomicLongArray(1 << 20);

    private MemoryInbox() {}

    static Inbox open() {
        return new MemoryInbox();
    }

    @Override
    public CompletionStage<StoreResult> store(VerifiedDelivery delivery) {
        long key = Long.parseUnsignedLong(delivery.idempotencyKey(), 0, 16, 16);
        long before = keys.getAndSet((int) key & keys.length() - 1, key);
        return CompletableFuture.completedStage(before == key ? StoreResult.DUPLICATE : StoreResult.STORED);
    }

    @Override
    public List<LeasedDelivery> lease(LeaseRequest request) {
        return List.of();
    }

    @Override
    public void renew(Collection<LeasedDelivery> leases, Instant until) {}

    @Override
    public CompletionStage<Boolean> settle(LeasedDelivery lease, Settlement settlement, Instant now) {
        return CompletableFuture.completedStage(false);
    }

    @Override
    public Backlog backlog() {
        return new Backlog(0, 0, null);
    }

    @Override
    public DeadLetters deadLetters() {
        throw new UnsupportedOperationException("nothing is dispatched here");
    }

    @Override
    public int purge(Instant finishedBefore) {
        return 0;
    }

    @Override
    public void probe() {}

    @Override
    public void close() {}
}
