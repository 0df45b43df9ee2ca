// SPDX-License-Identifier: Apache-2.0
package dev.openlines.spring;

/** A setting of {@code openlines}, or a handler, that does not let the application start. */
final class WrongSettingException extends IllegalStateException {

    private static final long serialVersionUID = 1;

    private final String action;

    /**
     * Names the setting.
     *
     * @param setting the setting without {@code openlines.}
     * @param reason the expected value, and the remedy; holds no secret
     */
    WrongSettingException(String setting, String reason) {
        super("openlines." + setting + ": " + reason);
        this.action = "Set it in application.properties, or in the environment.";
    }

    /**
     * Makes an exception for wrong handlers.
     *
     * @param reason the expected value
     */
    WrongSettingException(String reason) {
        super(reason);
        this.action = "Change the methods with @OpenLinesHandler, or the bean of type Handlers.";
    }

    private WrongSettingException(Exception cause, String action) {
        super(cause.getMessage(), cause);
        this.action = action;
    }

    /**
     * Makes one for an environment variable that sets nothing.
     *
     * @param cause names it
     */
    static WrongSettingException unknown(Exception cause) {
        return new WrongSettingException(
                cause, "Correct the name of the environment variable, or remove it: the starter does not read it.");
    }

    /** Returns what to do. */
    String action() {
        return action;
    }
}
