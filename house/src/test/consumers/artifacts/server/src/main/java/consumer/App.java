// SPDX-License-Identifier: Apache-2.0
package consumer;

import dev.openlines.model.OnSessionFinish;
import dev.openlines.receiver.EventContext;
import dev.openlines.receiver.Handlers;
import dev.openlines.server.ReceiverServer;
import dev.openlines.server.Settings;
import java.nio.file.Files;
import java.util.Map;

/** The application of the README, with settings of its own, and without an end that it would wait for. */
public final class App {

    private App() {}

    public static void main(String[] args) throws Exception {
        Handlers handlers = Handlers.on(OnSessionFinish.class, App::closed).ignoringOthers();
        try (ReceiverServer server = ReceiverServer.builder(handlers)
                .settings(Settings.of(Map.of(
                        "OPENLINES_PORT", "0",
                        "OPENLINES_INBOX", Files.createTempDirectory("consumer").resolve("inbox.db").toString(),
                        "OPENLINES_MEMBER_ID", "a223c6b3710f85df22e9377d6c4f7553",
                        "OPENLINES_APPLICATION_TOKEN", "51856fefc120afa4b628cc82d3935cce")))
                .start()) {
            System.out.println("receiver ready at " + server.url().getPath());
        }
    }

    private static void closed(OnSessionFinish finish, EventContext context) {
        System.out.println("closed portal=" + context.memberId());
    }
}
