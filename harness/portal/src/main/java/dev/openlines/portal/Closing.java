// SPDX-License-Identifier: Apache-2.0
package dev.openlines.portal;

import java.util.Locale;

/**
 * The ways a chat is closed. The way decides on whose behalf the event is sent, and so which tokens it
 * carries; the closed chat looks the same in all of them.
 *
 * <p>That the event is sent for the user of the request that closed the session is our inference from the portal's
 * source.
 */
public enum Closing {
    /** An operator ends the chat: the event carries the operator's access token. */
    OPERATOR,
    /** The portal's timer ends the chat: the event carries no token, unless its subscription names a user. */
    AGENT,
    /** The customer's rating ends the chat: the event carries a token of the customer, who has no rights. */
    RATING,
    /** An operator marks the chat as spam: the event carries the operator's access token. */
    SPAM,
    /** A bot ends the chat through REST: the event carries a token of the administrator who installed it. */
    BOT;

    /**
     * Returns the name used by the control API and the page.
     *
     * @return the constant's name in lower case
     */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    static Closing ofLabel(String label) {
        for (Closing closing : values()) {
            if (closing.label().equals(label)) {
                return closing;
            }
        }
        throw new IllegalArgumentException("expected one of operator, agent, rating, spam, bot as the way to close");
    }
}
