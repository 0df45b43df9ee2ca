// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.testkit.Bodies;
import dev.openlines.testkit.PostgresServer;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Stores of the first schema, with everything an old receiver may have left in them, opened by this one. */
class MigrationTest {

    /** More than are read at a time. */
    private static final int EVENTS = 1203;

    private static final Instant NOW = Deliveries.T0;

    @TempDir
    Path directory;

    @Test
    void anSqliteFileOfTheFirstSchemaIsBroughtToTheNewestAndKeepsItsEvents() throws Exception {
        Path file = directory.resolve("inbox.db");
        brought("jdbc:sqlite:" + file, SQLITE_1, () -> Inbox.sqlite(file));
    }

    @Test
    void aPostgresqlDatabaseOfTheFirstSchemaIsBroughtToTheNewestAndKeepsItsEvents() throws Exception {
        String url = PostgresServer.newSchema();
        brought(url, POSTGRESQL_1, () -> Inbox.postgresql(url));
    }

    /** Opens. */
    private interface Opening {
        LeasingInbox open();
    }

    private static void brought(String url, String schema, Opening opening) throws SQLException {
        try (Connection old = DriverManager.getConnection(url);
                Statement statement = old.createStatement()) {
            for (String step : schema.split(";\\s*")) {
                statement.execute(step);
            }
            old.setAutoCommit(false);
            insert(old);
            // Events that wait, that are done and that are dead, with the reason.
            statement.execute("update inbox set state = 'done', finished_at = 5 where id = 2");
            statement.execute("update inbox set state = 'dead', finished_at = 7, dead_reason = 'poison' where id = 3");
            statement.execute("insert into inbox_history (inbox_id, attempt, at, outcome, reason)"
                    + " values (3, 1, 6, 'dead', 'poison')");
            old.commit();
        }

        try (LeasingInbox inbox = opening.open()) {
            for (long chat : new long[] {1, 2, 3, 500, 501, EVENTS}) {
                assertThat(Deliveries.store(inbox, Deliveries.delivery(chat, 1)))
                        .as("chat " + chat)
                        .isEqualTo(StoreResult.DUPLICATE);
            }
            assertThat(Deliveries.store(inbox, Deliveries.delivery(EVENTS + 1, 1)))
                    .isEqualTo(StoreResult.STORED);
            assertThat(inbox.backlog().waiting()).isEqualTo(EVENTS - 2 + 1);
            assertThat(inbox.deadLetters().show(3).orElseThrow()).satisfies(letter -> {
                assertThat(letter.idempotencyKey())
                        .isEqualTo(Deliveries.delivery(3, 1).idempotencyKey());
                assertThat(letter.history())
                        .extracting(DeadLetter.Attempt::reason)
                        .containsExactly("poison");
            });
            LeaseRequest request = new LeaseRequest("o", 1, NOW, NOW.plusSeconds(60), NOW.plusSeconds(120), false);
            assertThat(inbox.lease(request)).singleElement().satisfies(lease -> {
                assertThat(lease.id()).isEqualTo(1);
                assertThat(lease.idempotencyKey())
                        .isEqualTo(Deliveries.delivery(1, 1).idempotencyKey());
            });
            Receiver receiver = Installing.receiver(inbox, inbox.portals().verifiedBy(Installing.YES), Installing.NOW);
            assertThat(Installing.post(receiver, Installing.install(Bodies.TOKEN)))
                    .isEqualTo(200);
        }
        opening.open().close();

        assertThat(rows(url, "select version from openlines_schema order by version"))
                .containsExactly("1", "2", "3", "4", "6", "7");
        assertThat(rows(url, "select count(*) from portal_token")).containsExactly("1");
        // The second when the event was sent, and the key as it was.
        assertThat(rows(url, "select idempotency_key from inbox where id = 500"))
                .containsExactly("0000000001-" + Deliveries.delivery(500, 1).idempotencyKey());
    }

