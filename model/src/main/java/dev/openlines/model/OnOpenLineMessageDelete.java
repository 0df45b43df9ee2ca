// SPDX-License-Identifier: Apache-2.0
package dev.openlines.model;

import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A message in a chat of an open line was deleted.
 *
 * <p>Deleted by an operator or by the system: {@code data} has {@code CONNECTOR} and {@code LINE}, and {@code DATA} is
 * a list of one element for each id under which the messenger knows the message. Deleted by the customer: both are
 * missing, and there is one element as the connector gave it. The server's source sends these shapes; the vendor's page
 * shows only the customer's shape, in a list.
 *
 * @param header the fields that every event has
 * @param connector the connector's code; wire field {@code data[CONNECTOR]}. Null if the customer caused
 *     the event
 * @param line the line's id; wire field {@code data[LINE]}. Null if the customer caused the event
 * @param messages the deleted messages, at least one; wire field {@code data[DATA]}
 * @see <a
 *     href="https://apidocs.bitrix24.com/api-reference/imopenlines/openlines/events/on-open-line-message-delete.html">OnOpenLineMessageDelete</a>
 */
public record OnOpenLineMessageDelete(
        EventHeader header,
        @Nullable ConnectorCode connector,
        @Nullable Long line,
        List<OpenLineMessage> messages) implements Event {

    /** The event's code on the wire. */
    public static final String CODE = "ONOPENLINEMESSAGEDELETE";

    public OnOpenLineMessageDelete {
        Objects.requireNonNull(header, "header");
        messages = List.copyOf(messages);
        if (messages.isEmpty()) {
            throw new IllegalArgumentException("an event needs at least one message");
        }
    }
}
