// SPDX-License-Identifier: Apache-2.0
package dev.openlines.examples.quickstart;

import dev.openlines.model.OnAppUninstall;
import dev.openlines.model.OnSessionFinish;
import dev.openlines.model.OpenLineChat;
import dev.openlines.receiver.ConfigurationException;
import dev.openlines.receiver.EventContext;
import dev.openlines.receiver.Handlers;
import dev.openlines.receiver.ReceiverConfig;
import dev.openlines.receiver.ReceiverServer;
import java.util.Map;
import java.util.Optional;

/**
 * Prints each closed chat; configured by the environment, see {@link ReceiverConfig#fromEnvironment} and, for
 * portals that install the application, {@link Installations}.
 */
final class Quickstart {

    private Quickstart() {}

    public static void main(String[] args) throws InterruptedException {
        try (ReceiverServer server = start(ReceiverConfig.settings(System.getenv()))) {
            System.out.println("receiver ready at " + server.url());
            server.join();
        } catch (ConfigurationException e) {
            System.err.println(e.getMessage());
            System.exit(3);
        }
    }

    private static ReceiverServer start(Map<String, String> settings) {
        ReceiverConfig config = ReceiverConfig.fromEnvironment(settings);
        Optional<Installations> installations = Installations.of(settings);
        Handlers handlers = Handlers.on(OnSessionFinish.class, Quickstart::closed)
                .on(
                        OnAppUninstall.class,
                        (event, context) -> installations.ifPresent(all -> all.forget(context.memberId())))
                .otherwise((event, context) -> {});
        return installations.isPresent()
                ? ReceiverServer.start(config, handlers, installations.get())
                : ReceiverServer.start(config, handlers);
    }

    private static void closed(OnSessionFinish finish, EventContext context) {
        for (OpenLineChat chat : finish.chats()) {
            System.out.println("closed chat=" + chat.chatId() + " line=" + chat.lineId() + " connector="
                    + chat.connector().connectorId() + " portal=" + context.memberId());
        }
    }
}
