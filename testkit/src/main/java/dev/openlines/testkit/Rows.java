// SPDX-License-Identifier: Apache-2.0
package dev.openlines.testkit;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/** Reads the rows of an inbox file directly, without the library. */
public final class Rows {

    private Rows() {}

    public static List<String> of(Path inbox, String sql) {
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + inbox);
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            List<String> rows = new ArrayList<>();
            int columns = row.getMetaData().getColumnCount();
            while (row.next()) {
                List<String> values = new ArrayList<>();
                for (int i = 1; i <= columns; i++) {
                    values.add(row.getString(i));
                }
                rows.add(String.join(" ", values));
            }
            return rows;
        } catch (SQLException e) {
            throw new AssertionError(e);
        }
    }

    /** Copies a database by SQLite's own backup, also while it is in use. */
    public static void backup(Path file, Path copy) throws SQLException {
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
                Statement statement = connection.createStatement()) {
            statement.execute("backup to '" + copy + "'");
        }
    }
}
