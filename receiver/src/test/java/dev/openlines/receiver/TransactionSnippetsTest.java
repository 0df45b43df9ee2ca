// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.model.OnSessionFinish;
import dev.openlines.model.OpenLineChat;
import dev.openlines.testkit.Await;
import dev.openlines.testkit.Bodies;
import java.nio.file.Path;
import java.sql.Connection;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The handlers that {@code docs/operations.md} shows. */
class TransactionSnippetsTest {

    @TempDir
    Path directory;

    private final Archive archive = new Archive();

    private static final class Archive {

        private final List<String> added = Collections.synchronizedList(new ArrayList<>());

        void add(Connection connection, OnSessionFinish finish) {
            assertThat(connection).isNotNull();
            added.add("event of " + finish.chats().size());
        }

        void add(Connection connection, OpenLineChat chat) {
            assertThat(connection).isNotNull();
            added.add("chat " + chat.chatId());
        }
    }

    @Test
    void theEventHasOneEffectAndEachChatHasOne() {
        Handlers handlers = Handlers.on(OnSessionFinish.class, (finish, context) -> {
                    // One effect for the event
                    context.inTransaction(connection -> archive.add(connection, finish));

                    // One effect for each chat: a retry goes on with the chats that have none
                    for (OpenLineChat chat : finish.chats()) {
                        context.inTransaction(chat.chatId(), connection -> archive.add(connection, chat));
                    }
                })
                .ignoringOthers();
        try (LeasingInbox inbox = Inbox.sqlite(directory.resolve("inbox.db"))) {
            Deliveries.store(inbox, Deliveries.delivery(Bodies.chats(7, 8)));
            try (Dispatcher dispatcher = new Dispatcher(
                            inbox, handlers, DispatchPolicy.DEFAULT, InstantSource.system(), Telemetry.none())
                    .start()) {
                dispatcher.wake();
                Await.until("all is handled", () -> inbox.backlog().waiting() == 0);
            }
        }
        assertThat(archive.added).containsExactly("event of 2", "chat 7", "chat 8");
    }
}
