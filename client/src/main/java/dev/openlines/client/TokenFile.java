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
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The SQLite file of a token store. Every use opens a new connection, which would replace a removed file by an empty
 * one. Portals would then have to install the application again. So the file must stay the one that was opened first.
 * Triggers count what is written to it, by any process: if the count is lower than it was, an older copy was written
 * over it, whose refresh tokens are used up.
 */
final class TokenFile implements SqlKept.Connections {

    private static final String WRITES = "openlines_token_writes";

    private final Path file;
    private final @Nullable Object key;
    /** The number of writes at the last look; -1 before the first. */
    private volatile long writes = -1;

    /** Makes the file if it does not exist, and checks it. */
    TokenFile(Path place) {
        this.file = place.toAbsolutePath();
        try {
            if (Files.exists(file) && Files.size(file) > 0) {
                // The connection is read-only, because closing it must not write a log into a file of another store.
                try (Connection connection = connect("mode=ro");
                        Statement statement = connection.createStatement();
                        ResultSet row = statement.executeQuery("PRAGMA quick_check(1)")) {
                    String found = row.next() ? row.getString(1) : "no answer";
                    if (!found.equals("ok")) {
                        throw damaged(found);
                    }
                } catch (SQLException e) {
                    throw damaged(String.valueOf(e.getMessage()));
                }
            }
            connect("mode=rwc").close();
            this.key = key();
        } catch (SQLException | IOException e) {
            throw new ClientStoreException("cannot open the token store " + file, e);
        }
    }

    private ClientStoreException damaged(String found) {
        String name = String.valueOf(file.getFileName());
        return new ClientStoreException(
                "the token store " + file + " is damaged (" + found.strip().replaceAll("\\s+", " ") + "), or the log "
                        + name + "-wal is another file's; to go on with a restored copy, move " + name + "-wal and "
                        + name
                        + "-shm away and restore the copy again; without a copy, move all three away and have each portal"
                        + " install the application again",
                null);
    }

    /** Connects without making a file. */
    @Override
    public Connection open() throws SQLException {
        look();
        Connection connection = connect("mode=rw");
        try (Statement statement = connection.createStatement()) {
            statement.execute("PRAGMA busy_timeout = 10000");
            statement.execute("PRAGMA journal_mode = WAL");
            statement.execute("PRAGMA synchronous = FULL");
            if (writes >= 0) {
                check(connection);
            }
            return connection;
        } catch (SQLException e) {
            connection.close();
            throw e;
        }
    }

    @Override
    public void begin(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute("CREATE TABLE IF NOT EXISTS " + WRITES
                    + " (one INTEGER PRIMARY KEY CHECK (one = 1), count INTEGER NOT NULL)");
            statement.execute("INSERT OR IGNORE INTO " + WRITES + " VALUES (1, 0)");
            for (String table : List.of("openlines_grant", "openlines_kept")) {
                for (String write : List.of("insert", "update", "delete")) {
                    statement.execute("CREATE TRIGGER IF NOT EXISTS " + table + "_" + write + " AFTER " + write + " ON "
                            + table + " BEGIN UPDATE " + WRITES + " SET count = count + 1; END");
                }
            }
        }
        check(connection);
    }

    /** Fails also if the content is older than it was at the last look. */
    @Override
    public synchronized void check(Connection connection) throws SQLException {
        look();
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT count FROM " + WRITES)) {
            long now = row.next() ? row.getLong(1) : -1;
            if (now < writes) {
                throw lost("overwritten by an older copy");
            }
            writes = now;
        }
    }

    /** Fails if the file is no longer the one that was opened first, because written data may be gone. */
    private void look() throws SQLException {
        try {
            if (Files.exists(file) && Objects.equals(key, key())) {
                return;
            }
        } catch (IOException e) {
            throw new SQLException("cannot look at the token store " + file, e);
        }
        throw lost("removed or replaced");
    }

    private SQLException lost(String how) {
        return new SQLException("the token store " + file + " was " + how
                + " while it was in use: stop the application, put the right file there and start it again");
    }

    private @Nullable Object key() throws IOException {
        return Files.readAttributes(file, BasicFileAttributes.class).fileKey();
    }

    private Connection connect(String parameters) throws SQLException {
        return DriverManager.getConnection("jdbc:sqlite:file:" + file.toUri().getRawPath() + "?" + parameters);
    }
}
