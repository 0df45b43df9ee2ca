// SPDX-License-Identifier: Apache-2.0
/**
 * Receives the events of Bitrix24 portals without losing one: verify, store, acknowledge, then work.
 */
@SuppressWarnings("module") // The modules that spi is for are built after this one.
module dev.openlines.receiver {
    requires transitive dev.openlines.parser;
    requires java.sql;
    requires org.slf4j;
    // Only applications that use MicrometerTelemetry, ReceiverServlet or HttpServerReceiver need these.
    requires static micrometer.core;
    requires static jakarta.servlet;
    requires static jdk.httpserver;
    // Annotations only: users do not need the jar.
    requires static org.jspecify;

    exports dev.openlines.receiver;
    exports dev.openlines.receiver.spi to
            dev.openlines.kafka,
            dev.openlines.server;
}
