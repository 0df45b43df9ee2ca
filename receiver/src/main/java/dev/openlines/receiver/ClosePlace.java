// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import dev.openlines.model.ConnectorCode;
import dev.openlines.model.OpenLineChat;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The chat of an event or of a listed session, as far as the two can be compared.
 *
 * @param chatId the chat's id on the portal; 0 in some rows of portals; then line, user and connector decide
 * @param lineId the line, or null if the event has none
 * @param userId the customer's id on the portal, or null if the event has none
 * @param connector the channel's code, or null if the event has none
 */
record ClosePlace(
        long chatId,
        @Nullable Long lineId,
        @Nullable Long userId,
        @Nullable String connector) {

    static ClosePlace of(OpenLineChat chat) {
        ConnectorCode code = chat.connector().connectorId();
        return new ClosePlace(
                chat.chatId(), chat.lineId(), chat.connector().userId(), code == null ? null : code.code());
    }

    static ClosePlace of(ClosedSession session) {
        return new ClosePlace(session.chatId(), session.lineId(), session.userId(), session.source());
    }

    /** Returns an object that is equal for two places of one chat. A place of no known chat equals only itself. */
    Object group() {
        if (chatId != 0) {
            return chatId;
        }
        boolean whole = lineId != null && userId != null && connector != null;
        return whole
                ? List.of(Objects.requireNonNull(lineId), Objects.requireNonNull(userId), String.valueOf(connector))
                : new Object();
    }
}
