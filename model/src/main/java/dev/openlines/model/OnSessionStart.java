// SPDX-License-Identifier: Apache-2.0
package dev.openlines.model;

import java.util.List;
import java.util.Objects;

/**
 * A chat of an open line was opened. Same payload as {@link OnSessionFinish}.
 *
 * @see <a
 *     href="https://apidocs.bitrix24.com/api-reference/imopenlines/openlines/events/on-session-start.html">OnSessionStart</a>
 *
 * @param header the fields that every event has
 * @param chats the opened chats, at least one; wire field {@code data[DATA]}. A portal sends one, the
 *     documentation shows a list
 */
public record OnSessionStart(EventHeader header, List<OpenLineChat> chats) implements Event {

    /** The event's code on the wire. */
    public static final String CODE = "ONSESSIONSTART";

    public OnSessionStart {
        Objects.requireNonNull(header, "header");
        chats = List.copyOf(chats);
        if (chats.isEmpty()) {
            throw new IllegalArgumentException("an event needs at least one chat");
        }
    }
}
