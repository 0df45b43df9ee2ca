// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import dev.openlines.receiver.spi.OneLine;
import dev.openlines.receiver.spi.PostgresUrl;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Properties;
import java.util.Set;
import javax.sql.DataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The differences between the database engines.
 *
 * @param name names the schema files and stands in messages
 * @param place the database, for messages; without credentials
 * @param connections opens a connection with auto-commit off
 * @param transactions opens one for a handler's transaction, which may read before it writes
 * @param begin the statements that each transaction begins with, for connections that others configure, or empty
 * @param skipLocked the end of a select that lets two nodes take different rows
 * @param lockSchema the statement that keeps a second node out while the schema changes
 * @param watch notices that the files have changed
 */
record SqlDialect(
        String name,
        String place,
        Connections connections,
        Connections transactions,
        String begin,
        String skipLocked,
        String lockSchema,
        SqliteWatch watch) {

    /** The newest version of the schema: a schema file, or {@link StoredKey#migrate}. */
    static final int SCHEMA_VERSION = 7;

    /** Numbers that no version of the schema has. */
    static final Set<Integer> UNUSED_VERSIONS = Set.of(5);

    /** SQLite's result codes that concern one piece of work only: too big, constraint, mismatch. */
    private static final Set<Integer> SQLITE_ROW_ERRORS = Set.of(18, 19, 20);

    /** The result code for a read that is older than another process's write. */
    private static final int SQLITE_BUSY_SNAPSHOT = 5 | 2 << 8;

    private static final int SQLITE_BUSY = 5;

    /** The time that the writer waits for another process or for a handler's transaction, in milliseconds. */
    private static final int BUSY = 3000;

    /** The time that it waits after it has waited in vain, in milliseconds. */
    private static final int STILL_BUSY = 250;

    /**
     * The states that PostgreSQL reports when a connection ends: connection exceptions, an administrator's command, a
     * crash, a server that starts or stops.
     */
    private static final Set<String> LOST = Set.of("57P01", "57P02", "57P03", "57P05");

    /** More connections than pools have. */
    private static final int POOL_TRIES = 200;

    /** The longest search for a connection of a pool that works: the sender of an event waits meanwhile. */
    private static final long POOL_NANOS = 5_000_000_000L;

    /** The longest wait for the answer on one of them. */
    private static final int VALID_SECONDS = 2;

    /** Ends with the transaction, so that the pool gets the connection back as it was. */
    private static final String BEGIN = """
            set transaction isolation level read committed, read write;
            set local synchronous_commit = on;
            set local statement_timeout = '30s';
            set local lock_timeout = '30s';
            set local idle_in_transaction_session_timeout = 0""";

    private static final Logger LOG = LoggerFactory.getLogger(SqlDialect.class);

    /** Opens connections. */
    interface Connections {
        Connection open() throws SQLException;
    }

    /**
     * Returns SQLite in memory, which lasts as long as at least one connection to it is open.
     *
     * @param name its name: one name is one database
     */
    static SqlDialect memory(String name) {
        requireSqliteDriver();
        String url = "jdbc:sqlite:file:/" + name + "?vfs=memdb";
        return new SqlDialect(
                "sqlite",
                "memory",
                () -> configured(DriverManager.getConnection(url), 1000),
                () -> configured(DriverManager.getConnection(url + "&transaction_mode=IMMEDIATE"), 0),
                "",
                "",
                "select 1",
                SqliteWatch.none());
    }

    static SqlDialect sqlite(Path file) {
        requireSqliteDriver();
        Path absolute = file.toAbsolutePath();
        return new SqlDialect(
                "sqlite",
                absolute.toString(),
                () -> openSqlite(absolute, "", 1000),
                // Takes the write lock at the beginning, because after a read it may be too late. Only the writer moves
                // the log into the database file, so it can tell whether another process has written to that file.
                () -> openSqlite(absolute, "?transaction_mode=IMMEDIATE", 0),
                "",
                "",
                "select 1",
                SqliteWatch.of(absolute));
    }

    static SqlDialect postgresql(String url) {
        PostgresUrl.refusal(url).ifPresent(why -> {
            throw new StoreException(why, null);
        });
        return new SqlDialect(
                "postgresql",
                url.split("\\?", 2)[0],
                () -> openPostgresql(url),
                () -> openPostgresql(url),
                "",
                "for update skip locked",
                "select pg_advisory_xact_lock(7309104)",
                SqliteWatch.none());
    }

    static SqlDialect postgresql(DataSource database) {
        requirePostgresql(database);
        return new SqlDialect(
                "postgresql",
                "PostgreSQL",
                () -> lentThatWorks(database),
                () -> prepared(database.getConnection()),
                BEGIN,
                "for update skip locked",
                "select pg_advisory_xact_lock(7309104)",
                SqliteWatch.none());
    }

    /**
     * Borrows a connection that works. A pool may lend those that the database or what is in front of it has cut, one after
     * the other, until it has noticed. They go back ended, so that it makes others.
     */
    private static Connection lentThatWorks(DataSource database) throws SQLException {
        long begun = System.nanoTime();
        for (int tries = 1; ; tries++) {
            Connection connection = database.getConnection();
            if (connection.isValid(VALID_SECONDS)) {
                return prepared(connection);
            }
            try (connection) {
                connection.abort(Runnable::run);
            } catch (SQLException e) {
                LOG.debug("ending a connection that was cut failed", e);
            }
            if (tries == POOL_TRIES || System.nanoTime() - begun > POOL_NANOS) {
                throw new SQLException(
                        "the pool has lent " + tries + " connections, one after the other, and none of them works",
                        "08003");
            }
        }
    }

    private static Connection prepared(Connection connection) throws SQLException {
        try {
            connection.setAutoCommit(false);
        } catch (SQLException e) {
            connection.close();
            throw e;
        }
        return connection;
    }

    /**
     * Sets whether the next transaction of an SQLite connection waits for the disk when it commits. One that does not is
     * in the log's file, where it outlives the process; a later one that waits takes it to the disk.
     *
     * @throws SQLException if the store is away
     */
    void durable(Connection connection, boolean durable) throws SQLException {
        if (shared()) {
            return;
        }
        // This is impossible within a transaction, and the driver is always in one.
        connection.setAutoCommit(true);
        try (Statement statement = connection.createStatement()) {
            statement.execute("pragma synchronous = " + (durable ? "full" : "normal"));
        }
        connection.setAutoCommit(false);
    }

    /**
     * Begins a transaction on a connection with auto-commit off.
     *
     * @throws SQLException if the store is away
     */
    void begin(Connection connection) throws SQLException {
        if (!begin.isEmpty()) {
            try (Statement statement = connection.createStatement()) {
                statement.execute(begin);
            }
        }
    }

    /** Refuses another kind of database. That a database cannot be reached is found out by the first transaction. */
    private static void requirePostgresql(DataSource database) {
        try (Connection connection = database.getConnection()) {
            String product = connection.getMetaData().getDatabaseProductName();
            if (!"PostgreSQL".equals(product)) {
                throw new StoreException(
                        "expected a DataSource of PostgreSQL, found one of " + OneLine.of(String.valueOf(product), 60),
                        null);
            }
        } catch (SQLException e) {
            LOG.debug("cannot tell which database it is", e);
        }
    }

    private static void requireSqliteDriver() {
        try {
            DriverManager.getDriver("jdbc:sqlite:");
        } catch (SQLException e) {
            throw new StoreException("jdbc:sqlite: needs org.xerial:sqlite-jdbc on the class path", e);
        }
    }

    private static Connection openPostgresql(String url) throws SQLException {
        Properties defaults = new Properties();
        defaults.setProperty("connectTimeout", "5");
        defaults.setProperty("socketTimeout", "30");
        defaults.setProperty("tcpKeepAlive", "true");
        defaults.setProperty("ApplicationName", "openlines");
        Connection connection = DriverManager.getConnection(url, defaults);
        try (Statement statement = connection.createStatement()) {
            statement.execute("set synchronous_commit = on");
            connection.setAutoCommit(false);
        } catch (SQLException e) {
            connection.close();
            throw e;
        }
        return connection;
    }

    private static Connection openSqlite(Path file, String parameters, int checkpointPages) throws SQLException {
        try {
            createForOwnerOnly(file);
        } catch (IOException e) {
            throw new SQLException("cannot create " + file, e);
        }
        return configured(DriverManager.getConnection("jdbc:sqlite:" + file + parameters), checkpointPages);
    }

    private static Connection configured(Connection connection, int checkpointPages) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute("pragma busy_timeout = " + BUSY);
            statement.execute("pragma journal_mode = wal");
            statement.execute("pragma synchronous = full");
            statement.execute("pragma foreign_keys = on");
            statement.execute("pragma wal_autocheckpoint = " + checkpointPages);
            connection.setAutoCommit(false);
        } catch (SQLException e) {
            connection.close();
            throw e;
        }
        return connection;
    }

    static void createForOwnerOnly(Path file) throws IOException {
        try {
            if (FileSystems.getDefault().supportedFileAttributeViews().contains("posix")) {
                Files.createFile(
                        file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            } else {
                Files.createFile(file);
            }
        } catch (FileAlreadyExistsException e) {
            // An existing file keeps the mode that its owner gave it.
        }
    }

    /**
     * Tells whether an error is about one row and not about the store, so that the other rows of a commit deserve
     * another try.
     */
    boolean blamesRow(SQLException error) {
        String state = error.getSQLState();
        return name.equals("sqlite")
                ? error.getErrorCode() == SQLITE_BUSY_SNAPSHOT
                        || SQLITE_ROW_ERRORS.contains(error.getErrorCode() & 0xff)
                : state != null && (state.startsWith("22") || state.startsWith("23") || state.startsWith("40"));
    }

    /** Tells whether another connection held the lock of an SQLite file for too long. */
    boolean isLocked(SQLException error) {
        return name.equals("sqlite")
                && (error.getErrorCode() & 0xff) == SQLITE_BUSY
                && error.getErrorCode() != SQLITE_BUSY_SNAPSHOT;
    }

    /** Tells whether a connection is useless from now on, although the store may be available. */
    boolean lostConnection(Throwable error) {
        String state = shared() && error instanceof SQLException sql ? sql.getSQLState() : null;
        return state != null && (state.startsWith("08") || LOST.contains(state));
    }

    /** Makes a connection to an SQLite file wait for its lock as usual. */
    void patient(Connection connection) {
        wait(connection, BUSY);
    }

    /** Makes a connection to an SQLite file wait for its lock only shortly. */
    void impatient(Connection connection) {
        wait(connection, STILL_BUSY);
    }

    private static void wait(Connection connection, int millis) {
        try (Statement statement = connection.createStatement()) {
            statement.execute("pragma busy_timeout = " + millis);
        } catch (SQLException e) {
            // After that it waits as before.
            LOG.debug("cannot set how long to wait", e);
        }
    }

    /** Tells whether several nodes may write to the store. */
    boolean shared() {
        return name.equals("postgresql");
    }

    /** Returns the expression for the store's own time, in milliseconds since 1970. */
    String now() {
        return shared()
                ? "cast(extract(epoch from clock_timestamp()) * 1000 as bigint)"
                : "cast(unixepoch('subsec') * 1000 as integer)";
    }

    /** Returns the statements of one step of the schema. */
    String[] schema(int version) {
        String resource = name + '-' + version + ".sql";
        try (InputStream in = SqlDialect.class.getResourceAsStream(resource)) {
            if (in == null) {
                throw new IllegalStateException("expected the resource " + resource + " beside this class");
            }
            String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
            return text.replaceAll("(?m)^--.*\n", "").strip().split(";\\s*");
        } catch (IOException e) {
            throw new IllegalStateException("cannot read " + resource, e);
        }
    }
}
