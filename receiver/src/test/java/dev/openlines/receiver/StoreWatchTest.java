// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.openlines.testkit.LogRecords;
import dev.openlines.testkit.Rows;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Instant;
import java.util.List;
import org.assertj.core.util.Throwables;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Tests of changes to the files of an SQLite inbox while it is open. */
@Timeout(300)
class StoreWatchTest {

    @TempDir
    Path directory;

    /** Each leaves connections over files that the next process will not find, or that are not what they were. */
    enum Way {
        DATABASE_AND_LOG_REMOVED("was removed or renamed"),
        DATABASE_REMOVED("was removed or renamed"),
        DATABASE_RENAMED("was removed or renamed"),
        DIRECTORY_RENAMED("was removed or renamed"),
        DATABASE_REPLACED_BY_A_COPY("was replaced by another file"),
        DATABASE_REPLACED_BY_AN_EMPTY_FILE("was replaced by another file"),
        DATABASE_REPLACED_BY_A_LINK("was replaced by another file"),
        LOG_REMOVED("inbox.db-wal was removed or replaced"),
        LOG_REPLACED("inbox.db-wal was removed or replaced"),
        LOG_CUT("inbox.db-wal was cut short"),
        INDEX_OF_THE_LOG_REMOVED("inbox.db-shm, which was removed or replaced"),
        OLDER_COPY_WRITTEN_OVER_IT("was overwritten"),
        COPY_OF_AN_EARLIER_RUN_WRITTEN_OVER_IT("was overwritten"),
        DATABASE_CUT("was overwritten"),
        DATABASE_EMPTIED("was overwritten");

        final String found;

        Way(String found) {
            this.found = found;
        }
    }

    private Path inbox() throws IOException {
        Path folder = directory.resolve("store");
        Files.createDirectories(folder);
        return folder.resolve("inbox.db");
    }

    @ParameterizedTest
    @EnumSource
    @Tag("long")
    void nothingIsAcknowledgedIntoFilesThatAreNoLongerTheInbox(Way way) throws Exception {
        Path file = inbox();
        Path earlier = directory.resolve("earlier.db");
        try (LeasingInbox inbox = Inbox.sqlite(file)) {
            store(inbox, 1, 3);
        }
        Files.copy(file, earlier);
        LeasingInbox inbox = Inbox.sqlite(file);
        try (InboxMonitor monitor = new InboxMonitor(inbox, java.time.Duration.ofMillis(10))) {
            store(inbox, 4, 40);
            Path older = directory.resolve("older.db");
            Rows.backup(file, older);
            store(inbox, 41, 300);
            checkpoint(inbox);
            store(inbox, 301, 310);
            LeasedDelivery leased = inbox.lease(new LeaseRequest(
                            "a", 1, Deliveries.T0, Deliveries.T0.plusSeconds(60), Deliveries.LATEST, false))
                    .get(0);
            assertThat(monitor.ready()).isTrue();

            apply(way, file, older, earlier);

            assertThatThrownBy(() -> Deliveries.store(inbox, Deliveries.delivery(1000, 1)))
                    .isInstanceOf(StoreException.class)
                    .satisfies(e -> assertThat(Throwables.getStackTrace(e))
                            .contains(way.found)
                            .contains("\"Backup and restore\" in docs/operations.md"));
            assertThatThrownBy(inbox::probe).isInstanceOf(StoreException.class);
            assertThatThrownBy(() -> inbox.commitOnce(leased, "1", connection -> {}, Instant.now()))
                    .satisfies(e -> assertThat(Throwables.getStackTrace(e)).contains(way.found));
            while (monitor.ready()) {
                Thread.onSpinWait();
            }

            // It does not begin to acknowledge again, whatever is put there now.
            if (!Files.exists(file.getParent())) {
                Files.createDirectories(file.getParent());
            }
            Files.copy(older, file, StandardCopyOption.REPLACE_EXISTING);
            assertThatThrownBy(() -> Deliveries.store(inbox, Deliveries.delivery(1001, 1)))
                    .isInstanceOf(StoreException.class);
        } finally {
            inbox.close();
        }
        assertThat(Files.size(file))
                .as("a closing inbox leaves the restored copy")
                .isEqualTo(Files.size(directory.resolve("older.db")));
    }

    private static void apply(Way way, Path file, Path older, Path earlier) throws IOException {
        Path wal = file.resolveSibling("inbox.db-wal");
        Path shm = file.resolveSibling("inbox.db-shm");
        Path beside = file.resolveSibling("beside.db");
        switch (way) {
            case DATABASE_AND_LOG_REMOVED -> {
                Files.delete(file);
                Files.delete(wal);
                Files.delete(shm);
            }
            case DATABASE_REMOVED -> Files.delete(file);
            case DATABASE_RENAMED -> Files.move(file, beside);
            case DIRECTORY_RENAMED ->
                Files.move(file.getParent(), file.getParent().resolveSibling("moved"));
            case DATABASE_REPLACED_BY_A_COPY -> {
                Files.copy(file, beside);
                Files.move(beside, file, StandardCopyOption.ATOMIC_MOVE);
            }
            case DATABASE_REPLACED_BY_AN_EMPTY_FILE -> {
                // In one step: the monitor may look at any moment.
                Files.createFile(beside);
                Files.move(beside, file, StandardCopyOption.ATOMIC_MOVE);
            }
            case DATABASE_REPLACED_BY_A_LINK -> {
                Files.copy(file, beside);
                Path link = Files.createSymbolicLink(file.resolveSibling("link.db"), beside);
                Files.move(link, file, StandardCopyOption.ATOMIC_MOVE);
            }
            case LOG_REMOVED -> Files.delete(wal);
            case LOG_REPLACED -> {
                Files.copy(wal, beside);
                Files.move(beside, wal, StandardCopyOption.ATOMIC_MOVE);
            }
            case LOG_CUT -> cut(wal, 0);
            case INDEX_OF_THE_LOG_REMOVED -> Files.delete(shm);
            case OLDER_COPY_WRITTEN_OVER_IT -> overwrite(file, older);
            case COPY_OF_AN_EARLIER_RUN_WRITTEN_OVER_IT -> overwrite(file, earlier);
            case DATABASE_CUT -> cut(file, Files.size(file) / 2);
            case DATABASE_EMPTIED -> cut(file, 0);
        }
    }

