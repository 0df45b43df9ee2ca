// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import dev.openlines.receiver.spi.OneLine;
import org.jspecify.annotations.Nullable;

/** The store cannot be used now, or not by this version. Nothing was acknowledged. */
public final class StoreException extends RuntimeException {

    private static final long serialVersionUID = 1;

    /**
     * Makes an exception for something that the store could not do.
     *
     * @param message the action and its place, without content
     * @param cause the exception of the store, or null
     */
    public StoreException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }

    /** Makes an exception whose message ends with the store's own message, on one line and without secrets. */
    static StoreException because(String message, Throwable cause) {
        return new StoreException(message + ": " + OneLine.cause(cause), cause);
    }
}
