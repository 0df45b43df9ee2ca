// SPDX-License-Identifier: Apache-2.0
package dev.openlines.examples.quickstart;

import dev.openlines.model.OnAppUninstall;
import dev.openlines.model.OnSessionFinish;
import dev.openlines.receiver.ConfigurationException;
import dev.openlines.receiver.Handlers;
import dev.openlines.receiver.ReceiverConfig;
import dev.openlines.receiver.ReceiverServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/** What the jar runs: {@link Quickstart}, or where an application is set, a receiver for all who install it. */
final class Main {

    private Main() {}

    public static void main(String[] args) throws InterruptedException {
        Optional<Installations> installations;
        try {
            installations = Installations.of(ReceiverConfig.settings(System.getenv()));
        } catch (ConfigurationException e) {
            System.err.println(e.getMessage());
            System.exit(3);
            return;
        }
        String hold = System.getenv().getOrDefault("OPENLINES_TEST_HOLD", "");
        if (installations.isPresent()) {
            receive(System.getenv(), installations.get());
        } else if (!hold.isBlank()) {
            receiveHeld(System.getenv(), Path.of(hold));
        } else {
            Quickstart.main(args);
        }
    }

    private static void receive(Map<String, String> environment, Installations installations)
            throws InterruptedException {
        Handlers handlers = Handlers.on(
                        OnSessionFinish.class,
                        (finish, context) -> System.out.println(
                                "closed chats=" + finish.chats().size() + " portal=" + context.memberId()))
                .on(OnAppUninstall.class, (event, context) -> installations.forget(context.memberId()))
                .otherwise((event, context) -> {});
        serve(() -> ReceiverServer.start(ReceiverConfig.fromEnvironment(environment), handlers, installations));
    }

    /**
     * For tests only: handlers wait while a file is there. That is the slow work that the contract's case 517 asks
     * for, and what lies between storing and processing in 604.
     */
    private static void receiveHeld(Map<String, String> environment, Path hold) throws InterruptedException {
        Handlers handlers = Handlers.on(OnSessionFinish.class, (finish, context) -> {
                    while (Files.exists(hold)) {
                        Thread.sleep(50);
                    }
                    Quickstart.closed(finish, context);
                })
                .otherwise((event, context) -> {});
        serve(() -> ReceiverServer.start(ReceiverConfig.fromEnvironment(environment), handlers));
    }

    private static void serve(Supplier<ReceiverServer> start) throws InterruptedException {
        try (ReceiverServer server = start.get()) {
            System.out.println("receiver ready at " + server.url());
            server.join();
        } catch (ConfigurationException e) {
            System.err.println(e.getMessage());
            System.exit(3);
        }
    }
}
