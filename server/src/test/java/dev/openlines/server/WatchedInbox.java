// SPDX-License-Identifier: Apache-2.0
package dev.openlines.server;

import dev.openlines.receiver.Backlog;
import dev.openlines.receiver.DeadLetters;
import dev.openlines.receiver.EventContext;
import dev.openlines.receiver.LeaseRequest;
import dev.openlines.receiver.LeasedDelivery;
import dev.openlines.receiver.LeasingInbox;
import dev.openlines.receiver.Settlement;
import dev.openlines.receiver.StoreException;
import dev.openlines.receiver.StoreResult;
import dev.openlines.receiver.TrustChange;
import dev.openlines.receiver.TrustLog;
import dev.openlines.receiver.VerifiedDelivery;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

/** An inbox that passes everything on, can be switched off, and says when a lease was renewed. */
class WatchedInbox implements LeasingInbox {

    final CountDownLatch refusedLease = new CountDownLatch(1);
    final CountDownLatch renewedFourTimes = new CountDownLatch(4);
    volatile boolean down;
    volatile String lastTraceparent;
    final AtomicInteger asked = new AtomicInteger();
    /** Every event is stored after this. */
    volatile CompletableFuture<?> held = CompletableFuture.completedFuture(null);

    private final LeasingInbox inbox;

    WatchedInbox(LeasingInbox inbox) {
        this.inbox = inbox;
    }

    @Override
    public CompletionStage<StoreResult> store(VerifiedDelivery delivery) {
        lastTraceparent = delivery.traceparent();
        CompletableFuture<?> first = held;
        asked.incrementAndGet();
        return down ? CompletableFuture.failedStage(off()) : first.thenCompose(ignored -> inbox.store(delivery));
    }

    @Override
    public CompletionStage<Void> storeInOrder(List<VerifiedDelivery> deliveries) {
        return down ? CompletableFuture.failedStage(off()) : inbox.storeInOrder(deliveries);
    }

    @Override
    public List<LeasedDelivery> lease(LeaseRequest request) {
        if (down) {
            refusedLease.countDown();
            throw off();
        }
        return inbox.lease(request);
    }

    @Override
    public void renew(Collection<LeasedDelivery> leases, Instant until) {
        inbox.renew(leases, until);
        renewedFourTimes.countDown();
    }

    @Override
    public CompletionStage<Boolean> settle(LeasedDelivery lease, Settlement settlement, Instant now) {
        return down ? CompletableFuture.failedStage(off()) : inbox.settle(lease, settlement, now);
    }

    @Override
    public boolean commitOnce(LeasedDelivery lease, String part, EventContext.Transaction work, Instant now)
            throws Exception {
        return inbox.commitOnce(lease, part, work, now);
    }

    @Override
    public List<TrustLog.Row> trusted() {
        return inbox.trusted();
    }

    @Override
    public void trust(TrustChange change) {
        inbox.trust(change);
    }

    @Override
    public Backlog backlog() {
        return inbox.backlog();
    }

    @Override
    public DeadLetters deadLetters() {
        return inbox.deadLetters();
    }

    @Override
    public int purge(Instant finishedBefore) {
        return inbox.purge(finishedBefore);
    }

    @Override
    public void probe() {
        if (down) {
            throw off();
        }
        inbox.probe();
    }

    @Override
    public void close() {
        inbox.close();
    }

    private static StoreException off() {
        return new StoreException("switched off", null);
    }
}
