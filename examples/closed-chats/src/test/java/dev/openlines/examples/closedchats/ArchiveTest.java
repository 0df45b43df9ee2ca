// SPDX-License-Identifier: Apache-2.0
package dev.openlines.examples.closedchats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import dev.openlines.server.ConfigurationException;
import dev.openlines.testkit.PostgresServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ArchiveTest {

    private static final Instant NOON = Instant.parse("2026-11-28T12:00:00Z");

    enum Database {
        SQLITE,
        POSTGRESQL
    }

    @TempDir
    Path folder;

    private String url = "";
    private @Nullable Archive archive;

    private Archive open(Database database) throws SQLException {
        if (database == Database.SQLITE) {
            String file = folder.resolve("chats.db").toString();
            url = "jdbc:sqlite:" + file;
            archive = Archive.open(file);
        } else {
            url = PostgresServer.newSchema();
            archive = Archive.open(url);
        }
        return archive;
    }

    @AfterEach
    void close() {
        if (archive != null) {
            archive.close();
        }
    }

    private void execute(String sql) throws SQLException {
        try (Connection connection = DriverManager.getConnection(url);
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private void add(Chat chat, String... texts) throws SQLException {
        List<Message> messages = new ArrayList<>();
        for (String text : texts) {
            messages.add(new Message(
                    "Anna",
                    "customer",
                    chat.openedAt(),
                    text,
                    text.equals("Hello")
                            ? List.of(
                                    new SentFile("a.png", "image", 3, null),
                                    new SentFile("b.pdf", "file", 2048, "https://shop.example/b"))
                            : List.of()));
        }
        try (Connection connection = DriverManager.getConnection(url)) {
            connection.setAutoCommit(false);
            archive.add(connection, chat, messages);
            connection.commit();
        }
    }

    private static Chat chat(String event, long chatId, String line, String operator, Instant closedAt) {
        return new Chat(
                0,
                event,
                "portal",
                chatId,
                7L,
                1L,
                line,
                "livechat",
                "Zoë Čapek",
                operator,
                closedAt.minusSeconds(90),
                closedAt,
                0,
                null,
                chatId % 2 == 0,
                new About("Ivan, Olga", "Robo", 4, "Big order (deal 7)", "https://shop.example/crm/deal/details/7/"));
    }

    private List<Long> found(String words) throws SQLException {
        return archive.page(new Filter(words, "", "", ""), null, 50).stream()
                .map(Chat::chatId)
                .toList();
    }

    @ParameterizedTest
    @EnumSource
    void aChatOfAnEventIsArchivedOnceAndReadAsItWas(Database database) throws SQLException {
        open(database);
        Chat chat = chat("key", 17, "Support", "Ivan", NOON);
        add(chat, "Hello", "line\nbreak 'quoted'");
        add(chat, "Hello", "again");
        add(chat("key", 18, "Support", "Ivan", NOON), "other chat of the event");

        List<Chat> page = archive.page(Filter.ALL, null, 50);

        assertThat(page).extracting(Chat::chatId).containsExactly(18L, 17L);
        assertThat(page.get(1))
                .usingRecursiveComparison()
                .ignoringFields("id", "messages")
                .isEqualTo(chat);
        assertThat(page.get(1).messages()).isEqualTo(2);
        assertThat(archive.messages(page.get(1).id()))
                .extracting(Message::text)
                .containsExactly("Hello", "line\nbreak 'quoted'");
        assertThat(archive.messages(page.get(1).id()))
                .extracting(Message::files)
                .containsExactly(
                        List.of(
                                new SentFile("a.png", "image", 3, null),
                                new SentFile("b.pdf", "file", 2048, "https://shop.example/b")),
                        List.of());
        assertThat(archive.newest()).isEqualTo(page.get(0).id());
    }

    /** Opens an archive from before closes were compared: it has no column that says how a close was found. */
    @ParameterizedTest
    @EnumSource
    void anArchiveOfAnOlderVersionIsOpenedAndKeepsItsChats(Database database) throws SQLException {
        open(database);
        execute("alter table closed_chat drop column reconciled");
        boolean words = database == Database.POSTGRESQL;
        execute(
                "insert into closed_chat (event_key, member_id, chat_id, line, connector, customer, operator, closed_at,"
                        + " messages" + (words ? ", words" : "") + ") values ('old', 'portal', 1, '', '', '', '', "
                        + NOON.toEpochMilli() + ", 0" + (words ? ", ''" : "") + ")");

        for (int opens = 0; opens < 2; opens++) {
            archive.close();
            archive = Archive.open(database == Database.SQLITE ? url.substring("jdbc:sqlite:".length()) : url);
            add(chat("new", 2, "Support", "Ivan", NOON.plusSeconds(1)), "found in the portal's list");

            assertThat(archive.page(Filter.ALL, null, 50))
                    .extracting(Chat::chatId, Chat::reconciled)
                    .containsExactly(tuple(2L, true), tuple(1L, false));
        }
    }

    @ParameterizedTest
    @EnumSource
    void optionalFieldsMayBeMissing(Database database) throws SQLException {
        open(database);
        add(new Chat(
                0,
                "key",
                "portal",
                5,
                null,
                null,
                "",
                "",
                "",
                "",
                null,
                NOON,
                0,
                "the portal shows none",
                false,
                About.NOTHING));

        Chat chat = archive.page(Filter.ALL, null, 1).get(0);

        assertThat(chat.sessionId()).isNull();
        assertThat(chat.openedAt()).isNull();
        assertThat(chat.lineLabel()).isEqualTo("no line");
        assertThat(chat.timeToCloseText()).isEqualTo("–");
        assertThat(chat.missing()).isEqualTo("the portal shows none");
        assertThat(archive.messages(chat.id())).isEmpty();
        assertThat(archive.closedByMinutes(Filter.ALL, NOON)).isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void searchFindsWordsByTheirBeginningsInAnyLanguage(Database database) throws SQLException {
        open(database);
        add(
                chat("a", 1, "", "", NOON),
                "Где мой заказ №4711?",
                "write to anna@example.com or https://example.com/Returns");
        add(chat("b", 2, "", "", NOON), "Where is my order 4711", "O'Neill; drop table closed_chat --");
        add(chat("c", 3, "", "", NOON), "nothing of the kind");

        assertThat(found("заказ")).containsExactly(1L);
        assertThat(found("ЗАКА")).containsExactly(1L);
        assertThat(found("4711")).containsExactly(2L, 1L);
        assertThat(found("order 47")).containsExactly(2L);
        assertThat(found("order заказ")).isEmpty();
        assertThat(found("example")).containsExactly(1L);
        assertThat(found("returns")).containsExactly(1L);
        assertThat(found("o'neill")).containsExactly(2L);
        assertThat(found("čap")).as("the customer's name").containsExactly(3L, 2L, 1L);
        assertThat(found("z")).as("one letter").containsExactly(3L, 2L, 1L);
        assertThat(found("rder")).as("inside a word").isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void noQueryIsTakenForSyntax(Database database) throws SQLException {
        open(database);
        add(chat("a", 1, "", "", NOON), "and or not near words body");

        assertThat(found("AND OR NOT NEAR")).containsExactly(1L);
        assertThat(found("words:body")).containsExactly(1L);
        for (String words : List.of("\"", "'", "*", "(", ")", "^q", "q:*", "!q", "&", "\\", "\0q", "'':*", "-")) {
            assertThat(found(words)).as(words).isEmpty();
        }
        assertThat(found("word ".repeat(10_000))).isEqualTo(List.of(1L));
    }

    @ParameterizedTest
    @EnumSource
    void filtersPagesAndWhatCameAfterAgree(Database database) throws SQLException {
        open(database);
        for (int i = 0; i < 25; i++) {
            add(
                    chat("e" + i, i, i % 2 == 0 ? "Sales" : "R&D", i < 5 ? "Ivan" : "Olga", NOON.plusSeconds(i / 2)),
                    "text");
        }

        List<Long> seen = new ArrayList<>();
        List<Chat> page = archive.page(Filter.ALL, null, 10);
        while (!page.isEmpty()) {
            page.forEach(chat -> seen.add(chat.chatId()));
            page = archive.page(Filter.ALL, page.get(page.size() - 1), 10);
        }
        assertThat(seen)
                .isEqualTo(IntStream.iterate(24, i -> i >= 0, i -> i - 1)
                        .mapToObj(Long::valueOf)
                        .toList());
        assertThat(archive.page(new Filter("text", "Sales", "livechat", "Ivan"), null, 50))
                .extracting(Chat::chatId)
                .containsExactly(4L, 2L, 0L);
        assertThat(archive.after(new Filter("", "R&D", "", ""), archive.newest() - 4, 50))
                .extracting(Chat::chatId)
                .containsExactly(21L, 23L);
        assertThat(archive.choices("line")).containsExactly("R&D", "Sales");
        assertThat(archive.choices("operator")).containsExactly("Ivan", "Olga");
        assertThat(archive.choices("connector")).containsExactly("livechat");
    }

    @ParameterizedTest
    @EnumSource
    void chartsCountByHourAndByTimeToClose(Database database) throws SQLException {
        open(database);
        add(chat("a", 1, "", "", NOON), "x");
        add(chat("b", 2, "", "", NOON.plusSeconds(3599)), "x");
        add(chat("c", 3, "", "", NOON.minusSeconds(1)), "x");
        add(chat("d", 4, "", "", NOON.minus(Duration.ofDays(3))), "x");

        assertThat(archive.closedByHour(Filter.ALL, NOON.minus(Duration.ofHours(1))))
                .isEqualTo(Map.of(
                        NOON.toEpochMilli(), 2L, NOON.minus(Duration.ofHours(1)).toEpochMilli(), 1L));
        Charts charts = Charts.of(archive, Filter.ALL, NOON.plusSeconds(60));
        assertThat(charts.hours()).hasSize(24);
        assertThat(charts.hours().get(23)).isEqualTo(new Charts.Hour(NOON, 2));
        assertThat(charts.hours().get(22).count()).isOne();
        assertThat(charts.times()).contains(new Charts.Count("1–5 min", 4), new Charts.Count("below 1 min", 0));
    }

    @ParameterizedTest
    @EnumSource
    @Tag("long")
    void aTranscriptOfAMegabyteOfDifferentWordsIsArchived(Database database) throws SQLException {
        open(database);
        String words = IntStream.range(0, 150_000).mapToObj(i -> "слово" + i).collect(Collectors.joining(" "));

        add(chat("a", 1, "", "", NOON), words);

        assertThat(found("слово77")).containsExactly(1L);
        assertThat(archive.messages(1).get(0).text()).hasSameSizeAs(words);
    }

    @Test
    void theFileIsItsOwnersOnly() throws IOException, SQLException {
        open(Database.SQLITE);

        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(folder.resolve("chats.db"))))
                .isEqualTo("rw-------");
    }

    @Test
    void aDatabaseThatCannotBeUsedIsNamedWithoutItsPassword() {
        assertThatThrownBy(() -> Archive.open("jdbc:postgresql://127.0.0.1:1/chats?user=me&password=canary"))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage(
                        "OPENLINES_INBOX: cannot use the database jdbc:postgresql://127.0.0.1:1/chats: Connection to"
                                + " 127.0.0.1:1 refused. Check that the hostname and port are correct and that the postmaster is"
                                + " accepting TCP/IP connections.");
        assertThatThrownBy(() -> Archive.open("jdbc:postgresql://me:canary@127.0.0.1:99999/chats"))
                .isInstanceOf(ConfigurationException.class)
                .hasNoCause()
                .hasMessage("OPENLINES_INBOX: the driver does not read this jdbc:postgresql: URL");
        assertThatThrownBy(
                        () -> Archive.open(folder.resolve("no/such/folder.db").toString()))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageStartingWith("OPENLINES_INBOX: cannot make the file ");
        assertThatThrownBy(() -> Archive.open("kafka:127.0.0.1:9092"))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("OPENLINES_INBOX: expected a file or a jdbc:postgresql: URL, since the archive is in the"
                        + " inbox's database, found \"kafka:\"");
        assertThatThrownBy(() -> Archive.open("jdbc:mysql://me:canary@127.0.0.1/chats"))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageEndingWith(", found \"jdbc:mysql:\"");
    }
}
