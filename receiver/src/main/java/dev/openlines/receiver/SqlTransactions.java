// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Set;
import java.util.concurrent.BlockingDeque;
import java.util.concurrent.LinkedBlockingDeque;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Handlers' transactions. Each has a connection for itself, separate from the writer's. Connections are kept for later
 * transactions, as many as were in use at a time, except those that had a failure.
 */
final class SqlTransactions implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(SqlTransactions.class);
    private static final Set<String> ENDS = Set.of("commit", "rollback", "close", "abort", "setAutoCommit", "unwrap");

    private final SqlDialect dialect;
    private final BlockingDeque<Connection> idle = new LinkedBlockingDeque<>();
    private volatile boolean closed;

    SqlTransactions(SqlDialect dialect) {
        this.dialect = dialect;
    }

    /** Work that decides whether it is committed. */
    interface Work {

        /** Returns whether to commit what was written. */
        boolean run(Connection connection) throws Exception;
    }

    /** Runs work and commits if it says so. Otherwise, and if it throws, changes nothing. */
    boolean run(Work work) throws Exception {
        if (closed) {
            throw new StoreException("the inbox is closed", null);
        }
        dialect.watch().check();
        Connection connection = idle.pollFirst();
        if (connection == null) {
            connection = open();
        }
        boolean done = false;
        try {
            connection.setAutoCommit(false);
            dialect.begin(connection);
            boolean commit = work.run(connection);
            if (!commit) {
                connection.rollback();
            }
            // Commits. SQLite's driver would begin the next transaction, with its lock, after a plain commit.
            connection.setAutoCommit(true);
            done = true;
            return commit;
        } finally {
            if (!done) {
                // Rolls back.
                discard(connection);
            } else if (closed) {
                discard(connection);
            } else {
                idle.addFirst(connection);
            }
        }
    }

    private Connection open() {
        try {
            return dialect.transactions().open();
        } catch (SQLException e) {
            throw StoreException.because("cannot write to " + dialect.place(), e);
        }
    }

    /** Returns the connection as a handler sees it: it cannot end the transaction. */
    static Connection guarded(Connection connection) {
        return (Connection) Proxy.newProxyInstance(
                SqlTransactions.class.getClassLoader(),
                new Class<?>[] {Connection.class},
                (proxy, method, arguments) -> {
                    boolean savepoint = arguments != null
                            && arguments.length > 0
                            && method.getName().equals("rollback");
                    if (ENDS.contains(method.getName()) && !savepoint) {
                        throw new SQLException("expected " + method.getName()
                                + " to be left to the inbox: the transaction ends with the handler");
                    }
                    try {
                        return method.invoke(connection, arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause() == null ? e : e.getCause();
                    }
                });
    }

    static void discard(Connection connection) {
        try {
            connection.rollback();
        } catch (SQLException e) {
            LOG.debug("rollback failed, the connection is dropped", e);
        }
        try {
            connection.close();
        } catch (SQLException e) {
            LOG.debug("closing a connection failed", e);
        }
    }

    @Override
    public void close() {
        closed = true;
        idle.forEach(SqlTransactions::discard);
        idle.clear();
    }
}
