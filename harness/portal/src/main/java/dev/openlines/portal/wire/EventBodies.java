// SPDX-License-Identifier: Apache-2.0
package dev.openlines.portal.wire;

import dev.openlines.model.Secret;
import dev.openlines.parser.Dialect;
import dev.openlines.parser.PhpForm;
import jakarta.json.JsonArrayBuilder;
import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
import jakarta.json.JsonValue;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Builds the payload of an event in wire order, in each of its published shapes.
 *
 * <p>The platform's shape is that of the module's source and of production receivers: every scalar a string, {@code
 * DATA} one object, no session. The three shapes of the documentation are here because handlers are written from
 * documentation.
 */
public final class EventBodies {

    /** The time that an access token is valid. */
    public static final Duration ACCESS_LIFETIME = Duration.ofHours(1);

    /** The text after the endpoint addresses in the example of the old documentation: a copied HTML entity. */
    private static final String DOCS_2024_TAIL = "&#39;";

    /**
     * The data of one closed or started chat.
     *
     * @param connector code of the connector, or null to leave it out
     * @param lineId id of the open line
     * @param chatId id of the chat in the portal
     * @param visitorId the customer's user id in the portal, or 0
     * @param lineName name of the open line, or null to leave it out
     * @param sessionId id of the session
     * @param closed whether the session is closed
     */
    public record ChatFacts(
            @Nullable String connector,
            long lineId,
            long chatId,
            long visitorId,
            @Nullable String lineName,
            long sessionId,
            boolean closed) {}

    /**
     * The {@code auth} block. A null component is not sent.
     *
     * @param accessToken wire field {@code access_token}
     * @param expires wire field {@code expires}
     * @param scope wire field {@code scope}
     * @param domain wire field {@code domain}
     * @param serverEndpoint wire field {@code server_endpoint}
     * @param status wire field {@code status}
     * @param clientEndpoint wire field {@code client_endpoint}
     * @param memberId wire field {@code member_id}
     * @param userId wire field {@code user_id}
     * @param refreshToken wire field {@code refresh_token}
     * @param applicationToken wire field {@code application_token}
     */
    public record AuthFacts(
            @Nullable Secret accessToken,
            @Nullable Instant expires,
            @Nullable String scope,
            @Nullable String domain,
            @Nullable String serverEndpoint,
            @Nullable String status,
            @Nullable String clientEndpoint,
            @Nullable String memberId,
            long userId,
            @Nullable Secret refreshToken,
            @Nullable Secret applicationToken) {}

    /**
     * A message in a chat.
     *
     * @param chat its chat
     * @param id its id in the portal
     * @param authorId id of its author in the portal
     * @param text its text
     * @param externalChat id of the chat in the messenger
     * @param externalUser id of the customer in the messenger
     * @param files the files that were sent with it
     */
    public record MessageFacts(
            ChatFacts chat,
            long id,
            long authorId,
            String text,
            String externalChat,
            String externalUser,
            List<FileFacts> files) {}

    /**
     * A file that was sent with a message.
     *
     * @param id its id in the portal's file store, which is not that of the drive
     * @param name wire field {@code name}
     * @param type wire field {@code type}
     * @param mime wire field {@code mime}
     * @param link wire field {@code link}
     * @param downloadLink wire field {@code downloadLink}
     * @param size in bytes
     */
    public record FileFacts(
            long id, String name, String type, String mime, String link, String downloadLink, long size) {}

    private EventBodies() {}

    /**
     * Encodes a payload as PHP encodes a form.
     *
     * @param payload the payload
     * @return the body
     */
    public static byte[] form(JsonObject payload) {
        return PhpForm.encode(payload);
    }

    /**
     * Returns a whole payload: {@code event, event_handler_id, data, ts, auth}.
     *
     * @param event code of the event
     * @param handlerId id of the subscription
     * @param data its data, or null to leave it out
     * @param sentAt wire field {@code ts}
     * @param auth the {@code auth} block
     * @param dialect which published shape
     * @return the payload
     */
    public static JsonObject envelope(
            String event, int handlerId, @Nullable JsonValue data, Instant sentAt, AuthFacts auth, Dialect dialect) {
        JsonObjectBuilder payload = object();
        payload.add("event", event);
        if (dialect == Dialect.PLATFORM) {
            payload.add("event_handler_id", Integer.toString(handlerId));
        } else {
            payload.add("eventId", handlerId);
        }
        if (data != null) {
            payload.add("data", data);
        }
        if (dialect == Dialect.PLATFORM) {
            payload.add("ts", Long.toString(sentAt.getEpochSecond()));
        } else {
            payload.add("ts", sentAt.getEpochSecond());
        }
        return payload.add("auth", dialect == Dialect.DOCS_2024 ? oldAuth(auth) : auth(auth))
                .build();
    }

