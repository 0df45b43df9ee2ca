// SPDX-License-Identifier: Apache-2.0
package dev.openlines.spring;

import dev.openlines.model.Secret;
import dev.openlines.parser.Limits;
import dev.openlines.receiver.ClosedSessions;
import dev.openlines.receiver.DispatchPolicy;
import dev.openlines.receiver.Inbox;
import dev.openlines.receiver.InboxMonitor;
import dev.openlines.receiver.InstallationCheck;
import dev.openlines.receiver.LeasingInbox;
import dev.openlines.receiver.MicrometerTelemetry;
import dev.openlines.receiver.OfflineQueues;
import dev.openlines.receiver.Portals;
import dev.openlines.receiver.Receiver;
import dev.openlines.receiver.ReceiverServlet;
import dev.openlines.receiver.ReconcileSettings;
import dev.openlines.receiver.StoreException;
import dev.openlines.receiver.Telemetry;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.servlet.Filter;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.boot.actuate.endpoint.SanitizingFunction;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.web.servlet.FilterRegistrationBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.core.NestedExceptionUtils;
import org.springframework.core.Ordered;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.Environment;

/**
 * Makes a receiver from the settings that begin with {@code openlines}: the endpoint, the inbox, the dispatcher of its
 * events, health and meters if the application has Actuator. An application's own bean of a type takes the place of the
 * one that is made here: {@link LeasingInbox}, {@link Portals}, {@link InstallationCheck}, {@link ClosedSessions},
 * {@link OfflineQueues}, {@link DispatchPolicy}, {@link Limits}, {@link ReconcileSettings}, {@link InstantSource},
 * {@link Telemetry}.
 *
 * <p>The order of the stop: the web server answers the requests that it has accepted, then handlers finish, then the
 * beans that they use are closed, and the inbox last.
 */
@AutoConfiguration(
        afterName = {
            "org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration",
            "org.springframework.boot.micrometer.metrics.autoconfigure.CompositeMeterRegistryAutoConfiguration",
            "org.springframework.boot.micrometer.metrics.autoconfigure.export.simple.SimpleMetricsExportAutoConfiguration"
        })
@EnableConfigurationProperties(OpenlinesProperties.class)
@Import({PortalConfiguration.class, WebhookConfiguration.class})
public final class OpenlinesAutoConfiguration {

    /** The place after the filters for forwarded headers and for observation, which are the first two. */
    static final int ORDER = Ordered.HIGHEST_PRECEDENCE + 2;

    /** Spring Boot's default. */
    private static final Duration STOP_PATIENCE = Duration.ofSeconds(30);

    private static final Duration MONITOR_INTERVAL = Duration.ofSeconds(1);

    /** Creates the configuration, unless a name in the environment is misspelled. Spring calls this. */
    OpenlinesAutoConfiguration(ConfigurableEnvironment environment) {
        EnvironmentNames.refuseUnknown(environment);
    }

    @Bean
    @ConditionalOnMissingBean
    LeasingInbox openlinesInbox(OpenlinesProperties properties, ObjectProvider<DataSource> database) {
        try {
            if (properties.inbox().equals(OpenlinesProperties.MEMORY)) {
                return Inbox.memory();
            }
            return properties.inDataSource()
                    ? Inbox.postgresql(dataSource("inbox", database))
                    : Inbox.sqlite(Path.of(properties.inbox()));
        } catch (StoreException e) {
            throw new WrongSettingException("inbox", reason(e));
        }
    }

    /** Adds the message of the database, unless it may repeat an address with a password. */
    private static String reason(StoreException e) {
        Throwable root = NestedExceptionUtils.getMostSpecificCause(e);
        String said = String.valueOf(root.getMessage());
        return root == e || said.contains("jdbc:") ? String.valueOf(e.getMessage()) : e.getMessage() + ": " + said;
    }

