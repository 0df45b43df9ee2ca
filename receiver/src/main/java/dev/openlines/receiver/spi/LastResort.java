// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver.spi;

import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ends the process if its memory is exhausted, since a process that has lost some threads this way looks alive and
 * handles nothing. The service manager starts it again; the inbox has kept every acknowledged event.
 *
 * <p>This happens only while a {@code ReceiverServer} is open. Without one, a receiver is part of another application's
 * process, which it never ends.
 */
public final class LastResort {

    /** The exit code of a process that ends this way. */
    static final int EXIT = 70;

    private static final Logger LOG = LoggerFactory.getLogger(LastResort.class);
    private static final int DEEPEST = 16;
    private static final AtomicInteger SERVERS = new AtomicInteger();

    private LastResort() {}

    public static void arm() {
        SERVERS.incrementAndGet();
    }

    public static void disarm() {
        SERVERS.decrementAndGet();
    }

    /**
     * Ends the process if something thrown, or one of its causes, says that the virtual machine has failed. To be
     * called first wherever something is caught to keep a thread alive. A handler that recurses too deeply is a
     * failure of that handler and ends nothing.
     */
    public static void check(Throwable thrown) {
        Throwable cause = thrown;
        for (int depth = 0; cause != null && depth < DEEPEST; depth++) {
            if (cause instanceof VirtualMachineError && !(cause instanceof StackOverflowError)) {
                end(cause);
                return;
            }
            cause = cause(cause);
        }
    }

    /**
     * Returns the cause, or null if there is none or if getting it fails, because the exception's class may be foreign
     * code.
     */
    private static @Nullable Throwable cause(Throwable thrown) {
        try {
            return thrown.getCause();
        } catch (RuntimeException e) {
            return null;
        }
    }

    /** Makes a thread that does not die of a {@link VirtualMachineError} while the process goes on. */
    public static Thread thread(Runnable task, String name) {
        Thread thread = new Thread(task, name);
        thread.setUncaughtExceptionHandler((dead, thrown) -> {
            if (thrown instanceof VirtualMachineError) {
                end(thrown);
            }
            check(thrown);
            dead.getThreadGroup().uncaughtException(dead, thrown);
        });
        return thread;
    }

    /** Makes a task for an executor that swallows what its tasks throw. */
    public static Runnable checked(Runnable task) {
        return () -> {
            try {
                task.run();
            } catch (Throwable e) {
                check(e);
                throw e;
            }
        };
    }

    private static void end(Throwable cause) {
        if (SERVERS.get() == 0) {
            return;
        }
        try {
            LOG.error("reason=memory-exhausted: the process ends", cause);
        } finally {
            // Not exit(): that runs hooks, which need memory and locks.
            Runtime.getRuntime().halt(EXIT);
        }
    }
}
