// SPDX-License-Identifier: Apache-2.0
package dev.openlines.cli;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Watches for Ctrl-C, or another request to end the process, while a command runs that has to clean up. The request
 * interrupts the command's thread, and the process ends when the command has closed this, after twenty seconds at most.
 * It does not wait for the thread itself, which may be waiting for the end of the process.
 */
final class CtrlC implements AutoCloseable {

    private final Thread command = Thread.currentThread();
    private final CountDownLatch closed = new CountDownLatch(1);
    private final Thread hook = new Thread(this::end, "ctrl-c");

    private boolean cleaning;
    private boolean pressed;

    private CtrlC() {}

    /**
     * Begins to watch for a command that runs on the calling thread.
     *
     * @throws CommandFailure if the process is ending already: it would not wait for the command
     */
    static CtrlC watch() {
        CtrlC watch = new CtrlC();
        try {
            Runtime.getRuntime().addShutdownHook(watch.hook);
        } catch (IllegalStateException e) {
            throw CommandFailure.failed("ended before it began");
        }
        return watch;
    }

    private void end() {
        interrupt();
        try {
            closed.await(20, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private synchronized void interrupt() {
        pressed = true;
        if (!cleaning) {
            command.interrupt();
        }
    }

    /** Returns whether the command was asked to end. If it was interrupted for that, it was asked. */
    synchronized boolean pressed() {
        return pressed;
    }

    /** Ends the interrupts, also one that has come: what follows needs the network. */
    synchronized void cleanUp() {
        cleaning = true;
        Thread.interrupted();
    }

    @Override
    public void close() {
        closed.countDown();
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // The process is ending. The hook runs now or in a moment, and does not wait any more.
        }
    }
}
