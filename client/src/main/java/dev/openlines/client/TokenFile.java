// SPDX-License-Identifier: Apache-2.0
package dev.openlines.client;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The SQLite file of a token store. Every connection is opened anew, so a file that was removed would come back empty,
 * and portals would have to install the application again. It has to stay the file that was there first.
 */
final class TokenFile implements SqlKept.Connections {

    private final Path file;
    private final @Nullable Object key;

    /** Makes the file if it does not exist, and checks it. */
    TokenFile(Path place) {
        this.file = place.toAbsolutePath();
        try {
            if (Files.exists(file) && Files.size(file) > 0) {
                // Read-only: the end of this connection must not write a log into the file that is another's.
                try (Connection connection = connect("mode=ro");
                        Statement statement = connection.createStatement();
                        ResultSet row = statement.executeQuery("PRAGMA quick_check(1)")) {
                    if (!row.next() || !row.getString(1).equals("ok")) {
                        throw damaged(null);
                    }
                } catch (SQLException e) {
                    throw damaged(e);
                }
            }
            connect("mode=rwc").close();
            this.key = key();
        } catch (SQLException | IOException e) {
            throw new StoreException("cannot open the token store " + file, e);
        }
    }

    private StoreException damaged(@Nullable SQLException cause) {
        return new StoreException(
                "the token store " + file + " is damaged, or the log " + file.getFileName() + "-wal is another file's;"
                        + " to go on with a restored copy, move " + file.getFileName() + "-wal and "
                        + file.getFileName()
                        + "-shm away and restore the copy again",
                cause);
    }

    /** Connects without making a file. */
    @Override
    public Connection open() throws SQLException {
        check();
        Connection connection = connect("mode=rw");
        try (Statement statement = connection.createStatement()) {
            statement.execute("PRAGMA busy_timeout = 10000");
            statement.execute("PRAGMA journal_mode = WAL");
            statement.execute("PRAGMA synchronous = FULL");
            return connection;
        } catch (SQLException e) {
            connection.close();
            throw e;
        }
    }

    /** Fails if the file is no longer the one that was opened first: what was written may be gone. */
    @Override
    public void check() throws SQLException {
        try {
            if (Files.exists(file) && Objects.equals(key, key())) {
                return;
            }
        } catch (IOException e) {
            throw new SQLException("cannot look at the token store " + file, e);
        }
        throw new SQLException(
                "the token store " + file + " was removed or replaced while it was in use: stop the application, put"
                        + " the right file there and start it again");
    }

    private @Nullable Object key() throws IOException {
        return Files.readAttributes(file, BasicFileAttributes.class).fileKey();
    }

    private Connection connect(String parameters) throws SQLException {
        return DriverManager.getConnection("jdbc:sqlite:file:" + file.toUri().getRawPath() + "?" + parameters);
    }
}
