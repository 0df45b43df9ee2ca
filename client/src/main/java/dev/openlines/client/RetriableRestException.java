// SPDX-License-Identifier: Apache-2.0
package dev.openlines.client;

import java.time.Duration;

/** Thrown if the platform refused a call for now; the same call may succeed later. */
public final class RetriableRestException extends RestException {

    private static final long serialVersionUID = 1L;

    private final Duration retryAfter;
    private final boolean mayHaveRun;

    RetriableRestException(String method, RestError error, Duration retryAfter, boolean mayHaveRun) {
        super(method, error);
        this.retryAfter = retryAfter;
        this.mayHaveRun = mayHaveRun;
    }

    /**
     * Returns how long to wait before another attempt: the answer's {@code Retry-After} if it has one, else a guess by
     * the code.
     *
     * @return at least one millisecond
     */
    public Duration retryAfter() {
        return retryAfter;
    }

    /**
     * Tells whether the call may have had its effect although it was refused.
     *
     * @return false if the platform refuses such calls before they run, as it does over its rate
     *     limits
     */
    public boolean mayHaveRun() {
        return mayHaveRun;
    }
}
