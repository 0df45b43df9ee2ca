// SPDX-License-Identifier: Apache-2.0
package dev.openlines.benchmarks;

import dev.openlines.receiver.Backlog;
import dev.openlines.receiver.DeadLetter;
import dev.openlines.receiver.DeadLetters;
import dev.openlines.receiver.Inbox;
import dev.openlines.receiver.StoreResult;
import dev.openlines.receiver.TrustChange;
import dev.openlines.receiver.TrustLog;
import dev.openlines.receiver.VerifiedDelivery;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
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
    public Backlog backlog() {
        return new Backlog(0, 0, null);
    }

    @Override
    public List<TrustLog.Row> trusted() {
        return List.of();
    }

    @Override
    public void trust(TrustChange change) {}

    @Override
    public DeadLetters deadLetters() {
        return new None();
    }

    @Override
    public void probe() {}

    @Override
    public void close() {}

    /** Nothing is dispatched here, so nothing dies. */
    private static final class None implements DeadLetters {

        @Override
        public List<DeadLetter> list(long after, int max) {
            return List.of();
        }

        @Override
        public Optional<DeadLetter> show(long id) {
            return Optional.empty();
        }

        @Override
        public boolean requeue(long id, Instant now) {
            return false;
        }

        @Override
        public boolean discard(long id, Instant now) {
            return false;
        }
    }
}
