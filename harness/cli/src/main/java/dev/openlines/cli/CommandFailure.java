// SPDX-License-Identifier: Apache-2.0
package dev.openlines.cli;

import dev.openlines.client.ClientException;
import dev.openlines.client.ErrorCode;
import dev.openlines.client.RestException;
import java.util.Map;

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

    /** Returns the failure of a call, with the remedy for the code that the portal answered, if there is one. */
    static CommandFailure of(ClientException failure, Map<ErrorCode, String> remedies) {
        String remedy = failure instanceof RestException answer
                ? answer.code().map(remedies::get).orElse(null)
                : null;
        return failed(failure.getMessage() + (remedy == null ? "" : ": " + remedy));
    }

    static CommandFailure badInput(String message) {
        return new CommandFailure(OpenlinesCommand.BAD_INPUT, message);
    }

    int exitCode() {
        return exitCode;
    }
}
