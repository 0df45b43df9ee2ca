// SPDX-License-Identifier: Apache-2.0
package dev.openlines.server;

import dev.openlines.receiver.spi.OneLine;
import org.jspecify.annotations.Nullable;

/** A setting of the operator keeps the receiver from starting. The message is one line and names the setting. */
public final class ConfigurationException extends RuntimeException {

    private static final long serialVersionUID = 1;

    /** The characters of a value that a message shows. */
    private static final int FOUND = 60;

    /**
     * Makes one, also for settings of an application's own.
     *
     * @param message one line that names the setting and holds no secret
     * @param cause what told so, or null
     */
    public ConfigurationException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }

    /**
     * Makes one that says what was found, without characters that steer a terminal, and cut if it is long. Do not use it
     * for a setting that holds a secret.
     *
     * @param setting the name
     * @param expected what the setting may be
     * @param found its value
     * @return the exception
     */
    public static ConfigurationException wrong(String setting, String expected, String found) {
        return new ConfigurationException(
                setting + ": expected " + expected + ", found \"" + OneLine.of(found, FOUND) + '"', null);
    }

    /**
     * Makes one that ends with what a database, a driver or a file system said: one line, without a password.
     *
     * @param message the setting, and what cannot be done
     * @param cause what told so
     * @return the exception
     */
    public static ConfigurationException because(String message, Throwable cause) {
        return new ConfigurationException(message + ": " + OneLine.cause(cause), cause);
    }
}
