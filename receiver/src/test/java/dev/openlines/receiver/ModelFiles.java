// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;

/** The SQLite files of one random history: a new one after each move, and copies that may be put back. */
final class ModelFiles {

    private final Path directory;
    private int count;
    private Path inbox;

    ModelFiles(Path directory) {
        this.directory = directory;
        this.inbox = next();
    }

    private Path next() {
        count++;
        return directory.resolve(count + ".db");
    }

    /** Opens an empty inbox. */
    LeasingInbox open() {
        inbox = next();
        return Inbox.sqlite(inbox);
    }

    /** Copies the inbox beside its user, as the command {@code inbox backup} does. */
    Path backup() {
        Path copy = next();
        try (var connection = DriverManager.getConnection("jdbc:sqlite:" + inbox);
                var vacuum = connection.prepareStatement("vacuum into ?")) {
            vacuum.setString(1, copy.toString());
            vacuum.execute();
            return copy;
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    /**
     * Opens a copy in the place of the closed inbox, as after the command {@code inbox restore}, or in a place where
     * no inbox was.
     */
    LeasingInbox restore(Path copy, boolean elsewhere) {
        if (elsewhere) {
            inbox = next();
        }
        try {
            for (String log : new String[] {"-wal", "-shm"}) {
                Files.deleteIfExists(inbox.resolveSibling(inbox.getFileName() + log));
            }
            Files.deleteIfExists(inbox);
            Files.copy(copy, inbox);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return Inbox.sqlite(inbox);
    }
}
