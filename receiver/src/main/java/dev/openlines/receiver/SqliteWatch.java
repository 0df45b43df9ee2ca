// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import dev.openlines.receiver.SqliteFiles.Content;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Notices that the files of an SQLite inbox are no longer those that its connections have open, or that something other
 * than SQLite has written to them. From then on every commit fails until the process is started again, because data in
 * a file without a name is lost when the process ends.
 *
 * <p>The writer checks before it begins, and again before it reports a commit as durable. A check takes some
 * microseconds. The database file changes when a connection moves the log into it. In this process only the writer's
 * connection does that, so any other change is examined.
 */
final class SqliteWatch {

    private static final Logger LOG = LoggerFactory.getLogger(SqliteWatch.class);

    /** The largest file that is checked completely while events wait. */
    private static final long CHECKED_BYTES = 64L << 20;

    private final @Nullable Path place;
    private @Nullable SqliteFiles files;
    private @Nullable ProcessLock lock;
    private @Nullable FileStamp known;
    private Content content = new Content("", 0);
    /** The stamps at the last look. */
    private FileStamp wal = FileStamp.MISSING;

    private FileStamp shm = FileStamp.MISSING;
    private String walKey = "";
    private String shmKey = "";
    private long walSize;
    private @Nullable String lost;
    private boolean overwritten;

    private SqliteWatch(@Nullable Path place) {
        this.place = place;
    }

    static SqliteWatch of(Path file) {
        return new SqliteWatch(file);
    }

    /** Creates a watch that does nothing, for a store without a file. */
    static SqliteWatch none() {
        return new SqliteWatch(null);
    }

    /**
     * Checks the files of the earlier process before the first connection is opened, and begins to watch.
     *
     * @return why the store may lack events that were handled, or null if it is as the last process has left it
     * @throws StoreException if the files do not belong together or are damaged; nothing was changed
     */
    synchronized @Nullable String open(ProcessLock processLock) {
        lock = processLock;
        return place != null && processLock.alone()
                ? new SqliteStart(new SqliteFiles(place), processLock).inspect()
                : null;
    }

    /** Marks the files as this run's, once the schema exists. */
    synchronized void opened() {
        if (place == null || files == null || lock == null) {
            return;
        }
        try {
            if (lock.alone()) {
                new SqliteStart(files, lock).begin();
                // The log is empty now, unless another program reads it.
                walSize = FileStamp.of(files.wal).size();
            }
            known = FileStamp.of(files.database);
            content = files.content();
        } catch (IOException | SQLException e) {
            throw new StoreException("cannot read " + place, e);
        }
    }

    /** Fails if the files are no longer those that are open. For connections that never write to the database file. */
    synchronized void check() throws SQLException {
        if (files != null) {
            look(files);
        }
    }

    /** Checks before the writer begins, and before it opens a connection again, which would create a missing file. */
    synchronized void before() throws SQLException {
        if (files == null) {
            return;
        }
        FileStamp now = look(files);
        if (known != null && !now.equals(known)) {
            lookInto(files);
        }
        known = now;
    }

    /** Checks after the writer's commit, and before any request is answered. */
    synchronized void after() throws SQLException {
        if (place == null) {
            return;
        }
        if (files == null) {
            files = new SqliteFiles(place);
        }
        FileStamp now = look(files);
        if (!now.equals(known)) {
            // The commit has moved the log into the database file; another process may have written in the same moment.
            moved(files);
            if (known != null && now.size() < known.size()) {
                lookInto(files);
            }
            known = now;
        }
        walKey = wal.key();
        walSize = wal.size();
        shmKey = shm.key();
    }

    /** Compares the present contents of the database file with the earlier ones, and notes them. */
    private void moved(SqliteFiles open) throws SQLException {
        Content now;
        try {
            now = open.content();
        } catch (SQLException e) {
            // Another process may be writing at this moment. In that case SQLite itself still reads the file correctly.
            LOG.debug("cannot read {}", place, e);
            damaged(open, "was overwritten");
            return;
        }
        boolean ours = content.generation().isEmpty()
                || now.generation().equals(content.generation())
                || lock != null && SqliteNote.read(lock).generations().contains(now.generation());
        if (!ours || now.sequence() < content.sequence()) {
            overwrite("was overwritten by an older copy");
        }
        content = now;
        if (lock != null && lock.alone() && !now.generation().isEmpty()) {
            new SqliteStart(open, lock).reached(now.sequence());
        }
    }

    /** Tells whether to leave the connections open, because closing them would write the log into another database. */
    synchronized boolean overwritten() {
        return overwritten;
    }

    /** Notes that the writer's connection was closed, which may have removed the log. */
    synchronized void closed() {
        if (files != null && lost == null) {
            walKey = "";
            shmKey = "";
            walSize = 0;
            try {
                FileStamp now = FileStamp.of(files.database);
                if (known != null && now.key().equals(known.key())) {
                    known = now;
                    moved(files);
                }
            } catch (IOException | SQLException e) {
                LOG.debug("cannot look at {}", place, e);
            }
        }
    }

    /**
     * Ends the watch after every connection was closed, and frees the file. The last of its users notes how it was
     * left, whether or not it was alone when it began.
     */
    synchronized void end() {
        SqliteFiles open = files;
        ProcessLock mine = lock;
        if (open != null && mine != null && lost == null) {
            mine.close(() -> new SqliteStart(open, mine).end());
        }
    }

    /** Reads the database file, if it and its log are still the open files. */
    private FileStamp look(SqliteFiles open) throws SQLException {
        if (lost != null) {
            throw new SQLException(lost);
        }
        try {
            FileStamp now = FileStamp.of(open.database);
            if (now.missing()) {
                lose("was removed or renamed");
            }
            if (known != null && !now.key().equals(known.key())) {
                lose("was replaced by another file");
            }
            wal = FileStamp.of(open.wal);
            shm = FileStamp.of(open.shm);
            if (!walKey.isEmpty()) {
                if (!wal.key().equals(walKey)) {
                    lose("has lost its log: " + open.wal.getFileName() + " was removed or replaced");
                }
                if (!shm.key().equals(shmKey)) {
                    lose("has lost " + open.shm.getFileName() + ", which was removed or replaced");
                }
                if (wal.size() < walSize) {
                    // SQLite removes the log too, when all of it is in the database.
                    damaged(open, "has lost its log: " + open.wal.getFileName() + " was cut short");
                    walSize = wal.size();
                }
            }
            return now;
        } catch (IOException e) {
            throw new SQLException("cannot look at " + place, e);
        }
    }

    /** Examines the file. Another process may have moved the log into it, or a copy may have been restored over it. */
    private void lookInto(SqliteFiles open) throws SQLException {
        moved(open);
        if (known != null && known.size() <= CHECKED_BYTES) {
            damaged(open, "was overwritten");
        }
        LOG.debug("reason=store-written place={}: another process has written to it", place);
    }

    private void damaged(SqliteFiles open, String what) throws SQLException {
        String damage = open.damage();
        if (damage != null) {
            overwrite(what + ": " + damage);
        }
    }

    private void overwrite(String what) throws SQLException {
        overwritten = true;
        lose(what);
    }

    private void lose(String what) throws SQLException {
        lost = place + " " + what + " while it was in use; stop the receiver, put the right file there, see"
                + " \"Backup and restore\" in docs/operations.md, and start it again";
        LOG.error("reason=store-changed {}", lost);
        throw new SQLException(lost);
    }
}
