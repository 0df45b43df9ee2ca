// SPDX-License-Identifier: Apache-2.0
package dev.openlines.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.client.TokenSeal;
import dev.openlines.model.Secret;
import dev.openlines.receiver.Inbox;
import dev.openlines.receiver.LeasingInbox;
import dev.openlines.tck.Deliveries;
import java.io.File;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests of saving an inbox and putting it back. */
class SqliteCopyTest {

    @TempDir
    Path directory;

    private final List<String> out = new ArrayList<>();
    private final List<String> err = new ArrayList<>();

    @Test
    void aBackupOfARunningReceiverHoldsWhatWasAcknowledgedAndIsRestored() throws Exception {
        Path copy = directory.resolve("copy.db");
        try (LeasingInbox inbox = Inbox.sqlite(file())) {
            store(inbox, 1, 5);
            assertThat(run("backup", copy.toString())).isZero();
            assertThat(out).singleElement().asString().startsWith("backup=" + copy + " waiting=5 dead=0 done=0 bytes=");
            store(inbox, 6, 9);

            assertThat(run("restore", copy.toString())).isEqualTo(1);
            assertThat(err)
                    .singleElement()
                    .asString()
                    .contains("uses " + file())
                    .contains("nothing was changed");
            assertThat(inbox.backlog().waiting()).isEqualTo(9);
        }
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(copy)))
                .isEqualTo("rw-------");

        out.clear();
        assertThat(run("restore", copy.toString())).isZero();

        assertThat(out)
                .singleElement()
                .asString()
                .startsWith("restored=" + file() + " waiting=5 dead=0 done=0 before=" + file() + ".before-");
        try (LeasingInbox inbox = Inbox.sqlite(file())) {
            assertThat(inbox.backlog().waiting()).isEqualTo(5);
            store(inbox, 10, 10);
        }
        try (LeasingInbox before =
                Inbox.sqlite(Path.of(out.get(0).substring(out.get(0).indexOf("before=") + 7)))) {
            assertThat(before.backlog().waiting()).isEqualTo(9);
        }
    }

    @Test
    void aLogThatAKillLeftIsNotTakenForTheRestoredFiles() throws Exception {
        Path running = Files.createDirectories(directory.resolve("running")).resolve("inbox.db");
        Path copy = directory.resolve("copy.db");
        try (LeasingInbox inbox = Inbox.sqlite(running)) {
            store(inbox, 1, 3);
            assertThat(run(running, "backup", copy.toString())).isZero();
            store(inbox, 4, 8);
            for (String end : List.of("", "-wal", "-shm", ".lock")) {
                Files.copy(running.resolveSibling("inbox.db" + end), file().resolveSibling("inbox.db" + end));
            }
        }
        assertThat(run("restore", copy.toString())).isZero();
        assertThat(Files.exists(file().resolveSibling("inbox.db-wal"))).isFalse();
        assertThat(run("check")).isZero();
        try (LeasingInbox inbox = Inbox.sqlite(file())) {
            assertThat(inbox.backlog().waiting()).isEqualTo(3);
        }
        Path before = before();
        try (LeasingInbox inbox = Inbox.sqlite(before)) {
            assertThat(inbox.backlog().waiting()).as("with its log").isEqualTo(8);
        }
    }

    @Test
    void aBackupReplacesNothing() throws Exception {
        try (LeasingInbox inbox = Inbox.sqlite(file())) {
            store(inbox, 1, 1);
        }
        Path taken = Files.writeString(directory.resolve("taken"), "important");
        assertThat(run("backup", taken.toString())).isEqualTo(1);
        assertThat(err).containsExactly(taken + " is there already; nothing was changed");
        assertThat(Files.readString(taken)).isEqualTo("important");
    }

    @Test
    void anInboxThatIsNotThereIsNotBackedUpAndMayBeRestored() throws Exception {
        Path copy = directory.resolve("copy.db");
        assertThat(run("backup", copy.toString())).isEqualTo(3);
        assertThat(err).containsExactly("OPENLINES_INBOX: there is no inbox at " + file() + "; nothing was changed");
        assertThat(directory).isEmptyDirectory();

        Path other = directory.resolve("other.db");
        try (LeasingInbox inbox = Inbox.sqlite(other)) {
            store(inbox, 1, 2);
        }
        assertThat(run(other, "backup", copy.toString())).isZero();
        out.clear();
        assertThat(run("restore", copy.toString())).isZero();
        assertThat(out).containsExactly("restored=" + file() + " waiting=2 dead=0 done=0 before=none");
    }

    @Test
    void aDamagedBackupIsNotRestoredAndADamagedInboxIsFound() throws Exception {
        Path copy = directory.resolve("copy.db");
        try (LeasingInbox inbox = Inbox.sqlite(file())) {
            store(inbox, 1, 200);
        }
        assertThat(run("backup", copy.toString())).isZero();
        tear(copy);
        byte[] whole = Files.readAllBytes(file());

        assertThat(run("restore", copy.toString())).isEqualTo(1);
        assertThat(err).singleElement().asString().contains(copy.toString());
        assertThat(Files.readAllBytes(file())).isEqualTo(whole);

        err.clear();
        tear(file());
        assertThat(run("check")).isEqualTo(1);
        assertThat(err).singleElement().asString().contains(file().toString());
        assertThat(run("backup", directory.resolve("second.db").toString())).isEqualTo(1);
        assertThat(Files.exists(directory.resolve("second.db"))).isFalse();
    }

    @Test
    void aFileThatIsNoInboxIsNotRestored() throws Exception {
        Path text = Files.writeString(directory.resolve("notes.txt"), "canary");
        assertThat(run("restore", text.toString())).isEqualTo(3);
        assertThat(err).singleElement().asString().startsWith("the backup: ").doesNotContain("canary");
        assertThat(run("restore", directory.resolve("missing").toString())).isEqualTo(3);
        assertThat(Files.exists(file())).isFalse();
    }

    /** Loads the command without Tink, as an application does that leaves it out. */
    @Test
    void withoutTinkANewKeyNamesWhatItNeeds() throws Exception {
        List<URL> path = new ArrayList<>();
        for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
            if (!Path.of(entry).getFileName().toString().startsWith("tink-")) {
                path.add(Path.of(entry).toUri().toURL());
            }
        }
        Path key = directory.resolve("token.key");
        try (URLClassLoader loader =
                new URLClassLoader(path.toArray(URL[]::new), ClassLoader.getPlatformClassLoader())) {
            Consumer<String> told = err::add;
            Object exit = loader.loadClass(ReceiverCommand.class.getName())
                    .getMethod("run", List.class, Map.class, Consumer.class, Consumer.class)
                    .invoke(null, List.of("inbox", "new-key", key.toString()), Map.of(), told, told);
            assertThat(exit).isEqualTo(3);
        }
        assertThat(err).containsExactly("new-key needs com.google.crypto.tink:tink on the class path");
        assertThat(Files.exists(key)).isFalse();
    }

    @Test
    void aNewKeyIsMadeOnceAndSealsTokens() throws Exception {
        Path key = directory.resolve("token.key");
        assertThat(run("new-key", key.toString())).isZero();
        String made = Files.readString(key);
        assertThat(TokenSeal.of(Secret.of(made))).isNotNull();
        assertThat(out).containsExactly("key=" + key);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(key)))
                .isEqualTo("rw-------");

        assertThat(run("new-key", key.toString())).isEqualTo(1);
        assertThat(err)
                .singleElement()
                .asString()
                .startsWith(key + " is there already")
                .doesNotContain(made);
        assertThat(key).hasContent(made);
    }

    @Test
    void theCommandLineOfTheJarHelpsAndRefusesWhatItDoesNotKnow() {
        assertThat(ReceiverCommand.run(List.of("--help"), Map.of(), out::add, err::add))
                .isZero();
        assertThat(out).hasSizeGreaterThan(15).anyMatch(line -> line.contains("inbox backup FILE"));
        out.clear();
        assertThat(ReceiverCommand.run(List.of("--version"), Map.of(), out::add, err::add))
                .isZero();
        assertThat(out).singleElement().asString().startsWith("openlines ");
        assertThat(ReceiverCommand.run(List.of("frobnicate\u001b"), Map.of(), out::add, err::add))
                .isEqualTo(3);
        assertThat(err)
                .containsExactly("\"frobnicate \" is no command: expected inbox, reconcile, --help or --version");
    }

    private Path file() {
        return directory.resolve("inbox.db");
    }

    private Path before() throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(path -> path.toString().matches(".*\\.before-[0-9-]+"))
                    .findFirst()
                    .orElseThrow();
        }
    }

    /** Overwrites pages in the middle, as a disk that goes bad does. */
    private static void tear(Path database) throws IOException {
        try (FileChannel channel = FileChannel.open(database, StandardOpenOption.WRITE)) {
            for (long page = 4; page * 4096 < Files.size(database); page += 3) {
                channel.write(ByteBuffer.wrap(new byte[4096]), page * 4096);
            }
        }
    }

    private static void store(LeasingInbox inbox, int first, int last) {
        for (int chat = first; chat <= last; chat++) {
            Deliveries.store(inbox, Deliveries.delivery(chat, 1));
        }
    }

    private int run(String... words) {
        return run(file(), words);
    }

    private int run(Path inbox, String... words) {
        return InboxCommand.run(List.of(words), Map.of("OPENLINES_INBOX", inbox.toString()), out::add, err::add);
    }
}