    /**
     * Returns {@code data} of OnSessionStart and OnSessionFinish.
     *
     * @param chat the chat
     * @param dialect which published shape
     * @return the data
     */
    public static JsonObject sessionData(ChatFacts chat, Dialect dialect) {
        return switch (dialect) {
            case PLATFORM -> object().add("DATA", platformChat(chat)).build();
            case DOCS_2024 ->
                object().add("DATA", list(documentedChat(chat).add("user", line(chat))))
                        .build();
            case DOCS_2024_TABLE ->
                object().add("DATA", documentedChat(chat).add("line", line(chat)))
                        .build();
            case DOCS_2026 ->
                object().add("DATA", list(documentedSession(chat))).build();
        };
    }

    /**
     * Returns {@code data} of OnOpenLineMessageAdd if staff wrote: an object, with the connector named outside.
     *
     * @param facts the message
     * @return the data
     */
    public static JsonObject operatorMessage(MessageFacts facts) {
        return side(facts)
                .add(
                        "DATA",
                        object().add("connector", messageConnector(facts))
                                .add("message", withFiles(message(facts), facts).add("system", "N"))
                                .add("no_session", "N"))
                .build();
    }

    /**
     * Returns {@code data} of OnOpenLineMessageAdd if the customer wrote, through a connector.
     *
     * @param facts the message
     * @return the data
     */
    public static JsonObject customerMessage(MessageFacts facts) {
        return object().add(
                        "DATA",
                        object().add("connector", messageConnector(facts))
                                .add("chat", object().add("id", facts.externalChat()))
                                .add("message", withIdsOfFiles(facts)))
                .build();
    }

    /**
     * Returns {@code data} of OnOpenLineMessageUpdate if an operator changed a message.
     *
     * @param facts the message as it is now
     * @param external its ids in the messenger, at least one
     * @return the data
     */
    public static JsonObject operatorChange(MessageFacts facts, List<String> external) {
        return side(facts).add("DATA", changed(facts, external)).build();
    }

    /**
     * Returns {@code data} of OnOpenLineMessageDelete if an operator deleted a message.
     *
     * @param facts the message as it was
     * @param external its ids in the messenger, at least one
     * @return the data
     */
    public static JsonObject operatorDeletion(MessageFacts facts, List<String> external) {
        return side(facts).add("DATA", deleted(facts, external)).build();
    }

    /**
     * Returns {@code data} of OnImConnectorMessageAdd.
     *
     * @param facts an operator's message
     * @return the data
     */
    public static JsonObject connectorMessage(MessageFacts facts) {
        JsonObjectBuilder message =
                object().add("user_id", Long.toString(facts.authorId())).add("text", facts.text());
        return side(facts)
                .add(
                        "MESSAGES",
                        list(inPortal(facts)
                                .add("message", withFiles(message, facts))
                                .add("chat", messengersChat(facts))))
                .build();
    }

    /**
     * Returns {@code data} of OnImConnectorMessageUpdate.
     *
     * @param facts an operator's message as it is now
     * @param external its ids in the messenger, at least one
     * @return the data
     */
    public static JsonObject connectorChange(MessageFacts facts, List<String> external) {
        return side(facts).add("MESSAGES", list(changed(facts, external))).build();
    }

    /**
     * Returns {@code data} of OnImConnectorMessageDelete.
     *
     * @param facts an operator's message as it was
     * @param external its ids in the messenger, at least one
     * @return the data
     */
    public static JsonObject connectorDeletion(MessageFacts facts, List<String> external) {
        return side(facts).add("MESSAGES", deleted(facts, external)).build();
    }

