// SPDX-License-Identifier: Apache-2.0
package dev.openlines.parser;

import dev.openlines.model.ConnectorCode;
import dev.openlines.model.ConnectorDialog;
import dev.openlines.model.Event;
import dev.openlines.model.EventAuth;
import dev.openlines.model.EventHeader;
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
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Writes an event's fields in the platform's order and with its names. It is the counterpart of {@link EventReader} and
 * of the readers that use it.
 */
final class EventWriter {

    final FieldWriter fields;

    private EventWriter(FieldWriter fields) {
        this.fields = fields;
    }

    static void write(Event event, FieldWriter out) {
        new EventWriter(out).write(event);
    }

    private void write(Event event) {
        EventHeader header = event.header();
        fields.open(null);
        if (!header.code().isEmpty()) {
            fields.text("event", header.code());
        }
        fields.number("event_handler_id", header.handlerId());
        data(event);
        fields.number("ts", seconds(header.sentAt()));
        if (!header.auth().equals(EventAuth.none())) {
            auth(header.auth());
        }
        fields.close();
    }

    private void data(Event event) {
        if (event instanceof UnknownEvent unknown) {
            payload("data", unknown.data());
        } else {
            EventTypes.of(event).writeAny(event, this);
        }
    }

    void text(String name, @Nullable String value) {
        fields.text(name, value);
    }

    void number(String name, @Nullable Long value) {
        fields.number(name, value);
    }

    void secret(String name, @Nullable Secret value) {
        fields.text(name, reveal(value));
    }

    void yesOrNo(String name, @Nullable Boolean value) {
        fields.text(name, value == null ? null : value ? "Y" : "N");
    }

    void oneOrZero(String name, @Nullable Boolean value) {
        fields.number(name, value == null ? null : value ? 1L : 0L);
    }

    void chats(List<OpenLineChat> chats) {
        elements("DATA", chats, chats.size() > 1, this::chat);
    }

    void dialogs(List<ConnectorDialog> dialogs) {
        elements("DATA", dialogs, true, this::dialog);
    }

    /** Writes messages. Those of some kinds have a list of ids even if there is only one. */
    void messages(String under, List<OpenLineMessage> messages, boolean list, Predicate<OpenLineMessage> listOfIds) {
        elements(under, messages, list, (name, message) -> message(name, message, listOfIds.test(message)));
    }

    void side(@Nullable ConnectorCode connector, @Nullable Long line) {
        fields.text("CONNECTOR", code(connector));
        fields.number("LINE", line);
    }

    /** Writes elements as a list, or a single one without a list, as the platform usually sends it. */
    private <E> void elements(String under, List<E> elements, boolean list, BiConsumer<@Nullable String, E> writer) {
        if (!list) {
            writer.accept(under, elements.get(0));
            return;
        }
        fields.openList(under);
        for (E element : elements) {
            writer.accept(null, element);
        }
        fields.close();
    }

    private void chat(@Nullable String name, OpenLineChat chat) {
        fields.open(name);
        OpenLineChat.Connector connector = chat.connector();
        fields.open("connector");
        fields.text("connector_id", code(connector.connectorId()));
        fields.number("line_id", connector.lineId());
        fields.number("chat_id", connector.chatId());
        fields.number("user_id", connector.userId());
        fields.close();
        if (chat.chat() != null) {
            fields.open("chat");
            fields.number("chat_id", chat.chat().id());
            fields.close();
        }
        OpenLineChat.Line line = chat.line();
        if (line != null) {
            fields.open("line");
            fields.number("id", line.id());
            fields.text("name", line.name());
            fields.close();
        }
        session(chat.session());
        OpenLineChat.User user = chat.user();
        if (user != null) {
            fields.open("user");
            fields.number("id", user.id());
            fields.close();
        }
        fields.close();
    }

    private void dialog(@Nullable String name, ConnectorDialog dialog) {
        fields.open(name);
        fields.open("connector");
        fields.text("connector_id", code(dialog.connectorId()));
        fields.number("line_id", dialog.lineId());
        fields.text("chat_id", dialog.chatId());
        fields.text("user_id", dialog.userId());
        fields.close();
        session(dialog.session());
        fields.close();
    }