    private static void insert(Connection old) throws SQLException {
        try (PreparedStatement insert = old.prepareStatement("""
                insert into inbox (idempotency_key, member_id, event, order_key, payload, body_bytes,
                  received_at, not_before) values (?, 'm', 'ONSESSIONFINISH', '', ?, 9, 1, 1)""")) {
            for (long chat = 1; chat <= EVENTS; chat++) {
                VerifiedDelivery delivery = Deliveries.delivery(chat, 1);
                insert.setString(1, delivery.idempotencyKey());
                insert.setString(2, delivery.payload());
                insert.addBatch();
            }
            insert.executeBatch();
        }
    }

    private static List<String> rows(String url, String sql) throws SQLException {
        List<String> rows = new ArrayList<>();
        try (Connection connection = DriverManager.getConnection(url);
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            while (row.next()) {
                rows.add(row.getString(1));
            }
        }
        return rows;
    }

    /** The schema of the first version. This text never changes. */
    private static final String SQLITE_1 = """
            create table openlines_schema (version integer not null);
            insert into openlines_schema (version) values (1);
            create table inbox (
              id              integer primary key autoincrement,
              idempotency_key text    not null unique,
              member_id       text    not null,
              event           text    not null,
              order_key       text    not null,
              payload         text    not null,
              body_bytes      integer not null,
              received_at     integer not null,
              state           text    not null default 'waiting' check (state in ('waiting', 'done', 'dead')),
              not_before      integer not null,
              attempts        integer not null default 0,
              leases          integer not null default 0,
              lease_owner     text,
              lease_until     integer,
              finished_at     integer,
              dead_reason     text
            );
            create index inbox_waiting on inbox (not_before, id) where state = 'waiting';
            create index inbox_order on inbox (order_key, id) where state = 'waiting' and order_key <> '';
            create index inbox_dead on inbox (id) where state = 'dead';
            create index inbox_finished on inbox (finished_at) where state <> 'waiting';
            create table inbox_history (
              inbox_id integer not null references inbox (id) on delete cascade,
              attempt  integer not null,
              at       integer not null,
              outcome  text    not null,
              reason   text    not null
            );
            create index inbox_history_of on inbox_history (inbox_id);
            create table inbox_conflict (
              inbox_id    integer not null references inbox (id) on delete cascade,
              payload     text    not null,
              received_at integer not null,
              unique (inbox_id, payload)
            )""";

    /** The schema of the first version. This text never changes. */
    private static final String POSTGRESQL_1 = """
            create table openlines_schema (version integer not null);
            insert into openlines_schema (version) values (1);
            create table inbox (
              id              bigint generated always as identity primary key,
              idempotency_key text    not null unique,
              member_id       text    not null,
              event           text    not null,
              order_key       text    not null,
              payload         text    not null,
              body_bytes      integer not null,
              received_at     bigint  not null,
              state           text    not null default 'waiting' check (state in ('waiting', 'done', 'dead')),
              not_before      bigint  not null,
              attempts        integer not null default 0,
              leases          bigint  not null default 0,
              lease_owner     text,
              lease_until     bigint,
              finished_at     bigint,
              dead_reason     text
            );
            create index inbox_waiting on inbox (not_before, id) where state = 'waiting';
            create index inbox_order on inbox (order_key, id) where state = 'waiting' and order_key <> '';
            create index inbox_dead on inbox (id) where state = 'dead';
            create index inbox_finished on inbox (finished_at) where state <> 'waiting';
            create table inbox_history (
              inbox_id bigint  not null references inbox (id) on delete cascade,
              attempt  integer not null,
              at       bigint  not null,
              outcome  text    not null,
              reason   text    not null
            );
            create index inbox_history_of on inbox_history (inbox_id);
            create table inbox_conflict (
              inbox_id    bigint not null references inbox (id) on delete cascade,
              payload     text   not null,
              received_at bigint not null
            );
            create unique index inbox_conflict_once on inbox_conflict (inbox_id, md5(payload))""";
}
