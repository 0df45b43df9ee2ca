// SPDX-License-Identifier: Apache-2.0
package dev.openlines.client;

import org.jspecify.annotations.Nullable;

/**
 * A call that gave no result. The subtypes say what to do about it; the text names the method and
 * holds no token.
 */
public abstract class ClientException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final String method;

    ClientException(String method, String message, @Nullable Throwable cause) {
        super(method + ": " + message, cause);
        this.method = method;
    }

    /**
     * Returns what was called.
     *
     * @return a REST method such as {@code event.bind}
     */
    public String method() {
        return method;
    }
}
