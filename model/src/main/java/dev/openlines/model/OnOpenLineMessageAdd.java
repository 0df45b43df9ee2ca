// SPDX-License-Identifier: Apache-2.0
package dev.openlines.model;

import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A message was added to a chat of an open line.
 *
 * <p>Written by an operator or by the system: {@code data} has {@code CONNECTOR} and {@code LINE}, and the message has
 * portal ids, {@code system} and {@code no_session}. Written by the customer: both are missing, and the message is as
 * the connector gave it, with {@code chat}, {@code ref} and {@code extra}. The server's source sends these shapes; the
 * vendor's page shows only the customer's shape, in a list.
 *
 * @param header the fields that every event has
 * @param connector the connector's code; wire field {@code data[CONNECTOR]}. Null if the customer caused
 *     the event
 * @param line the line's id; wire field {@code data[LINE]}. Null if the customer caused the event
 * @param messages the added messages, at least one; wire field {@code data[DATA]}
 * @see <a
 *     href="https://apidocs.bitrix24.com/api-reference/imopenlines/openlines/events/on-open-line-message-add.html">OnOpenLineMessageAdd</a>
 */
public record OnOpenLineMessageAdd(
        EventHeader header,
        @Nullable ConnectorCode connector,
        @Nullable Long line,
        List<OpenLineMessage> messages) implements Event {

    /** The event's code on the wire. */
    public static final String CODE = "ONOPENLINEMESSAGEADD";

    public OnOpenLineMessageAdd {
        Objects.requireNonNull(header, "header");
        messages = List.copyOf(messages);
        if (messages.isEmpty()) {
            throw new IllegalArgumentException("an event needs at least one message");
        }
    }
}
