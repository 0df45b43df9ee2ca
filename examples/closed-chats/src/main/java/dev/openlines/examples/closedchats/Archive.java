// SPDX-License-Identifier: Apache-2.0
package dev.openlines.examples.closedchats;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.pool.HikariPool.PoolInitializationException;
import dev.openlines.server.ConfigurationException;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Closed chats in the inbox's own database, so that a chat is archived and its event done in one commit. On
 * SQLite the full-text search is FTS5, on PostgreSQL a {@code tsvector}; neither stems, since chats are in many
 * languages, but both find words by their beginnings.
 */
final class Archive implements AutoCloseable {

    private static final int READERS = 4;
    private static final int ROWS_AT_ONCE = 500;
    /** Characters of a transcript that can be searched: PostgreSQL refuses more than a megabyte of words. */
    private static final int INDEXED = 200_000;

    private final HikariDataSource database;
    private final boolean sqlite;

    private Archive(HikariDataSource database, boolean sqlite) {
        this.database = database;
        this.sqlite = sqlite;
    }

    /**
     * Opens the archive, with its tables.
     *
     * @param inbox the value of OPENLINES_INBOX: an SQLite file or a PostgreSQL URL
     * @throws ConfigurationException if it cannot be opened
     */
    static Archive open(String inbox) {
        boolean sqlite = !inbox.startsWith("jdbc:");
        if (inbox.startsWith("kafka:") || !sqlite && !inbox.startsWith("jdbc:postgresql:")) {
            // The rest may hold a password.
            throw ConfigurationException.wrong(
                    "OPENLINES_INBOX",
                    "a file or a jdbc:postgresql: URL, since the archive is in the inbox's database",
                    inbox.replaceFirst("(?s)^(kafka:|jdbc:[^:]*:?).*", "$1"));
        }
        HikariConfig pool = new HikariConfig();
        pool.setPoolName("archive");
        pool.setMaximumPoolSize(READERS);
        pool.setMinimumIdle(0);
        pool.setConnectionTimeout(5_000);
        if (sqlite) {
            ownerOnly(Path.of(inbox));
            pool.setJdbcUrl("jdbc:sqlite:" + inbox);
            pool.addDataSourceProperty("busy_timeout", "5000");
            pool.addDataSourceProperty("journal_mode", "WAL");
            pool.addDataSourceProperty("foreign_keys", "true");
        } else {
            pool.setJdbcUrl(inbox);
            pool.addDataSourceProperty("connectTimeout", "5");
            pool.addDataSourceProperty("ApplicationName", "closed-chats");
        }
        HikariDataSource database = null;
        try {
            database = new HikariDataSource(pool);
            Archive archive = new Archive(database, sqlite);
            ArchiveTables.make(database, sqlite);
            return archive;
        } catch (PoolInitializationException | SQLException e) {
            if (database != null) {
                database.close();
            }
            Throwable cause = e instanceof SQLException || e.getCause() == null ? e : e.getCause();
            throw ConfigurationException.because("OPENLINES_INBOX: cannot use the database " + place(inbox), cause);
        } catch (RuntimeException e) {
            if (sqlite || database != null) {
                throw e;
            }
            // The pool quotes an address that the driver does not read, and a password with it.
            throw new ConfigurationException(
                    "OPENLINES_INBOX: the driver does not read this jdbc:postgresql: URL", null);
        }
    }

    /** Returns an address without the part that may hold a password. */
    private static String place(String inbox) {
        return inbox.startsWith("jdbc:") ? inbox.split("\\?", 2)[0].replaceFirst("//.*@", "//") : inbox;
    }

