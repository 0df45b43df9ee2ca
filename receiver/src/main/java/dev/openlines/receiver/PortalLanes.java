// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import dev.openlines.receiver.spi.LastResort;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/**
 * A few threads that ask portals. A separate thread asks the portals that failed the last time. So portals that do not
 * answer delay only each other. A portal that stops answering occupies one of {@value #USUAL} threads, for one call.
 */
final class PortalLanes implements AutoCloseable {

    private static final int USUAL = 4;

    private final ThreadPoolExecutor usual;
    private final ThreadPoolExecutor failing;
    private final Map<String, FutureTask<?>> underWay = new ConcurrentHashMap<>();
    private final Consumer<String> ended;

    /**
     * Starts no thread yet.
     *
     * @param name of the threads
     * @param ended called with each portal whose work has ended, when more work may begin; must be quick
     */
    PortalLanes(String name, Consumer<String> ended) {
        this.ended = ended;
        AtomicInteger number = new AtomicInteger();
        usual = pool(USUAL, name, number);
        failing = pool(1, name, number);
    }

    private static ThreadPoolExecutor pool(int threads, String name, AtomicInteger number) {
        ThreadPoolExecutor pool =
                new ThreadPoolExecutor(threads, threads, 1, TimeUnit.MINUTES, new LinkedBlockingQueue<>(), task -> {
                    Thread thread = LastResort.thread(task, name + "-" + number.incrementAndGet());
                    thread.setDaemon(true);
                    return thread;
                });
        pool.allowCoreThreadTimeOut(true);
        return pool;
    }

    /**
     * Begins work for a portal, unless work for it is under way or waits. Does not block.
     *
     * @param failed whether the last work for it has failed
     * @param work throws nothing
     */
    void begin(String memberId, boolean failed, Runnable work) {
        FutureTask<?> task = new FutureTask<>(
                () -> {
                    try {
                        work.run();
                    } catch (Throwable e) {
                        LastResort.check(e);
                        throw e;
                    } finally {
                        underWay.remove(memberId);
                        ended.accept(memberId);
                    }
                },
                null);
        if (underWay.putIfAbsent(memberId, task) == null) {
            (failed ? failing : usual).execute(task);
        }
    }

    /** Tells whether work for a portal is under way or waits. */
    boolean busy(String memberId) {
        return underWay.containsKey(memberId);
    }

    /** Blocks until all that has been begun has ended. */
    void await() throws InterruptedException {
        for (FutureTask<?> task : underWay.values()) {
            try {
                task.get();
            } catch (ExecutionException e) {
                throw new IllegalStateException("the work for a portal has failed", e.getCause());
            }
        }
    }

    /** Interrupts what is under way, drops what waits, and blocks until the threads have ended. */
    @Override
    public void close() {
        for (ThreadPoolExecutor pool : new ThreadPoolExecutor[] {usual, failing}) {
            pool.shutdownNow();
        }
        for (ThreadPoolExecutor pool : new ThreadPoolExecutor[] {usual, failing}) {
            Threads.uninterrupted(() -> {
                while (!pool.awaitTermination(1, TimeUnit.MINUTES)) {
                    // The thread ends when the page that is being stored is complete.
                }
            });
        }
        underWay.clear();
    }
}
