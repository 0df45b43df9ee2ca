// SPDX-License-Identifier: Apache-2.0
package dev.openlines.cli;

/** Ends a command with one line for its user and an exit code. */
final class CommandFailure extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final int exitCode;

    private CommandFailure(int exitCode, String message) {
        super(message, null, false, false);
        this.exitCode = exitCode;
    }

    static CommandFailure failed(String message) {
        return new CommandFailure(OpenlinesCommand.FAILED, message);
    }

    static CommandFailure badInput(String message) {
        return new CommandFailure(OpenlinesCommand.BAD_INPUT, message);
    }

    int exitCode() {
        return exitCode;
    }
}
