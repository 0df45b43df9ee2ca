// SPDX-License-Identifier: Apache-2.0
package dev.openlines.model;

import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A dialog of a connector that the application itself registered began. Unlike {@link OnSessionStart} it carries a
 * session id, and its ids are the messenger's.
 *
 * @param header the fields that every event has
 * @param connector the connector's code; wire field {@code data[CONNECTOR]}
 * @param line the line's id; wire field {@code data[LINE]}
 * @param dialogs the dialogs, at least one; wire field {@code data[DATA]}
 * @see <a
 *     href="https://apidocs.bitrix24.com/api-reference/imopenlines/imconnector/events/on-im-connector-dialog-start.html">OnImConnectorDialogStart</a>
 */
public record OnImConnectorDialogStart(
        EventHeader header,
        @Nullable ConnectorCode connector,
        @Nullable Long line,
        List<ConnectorDialog> dialogs) implements Event {

    /** The event's code on the wire. */
    public static final String CODE = "ONIMCONNECTORDIALOGSTART";

    public OnImConnectorDialogStart {
        Objects.requireNonNull(header, "header");
        dialogs = List.copyOf(dialogs);
        if (dialogs.isEmpty()) {
            throw new IllegalArgumentException("an event needs at least one dialog");
        }
    }
}
