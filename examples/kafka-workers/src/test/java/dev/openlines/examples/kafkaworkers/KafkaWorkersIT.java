// SPDX-License-Identifier: Apache-2.0
package dev.openlines.examples.kafkaworkers;

import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.model.OnSessionFinish;
import dev.openlines.portal.Delivery;
import dev.openlines.portal.Portal;
import dev.openlines.portal.PortalChat;
import dev.openlines.portal.PortalLine;
import dev.openlines.portal.SimulatedPortal;
import dev.openlines.testkit.Await;
import dev.openlines.testkit.KafkaCluster;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The packaged jar in four processes, a broker in a fifth, and a simulated portal. */
@SimulatedPortal
@Timeout(300)
@Tag("long")
class KafkaWorkersIT {

    @TempDir
    Path directory;

    private final List<Process> processes = new ArrayList<>();
    private KafkaCluster cluster;

    @BeforeEach
    void startBroker() {
        cluster = KafkaCluster.start(1);
    }

    @AfterEach
    void killAll() {
        processes.forEach(Process::destroyForcibly);
        cluster.close();
    }

    @Test
    void eventsOfTwoReceiversAreHandledOnceByTwoWorkersThoughOneOfEachEnds(Portal portal) throws Exception {
        Process first = start("receive", portal);
        Process second = start("receive", portal);
        Queue<String> one = new ConcurrentLinkedQueue<>();
        Queue<String> other = new ConcurrentLinkedQueue<>();
        Process leaving = work(portal, one);
        work(portal, other);
        // Both receivers get an event with the same ts: it is one event.
        portal.clock().freezeAt(Instant.now());
        portal.subscribe(OnSessionFinish.CODE, url(first));
        portal.subscribe(OnSessionFinish.CODE, url(second));
        PortalLine line = portal.openLine("Support");
        List<String> closed = new ArrayList<>();

        Await.until(() -> {
            closed.add(close(line, 2));
            return !one.isEmpty() && !other.isEmpty();
        });
        first.destroyForcibly().waitFor();
        for (int i = 0; i < 20; i++) {
            closed.add(close(line, 1));
        }
        // Not Process.destroy(): it closes the output that the last lines are still in.
        leaving.toHandle().destroy();
        assertThat(leaving.waitFor(2, TimeUnit.MINUTES)).isTrue();
        for (int i = 0; i < 20; i++) {
            closed.add(close(line, 1));
        }

        Await.until(() -> one.size() + other.size() >= closed.size());
        List<String> handled = new ArrayList<>(one);
        handled.addAll(other);
        assertThat(handled).containsExactlyInAnyOrderElementsOf(closed);
    }

    @Test
    void aWrongSettingEndsItWithOneLineThatNamesIt() throws Exception {
        Process process = run("work", "kafka:nowhere", "", "");

        assertThat(process.waitFor(2, TimeUnit.MINUTES)).isTrue();
        assertThat(process.exitValue()).isEqualTo(3);
        assertThat(process.errorReader(StandardCharsets.UTF_8).lines())
                .singleElement()
                .asString()
                .startsWith("expected kafka:HOST:PORT");
    }

    /** Closes a new chat; so many receivers must acknowledge. Returns the line that a worker prints. */
    private static String close(PortalLine line, int acknowledged) {
        PortalChat chat = line.openChat();
        assertThat(chat.close()).filteredOn(Delivery::acknowledged).hasSize(acknowledged);
        return "closed chat=" + chat.id();
    }

    private Process work(Portal portal, Queue<String> handled) throws IOException {
        BufferedReader output;
        Process process = start("work", portal);
        output = process.inputReader(StandardCharsets.UTF_8);
        assertThat(output.readLine()).isEqualTo("worker ready");
        String end = " portal=" + portal.memberId();
        Thread reader = new Thread(() -> output.lines()
                .forEach(line -> handled.add(line.endsWith(end) ? line.replace(end, "") : "unexpected: " + line)));
        reader.setDaemon(true);
        reader.start();
        return process;
    }

    private Process start(String role, Portal portal) throws IOException {
        return run(
                role,
                "kafka:" + cluster.servers() + "/shop?partitions=4",
                portal.memberId(),
                portal.applicationToken().reveal());
    }

    private Process run(String role, String inbox, String memberId, String token) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-jar",
                System.getProperty("kafka-workers.jar"),
                role);
        builder.directory(directory.toFile());
        builder.environment().put("OPENLINES_PORT", "0");
        builder.environment().put("OPENLINES_INBOX", inbox);
        builder.environment().put("OPENLINES_MEMBER_ID", memberId);
        builder.environment().put("OPENLINES_APPLICATION_TOKEN", token);
        Process process = builder.start();
        processes.add(process);
        return process;
    }

    private static URI url(Process receiver) throws IOException {
        String ready = receiver.inputReader(StandardCharsets.UTF_8).readLine();
        assertThat(ready).startsWith("receiver ready at http://127.0.0.1:");
        return URI.create(ready.substring("receiver ready at ".length()));
    }
}
