// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import dev.openlines.model.EventAuth;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks an {@link InstallationCheck}, {@value #THREADS} at a time and {@value #WAITING} more waiting, so that
 * who sends forged installations can neither take all threads nor make this process a flood for others.
 */
final class ProofQueue {

    static final int THREADS = 4;
    static final int WAITING = 16;

    private static final Logger LOG = LoggerFactory.getLogger(ProofQueue.class);

    private final InstallationCheck check;
    private final ThreadPoolExecutor pool;

    ProofQueue(InstallationCheck check) {
        this.check = check;
        AtomicInteger number = new AtomicInteger();
        this.pool = new ThreadPoolExecutor(
                THREADS, THREADS, 10, TimeUnit.SECONDS, new ArrayBlockingQueue<>(WAITING), task -> {
                    Thread thread = new Thread(task, "openlines-proof-" + number.incrementAndGet());
                    thread.setDaemon(true);
                    return thread;
                });
        pool.allowCoreThreadTimeOut(true);
    }

    /** Asks; fails with a {@link StoreException} where that cannot be told now. */
    CompletableFuture<Boolean> ask(EventAuth claim) {
        CompletableFuture<Boolean> answer = new CompletableFuture<>();
        try {
            pool.execute(() -> ask(claim, answer));
        } catch (RejectedExecutionException e) {
            answer.completeExceptionally(
                    new StoreException("more than " + WAITING + " installations wait for their proof", null));
        }
        return answer;
    }

    private void ask(EventAuth claim, CompletableFuture<Boolean> answer) {
        try {
            boolean proven = check.proves(claim);
            if (proven) {
                LOG.info("reason=proven");
            } else {
                // A stranger can have as many as he likes; the answer has a record of its own, which is bounded.
                LOG.debug("reason=unproven");
            }
            answer.complete(proven);
        } catch (Throwable e) {
            answer.completeExceptionally(new StoreException("an installation cannot be proven now", e));
        }
    }
}
