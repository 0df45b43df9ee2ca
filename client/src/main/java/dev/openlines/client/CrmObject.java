// SPDX-License-Identifier: Apache-2.0
package dev.openlines.client;

import java.util.Locale;
import java.util.Set;

/**
 * An object of the portal's CRM.
 *
 * <p>An open set of types: one without a constant here keeps its text and is not {@link #known()}.
 *
 * @param type in lower case, such as {@code deal}
 * @param id 1 or more
 * @see <a href="https://apidocs.bitrix24.com/api-reference/crm/index.html">CRM</a>
 */
public record CrmObject(String type, long id) {

    /** The type of leads. */
    public static final String LEAD = "lead";

    /** The type of deals. */
    public static final String DEAL = "deal";

    /** The type of contacts. */
    public static final String CONTACT = "contact";

    /** The type of companies. */
    public static final String COMPANY = "company";

    private static final Set<String> KNOWN = Set.of(LEAD, DEAL, CONTACT, COMPANY);

    public CrmObject {
        type = type.toLowerCase(Locale.ROOT);
        if (id < 1) {
            throw new IllegalArgumentException("expected the id of an object of the CRM but found " + id);
        }
    }

    /**
     * Tells whether {@link Crm} knows the type's methods and pages.
     *
     * @return true for leads, deals, contacts and companies
     */
    public boolean known() {
        return KNOWN.contains(type);
    }

    @Override
    public String toString() {
        return type + " " + id;
    }
}
