// SPDX-License-Identifier: Apache-2.0
package dev.openlines.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.server.CrashApp;
import dev.openlines.testkit.Await;
import dev.openlines.testkit.Bodies;
import dev.openlines.testkit.KafkaCluster;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionInfo;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Two receivers, two workers, a cluster, all in processes of their own; in the middle of bursts one of them is killed,
 * or the workers change. Every acknowledged event must be handled, in the order of its chat. An event that is handled
 * twice was first handled by a worker that was killed before it committed it. If brokers are killed, that may also be a
 * worker that could not commit when it gave partitions back; if a worker is frozen beyond its session, it may be that
 * one beside another.
 *
 * <p>By default one round with one broker; a receiver and a worker are killed. With {@code -Psoak} ten with
 * three, and all faults. {@code -Dkafka.seed=N}
 * repeats a run.
 */
@Timeout(3000)
@Tag("long")
class KafkaCrashTest {

    private enum Fault {
        RECEIVER_KILLED,
        WORKER_KILLED,
        WORKERS_CHANGE,
        WORKER_FROZEN,
        LEADER_KILLED
    }

    /** An event: the number of its chat and the second it says it was sent, which rises in a chat. */
    private record Sent(long chat, long second) {}

    private record Effect(long process, Sent event) {}

    private static final int SENDERS = 4;
    private static final int CHATS = 5;
    private static final Duration SESSION = Duration.ofSeconds(10);

    private static final boolean SOAK = Integer.getInteger("kafka.brokers", 1) >= 3;

    /** Each sender's pause after an event. With one round, it leaves the machine time to start processes. */
    private static final Duration PACE = SOAK ? Duration.ZERO : Duration.ofMillis(5);

    @TempDir
    Path directory;

    private final long seed = Long.getLong("kafka.seed", new Random().nextLong());
    private final Random random = new Random(seed);
    private final HttpClient http = HttpClient.newHttpClient();
    private final List<Process> receivers = new CopyOnWriteArrayList<>();
    private final List<URI> urls = new CopyOnWriteArrayList<>();
    private final List<Process> workers = new ArrayList<>();
    private final Set<Sent> acknowledged = ConcurrentHashMap.newKeySet();
    private final Map<Long, Set<Sent>> committedWhenKilled = new HashMap<>();
    /** Workers that were stopped for longer than their session, and then went on with their events. */
    private final Set<Long> frozen = new HashSet<>();

    private final Map<Long, Path> logs = new HashMap<>();
    private final Map<Long, Long> seconds = new ConcurrentHashMap<>();
    private KafkaCluster cluster;
    private KafkaTopics topics;
    private KafkaInbox inbox;
    private Admin admin;
    private volatile boolean sending;

