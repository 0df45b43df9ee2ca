// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.testkit.PostgresServer;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** No statement that runs for each event, or again and again, looks at all that is stored. */
class PlanTest {

    @TempDir
    Path directory;

    @Test
    void onSqliteEachStatementFindsItsRowsByAnIndex() throws SQLException {
        Path file = directory.resolve("inbox.db");
        Inbox.sqlite(file).close();
        SqlDialect dialect = SqlDialect.sqlite(file);
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file)) {
            for (String sql : statements(dialect)) {
                List<String> plan = rows(connection, "explain query plan " + inlined(sql), 4);
                assertThat(plan).as(sql).isNotEmpty().noneMatch(step -> step.startsWith("SCAN"));
                // All that is older is as much as all.
                assertThat(plan).as(sql).noneMatch(step -> step.contains("(rowid<?)"));
            }
        }
    }

    /** Tests the question for a close after each commit of another connection, such as a handler's transaction. */
    @Test
    void theQuestionForClosesThatWaitReadsNoOthers() throws SQLException {
        Path file = directory.resolve("inbox.db");
        Inbox.sqlite(file).close();
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file)) {
            assertThat(rows(connection, "explain query plan " + inlined(SessionLedger.WAITING), 4))
                    .singleElement()
                    .asString()
                    .contains("session_close_open");
        }
    }

    @Test
    void onPostgresqlEachStatementFindsItsRowsByAnIndex() throws SQLException {
        String url = PostgresServer.newSchema();
        Inbox.postgresql(url).close();
        SqlDialect dialect = SqlDialect.postgresql(url);
        try (Connection connection = DriverManager.getConnection(url);
                Statement statement = connection.createStatement()) {
            // Tables without rows are read whole if that is allowed.
            statement.execute("set enable_seqscan = off");
            for (String sql : statements(dialect)) {
                assertThat(rows(connection, "explain " + inlined(sql), 1))
                        .as(sql)
                        .isNotEmpty()
                        .noneMatch(step -> step.contains("Seq Scan"));
            }
        }
    }

    private static List<String> statements(SqlDialect dialect) {
        List<String> statements = new ArrayList<>();
        for (String comparison : List.of("<=", ">")) {
            for (boolean ordered : new boolean[] {false, true}) {
                statements.add(SqlLeases.lease(comparison, "", ordered, dialect));
            }
        }
        statements.add(SqlLeases.SETTLE);
        if (dialect.shared()) {
            statements.add(SqlLeases.SETTLE_DONE);
        }
        statements.add(SqlInbox.FORGET.formatted(500, dialect.skipLocked()));
        statements.add("select id, payload from inbox where idempotency_key = ?");
        statements.add("delete from inbox_history where inbox_id = ? and attempt = ? and outcome = 'died'");
        return statements;
    }

    /** Puts a 1 in place of all parameters, which is as good as another number or text, and an array of it. */
    private static String inlined(String sql) {
        return sql.replaceAll("\\?::(\\w+)\\[]", "'{1}'::$1[]").replace("?", "'1'");
    }

    private static List<String> rows(Connection connection, String sql, int column) throws SQLException {
        List<String> rows = new ArrayList<>();
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            while (row.next()) {
                rows.add(row.getString(column));
            }
        }
        return rows;
    }
}
