// SPDX-License-Identifier: Apache-2.0
package dev.openlines.model;

import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * An operator changed a message in a chat of a connector that the application itself registered. The application must
 * change it in its messenger.
 *
 * <p>A message has {@code im}, the messenger's chat id, and its content: the messenger's ids of the message, and the
 * new text. It comes only if the application confirmed the message with {@code imconnector.send.status.delivery}, since
 * the portal knows the messenger's ids from there.
 *
 * @param header the fields that every event has
 * @param connector the connector's code; wire field {@code data[CONNECTOR]}
 * @param line the line's id; wire field {@code data[LINE]}
 * @param messages the messages, at least one; wire field {@code data[MESSAGES]}
 * @see <a
 *     href="https://apidocs.bitrix24.com/api-reference/imopenlines/imconnector/events/on-im-connector-message-update.html">OnImConnectorMessageUpdate</a>
 */
public record OnImConnectorMessageUpdate(
        EventHeader header,
        @Nullable ConnectorCode connector,
        @Nullable Long line,
        List<OpenLineMessage> messages) implements Event {

    /** The event's code on the wire. */
    public static final String CODE = "ONIMCONNECTORMESSAGEUPDATE";

    public OnImConnectorMessageUpdate {
        Objects.requireNonNull(header, "header");
        messages = List.copyOf(messages);
        if (messages.isEmpty()) {
            throw new IllegalArgumentException("an event needs at least one message");
        }
    }
}
