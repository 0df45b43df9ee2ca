// SPDX-License-Identifier: Apache-2.0
package dev.openlines.client;

import dev.openlines.model.Scope;
import dev.openlines.model.Secret;
import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
import jakarta.json.JsonString;
import java.io.ByteArrayInputStream;
import java.net.URI;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import javax.sql.DataSource;

/**
 * Grants in a table, one row for each portal. Everything except the portal's id, the version and the lease is sealed.
 * Every write is one statement that commits by itself; the version in its condition makes it safe against other
 * processes.
 *
 * <p>Sealed is the JSON object of the grant's fields, format 1: {@code rest}, {@code oauth}, {@code
 * access}, {@code refresh}, {@code expires} (Unix milliseconds), {@code scope} (list), {@code refused}.
 */
final class SqlTokenStore implements TokenStore {

    @FunctionalInterface
    private interface Work<T> {
        T on(PreparedStatement statement) throws SQLException;
    }

    private static final String SQLITE_NOW = "CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)";
    private static final String POSTGRES_NOW = "CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT)";

    private final SqlKept.Connections connections;
    private final TokenSeal seal;
    private final String now;

    private SqlTokenStore(SqlKept.Connections connections, TokenSeal seal, String now, String blob) {
        this.connections = connections;
        this.seal = seal;
        this.now = now;
        try (Connection connection = connections.open();
                Statement statement = committing(connection).createStatement()) {
            statement.execute("CREATE TABLE IF NOT EXISTS openlines_grant (member_id TEXT PRIMARY KEY,"
                    + " version BIGINT NOT NULL, sealed " + blob + " NOT NULL, lease_owner TEXT,"
                    + " lease_until BIGINT NOT NULL DEFAULT 0)");
            statement.execute(SqlKept.table(blob));
            connections.begin(connection);
        } catch (SQLException e) {
            throw new ClientStoreException("cannot open the token store", e);
        }
    }

    /**
     * Opens a new connection each time. Grants are read about once an hour, and a shared connection would need a lock
     * and a time to close it.
     */
    static SqlTokenStore sqlite(Path file, TokenSeal seal) {
        return new SqlTokenStore(new TokenFile(file), seal, SQLITE_NOW, "BLOB");
    }

    static SqlTokenStore postgresql(DataSource database, TokenSeal seal) {
        return new SqlTokenStore(database::getConnection, seal, POSTGRES_NOW, "BYTEA");
    }

    @Override
    public Optional<Grant> find(String memberId) {
        return run("find", "SELECT version, sealed FROM openlines_grant WHERE member_id = ?", statement -> {
            statement.setString(1, memberId);
            try (ResultSet row = statement.executeQuery()) {
                return row.next() ? Optional.of(opened(memberId, row.getLong(1), row.getBytes(2))) : Optional.empty();
            }
        });
    }

