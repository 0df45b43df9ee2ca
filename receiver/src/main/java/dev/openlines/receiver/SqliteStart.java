// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import java.io.IOException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells at the start whether the files of an SQLite inbox are those that the last process has left.
 *
 * <p>Each run has a generation, a random word. It is in the database file itself before the run writes anything to the
 * log, and in the note beside the process's lock. A log next to a database file of another generation is not that
 * file's log, but SQLite would replay it. A copy of the same run has the same generation; the note says how many events
 * the file itself has, so a copy with fewer is recognized. Beyond that, {@code quick_check} may find that the two do
 * not fit. The note also holds how a clean stop has left the database file. If it is still so and there is no log,
 * nothing is checked.
 *
 * <p>If the file without its log is not as the last run has left it, it was restored or comes from elsewhere. Then it
 * may lack events that were handled since.
 */
final class SqliteStart {

    private static final Logger LOG = LoggerFactory.getLogger(SqliteStart.class);

    private static final int SQLITE_CORRUPT = 11;
    private static final int SQLITE_NOT_A_DATABASE = 26;

    private final SqliteFiles files;
    private final ProcessLock lock;

    SqliteStart(SqliteFiles files, ProcessLock lock) {
        this.files = files;
        this.lock = lock;
    }

    /**
     * Checks the files and changes nothing.
     *
     * @return why the inbox may lack events that were handled, or null if it is as the last run has left it
     * @throws StoreException if the files do not belong together or are damaged
     */
    @Nullable
    String inspect() {
        try {
            FileStamp database = FileStamp.of(files.database);
            boolean log = FileStamp.of(files.wal).size() > 0;
            SqliteNote note = SqliteNote.read(lock);
            if (database.size() <= 0) {
                if (log) {
                    throw refused("is missing or empty, but its log is there");
                }
                if (!note.generations().isEmpty()) {
                    LOG.warn("reason=store-new place={}: an inbox was here before, and it is gone", files.database);
                    return "an inbox was here before, and it is gone";
                }
                return null;
            }
            if (log && !note.generations().isEmpty()) {
                SqliteFiles.Content content = alone();
                if (content != null
                        && (!note.generations().contains(content.generation())
                                || content.sequence() < note.sequence())) {
                    throw refused("was restored or replaced, and the log beside it is another file's");
                }
            }
            if (log || !note.left().equals(database.toString())) {
                String damage = files.damage();
                if (damage != null) {
                    throw refused(
                            "is damaged (" + damage + ")" + (log ? ", or the log beside it is another file's" : ""));
                }
            }
            return restored(note, database, log);
        } catch (IOException | SQLException e) {
            throw StoreException.because("cannot read " + files.database, e);
        }
    }

    /**
     * Reads the database file without its log. Returns null if the file makes no sense alone, because a process died
     * while it moved the log into it. SQLite then reads those pages from the log, and moves them again.
     */
    private SqliteFiles.@Nullable Content alone() throws SQLException {
        try {
            return files.content();
        } catch (SQLException e) {
            int code = e.getErrorCode() & 0xff;
            if (code == SQLITE_CORRUPT || code == SQLITE_NOT_A_DATABASE) {
                return null;
            }
            throw e;
        }
    }

    private @Nullable String restored(SqliteNote note, FileStamp database, boolean log) throws SQLException {
        if (log && !note.generations().isEmpty()) {
            // The log belongs to the last run.
            return null;
        }
        SqliteFiles.Content content = alone();
        String generation = content == null ? "unknown" : content.generation();
        if (note.generations().isEmpty()) {
            return generation.isEmpty() ? null : "the inbox was copied from another place";
        }
        return note.generations().contains(generation) && database.sameTime(note.left())
                ? null
                : "the inbox was restored from a backup";
    }

    private StoreException refused(String what) {
        return new StoreException(
                files.database + " " + what + "; nothing was changed. To go on with a restored copy, move "
                        + files.wal.getFileName() + " and " + files.shm.getFileName()
                        + " away, restore the copy again and"
                        + " start; see \"Backup and restore\" in docs/operations.md",
                null);
    }

    /** Begins a generation. Leaves the log empty, so that no page of an earlier one is in it. */
    void begin() {
        String next = UUID.randomUUID().toString();
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + files.database);
                Statement statement = connection.createStatement()) {
            statement.execute("pragma busy_timeout = 5000");
            statement.execute("pragma synchronous = full");
            // The note has both generations, in case this process ends in between or another one looks meanwhile.
            List<String> both = new ArrayList<>(SqliteNote.read(lock).generations());
            both.add(next);
            new SqliteNote(both, 0, "").write(lock);
            try (PreparedStatement update = connection.prepareStatement("update openlines_store set generation = ?")) {
                update.setString(1, next);
                update.executeUpdate();
            }
            try (ResultSet row = statement.executeQuery("pragma wal_checkpoint(truncate)")) {
                if (row.next() && row.getInt(1) == 0) {
                    // While there is no log, the file stays so, also if the process is killed.
                    new SqliteNote(List.of(next), files.content().sequence(), unlogged()).write(lock);
                }
            }
        } catch (SQLException | IOException e) {
            throw StoreException.because("cannot write to " + files.database, e);
        }
    }

    /** Notes how far the database file is, so that an older copy of the same run is recognized. */
    void reached(long sequence) {
        try {
            new SqliteNote(SqliteNote.read(lock).generations(), sequence, unlogged()).write(lock);
        } catch (IOException e) {
            LOG.debug("cannot note how far {} is", files.database, e);
        }
    }

    /** Returns the stamp of the database file if there is no log beside it, or an empty text. */
    private String unlogged() throws IOException {
        return FileStamp.of(files.wal).size() <= 0
                ? FileStamp.of(files.database).toString()
                : "";
    }

    /** Notes how a clean stop has left the database file. */
    void end() {
        try {
            FileStamp database = FileStamp.of(files.database);
            SqliteNote note = SqliteNote.read(lock);
            if (!database.missing()
                    && FileStamp.of(files.wal).size() <= 0
                    && !note.generations().isEmpty()) {
                new SqliteNote(note.generations(), note.sequence(), database.toString()).write(lock);
            }
        } catch (IOException e) {
            LOG.debug("cannot note how {} was left", files.database, e);
        }
    }
}
