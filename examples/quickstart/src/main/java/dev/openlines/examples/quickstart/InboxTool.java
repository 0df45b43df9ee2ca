// SPDX-License-Identifier: Apache-2.0
package dev.openlines.examples.quickstart;

import dev.openlines.receiver.ReceiverServer;
import java.util.List;

/** Looks into the inbox that OPENLINES_INBOX names: {@code backlog}, {@code list}, {@code show}, {@code requeue}. */
public final class InboxTool {

    private InboxTool() {}

    /**
     * Runs one command and ends with its exit code.
     *
     * @param args see {@link ReceiverServer#command}
     */
    public static void main(String[] args) {
        System.exit(ReceiverServer.command(List.of(args), System.getenv(), System.out::println, System.err::println));
    }
}
