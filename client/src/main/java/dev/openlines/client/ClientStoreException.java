// SPDX-License-Identifier: Apache-2.0
package dev.openlines.client;

import org.jspecify.annotations.Nullable;

/**
 * A {@link TokenStore}, or the store behind the sink of an {@link OfflineQueue}, could not read or write. A write may
 * have happened or not.
 */
public final class ClientStoreException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /**
     * Makes an exception. Stores of an application may use this.
     *
     * @param message the action that failed, without tokens
     * @param cause the cause; may be null
     */
    public ClientStoreException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
