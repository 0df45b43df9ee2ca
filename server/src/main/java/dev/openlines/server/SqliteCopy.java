// SPDX-License-Identifier: Apache-2.0
package dev.openlines.server;

import dev.openlines.receiver.StoreException;
import dev.openlines.receiver.spi.OneLine;
import dev.openlines.server.InboxCommand.Answer;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Makes and restores copies of an SQLite inbox, and checks the inbox or a copy for damage. */
final class SqliteCopy {

    private static final DateTimeFormatter STAMP =
            DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss-SSS").withZone(ZoneOffset.UTC);

    private final Path file;

    private SqliteCopy(Path file) {
        this.file = file;
    }

    /**
     * Returns the copies of the inbox at an address.
     *
     * @throws ConfigurationException if the address is no file's
     */
    static SqliteCopy of(String address) {
        if (!Store.isFile(address)) {
            throw new ConfigurationException(
                    "OPENLINES_INBOX: expected an inbox on SQLite, found another; use the tools of its database, such as"
                            + " pg_dump",
                    null);
        }
        return new SqliteCopy(Store.file("OPENLINES_INBOX", address).toAbsolutePath());
    }

    /** Writes the state of the inbox at one moment to a new file, also while a receiver uses the inbox. */
    void backup(Path copy, Answer out) {
        Store.requireInbox("OPENLINES_INBOX", file);
        Path target = copy.toAbsolutePath();
        if (Files.exists(target)) {
            throw new StoreException(target + " is there already; nothing was changed", null);
        }
        try {
            createForOwnerOnly(target);
        } catch (IOException e) {
            throw new StoreException("cannot make the file " + target + ": " + OneLine.cause(e), e);
        }
        boolean done = false;
        try (Connection connection = open(file);
                PreparedStatement vacuum = connection.prepareStatement("vacuum into ?")) {
            vacuum.setString(1, target.toString());
            vacuum.execute();
            sync(target);
            inspect(target).row(out, "backup", target);
            done = true;
        } catch (SQLException | IOException e) {
            throw new StoreException("cannot back up " + file + " to " + target + ": " + OneLine.cause(e), e);
        } finally {
            if (!done) {
                target.toFile().delete();
            }
        }
    }

    /** Replaces the inbox by a copy. The old files stay next to it. */
    void restore(Path copy, Answer out) {
        Path source = copy.toAbsolutePath();
        Store.requireInbox("the backup", source);
        try (FileChannel channel = FileChannel.open(
                        file.resolveSibling(file.getFileName() + ".lock"),
                        StandardOpenOption.CREATE,
                        StandardOpenOption.WRITE);
                FileLock lock = lock(channel)) {
            if (lock == null) {
                throw new StoreException(
                        "a receiver or a command uses " + file + ": stop it before a restore; nothing was changed",
                        null);
            }
            // A backup that was made by other means may have a log next to it.
            Counts counts = inspect(source);
            Path next = file.resolveSibling(file.getFileName() + ".restoring");
            Files.deleteIfExists(next);
            try (Connection connection = open(source);
                    PreparedStatement vacuum = connection.prepareStatement("vacuum into ?")) {
                createForOwnerOnly(next);
                vacuum.setString(1, next.toString());
                vacuum.execute();
            }
            sync(next);
            String kept = moveAway();
            Files.move(next, file, StandardCopyOption.ATOMIC_MOVE);
            out.row(
                    "restored",
                    file,
                    "waiting",
                    counts.waiting,
                    "dead",
                    counts.dead,
                    "done",
                    counts.done,
                    "before",
                    kept);
        } catch (SQLException | IOException e) {
            throw new StoreException("cannot restore " + source + " to " + file + ": " + OneLine.cause(e), e);
        }
    }

    /** Looks for damage. */
    void check(Answer out) {
        Store.requireInbox("OPENLINES_INBOX", file);
        try {
            inspect(file).row(out, "check", "ok");
        } catch (SQLException | IOException e) {
            throw new StoreException(file + " cannot be read: " + OneLine.cause(e), e);
        }
    }

    /** Renames the files of the old inbox, so that an old log is not used for the new file. */
    private String moveAway() throws IOException {
        String suffix = ".before-" + STAMP.format(Instant.now());
        String kept = "none";
        // The database comes first. A log alone is refused at the start, but a database without its log would be an
        // older inbox.
        for (String end : List.of("", "-wal", "-shm")) {
            Path one = file.resolveSibling(file.getFileName() + end);
            if (Files.exists(one)) {
                // SQLite finds the log of a database by its name.
                Path away = file.resolveSibling(file.getFileName() + suffix + end);
                Files.move(one, away, StandardCopyOption.ATOMIC_MOVE);
                kept = end.isEmpty() ? away.toString() : kept;
            }
        }
        return kept;
    }

    private static @Nullable FileLock lock(FileChannel channel) throws IOException {
        try {
            return channel.tryLock();
        } catch (OverlappingFileLockException e) {
            return null;
        }
    }

    private record Counts(long waiting, long dead, long done, long bytes) {

        void row(Answer out, String word, Object subject) {
            out.row(word, subject, "waiting", waiting, "dead", dead, "done", done, "bytes", bytes);
        }
    }

    private static Counts inspect(Path database) throws SQLException, IOException {
        try (Connection connection = open(database);
                Statement statement = connection.createStatement()) {
            try (ResultSet row = statement.executeQuery("pragma integrity_check(1)")) {
                String found = row.next() ? row.getString(1) : "nothing";
                if (!found.equals("ok")) {
                    throw new StoreException(database + " is damaged: " + OneLine.of(found, 200), null);
                }
            }
            try (ResultSet row = statement.executeQuery("select count(*) filter (where state = 'waiting'),"
                    + " count(*) filter (where state = 'dead'), count(*) filter (where state = 'done') from inbox")) {
                row.next();
                return new Counts(row.getLong(1), row.getLong(2), row.getLong(3), Files.size(database));
            }
        }
    }

    private static Connection open(Path database) throws SQLException {
        return DriverManager.getConnection(
                "jdbc:sqlite:file:" + database.toUri().getRawPath() + "?mode=ro");
    }

    /** Makes an empty file that only its owner may read. */
    static void createForOwnerOnly(Path file) throws IOException {
        if (FileSystems.getDefault().supportedFileAttributeViews().contains("posix")) {
            Files.createFile(file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        } else {
            Files.createFile(file);
        }
    }

    private static void sync(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.force(true);
        }
    }
}
