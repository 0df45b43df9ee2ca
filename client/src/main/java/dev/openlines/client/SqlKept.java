// SPDX-License-Identifier: Apache-2.0
package dev.openlines.client;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.AbstractMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Sealed records in the table {@code openlines_kept}, one row for each key. The seal of a record covers its key, so
 * that one row cannot replace another. {@link #entrySet} reads all rows. It leaves out a row that cannot be opened,
 * such as after a change of the keyset.
 */
final class SqlKept extends AbstractMap<String, byte[]> {

    /** Gives a connection. Closing it may only return it to a pool. */
    @FunctionalInterface
    interface Connections {
        Connection open() throws SQLException;

        /** Prepares the check of {@link #check}, once the tables exist. */
        default void begin(Connection connection) throws SQLException {}

        /** Fails if the data that a connection wrote may be gone. */
        default void check(Connection connection) throws SQLException {}
    }

    private final Connections connections;
    private final TokenSeal seal;

    SqlKept(Connections connections, TokenSeal seal) {
        this.connections = connections;
        this.seal = seal;
    }

    static String table(String blob) {
        return "CREATE TABLE IF NOT EXISTS openlines_kept (id TEXT PRIMARY KEY, sealed " + blob + " NOT NULL)";
    }

    /** Stores a record durably. Returns null, because an earlier record is not read. */
    @Override
    public byte @Nullable [] put(String id, byte[] open) {
        String upsert = "INSERT INTO openlines_kept (id, sealed) VALUES (?, ?)"
                + " ON CONFLICT (id) DO UPDATE SET sealed = excluded.sealed";
        try (Connection connection = SqlTokenStore.committing(connections.open());
                PreparedStatement statement = connection.prepareStatement(upsert)) {
            statement.setString(1, id);
            statement.setBytes(2, seal.seal(TokenSeal.KEPT, id, open));
            statement.executeUpdate();
            connections.check(connection);
            return null;
        } catch (SQLException e) {
            throw new ClientStoreException("cannot keep in the token store", e);
        }
    }

    /** Removes a record durably. Returns null, because an earlier record is not read. */
    @Override
    public byte @Nullable [] remove(Object id) {
        try (Connection connection = SqlTokenStore.committing(connections.open());
                PreparedStatement statement = connection.prepareStatement("DELETE FROM openlines_kept WHERE id = ?")) {
            statement.setString(1, (String) id);
            statement.executeUpdate();
            connections.check(connection);
            return null;
        } catch (SQLException e) {
            throw new ClientStoreException("cannot remove from the token store", e);
        }
    }

    @Override
    public Set<Entry<String, byte[]>> entrySet() {
        Map<String, byte[]> all = new LinkedHashMap<>();
        try (Connection connection = SqlTokenStore.committing(connections.open());
                PreparedStatement statement =
                        connection.prepareStatement("SELECT id, sealed FROM openlines_kept ORDER BY id");
                ResultSet row = statement.executeQuery()) {
            while (row.next()) {
                byte[] open = openedOrNull(row.getString(1), row.getBytes(2));
                if (open != null) {
                    all.put(row.getString(1), open);
                }
            }
        } catch (SQLException e) {
            throw new ClientStoreException("cannot read what the token store keeps", e);
        }
        return all.entrySet();
    }

    private byte @Nullable [] openedOrNull(String id, byte[] sealed) {
        try {
            return seal.open(TokenSeal.KEPT, id, sealed);
        } catch (ClientStoreException e) {
            return null;
        }
    }
}