    static DataSource dataSource(String setting, ObjectProvider<DataSource> database) {
        DataSource found = database.getIfAvailable();
        if (found == null) {
            throw new WrongSettingException(setting, "datasource: the application has no bean of type DataSource");
        }
        return found;
    }

    @Bean
    @ConditionalOnMissingBean
    InboxMonitor openlinesInboxMonitor(Inbox inbox) {
        return new InboxMonitor(inbox, MONITOR_INTERVAL);
    }

    @Bean
    @ConditionalOnMissingBean
    Portals openlinesPortals(
            Inbox inbox, OpenlinesProperties properties, ObjectProvider<InstallationCheck> installations) {
        Portals portals = inbox.portals();
        InstallationCheck check = installations.getIfAvailable();
        if (check != null) {
            portals.verifiedBy(check);
        }
        @Nullable String memberId = properties.memberId();
        @Nullable Secret token = properties.applicationToken();
        if (memberId != null && !memberId.isBlank() && token != null) {
            return portals.trust(memberId, token);
        }
        if (memberId != null && !memberId.isBlank()) {
            throw new WrongSettingException("application-token", "expected the token of the portal, found none");
        }
        if (token != null || check == null) {
            throw new WrongSettingException(
                    "member-id",
                    token != null
                            ? "expected the portal of the application token, found none"
                            : "expected the portal to trust, or openlines.client-id to verify installations, found none");
        }
        return portals;
    }

    @Bean
    @ConditionalOnMissingBean
    DispatchPolicy openlinesDispatchPolicy(OpenlinesProperties properties) {
        return DispatchPolicy.DEFAULT
                .withWorkers(Math.max(1, properties.workers()))
                .withOrdered(properties.ordered());
    }

    @Bean
    Running openlinesRunning(
            LeasingInbox inbox,
            InboxMonitor monitor,
            OpenlinesProperties properties,
            DispatchPolicy policy,
            ConfigurableListableBeanFactory beans,
            ObjectProvider<Telemetry> telemetry,
            ObjectProvider<InstantSource> clock,
            ObjectProvider<ClosedSessions> sessions,
            ObjectProvider<ReconcileSettings> reconcile,
            ObjectProvider<OfflineQueues> queues,
            Environment environment) {
        return new Running(
                inbox,
                beans.containsBean("openlinesInbox") ? properties.inbox() : "bean",
                monitor,
                properties,
                policy,
                new HandlerMethods(beans),
                telemetry.getIfAvailable(Telemetry::none),
                clock.getIfAvailable(InstantSource::system),
                sessions.getIfAvailable(),
                reconcile.getIfAvailable(() -> ReconcileSettings.DEFAULT),
                queues.getIfAvailable(),
                // The web server has the same time for its own requests.
                environment.getProperty("spring.lifecycle.timeout-per-shutdown-phase", Duration.class, STOP_PATIENCE));
    }

    @Bean
    @ConditionalOnMissingBean
    Receiver openlinesReceiver(
            Inbox inbox,
            Portals portals,
            Running running,
            ObjectProvider<Limits> limits,
            ObjectProvider<Telemetry> telemetry,
            ObjectProvider<InstantSource> clock) {
        return new Receiver(
                inbox,
                portals,
                limits.getIfAvailable(() -> Limits.DEFAULT),
                clock.getIfAvailable(InstantSource::system),
                running::wake,
                telemetry.getIfAvailable(Telemetry::none));
    }

    /**
     * The endpoint. It answers before all filters except those that find the sender's address and observe requests. A
     * filter that asks for a parameter, such as one against forged forms, would consume the body, and one that requires
     * a signed-in user would refuse every event. The event is authenticated by its own token.
     */
    @Configuration(proxyBeanMethods = false)
    @ConditionalOnWebApplication(type = ConditionalOnWebApplication.Type.SERVLET)
    static class Endpoint {

        @Bean
        FilterRegistrationBean<Filter> openlinesEndpoint(Receiver receiver, OpenlinesProperties properties) {
            return endpoint("openlines", new ReceiverServlet(receiver), properties.path());
        }

