// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import dev.openlines.receiver.spi.OneLine;
import org.jspecify.annotations.Nullable;

/**
 * A copy of a handler's exception that can be logged: names, stack traces and causes, with each message on one line.
 * The exception itself may contain what people wrote, and its methods may throw.
 */
final class LoggedFailure extends Exception {

    private static final long serialVersionUID = 1;

    private static final int CHARACTERS = 1000;

    /** The longest chain of causes that is copied. The limit also ends circles. */
    private static final int DEEPEST = 8;

    private LoggedFailure(String text, StackTraceElement[] trace, @Nullable Throwable cause) {
        super(text, cause, false, true);
        setStackTrace(trace);
    }

    static LoggedFailure of(Throwable failure) {
        return of(failure, 0);
    }

    /** Returns name and message on one line, whatever the methods of the failure do. */
    static String text(Throwable failure) {
        String name = failure.getClass().getName();
        String message;
        try {
            message = failure instanceof Verdict ? String.valueOf(failure.getMessage()) : failure.getMessage();
        } catch (Throwable e) {
            return name + ", whose getMessage() throws " + e.getClass().getName();
        }
        if (message == null) {
            return name;
        }
        return OneLine.of(failure instanceof Verdict ? message : name + ": " + message, CHARACTERS);
    }

    private static LoggedFailure of(Throwable failure, int depth) {
        Throwable cause = null;
        StackTraceElement[] trace = new StackTraceElement[0];
        try {
            trace = failure.getStackTrace();
            cause = depth < DEEPEST ? failure.getCause() : null;
        } catch (Throwable e) {
            // The copy leaves out what cannot be read.
        }
        return new LoggedFailure(text(failure), trace, cause == null ? null : of(cause, depth + 1));
    }
}
