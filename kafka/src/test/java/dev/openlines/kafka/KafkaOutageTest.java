// SPDX-License-Identifier: Apache-2.0
package dev.openlines.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.openlines.model.Secret;
import dev.openlines.parser.Limits;
import dev.openlines.receiver.Inbox;
import dev.openlines.receiver.InboxMonitor;
import dev.openlines.receiver.Portals;
import dev.openlines.receiver.RawDelivery;
import dev.openlines.receiver.Receiver;
import dev.openlines.receiver.Reply;
import dev.openlines.receiver.StoreException;
import dev.openlines.receiver.Telemetry;
import dev.openlines.tck.InstallationContract;
import dev.openlines.testkit.Await;
import dev.openlines.testkit.Bodies;
import dev.openlines.testkit.KafkaBroker;
import dev.openlines.testkit.KafkaCluster;
import dev.openlines.testkit.LogRecords;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.config.TopicConfig;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A receiver answers while its cluster takes nothing, and recovers by itself. */
@Timeout(300)
@Tag("long")
class KafkaOutageTest {

    private static final int BUFFER = 1024 * 1024;
    private static final int EVENT = 10_000;
    private static final int MANY = 60;

    /** Finds the line in the name of an event. */
    private static final Pattern NAME = Pattern.compile("\"name\":\"([^\"]*)\"");

    private static KafkaCluster one;

    @BeforeAll
    static void start() {
        one = KafkaCluster.start(1);
    }

    /** Lets the broker go on, if a test has left it frozen. */
    @AfterEach
    void thaw() {
        one.thaw(1);
    }

    @AfterAll
    static void end() {
        one.close();
    }

    @Test
    void aFullBufferIsAnHonest503AtOnceAndEmptiesItself(@TempDir Path directory) throws Exception {
        // Records in the buffer wait until the broker goes on, on any machine.
        Path config = Files.writeString(
                directory.resolve("kafka.properties"),
                "buffer.memory=" + BUFFER + "\nrequest.timeout.ms=600000\ndelivery.timeout.ms=700000\n");
        try (KafkaInbox inbox =
                KafkaInbox.open(KafkaTopics.of("kafka:" + one.servers() + "/full?partitions=2&config=" + config))) {
            Receiver receiver = receiver(inbox, trusting());
            assertThat(status(receiver, finish("before"))).isEqualTo(200);
            one.freeze(1);

            Map<String, CompletableFuture<Integer>> waiting = new HashMap<>();
            int refused = 0;
            for (int i = 0; i < 400; i++) {
                String name = "frozen" + i;
                CompletableFuture<Integer> answer = post(receiver, finish(name));
                if (answer.isDone()) {
                    assertThat(answer.join()).isEqualTo(503);
                    refused++;
                } else {
                    waiting.put(name, answer);
                }
            }
            assertThat(refused).as("what found it full").isGreaterThan(250);
            assertThat(waiting).as("what waits in the buffer").hasSizeBetween(20, BUFFER / EVENT);
            assertThatThrownBy(inbox::probe)
                    .isInstanceOf(StoreException.class)
                    .hasMessageMatching("expected room for 65536 bytes in the buffer but found \\d+: buffer-full");
            try (InboxMonitor monitor = new InboxMonitor(inbox, Duration.ofMillis(50))) {
                assertThat(monitor.ready()).isFalse();
                assertThat(waiting.values()).noneMatch(CompletableFuture::isDone);

                one.thaw(1);
                Await.until(monitor::ready);
            }
            assertThat(answers(waiting.values())).containsOnly(200);
            assertThat(status(receiver, finish("after"))).isEqualTo(200);
            Set<String> expected = new HashSet<>(waiting.keySet());
            expected.addAll(List.of("before", "after"));
            assertThat(names(inbox)).containsExactlyInAnyOrderElementsOf(expected);
        }
    }

