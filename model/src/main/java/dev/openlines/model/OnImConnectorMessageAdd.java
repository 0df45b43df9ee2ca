// SPDX-License-Identifier: Apache-2.0
package dev.openlines.model;

import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * An operator wrote into a chat of a connector that the application itself registered. The application must pass the
 * message on to its messenger, and then confirm it with {@code imconnector.send.status.delivery}.
 *
 * <p>A message has {@code im}, the messenger's chat id, and its content: author and text, by the server's source also
 * files. Messages of customers and of built-in connectors do not come.
 *
 * @param header the fields that every event has
 * @param connector the connector's code; wire field {@code data[CONNECTOR]}
 * @param line the line's id; wire field {@code data[LINE]}
 * @param messages the messages, at least one; wire field {@code data[MESSAGES]}
 * @see <a
 *     href="https://apidocs.bitrix24.com/api-reference/imopenlines/imconnector/events/on-im-connector-message-add.html">OnImConnectorMessageAdd</a>
 */
public record OnImConnectorMessageAdd(
        EventHeader header,
        @Nullable ConnectorCode connector,
        @Nullable Long line,
        List<OpenLineMessage> messages) implements Event {

    /** The event's code on the wire. */
    public static final String CODE = "ONIMCONNECTORMESSAGEADD";

    public OnImConnectorMessageAdd {
        Objects.requireNonNull(header, "header");
        messages = List.copyOf(messages);
        if (messages.isEmpty()) {
            throw new IllegalArgumentException("an event needs at least one message");
        }
    }
}
