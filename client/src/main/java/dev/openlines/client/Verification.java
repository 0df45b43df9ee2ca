// SPDX-License-Identifier: Apache-2.0
package dev.openlines.client;

/** The result of {@link OAuth#verify}. */
public enum Verification {

    /** The OAuth host confirmed the tokens, and they belong to an administrator of the portal. The grant is stored. */
    VERIFIED,

    /**
     * The OAuth host confirmed the tokens, but their user is not an administrator of the portal. Any user of the portal
     * can have such tokens, and the platform lets an administrator permit others to install. Nothing is stored.
     */
    NOT_ADMINISTRATOR,

    /** The tokens are missing, refused, of another portal, or of an OAuth host that is not allowed. Nothing is stored. */
    REFUSED
}
