// SPDX-License-Identifier: Apache-2.0
/**
 * A whole receiver in one call: endpoint on Jetty, inbox, dispatcher.
 */
module dev.openlines.server {
    requires transitive dev.openlines.receiver;
    requires transitive dev.openlines.client;
    requires org.eclipse.jetty.server;
    requires java.sql;
    requires org.slf4j;
    requires micrometer.core;
    requires micrometer.registry.prometheus;
    // Only if tokens are in PostgreSQL.
    requires static org.postgresql.jdbc;
    // Annotations only: users do not need the jar.
    requires static org.jspecify;

    uses dev.openlines.receiver.InboxProvider;

    exports dev.openlines.server;
}