        @Bean
        @ConditionalOnProperty(prefix = "openlines", name = "installer-page")
        FilterRegistrationBean<Filter> openlinesInstallerPage(
                Receiver receiver, OpenlinesProperties properties, ObjectProvider<InstallationCheck> installations) {
            if (installations.getIfAvailable() == null) {
                throw new WrongSettingException(
                        "installer-page", "expected openlines.client-id to verify installations, found none");
            }
            return endpoint(
                    "openlinesInstallerPage",
                    ReceiverServlet.installerPage(receiver),
                    Objects.requireNonNull(properties.installerPage()));
        }

        private static FilterRegistrationBean<Filter> endpoint(String name, ReceiverServlet servlet, String path) {
            FilterRegistrationBean<Filter> endpoint =
                    new FilterRegistrationBean<>((request, response, others) -> servlet.service(request, response));
            endpoint.setName(name);
            endpoint.addUrlPatterns(path);
            endpoint.setOrder(ORDER);
            endpoint.setAsyncSupported(true);
            return endpoint;
        }
    }

    /** Refuses to start if the endpoint would silently be missing. */
    @Configuration(proxyBeanMethods = false)
    @ConditionalOnWebApplication(type = ConditionalOnWebApplication.Type.REACTIVE)
    static class NoEndpoint {

        NoEndpoint() {
            throw new WrongSettingException(
                    "path",
                    "the endpoint needs a servlet container, found a reactive web application; use"
                            + " spring-boot-starter-webmvc, or receive in another process and set"
                            + " spring.main.web-application-type=none here");
        }
    }

    /** Meters, if the application has a registry. */
    @Configuration(proxyBeanMethods = false)
    @ConditionalOnClass(MeterRegistry.class)
    static class Meters {

        @Bean
        @ConditionalOnBean(MeterRegistry.class)
        @ConditionalOnMissingBean(Telemetry.class)
        MicrometerTelemetry openlinesTelemetry(
                MeterRegistry registry, InboxMonitor monitor, ObjectProvider<InstantSource> clock) {
            return new MicrometerTelemetry(registry).watch(monitor, clock.getIfAvailable(InstantSource::system));
        }
    }

    /** Appears in {@code /actuator/health} as {@code openlines}. */
    @Configuration(proxyBeanMethods = false)
    @ConditionalOnClass(HealthIndicator.class)
    static class Healthy {

        @Bean
        @ConditionalOnMissingBean(name = "openlinesHealthIndicator")
        HealthIndicator openlinesHealthIndicator(InboxMonitor monitor) {
            return () -> (monitor.ready() ? Health.up() : Health.down())
                    .withDetail("waiting", monitor.backlog().waiting())
                    .withDetail("dead", monitor.backlog().dead())
                    .build();
        }
    }

    /**
     * Hides secrets in {@code /actuator/env} and {@code /actuator/configprops} even from users who may see values, and
     * also if they are part of another value, such as the command line.
     */
    @Configuration(proxyBeanMethods = false)
    @ConditionalOnClass(SanitizingFunction.class)
    static class Hidden {

        @Bean
        SanitizingFunction openlinesSecrets(OpenlinesProperties properties) {
            List<String> secrets = Stream.of(
                            properties.applicationToken(), properties.clientSecret(), properties.webhook())
                    .filter(Objects::nonNull)
                    .map(Secret::reveal)
                    .filter(secret -> !secret.isBlank())
                    .toList();
            return data -> {
                String key = data.getKey().toLowerCase(Locale.ROOT);
                String value = String.valueOf(data.getValue());
                boolean named = key.startsWith("openlines")
                        && (key.contains("token") || key.contains("secret") || key.contains("webhook"));
                return named || secrets.stream().anyMatch(value::contains) ? data.withSanitizedValue() : data;
            };
        }
    }
}
