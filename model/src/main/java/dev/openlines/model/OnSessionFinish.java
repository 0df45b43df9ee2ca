// SPDX-License-Identifier: Apache-2.0
package dev.openlines.model;

import java.util.List;
import java.util.Objects;

/**
 * A chat of an open line was closed: by an operator, a timer, a bot, a rating or as spam.
 *
 * <p>The platform sends the event once and never again. A chat that is opened and closed a second time gives a second
 * event which differs in {@link EventHeader#sentAt()} only. Not every close causes an event. Every subscriber gets the
 * chats of all connectors.
 *
 * @see <a
 *     href="https://apidocs.bitrix24.com/api-reference/imopenlines/openlines/events/on-session-finish.html">OnSessionFinish</a>
 *
 * @param header the fields that every event has
 * @param chats the closed chats, at least one; wire field {@code data[DATA]}. A portal sends one, the
 *     documentation shows a list
 */
public record OnSessionFinish(EventHeader header, List<OpenLineChat> chats) implements Event {

    /** The event's code on the wire. */
    public static final String CODE = "ONSESSIONFINISH";

    public OnSessionFinish {
        Objects.requireNonNull(header, "header");
        chats = List.copyOf(chats);
        if (chats.isEmpty()) {
            throw new IllegalArgumentException("an event needs at least one chat");
        }
    }
}
