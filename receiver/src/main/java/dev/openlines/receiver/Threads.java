// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

/** Waits for threads to end, before the things that they use are closed. */
final class Threads {

    private Threads() {}

    /** A wait that may be interrupted. */
    @FunctionalInterface
    interface Wait {
        void run() throws InterruptedException;
    }

    /**
     * Blocks until a thread has ended, even if the caller is interrupted. The caller's interrupt status is then set
     * again.
     */
    static void join(Thread thread) {
        uninterrupted(thread::join);
    }

    /** Waits to the end, even if the caller is interrupted. The caller's interrupt status is then set again. */
    static void uninterrupted(Wait wait) {
        boolean interrupted = false;
        boolean ended = false;
        while (!ended) {
            try {
                wait.run();
                ended = true;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
