// SPDX-License-Identifier: Apache-2.0
package dev.openlines.examples.quickstart;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.testkit.Await;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The packaged jar, whose files are removed, replaced or restored while a portal sends twenty events a second. */
@Timeout(600)
@Tag("long")
class StoreAttackIT {

    private static final String HEAP = "64m";
    private static final int EVENTS = 20;

    @TempDir
    Path directory;

    private Path store;
    private Path inbox;
    private Path backup;
    private Map<String, String> settings;

    /** A change of the files. */
    enum Way {
        ALL_REMOVED,
        LOG_REMOVED,
        INDEX_REMOVED,
        REPLACED,
        DIRECTORY_RENAMED,
        OLDER_COPY_WRITTEN_OVER_IT
    }

    @BeforeEach
    void places() throws IOException {
        store = Files.createDirectories(directory.resolve("store"));
        inbox = store.resolve("inbox.db");
        backup = directory.resolve("backup.db");
        settings = Map.of("OPENLINES_INBOX", inbox.toString());
    }

    @ParameterizedTest
    @EnumSource
    void nothingIsAcknowledgedIntoFilesThatAreGone(Way way) throws Exception {
        try (AttackedReceiver receiver = new AttackedReceiver(directory, HEAP, settings)) {
            receiver.send();
            receiver.awaitAnswers(EVENTS);
            if (way == Way.OLDER_COPY_WRITTEN_OVER_IT) {
                command(0, "inbox", "backup", directory.resolve("older.db").toString());
                receiver.awaitAnswers(EVENTS);
            }
            receiver.pause();
            command(0, "inbox", "backup", backup.toString());

            apply(way);
            int first = receiver.resume();

            receiver.awaitAnswers(EVENTS);
            assertThat(receiver.answersFrom(first)).as(receiver::state).containsExactly("503");
            Await.until(receiver::state, () -> receiver.health().equals("503"));
            // It does not begin again, whatever is put there now.
            Files.createDirectories(store);
            Files.copy(backup, inbox, StandardCopyOption.REPLACE_EXISTING);
            receiver.awaitAnswers(EVENTS);
            receiver.rest();
            assertThat(receiver.answersFrom(first)).as(receiver::state).containsExactly("503");
            assertThat(receiver.handled())
                    .doesNotHaveDuplicates()
                    .containsExactlyInAnyOrderElementsOf(receiver.answered("200"));
            receiver.terminate();
        }
        try (Stream<Path> files = Files.list(store)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }

        assertThat(command(0, "inbox", "restore", backup.toString())).anyMatch(line -> line.contains("waiting=0"));
        try (AttackedReceiver receiver = new AttackedReceiver(directory, HEAP, settings)) {
            receiver.send();
            receiver.awaitAnswers(EVENTS);
            receiver.rest();
            assertThat(receiver.answersFrom(0)).containsExactly("200");
            receiver.terminate();
        }
    }

    private void apply(Way way) throws IOException {
        Path wal = store.resolve("inbox.db-wal");
        switch (way) {
            case ALL_REMOVED -> {
                Files.delete(inbox);
                Files.delete(wal);
                Files.delete(store.resolve("inbox.db-shm"));
            }
            case LOG_REMOVED -> Files.delete(wal);
            case INDEX_REMOVED -> Files.delete(store.resolve("inbox.db-shm"));
            case REPLACED ->
                Files.move(Files.copy(backup, store.resolve("x.db")), inbox, StandardCopyOption.ATOMIC_MOVE);
            case DIRECTORY_RENAMED -> Files.move(store, directory.resolve("moved"));
            case OLDER_COPY_WRITTEN_OVER_IT -> Files.write(inbox, Files.readAllBytes(directory.resolve("older.db")));
        }
    }

    @Test
    void aSpoolTakesTheEventsUntilItIsRemovedToo() throws Exception {
        Path spool = directory.resolve("spool");
        settings = Map.of("OPENLINES_INBOX", inbox.toString(), "OPENLINES_SPOOL", spool.toString());
        try (AttackedReceiver receiver = new AttackedReceiver(directory, HEAP, settings)) {
            receiver.send();
            receiver.awaitAnswers(EVENTS);
            receiver.pause();
            command(0, "inbox", "backup", backup.toString());

            apply(Way.ALL_REMOVED);
            int first = receiver.resume();
            receiver.awaitAnswers(EVENTS);

            assertThat(receiver.answersFrom(first)).as(receiver::state).containsExactly("200");
            receiver.suspend();
            Path saved = Files.copy(spool, directory.resolve("saved"));

            Files.delete(spool);
            int last = receiver.resume();
            receiver.awaitAnswers(EVENTS);

            receiver.rest();
            assertThat(receiver.answersFrom(last)).as(receiver::state).containsExactly("503");
            Await.until(receiver::state, () -> receiver.health().equals("503"));
            List<String> before = receiver.handled();
            receiver.terminate();

            command(0, "inbox", "restore", backup.toString());
            Files.move(saved, spool);
            try (AttackedReceiver again = new AttackedReceiver(directory, HEAP, settings)) {
                Await.until(
                        again::state,
                        () -> again.handled().size() + before.size()
                                >= receiver.answered("200").size());
                assertThat(Stream.concat(before.stream(), again.handled().stream()))
                        .doesNotHaveDuplicates()
                        .containsExactlyInAnyOrderElementsOf(receiver.answered("200"));
                assertThat(again.health()).isEqualTo("200");
            }
        }
    }

    /** Restores a copy without removing the log that a kill has left. */
    @Test
    void aBackupThatIsCopiedOverAKilledReceiversFileIsRefusedWithTheRemedyThatWorks() throws Exception {
        try (AttackedReceiver receiver = new AttackedReceiver(directory, HEAP, settings)) {
            receiver.send();
            receiver.awaitAnswers(EVENTS);
            command(0, "inbox", "backup", backup.toString());
            FileTime copied = Files.getLastModifiedTime(inbox);
            // Until SQLite moves its log into the file, nothing tells the copy from the file alone.
            Await.until(receiver::state, () -> !Files.getLastModifiedTime(inbox).equals(copied));
            receiver.awaitAnswers(3 * EVENTS);
            receiver.process().destroyForcibly();
            receiver.process().onExit().join();
        }
        Files.write(inbox, Files.readAllBytes(backup));

        assertThat(command(3))
                .anyMatch(line -> line.startsWith("OPENLINES_INBOX: " + inbox)
                        && line.contains("was restored or replaced, and the log beside it is another file's"));
        assertThat(inbox).hasSameBinaryContentAs(backup);

        command(0, "inbox", "restore", backup.toString());
        try (AttackedReceiver receiver = new AttackedReceiver(directory, HEAP, settings)) {
            assertThat(command(0, "inbox", "check")).isNotEmpty();
            receiver.startWith(1_000_000);
            receiver.send();
            receiver.awaitAnswers(EVENTS);
            receiver.pause();
            assertThat(receiver.answersFrom(0)).as(receiver::state).containsExactly("200");
            assertThat(receiver.health()).isEqualTo("200");
        }
    }

    /** Runs the jar until it ends, and returns what it printed. */
    private List<String> command(int exit, String... arguments) throws Exception {
        Process process = AttackedReceiver.start(directory, HEAP, settings, arguments);
        List<String> said = process.inputReader(UTF_8).lines().toList();
        List<String> wrong = process.errorReader(UTF_8).lines().toList();
        assertThat(process.waitFor())
                .as("%s: %s %s", List.of(arguments), said, wrong)
                .isEqualTo(exit);
        return exit == 0 ? said : wrong;
    }
}
