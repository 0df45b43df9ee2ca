// SPDX-License-Identifier: Apache-2.0
package dev.openlines.portal;

/** Somebody on a portal: staff, or a customer who was given a user row by a connector. */
record PortalUser(long id, Role role, String firstName, String lastName) {

    enum Role {
        ADMIN,
        OPERATOR,
        GUEST
    }

    boolean admin() {
        return role == Role.ADMIN;
    }

    boolean guest() {
        return role == Role.GUEST;
    }
}
