// SPDX-License-Identifier: Apache-2.0
package dev.openlines.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.openlines.receiver.Handlers;
import dev.openlines.receiver.Inbox;
import dev.openlines.receiver.LeasingInbox;
import dev.openlines.tck.Deliveries;
import dev.openlines.testkit.Bodies;
import dev.openlines.testkit.Rows;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Tests of starts over the files of an SQLite inbox: left by a kill, restored, or mixed. */
@Timeout(300)
class StoreStartTest {

    @TempDir
    Path directory;

    private Path file;
    private Path wal;
    /** The copy of an earlier run, with 5 events. */
    private Path earlier;
    /** The copy of the same run, with 10 events. */
    private Path older;

    /** Makes the files as a kill leaves them: 610 events, some of them in the log alone. */
    @BeforeEach
    void kill() throws Exception {
        Path running = Files.createDirectories(directory.resolve("running")).resolve("inbox.db");
        file = Files.createDirectories(directory.resolve("killed")).resolve("inbox.db");
        wal = file.resolveSibling("inbox.db-wal");
        earlier = directory.resolve("earlier.db");
        older = directory.resolve("older.db");
        try (LeasingInbox inbox = Inbox.sqlite(running)) {
            store(inbox, 1, 5);
        }
        Files.copy(running, earlier);
        try (LeasingInbox inbox = Inbox.sqlite(running)) {
            store(inbox, 6, 10);
            Rows.backup(running, older);
            store(inbox, 11, 600);
            for (String name : new String[] {"inbox.db", "inbox.db-wal", "inbox.db.lock"}) {
                Files.copy(running.resolveSibling(name), file.resolveSibling(name));
            }
        }
        assertThat(wal).isNotEmptyFile();
    }

    @Test
    void afterAKillNothingIsMissing() {
        assertThat(waiting()).isEqualTo(600);
        assertThat(waiting()).isEqualTo(600);
    }

    /** Reads a file as a power loss leaves it while the log is moved into the database: each page is half written. */
    @Test
    void aFileThatWasHalfWrittenFromItsLogIsReadWithIt() throws Exception {
        ByteBuffer log = ByteBuffer.wrap(Files.readAllBytes(wal));
        int page = log.getInt(8);
        long salt = log.getLong(16);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            for (int frame = 32; frame + 24 + page <= log.limit(); frame += 24 + page) {
                if (log.getLong(frame + 8) != salt) {
                    // Left from before the log began anew.
                    break;
                }
                channel.write(ByteBuffer.allocate(page / 2), (log.getInt(frame) - 1L) * page);
            }
        }

        assertThat(waiting()).isEqualTo(600);
        assertThat(waiting()).isEqualTo(600);
    }

    @Test
    void aCopyOfAnEarlierRunIsNotMixedWithTheLog() throws Exception {
        refused(earlier, "was restored or replaced, and the log beside it is another file's");

        assertThat(waiting()).isEqualTo(5);
    }

    @Test
    @Tag("long")
    void anOlderCopyOfTheSameRunIsNotMixedWithTheLog() throws Exception {
        refused(older, "was restored or replaced, and the log beside it is another file's");

        assertThat(waiting()).isEqualTo(10);
    }

    @Test
    void withoutTheLockFileTheMixtureIsFoundIfItIsDamaged() throws Exception {
        Files.delete(file.resolveSibling("inbox.db.lock"));

        refused(older, "is damaged (");

        assertThat(waiting()).isEqualTo(10);
    }

    /** Restores a copy as one does who forgets the log; the start must refuse and change nothing. */
    private void refused(Path copy, String why) throws IOException {
        Files.write(file, Files.readAllBytes(copy));
        byte[] log = Files.readAllBytes(wal);

        assertThatThrownBy(() -> Store.open("OPENLINES_INBOX", file.toString()))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageStartingWith("OPENLINES_INBOX: " + file + " " + why)
                .hasMessageContaining("move inbox.db-wal and inbox.db-shm away");
        assertThat(Files.readAllBytes(file)).isEqualTo(Files.readAllBytes(copy));
        assertThat(Files.readAllBytes(wal)).isEqualTo(log);

        Files.move(wal, directory.resolve("aside-wal"));
        Files.deleteIfExists(file.resolveSibling("inbox.db-shm"));
    }

    @Test
    void aCopyThatIsRestoredAfterACleanStopIsTaken() throws Exception {
        assertThat(waiting()).isEqualTo(600);
        Files.write(file, Files.readAllBytes(earlier));

        assertThat(waiting()).isEqualTo(5);
    }

    @Test
    void aFileThatWasDamagedAfterACleanStopIsRefused() throws Exception {
        assertThat(waiting()).isEqualTo(600);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            for (long page = 10; page < 60; page++) {
                channel.write(ByteBuffer.wrap(new byte[4096]), page * 4096);
            }
        }

        assertThatThrownBy(this::waiting)
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("is damaged (");
    }

    @Test
    void aLogWithoutItsDatabaseIsNotThrownAway() throws Exception {
        Files.delete(file);

        assertThatThrownBy(this::waiting)
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("is missing or empty, but its log is there");
        assertThat(wal).isNotEmptyFile();
    }

    @Test
    @Tag("long")
    void aServerAnswers503AndIsNotReadyWhenItsInboxIsRemoved() throws Exception {
        Path inbox = directory.resolve("server.db");
        Map<String, String> settings = Map.of(
                "OPENLINES_PORT",
                "0",
                "OPENLINES_MONITOR_PORT",
                "0",
                "OPENLINES_INBOX",
                inbox.toString(),
                "OPENLINES_MEMBER_ID",
                Bodies.MEMBER,
                "OPENLINES_APPLICATION_TOKEN",
                Bodies.TOKEN);
        try (ReceiverServer server = ReceiverServer.builder(Handlers.all((event, context) -> {}))
                .settings(Settings.of(settings))
                .start()) {
            assertThat(post(server.url(), 1)).isEqualTo(200);
            URI ready = server.monitorUrl().orElseThrow().resolve("/health/ready");

            Files.delete(inbox);

            assertThat(post(server.url(), 2)).isEqualTo(503);
            while (HttpClient.newHttpClient()
                            .send(HttpRequest.newBuilder(ready).build(), HttpResponse.BodyHandlers.discarding())
                            .statusCode()
                    == 200) {
                Thread.onSpinWait();
            }
            assertThat(inbox).doesNotExist();
        }
    }

    private static int post(URI url, long chat) throws Exception {
        return HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(url)
                                .header("Content-Type", "application/x-www-form-urlencoded")
                                .POST(HttpRequest.BodyPublishers.ofString(Bodies.finish(chat)))
                                .build(),
                        HttpResponse.BodyHandlers.discarding())
                .statusCode();
    }

    private long waiting() {
        try (Inbox inbox = Store.open("OPENLINES_INBOX", file.toString()).inbox()) {
            return inbox.backlog().waiting();
        }
    }

    private static void store(LeasingInbox inbox, long from, long to) {
        for (long chat = from; chat <= to; chat++) {
            Deliveries.store(inbox, Deliveries.delivery(chat, 1));
        }
    }
}