    private void message(@Nullable String name, OpenLineMessage message, boolean listOfIds) {
        fields.open(name);
        OpenLineMessage.Connector connector = message.connector();
        if (connector != null) {
            fields.open("connector");
            fields.text("connector_id", code(connector.connectorId()));
            fields.number("line_id", connector.lineId());
            fields.text("chat_id", connector.chatId());
            fields.text("user_id", connector.userId());
            fields.close();
        }
        OpenLineMessage.Im im = message.im();
        if (im != null) {
            fields.open("im");
            fields.number("chat_id", im.chatId());
            fields.number("message_id", im.messageId());
            fields.close();
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
        yesOrNo("no_session", message.noSession());
        fields.close();
    }

    private void messengersChat(@Nullable String id) {
        if (id != null) {
            fields.open("chat");
            fields.text("id", id);
            fields.close();
        }
    }

    private void content(OpenLineMessage.Content content, boolean listOfIds) {
        fields.open("message");
        List<String> ids = content.ids();
        if (ids.size() == 1 && !listOfIds) {
            fields.text("id", ids.get(0));
        } else if (!ids.isEmpty()) {
            payload("id", ids);
        }
        fields.number("chat_id", content.chatId());
        fields.text("user_id", content.userId());
        fields.text("date", content.date());
        fields.text("text", content.text());
        if (!content.files().isEmpty()) {
            fields.openList("files");
            content.files().forEach(this::file);
            fields.close();
        }
        payload("attachments", content.attachments());
        payload("params", content.params());
        yesOrNo("system", content.system());
        fields.close();
    }

    private void file(OpenLineMessage.File file) {
        Long id = file.id();
        if (id != null && file.equals(new OpenLineMessage.File(id, null, null, null, null, null, null, null, null))) {
            fields.number(null, id);
            return;
        }
        fields.open(null);
        fields.number("id", id);
        fields.text("name", file.name());
        fields.text("type", file.type());
        fields.text("mime", file.mime());
        fields.text("link", file.link());
        fields.text("downloadLink", file.downloadLink());
        fields.number("size", file.size());
        fields.number("width", file.width());
        fields.number("height", file.height());
        fields.close();
    }

    private void session(OpenLineChat.@Nullable Session session) {
        if (session != null) {
            fields.open("session");
            fields.number("id", session.id());
            yesOrNo("closed", session.closed());
            fields.number("parent_id", session.parentId());
            fields.number("close_term", session.closeTerm());
            fields.close();
        }
    }

    private void auth(EventAuth auth) {
        fields.open("auth");
        fields.text("access_token", reveal(auth.accessToken()));
        fields.number("expires", seconds(auth.expires()));
        fields.number(
                "expires_in", auth.expiresIn() == null ? null : auth.expiresIn().toSeconds());
        fields.text("scope", scope(auth.scope()));
        fields.text("domain", auth.domain());
        fields.text("server_endpoint", auth.serverEndpoint());
        fields.text("status", auth.status() == null ? null : auth.status().code());
        fields.text("client_endpoint", auth.clientEndpoint());
        fields.text("member_id", auth.memberId());
        fields.number("user_id", auth.userId());
        fields.text("refresh_token", reveal(auth.refreshToken()));
        fields.text("application_token", reveal(auth.applicationToken()));
        fields.close();
    }

    void payload(@Nullable String name, @Nullable Object value) {
        if (value instanceof Map<?, ?> map) {
            fields.open(name);
            map.forEach((key, element) -> payload(String.valueOf(key), element));
            fields.close();
        } else if (value instanceof List<?> list) {
            fields.openList(name);
            list.forEach(element -> payload(null, element));
            fields.close();
        } else {
            fields.text(name, Objects.toString(value, null));
        }
    }

    private static @Nullable String reveal(@Nullable Secret secret) {
        return secret == null ? null : secret.reveal();
    }

    private static @Nullable Long seconds(@Nullable Instant instant) {
        return instant == null ? null : instant.getEpochSecond();
    }

    static @Nullable String code(@Nullable ConnectorCode connector) {
        return connector == null ? null : connector.code();
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
