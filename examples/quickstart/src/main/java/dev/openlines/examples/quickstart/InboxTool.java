// SPDX-License-Identifier: Apache-2.0
package dev.openlines.examples.quickstart;

import dev.openlines.receiver.InboxCommand;
import java.util.List;

/** Looks into the inbox that OPENLINES_INBOX names: {@code backlog}, {@code list}, {@code show}, {@code requeue}. */
public final class InboxTool {

    private InboxTool() {}

    /**
     * Runs one command and ends with its exit code.
     *
     * @param args see {@link InboxCommand}
     */
    public static void main(String[] args) {
        System.exit(InboxCommand.run(List.of(args), System.getenv(), System.out::println, System.err::println));
    }
}
