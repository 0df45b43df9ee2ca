// SPDX-License-Identifier: Apache-2.0
package dev.openlines.model;

import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A message in a chat of an open line: one element of the wire's {@code data[DATA]} in
 * {@link OnOpenLineMessageAdd}, {@link OnOpenLineMessageUpdate} and {@link OnOpenLineMessageDelete}, or of {@code
 * data[MESSAGES]} in {@link OnImConnectorMessageAdd}, {@link OnImConnectorMessageUpdate} and {@link
 * OnImConnectorMessageDelete}.
 *
 * <p>There are two kinds of ids. The portal's are numbers: {@link #portalChatId()} is the chat that {@link
 * OpenLineChat#chatId()} names. The messenger's may be any text.
 *
 * @param connector how the customer reached the line; wire block {@code connector}. Null if an operator changed or
 *     deleted the message
 * @param im the place of the message on the portal; wire block {@code im}. Only if an operator changed or
 *     deleted it, or if the event is one of a connector
 * @param chatId the chat's id in the messenger; wire field {@code chat[id]}. Null in {@link OnOpenLineMessageAdd} if
 *     an operator wrote the message
 * @param content the message itself; wire block {@code message}
 * @param ref the link of the message to the CRM; wire block {@code ref}, in the form that
 *     {@link UnknownEvent#data()} describes. Only from the customer's side, null if empty
 * @param extra further data of the connector; wire block {@code extra}, in the same form. Only from the
 *     customer's side, null if empty
 * @param noSession whether the message was written without opening a session; wire field
 *     {@code no_session}, {@code Y} or {@code N}. Only if an operator added the message
 */
public record OpenLineMessage(
        @Nullable Connector connector,
        @Nullable Im im,
        @Nullable String chatId,
        Content content,
        @Nullable Object ref,
        @Nullable Object extra,
        @Nullable Boolean noSession) {

    public OpenLineMessage {
        Objects.requireNonNull(content, "content");
        ref = UnknownEvent.copyOf(ref);
        extra = UnknownEvent.copyOf(extra);
    }

    /**
     * Returns the chat's id on the portal: {@code im[chat_id]}, else {@code message[chat_id]}.
     *
     * @return the id, or null if the customer caused the event, because the portal then does not send it
     */
    public @Nullable Long portalChatId() {
        return im != null && im.chatId() != null ? im.chatId() : content.chatId();
    }

    /**
     * Describes the size of the payloads but not their contents.
     *
     * @return all ids and flags
     */
    @Override
    public String toString() {
        return "OpenLineMessage[connector=" + connector + ", im=" + im + ", chatId=" + chatId + ", content=" + content
                + ", ref=" + UnknownEvent.describe(ref) + ", extra=" + UnknownEvent.describe(extra) + ", noSession="
                + noSession + "]";
    }

    /**
     * The wire block {@code connector}.
     *
     * @param connectorId code of the channel; wire field {@code connector_id}
     * @param lineId the line; wire field {@code line_id}
     * @param chatId the chat's id in the messenger, any text; wire field {@code chat_id}
     * @param userId the customer, any text; wire field {@code user_id}. By the server's source the
     *     customer's user id on the portal, by the vendor's page one of the external system
     */
    public record Connector(
            @Nullable ConnectorCode connectorId,
            @Nullable Long lineId,
            @Nullable String chatId,
            @Nullable String userId) {}

    /**
     * The wire block {@code im}.
     *
     * @param chatId the chat's id on the portal; wire field {@code chat_id}
     * @param messageId the message's id on the portal; wire field {@code message_id}
     */
    public record Im(@Nullable Long chatId, @Nullable Long messageId) {}

    /**
     * The wire block {@code message}.
     *
     * @param ids the message's ids; wire field {@code id}, one text or a list. If an operator added the message, its id
     *     on the portal; otherwise the messenger's ids, several for a long message. Empty if not sent
     * @param chatId the chat's id on the portal; wire field {@code chat_id}. Only if an operator added
     *     the message
     * @param userId the author, any text; wire field {@code user_id}
     * @param date when the messenger says it was written, as the connector gave it; wire field
     *     {@code date}. Only from the customer's side
     * @param text the text with the platform's markup; wire field {@code text}
     * @param files the files that were sent with it; wire field {@code files}. Empty if there are none
     * @param attachments wire field {@code attachments}, in published examples {@code attach}, in the form that
     *     {@link UnknownEvent#data()} describes; null if there are none
     * @param params wire field {@code params}, in the same form; null if there are none
     * @param system whether the portal wrote it, and no person; wire field {@code system}, {@code Y} or
     *     {@code N}
     */
    public record Content(
            List<String> ids,
            @Nullable Long chatId,
            @Nullable String userId,
            @Nullable String date,
            @Nullable String text,
            List<File> files,
            @Nullable Object attachments,
            @Nullable Object params,
            @Nullable Boolean system) {

        public Content {
            ids = List.copyOf(ids);
            files = List.copyOf(files);
            attachments = UnknownEvent.copyOf(attachments);
            params = UnknownEvent.copyOf(params);
        }

        /**
         * Describes the length of the text and the number of its attachments, but not what people wrote.
         *
         * @return all ids and flags
         */
        @Override
        public String toString() {
            return "Content[ids=" + ids + ", chatId=" + chatId + ", userId=" + userId + ", date=" + date + ", text="
                    + UnknownEvent.describe(text) + ", files=" + files + ", attachments="
                    + UnknownEvent.describe(attachments) + ", params=" + UnknownEvent.describe(params) + ", system="
                    + system + "]";
        }
    }

    /**
     * A file that was sent with a message: one element of the wire's {@code message[files]}.
     *
     * <p>An operator's file has everything except the id. For a customer's file the portal sends only an id, which is
     * not that of the drive: {@code imopenlines.session.history.get} lists the files of a chat with theirs.
     *
     * @param id the file's id in the portal's file store, if the element is a number or has one as
     *     {@code id}. Null for an operator's file
     * @param name as its sender named it; wire field {@code name}. Anybody may choose it: it is not a path to write to
     * @param type the platform's kind of file, such as {@code image}, {@code video}, {@code audio} or {@code file};
     *     wire field {@code type}
     * @param mime its media type; wire field {@code mime}
     * @param link a short public address, which opens the file for anybody who knows it; wire field {@code link}
     * @param downloadLink the address that the short one stands for; wire field {@code downloadLink}
     * @param size in bytes; wire field {@code size}
     * @param width of an image, in pixels; wire field {@code width}
     * @param height of an image, in pixels; wire field {@code height}
     */
    public record File(
            @Nullable Long id,
            @Nullable String name,
            @Nullable String type,
            @Nullable String mime,
            @Nullable String link,
            @Nullable String downloadLink,
            @Nullable Long size,
            @Nullable Long width,
            @Nullable Long height) {

        public File {
            if (id == null
                    && name == null
                    && type == null
                    && mime == null
                    && link == null
                    && downloadLink == null
                    && size == null
                    && width == null
                    && height == null) {
                throw new IllegalArgumentException("a file needs at least one field");
            }
        }

        /**
         * Shows the id and the size, without the file's name and addresses.
         *
         * @return id and size
         */
        @Override
        public String toString() {
            return "File[id=" + id + ", size=" + size + "]";
        }
    }
}
