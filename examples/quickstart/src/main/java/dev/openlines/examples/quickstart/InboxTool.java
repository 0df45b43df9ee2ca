// SPDX-License-Identifier: Apache-2.0
package dev.openlines.examples.quickstart;

import dev.openlines.server.InboxCommand;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * Looks into the inbox that OPENLINES_INBOX names: {@code backlog}, {@code list}, {@code show}, {@code requeue};
 * and {@code new-key FILE} makes a key for {@link Installations}.
 */
public final class InboxTool {

    private InboxTool() {}

    /**
     * Runs one command and ends with its exit code.
     *
     * @param args {@code new-key FILE}, or see {@link InboxCommand#run}
     */
    public static void main(String[] args) {
        if (args.length == 2 && args[0].equals("new-key")) {
            System.exit(newKey(args[1]));
        }
        System.exit(InboxCommand.run(List.of(args), System.getenv(), System.out::println, System.err::println));
    }

    private static int newKey(String file) {
        try {
            Installations.newKey(Path.of(file));
            return 0;
        } catch (IOException e) {
            System.err.println("expected to make a new file but could not: " + file);
            return 1;
        }
    }
}
