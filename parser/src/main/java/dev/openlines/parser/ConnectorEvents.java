// SPDX-License-Identifier: Apache-2.0
package dev.openlines.parser;

import dev.openlines.model.ConnectorCode;
import dev.openlines.model.ConnectorDialog;
import dev.openlines.model.EventHeader;
import dev.openlines.model.OnImConnectorDialogFinish;
import dev.openlines.model.OnImConnectorDialogStart;
import dev.openlines.model.OnImConnectorLineDelete;
import dev.openlines.model.OnImConnectorMessageAdd;
import dev.openlines.model.OnImConnectorMessageDelete;
import dev.openlines.model.OnImConnectorMessageUpdate;
import dev.openlines.model.OnImConnectorStatusDelete;
import dev.openlines.model.OpenLineMessage;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The events of {@code imconnector}, about connectors that the application itself registered. */
final class ConnectorEvents {

    static final Name MESSAGES = Name.of("MESSAGES");

    static final List<EventType<?>> ROWS = List.of(
            new EventType<OnImConnectorMessageAdd>(OnImConnectorMessageAdd.CODE, OnImConnectorMessageAdd.class) {
                @Override
                @Nullable
                OnImConnectorMessageAdd read(EventHeader header, EventReader in) {
                    Node data = in.requiredData();
                    List<OpenLineMessage> messages = messages(in, data);
                    return messages.isEmpty()
                            ? null
                            : new OnImConnectorMessageAdd(header, in.connector(data), in.line(data), messages);
                }

                @Override
                void write(OnImConnectorMessageAdd event, EventWriter out) {
                    out.side(event.connector(), event.line());
                    out.messages("MESSAGES", event.messages(), true, message -> false);
                }
            },
            new EventType<OnImConnectorMessageUpdate>(
                    OnImConnectorMessageUpdate.CODE, OnImConnectorMessageUpdate.class) {
                @Override
                @Nullable
                OnImConnectorMessageUpdate read(EventHeader header, EventReader in) {
                    Node data = in.requiredData();
                    List<OpenLineMessage> messages = messages(in, data);
                    return messages.isEmpty()
                            ? null
                            : new OnImConnectorMessageUpdate(header, in.connector(data), in.line(data), messages);
                }

                @Override
                void write(OnImConnectorMessageUpdate event, EventWriter out) {
                    out.side(event.connector(), event.line());
                    out.messages("MESSAGES", event.messages(), true, message -> true);
                }
            },
            new EventType<OnImConnectorMessageDelete>(
                    OnImConnectorMessageDelete.CODE, OnImConnectorMessageDelete.class) {
                @Override
                @Nullable
                OnImConnectorMessageDelete read(EventHeader header, EventReader in) {
                    Node data = in.requiredData();
                    List<OpenLineMessage> messages = messages(in, data);
                    return messages.isEmpty()
                            ? null
                            : new OnImConnectorMessageDelete(header, in.connector(data), in.line(data), messages);
                }

                @Override
                void write(OnImConnectorMessageDelete event, EventWriter out) {
                    out.side(event.connector(), event.line());
                    out.messages("MESSAGES", event.messages(), true, message -> false);
                }
            },
            new EventType<OnImConnectorDialogStart>(OnImConnectorDialogStart.CODE, OnImConnectorDialogStart.class) {
                @Override
                @Nullable
                OnImConnectorDialogStart read(EventHeader header, EventReader in) {
                    Node data = in.requiredData();
                    List<ConnectorDialog> dialogs = in.chats.dialogs(data);
                    return dialogs.isEmpty()
                            ? null
                            : new OnImConnectorDialogStart(header, in.connector(data), in.line(data), dialogs);
                }

                @Override
                void write(OnImConnectorDialogStart event, EventWriter out) {
                    out.side(event.connector(), event.line());
                    out.dialogs(event.dialogs());
                }
            },
            new EventType<OnImConnectorDialogFinish>(OnImConnectorDialogFinish.CODE, OnImConnectorDialogFinish.class) {
                @Override
                @Nullable
                OnImConnectorDialogFinish read(EventHeader header, EventReader in) {
                    Node data = in.requiredData();
                    List<ConnectorDialog> dialogs = in.chats.dialogs(data);
                    return dialogs.isEmpty()
                            ? null
                            : new OnImConnectorDialogFinish(header, in.connector(data), in.line(data), dialogs);
                }

                @Override
                void write(OnImConnectorDialogFinish event, EventWriter out) {
                    out.side(event.connector(), event.line());
                    out.dialogs(event.dialogs());
                }
            },
            new EventType<OnImConnectorStatusDelete>(OnImConnectorStatusDelete.CODE, OnImConnectorStatusDelete.class) {
                @Override
                OnImConnectorStatusDelete read(EventHeader header, EventReader in) {
                    Node data = in.dataBlock();
                    String connector = in.text(in.field(data, Name.CONNECTOR, Name.CONNECTOR_UPPER));
                    return new OnImConnectorStatusDelete(
                            header,
                            connector == null ? null : new ConnectorCode(connector),
                            in.id(in.field(data, Name.LINE, Name.LINE_UPPER)));
                }

                @Override
                void write(OnImConnectorStatusDelete event, EventWriter out) {
                    out.text("connector", EventWriter.code(event.connector()));
                    out.number("line", event.line());
                }
            },
            new EventType<OnImConnectorLineDelete>(OnImConnectorLineDelete.CODE, OnImConnectorLineDelete.class) {
                @Override
                @Nullable
                OnImConnectorLineDelete read(EventHeader header, EventReader in) {
                    Long line = in.requiredId(in.data());
                    return line == null ? null : new OnImConnectorLineDelete(header, line);
                }

                @Override
                void write(OnImConnectorLineDelete event, EventWriter out) {}

                @Override
                void writeData(OnImConnectorLineDelete event, EventWriter out) {
                    out.number("data", event.line());
                }
            });

    private ConnectorEvents() {}

    private static List<OpenLineMessage> messages(EventReader in, @Nullable Node data) {
        if (data == null) {
            return List.of();
        }
        Node elements = in.required(in.field(data, MESSAGES), data, MESSAGES);
        if (elements != null && elements.size() == 0) {
            in.mismatch(elements, "at least one message");
            return List.of();
        }
        return new MessageReader(in).messages(elements, true);
    }
}
