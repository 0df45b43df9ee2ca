// SPDX-License-Identifier: Apache-2.0
package dev.openlines.examples.contracttest;

import dev.openlines.model.ConnectorCode;
import dev.openlines.model.OnSessionFinish;
import dev.openlines.model.OpenLineChat;
import dev.openlines.receiver.EventContext;
import dev.openlines.receiver.Handlers;
import dev.openlines.server.ReceiverServer;
import dev.openlines.server.Settings;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/** The application under test: it keeps a list of closed chats. */
final class ChatLog {

    /**
     * A closed chat.
     *
     * @param memberId the portal
     * @param chatId the chat
     * @param lineId the open line, or null where the event has none
     * @param connectorId the connector's code, or null where the event has none
     * @param lineName the open line's name, or null where the event has none
     */
    record Entry(
            String memberId,
            long chatId,
            @Nullable Long lineId,
            @Nullable ConnectorCode connectorId,
            @Nullable String lineName) {}

    private final List<Entry> entries = new CopyOnWriteArrayList<>();

    /** Starts the receiver that fills this log. */
    ReceiverServer start(Settings config) {
        return ReceiverServer.builder(
                        Handlers.on(OnSessionFinish.class, this::closed).otherwise((event, context) -> {}))
                .settings(config)
                .start();
    }

    List<Entry> entries() {
        return List.copyOf(entries);
    }

    private void closed(OnSessionFinish finish, EventContext context) {
        for (OpenLineChat chat : finish.chats()) {
            entries.add(new Entry(
                    context.memberId(),
                    chat.chatId(),
                    chat.lineId(),
                    chat.connector().connectorId(),
                    chat.lineName()));
        }
    }
}
