// SPDX-License-Identifier: Apache-2.0
package dev.openlines.examples.quickstart;

import dev.openlines.model.OnAppUninstall;
import dev.openlines.model.OnSessionFinish;
import dev.openlines.receiver.ConfigurationException;
import dev.openlines.receiver.Handlers;
import dev.openlines.receiver.ReceiverConfig;
import dev.openlines.receiver.ReceiverServer;
import java.util.Map;
import java.util.Optional;

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
        if (installations.isPresent()) {
            receive(System.getenv(), installations.get());
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
        try (ReceiverServer server =
                ReceiverServer.start(ReceiverConfig.fromEnvironment(environment), handlers, installations)) {
            System.out.println("receiver ready at " + server.url());
            server.join();
        } catch (ConfigurationException e) {
            System.err.println(e.getMessage());
            System.exit(3);
        }
    }
}