    /**
     * Returns {@code data} of OnImConnectorDialogStart and OnImConnectorDialogFinish.
     *
     * @param chat the chat
     * @param externalChat its id in the messenger
     * @param externalUser the customer's id in the messenger
     * @return the data
     */
    public static JsonObject connectorDialog(ChatFacts chat, String externalChat, String externalUser) {
        JsonObjectBuilder connector = object();
        addText(connector, "connector_id", chat.connector());
        connector
                .add("line_id", Long.toString(chat.lineId()))
                .add("chat_id", externalChat)
                .add("user_id", externalUser);
        JsonObjectBuilder session = object().add("id", Long.toString(chat.sessionId()))
                .add("closed", chat.closed() ? "Y" : "N")
                .add("parent_id", "0")
                .add("close_term", "1440");
        JsonObjectBuilder out = object();
        addText(out, "CONNECTOR", chat.connector());
        return out.add("LINE", Long.toString(chat.lineId()))
                .add(
                        "DATA",
                        list(object().add("connector", connector)
                                .add("session", session)
                                .add("chat", object().add("id", externalChat))
                                .add("user", object().add("id", externalUser))))
                .build();
    }

    private static JsonObjectBuilder side(MessageFacts facts) {
        JsonObjectBuilder out = object();
        addText(out, "CONNECTOR", facts.chat().connector());
        return out.add("LINE", Long.toString(facts.chat().lineId()));
    }

    private static JsonObjectBuilder inPortal(MessageFacts facts) {
        return object().add(
                        "im",
                        object().add("chat_id", Long.toString(facts.chat().chatId()))
                                .add("message_id", Long.toString(facts.id())));
    }

    private static JsonObjectBuilder messengersChat(MessageFacts facts) {
        return object().add("id", facts.externalChat());
    }

    private static JsonObjectBuilder changed(MessageFacts facts, List<String> external) {
        JsonArrayBuilder ids = PhpJson.PROVIDER.createArrayBuilder();
        external.forEach(ids::add);
        return inPortal(facts)
                .add("message", object().add("id", ids).add("text", facts.text()))
                .add("chat", messengersChat(facts));
    }

    /** Returns one element for each of the messenger's ids. */
    private static JsonArrayBuilder deleted(MessageFacts facts, List<String> external) {
        JsonArrayBuilder elements = PhpJson.PROVIDER.createArrayBuilder();
        external.forEach(id -> elements.add(
                inPortal(facts).add("message", object().add("id", id)).add("chat", messengersChat(facts))));
        return elements;
    }

    private static JsonObjectBuilder messageConnector(MessageFacts facts) {
        JsonObjectBuilder connector = object();
        addText(connector, "connector_id", facts.chat().connector());
        return connector
                .add("line_id", Long.toString(facts.chat().lineId()))
                .add("user_id", facts.externalUser())
                .add("chat_id", facts.externalChat());
    }

    private static JsonObjectBuilder message(MessageFacts facts) {
        return object().add("id", Long.toString(facts.id()))
                .add("chat_id", Long.toString(facts.chat().chatId()))
                .add("user_id", Long.toString(facts.authorId()))
                .add("text", facts.text());
    }

    /** Adds the facts about an operator's files that the platform sends. */
    private static JsonObjectBuilder withFiles(JsonObjectBuilder message, MessageFacts facts) {
        JsonArrayBuilder files = PhpJson.PROVIDER.createArrayBuilder();
        for (FileFacts file : facts.files()) {
            files.add(object().add("name", file.name())
                    .add("type", file.type())
                    .add("mime", file.mime())
                    .add("link", file.link())
                    .add("downloadLink", file.downloadLink())
                    .add("size", Long.toString(file.size()))
                    .add("sizef", shown(file.size())));
        }
        return facts.files().isEmpty() ? message : message.add("files", files);
    }

    /** Returns the message with the ids of its files. The platform sends nothing else about a customer's files. */
    private static JsonObjectBuilder withIdsOfFiles(MessageFacts facts) {
        JsonArrayBuilder ids = PhpJson.PROVIDER.createArrayBuilder();
        facts.files().forEach(file -> ids.add(Long.toString(file.id())));
        return facts.files().isEmpty() ? message(facts) : message(facts).add("files", ids);
    }

    /** Returns a size as the platform shows it to people. */
    private static String shown(long bytes) {
        String[] units = {"B", "KB", "MB"};
        double size = bytes;
        int unit = 0;
        while (size >= 1024 && unit < units.length - 1) {
            size /= 1024;
            unit++;
        }
        double rounded = Math.round(size * 100) / 100.0;
        return (rounded == (long) rounded ? Long.toString((long) rounded) : Double.toString(rounded))
                + ' '
                + units[unit];
    }

