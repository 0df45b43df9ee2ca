// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.openlines.model.Secret;
import dev.openlines.parser.Limits;
import dev.openlines.testkit.Await;
import dev.openlines.testkit.Bodies;
import dev.openlines.testkit.Rows;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A disk that is full, and then is not: a small tmpfs, which only root may mount. */
@Timeout(300)
class FullDiskTest {

    @TempDir
    Path directory;

    private Path disk;
    private boolean mounted;

    @BeforeEach
    void mount() throws Exception {
        disk = Files.createDirectory(directory.resolve("disk"));
        String refused = run("mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", disk.toString());
        mounted = refused.isEmpty();
        assumeThat(refused).as("mounting a tmpfs is not permitted").isEmpty();
    }

    @AfterEach
    void unmount() throws Exception {
        if (mounted) {
            assertThat(run("umount", disk.toString())).isEmpty();
        }
    }

    @Test
    void nothingIsAcknowledgedThatIsNotStoredAndReadinessTellsUntilThereIsRoomAgain() throws Exception {
        Path file = disk.resolve("inbox.db");
        try (LeasingInbox inbox = Inbox.sqlite(file);
                InboxMonitor monitor = new InboxMonitor(inbox, Duration.ofMillis(50))) {
            Receiver receiver = receiver(inbox);
            assertThat(monitor.ready()).isTrue();
            int acknowledged = fill(receiver, 1);
            assertThat(acknowledged).isGreaterThan(50);
            // The failure closed the connection, which gave the log's room back: another program takes it.
            takeTheRest();
            acknowledged += fill(receiver, 50_000);
            awaitReady(monitor, false);

            assertThat(run("mount", "-o", "remount,size=16m", disk.toString())).isEmpty();

            awaitReady(monitor, true);
            assertThat(Installing.post(receiver, Bodies.finish(100_000))).isEqualTo(200);
            assertThat(inbox.backlog().waiting()).isEqualTo(acknowledged + 1);
        }
        assertThat(Rows.of(file, "pragma integrity_check")).containsExactly("ok");
    }

    @Test
    void theSpoolOnAFullDiskAcknowledgesNothingEitherAndGoesOnWhenThereIsRoom() throws Exception {
        WatchedInbox store = new WatchedInbox(Inbox.sqlite(directory.resolve("inbox.db")));
        try (Inbox inbox = SpoolingInbox.open(store, disk.resolve("spool"), Duration.ofSeconds(20));
                InboxMonitor monitor = new InboxMonitor(inbox, Duration.ofMillis(50))) {
            Receiver receiver = receiver(inbox);
            store.down = true;
            awaitReady(monitor, true);
            int acknowledged = fill(receiver, 1);
            assertThat(acknowledged).isGreaterThan(50);
            // A probe is smaller than an event and may still fit.
            takeTheRest();
            acknowledged += fill(receiver, 50_000);
            awaitReady(monitor, false);

            assertThat(run("mount", "-o", "remount,size=16m", disk.toString())).isEmpty();

            awaitReady(monitor, true);
            assertThat(Installing.post(receiver, Bodies.finish(100_000))).isEqualTo(200);
            store.down = false;
            Await.until("an empty spool", () -> Files.size(disk.resolve("spool")) <= EmergencySpool.begin());
            assertThat(store.backlog().waiting()).isEqualTo(acknowledged + 1);
        }
    }

    /** Posts until one is not taken. Returns how many were acknowledged. */
    private static int fill(Receiver receiver, long firstChat) {
        int acknowledged = 0;
        int status = 200;
        while (status == 200) {
            status = Installing.post(receiver, Bodies.finish(firstChat + acknowledged));
            acknowledged += status == 200 ? 1 : 0;
            assertThat(acknowledged).as("on a disk of three megabytes").isLessThan(10_000);
        }
        assertThat(status).isEqualTo(503);
        return acknowledged;
    }

    private void takeTheRest() {
        assertThatThrownBy(() -> {
                    try (OutputStream out = Files.newOutputStream(disk.resolve("rest"))) {
                        while (true) {
                            out.write(new byte[4096]);
                        }
                    }
                })
                .hasMessage("No space left on device");
    }

    private static Receiver receiver(Inbox inbox) {
        return new Receiver(
                inbox,
                new Portals().trust(Bodies.MEMBER, Secret.of(Bodies.TOKEN)),
                Limits.DEFAULT,
                () -> Deliveries.T0,
                () -> {},
                Telemetry.none());
    }

    private static void awaitReady(InboxMonitor monitor, boolean ready) {
        Await.until("ready=" + ready, () -> monitor.ready() == ready);
    }

    /** Returns nothing if the command succeeded, else its output. */
    private static String run(String... command) throws Exception {
        try {
            Process process = new ProcessBuilder(List.of(command))
                    .redirectErrorStream(true)
                    .start();
            String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            return process.waitFor() == 0 ? "" : "exit " + process.exitValue() + ": " + said.strip();
        } catch (IOException e) {
            return "cannot run " + command[0];
        }
    }
}