    /** Writes from another process that SQLite coordinates with: a tool, a backup, or a shell. */
    @Test
    void writesOfAnotherProcessThroughSqliteDoNoHarm() throws Exception {
        Path file = inbox();
        try (LeasingInbox inbox = Inbox.sqlite(file)) {
            store(inbox, 1, 50);
            try (Connection other = DriverManager.getConnection("jdbc:sqlite:" + file);
                    Statement statement = other.createStatement()) {
                statement.execute("create table of_the_application (text text)");
                statement.execute("pragma wal_checkpoint(truncate)");
                store(inbox, 51, 60);
                statement.execute("vacuum");
                statement.execute("pragma wal_checkpoint(restart)");
                store(inbox, 61, 70);
            }
            try (LeasingInbox second = Inbox.sqlite(file)) {
                store(second, 71, 80);
                store(inbox, 81, 90);
            }
            store(inbox, 91, 100);
            assertThat(inbox.backlog().waiting()).isEqualTo(100);
        }
        try (LeasingInbox inbox = Inbox.sqlite(file)) {
            assertThat(inbox.backlog().waiting()).isEqualTo(100);
        }
    }

    /** Tests that no event waits until the whole file is read, which takes seconds for each gigabyte. */
    @Test
    void theFileIsReadAsAWholeOnlyAfterAKillAndNeverBeforeTheFirstEvent() throws Exception {
        Path file = inbox();
        Path killed = directory.resolve("killed").resolve("inbox.db");
        Files.createDirectories(killed.getParent());
        try (LeasingInbox inbox = Inbox.sqlite(file)) {
            store(inbox, 1, 5);
            for (String name : List.of("inbox.db", "inbox.db-wal", "inbox.db.lock")) {
                Files.copy(file.resolveSibling(name), killed.resolveSibling(name));
            }
        }

        assertThat(checks(file, 6)).as("after a clean stop").isZero();
        assertThat(checks(killed, 6)).as("after a kill").isOne();
    }

    private static long checks(Path file, long chat) {
        return LogRecords.of(() -> {
                    try (LeasingInbox inbox = Inbox.sqlite(file)) {
                        store(inbox, chat, chat);
                        assertThat(inbox.backlog().waiting()).isEqualTo(chat);
                    }
                })
                .stream()
                .filter(line -> line.contains("reason=store-check"))
                .count();
    }

    /** Takes permissions away. Open files do not care; the next start will report it. */
    @Test
    void permissionsThatAreTakenAwayLoseNothing() throws Exception {
        Path file = inbox();
        try (LeasingInbox inbox = Inbox.sqlite(file)) {
            store(inbox, 1, 5);
            Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("---------"));
            store(inbox, 6, 10);
        }
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
        try (LeasingInbox inbox = Inbox.sqlite(file)) {
            assertThat(inbox.backlog().waiting()).isEqualTo(10);
        }
    }

    /**
     * Ends after the log lost its name: acknowledged events are in it alone, and the end moves them into the database.
     */
    @Test
    void eventsAcknowledgedBeforeTheLogWasRemovedAreStillThereAfterAStop() throws Exception {
        Path file = inbox();
        try (LeasingInbox inbox = Inbox.sqlite(file)) {
            store(inbox, 1, 20);
            Files.delete(file.resolveSibling("inbox.db-wal"));
            assertThatThrownBy(() -> Deliveries.store(inbox, Deliveries.delivery(21, 1)))
                    .isInstanceOf(StoreException.class);
        }
        try (LeasingInbox inbox = Inbox.sqlite(file)) {
            assertThat(inbox.backlog().waiting()).isEqualTo(20);
        }
    }

    private static void store(LeasingInbox inbox, long from, long to) {
        for (long chat = from; chat <= to; chat++) {
            assertThat(Deliveries.store(inbox, Deliveries.delivery(chat, 1))).isEqualTo(StoreResult.STORED);
        }
    }

    private static void checkpoint(LeasingInbox inbox) {
        for (int i = 0; i < 60; i++) {
            // Each writes pages to the log; with its thousandth the writer moves them into the database.
            List.of(1, 2, 3, 4, 5, 6, 7, 8).forEach(n -> inbox.probe());
        }
    }

    /** Overwrites a file as {@code cp} does: the file keeps its number. */
    private static void overwrite(Path file, Path copy) throws IOException {
        Files.write(file, Files.readAllBytes(copy));
    }

    private static void cut(Path file, long size) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.truncate(size);
        }
    }
}
