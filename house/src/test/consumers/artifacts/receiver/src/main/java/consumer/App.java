// SPDX-License-Identifier: Apache-2.0
package consumer;

import dev.openlines.model.OnSessionFinish;
import dev.openlines.receiver.DispatchPolicy;
import dev.openlines.receiver.Dispatcher;
import dev.openlines.receiver.Handlers;
import dev.openlines.receiver.Inbox;
import dev.openlines.receiver.LeasingInbox;
import dev.openlines.receiver.Telemetry;
import java.nio.file.Files;
import java.time.InstantSource;

/** Opens an inbox on disk, and handles what is in it. */
public final class App {

    private App() {}

    public static void main(String[] args) throws Exception {
        Handlers handlers = Handlers.on(OnSessionFinish.class, (finish, context) -> {}).ignoringOthers();
        try (LeasingInbox inbox = Inbox.sqlite(Files.createTempDirectory("consumer").resolve("inbox.db"));
                Dispatcher dispatcher = new Dispatcher(
                        inbox, handlers, DispatchPolicy.DEFAULT, InstantSource.system(), Telemetry.none())) {
            dispatcher.start();
            System.out.println("waiting=" + inbox.backlog().waiting());
        }
    }
}
