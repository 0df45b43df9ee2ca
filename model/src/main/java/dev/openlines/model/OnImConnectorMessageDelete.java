// SPDX-License-Identifier: Apache-2.0
package dev.openlines.model;

import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * An operator deleted a message in a chat of a connector that the application itself registered. The application must
 * delete it in its messenger.
 *
 * <p>A message has {@code im}, the messenger's chat id, and the messenger's id of the message. It comes only if the
 * application confirmed the message with {@code imconnector.send.status.delivery}.
 *
 * @param header the fields that every event has
 * @param connector the connector's code; wire field {@code data[CONNECTOR]}
 * @param line the line's id; wire field {@code data[LINE]}
 * @param messages the messages, at least one; wire field {@code data[MESSAGES]}
 * @see <a
 *     href="https://apidocs.bitrix24.com/api-reference/imopenlines/imconnector/events/on-im-connector-message-delete.html">OnImConnectorMessageDelete</a>
 */
public record OnImConnectorMessageDelete(
        EventHeader header,
        @Nullable ConnectorCode connector,
        @Nullable Long line,
        List<OpenLineMessage> messages) implements Event {

    /** The event's code on the wire. */
    public static final String CODE = "ONIMCONNECTORMESSAGEDELETE";

    public OnImConnectorMessageDelete {
        Objects.requireNonNull(header, "header");
        messages = List.copyOf(messages);
        if (messages.isEmpty()) {
            throw new IllegalArgumentException("an event needs at least one message");
        }
    }
}
