// SPDX-License-Identifier: Apache-2.0
package dev.openlines.benchmarks;

import dev.openlines.benchmarks.Receive.Run;
import dev.openlines.benchmarks.Receive.Server;
import dev.openlines.kafka.KafkaDispatcher;
import dev.openlines.kafka.KafkaInbox;
import dev.openlines.kafka.KafkaTopics;
import dev.openlines.receiver.DispatchPolicy;
import dev.openlines.receiver.Handlers;
import dev.openlines.receiver.Telemetry;
import dev.openlines.testkit.KafkaCluster;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;

/**
 * Receiving into Kafka: one and two receivers, topics of one and four partitions, beside one Jetty handler that does
 * nothing, each in turn in every round; then how fast one worker with a handler that does nothing empties each topic.
 * One broker, the receivers and the load share the cores of this machine.
 */
public final class ReceiveKafka {

    private static final int CONNECTIONS = 64;

    private ReceiveKafka() {}

    /**
     * Measures and prints tables.
     *
     * @param args rounds (5), seconds of each run (4), and {@code shared} for receivers on all cores or {@code pinned} for
     *     those that {@code taskset} keeps on one core each; both if not given
     * @throws Exception if it cannot, as without {@code wrk}
     */
    public static void main(String[] args) throws Exception {
        int rounds = args.length > 0 ? Integer.parseInt(args[0]) : 5;
        int seconds = args.length > 1 ? Integer.parseInt(args[1]) : 4;
        String which = args.length > 2 ? args[2] : "shared pinned";
        // Compiled as a broker is in production.
        System.setProperty("kafka.compiler", "4");
        Path directory = Files.createTempDirectory("openlines-kafka-load");
        try (KafkaCluster cluster = KafkaCluster.start(1)) {
            Receive receive = new Receive(directory, seconds, null);
            if (which.contains("shared")) {
                shared(receive, cluster.servers(), rounds);
            }
            if (which.contains("pinned")) {
                pinned(receive, cluster.servers(), rounds);
            }
        } finally {
            Files.delete(directory);
        }
    }

    private static void shared(Receive receive, String cluster, int rounds) throws Exception {
        Map<String, List<Server>> kinds = new LinkedHashMap<>();
        Map<Integer, String> topics = new LinkedHashMap<>();
        try {
            kinds.put("bare", List.of(receive.start("bare", "")));
            for (int partitions : new int[] {1, 4}) {
                String address = "kafka:" + cluster + "/load" + partitions + "?partitions=" + partitions;
                topics.put(partitions, address);
                Server first = receive.start("kafka", address);
                Server second = receive.start("kafka", address);
                kinds.put("1 receiver, " + partitions + " partitions", List.of(first));
                kinds.put("2 receivers, " + partitions + " partitions", List.of(first, second));
            }
            print(measure(receive, kinds, rounds));
        } finally {
            end(kinds);
        }
        System.out.println();
        System.out.println("| partitions | events that waited | bytes of one on the disk | handled/s by one worker |");
        System.out.println("| ---: | ---: | ---: | ---: |");
        topics.forEach(ReceiveKafka::drain);
        System.out.println();
    }

    /** Compares receivers that cannot use more than a core each. Broker and load use all cores. */
    private static void pinned(Receive receive, String cluster, int rounds) throws Exception {
        if (Runtime.getRuntime().availableProcessors() < 2) {
            System.out.println("skipped pinned: there is one core");
            return;
        }
        Map<String, List<Server>> kinds = new LinkedHashMap<>();
        try {
            String address = "kafka:" + cluster + "/pinned?partitions=2";
            kinds.put("bare", List.of(receive.start("bare", "")));
            Server first = receive.start("kafka", address, "taskset", "-c", "0");
            kinds.put("1 receiver on core 0", List.of(first));
            kinds.put("2 receivers on core 0", List.of(first, receive.start("kafka", address, "taskset", "-c", "0")));
            kinds.put(
                    "2 receivers on cores 0 and 1",
                    List.of(first, receive.start("kafka", address, "taskset", "-c", "1")));
            print(measure(receive, kinds, rounds));
        } catch (IOException e) {
            System.out.println("skipped pinned: " + e.getMessage());
        } finally {
            end(kinds);
        }
    }

    private static void end(Map<String, List<Server>> kinds) {
        kinds.values()
                .forEach(servers -> servers.forEach(server -> server.process().destroy()));
    }

