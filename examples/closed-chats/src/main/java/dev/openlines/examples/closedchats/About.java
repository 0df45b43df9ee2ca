// SPDX-License-Identifier: Apache-2.0
package dev.openlines.examples.closedchats;

import org.jspecify.annotations.Nullable;

/**
 * More about a closed chat.
 *
 * @param operators names of the operators who wrote, separated by commas; may be empty
 * @param bots names of the bots that wrote, separated by commas; may be empty
 * @param rating a supervisor's rating from 1 to 5, null if there is none
 * @param crm the name of the chat's CRM object, such as {@code Big order (deal 7)}; null if there is none
 * @param crmPage the page of that object on the portal, null if there is none
 */
record About(
        String operators,
        String bots,
        @Nullable Integer rating,
        @Nullable String crm,
        @Nullable String crmPage) {

    static final About NOTHING = new About("", "", null, null, null);

    /** Leaves out the names of people. */
    @Override
    public String toString() {
        return "rating " + rating;
    }
}
