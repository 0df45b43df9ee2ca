// SPDX-License-Identifier: Apache-2.0
package dev.openlines.server;

import dev.openlines.receiver.spi.OneLine;
import org.jspecify.annotations.Nullable;

/** Thrown if a wrong setting prevents the receiver from starting. The message is one line and names the setting. */
public final class ConfigurationException extends RuntimeException {

    private static final long serialVersionUID = 1;

    /** The most characters of a value that a message shows. */
    private static final int FOUND = 60;

    /**
     * Makes an exception. Applications may use it for their own settings.
     *
     * @param message one line that names the setting and holds no secret
     * @param cause the cause, or null
     */
    public ConfigurationException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }

    /**
     * Makes an exception whose message shows the found value, cut if it is long and without characters that control a
     * terminal. Do not use it for a setting that holds a secret.
     *
     * @param setting the name
     * @param expected a description of right values
     * @param found its value
     * @return the exception
     */
    public static ConfigurationException wrong(String setting, String expected, String found) {
        return new ConfigurationException(
                setting + ": expected " + expected + ", found \"" + OneLine.of(found, FOUND) + '"', null);
    }

    /**
     * Makes an exception whose message ends with that of a database, a driver or a file system, on one line and without
     * a password.
     *
     * @param message the setting and the action that failed
     * @param cause the exception of the database, driver or file system
     * @return the exception
     */
    public static ConfigurationException because(String message, Throwable cause) {
        return new ConfigurationException(message + ": " + OneLine.cause(cause), cause);
    }
}
