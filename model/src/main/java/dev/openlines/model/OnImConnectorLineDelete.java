// SPDX-License-Identifier: Apache-2.0
package dev.openlines.model;

import java.util.Objects;

/**
 * An open line was deleted. By the server's source every subscribed application gets it, with or without a connector
 * on that line.
 *
 * @param header the fields that every event has
 * @param line the line's id; wire field {@code data} itself, which is a number and no block
 * @see <a
 *     href="https://apidocs.bitrix24.com/api-reference/imopenlines/imconnector/events/on-im-connector-line-delete.html">OnImConnectorLineDelete</a>
 */
public record OnImConnectorLineDelete(EventHeader header, long line) implements Event {

    /** The event's code on the wire. */
    public static final String CODE = "ONIMCONNECTORLINEDELETE";

    public OnImConnectorLineDelete {
        Objects.requireNonNull(header, "header");
    }
}
