// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The files of an SQLite database, examined while connections are open. Only SQLite opens them. If this process opened
 * and closed such a file by itself, it would free SQLite's locks.
 */
final class SqliteFiles {

    private static final Logger LOG = LoggerFactory.getLogger(SqliteFiles.class);

    final Path database;
    final Path wal;
    final Path shm;

    SqliteFiles(Path file) {
        this.database = file;
        Path real = real(file);
        this.wal = real.resolveSibling(real.getFileName() + "-wal");
        this.shm = real.resolveSibling(real.getFileName() + "-shm");
    }

    /** Returns the real file. SQLite puts its other files next to the target of a link. */
    private static Path real(Path file) {
        try {
            return file.toRealPath();
        } catch (IOException e) {
            return file;
        }
    }

    /**
     * Holds what the database file says by itself, without its log.
     *
     * @param generation the run of a receiver that used the file last; empty if none did
     * @param sequence the highest id of an event
     */
    record Content(String generation, long sequence) {}

    /** Reads the database file as if there were no log beside it. */
    Content content() throws SQLException {
        try (Connection connection = open("immutable=1&mode=ro");
                Statement statement = connection.createStatement()) {
            return new Content(
                    text(statement, "openlines_store", "select generation from openlines_store"),
                    Long.parseLong(
                            "0" + text(statement, "inbox", "select seq from sqlite_sequence where name = 'inbox'")));
        }
    }

    private static String text(Statement statement, String table, String sql) throws SQLException {
        try (ResultSet row =
                statement.executeQuery("select 1 from sqlite_schema where type = 'table' and name = '" + table + "'")) {
            if (!row.next()) {
                return "";
            }
        }
        try (ResultSet row = statement.executeQuery(sql)) {
            return row.next() ? row.getString(1) : "";
        }
    }

    /** Returns the error that {@code quick_check} finds in the database with its log, or null if there is none. */
    @Nullable
    String damage() {
        LOG.info("reason=store-check place={}: reading the whole file", database);
        // The connection is read-only, so that closing it moves nothing from the log to the database.
        try (Connection connection = open("mode=ro");
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("pragma quick_check(1)")) {
            String found = row.next() ? row.getString(1) : "nothing";
            return found.equals("ok") ? null : found.lines().findFirst().orElse("");
        } catch (SQLException e) {
            return String.valueOf(e.getMessage());
        }
    }

    private Connection open(String parameters) throws SQLException {
        String path = database.toUri().getRawPath();
        return DriverManager.getConnection("jdbc:sqlite:file:" + path + "?" + parameters);
    }
}
