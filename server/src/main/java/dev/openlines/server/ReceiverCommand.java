// SPDX-License-Identifier: Apache-2.0
package dev.openlines.server;

import dev.openlines.client.RestClient;
import dev.openlines.receiver.ClosedSessions;
import dev.openlines.receiver.spi.OneLine;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;

/** The command line of a receiver's jar, for an application that passes its arguments on. */
public final class ReceiverCommand {

    private static final String HELP = """
            Without arguments the receiver starts. OPENLINES_ variables configure it: see docs/operations.md.

              inbox backlog         how many events wait, since when, and how many dead letters there are
              inbox list [AFTER]    dead letters, a hundred at most, with ids above AFTER
              inbox show ID         one dead letter with its history and payload
              inbox requeue ID|all  give dead letters back to the handlers
              inbox discard ID      give a dead letter up
              inbox purge DAYS      delete events that were done at least DAYS days ago
              inbox purge-dead DAYS delete dead letters that are at least DAYS days old
              inbox backup FILE     copy an inbox on SQLite to a new file
              inbox restore FILE    replace the inbox by a copy; the receiver must be stopped
              inbox check           look for damage
              inbox trust           trust OPENLINES_MEMBER_ID by OPENLINES_APPLICATION_TOKEN
              inbox copy-trust      make OPENLINES_NEW_INBOX trust the same portals
              inbox move            move the waiting events to OPENLINES_NEW_INBOX
              inbox new-key FILE    make a key for OPENLINES_TOKEN_KEY
              reconcile             compare portals with the inbox; see reconcile --help
              --json                after a command: each line of the answer is a JSON object
              --help, --version

            Exit codes: 0 done, 1 refused or failed, 3 wrong arguments or settings.""";

    private ReceiverCommand() {}

    /**
     * Runs a command: {@code inbox}, {@code reconcile}, {@code --help} or {@code --version}. {@code reconcile} asks the
     * portals that have installed the application of {@code OPENLINES_CLIENT_ID}, and that of {@code
     * OPENLINES_WEBHOOK}. Blocks.
     *
     * @param arguments the arguments of the command line, at least one
     * @param environment names and values, such as {@code System.getenv()}
     * @param out gets each line of the answer
     * @param err gets the one line that says what is wrong
     * @return the exit code: 0 done, 1 refused or failed, 3 wrong arguments or settings; {@code reconcile}: 0 nothing
     *     is missing any more, 1 a portal could not be compared or the store is down, 2 closes are missing that were
     *     not stored, 3 wrong arguments or settings
     */
    public static int run(
            List<String> arguments, Map<String, String> environment, Consumer<String> out, Consumer<String> err) {
        return run(
                arguments,
                environment,
                ReceiverCommand::sessions,
                line -> out.accept(OneLine.escaped(line)),
                line -> err.accept(OneLine.escaped(line)));
    }

    private static ClosedSessions sessions(Map<String, String> settings) {
        RestClient client = new ClientSettings(settings).open();
        return client == null ? new PortalSessions() : new PortalSessions(client);
    }

    /** Runs a command with the sessions of a test. */
    static int run(
            List<String> arguments,
            Map<String, String> environment,
            Function<Map<String, String>, ClosedSessions> sessions,
            Consumer<String> out,
            Consumer<String> err) {
        String command = arguments.isEmpty() ? "" : arguments.get(0);
        switch (command) {
            case "inbox" -> {
                return InboxCommand.run(arguments.subList(1, arguments.size()), environment, out, err);
            }
            case "reconcile" -> {
                return ReconcileCommand.run(arguments.subList(1, arguments.size()), environment, sessions, out, err);
            }
            case "--help", "-h", "help" -> HELP.lines().forEach(out);
            case "--version", "-V" -> out.accept("openlines " + Version.TEXT);
            default -> {
                err.accept('"' + OneLine.of(command, 60)
                        + "\" is no command: expected inbox, reconcile, --help or --version");
                return 3;
            }
        }
        return 0;
    }
}
