// SPDX-License-Identifier: Apache-2.0
package dev.openlines.examples.quickstart;

import dev.openlines.model.OnSessionFinish;
import dev.openlines.receiver.EventHandler;
import dev.openlines.receiver.Handlers;
import dev.openlines.server.ReceiverCommand;
import dev.openlines.server.ReceiverServer;
import dev.openlines.server.Settings;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Runs an operator's command if there are arguments, and {@link Quickstart} otherwise. */
final class Main {

    private static final String HOLD = "OPENLINES_TEST_HOLD";

    private Main() {}

    public static void main(String[] args) throws InterruptedException {
        if (args.length > 0) {
            System.exit(ReceiverCommand.run(List.of(args), System.getenv(), System.out::println, System.err::println));
        }
        String hold = System.getenv().getOrDefault(HOLD, "");
        if (hold.isBlank()) {
            Quickstart.main(args);
            return;
        }
        Handlers handlers =
                Handlers.on(OnSessionFinish.class, held(Path.of(hold))).ignoringOthers();
        try (ReceiverServer server = ReceiverServer.builder(handlers)
                .settings(Settings.fromEnvironment(HOLD))
                .start()) {
            System.out.println("receiver ready at " + server.url());
            server.join();
        }
    }

    /**
     * Lets handlers wait as long as a file is there. It is for tests: the slow work that the contract's case 517 asks
     * for, and the time between storing and processing in 604.
     */
    private static EventHandler<OnSessionFinish> held(Path hold) {
        return (finish, context) -> {
            while (Files.exists(hold)) {
                Thread.sleep(50);
            }
            Quickstart.closed(finish, context);
        };
    }
}
