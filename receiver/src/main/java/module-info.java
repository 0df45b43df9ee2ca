// SPDX-License-Identifier: Apache-2.0
/**
 * Receives the events of Bitrix24 portals without losing one: verify, keep, acknowledge, then work.
 */
module dev.openlines.receiver {
    requires transitive dev.openlines.parser;
    requires java.sql;
    requires org.slf4j;
    // Only who uses JettyReceiver or ReceiverServer needs Jetty.
    requires static transitive org.eclipse.jetty.server;
    // Annotations only: nobody needs the jar at run time.
    requires static transitive org.jspecify;

    exports dev.openlines.receiver;
}
