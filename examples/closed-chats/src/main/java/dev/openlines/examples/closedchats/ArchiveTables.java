// SPDX-License-Identifier: Apache-2.0
package dev.openlines.examples.closedchats;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import javax.sql.DataSource;

/** The archive's tables, on both databases. */
final class ArchiveTables {

    private static final String CHATS = """
            create table if not exists closed_chat (
              id %s,
              event_key text not null,
              member_id text not null,
              chat_id bigint not null,
              session_id bigint,
              line_id bigint,
              line text not null,
              connector text not null,
              customer text not null,
              operator text not null,
              opened_at bigint,
              closed_at bigint not null,
              messages integer not null,
              missing text,
              reconciled boolean not null default false,
              operators text not null default '',
              bots text not null default '',
              rating integer,
              crm text,
              crm_page text,
              unique (event_key, chat_id)%s)""";
    private static final List<String> COMMON = List.of(
            """
            create table if not exists closed_chat_message (
              chat bigint not null references closed_chat (id),
              number integer not null,
              author text not null,
              role text not null,
              sent_at bigint,
              body text not null,
              primary key (chat, number))""",
            """
            create table if not exists closed_chat_file (
              chat bigint not null references closed_chat (id),
              message integer not null,
              number integer not null,
              name text not null,
              type text not null,
              size bigint not null,
              address text,
              primary key (chat, message, number))""",
            "create index if not exists closed_chat_closed on closed_chat (closed_at, id)",
            "create index if not exists closed_chat_line on closed_chat (line, closed_at)",
            "create index if not exists closed_chat_connector on closed_chat (connector, closed_at)",
            "create index if not exists closed_chat_operator on closed_chat (operator, closed_at)");

    /** Columns that older versions did not have. */
    private static final Map<String, String> ADDED = Map.of(
            "reconciled", "boolean not null default false",
            "operators", "text not null default ''",
            "bots", "text not null default ''",
            "rating", "integer",
            "crm", "text",
            "crm_page", "text");

    private ArchiveTables() {}

    static void make(DataSource database, boolean sqlite) throws SQLException {
        List<String> statements = new ArrayList<>();
        if (sqlite) {
            statements.add(CHATS.formatted("integer primary key", ""));
            statements.add("create virtual table if not exists closed_chat_text using fts5 (words, content = '', "
                    + "contentless_delete = 1, tokenize = 'unicode61 remove_diacritics 2', prefix = '2 3')");
        } else {
            // Two nodes that start at once make the tables once.
            statements.add("select pg_advisory_xact_lock(7309105)");
            statements.add(CHATS.formatted("bigserial primary key", ", words tsvector not null"));
            statements.add("create index if not exists closed_chat_words on closed_chat using gin (words)");
        }
        statements.addAll(COMMON);
        try (Connection connection = database.getConnection()) {
            connection.setAutoCommit(false);
            try (Statement statement = connection.createStatement()) {
                for (String sql : statements) {
                    statement.execute(sql);
                }
                for (Map.Entry<String, String> column : ADDED.entrySet()) {
                    addColumn(connection, statement, column.getKey(), column.getValue());
                }
            }
            connection.commit();
        }
    }

    /** Adds a column to a table of an older version. */
    private static void addColumn(Connection connection, Statement statement, String name, String type)
            throws SQLException {
        try (ResultSet column =
                connection.getMetaData().getColumns(null, connection.getSchema(), "closed_chat", name)) {
            if (!column.next()) {
                statement.execute("alter table closed_chat add column " + name + " " + type);
            }
        }
    }
}
