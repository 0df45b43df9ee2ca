// SPDX-License-Identifier: Apache-2.0
package dev.openlines.cli;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A close of a chat, from an event or from the portal's list.
 *
 * @param chat the chat's id
 * @param at the time by the portal's clock, in seconds. For an event, the time when it was queued
 */
record PracticeClose(String chat, long at) {

    /** The first characters in the key of a close that was found in the portal's list. */
    static final String FOUND = "found ";

    /** An event is queued at its close or a little later. */
    private static final long WINDOW = 120;

    private static final Pattern EFFECT = Pattern.compile("\"chat_id\":\"([0-9]+)\".*\"at\":([0-9]{1,12})");

    /** Reads an effect. Returns null if it does not name its close. */
    static @Nullable PracticeClose of(String effect) {
        Matcher matcher = EFFECT.matcher(effect);
        return matcher.find() ? new PracticeClose(matcher.group(1), Long.parseLong(matcher.group(2))) : null;
    }

    /** Tells whether an event can belong to this close. */
    boolean mayBe(PracticeClose event) {
        return chat.equals(event.chat) && event.at - at >= -1 && event.at - at <= WINDOW;
    }

    /** Returns the key of the close, if the portal lists it. */
    String key() {
        return FOUND + chat + " " + at;
    }

    /** Returns the key that says that the event of the close has come late. */
    String claim() {
        return "late " + chat + " " + at;
    }
}
