// SPDX-License-Identifier: Apache-2.0
package dev.openlines.spring;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.model.Event;
import dev.openlines.model.OnSessionFinish;
import dev.openlines.portal.Delivery;
import dev.openlines.portal.Portal;
import dev.openlines.portal.PortalChat;
import dev.openlines.portal.SimulatedPortal;
import dev.openlines.receiver.DispatchPolicy;
import dev.openlines.receiver.EventContext;
import dev.openlines.receiver.InboxMonitor;
import dev.openlines.receiver.RetryPolicy;
import dev.openlines.testkit.Await;
import io.micrometer.common.KeyValue;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationHandler;
import io.micrometer.observation.ObservationRegistry;
import io.micrometer.observation.transport.Kind;
import io.micrometer.observation.transport.ReceiverContext;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Tests of the observations that tracing makes spans of, in applications with Actuator. */
@SimulatedPortal
@Timeout(300)
class ObservationTest {

    @TempDir
    private Path folder;

    private ConfigurableApplicationContext start(Portal portal, String... more) {
        ConfigurableApplicationContext started = Apps.start(
                Observed.class,
                portal,
                Stream.concat(Stream.of("openlines.inbox=" + folder.resolve("inbox.db")), Stream.of(more))
                        .toArray(String[]::new));
        portal.subscribe(OnSessionFinish.CODE, Apps.at(started, "/bitrix24"));
        return started;
    }

    @Test
    void eachAttemptIsAnObservationWithItsError(Portal portal) {
        try (ConfigurableApplicationContext application = start(portal)) {
            Observed observed = application.getBean(Observed.class);
            observed.failures.add(context -> new IllegalStateException("the archive is away"));
            portal.openLine("Support").openChat().close();
            Await.until("the second attempt", () -> counted(application, "openlines.handled?tag=outcome:done", 1));
            assertThat(counted(application, "openlines.handled?tag=outcome:retry", 1))
                    .isTrue();

            List<ReceiverContext<?>> attempts = List.copyOf(observed.ended);
            ReceiverContext<?> first = attempts.get(0);
            EventContext context = observed.contexts.element();
            assertThat(first.getName()).isEqualTo("openlines.handler");
            assertThat(first.getContextualName()).isEqualTo("process ONSESSIONFINISH");
            assertThat(first.getKind()).isEqualTo(Kind.CONSUMER);
            assertThat(first.getError())
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage("the archive is away");
            assertThat(first.getLowCardinalityKeyValues())
                    .containsExactlyInAnyOrder(
                            KeyValue.of("openlines.event", "ONSESSIONFINISH"),
                            KeyValue.of("openlines.origin", "event"));
            assertThat(first.getHighCardinalityKeyValues())
                    .containsExactlyInAnyOrder(
                            KeyValue.of("openlines.portal", portal.memberId()),
                            KeyValue.of("openlines.attempt", "1"),
                            KeyValue.of("messaging.system", "bitrix24"),
                            KeyValue.of("messaging.operation.name", "process"),
                            KeyValue.of("messaging.operation.type", "process"),
                            KeyValue.of("messaging.destination.name", "ONSESSIONFINISH"),
                            KeyValue.of("messaging.message.id", context.idempotencyKey()));
            assertThat(traceparent(first)).as("tracing begins a trace").isNull();
            ReceiverContext<?> second = attempts.get(1);
            assertThat(second.getError()).isNull();
            assertThat(second.getHighCardinalityKeyValue("openlines.attempt"))
                    .isEqualTo(KeyValue.of("openlines.attempt", "2"));
            assertThat(observed.current)
                    .as("the observation of the handler's thread")
                    .containsExactly(first, second);

            assertThat(counted(application, "openlines.handler?tag=openlines.event:ONSESSIONFINISH", 2))
                    .isTrue();
            assertThat(counted(application, "openlines.handler?tag=error:IllegalStateException", 1))
                    .isTrue();
        }
    }

    private static boolean counted(ConfigurableApplicationContext application, String meter, int count) {
        return Apps.get(Apps.at(application, "/actuator/metrics/" + meter))
                .body()
                .contains("\"COUNT\",\"value\":" + count + ".0");
    }

    private static <C> String traceparent(ReceiverContext<C> context) {
        assertThat(context.getCarrier())
                .as("tracing asks the carrier for a trace")
                .isNotNull();
        return context.getGetter().get(context.getCarrier(), "traceparent");
    }