    private static Map<String, List<Run>> measure(Receive receive, Map<String, List<Server>> kinds, int rounds)
            throws Exception {
        Map<String, List<Run>> runs = new LinkedHashMap<>();
        for (int round = 0; round <= rounds; round++) {
            for (Map.Entry<String, List<Server>> kind : kinds.entrySet()) {
                Run run = together(receive, kind.getValue());
                // The first round warms up.
                if (round > 0) {
                    runs.computeIfAbsent(kind.getKey(), key -> new ArrayList<>())
                            .add(run);
                }
            }
        }
        return runs;
    }

    /** Loads all receivers at the same time, with as many connections in all. */
    private static Run together(Receive receive, List<Server> servers) {
        List<CompletableFuture<Run>> runs = servers.stream()
                .map(server -> CompletableFuture.supplyAsync(() -> {
                    try {
                        return receive.load(server, CONNECTIONS / servers.size());
                    } catch (Exception e) {
                        throw new IllegalStateException(e);
                    }
                }))
                .toList();
        List<Run> done = runs.stream().map(CompletableFuture::join).toList();
        double rate = done.stream().mapToDouble(Run::rate).sum();
        return new Run(
                rate,
                done.stream().mapToDouble(Run::p50).max().orElseThrow(),
                done.stream().mapToDouble(Run::p99).max().orElseThrow(),
                done.stream().mapToDouble(run -> run.cpuMicros() * run.rate()).sum() / rate,
                0);
    }

    private static void print(Map<String, List<Run>> runs) {
        System.out.println(
                "| receivers and topic | acknowledged/s | slowest to fastest round | of bare | p50 ms | p99 ms |"
                        + " CPU µs of receivers |");
        System.out.println("| --- | ---: | ---: | ---: | ---: | ---: | ---: |");
        List<Run> bare = runs.values().iterator().next();
        runs.forEach((name, all) -> System.out.printf(
                Locale.ROOT,
                "| %s | %.0f | %.0f – %.0f | %.2f | %.2f | %.2f | %.1f |%n",
                name,
                Receive.median(all, Run::rate),
                all.stream().mapToDouble(Run::rate).min().orElseThrow(),
                all.stream().mapToDouble(Run::rate).max().orElseThrow(),
                Receive.median(all, Run::rate) / Receive.median(bare, Run::rate),
                Receive.median(all, Run::p50),
                Receive.median(all, Run::p99),
                Receive.median(all, Run::cpuMicros)));
    }

    private static void drain(int partitions, String address) {
        LongAdder handled = new LongAdder();
        Handlers handlers = Handlers.all((event, context) -> handled.increment());
        try (KafkaInbox inbox = KafkaInbox.open(KafkaTopics.of(address))) {
            long waiting = inbox.backlog().waiting();
            double disk = bytes(KafkaTopics.of(address));
            try (KafkaDispatcher worker = new KafkaDispatcher(
                    inbox, handlers, DispatchPolicy.DEFAULT, InstantSource.system(), Telemetry.none())) {
                worker.start();
                while (handled.sum() < waiting / 5) {
                    LockSupport.parkNanos(1_000_000);
                }
                // From the first fifth on, which warms up, to the last event.
                long from = handled.sum();
                long begun = System.nanoTime();
                while (handled.sum() < waiting) {
                    LockSupport.parkNanos(1_000_000);
                }
                double took = (System.nanoTime() - begun) / 1e9;
                System.out.printf(
                        Locale.ROOT,
                        "| %d | %d | %.0f | %.0f |%n",
                        partitions,
                        waiting,
                        disk / waiting,
                        (waiting - from) / took);
            }
        }
    }

    /** Returns the size of a topic of events on the disk of its only broker. */
    private static double bytes(KafkaTopics topics) {
        try (Admin admin = Admin.create(Map.of(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, topics.servers()))) {
            return admin.describeLogDirs(List.of(1)).allDescriptions().get().get(1).values().stream()
                    .flatMap(folder -> folder.replicaInfos().entrySet().stream())
                    .filter(replica -> replica.getKey().topic().equals(topics.events()))
                    .mapToDouble(replica -> replica.getValue().size())
                    .sum();
        } catch (InterruptedException | ExecutionException e) {
            throw new IllegalStateException(e);
        }
    }
}