    @Test
    void anEventNotWrittenInTimeIsAnswered503AndTheNextIsTriedAnew() throws Exception {
        try (KafkaInbox inbox = KafkaInbox.open(KafkaTopics.of("kafka:" + one.servers() + "/late?partitions=2"))) {
            Receiver receiver = receiver(inbox, trusting());
            Await.until(() -> status(receiver, finish("before")) == 200);
            one.freeze(1);

            List<CompletableFuture<Integer>> sent = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                sent.add(post(receiver, finish("frozen" + i)));
            }
            assertThat(answers(sent)).containsOnly(503);

            one.thaw(1);
            Await.until(() -> status(receiver, finish("after")) == 200);
            assertThat(names(inbox)).contains("before", "after");
        }
    }

    @Test
    void aClusterThatIsAwayIsAnHonest503AndComesBackByItself() throws Exception {
        try (KafkaInbox inbox = KafkaInbox.open(KafkaTopics.of("kafka:" + one.servers() + "/away"))) {
            Receiver receiver = receiver(inbox, trusting());
            Await.until(() -> status(receiver, finish("before")) == 200);
            inbox.probe();
            one.kill(1);
            try {
                CompletableFuture<Integer> answer = post(receiver, finish("away"));
                assertThatThrownBy(inbox::probe).isInstanceOf(StoreException.class);
                assertThat(answers(List.of(answer))).containsExactly(503);
            } finally {
                one.restart(1);
            }
            Await.until(() -> status(receiver, finish("after")) == 200);
            Await.until(() -> takesEvents(inbox));
        }
    }

    @Test
    void uninstallationsAndUnknownPortalsAreAnsweredInTimeThoughManyWait() throws Exception {
        try (KafkaInbox inbox = KafkaInbox.open(KafkaTopics.of("kafka:" + one.servers() + "/trust?partitions=1"))) {
            Portals portals = inbox.portals().verifiedBy(InstallationContract.YES);
            for (int i = 0; i < MANY; i++) {
                portals.trust("member" + i, Secret.of(Bodies.TOKEN));
            }
            Receiver receiver = receiver(inbox, portals);
            Await.until(() -> status(receiver, Bodies.finish(1)) == 403);
            one.freeze(1);

            List<CompletableFuture<Integer>> sent = new ArrayList<>();
            for (int i = 0; i < MANY; i++) {
                sent.add(post(receiver, Bodies.finish(1, "event", "ONAPPUNINSTALL", "auth[member_id]", "member" + i)));
                sent.add(post(receiver, Bodies.finish(1, "auth[member_id]", "stranger" + i)));
            }
            // Each reading gives up after five seconds: one after the other they would take ten minutes.
            assertThat(answers(sent)).containsOnly(503);

            one.thaw(1);
            Await.until(() -> status(receiver, Bodies.finish(1)) == 403);
            String uninstall = Bodies.finish(1, "event", "ONAPPUNINSTALL", "auth[member_id]", "member3");
            Await.until(() -> status(receiver, uninstall) == 200);
            Await.until(() -> status(receiver, Bodies.finish(2, "auth[member_id]", "member3")) == 403);
        }
    }

    @Test
    void tooFewReplicasInSyncIsAnHonest503UntilTheyAreEnoughForTheTopic(@TempDir Path directory) throws Exception {
        Path config = Files.writeString(
                directory.resolve("kafka.properties"), "delivery.timeout.ms=2000\nrequest.timeout.ms=1500\n");
        ByteArrayOutputStream log = new ByteArrayOutputStream();
        PrintStream usual = System.err;
        System.setErr(new PrintStream(log, true, StandardCharsets.UTF_8));
        try (KafkaCluster cluster = KafkaCluster.start(3);
                Admin admin = Admin.create(Map.of(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, cluster.servers()));
                KafkaInbox inbox = KafkaInbox.open(
                        KafkaTopics.of("kafka:" + cluster.servers() + "/few?partitions=1&config=" + config))) {
            Receiver receiver = receiver(inbox, trusting());
            Await.until(() -> status(receiver, finish("before")) == 200);
            cluster.kill(3);
            TopicPartition partition = new TopicPartition(inbox.topics().events(), 0);
            Await.until(() -> inSync(admin, partition.topic()) == 2);
            Await.until(() -> status(receiver, finish("two of three")) == 200);
            Await.until(() -> takesEvents(inbox));

            // Each broker learns of it in its own time: the leader when it refuses, the one that is asked when it says
            // so.
            minInSync(admin, partition.topic(), 3);
            Await.until(() -> status(receiver, finish("until then")) == 503);
            Await.until(() -> !takesEvents(inbox));
            assertThatThrownBy(inbox::probe)
                    .isInstanceOf(StoreException.class)
                    .hasMessage("expected a leader and 3 replicas in sync but found 2 for partition 0 of few.events");
            List<CompletableFuture<Integer>> sent = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                sent.add(post(receiver, finish("refused" + i)));
            }
            assertThat(answers(sent)).containsOnly(503);
            assertThat(names(inbox))
                    .contains("before", "two of three")
                    .isSubsetOf("before", "two of three", "until then");

            minInSync(admin, partition.topic(), 2);
            Await.until(() -> status(receiver, finish("after")) == 200);
            Await.until(() -> takesEvents(inbox));
            assertThat(names(inbox)).contains("before", "two of three", "after");
            assertThat(log.toString(StandardCharsets.UTF_8))
                    .containsOnlyOnce("reason=too-few-replicas expected a leader and 3 replicas in sync but found 2")
                    .containsOnlyOnce("reason=enough-replicas topic=few.events")
                    .contains("reason=unavailable status=503", "cannot append to few.events: not-written-in-time");
        } finally {
            System.setErr(usual);
        }
    }

    @Test
    void aTopicThatAsksForMoreReplicasThanItCanHaveIsReadyAsItsBrokerTakesEvents() throws Exception {
        KafkaTopics topics = KafkaTopics.of(KafkaBroker.newTopics(1));
        try (Admin admin = Admin.create(Map.of(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, topics.servers()))) {
            admin.createTopics(List.of(new NewTopic(topics.events(), 1, (short) 1)
                            .configs(Map.of(TopicConfig.MIN_IN_SYNC_REPLICAS_CONFIG, "2"))))
                    .all()
                    .get();
        }
        try (KafkaInbox inbox = KafkaInbox.open(topics)) {
            Await.until(() -> status(receiver(inbox, trusting()), finish("one")) == 200);
            inbox.probe();
            assertThat(names(inbox)).containsExactly("one");
        }
    }

    @Test
    void aTopicThatIsTooSmallForAnEventIsSaidAtTheStartAndRefusesThatEventOnly() throws Exception {
        KafkaTopics topics = KafkaTopics.of(KafkaBroker.newTopics(1));
        try (Admin admin = Admin.create(Map.of(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, topics.servers()))) {
            admin.createTopics(List.of(new NewTopic(topics.events(), 1, (short) 1)
                            .configs(Map.of(TopicConfig.MAX_MESSAGE_BYTES_CONFIG, "2000"))))
                    .all()
                    .get();
        }
        List<String> log = LogRecords.of(() -> {
            try (KafkaInbox inbox = KafkaInbox.open(topics)) {
                Receiver receiver = receiver(inbox, trusting());
                assertThat(status(receiver, finish("large"))).isEqualTo(503);
                assertThat(status(receiver, Bodies.finish(1))).isEqualTo(200);
            }
        });

        assertThat(log)
                .anyMatch(line -> line.contains("reason=small-topic topic=" + topics.events()
                        + ": max.message.bytes is 2000, so larger events are answered 503; expected 4194304 or more"))
                .anyMatch(line -> line.contains("too-large for max.request.size or max.message.bytes"));
    }

    private static Receiver receiver(Inbox inbox, Portals portals) {
        return new Receiver(inbox, portals, Limits.DEFAULT, InstantSource.system(), () -> {}, Telemetry.none());
    }

    private static Portals trusting() {
        return new Portals().trust(Bodies.MEMBER, Secret.of(Bodies.TOKEN));
    }

    /** Returns an event of {@value #EVENT} bytes that do not compress, of a line with this name. */
    private static String finish(String name) {
        byte[] bytes = new byte[EVENT * 3 / 4];
        new Random(name.hashCode()).nextBytes(bytes);
        return Bodies.finish(
                name.hashCode() & Integer.MAX_VALUE,
                "data[DATA][line][name]",
                name,
                "data[DATA][noise]",
                Base64.getEncoder().encodeToString(bytes));
    }

    private static boolean takesEvents(KafkaInbox inbox) {
        try {
            inbox.probe();
            return true;
        } catch (StoreException e) {
            return false;
        }
    }

    private static int status(Receiver receiver, String form) {
        return post(receiver, form).join();
    }

    private static CompletableFuture<Integer> post(Receiver receiver, String form) {
        return receiver.receive(new RawDelivery(
                        "POST", "application/x-www-form-urlencoded", form.getBytes(StandardCharsets.UTF_8)))
                .thenApply(Reply::status)
                .toCompletableFuture();
    }

    private static List<Integer> answers(Collection<CompletableFuture<Integer>> sent) throws Exception {
        CompletableFuture.allOf(sent.toArray(CompletableFuture<?>[]::new)).get(60, TimeUnit.SECONDS);
        return sent.stream().map(CompletableFuture::join).toList();
    }

    /** Returns the names of the lines of all events on the topic. */
    private static Set<String> names(KafkaInbox inbox) {
        Set<String> names = new HashSet<>();
        for (int number = 0; number < inbox.topics().partitions(); number++) {
            TopicPartition partition = new TopicPartition(inbox.topics().events(), number);
            inbox.reader().read(partition, 0, inbox.reader().end(partition), record -> {
                Matcher name = NAME.matcher(new String(record.value(), StandardCharsets.UTF_8));
                assertThat(name.find()).isTrue();
                names.add(name.group(1));
            });
        }
        return names;
    }

    private static int inSync(Admin admin, String topic) {
        try {
            return admin.describeTopics(List.of(topic))
                    .allTopicNames()
                    .get()
                    .get(topic)
                    .partitions()
                    .get(0)
                    .isr()
                    .size();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private static void minInSync(Admin admin, String topic, int replicas) throws Exception {
        admin.incrementalAlterConfigs(Map.of(
                        new ConfigResource(ConfigResource.Type.TOPIC, topic),
                        List.of(new AlterConfigOp(
                                new ConfigEntry(TopicConfig.MIN_IN_SYNC_REPLICAS_CONFIG, Integer.toString(replicas)),
                                AlterConfigOp.OpType.SET))))
                .all()
                .get();
    }
}
