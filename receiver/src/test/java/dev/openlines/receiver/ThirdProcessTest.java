// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

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

    private static List<LeasedDelivery> lease(LeasingInbox inbox) {
        return inbox.lease(
                new LeaseRequest("a", 10, Deliveries.T0, Deliveries.T0.plusSeconds(3600), Deliveries.LATEST, false));
    }

    private Process start(Path file, String does) throws IOException {
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
        BufferedReader output = process.inputReader(StandardCharsets.UTF_8);
        assertThat(output.readLine()).isEqualTo("done");
        return process;
    }

    private static void end(Process process) {
        process.destroyForcibly();
        process.onExit().join();
    }

    /** Stores an event or leases it, and stays. */
    static final class App {

        private App() {}

        public static void main(String[] args) throws IOException {
            LeasingInbox inbox = Inbox.sqlite(Path.of(args[0]));
            if (args[1].equals("stores")) {
                Deliveries.store(inbox, Deliveries.delivery(1, 1));
            } else if (lease(inbox).size() != 1) {
                throw new IllegalStateException("expected an event to lease");
            }
            System.out.println("done");
            System.in.read();
        }
    }
}
