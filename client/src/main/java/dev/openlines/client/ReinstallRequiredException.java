// SPDX-License-Identifier: Apache-2.0
package dev.openlines.client;

/**
 * Thrown if a portal does not let the application in, and only a person can change that, by installing the application
 * again. Either there was never a grant for the portal, or the OAuth host refused its refresh token as revoked or
 * expired. The OAuth host is not asked again until a new grant is stored.
 */
public final class ReinstallRequiredException extends ClientException {

    private static final long serialVersionUID = 1L;

    private final String memberId;

    ReinstallRequiredException(String method, String memberId, String why) {
        super(method, "portal " + memberId + " needs a re-install: " + why, null);
        this.memberId = memberId;
    }

    /**
     * Returns the portal.
     *
     * @return the portal's {@code member_id}
     */
    public String memberId() {
        return memberId;
    }
}
