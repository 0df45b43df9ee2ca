// SPDX-License-Identifier: Apache-2.0
package dev.openlines.testkit;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;

/**
 * Waits for tests that must pass on a machine of any speed. The limits are much longer than a slow machine needs, so
 * only a failing test waits that long. No other class reads a clock for a test.
 */
public final class Await {

    /** The longest wait for something that must happen. */
    public static final Duration PATIENCE = Duration.ofMinutes(2);

    private static final long AGAIN_NANOS = Duration.ofMillis(5).toNanos();

    private Await() {}

    /** A condition that a test waits for. */
    @FunctionalInterface
    public interface Condition {

        /**
         * Checks the condition.
         *
         * @return whether it has happened
         * @throws Exception to end the test
         */
        boolean holds() throws Exception;
    }

    /** An action that takes time. */
    @FunctionalInterface
    public interface Action {

        /**
         * Runs the action.
         *
         * @throws Exception to end the test
         */
        void run() throws Exception;
    }

    /**
     * Checks a condition again and again until it holds. A failure's stack trace says which condition it was.
     *
     * @param condition whether it has happened
     */
    public static void until(Condition condition) {
        until("a condition", condition);
    }

    /**
     * Checks a condition again and again until it holds.
     *
     * @param what describes the condition
     * @param condition whether it has happened
     */
    public static void until(String what, Condition condition) {
        until(() -> what, condition);
    }

    /**
     * Checks a condition again and again until it holds.
     *
     * @param what describes the condition, asked at the end
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
     * Runs an action that must not end sooner. There is no counterpart for an upper limit, which would be a test of the
     * machine.
     *
     * @param least how long it takes on any machine
     * @param action the action
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
