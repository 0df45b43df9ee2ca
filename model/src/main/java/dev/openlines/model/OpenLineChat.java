// SPDX-License-Identifier: Apache-2.0
package dev.openlines.model;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A chat of an open line, as {@link OnSessionFinish} and {@link OnSessionStart} describe it: one
 * element of the wire's {@code data[DATA]}.
 *
 * <p>A portal sends the connector, the chat's id and the line. Session and user appear in the
 * published documentation only; do not build on them.
 *
 * @param connector how the customer reached the line
 * @param chat wire block {@code chat}; null if not sent
 * @param line the line the chat is in now; wire block {@code line}, null if not sent
 * @param session wire block {@code session}; null in events of a real portal
 * @param user wire block {@code user}; null in events of a real portal
 */
public record OpenLineChat(
        Connector connector,
        @Nullable Chat chat,
        @Nullable Line line,
        @Nullable Session session,
        @Nullable User user) {

    public OpenLineChat {
        Objects.requireNonNull(connector, "connector");
        if (connector.chatId() == null && chat == null) {
            throw new IllegalArgumentException("a chat needs an id, in connector or in chat");
        }
    }

    /**
     * Returns the chat's id on the portal: {@code connector[chat_id]}, else the id of the
     * {@code chat} block.
     *
     * @return the id, 0 or more
     */
    public long chatId() {
        Long id = connector.chatId();
        return id != null ? id : Objects.requireNonNull(chat).id();
    }

    /**
     * Returns the id of the line the chat is in now: {@code connector[line_id]}, else
     * {@code line[id]}.
     *
     * @return the id, or null if neither was sent
     */
    public @Nullable Long lineId() {
        if (connector.lineId() != null) {
            return connector.lineId();
        }
        return line == null ? null : line.id();
    }

    /**
     * Returns the name that people gave the line; wire field {@code line[name]}. It may hold any
     * text, markup included.
     *
     * @return the name, may be empty, or null if not sent
     */
    public @Nullable String lineName() {
        return line == null ? null : line.name();
    }

    /**
     * The wire block {@code connector}.
     *
     * @param connectorId code of the channel; wire field {@code connector_id}
     * @param lineId the line the chat is in now, after transfers; wire field {@code line_id}
     * @param chatId the chat's id on the portal; wire field {@code chat_id}
     * @param userId the customer's user id on the portal; wire field {@code user_id}. 0 if the connector groups
     *     customers into one chat. The vendor's page calls it an id of the external
     *     system; the server's source says otherwise
     */
    public record Connector(
            @Nullable ConnectorCode connectorId,
            @Nullable Long lineId,
            @Nullable Long chatId,
            @Nullable Long userId) {}

    /**
     * The wire block {@code chat}.
     *
     * @param id the chat's id on the portal; wire field {@code chat_id}, in published examples
     *     {@code id}
     */
    public record Chat(long id) {}

    /**
     * The wire block {@code line}; one published example has it under {@code user}.
     *
     * @param id the line's id; wire field {@code id}
     * @param name the line's name, any text; wire field {@code name}
     */
    public record Line(@Nullable Long id, @Nullable String name) {}

    /**
     * The documented block {@code session}, which portals do not send with these events.
     *
     * @param id the session's id; wire field {@code id}
     * @param closed wire field {@code closed}, {@code Y} or {@code N}
     * @param parentId the session this one continues; wire field {@code parent_id}
     * @param closeTerm minutes until a session closes for good; wire field {@code close_term}
     */
    public record Session(
            @Nullable Long id,
            @Nullable Boolean closed,
            @Nullable Long parentId,
            @Nullable Long closeTerm) {}

    /**
     * The documented block {@code user}, which portals do not send with these events.
     *
     * @param id the customer's id; wire field {@code id}
     */
    public record User(@Nullable Long id) {}
}
