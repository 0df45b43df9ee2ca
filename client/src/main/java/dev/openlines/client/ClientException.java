// SPDX-License-Identifier: Apache-2.0
package dev.openlines.client;

import org.jspecify.annotations.Nullable;

/**
 * Thrown if a call gave no result. The subtypes tell what can be done about it. The message names the method and holds
 * no token.
 */
public abstract class ClientException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final String method;

    ClientException(String method, String message, @Nullable Throwable cause) {
        super(method + ": " + message, cause);
        this.method = method;
    }

    /**
     * Returns the method that was called.
     *
     * @return a REST method such as {@code event.bind}
     */
    public String method() {
        return method;
    }
}
