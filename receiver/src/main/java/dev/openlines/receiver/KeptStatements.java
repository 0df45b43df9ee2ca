// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The prepared statements of one connection, for the thread that commits. To prepare one costs as much as to settle an
 * event.
 */
final class KeptStatements {

    private static final Logger LOG = LoggerFactory.getLogger(Dispatcher.class);

    /** Requests for leases differ by how many portals they leave out. */
    private static final int MOST = 32;

    private final Map<String, PreparedStatement> statements = new HashMap<>();
    private @Nullable Connection of;

    /** Returns the statement, prepared if need be. Those of another connection are closed. */
    PreparedStatement get(Connection connection, String sql) throws SQLException {
        if (of != connection || statements.size() > MOST) {
            forget();
            of = connection;
        }
        PreparedStatement statement = statements.get(sql);
        if (statement == null) {
            statement = connection.prepareStatement(sql);
            statements.put(sql, statement);
        }
        return statement;
    }

    /** Closes all statements, after one of them failed. */
    void forget() {
        for (PreparedStatement statement : statements.values()) {
            try {
                statement.close();
            } catch (SQLException e) {
                LOG.debug("closing a statement failed", e);
            }
        }
        statements.clear();
        of = null;
    }
}