    @BeforeEach
    void startAll() throws Exception {
        cluster = KafkaCluster.start(Integer.getInteger("kafka.brokers", 1));
        Path config = Files.writeString(
                directory.resolve("kafka.properties"),
                "session.timeout.ms=" + SESSION.toMillis() + "\nheartbeat.interval.ms=300\n");
        topics = KafkaTopics.of("kafka:" + cluster.servers() + "/crash?partitions=4&config=" + config);
        inbox = KafkaInbox.open(topics);
        admin = Admin.create(Map.of(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, cluster.servers()));
        List<Process> started = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            started.add(launchReceiver());
            workers.add(launchWorker());
        }
        for (Process receiver : started) {
            serve(receiver);
        }
        for (Process worker : workers) {
            ready(worker);
        }
    }

    @AfterEach
    void endAll() {
        sending = false;
        receivers.forEach(Process::destroyForcibly);
        workers.forEach(Process::destroyForcibly);
        if (inbox != null) {
            inbox.close();
            admin.close(Duration.ZERO);
        }
        cluster.close();
    }

    @Test
    void nothingAcknowledgedIsLostOrOutOfOrderAndOnlyWhatWasNotCommittedComesAgain() throws Exception {
        int rounds = Integer.getInteger("kafka.rounds", 1);
        System.out.println("KafkaCrashTest: -Dkafka.seed=" + seed);
        List<Fault> faults = new ArrayList<>(List.of(Fault.values()));
        if (!SOAK) {
            faults.retainAll(List.of(Fault.RECEIVER_KILLED, Fault.WORKER_KILLED));
        }
        for (int round = 1; round <= rounds; round++) {
            Collections.shuffle(faults, random);
            for (Fault fault : faults) {
                await(this::eachWorkerHasPartitions);
                int before = acknowledged.size();
                burst(fault);
                List<Effect> effects = awaitEffects();
                System.out.printf(
                        "round %d, %s: %d acknowledged, %d effects in all, %d of them again%n",
                        round,
                        fault,
                        acknowledged.size() - before,
                        effects.size(),
                        effects.size()
                                - effects.stream().map(Effect::event).distinct().count());
                judge(effects);
            }
        }
        assertThat(inbox.deadLetters().list(0, 10)).isEmpty();
    }

    private void burst(Fault fault) throws Exception {
        sending = true;
        List<Thread> senders = new ArrayList<>();
        for (int sender = 0; sender < SENDERS; sender++) {
            long first = (long) sender * CHATS;
            Random choice = new Random(random.nextLong());
            Thread thread = new Thread(() -> send(first, choice));
            thread.start();
            senders.add(thread);
        }
        awaitAcknowledged(50 + random.nextInt(200));
        strike(fault);
        awaitAcknowledged(50 + random.nextInt(200));
        sending = false;
        for (Thread sender : senders) {
            sender.join();
        }
    }

    private void strike(Fault fault) throws Exception {
        switch (fault) {
            case RECEIVER_KILLED -> {
                int which = random.nextInt(receivers.size());
                receivers.remove(which).destroyForcibly().waitFor();
                urls.remove(which);
                serve(launchReceiver());
            }
            case WORKER_KILLED -> {
                Process killed = workers.remove(random.nextInt(workers.size()));
                killed.destroyForcibly().waitFor();
                Map<TopicPartition, OffsetAndMetadata> offsets = admin.listConsumerGroupOffsets(topics.group())
                        .partitionsToOffsetAndMetadata()
                        .get();
                assertThat(members())
                        .as("the group counts the killed one still, so no other has its partitions")
                        .isEqualTo(workers.size() + 1);
                committedWhenKilled.put(killed.pid(), done(offsets));
                join(launchWorker());
            }
            case WORKERS_CHANGE -> {
                join(launchWorker());
                awaitAcknowledged(50 + random.nextInt(200));
                Process leaving = workers.remove(random.nextInt(workers.size()));
                leaving.destroy();
                assertThat(leaving.waitFor(60, TimeUnit.SECONDS)).isTrue();
            }
            case WORKER_FROZEN -> {
                long worker = workers.get(random.nextInt(workers.size())).pid();
                frozen.add(worker);
                signal("STOP", worker);
                // Until the group has given its partitions to the other.
                await(() -> members() == workers.size() - 1);
                awaitAcknowledged(50 + random.nextInt(200));
                signal("CONT", worker);
            }
            case LEADER_KILLED -> {
                int leader = partitions().get(random.nextInt(4)).leader().id();
                cluster.kill(leader);
                awaitAcknowledged(50 + random.nextInt(200));
                cluster.restart(leader);
                await(() -> partitions().stream()
                        .allMatch(partition ->
                                partition.isr().size() == partition.replicas().size()));
            }
        }
    }

    /**
     * Returns the events that the committed offsets say are done, without those that have moved to the topic of
     * retries.
     */
    private Set<Sent> done(Map<TopicPartition, OffsetAndMetadata> offsets) {
        Set<Sent> done = new HashSet<>();
        Set<Sent> retried = new HashSet<>();
        for (int number = 0; number < 4; number++) {
            TopicPartition partition = new TopicPartition(topics.events(), number);
            OffsetAndMetadata at = offsets.get(partition);
            if (at != null) {
                BitSet behind = KafkaNote.of(at.metadata()).done();
                inbox.reader().read(partition, 0, inbox.reader().end(partition), record -> {
                    if (record.offset() < at.offset() || behind.get((int) (record.offset() - at.offset()))) {
                        done.add(sent(record));
                    }
                });
            }
            TopicPartition retries = new TopicPartition(topics.retry(), number);
            inbox.reader().read(retries, 0, inbox.reader().end(retries), record -> {
                if (record.value() != null) {
                    retried.add(sent(record));
                }
            });
        }
        assertThat(done).as("seed %d", seed).isNotEmpty();
        done.removeAll(retried);
        return done;
    }

    private static Sent sent(org.apache.kafka.clients.consumer.ConsumerRecord<String, byte[]> record) {
        return new Sent(
                Long.parseLong(KafkaRecords.text(record.headers(), "ce_subject", "")),
                Instant.parse(KafkaRecords.text(record.headers(), "ce_time", ""))
                        .getEpochSecond());
    }

    private void judge(List<Effect> effects) throws IOException {
        Map<Sent, Long> firstBy = new HashMap<>();
        Map<Long, Long> last = new HashMap<>();
        for (Effect effect : effects) {
            Sent event = effect.event();
            Long before = firstBy.putIfAbsent(event, effect.process());
            if (before != null
                    && !frozen.contains(before)
                    && !frozen.contains(effect.process())
                    && !handedOverWithoutCommit(before)) {
                assertThat(committedWhenKilled)
                        .as("seed %d: %s came again, its first worker was not killed", seed, event)
                        .containsKey(before);
                assertThat(committedWhenKilled.get(before))
                        .as("seed %d: came again though its offset was committed as done", seed)
                        .doesNotContain(event);
            } else if (before == null && acknowledged.contains(event)) {
                Long earlier = last.put(event.chat(), event.second());
                assertThat(earlier == null || earlier < event.second())
                        .as("seed %d: %s after second %s", seed, event, earlier)
                        .isTrue();
            }
        }
    }

    /** Returns whether a worker reported that brokers were away while it had to give partitions back. */
    private boolean handedOverWithoutCommit(long worker) throws IOException {
        String log = Files.readString(logs.get(worker));
        return cluster.servers().contains(",")
                && (log.contains("reason=not-committed") || log.contains("reason=partition-lost"));
    }

    /** Waits until each acknowledged event has its effect. */
    private List<Effect> awaitEffects() {
        AtomicReference<Set<Sent>> missing = new AtomicReference<>(Set.of());
        List<Effect> effects = new ArrayList<>();
        Await.until(() -> "seed " + seed + ", acknowledged but not handled: " + missing, () -> {
            effects.clear();
            for (String line : Files.readAllLines(effectsFile())) {
                String[] words = line.split(" ");
                effects.add(new Effect(
                        Long.parseLong(words[0]), new Sent(Long.parseLong(words[1]), Long.parseLong(words[2]))));
            }
            Set<Sent> left = new HashSet<>(acknowledged);
            effects.forEach(effect -> left.remove(effect.event()));
            missing.set(left);
            return left.isEmpty() && inbox.backlog().waiting() == 0;
        });
        return effects;
    }

    /** Sends events of some chats, those of a chat one after the other, to any receiver. */
    private void send(long firstChat, Random choice) {
        while (sending) {
            long chat = firstChat + choice.nextInt(CHATS) + 1;
            Sent event = new Sent(chat, seconds.merge(chat, 1_760_000_000L, (before, first) -> before + 1));
            URI url = urls.get(choice.nextInt(urls.size()));
            HttpRequest request = HttpRequest.newBuilder(url)
                    .header("Content-Type", "application/x-www-form-urlencoded")
                    .timeout(Duration.ofSeconds(30))
                    .POST(HttpRequest.BodyPublishers.ofString(Bodies.finish(chat, "ts", Long.toString(event.second()))))
                    .build();
            try {
                if (http.send(request, HttpResponse.BodyHandlers.discarding()).statusCode() == 200) {
                    acknowledged.add(event);
                }
            } catch (IOException e) {
                // The receiver was killed.
                assertThat(acknowledged).doesNotContain(event);
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            LockSupport.parkNanos(PACE.toNanos());
        }
    }

    private void awaitAcknowledged(int more) {
        int enough = acknowledged.size() + more;
        await(() -> acknowledged.size() >= enough);
    }

    private void await(BooleanSupplier condition) {
        Await.until("a condition, with seed " + seed, condition::getAsBoolean);
    }

    private List<TopicPartitionInfo> partitions() {
        try {
            return admin.describeTopics(List.of(topics.events()))
                    .allTopicNames()
                    .get()
                    .get(topics.events())
                    .partitions();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private Path effectsFile() {
        return directory.resolve("effects");
    }

    private Process launchReceiver() throws IOException {
        Process process = start(CrashApp.class);
        receivers.add(process);
        return process;
    }

    /** Waits until the receiver is ready, and sends to it then. */
    private void serve(Process receiver) throws IOException {
        urls.add(URI.create(ready(receiver).substring("ready ".length())));
    }

    private Process launchWorker() throws IOException {
        return start(KafkaCrashWorker.class, address(), effectsFile().toString());
    }

    private void join(Process worker) throws IOException {
        workers.add(worker);
        ready(worker);
    }

    private static void signal(String name, long process) throws Exception {
        assertThat(new ProcessBuilder("sh", "-c", "kill -" + name + " " + process)
                        .start()
                        .waitFor())
                .isZero();
    }

    private int members() {
        try {
            return admin.describeConsumerGroups(List.of(topics.group()))
                    .all()
                    .get()
                    .get(topics.group())
                    .members()
                    .size();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private boolean eachWorkerHasPartitions() {
        try {
            var members = admin.describeConsumerGroups(List.of(topics.group()))
                    .all()
                    .get()
                    .get(topics.group())
                    .members();
            return members.size() == workers.size()
                    && members.stream()
                            .noneMatch(member ->
                                    member.assignment().topicPartitions().isEmpty());
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private String address() {
        return "kafka:" + topics.servers() + '/' + topics.prefix() + "?config=" + directory.resolve("kafka.properties");
    }

    private static String ready(Process process) throws IOException {
        BufferedReader output = process.inputReader(StandardCharsets.UTF_8);
        String line = output.readLine();
        while (line != null && !line.startsWith("ready")) {
            line = output.readLine();
        }
        assertThat(line).as("the line that says it is ready").isNotNull();
        return line;
    }

    private Process start(Class<?> main, String... arguments) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx128m",
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                main.getName());
        builder.command().addAll(List.of(arguments));
        builder.environment().put("OPENLINES_PORT", "0");
        builder.environment().put("OPENLINES_WORKERS", "0");
        builder.environment().put("OPENLINES_INBOX", address());
        builder.environment().put("OPENLINES_MEMBER_ID", Bodies.MEMBER);
        builder.environment().put("OPENLINES_APPLICATION_TOKEN", Bodies.TOKEN);
        Path log = Files.createTempFile(directory, "process", ".log");
        builder.redirectError(log.toFile());
        Process process = builder.start();
        logs.put(process.pid(), log);
        return process;
    }
}