    private static void ownerOnly(Path file) {
        try {
            if (file.getFileSystem().supportedFileAttributeViews().contains("posix")) {
                Files.createFile(
                        file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            }
        } catch (FileAlreadyExistsException e) {
            // An existing file keeps the mode that its owner gave it.
        } catch (IOException e) {
            throw ConfigurationException.because("OPENLINES_INBOX: cannot make the file " + file, e);
        }
    }

    /**
     * Adds a chat once. Nothing changes if its event is archived already.
     *
     * @param connection in a transaction that the caller commits
     */
    void add(Connection connection, Chat chat, List<Message> messages) throws SQLException {
        String words = words(chat, messages);
        String columns = "event_key, member_id, chat_id, session_id, line_id, line, connector, customer, operator, "
                + "opened_at, closed_at, messages, missing, reconciled, operators, bots, rating, crm, crm_page";
        String sql = "insert into closed_chat (" + columns + (sqlite ? "" : ", words")
                + ") values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?"
                + (sqlite ? "" : ", to_tsvector('simple', ?)")
                + ") on conflict do nothing returning id";
        long id;
        try (PreparedStatement insert = connection.prepareStatement(sql)) {
            Object[] values = {
                chat.eventKey(),
                chat.memberId(),
                chat.chatId(),
                chat.sessionId(),
                chat.lineId(),
                chat.line(),
                chat.connector(),
                chat.customer(),
                chat.operator(),
                millis(chat.openedAt()),
                millis(chat.closedAt()),
                messages.size(),
                chat.missing(),
                chat.reconciled(),
                chat.about().operators(),
                chat.about().bots(),
                chat.about().rating(),
                chat.about().crm(),
                chat.about().crmPage()
            };
            for (int i = 0; i < values.length; i++) {
                insert.setObject(i + 1, values[i]);
            }
            if (!sqlite) {
                insert.setString(values.length + 1, words);
            }
            try (ResultSet row = insert.executeQuery()) {
                if (!row.next()) {
                    return;
                }
                id = row.getLong(1);
            }
        }
        if (sqlite) {
            try (PreparedStatement insert =
                    connection.prepareStatement("insert into closed_chat_text (rowid, words) values (?, ?)")) {
                insert.setLong(1, id);
                insert.setString(2, words);
                insert.executeUpdate();
            }
        }
        try (PreparedStatement insert = connection.prepareStatement(
                "insert into closed_chat_message (chat, number, author, role, sent_at, body) values (?, ?, ?, ?, ?, ?)")) {
            for (int i = 0; i < messages.size(); i++) {
                Message message = messages.get(i);
                insert.setLong(1, id);
                insert.setInt(2, i + 1);
                insert.setString(3, message.author());
                insert.setString(4, message.role());
                insert.setObject(5, millis(message.sentAt()));
                insert.setString(6, message.text());
                insert.addBatch();
            }
            insert.executeBatch();
        }
        ArchiveFiles.add(connection, id, messages);
    }

    /** Returns the words of a chat. PostgreSQL treats an address as one word, so addresses are split into words. */
    private static String words(Chat chat, List<Message> messages) {
        String text = messages.stream().map(Message::text).collect(Collectors.joining(" ", chat.customer() + " ", ""));
        String words = Filter.BETWEEN_WORDS.matcher(text).replaceAll(" ");
        return words.substring(0, Math.min(words.length(), INDEXED));
    }

    /** Returns the chats closed last, the newest first; if a chat is given, those closed before it. */
    List<Chat> page(Filter filter, @Nullable Chat before, int max) throws SQLException {
        Query query = matching(filter);
        if (before != null) {
            query.and("(c.closed_at, c.id) < (?, ?)", before.closedAt().toEpochMilli(), before.id());
        }
        return chats(query, "order by c.closed_at desc, c.id desc limit " + max);
    }

    /** Returns chats archived after one, in the order of arrival. */
    List<Chat> after(Filter filter, long id, int max) throws SQLException {
        return chats(matching(filter).and("c.id > ?", id), "order by c.id limit " + max);
    }

    /** Returns the id of the chat archived last, or 0 if there is none. */
    long newest() throws SQLException {
        return number(new Query("select coalesce(max(c.id), 0) from closed_chat c where 1 = 1"));
    }

    Optional<Chat> chat(long id) throws SQLException {
        return chats(matching(Filter.ALL).and("c.id = ?", id), "").stream().findFirst();
    }

    List<Message> messages(long chat) throws SQLException {
        try (Connection connection = database.getConnection();
                PreparedStatement select = connection.prepareStatement(
                        "select author, role, sent_at, body, number from closed_chat_message where chat = ? order by number")) {
            select.setLong(1, chat);
            Map<Integer, List<SentFile>> files = ArchiveFiles.of(connection, chat);
            List<Message> messages = new ArrayList<>();
            try (ResultSet row = select.executeQuery()) {
                while (row.next()) {
                    messages.add(new Message(
                            row.getString(1),
                            row.getString(2),
                            instant(row, 3),
                            row.getString(4),
                            files.getOrDefault(row.getInt(5), List.of())));
                }
            }
            return messages;
        }
    }

    /** Gives every chat of a filter with its messages to a consumer, the oldest first, a few hundred at a time. */
    void each(Filter filter, Each each) throws SQLException, IOException {
        long last = 0;
        List<Chat> some = after(filter, last, ROWS_AT_ONCE);
        while (!some.isEmpty()) {
            for (Chat chat : some) {
                each.chat(chat, messages(chat.id()));
                last = chat.id();
            }
            some = after(filter, last, ROWS_AT_ONCE);
        }
    }

    /** Takes one chat after another. */
    interface Each {
        void chat(Chat chat, List<Message> messages) throws IOException;
    }

    /** Returns the existing values of {@code line}, {@code connector} or {@code operator}. */
    List<String> choices(String column) throws SQLException {
        // This takes one step through the index for each value. "distinct" would read every row.
        String sql = """
                with recursive value (v) as (
                  select min(%1$s) from closed_chat where %1$s > ''
                  union all
                  select (select min(%1$s) from closed_chat where %1$s > v) from value where v is not null)
                select v from value where v is not null limit 200""".formatted(column);
        try (Connection connection = database.getConnection();
                PreparedStatement select = connection.prepareStatement(sql);
                ResultSet row = select.executeQuery()) {
            List<String> values = new ArrayList<>();
            while (row.next()) {
                values.add(row.getString(1));
            }
            return values;
        }
    }

    /** Counts the chats closed since a time by the hour, in milliseconds of the epoch. */
    Map<Long, Long> closedByHour(Filter filter, Instant since) throws SQLException {
        return counts(filter, since, "c.closed_at / 3600000 * 3600000", "");
    }

    /** Counts the chats closed since a time by how many whole minutes they took. */
    Map<Long, Long> closedByMinutes(Filter filter, Instant since) throws SQLException {
        return counts(filter, since, "(c.closed_at - c.opened_at) / 60000", " and c.opened_at <= c.closed_at");
    }

    private Map<Long, Long> counts(Filter filter, Instant since, String key, String where) throws SQLException {
        Query query = filtered(new Query("select " + key + ", count(*) from closed_chat c where 1 = 1"), filter)
                .and("c.closed_at >= ?" + where, since.toEpochMilli());
        Map<Long, Long> counts = new TreeMap<>();
        try (Connection connection = database.getConnection();
                PreparedStatement select = query.on(connection, " group by 1");
                ResultSet row = select.executeQuery()) {
            while (row.next()) {
                counts.put(row.getLong(1), row.getLong(2));
            }
        }
        return counts;
    }

    private Query matching(Filter filter) {
        return filtered(
                new Query("select c.id, c.event_key, c.member_id, c.chat_id, c.session_id, c.line_id, c.line,"
                        + " c.connector, c.customer, c.operator, c.opened_at, c.closed_at, c.messages, c.missing, c.reconciled,"
                        + " c.operators, c.bots, c.rating, c.crm, c.crm_page"
                        + " from closed_chat c where 1 = 1"),
                filter);
    }

    private Query filtered(Query query, Filter filter) {
        List<String> words = filter.searchWords();
        if (!words.isEmpty()) {
            String match = words.stream()
                    .map(word -> sqlite ? '"' + word + "\"*" : "'" + word + "':*")
                    .collect(Collectors.joining(sqlite ? " " : " & "));
            query.and(
                    sqlite
                            ? "c.id in (select rowid from closed_chat_text where closed_chat_text match ?)"
                            : "c.words @@ to_tsquery('simple', ?)",
                    match);
        } else if (!filter.words().isBlank()) {
            query.and("1 = 0");
        }
        equal(query, "c.line", filter.line());
        equal(query, "c.connector", filter.connector());
        equal(query, "c.operator", filter.operator());
        return query;
    }

    private static void equal(Query query, String column, String value) {
        if (!value.isEmpty()) {
            query.and(column + " = ?", value);
        }
    }

    private List<Chat> chats(Query query, String end) throws SQLException {
        try (Connection connection = database.getConnection();
                PreparedStatement select = query.on(connection, " " + end);
                ResultSet row = select.executeQuery()) {
            List<Chat> chats = new ArrayList<>();
            while (row.next()) {
                chats.add(new Chat(
                        row.getLong(1),
                        row.getString(2),
                        row.getString(3),
                        row.getLong(4),
                        nullable(row, 5),
                        nullable(row, 6),
                        row.getString(7),
                        row.getString(8),
                        row.getString(9),
                        row.getString(10),
                        instant(row, 11),
                        Instant.ofEpochMilli(row.getLong(12)),
                        row.getInt(13),
                        row.getString(14),
                        row.getBoolean(15),
                        about(row)));
            }
            return chats;
        }
    }

    private static About about(ResultSet row) throws SQLException {
        Long rating = nullable(row, 18);
        return new About(
                row.getString(16),
                row.getString(17),
                rating == null ? null : rating.intValue(),
                row.getString(19),
                row.getString(20));
    }

    private long number(Query query) throws SQLException {
        try (Connection connection = database.getConnection();
                PreparedStatement select = query.on(connection, "");
                ResultSet row = select.executeQuery()) {
            row.next();
            return row.getLong(1);
        }
    }

    private static @Nullable Long nullable(ResultSet row, int column) throws SQLException {
        long value = row.getLong(column);
        return row.wasNull() ? null : value;
    }

    private static @Nullable Instant instant(ResultSet row, int column) throws SQLException {
        Long value = nullable(row, column);
        return value == null ? null : Instant.ofEpochMilli(value);
    }

    private static @Nullable Long millis(@Nullable Instant time) {
        return time == null ? null : time.toEpochMilli();
    }

    @Override
    public void close() {
        database.close();
    }

    /** A statement that grows, with its values. */
    private static final class Query {

        private final StringBuilder sql;
        private final List<Object> values = new ArrayList<>();

        Query(String sql) {
            this.sql = new StringBuilder(sql);
        }

        Query and(String condition, Object... more) {
            sql.append(" and ").append(condition);
            values.addAll(List.of(more));
            return this;
        }

        PreparedStatement on(Connection connection, String end) throws SQLException {
            PreparedStatement statement = connection.prepareStatement(sql + end);
            try {
                for (int i = 0; i < values.size(); i++) {
                    statement.setObject(i + 1, values.get(i));
                }
                return statement;
            } catch (SQLException e) {
                statement.close();
                throw e;
            }
        }
    }
}
