// SPDX-License-Identifier: Apache-2.0
package dev.openlines.examples.closedchats;

import org.jspecify.annotations.Nullable;

/**
 * More about a closed chat.
 *
 * @param operators names of the operators who wrote, with commas between; may be empty
 * @param bots names of the bots that wrote, likewise
 * @param rating a supervisor's rating from 1 to 5, null if there is none
 * @param crm what the CRM object of the chat is called, such as {@code Big order (deal 7)}; null if there is none
 * @param crmPage the page of that object on the portal, null likewise
 */
record About(
        String operators,
        String bots,
        @Nullable Integer rating,
        @Nullable String crm,
        @Nullable String crmPage) {

    static final About NOTHING = new About("", "", null, null, null);

    /** Leaves out what people are called. */
    @Override
    public String toString() {
        return "rating " + rating;
    }
}
