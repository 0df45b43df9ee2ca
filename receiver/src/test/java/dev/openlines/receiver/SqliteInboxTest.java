// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.openlines.testkit.Rows;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SqliteInboxTest implements TransactionContract {

    @TempDir
    Path directory;

    @Override
    public LeasingInbox open() {
        return Inbox.sqlite(directory.resolve("inbox.db"));
    }

    @Override
    public String place() {
        return directory.resolve("inbox.db").toString();
    }

    @Test
    void onlyItsOwnerMayReadTheFiles() throws Exception {
        try (LeasingInbox inbox = open()) {
            Deliveries.store(inbox, Deliveries.delivery(1, 1));
            try (var files = Files.list(directory)) {
                assertThat(files.filter(file -> !file.toString().endsWith(".lock")))
                        .hasSizeGreaterThanOrEqualTo(2)
                        .allSatisfy(
                                file -> assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                                        .isEqualTo("rw-------"));
            }
        }
    }

    @Test
    void everyCommitIsSynced() {
        try (LeasingInbox inbox = open()) {
            SqlInbox sql = (SqlInbox) inbox;
            List<String> settings = sql.run(connection -> {
                try (var statement = connection.createStatement()) {
                    String journal;
                    try (var row = statement.executeQuery("pragma journal_mode")) {
                        row.next();
                        journal = row.getString(1);
                    }
                    try (var row = statement.executeQuery("pragma synchronous")) {
                        row.next();
                        return List.of(journal, row.getString(1));
                    }
                }
            });
            assertThat(settings).containsExactly("wal", "2");
        }
    }

    @Test
    void leasesOfADeadProcessEndWhenTheNextOneOpensTheFile() {
        Instant now = Deliveries.T0;
        LeasingInbox first = open();
        Deliveries.store(first, Deliveries.delivery(1, 1));
        assertThat(first.lease(new LeaseRequest("dead", 10, now, now.plusSeconds(3600), now.plusSeconds(7200), false)))
                .hasSize(1);
        first.close();

        try (LeasingInbox second = open()) {
            assertThat(second.lease(
                            new LeaseRequest("next", 10, now, now.plusSeconds(3600), now.plusSeconds(7200), false)))
                    .extracting(LeasedDelivery::attempt)
                    .containsExactly(2);
        }
    }

    @Test
    void leasesStayWhileAnotherHasTheFileOpen() {
        Instant now = Deliveries.T0;
        try (LeasingInbox first = open()) {
            Deliveries.store(first, Deliveries.delivery(1, 1));
            assertThat(first.lease(
                            new LeaseRequest("alive", 10, now, now.plusSeconds(3600), now.plusSeconds(7200), false)))
                    .hasSize(1);
            try (LeasingInbox second = open()) {
                assertThat(second.lease(new LeaseRequest(
                                "other", 10, now, now.plusSeconds(3600), now.plusSeconds(7200), false)))
                        .isEmpty();
            }
        }
    }

    @Test
    void aSchemaOfANewerVersionIsRefused() {
        try (LeasingInbox inbox = open()) {
            ((SqlInbox) inbox).run(connection -> {
                try (var statement = connection.createStatement()) {
                    return statement.executeUpdate("insert into openlines_schema (version) values (99)");
                }
            });
        }

        assertThatThrownBy(this::open)
                .isInstanceOf(StoreException.class)
                .hasMessage("expected a schema of version 7 or older but found version 99 in "
                        + directory.resolve("inbox.db").toAbsolutePath());
    }

    @Test
    void aFullDiskAcknowledgesNothingAndTheNextEventTriesAgain() {
        try (LeasingInbox inbox = open()) {
            SqlInbox sql = (SqlInbox) inbox;
            sql.run(connection -> {
                try (var statement = connection.createStatement()) {
                    return statement.execute("pragma max_page_count = 60");
                }
            });
            int acknowledged = 0;
            StoreException full = null;
            for (long chat = 1; full == null && chat < 10_000; chat++) {
                try {
                    Deliveries.store(inbox, Deliveries.delivery(chat, 1));
                    acknowledged++;
                } catch (StoreException e) {
                    full = e;
                }
            }

            assertThat(full)
                    .hasRootCauseMessage(
                            "[SQLITE_FULL] Insertion failed because database is full (database or disk is full)");
            assertThat(inbox.backlog().waiting()).isEqualTo(acknowledged);
            // The connection was replaced, and the limit was the connection's.
            assertThat(Deliveries.store(inbox, Deliveries.delivery(20_000, 1))).isEqualTo(StoreResult.STORED);
        }
    }

    @Test
    void aPurgeForgetsMoreThanOnePortionAndReadsNoMoreThanItForgets() {
        try (LeasingInbox inbox = open()) {
            ((SqlInbox) inbox).run(connection -> {
                try (var statement = connection.createStatement()) {
                    return statement.executeUpdate("""
                            insert into inbox (idempotency_key, member_id, event, order_key, payload, body_bytes,
                              received_at, state, not_before, finished_at)
                            with recursive n(i) as (select 1 union all select i + 1 from n where i < 1234)
                            select hex(i), 'm', 'E', '', '{}', 1, 1, 'done', 1, i from n""");
                }
            });

            assertThat(inbox.purge(Instant.ofEpochMilli(1201))).isEqualTo(1200);
            assertThat(Rows.of(directory.resolve("inbox.db"), "select count(*), min(finished_at) from inbox"))
                    .containsExactly("34 1201");
            assertThat(Rows.of(
                            directory.resolve("inbox.db"),
                            "explain query plan "
                                    + SqlInbox.FORGET
                                            .formatted(500, "")
                                            .replaceFirst("\\?", "'done'")
                                            .replaceFirst("\\?", "5")))
                    .anyMatch(step -> step.contains("USING INDEX inbox_finished (finished_at<?)"))
                    .noneMatch(step -> step.contains("SCAN inbox"));
        }
    }

    @Test
    @Tag("long")
    void whileAnotherProcessHoldsTheLockEventsAreRefusedSoonAndStoredAfterIt() throws Exception {
        String url = "jdbc:sqlite:" + directory.resolve("inbox.db");
        try (LeasingInbox inbox = open();
                Connection holder = DriverManager.getConnection(url);
                Connection waiting = DriverManager.getConnection(url);
                Statement hold = holder.createStatement();
                Statement wait = waiting.createStatement()) {
            hold.execute("begin immediate");
            wait.execute("pragma busy_timeout = 60000");
            CompletableFuture<Void> waits = CompletableFuture.runAsync(() -> {
                try {
                    wait.execute("begin immediate");
                } catch (SQLException e) {
                    throw new IllegalStateException(e);
                }
            });
            for (int i = 1; i <= 20; i++) {
                VerifiedDelivery delivery = Deliveries.delivery(i, 1);
                assertThatThrownBy(() ->
                                inbox.store(delivery).toCompletableFuture().join())
                        .hasRootCauseInstanceOf(SQLException.class)
                        .hasMessageContaining("cannot write to " + directory.resolve("inbox.db"))
                        .hasMessageContaining("SQLITE_BUSY");
            }
            assertThat(waits).as("one that waits a minute for the same lock").isNotDone();

            hold.execute("rollback");
            waits.get(2, TimeUnit.MINUTES);
            wait.execute("rollback");
            assertThat(Deliveries.store(inbox, Deliveries.delivery(1, 1))).isEqualTo(StoreResult.STORED);
            assertThat(inbox.backlog().waiting()).isEqualTo(1);
        }
    }

    @Test
    void aTornTailLosesAtMostTheLastCommit() throws Exception {
        Path copy = directory.resolve("copy.db");
        try (LeasingInbox inbox = open()) {
            for (long chat = 1; chat <= 20; chat++) {
                Deliveries.store(inbox, Deliveries.delivery(chat, 1));
            }
            // A kill leaves the files like this: nothing is moved from the log to the database.
            Files.copy(directory.resolve("inbox.db"), copy);
            Files.copy(directory.resolve("inbox.db-wal"), directory.resolve("copy.db-wal"));
        }
        try (FileChannel log = FileChannel.open(directory.resolve("copy.db-wal"), StandardOpenOption.WRITE)) {
            log.truncate(log.size() - 100);
        }

        try (LeasingInbox torn = Inbox.sqlite(copy)) {
            assertThat(torn.backlog().waiting()).isEqualTo(19);
            assertThat(Deliveries.store(torn, Deliveries.delivery(20, 1))).isEqualTo(StoreResult.STORED);
        }
    }

    @Test
    void anErrorInTheWriterFailsItsWorkAndTheNextEventIsStored() {
        try (LeasingInbox inbox = open()) {
            assertThatThrownBy(() -> ((SqlInbox) inbox).run(connection -> {
                        throw new OutOfMemoryError("for the test");
                    }))
                    .isInstanceOf(StoreException.class)
                    .hasRootCauseInstanceOf(OutOfMemoryError.class);

            assertThat(Deliveries.store(inbox, Deliveries.delivery(1, 1))).isEqualTo(StoreResult.STORED);
        }
    }
}