    private static JsonObjectBuilder platformChat(ChatFacts chat) {
        String chatId = Long.toString(chat.chatId());
        JsonObjectBuilder connector = object();
        addText(connector, "connector_id", chat.connector());
        connector.add("line_id", Long.toString(chat.lineId()));
        connector.add("chat_id", chatId);
        connector.add("user_id", Long.toString(chat.visitorId()));
        JsonObjectBuilder line = object().add("id", Long.toString(chat.lineId()));
        addText(line, "name", chat.lineName());
        return object().add("connector", connector)
                .add("chat", object().add("chat_id", chatId))
                .add("line", line);
    }

    private static JsonObjectBuilder documentedChat(ChatFacts chat) {
        return object().add("connector", documentedConnector(chat)).add("chat", object().add("id", chat.chatId()));
    }

    private static JsonObjectBuilder documentedSession(ChatFacts chat) {
        return object().add("connector", documentedConnector(chat))
                .add(
                        "session",
                        object().add("id", chat.sessionId())
                                .add("closed", chat.closed() ? "Y" : "N")
                                .add("parent_id", 0)
                                .add("close_term", 1440))
                .add("chat", object().add("id", chat.chatId()))
                .add("user", object().add("id", chat.visitorId()));
    }

    private static JsonObjectBuilder documentedConnector(ChatFacts chat) {
        JsonObjectBuilder connector = object();
        addText(connector, "connector_id", chat.connector());
        return connector
                .add("line_id", chat.lineId())
                .add("chat_id", chat.chatId())
                .add("user_id", chat.visitorId());
    }

    private static JsonObjectBuilder line(ChatFacts chat) {
        JsonObjectBuilder line = object().add("id", chat.lineId());
        addText(line, "name", chat.lineName());
        return line;
    }

    /** Returns the auth block in the order of captured requests. */
    private static JsonObjectBuilder auth(AuthFacts auth) {
        JsonObjectBuilder out = object();
        addSecret(out, "access_token", auth.accessToken());
        if (auth.accessToken() != null) {
            if (auth.expires() != null) {
                out.add("expires", Long.toString(auth.expires().getEpochSecond()));
            }
            out.add("expires_in", Long.toString(ACCESS_LIFETIME.toSeconds()));
            addText(out, "scope", auth.scope());
        }
        addText(out, "domain", auth.domain());
        addText(out, "server_endpoint", auth.serverEndpoint());
        if (auth.accessToken() != null) {
            addText(out, "status", auth.status());
        }
        addText(out, "client_endpoint", auth.clientEndpoint());
        addText(out, "member_id", auth.memberId());
        if (auth.accessToken() != null) {
            out.add("user_id", Long.toString(auth.userId()));
        }
        addSecret(out, "refresh_token", auth.refreshToken());
        addSecret(out, "application_token", auth.applicationToken());
        return out;
    }

    /** Returns the auth block as the documentation of 2024 prints it, broken addresses and refresh token included. */
    private static JsonObjectBuilder oldAuth(AuthFacts auth) {
        JsonObjectBuilder out = object();
        addSecret(out, "access_token", auth.accessToken());
        out.add("expires_in", ACCESS_LIFETIME.toSeconds());
        addText(out, "scope", auth.scope());
        addText(out, "domain", auth.domain());
        addText(out, "server_endpoint", auth.serverEndpoint() == null ? null : auth.serverEndpoint() + DOCS_2024_TAIL);
        addText(out, "status", auth.status());
        addText(out, "client_endpoint", auth.clientEndpoint() == null ? null : auth.clientEndpoint() + DOCS_2024_TAIL);
        addText(out, "member_id", auth.memberId());
        addSecret(out, "refresh_token", auth.refreshToken());
        addSecret(out, "application_token", auth.applicationToken());
        return out;
    }

    /**
     * Returns an empty object to fill.
     *
     * @return a builder
     */
    public static JsonObjectBuilder object() {
        return PhpJson.PROVIDER.createObjectBuilder();
    }

    private static JsonArrayBuilder list(JsonObjectBuilder item) {
        return PhpJson.PROVIDER.createArrayBuilder().add(item);
    }

    private static void addText(JsonObjectBuilder to, String key, @Nullable String value) {
        if (value != null) {
            to.add(key, value);
        }
    }

    private static void addSecret(JsonObjectBuilder to, String key, @Nullable Secret value) {
        if (value != null) {
            to.add(key, value.reveal());
        }
    }
}
