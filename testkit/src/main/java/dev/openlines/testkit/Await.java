// SPDX-License-Identifier: Apache-2.0
package dev.openlines.testkit;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;

/**
 * Waits of tests, none of which depends on how fast a machine is: for what must happen they wait far longer than a
 * slow machine needs, and only a test that fails waits that long. The one place where a test's clock is read.
 */
public final class Await {

    /** How long something that must happen may take. */
    public static final Duration PATIENCE = Duration.ofMinutes(2);

    private static final long AGAIN_NANOS = Duration.ofMillis(5).toNanos();

    private Await() {}

    /** What is waited for. */
    @FunctionalInterface
    public interface Condition {

        /**
         * Looks.
         *
         * @return whether it has happened
         * @throws Exception to end the test
         */
        boolean holds() throws Exception;
    }

    /** What takes its time. */
    @FunctionalInterface
    public interface Action {

        /**
         * Does it.
         *
         * @throws Exception to end the test
         */
        void run() throws Exception;
    }

    /**
     * Looks again and again until a condition holds.
     *
     * @param what what is waited for
     * @param condition whether it has happened
     */
    public static void until(String what, Condition condition) {
        until(() -> what, condition);
    }

    /**
     * Looks again and again until a condition holds.
     *
     * @param what what is waited for, asked at the end
     * @param condition whether it has happened
     */
    public static void until(Supplier<String> what, Condition condition) {
        until(PATIENCE, what, condition);
    }

    static void until(Duration patience, Supplier<String> what, Condition condition) {
        long begun = System.nanoTime();
        while (!holds(condition)) {
            if (System.nanoTime() - begun > patience.toNanos()) {
                throw new AssertionError("waited " + patience.toSeconds() + " s for: " + what.get());
            }
            LockSupport.parkNanos(AGAIN_NANOS);
        }
    }

    private static boolean holds(Condition condition) {
        try {
            return condition.holds();
        } catch (RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    /**
     * Does something that must not be done sooner. There is no counterpart for what must not take longer: that would
     * be a test of the machine.
     *
     * @param least how long it takes on any machine
     * @param action what to do
     * @throws Exception if it does
     */
    public static void noSooner(Duration least, Action action) throws Exception {
        long begun = System.nanoTime();
        action.run();
        Duration took = Duration.ofNanos(System.nanoTime() - begun);
        if (took.compareTo(least) < 0) {
            throw new AssertionError("took " + took.toMillis() + " ms, not the least of " + least.toMillis() + " ms");
        }
    }
}
