// SPDX-License-Identifier: Apache-2.0
package dev.openlines.parser;

import dev.openlines.model.EventHeader;
import dev.openlines.model.OnOpenLineMessageAdd;
import dev.openlines.model.OnOpenLineMessageDelete;
import dev.openlines.model.OnOpenLineMessageUpdate;
import dev.openlines.model.OnSessionFinish;
import dev.openlines.model.OnSessionStart;
import dev.openlines.model.OpenLineChat;
import dev.openlines.model.OpenLineMessage;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The events of {@code imopenlines} about chats and their messages. */
final class ChatEvents {

    static final List<EventType<?>> ROWS = List.of(
            new EventType<OnSessionFinish>(OnSessionFinish.CODE, OnSessionFinish.class) {
                @Override
                @Nullable
                OnSessionFinish read(EventHeader header, EventReader in) {
                    List<OpenLineChat> chats = in.chats.chats();
                    return chats.isEmpty() ? null : new OnSessionFinish(header, chats);
                }

                @Override
                void write(OnSessionFinish event, EventWriter out) {
                    out.chats(event.chats());
                }
            },
            new EventType<OnSessionStart>(OnSessionStart.CODE, OnSessionStart.class) {
                @Override
                @Nullable
                OnSessionStart read(EventHeader header, EventReader in) {
                    List<OpenLineChat> chats = in.chats.chats();
                    return chats.isEmpty() ? null : new OnSessionStart(header, chats);
                }

                @Override
                void write(OnSessionStart event, EventWriter out) {
                    out.chats(event.chats());
                }
            },
            new EventType<OnOpenLineMessageAdd>(OnOpenLineMessageAdd.CODE, OnOpenLineMessageAdd.class) {
                @Override
                @Nullable
                OnOpenLineMessageAdd read(EventHeader header, EventReader in) {
                    Node data = in.requiredData();
                    List<OpenLineMessage> messages = messages(in, data, false);
                    return messages.isEmpty()
                            ? null
                            : new OnOpenLineMessageAdd(header, in.connector(data), in.line(data), messages);
                }

                @Override
                void write(OnOpenLineMessageAdd event, EventWriter out) {
                    out.side(event.connector(), event.line());
                    out.messages("DATA", event.messages(), event.messages().size() > 1, message -> false);
                }
            },
            new EventType<OnOpenLineMessageUpdate>(OnOpenLineMessageUpdate.CODE, OnOpenLineMessageUpdate.class) {
                @Override
                @Nullable
                OnOpenLineMessageUpdate read(EventHeader header, EventReader in) {
                    Node data = in.requiredData();
                    List<OpenLineMessage> messages = messages(in, data, false);
                    return messages.isEmpty()
                            ? null
                            : new OnOpenLineMessageUpdate(header, in.connector(data), in.line(data), messages);
                }

                @Override
                void write(OnOpenLineMessageUpdate event, EventWriter out) {
                    out.side(event.connector(), event.line());
                    out.messages(
                            "DATA", event.messages(), event.messages().size() > 1, message -> message.im() != null);
                }
            },
            new EventType<OnOpenLineMessageDelete>(OnOpenLineMessageDelete.CODE, OnOpenLineMessageDelete.class) {
                @Override
                @Nullable
                OnOpenLineMessageDelete read(EventHeader header, EventReader in) {
                    Node data = in.requiredData();
                    boolean operator = in.connector(data) != null;
                    List<OpenLineMessage> messages = messages(in, data, operator);
                    return messages.isEmpty()
                            ? null
                            : new OnOpenLineMessageDelete(header, in.connector(data), in.line(data), messages);
                }

                @Override
                void write(OnOpenLineMessageDelete event, EventWriter out) {
                    out.side(event.connector(), event.line());
                    boolean list = event.messages().size() > 1 || event.connector() != null;
                    out.messages("DATA", event.messages(), list, message -> false);
                }
            });

    private ChatEvents() {}

    private static List<OpenLineMessage> messages(EventReader in, @Nullable Node data, boolean listSent) {
        return new MessageReader(in).messages(in.chats.elements(data, "at least one message"), listSent);
    }
}
