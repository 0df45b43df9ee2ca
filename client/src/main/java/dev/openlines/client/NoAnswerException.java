// SPDX-License-Identifier: Apache-2.0
package dev.openlines.client;

import org.jspecify.annotations.Nullable;

/** A call got no answer: no connection, a broken one, or the time was up. */
public final class NoAnswerException extends ClientException {

    private static final long serialVersionUID = 1L;

    private final boolean mayHaveRun;

    NoAnswerException(String method, String what, boolean mayHaveRun, @Nullable Throwable cause) {
        super(
                method,
                "no answer: " + what + (mayHaveRun ? " (the call may have run)" : " (the call did not run)"),
                cause);
        this.mayHaveRun = mayHaveRun;
    }

    /**
     * Tells whether the call may have had its effect all the same.
     *
     * @return false if the request surely never left
     */
    public boolean mayHaveRun() {
        return mayHaveRun;
    }
}
