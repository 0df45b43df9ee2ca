// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import dev.openlines.receiver.spi.OneLine;
import org.jspecify.annotations.Nullable;

/** The store cannot be used now, or not by this version. Nothing was acknowledged. */
public final class StoreException extends RuntimeException {

    private static final long serialVersionUID = 1;

    /**
     * Says what the store could not do.
     *
     * @param message what was tried and where, without content
     * @param cause what the store said, or null
     */
    public StoreException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }

    /** Says it with what the store said, on one line and without secrets. */
    static StoreException because(String message, Throwable cause) {
        return new StoreException(message + ": " + OneLine.cause(cause), cause);
    }
}
