// SPDX-License-Identifier: Apache-2.0
package dev.openlines.examples.quickstart;

import dev.openlines.server.ConfigurationException;
import dev.openlines.server.InboxCommand;
import dev.openlines.server.PortalSessions;
import dev.openlines.server.ReconcileCommand;
import dev.openlines.server.Settings;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Looks into the inbox that OPENLINES_INBOX names, as {@code java -jar quickstart.jar inbox} does; {@code reconcile}
 * compares it with what portals have closed.
 */
public final class InboxTool {

    private InboxTool() {}

    /**
     * Runs one command and ends with its exit code.
     *
     * @param args {@code reconcile} as {@link ReconcileCommand#run} has it, or see {@link
     *     InboxCommand#run}
     */
    public static void main(String[] args) {
        if (args.length > 0 && args[0].equals("reconcile")) {
            System.exit(reconcile(List.of(args).subList(1, args.length)));
        }
        System.exit(InboxCommand.run(List.of(args), System.getenv(), System.out::println, System.err::println));
    }

    private static int reconcile(List<String> arguments) {
        try {
            Map<String, String> settings = Settings.fromEnvironment().values();
            Optional<PortalSessions> granted = Installations.of(settings).map(Installations::sessions);
            if (granted.isEmpty()
                    && settings.getOrDefault("OPENLINES_WEBHOOK", "").isBlank()) {
                throw new ConfigurationException(
                        "OPENLINES_CLIENT_ID: expected the application that asks portals but found none", null);
            }
            return ReconcileCommand.run(
                    arguments,
                    System.getenv(),
                    granted.orElseGet(PortalSessions::new),
                    System.out::println,
                    System.err::println);
        } catch (ConfigurationException e) {
            System.err.println(e.getMessage());
            return 3;
        }
    }
}
