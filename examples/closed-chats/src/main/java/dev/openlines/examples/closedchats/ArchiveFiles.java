// SPDX-License-Identifier: Apache-2.0
package dev.openlines.examples.closedchats;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The files that were sent with archived messages, by the number of the message. */
final class ArchiveFiles {

    private ArchiveFiles() {}

    static void add(Connection connection, long chat, List<Message> messages) throws SQLException {
        try (PreparedStatement insert =
                connection.prepareStatement("insert into closed_chat_file (chat, message, number, name, type, size,"
                        + " address) values (?, ?, ?, ?, ?, ?, ?)")) {
            boolean any = false;
            for (int i = 0; i < messages.size(); i++) {
                List<SentFile> files = messages.get(i).files();
                for (int j = 0; j < files.size(); j++) {
                    SentFile file = files.get(j);
                    insert.setLong(1, chat);
                    insert.setInt(2, i + 1);
                    insert.setInt(3, j + 1);
                    insert.setString(4, file.name());
                    insert.setString(5, file.type());
                    insert.setLong(6, file.size());
                    insert.setString(7, file.address());
                    insert.addBatch();
                    any = true;
                }
            }
            if (any) {
                insert.executeBatch();
            }
        }
    }

    static Map<Integer, List<SentFile>> of(Connection connection, long chat) throws SQLException {
        Map<Integer, List<SentFile>> files = new TreeMap<>();
        try (PreparedStatement select =
                connection.prepareStatement("select message, name, type, size, address from closed_chat_file"
                        + " where chat = ? order by message, number")) {
            select.setLong(1, chat);
            try (ResultSet row = select.executeQuery()) {
                while (row.next()) {
                    files.computeIfAbsent(row.getInt(1), first -> new ArrayList<>())
                            .add(new SentFile(row.getString(2), row.getString(3), row.getLong(4), row.getString(5)));
                }
            }
        }
        return files;
    }
}
