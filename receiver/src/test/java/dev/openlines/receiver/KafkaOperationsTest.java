// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import static dev.openlines.receiver.KafkaBroker.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.receiver.contract.InboxContract;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What whoever runs receivers and workers over Kafka sees of them. */
@Timeout(90)
class KafkaOperationsTest {

    private KafkaTopics topics;
    private KafkaInbox inbox;

    @BeforeEach
    void openInbox() {
        topics = KafkaBroker.newTopics(2);
        inbox = KafkaInbox.open(topics);
    }

    @AfterEach
    void close() {
        inbox.close();
    }

    @Test
    void theLagAndTheAgeOfTheOldestEventAreMetersAndStayTrueWhenAskedAgain() {
        for (long chat = 1; chat <= 5; chat++) {
            store(chat, 1);
        }
        assertThat(inbox.backlog()).isEqualTo(new Backlog(5, 0, InboxContract.T0));
        assertThat(inbox.backlog()).isEqualTo(new Backlog(5, 0, InboxContract.T0));

        SimpleMeterRegistry meters = new SimpleMeterRegistry();
        InstantSource clock = InstantSource.fixed(InboxContract.T0.plusSeconds(90));
        CountDownLatch release = new CountDownLatch(1);
        AtomicInteger begun = new AtomicInteger();
        try (InboxMonitor monitor = new InboxMonitor(inbox, Duration.ofMillis(20))) {
            MicrometerTelemetry telemetry = new MicrometerTelemetry(meters).watch(monitor, clock);
            assertThat(gauge(meters, "openlines.ready")).isEqualTo(1);
            assertThat(gauge(meters, "openlines.backlog")).isEqualTo(5);
            assertThat(gauge(meters, "openlines.backlog.age")).isEqualTo(90);
            Handlers handlers = Handlers.all((event, context) -> {
                begun.incrementAndGet();
                release.await();
            });
            try (KafkaDispatcher dispatcher =
                    new KafkaDispatcher(inbox, handlers, DispatchPolicy.DEFAULT, clock, telemetry)) {
                dispatcher.start();
                await(() -> begun.get() > 1);
                assertThat(gauge(meters, "openlines.backlog"))
                        .as("an event that is being handled waits too")
                        .isEqualTo(5);
                release.countDown();

                await(() -> gauge(meters, "openlines.backlog") == 0);
                assertThat(gauge(meters, "openlines.backlog.age")).isZero();
                assertThat(meters.get("openlines.handled")
                                .tag("outcome", "done")
                                .timer()
                                .count())
                        .isEqualTo(5);
            }
        }
    }

    private static double gauge(SimpleMeterRegistry meters, String name) {
        return meters.get(name).gauge().value();
    }

    private void store(long chat, long time) {
        inbox.await(inbox.store(InboxContract.delivery(chat, time)));
    }
}
