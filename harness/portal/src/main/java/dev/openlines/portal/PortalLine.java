// SPDX-License-Identifier: Apache-2.0
package dev.openlines.portal;

import java.util.List;

/**
 * An open line of a portal. Safe for use by several threads.
 */
public final class PortalLine {

    private final OpenLines openLines;
    private final long id;
    private final String name;

    PortalLine(OpenLines openLines, long id, String name) {
        this.openLines = openLines;
        this.id = id;
        this.name = name;
    }

    /**
     * Returns the line's id; wire field {@code line_id}.
     *
     * @return 1 or more
     */
    public long id() {
        return id;
    }

    /**
     * Returns the line's name, as given.
     *
     * @return any text; wire field {@code line[name]}
     */
    public String name() {
        return name;
    }

    /**
     * Lets a new customer start a chat through the portal's own site widget, {@code livechat}. Sends
     * {@code ONSESSIONSTART} to whoever subscribed and blocks until that is done.
     *
     * @return the open chat
     */
    public PortalChat openChat() {
        return openChat("livechat");
    }

    /**
     * Lets a new customer start a chat. Sends {@code ONSESSIONSTART} to whoever subscribed and blocks
     * until that is done.
     *
     * @param connector code of the channel; wire field {@code connector_id}
     * @return the open chat
     * @throws IllegalArgumentException if the line was deleted
     */
    public PortalChat openChat(String connector) {
        return openLines.openChat(this, connector, "Guest", PortalChat.Outside.UNKNOWN);
    }

    /**
     * Lets a new customer start a group chat, as connectors with group chats do. Events of it name no customer: their
     * {@code connector[user_id]} is 0. Sends {@code ONSESSIONSTART} to whoever subscribed and blocks until that is
     * done.
     *
     * @param connector code of the channel; wire field {@code connector_id}
     * @param customer the name of the first customer
     * @return the open chat
     * @throws IllegalArgumentException if the line was deleted
     */
    public PortalChat openGroupChat(String connector, String customer) {
        return openLines.openChat(this, connector, customer, new PortalChat.Outside(true, null, null));
    }

    /**
     * Deletes the line and its sessions, as an administrator does. Its chats end without an event; {@code
     * ONIMCONNECTORLINEDELETE} reports the line, whether or not a connector was on it. Blocks until that is done.
     *
     * @return the deliveries
     * @throws IllegalStateException if it was deleted before
     */
    public List<Delivery> delete() {
        return openLines.delete(this);
    }

    @Override
    public String toString() {
        return "line " + id + " of " + openLines.portal().label();
    }
}
