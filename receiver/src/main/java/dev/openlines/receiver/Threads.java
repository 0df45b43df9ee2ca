// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

/** Waits for threads that must have ended before what they use is closed. */
final class Threads {

    private Threads() {}

    /** A wait that may be interrupted. */
    @FunctionalInterface
    interface Wait {
        void run() throws InterruptedException;
    }

    /** Blocks until a thread has ended, also if the caller is interrupted; it is interrupted afterwards then. */
    static void join(Thread thread) {
        uninterrupted(thread::join);
    }

    /** Waits to the end, also if the caller is interrupted; it is interrupted afterwards then. */
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
