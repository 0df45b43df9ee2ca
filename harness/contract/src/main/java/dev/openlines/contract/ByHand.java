// SPDX-License-Identifier: Apache-2.0
package dev.openlines.contract;

/** Makes the command line that sends a request of a case again. */
final class ByHand {

    /** Stands for the application token in a shell, which says so if the variable is not set. */
    private static final String TOKEN = "\"${APPLICATION_TOKEN:?}\"";

    private ByHand() {}

    /** Returns the line for a shell. The seed and the second are those that the case was run with. */
    static String line(ContractCase one, long seed, long at, Settings settings, int request) {
        return "java -jar openlines.jar explain " + one.id() + " --seed " + seed + "@" + at + " --handler "
                + settings.handler + " --member-id " + settings.memberId
                + (one.captures() ? settings.captureFlag() : "")
                + " --application-token " + TOKEN + " --raw " + request + " --send";
    }

    /** Returns a command with a variable in place of the token, also of one in quotes. */
    static String command(String command, String token) {
        return command.replace("'" + token + "'", TOKEN)
                .replace('"' + token + '"', TOKEN)
                .replace(token, TOKEN);
    }
}
