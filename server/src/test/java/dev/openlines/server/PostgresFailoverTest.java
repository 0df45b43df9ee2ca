// SPDX-License-Identifier: Apache-2.0
package dev.openlines.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.model.OnSessionFinish;
import dev.openlines.model.Secret;
import dev.openlines.receiver.Handlers;
import dev.openlines.testkit.Await;
import dev.openlines.testkit.Bodies;
import dev.openlines.testkit.RawHttp;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/**
 * Stops a real primary while events come, and promotes its synchronous standby. Then stops the new primary and starts it
 * again. Each event that was answered with 200 is handled.
 */
@Timeout(600)
@EnabledIfSystemProperty(named = "soak.minutes", matches = "[1-9]\\d*", disabledReason = "takes long: -Psoak")
class PostgresFailoverTest {

    private static final int SENDERS = 3;
    private static final int EVENTS = 60;

    @TempDir
    Path directory;

    private final Set<Long> acknowledged = ConcurrentHashMap.newKeySet();
    private final Set<Long> handled = ConcurrentHashMap.newKeySet();
    private final AtomicLong chats = new AtomicLong();
    private final AtomicBoolean end = new AtomicBoolean();
    private final List<Thread> senders = new ArrayList<>();
    private EmbeddedPostgres primary;
    private EmbeddedPostgres standby;

    @AfterEach
    void stop() throws Exception {
        end.set(true);
        for (Thread sender : senders) {
            sender.join();
        }
        for (EmbeddedPostgres server : new EmbeddedPostgres[] {primary, standby}) {
            if (server != null) {
                server.close();
            }
        }
    }

    @Test
    void aFailoverAndARestartLoseNothingThatWasAcknowledged() throws Exception {
        primary = EmbeddedPostgres.builder()
                .setDataDirectory(directory.resolve("primary"))
                .setCleanDataDirectory(false)
                .start();
        Path copy = directory.resolve("standby");
        copyWhileItRuns(directory.resolve("primary"), copy);
        standby = started(copy, 0);
        try (Connection connection = primary.getPostgresDatabase().getConnection();
                Statement statement = connection.createStatement()) {
            Await.until(
                    "a standby that follows",
                    () -> first(statement, "select count(*) from pg_stat_replication")
                            .equals("1"));
            statement.execute("alter system set synchronous_standby_names = '*'");
            statement.execute("select pg_reload_conf()");
            Await.until(
                    "a synchronous standby",
                    () -> first(statement, "select count(*) from pg_stat_replication where sync_state = 'sync'")
                            .equals("1"));
        }
        String url = "jdbc:postgresql://localhost:" + primary.getPort() + ",localhost:" + standby.getPort()
                + "/postgres?user=postgres&targetServerType=primary";
        try (ReceiverServer server = ReceiverServer.builder(Handlers.on(
                                OnSessionFinish.class,
                                (finish, context) ->
                                        handled.add(finish.chats().get(0).chatId()))
                        .otherwise((event, context) -> {}))
                .port(0)
                .path("/in")
                .inbox(url)
                .trust(Bodies.MEMBER, Secret.of(Bodies.TOKEN))
                .start()) {
            send(new RawHttp(server.url()));
            awaitMore();

            primary.close();
            try (Connection connection = standby.getPostgresDatabase().getConnection();
                    Statement statement = connection.createStatement()) {
                assertThat(first(statement, "select pg_promote()")).isEqualTo("t");
            }
            awaitMore();

            int port = standby.getPort();
            standby.close();
            standby = started(copy, port);
            awaitMore();

            end.set(true);
            for (Thread sender : senders) {
                sender.join();
            }
            Await.until(
                    () -> acknowledged.size() + " acknowledged, " + handled.size() + " handled",
                    () -> handled.containsAll(acknowledged));
        }
    }

    private void send(RawHttp http) {
        for (int i = 0; i < SENDERS; i++) {
            Thread sender = new Thread(() -> {
                while (!end.get()) {
                    long chat = chats.incrementAndGet();
                    try {
                        if (http.post(Bodies.finish(chat)).startsWith("HTTP/1.1 200 ")) {
                            acknowledged.add(chat);
                        }
                    } catch (IOException e) {
                        // Not acknowledged.
                    }
                }
            });
            senders.add(sender);
            sender.start();
        }
    }

    private void awaitMore() {
        int before = acknowledged.size();
        Await.until(() -> acknowledged.size() - before + " acknowledged", () -> acknowledged.size() >= before + EVENTS);
    }

    private static EmbeddedPostgres started(Path data, int port) throws IOException {
        return EmbeddedPostgres.builder()
                .setDataDirectory(data)
                .setCleanDataDirectory(false)
                .setPort(port)
                .start();
    }

    /** Makes a base backup, and a standby of it. */
    private void copyWhileItRuns(Path from, Path to) throws SQLException, IOException {
        try (Connection connection = primary.getPostgresDatabase().getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("select pg_backup_start('standby', true)");
            copy(from, to);
            try (ResultSet row = statement.executeQuery("select labelfile from pg_backup_stop(false)")) {
                row.next();
                Files.writeString(to.resolve("backup_label"), row.getString(1));
            }
        }
        Files.createFile(to.resolve("standby.signal"));
        Files.writeString(
                to.resolve("postgresql.auto.conf"),
                "primary_conninfo = 'host=localhost port=" + primary.getPort() + " user=postgres'\n",
                StandardOpenOption.APPEND);
    }

    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.toList()) {
                Path target = to.resolve(from.relativize(file).toString());
                String name = String.valueOf(file.getFileName());
                if (Files.isDirectory(file)) {
                    Files.createDirectories(target);
                    Files.setPosixFilePermissions(target, PosixFilePermissions.fromString("rwx------"));
                } else if (Files.exists(file)
                        && !name.startsWith("postmaster.")
                        && !name.equals("epg-lock")
                        && !from.relativize(file).startsWith("pg_replslot")) {
                    Files.copy(file, target);
                }
            }
        }
    }

    private static String first(Statement statement, String sql) throws SQLException {
        try (ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getString(1);
        }
    }
}
