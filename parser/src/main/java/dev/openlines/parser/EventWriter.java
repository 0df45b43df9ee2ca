// SPDX-License-Identifier: Apache-2.0
package dev.openlines.parser;

import dev.openlines.model.ConnectorCode;
import dev.openlines.model.Event;
import dev.openlines.model.EventAuth;
import dev.openlines.model.EventHeader;
import dev.openlines.model.OnImConnectorDialogFinish;
import dev.openlines.model.OnOpenLineMessageAdd;
import dev.openlines.model.OnOpenLineMessageDelete;
import dev.openlines.model.OnOpenLineMessageUpdate;
import dev.openlines.model.OnSessionFinish;
import dev.openlines.model.OnSessionStart;
import dev.openlines.model.OpenLineChat;
import dev.openlines.model.OpenLineMessage;
import dev.openlines.model.Scope;
import dev.openlines.model.Secret;
import dev.openlines.model.UnknownEvent;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Writes an event's fields in the order and under the names of the platform: the counterpart of
 * {@link EventReader} and the readers it serves.
 */
final class EventWriter {

    private final FieldWriter out;

    private EventWriter(FieldWriter out) {
        this.out = out;
    }

    static void write(Event event, FieldWriter out) {
        new EventWriter(out).write(event);
    }

    private void write(Event event) {
        EventHeader header = event.header();
        out.open(null);
        if (!header.code().isEmpty()) {
            out.text("event", header.code());
        }
        out.number("event_handler_id", header.handlerId());
        data(event);
        out.number("ts", seconds(header.sentAt()));
        if (!header.auth().equals(EventAuth.none())) {
            auth(header.auth());
        }
        out.close();
    }

    private void data(Event event) {
        if (event instanceof UnknownEvent unknown) {
            payload("data", unknown.data());
            return;
        }
        out.open("data");
        if (event instanceof OnSessionFinish finish) {
            elements(finish.chats(), finish.chats().size() > 1, this::chat);
        } else if (event instanceof OnSessionStart start) {
            elements(start.chats(), start.chats().size() > 1, this::chat);
        } else if (event instanceof OnImConnectorDialogFinish finish) {
            side(finish.connector(), finish.line());
            elements(finish.dialogs(), true, this::dialog);
        } else if (event instanceof OnOpenLineMessageAdd add) {
            side(add.connector(), add.line());
            elements(add.messages(), add.messages().size() > 1, (name, message) -> message(name, message, false));
        } else if (event instanceof OnOpenLineMessageUpdate update) {
            side(update.connector(), update.line());
            elements(
                    update.messages(),
                    update.messages().size() > 1,
                    (name, message) -> message(name, message, message.im() != null));
        } else if (event instanceof OnOpenLineMessageDelete delete) {
            side(delete.connector(), delete.line());
            boolean list = delete.messages().size() > 1 || delete.connector() != null;
            elements(delete.messages(), list, (name, message) -> message(name, message, false));
        } else {
            AppEvents.write(event, this, out);
        }
        out.close();
    }

    private void side(@Nullable ConnectorCode connector, @Nullable Long line) {
        out.text("CONNECTOR", code(connector));
        out.number("LINE", line);
    }

    /** Writes elements as a list, or one alone as the platform mostly sends it. */
    private <E> void elements(List<E> elements, boolean list, BiConsumer<@Nullable String, E> writer) {
        if (!list) {
            writer.accept("DATA", elements.get(0));
            return;
        }
        out.openList("DATA");
        for (E element : elements) {
            writer.accept(null, element);
        }
        out.close();
    }

    private void chat(@Nullable String name, OpenLineChat chat) {
        out.open(name);
        OpenLineChat.Connector connector = chat.connector();
        out.open("connector");
        out.text("connector_id", code(connector.connectorId()));
        out.number("line_id", connector.lineId());
        out.number("chat_id", connector.chatId());
        out.number("user_id", connector.userId());
        out.close();
        if (chat.chat() != null) {
            out.open("chat");
            out.number("chat_id", chat.chat().id());
            out.close();
        }
        OpenLineChat.Line line = chat.line();
        if (line != null) {
            out.open("line");
            out.number("id", line.id());
            out.text("name", line.name());
            out.close();
        }
        session(chat.session());
        OpenLineChat.User user = chat.user();
        if (user != null) {
            out.open("user");
            out.number("id", user.id());
            out.close();
        }
        out.close();
    }

