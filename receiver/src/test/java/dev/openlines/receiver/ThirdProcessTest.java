// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.testkit.Bodies;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Runs several processes on one SQLite inbox and ends the first, as when a newer receiver replaces an older one. */
@Timeout(300)
class ThirdProcessTest {

    @TempDir
    Path directory;

    private final List<Process> processes = new ArrayList<>();

    @AfterEach
    void kill() {
        processes.forEach(Process::destroyForcibly);
    }

    @Test
    void theThirdLeavesTheSecondItsLeasesAlthoughTheFirstHasEnded() throws Exception {
        Path file = directory.resolve("inbox.db");
        Process first = start(file, "stores");
        Process second = start(file, "leases");
        end(first);

        try (LeasingInbox third = Inbox.sqlite(file)) {
            assertThat(lease(third)).as("the second's event").isEmpty();
            assertThat(Deliveries.store(third, Deliveries.delivery(2, 1))).isEqualTo(StoreResult.STORED);
            assertThat(lease(third)).hasSize(1);
        }
        end(second);

        try (LeasingInbox alone = Inbox.sqlite(file)) {
            assertThat(lease(alone)).as("of processes that have ended").isNotEmpty();
        }
    }

    // An application opens the inbox once more, as for a page of dead letters, and closes that.
    @Test
    void aSecondInboxOfOneProcessThatIsClosedLeavesTheFirstItsLeases() throws Exception {
        Path file = directory.resolve("inbox.db");
        Path link = Files.createSymbolicLink(directory.resolve("link"), directory);
        try (LeasingInbox first = Inbox.sqlite(file)) {
            Deliveries.store(first, Deliveries.delivery(1, 1));
            assertThat(lease(first)).hasSize(1);
            Inbox.sqlite(file).close();
            Inbox.sqlite(link.resolve("inbox.db")).close();

            assertThat(launch(file, "leases").readLine())
                    .as("by another process")
                    .isEqualTo("nothing leased");
            end(processes.get(0));
        }
        start(file, "leases");
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aReceiverThatStartedBesideACommandIsNotHeldAtItsNextStart(boolean killed) throws Exception {
        Path file = directory.resolve("inbox.db");
        Process command = start(file, "stores");
        try (LeasingInbox receiver = Inbox.sqlite(file)) {
            if (killed) {
                end(command);
            } else {
                stop(command);
            }
            Deliveries.store(receiver, Deliveries.delivery(2, 1));
        }
        assertThat(held(file)).isNull();
    }

    @Test
    void aReceiverThatStartedBesideAnotherInboxOfItsProcessIsNotHeldAtItsNextStart() {
        Path file = directory.resolve("inbox.db");
        LeasingInbox first = Inbox.sqlite(file);
        try (LeasingInbox receiver = Inbox.sqlite(file)) {
            first.close();
            Deliveries.store(receiver, Deliveries.delivery(2, 1));
        }
        assertThat(held(file)).isNull();
    }

    @RepeatedTest(3)
    @Tag("long")
    void ofReceiversThatEndAtOnceTheLastOneNotesHowTheFileWasLeft() throws Exception {
        Path file = directory.resolve("inbox.db");
        List<Process> receivers = List.of(start(file, "stores"), start(file, "waits"), start(file, "waits"));
        for (Process receiver : receivers) {
            receiver.getOutputStream().close();
        }
        for (Process receiver : receivers) {
            stop(receiver);
        }
        assertThat(held(file)).isNull();
    }

    /** Opens the inbox, and returns why its portal is held, or null. */
    private static @Nullable String held(Path file) {
        try (LeasingInbox inbox = Inbox.sqlite(file)) {
            return new ReconcileStore((SqlInbox) inbox, Duration.ofMinutes(1), null)
                    .state(Bodies.MEMBER)
                    .held();
        }
    }

    private static List<LeasedDelivery> lease(LeasingInbox inbox) {
        return inbox.lease(
                new LeaseRequest("a", 10, Deliveries.T0, Deliveries.T0.plusSeconds(3600), Deliveries.LATEST, false));
    }

    private Process start(Path file, String does) throws IOException {
        assertThat(launch(file, does).readLine()).isEqualTo("done");
        return processes.get(processes.size() - 1);
    }

    private BufferedReader launch(Path file, String does) throws IOException {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-XX:+UseSerialGC",
                        "-cp",
                        System.getProperty("java.class.path"),
                        App.class.getName(),
                        file.toString(),
                        does)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        processes.add(process);
        return process.inputReader(StandardCharsets.UTF_8);
    }

    private static void stop(Process process) throws Exception {
        process.getOutputStream().close();
        assertThat(process.waitFor()).isZero();
    }

    private static void end(Process process) {
        process.destroyForcibly();
        process.onExit().join();
    }

    /** Stores an event or leases it, or does neither, and stays until its input ends. */
    static final class App {

        private App() {}

        public static void main(String[] args) throws IOException {
            LeasingInbox inbox = Inbox.sqlite(Path.of(args[0]));
            String said = "done";
            if (args[1].equals("stores")) {
                Deliveries.store(inbox, Deliveries.delivery(1, 1));
            } else if (args[1].equals("leases") && lease(inbox).isEmpty()) {
                said = "nothing leased";
            }
            System.out.println(said);
            System.in.read();
            inbox.close();
        }
    }
}
