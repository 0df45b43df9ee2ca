// SPDX-License-Identifier: Apache-2.0
package dev.openlines.portal;

/** A user of a portal: staff, a bot, or a customer, for whom a connector made a user row. */
record PortalUser(long id, Role role, String firstName, String lastName) {

    enum Role {
        ADMIN,
        OPERATOR,
        BOT,
        GUEST
    }

    boolean admin() {
        return role == Role.ADMIN;
    }

    boolean bot() {
        return role == Role.BOT;
    }

    boolean staff() {
        return role == Role.ADMIN || role == Role.OPERATOR;
    }

    String name() {
        return (firstName + " " + lastName).strip();
    }

    boolean guest() {
        return role == Role.GUEST;
    }
}
