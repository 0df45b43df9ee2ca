// SPDX-License-Identifier: Apache-2.0
package dev.openlines.model;

import org.jspecify.annotations.Nullable;

/**
 * A dialog of a connector that the application itself registered: one element of the wire's {@code data[DATA]} in {@link
 * OnImConnectorDialogStart} and {@link OnImConnectorDialogFinish}. Its ids are the messenger's.
 *
 * @param connectorId the connector's code; wire field {@code connector[connector_id]}
 * @param lineId the line the dialog began in; wire field {@code connector[line_id]}
 * @param chatId the chat's id in the messenger, any text; wire field {@code connector[chat_id]},
 *     else {@code chat[id]}
 * @param userId the customer's id in the messenger, any text; wire field
 *     {@code connector[user_id]}, else {@code user[id]}
 * @param session the session on the portal; wire block {@code session}
 */
public record ConnectorDialog(
        @Nullable ConnectorCode connectorId,
        @Nullable Long lineId,
        @Nullable String chatId,
        @Nullable String userId,
        OpenLineChat.@Nullable Session session) {}
