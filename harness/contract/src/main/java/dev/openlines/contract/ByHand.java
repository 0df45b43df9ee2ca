// SPDX-License-Identifier: Apache-2.0
package dev.openlines.contract;

/** Makes the command line that sends a request of a case again. */
final class ByHand {

    private ByHand() {}

    /** Returns the line for a shell. The seed and the second are those that the case was run with. */
    static String line(ContractCase one, long seed, long at, Settings settings, int request) {
        return "java -jar openlines.jar explain " + one.id() + " --seed " + seed + "@" + at + " --handler "
                + settings.handler + " --member-id " + settings.memberId
                + (one.captures() ? settings.captureFlag() : "")
                + " --application-token \"$APPLICATION_TOKEN\" --raw " + request + " --send";
    }
}
