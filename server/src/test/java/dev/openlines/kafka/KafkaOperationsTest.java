// SPDX-License-Identifier: Apache-2.0
package dev.openlines.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.model.Secret;
import dev.openlines.parser.Limits;
import dev.openlines.receiver.Backlog;
import dev.openlines.receiver.DeadLetter;
import dev.openlines.receiver.DispatchPolicy;
import dev.openlines.receiver.Handlers;
import dev.openlines.receiver.InboxMonitor;
import dev.openlines.receiver.MicrometerTelemetry;
import dev.openlines.receiver.Portals;
import dev.openlines.receiver.RawDelivery;
import dev.openlines.receiver.Receiver;
import dev.openlines.receiver.Telemetry;
import dev.openlines.tck.Deliveries;
import dev.openlines.testkit.Await;
import dev.openlines.testkit.Bodies;
import dev.openlines.testkit.KafkaBroker;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.RemoveMembersFromConsumerGroupOptions;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Tests of what an operator of receivers and workers over Kafka sees. */
@Timeout(300)
@Tag("long")
class KafkaOperationsTest {

    private KafkaTopics topics;
    private KafkaInbox inbox;

    @BeforeEach
    void openInbox() {
        topics = KafkaTopics.of(KafkaBroker.newTopics(2));
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
        assertThat(inbox.backlog()).isEqualTo(new Backlog(5, 0, Deliveries.T0));
        assertThat(inbox.backlog()).isEqualTo(new Backlog(5, 0, Deliveries.T0));

        SimpleMeterRegistry meters = new SimpleMeterRegistry();
        InstantSource clock = InstantSource.fixed(Deliveries.T0.plusSeconds(90));
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
                Await.until(() -> begun.get() > 1);
                assertThat(gauge(meters, "openlines.backlog"))
                        .as("an event that is being handled waits too")
                        .isEqualTo(5);
                release.countDown();

                Await.until(() -> gauge(meters, "openlines.backlog") == 0);
                assertThat(gauge(meters, "openlines.backlog.age")).isZero();
                assertThat(meters.get("openlines.handled")
                                .tag("outcome", "done")
                                .timer()
                                .count())
                        .isEqualTo(5);
            }
        }
    }

    @Test
    void aRecordCarriesTheTraceOfItsRequestElseOneOfItsKey() {
        Portals portals = new Portals().trust(Bodies.MEMBER, Secret.of(Bodies.TOKEN));
        Receiver receiver =
                new Receiver(inbox, portals, Limits.DEFAULT, InstantSource.system(), () -> {}, Telemetry.none());
        String trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        for (String traceparent : new String[] {trace, null}) {
            byte[] body =
                    Bodies.finish(17, "ts", traceparent == null ? "2" : "1").getBytes(StandardCharsets.UTF_8);
            assertThat(receiver.receive(new RawDelivery(
                                    "POST", "application/x-www-form-urlencoded", body, traceparent, null))
                            .toCompletableFuture()
                            .join()
                            .status())
                    .isEqualTo(200);
        }

        List<String> traces = new ArrayList<>();
        for (int number = 0; number < 2; number++) {
            TopicPartition partition = new TopicPartition(topics.events(), number);
            inbox.reader()
                    .read(
                            partition,
                            0,
                            inbox.reader().end(partition),
                            record -> traces.add(KafkaRecords.text(record.headers(), "ce_traceparent", "none")));
        }
        String key = Deliveries.delivery(17, 2).idempotencyKey();
        assertThat(traces).containsExactly(trace, "00-" + key.substring(0, 32) + "-" + key.substring(32, 48) + "-00");
    }

    @Test
    void aTopicOfDeadLettersThatIsToldToForgetForgetsAndIsCountedRight() throws Exception {
        inbox.await(inbox.append(new ProducerRecord<>(topics.events(), 0, "k", new byte[] {1})));
        try (KafkaDispatcher worker = new KafkaDispatcher(
                inbox,
                Handlers.all((event, context) -> {}),
                DispatchPolicy.DEFAULT,
                InstantSource.system(),
                Telemetry.none())) {
            worker.start();
            Await.until(() -> inbox.backlog().dead() == 1);
        }
        ConfigResource dead = new ConfigResource(ConfigResource.Type.TOPIC, topics.dead());
        try (Admin admin = Admin.create(Map.of(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, topics.servers()))) {
            admin.incrementalAlterConfigs(Map.of(
                            dead,
                            List.of(
                                    set("cleanup.policy", "compact,delete"),
                                    set("retention.ms", "1000"),
                                    set("segment.ms", "1000"))))
                    .all()
                    .get();
        }

        Await.until(() -> inbox.backlog().dead() == 0);
        assertThat(inbox.deadLetters().list(0, 10)).isEmpty();
    }

    @Test
    void anEventThatWorkersDieOfIsADeadLetterAndTheOthersAreHandled(@TempDir Path directory) throws Exception {
        for (long chat = 1; chat <= 30; chat++) {
            store(chat == 15 ? 666 : chat, 1);
        }
        // No machine is so slow that a living worker is taken for a dead one; the dead leave the group by our hand.
        Path config = Files.writeString(directory.resolve("kafka.properties"), "session.timeout.ms=300000\n");
        String address = "kafka:" + topics.servers() + '/' + topics.prefix() + "?config=" + config;
        Path effects = directory.resolve("effects");
        int deaths = 0;
        while (inbox.backlog().dead() == 0) {
            Process worker = new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "-XX:TieredStopAtLevel=1",
                            "-XX:+UseSerialGC",
                            "-cp",
                            System.getProperty("java.class.path"),
                            KafkaCrashWorker.class.getName(),
                            address,
                            effects.toString())
                    .redirectError(directory.resolve("errors.log").toFile())
                    .start();
            try {
                Await.until(() -> !worker.isAlive() || inbox.backlog().dead() == 1);
                if (worker.isAlive()) {
                    Await.until(() -> inbox.backlog().waiting() == 0);
                } else {
                    deaths++;
                    endMembership();
                }
            } finally {
                worker.destroyForcibly();
            }
        }

        assertThat(deaths).as("one that was not noted, then three").isEqualTo(4);
        DeadLetter letter = inbox.deadLetters().list(0, 10).get(0);
        assertThat(letter.idempotencyKey())
                .isEqualTo(Deliveries.delivery(666, 1).idempotencyKey());
        assertThat(letter.reason()).isEqualTo("3 workers died while they handled this");
        assertThat(letter.attempts()).isEqualTo(3);
        assertThat(inbox.deadLetters().show(letter.id()).orElseThrow().history())
                .extracting(DeadLetter.Attempt::outcome)
                .containsExactly("died", "dead");
        assertThat(Files.readAllLines(effects).stream()
                        .map(line -> line.split(" ")[1])
                        .distinct())
                .hasSize(29);
    }

    private void endMembership() throws Exception {
        try (Admin admin = Admin.create(Map.of(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, topics.servers()))) {
            admin.removeMembersFromConsumerGroup(topics.group(), new RemoveMembersFromConsumerGroupOptions())
                    .all()
                    .get();
        }
    }

    private static AlterConfigOp set(String name, String value) {
        return new AlterConfigOp(new ConfigEntry(name, value), AlterConfigOp.OpType.SET);
    }

    private static double gauge(SimpleMeterRegistry meters, String name) {
        return meters.get(name).gauge().value();
    }

    private void store(long chat, long time) {
        inbox.await(inbox.store(Deliveries.delivery(chat, time)));
    }
}
