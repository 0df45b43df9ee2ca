// SPDX-License-Identifier: Apache-2.0
package dev.openlines.client;

import org.jspecify.annotations.Nullable;

/**
 * Thrown if a call got no answer from the platform: there was no connection, it broke, the time was up, or the answer
 * was no JSON, such as the page of a proxy. In the last case the message names its status, content type and length.
 */
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
     * Tells whether the call may have had its effect although no answer of the platform came.
     *
     * @return false if it is certain that the request was not sent
     */
    public boolean mayHaveRun() {
        return mayHaveRun;
    }
}
