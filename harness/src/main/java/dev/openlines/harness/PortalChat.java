// SPDX-License-Identifier: Apache-2.0
package dev.openlines.harness;

import java.util.List;

/**
 * A chat of an open line, with its sessions. Safe for use by several threads: the portal orders what
 * happens to it.
 */
public final class PortalChat {

    private final Portal portal;
    private final long id;
    private final String connector;
    private final PortalUser visitor;
    // Guarded by the portal.
    private PortalLine line;
    private long sessionId;
    private boolean open = true;

    PortalChat(Portal portal, long id, PortalLine line, String connector, PortalUser visitor, long sessionId) {
        this.portal = portal;
        this.id = id;
        this.line = line;
        this.connector = connector;
        this.visitor = visitor;
        this.sessionId = sessionId;
    }

    /**
     * Returns the chat's id on the portal; wire field {@code connector[chat_id]}.
     *
     * @return 1 or more
     */
    public long id() {
        return id;
    }

    /**
     * Returns the code of the channel; wire field {@code connector_id}.
     *
     * @return the code, as given
     */
    public String connector() {
        return connector;
    }

    /**
     * Returns the line the chat is in now.
     *
     * @return the line
     */
    public PortalLine line() {
        synchronized (portal) {
            return line;
        }
    }

    /**
     * Returns the customer's user id on the portal; wire field {@code connector[user_id]}.
     *
     * @return 1 or more
     */
    public long visitorId() {
        return visitor.id();
    }

    /**
     * Returns the id of the latest session. Events of a real portal never carry it.
     *
     * @return 1 or more
     */
    public long sessionId() {
        synchronized (portal) {
            return sessionId;
        }
    }

    /**
     * Tells whether the chat can be closed.
     *
     * @return false between a close and the next start
     */
    public boolean isOpen() {
        synchronized (portal) {
            return open;
        }
    }

    /**
     * Closes the chat as an operator does.
     *
     * @return one delivery for each subscription to {@code ONSESSIONFINISH}, as in {@link #close(Closing)}
     */
    public List<Delivery> close() {
        return close(Closing.OPERATOR);
    }

    /**
     * Closes the chat and sends {@code ONSESSIONFINISH} to each bound handler, one after the other, at
     * most once each. Blocks until every answer came or is given up.
     *
     * @param closing who or what closes it
     * @return the deliveries in the order of the subscriptions; empty where nobody subscribed or no
     *     application is installed
     * @throws IllegalStateException if the chat is closed
     */
    public List<Delivery> close(Closing closing) {
        return portal.closeChat(this, closing);
    }

    /**
     * Lets the customer write into the closed chat again: a new session starts and {@code
     * ONSESSIONSTART} is sent. Blocks until that is done.
     *
     * @throws IllegalStateException if the chat is open
     */
    public void reopen() {
        portal.reopenChat(this);
    }

    PortalUser visitor() {
        return visitor;
    }

    /** Called by the portal, which holds its own lock. */
    void started(long newSessionId) {
        sessionId = newSessionId;
        open = true;
    }

    /** Called by the portal, which holds its own lock. */
    void closed() {
        open = false;
    }

    /** Called by the portal, which holds its own lock. */
    EventBodies.ChatFacts facts() {
        return new EventBodies.ChatFacts(connector, line.id(), id, visitor.id(), line.name(), sessionId, !open);
    }

    @Override
    public String toString() {
        return "chat " + id + " of " + portal.label();
    }
}