    private void dialog(@Nullable String name, OnImConnectorDialogFinish.Dialog dialog) {
        out.open(name);
        out.open("connector");
        out.text("connector_id", code(dialog.connectorId()));
        out.number("line_id", dialog.lineId());
        out.text("chat_id", dialog.chatId());
        out.text("user_id", dialog.userId());
        out.close();
        session(dialog.session());
        out.close();
    }

    private void message(@Nullable String name, OpenLineMessage message, boolean listOfIds) {
        out.open(name);
        OpenLineMessage.Connector connector = message.connector();
        if (connector != null) {
            out.open("connector");
            out.text("connector_id", code(connector.connectorId()));
            out.number("line_id", connector.lineId());
            out.text("chat_id", connector.chatId());
            out.text("user_id", connector.userId());
            out.close();
        }
        OpenLineMessage.Im im = message.im();
        if (im != null) {
            out.open("im");
            out.number("chat_id", im.chatId());
            out.number("message_id", im.messageId());
            out.close();
        }
        if (im == null) {
            messengersChat(message.chatId());
        }
        content(message.content(), listOfIds);
        if (im != null) {
            messengersChat(message.chatId());
        }
        payload("ref", message.ref());
        payload("extra", message.extra());
        out.text("no_session", yesOrNo(message.noSession()));
        out.close();
    }

    private void messengersChat(@Nullable String id) {
        if (id != null) {
            out.open("chat");
            out.text("id", id);
            out.close();
        }
    }

    private void content(OpenLineMessage.Content content, boolean listOfIds) {
        out.open("message");
        List<String> ids = content.ids();
        if (ids.size() == 1 && !listOfIds) {
            out.text("id", ids.get(0));
        } else if (!ids.isEmpty()) {
            payload("id", ids);
        }
        out.number("chat_id", content.chatId());
        out.text("user_id", content.userId());
        out.text("date", content.date());
        out.text("text", content.text());
        payload("files", content.files());
        payload("attachments", content.attachments());
        payload("params", content.params());
        out.text("system", yesOrNo(content.system()));
        out.close();
    }

    private void session(OpenLineChat.@Nullable Session session) {
        if (session != null) {
            out.open("session");
            out.number("id", session.id());
            out.text("closed", yesOrNo(session.closed()));
            out.number("parent_id", session.parentId());
            out.number("close_term", session.closeTerm());
            out.close();
        }
    }

    private void auth(EventAuth auth) {
        out.open("auth");
        out.text("access_token", reveal(auth.accessToken()));
        out.number("expires", seconds(auth.expires()));
        out.number(
                "expires_in", auth.expiresIn() == null ? null : auth.expiresIn().toSeconds());
        out.text("scope", scope(auth.scope()));
        out.text("domain", auth.domain());
        out.text("server_endpoint", auth.serverEndpoint());
        out.text("status", auth.status() == null ? null : auth.status().code());
        out.text("client_endpoint", auth.clientEndpoint());
        out.text("member_id", auth.memberId());
        out.number("user_id", auth.userId());
        out.text("refresh_token", reveal(auth.refreshToken()));
        out.text("application_token", reveal(auth.applicationToken()));
        out.close();
    }

    void payload(@Nullable String name, @Nullable Object value) {
        if (value instanceof Map<?, ?> map) {
            out.open(name);
            map.forEach((key, element) -> payload(String.valueOf(key), element));
            out.close();
        } else if (value instanceof List<?> list) {
            out.openList(name);
            list.forEach(element -> payload(null, element));
            out.close();
        } else {
            out.text(name, Objects.toString(value, null));
        }
    }

    static @Nullable String reveal(@Nullable Secret secret) {
        return secret == null ? null : secret.reveal();
    }

    private static @Nullable Long seconds(@Nullable Instant instant) {
        return instant == null ? null : instant.getEpochSecond();
    }

    private static @Nullable String code(@Nullable ConnectorCode connector) {
        return connector == null ? null : connector.code();
    }

    static @Nullable String yesOrNo(@Nullable Boolean value) {
        return value == null ? null : value ? "Y" : "N";
    }

    private static @Nullable String scope(List<Scope> scopes) {
        if (scopes.isEmpty()) {
            return null;
        }
        StringBuilder text = new StringBuilder();
        for (Scope scope : scopes) {
            text.append(text.length() == 0 ? "" : ",").append(scope.code());
        }
        return text.toString();
    }
}
