// SPDX-License-Identifier: Apache-2.0
/**
 * Receives the events of Bitrix24 portals without losing one: verify, keep, acknowledge, then work.
 */
module dev.openlines.receiver {
    requires transitive dev.openlines.parser;
    requires java.sql;
    requires org.slf4j;
    // Only who uses JettyReceiver or ReceiverServer needs Jetty, and requires it himself.
    requires static org.eclipse.jetty.server;
    // Only who uses KafkaInbox or KafkaDispatcher needs Kafka's clients and the CloudEvents binding.
    requires static kafka.clients;
    requires static io.cloudevents.api;
    requires static io.cloudevents.core;
    requires static io.cloudevents.kafka;
    // Only who uses MicrometerTelemetry or the monitoring port needs Micrometer.
    requires static micrometer.core;
    requires static micrometer.registry.prometheus;
    // Only who uses ReceiverServlet or HttpServerReceiver needs these.
    requires static jakarta.servlet;
    requires static jdk.httpserver;
    // Annotations only: nobody needs the jar.
    requires static org.jspecify;

    exports dev.openlines.receiver;
}
