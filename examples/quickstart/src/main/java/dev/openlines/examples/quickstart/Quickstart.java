// SPDX-License-Identifier: Apache-2.0
package dev.openlines.examples.quickstart;

import dev.openlines.model.OnSessionFinish;
import dev.openlines.model.OpenLineChat;
import dev.openlines.receiver.ConfigurationException;
import dev.openlines.receiver.EventContext;
import dev.openlines.receiver.Handlers;
import dev.openlines.receiver.ReceiverConfig;
import dev.openlines.receiver.ReceiverServer;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Prints each closed chat; configured by the environment, see {@link ReceiverConfig#fromEnvironment}.
 *
 * <p>For tests only, {@code OPENLINES_TEST_HOLD} names a file: while it is there, handlers wait. That is the slow
 * work that the contract's case 517 asks for, and what lies between storing and processing in 604.
 */
final class Quickstart {

    private Quickstart() {}

    public static void main(String[] args) throws InterruptedException {
        Handlers handlers =
                Handlers.on(OnSessionFinish.class, Quickstart::closed).otherwise((event, context) -> {});
        try (ReceiverServer server = ReceiverServer.start(ReceiverConfig.fromEnvironment(System.getenv()), handlers)) {
            System.out.println("receiver ready at " + server.url());
            server.join();
        } catch (ConfigurationException e) {
            System.err.println(e.getMessage());
            System.exit(3);
        }
    }

    private static void closed(OnSessionFinish finish, EventContext context) throws InterruptedException {
        hold();
        for (OpenLineChat chat : finish.chats()) {
            System.out.println("closed chat=" + chat.chatId() + " line=" + chat.lineId() + " connector="
                    + chat.connector().connectorId() + " portal=" + context.memberId());
        }
    }

    /** Waits while the file of {@code OPENLINES_TEST_HOLD} is there. */
    private static void hold() throws InterruptedException {
        String file = System.getenv("OPENLINES_TEST_HOLD");
        while (file != null && !file.isBlank() && Files.exists(Path.of(file))) {
            Thread.sleep(50);
        }
    }
}
