// SPDX-License-Identifier: Apache-2.0
package dev.openlines.examples.quickstart;

import dev.openlines.model.OnAppUninstall;
import dev.openlines.model.OnSessionFinish;
import dev.openlines.receiver.ClosedSessions;
import dev.openlines.receiver.EventHandler;
import dev.openlines.receiver.Handlers;
import dev.openlines.server.ConfigurationException;
import dev.openlines.server.PortalSessions;
import dev.openlines.server.ReceiverCommand;
import dev.openlines.server.ReceiverServer;
import dev.openlines.server.Settings;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Runs an operator's command if there are arguments. Otherwise starts {@link Quickstart}, or if an application is set, a
 * receiver for all who install it.
 */
final class Main {

    private static final String HOLD = "OPENLINES_TEST_HOLD";

    private Main() {}

    public static void main(String[] args) throws InterruptedException {
        if (args.length > 0) {
            System.exit(ReceiverCommand.run(
                    List.of(args), System.getenv(), Main::sessions, System.out::println, System.err::println));
        }
        Optional<Installations> installations;
        try {
            installations = Installations.of(Settings.fromEnvironment(HOLD).values());
        } catch (ConfigurationException e) {
            System.err.println(e.getMessage());
            System.exit(3);
            return;
        }
        String hold = System.getenv().getOrDefault(HOLD, "");
        if (installations.isEmpty() && hold.isBlank()) {
            Quickstart.main(args);
            return;
        }
        EventHandler<OnSessionFinish> closed = hold.isBlank() ? Quickstart::closed : held(Path.of(hold));
        installations.ifPresentOrElse(
                check -> receive(System.getenv(), closed, check), () -> receive(System.getenv(), closed));
    }

    /** Asks the portals that have installed the application, if one is set. */
    private static ClosedSessions sessions(Map<String, String> settings) {
        return Installations.of(settings).map(Installations::sessions).orElseGet(PortalSessions::new);
    }

    private static void receive(
            Map<String, String> environment, EventHandler<OnSessionFinish> closed, Installations installations) {
        Handlers handlers = Handlers.on(OnSessionFinish.class, closed)
                .on(OnAppUninstall.class, (event, context) -> installations.forget(context.memberId()))
                .otherwise((event, context) -> {});
        serve(() -> ReceiverServer.builder(handlers)
                .settings(Settings.of(environment, HOLD))
                .installations(installations.check())
                .sessions(installations.sessions())
                .queues(installations.queues())
                .start());
    }

    private static void receive(Map<String, String> environment, EventHandler<OnSessionFinish> closed) {
        Handlers handlers = Handlers.on(OnSessionFinish.class, closed).otherwise((event, context) -> {});
        serve(() -> ReceiverServer.builder(handlers)
                .settings(Settings.of(environment, HOLD))
                .start());
    }

    /**
     * Lets handlers wait while a file exists. For tests only: case 517 of the contract asks for slow work, and case 604
     * for time between storing and processing.
     */
    private static EventHandler<OnSessionFinish> held(Path hold) {
        return (finish, context) -> {
            while (Files.exists(hold)) {
                Thread.sleep(50);
            }
            Quickstart.closed(finish, context);
        };
    }

    private static void serve(Supplier<ReceiverServer> start) {
        try (ReceiverServer server = start.get()) {
            System.out.println("receiver ready at " + server.url());
            server.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ConfigurationException e) {
            System.err.println(e.getMessage());
            System.exit(3);
        }
    }
}