    @Override
    public Set<String> portals() {
        return run("list portals", "SELECT member_id FROM openlines_grant", statement -> {
            Set<String> portals = new HashSet<>();
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    portals.add(row.getString(1));
                }
            }
            return portals;
        });
    }

    @Override
    public Grant save(Grant grant) {
        String upsert = "INSERT INTO openlines_grant (member_id, version, sealed) VALUES (?, 0, ?)"
                + " ON CONFLICT (member_id) DO UPDATE SET version = openlines_grant.version + 1,"
                + " sealed = excluded.sealed RETURNING version";
        return run("save", upsert, statement -> {
            statement.setString(1, grant.memberId());
            statement.setBytes(2, sealed(grant));
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                Grant saved = grant.withVersion(row.getLong(1));
                // Runs to the end of the statement, which commits there.
                row.next();
                return saved;
            }
        });
    }

    @Override
    public boolean replace(Grant read, Grant next) {
        String update = "UPDATE openlines_grant SET version = ?, sealed = ? WHERE member_id = ? AND version = ?";
        return run("replace", update, statement -> {
            statement.setLong(1, next.version());
            statement.setBytes(2, sealed(next));
            statement.setString(3, read.memberId());
            statement.setLong(4, read.version());
            return statement.executeUpdate() == 1;
        });
    }

    @Override
    public boolean forget(String memberId) {
        return run("forget", "DELETE FROM openlines_grant WHERE member_id = ?", statement -> {
            statement.setString(1, memberId);
            return statement.executeUpdate() == 1;
        });
    }

    @Override
    public boolean lease(String memberId, String owner, Duration time) {
        String update = "UPDATE openlines_grant SET lease_owner = ?, lease_until = " + now + " + ?"
                + " WHERE member_id = ? AND (lease_owner IS NULL OR lease_owner = ? OR lease_until <= " + now + ")";
        return run("lease", update, statement -> {
            statement.setString(1, owner);
            statement.setLong(2, time.toMillis());
            statement.setString(3, memberId);
            statement.setString(4, owner);
            return statement.executeUpdate() == 1;
        });
    }

    @Override
    public void release(String memberId, String owner) {
        String update = "UPDATE openlines_grant SET lease_owner = NULL, lease_until = 0"
                + " WHERE member_id = ? AND lease_owner = ?";
        run("release", update, statement -> {
            statement.setString(1, memberId);
            statement.setString(2, owner);
            return statement.executeUpdate();
        });
    }

    @Override
    public Map<String, byte[]> kept() {
        return new SqlKept(connections, seal);
    }

    /**
     * Sets the connection to commit each statement. A pool may be configured for transactions, but every statement here
     * commits by itself.
     */
    static Connection committing(Connection connection) throws SQLException {
        if (!connection.getAutoCommit()) {
            connection.setAutoCommit(true);
        }
        return connection;
    }

    private <T> T run(String what, String sql, Work<T> work) {
        try (Connection connection = connections.open();
                PreparedStatement statement = committing(connection).prepareStatement(sql)) {
            T result = work.on(statement);
            connections.check(connection);
            return result;
        } catch (SQLException e) {
            throw new ClientStoreException("cannot " + what + " in the token store", e);
        }
    }

    private byte[] sealed(Grant grant) {
        JsonObjectBuilder fields = Wire.JSON
                .createObjectBuilder()
                .add("format", 1)
                .add("rest", grant.restEndpoint().toString())
                .add("oauth", grant.oauthEndpoint().toString())
                .add("access", grant.accessToken().reveal())
                .add("refresh", grant.refreshToken().reveal())
                .add("expires", grant.expires().toEpochMilli())
                .add(
                        "scope",
                        Wire.JSON.createArrayBuilder(
                                grant.scope().stream().map(Scope::code).toList()))
                .add("refused", grant.needsReinstall());
        return seal.seal(TokenSeal.GRANT, grant.memberId(), Wire.json(fields.build()));
    }

    private Grant opened(String memberId, long version, byte[] sealed) {
        JsonObject fields;
        try (var reader =
                Wire.JSON.createReader(new ByteArrayInputStream(seal.open(TokenSeal.GRANT, memberId, sealed)))) {
            fields = reader.readObject();
        }
        if (fields.getInt("format", 0) != 1) {
            throw new ClientStoreException(
                    "expected a grant of format 1 but found one of format " + fields.getInt("format", 0), null);
        }
        return new Grant(
                memberId,
                URI.create(fields.getString("rest")),
                URI.create(fields.getString("oauth")),
                Secret.of(fields.getString("access")),
                Secret.of(fields.getString("refresh")),
                Instant.ofEpochMilli(fields.getJsonNumber("expires").longValueExact()),
                fields.getJsonArray("scope").getValuesAs(JsonString.class).stream()
                        .map(scope -> new Scope(scope.getString()))
                        .toList(),
                fields.getBoolean("refused"),
                version);
    }
}
