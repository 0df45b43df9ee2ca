// SPDX-License-Identifier: Apache-2.0
package dev.openlines.examples.springboot;

import dev.openlines.model.OnSessionFinish;
import dev.openlines.parser.Limits;
import dev.openlines.receiver.DispatchPolicy;
import dev.openlines.receiver.Dispatcher;
import dev.openlines.receiver.Handlers;
import dev.openlines.receiver.Inbox;
import dev.openlines.receiver.InboxMonitor;
import dev.openlines.receiver.LeasingInbox;
import dev.openlines.receiver.MicrometerTelemetry;
import dev.openlines.receiver.Portals;
import dev.openlines.receiver.Receiver;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.time.InstantSource;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.actuate.endpoint.SanitizingFunction;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.context.annotation.Bean;

/**
 * Puts the receiver together from beans. Spring stops the web server first and closes the beans in the opposite
 * order of their making: what was accepted is answered, what is being handled is finished, the inbox closes last.
 */
@SpringBootApplication(proxyBeanMethods = false)
@EnableConfigurationProperties(OpenlinesProperties.class)
public class Application {

    /**
     * Starts the application.
     *
     * @param args Spring's own arguments
     */
    public static void main(String[] args) {
        SpringApplication.run(Application.class, args);
    }

    @Bean
    LeasingInbox inbox(OpenlinesProperties properties) {
        return Inbox.sqlite(properties.inbox());
    }

    @Bean
    InboxMonitor inboxMonitor(Inbox inbox) {
        return new InboxMonitor(inbox, Duration.ofSeconds(1));
    }

    @Bean
    MicrometerTelemetry telemetry(MeterRegistry registry, InboxMonitor monitor) {
        return new MicrometerTelemetry(registry).watch(monitor, InstantSource.system());
    }

    @Bean
    Handlers handlers(ClosedChats chats) {
        return Handlers.on(OnSessionFinish.class, chats::closed).otherwise((event, context) -> {});
    }

    @Bean(initMethod = "start")
    Dispatcher dispatcher(LeasingInbox inbox, Handlers handlers, MicrometerTelemetry telemetry) {
        return new Dispatcher(inbox, handlers, DispatchPolicy.DEFAULT, InstantSource.system(), telemetry);
    }

    @Bean
    Receiver receiver(
            Inbox inbox, OpenlinesProperties properties, Dispatcher dispatcher, MicrometerTelemetry telemetry) {
        Portals portals = inbox.portals().trust(properties.memberId(), properties.applicationToken());
        return new Receiver(inbox, portals, Limits.DEFAULT, InstantSource.system(), dispatcher::wake, telemetry);
    }

    /** Appears in {@code /actuator/health} as {@code inbox}. */
    @Bean
    HealthIndicator inboxHealthIndicator(InboxMonitor monitor) {
        return () -> (monitor.ready() ? Health.up() : Health.down())
                .withDetail("waiting", monitor.backlog().waiting())
                .withDetail("dead", monitor.backlog().dead())
                .build();
    }

    /** Whoever is allowed to see values in {@code /actuator/env} is still not shown these. */
    @Bean
    SanitizingFunction noTokens() {
        return data -> data.getLowerCaseKey().contains("token") ? data.withSanitizedValue() : data;
    }
}
