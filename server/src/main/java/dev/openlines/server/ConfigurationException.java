// SPDX-License-Identifier: Apache-2.0
package dev.openlines.server;

import org.jspecify.annotations.Nullable;

/** A setting of the operator keeps the receiver from starting. The message is one line and names the setting. */
public final class ConfigurationException extends RuntimeException {

    private static final long serialVersionUID = 1;

    /**
     * Makes one, also for settings of an application's own.
     *
     * @param message one line that names the setting and holds no secret
     * @param cause what told so, or null
     */
    public ConfigurationException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
