// SPDX-License-Identifier: Apache-2.0
package dev.openlines.contract;

import java.util.List;

/** The suite's part of the command line, for whoever puts a command line together. */
public final class ContractCommands {

    private ContractCommands() {}

    /**
     * Returns the commands {@code verify}, {@code list}, {@code explain}, {@code practice} and {@code
     * selftest}, as picocli takes them.
     *
     * @return new objects, in the order of the help
     */
    public static List<Object> all() {
        return List.of(
                new VerifyCommand(),
                new CatalogueCommands.ListCommand(),
                new CatalogueCommands.ExplainCommand(),
                new PracticeCommand(),
                new SelftestCommand());
    }
}
