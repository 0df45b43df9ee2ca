// SPDX-License-Identifier: Apache-2.0
package dev.openlines.examples.contracttest;

import dev.openlines.model.ConnectorCode;
import dev.openlines.model.OnSessionFinish;
import dev.openlines.model.OpenLineChat;
import dev.openlines.parser.EventJson;
import dev.openlines.receiver.EventContext;
import dev.openlines.receiver.Handlers;
import dev.openlines.server.ReceiverServer;
import dev.openlines.server.Settings;
import jakarta.json.bind.Jsonb;
import jakarta.json.bind.JsonbBuilder;
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
     * @param lineId the open line, or null if the event has none
     * @param connectorId the connector's code, or null if the event has none
     * @param lineName the open line's name, or null if the event has none
     */
    record Entry(
            String memberId,
            long chatId,
            @Nullable Long lineId,
            @Nullable ConnectorCode connectorId,
            @Nullable String lineName) {}

    private static final Jsonb JSONB = JsonbBuilder.create(EventJson.config());

    private final List<Entry> entries = new CopyOnWriteArrayList<>();
    private final List<String> json = new CopyOnWriteArrayList<>();

    /** Starts the receiver that fills this log. */
    ReceiverServer start(Settings config) {
        return ReceiverServer.builder(
                        Handlers.on(OnSessionFinish.class, this::closed).ignoringOthers())
                .settings(config)
                .start();
    }

    List<Entry> entries() {
        return List.copyOf(entries);
    }

    /** Returns the events as JSON, as another service would take them. */
    List<String> json() {
        return List.copyOf(json);
    }

    private void closed(OnSessionFinish finish, EventContext context) {
        json.add(JSONB.toJson(finish));
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