    @Test
    void theDecisionOfAHandlerIsAnErrorAndReachesTheDispatcher(Portal portal) {
        try (ConfigurableApplicationContext application = start(portal)) {
            Observed observed = application.getBean(Observed.class);
            observed.failures.add(context -> context.deadLetter("no such line"));
            portal.openLine("Support").openChat().close();

            InboxMonitor monitor = application.getBean(InboxMonitor.class);
            Await.until("a dead letter", () -> monitor.backlog().dead() == 1);
            assertThat(observed.ended)
                    .singleElement()
                    .satisfies(attempt -> assertThat(attempt.getError()).hasMessage("no such line"));
        }
    }

    @Test
    void aCodeWithoutATypeIsInTheSpanButInNoMeter(Portal portal) {
        try (ConfigurableApplicationContext application = start(portal)) {
            Observed observed = application.getBean(Observed.class);
            Delivery delivery = portal.openLine("Support").openChat().close().get(0);
            String other = new String(delivery.requestBody(), UTF_8).replace(OnSessionFinish.CODE, "ONSOMETHINGELSE");
            assertThat(Apps.post(Apps.at(application, "/bitrix24"), other.getBytes(UTF_8))
                            .statusCode())
                    .isEqualTo(200);
            Await.until("both events", () -> counted(application, "openlines.handled?tag=outcome:done", 2));

            assertThat(observed.ended)
                    .filteredOn(attempt -> attempt.getContextualName().equals("process other"))
                    .singleElement()
                    .satisfies(attempt -> assertThat(attempt.getHighCardinalityKeyValue("messaging.destination.name"))
                            .isEqualTo(KeyValue.of("messaging.destination.name", "ONSOMETHINGELSE")));
            assertThat(Apps.get(Apps.at(application, "/actuator/metrics/openlines.handler"))
                            .body())
                    .contains("\"ONSESSIONFINISH\"", "\"other\"", "\"event\"")
                    .doesNotContain("ONSOMETHINGELSE", portal.memberId());
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "management.observations.enable.openlines.handler=false",
                "spring.autoconfigure.exclude="
                        + "org.springframework.boot.micrometer.observation.autoconfigure.ObservationAutoConfiguration"
            })
    void eventsAreHandledWithoutObservationsToo(String off, Portal portal) {
        try (ConfigurableApplicationContext application = start(portal, off)) {
            Observed observed = application.getBean(Observed.class);
            PortalChat chat = portal.openLine("Support").openChat();
            chat.close();

            Await.until("the event", () -> counted(application, "openlines.handled?tag=outcome:done", 1));
            assertThat(observed.contexts).hasSize(1);
            assertThat(observed.ended).isEmpty();
            assertThat(Apps.get(Apps.at(application, "/actuator/metrics/openlines.handler"))
                            .statusCode())
                    .isEqualTo(404);
        }
    }

    /** A failure that a handler makes of its context. */
    private interface Failure {

        RuntimeException of(EventContext context);
    }

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Observed {

        /** The failures of the next attempts. */
        final Queue<Failure> failures = new ConcurrentLinkedQueue<>();

        final Queue<EventContext> contexts = new ConcurrentLinkedQueue<>();
        final Queue<Observation.ContextView> current = new ConcurrentLinkedQueue<>();
        final Queue<ReceiverContext<?>> ended = new ConcurrentLinkedQueue<>();
        private final ObjectProvider<ObservationRegistry> registry;

        Observed(ObjectProvider<ObservationRegistry> registry) {
            this.registry = registry;
        }

        @OpenLinesHandler
        void any(Event event, EventContext context) {
            contexts.add(context);
            registry.ifAvailable(all -> {
                Observation now = all.getCurrentObservation();
                if (now != null) {
                    current.add(now.getContextView());
                }
            });
            Failure failure = failures.poll();
            if (failure != null) {
                throw failure.of(context);
            }
        }

        @Bean
        DispatchPolicy soon() {
            return DispatchPolicy.DEFAULT.withRetry(
                    RetryPolicy.DEFAULT.withWaits(Duration.ofMillis(1), Duration.ofMillis(1)));
        }

        @Bean
        ObservationHandler<ReceiverContext<?>> recording() {
            return new ObservationHandler<>() {
                @Override
                public void onStop(ReceiverContext<?> context) {
                    ended.add(context);
                }

                @Override
                public boolean supportsContext(Observation.Context context) {
                    return "openlines.handler".equals(context.getName());
                }
            };
        }
    }
}
