// SPDX-License-Identifier: Apache-2.0
package dev.openlines.examples.quickstart;

import dev.openlines.model.OnSessionFinish;
import dev.openlines.model.OpenLineChat;
import dev.openlines.receiver.EventContext;
import dev.openlines.receiver.Handlers;
import dev.openlines.server.ConfigurationException;
import dev.openlines.server.ReceiverServer;
import dev.openlines.server.Settings;

/** Prints each closed chat; configured by the environment, see {@link Settings#fromEnvironment}. */
final class Quickstart {

    private Quickstart() {}

    public static void main(String[] args) throws InterruptedException {
        Handlers handlers =
                Handlers.on(OnSessionFinish.class, Quickstart::closed).ignoringOthers();
        try (ReceiverServer server = ReceiverServer.builder(handlers)
                .settings(Settings.fromEnvironment())
                .start()) {
            System.out.println("receiver ready at " + server.url());
            server.join();
        } catch (ConfigurationException e) {
            System.err.println(e.getMessage());
            System.exit(3);
        }
    }

    static void closed(OnSessionFinish finish, EventContext context) {
        for (OpenLineChat chat : finish.chats()) {
            System.out.println("closed chat=" + chat.chatId() + " line=" + chat.lineId() + " connector="
                    + chat.connector().connectorId() + " portal=" + context.memberId());
        }
    }
}
