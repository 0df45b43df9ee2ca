// SPDX-License-Identifier: Apache-2.0
package dev.openlines.testkit;

import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Runs the work that the dynamic tests of a factory wait for, a few pieces at a time. A factory ends when all of its
 * work has ended, even if only one of its tests was chosen, because the rest still writes into the test's folder.
 */
public final class SomeAtATime implements AfterEachCallback {

    private final ExecutorService pool;

    private SomeAtATime(int threads) {
        pool = Executors.newFixedThreadPool(threads);
    }

    /** Returns a runner of a number of pieces at a time, for a field with {@code @RegisterExtension}. */
    public static SomeAtATime of(int threads) {
        return new SomeAtATime(threads);
    }

    /** Runs it as soon as a thread is free. */
    public <T> Future<T> submit(Callable<T> work) {
        return pool.submit(work);
    }

    @Override
    public void afterEach(ExtensionContext context) throws InterruptedException {
        pool.shutdown();
        if (!pool.awaitTermination(30, TimeUnit.MINUTES)) {
            throw new IllegalStateException("what was started has not ended within 30 minutes");
        }
    }
}
