// SPDX-License-Identifier: Apache-2.0
package dev.openlines.model;

import java.util.Objects;
import java.util.Set;

/**
 * A permission that an access token carries, such as {@code imopenlines}.
 *
 * <p>An open set: a scope that this version does not know keeps its text and is not {@link #known()}.
 *
 * @param code the platform's name, as sent
 */
public record Scope(String code) {

    /** {@code imopenlines}: open lines, their sessions and events. */
    public static final Scope IMOPENLINES = new Scope("imopenlines");

    /** {@code imconnector}: connectors of external messengers. */
    public static final Scope IMCONNECTOR = new Scope("imconnector");

    /** {@code im}: chats and notifications. */
    public static final Scope IM = new Scope("im");

    /** {@code imbot}: chat bots. */
    public static final Scope IMBOT = new Scope("imbot");

    /** {@code crm}: customers and deals. */
    public static final Scope CRM = new Scope("crm");

    /** {@code user}: portal users. */
    public static final Scope USER = new Scope("user");

    /** {@code user_basic}: portal users without contact data. */
    public static final Scope USER_BASIC = new Scope("user_basic");

    /** {@code user_brief}: portal users by name only. */
    public static final Scope USER_BRIEF = new Scope("user_brief");

    /** {@code placement}: widgets in the portal's pages. */
    public static final Scope PLACEMENT = new Scope("placement");

    private static final Set<Scope> KNOWN =
            Set.of(IMOPENLINES, IMCONNECTOR, IM, IMBOT, CRM, USER, USER_BASIC, USER_BRIEF, PLACEMENT);

    public Scope {
        Objects.requireNonNull(code, "code");
    }

    /**
     * Tells whether this is one of the constants.
     *
     * @return false for a scope that has no constant in this version
     */
    public boolean known() {
        return KNOWN.contains(this);
    }

    /**
     * Returns the code for a log or a terminal. Since a portal may send any text, a space stands for each
     * character that breaks a line, steers a terminal or changes the direction of writing. {@link #code()} has the code
     * as sent.
     *
     * @return one line
     */
    @Override
    public String toString() {
        return Printed.line(code);
    }
}
