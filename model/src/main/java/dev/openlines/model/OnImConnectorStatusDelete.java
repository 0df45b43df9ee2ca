// SPDX-License-Identifier: Apache-2.0
package dev.openlines.model;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A connector that the application itself registered was switched off on a line.
 *
 * @param header the fields that every event has
 * @param connector the connector's code; wire field {@code data[connector]}, in lower case, unlike its siblings
 * @param line the line's id; wire field {@code data[line]}
 * @see <a
 *     href="https://apidocs.bitrix24.com/api-reference/imopenlines/imconnector/events/on-im-connector-status-delete.html">OnImConnectorStatusDelete</a>
 */
public record OnImConnectorStatusDelete(
        EventHeader header,
        @Nullable ConnectorCode connector,
        @Nullable Long line) implements Event {

    /** The event's code on the wire. */
    public static final String CODE = "ONIMCONNECTORSTATUSDELETE";

    public OnImConnectorStatusDelete {
        Objects.requireNonNull(header, "header");
    }
}
