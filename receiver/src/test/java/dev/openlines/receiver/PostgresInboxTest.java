// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.openlines.testkit.Await;
import dev.openlines.testkit.Bodies;
import dev.openlines.testkit.PostgresServer;
import java.sql.Connection;
import java.sql.Driver;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import javax.sql.DataSource;
import org.assertj.core.util.Throwables;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;
import org.sqlite.SQLiteDataSource;

class PostgresInboxTest implements TransactionContract {

    private final String url = PostgresServer.newSchema();

    @Override
    public LeasingInbox open() {
        return Inbox.postgresql(url);
    }

    @Override
    public String place() {
        return url;
    }

    @Test
    void anUnreachableDatabaseIsNamedWithoutItsPassword() {
        assertThatThrownBy(() -> Inbox.postgresql("jdbc:postgresql://127.0.0.1:1/openlines?user=u&password=canary"))
                .isInstanceOf(StoreException.class)
                .hasMessage(
                        "cannot write to jdbc:postgresql://127.0.0.1:1/openlines: Connection to 127.0.0.1:1 refused. Check that"
                                + " the hostname and port are correct and that the postmaster is accepting TCP/IP"
                                + " connections.")
                .satisfies(e -> assertThat(Throwables.getStackTrace(e)).doesNotContain("canary"));
    }

    @Test
    void aPoolOfAnotherDatabaseIsRefused() {
        SQLiteDataSource another = new SQLiteDataSource();
        another.setUrl("jdbc:sqlite::memory:");

        assertThatThrownBy(() -> Inbox.postgresql(another))
                .isInstanceOf(StoreException.class)
                .hasMessage("expected a DataSource of PostgreSQL, found one of SQLite");
    }

    @Test
    void aPasswordInAnotherPlaceIsNotShownEither() {
        assertThatThrownBy(() -> Inbox.postgresql("jdbc:postgresql://u:canary@127.0.0.1:1/openlines"))
                .isInstanceOf(StoreException.class)
                .satisfies(e -> assertThat(e.getMessage()).doesNotContain("canary"));
    }

    @Test
    void connectionsThatWereCutCostNoEvent() throws Exception {
        String named = url + (url.contains("?") ? "&" : "?") + "ApplicationName=cut-" + UUID.randomUUID();
        String name = named.substring(named.lastIndexOf('=') + 1);
        try (LeasingInbox inbox = Inbox.postgresql(named)) {
            for (int i = 1; i <= 5; i++) {
                assertThat(Deliveries.store(inbox, Deliveries.delivery(i, 1))).isEqualTo(StoreResult.STORED);
                assertThat(cut(name)).as("connections cut").isPositive();
            }
            assertThat(inbox.backlog().waiting()).isEqualTo(5);
        }
    }

    /** Ends connections as an administrator or a proxy does. Returns how many. */
    private int cut(String name) throws SQLException {
        int cut = 0;
        try (Connection connection = DriverManager.getConnection(url);
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("select pg_terminate_backend(pid, 30000) from pg_stat_activity"
                        + " where application_name = '" + name + "'")) {
            while (row.next()) {
                cut++;
            }
        }
        return cut;
    }

    @Test
    void aMissingDriverIsNamed() throws Exception {
        Driver driver = DriverManager.getDriver(url);
        DriverManager.deregisterDriver(driver);
        try {
            assertThatThrownBy(() -> Inbox.postgresql(url))
                    .isInstanceOf(StoreException.class)
                    .hasMessage("jdbc:postgresql: needs org.postgresql:postgresql on the class path");
        } finally {
            DriverManager.registerDriver(driver);
        }
    }

    @Test
    void whateverAPoolLendsHasTheInboxsLimitsWhileItIsUsedAndNotAfter() throws Exception {
        PGSimpleDataSource database = new PGSimpleDataSource();
        database.setUrl(url);
        database.setOptions(
                "-c synchronous_commit=off -c statement_timeout=1h" + " -c default_transaction_isolation=serializable");
        List<Connection> lent = new ArrayList<>();
        DataSource pool = new PGSimpleDataSource() {
            @Override
            public Connection getConnection() throws SQLException {
                lent.add(database.getConnection());
                return lent.get(lent.size() - 1);
            }
        };
        List<String> during = new ArrayList<>();
        try (LeasingInbox inbox = Inbox.postgresql(pool)) {
            Deliveries.store(inbox, Deliveries.delivery(1, 1));
            Instant now = Instant.now();
            LeasedDelivery leased = inbox.lease(
                            new LeaseRequest("a", 1, now, now.plusSeconds(60), now.plusSeconds(600), false))
                    .get(0);
            inbox.commitOnce(leased, "", connection -> during.addAll(limits(connection)), now);

            assertThat(limits(lent.get(lent.size() - 1))).containsExactly("off", "1h", "serializable");
        }
        assertThat(during).containsExactly("on", "30s", "read committed");
    }

    private static List<String> limits(Connection connection) throws SQLException {
        List<String> limits = new ArrayList<>();
        for (String name : List.of("synchronous_commit", "statement_timeout", "transaction_isolation")) {
            try (Statement statement = connection.createStatement();
                    ResultSet row = statement.executeQuery("show " + name)) {
                row.next();
                limits.add(row.getString(1));
            }
        }
        return limits;
    }

    @Test
    void aReportOfAPortalToOneNodeIsKnownToTheOther() throws Exception {
        try (LeasingInbox one = open();
                LeasingInbox two = open()) {
            Receiver first = Installing.receiver(one, one.portals().verifiedBy(Installing.YES), Installing.NOW);
            Receiver second = Installing.receiver(two, two.portals(), Installing.NOW);
            assertThat(Installing.post(second, Bodies.finish(1))).isEqualTo(403);

            assertThat(Installing.post(first, Installing.install(Bodies.TOKEN))).isEqualTo(200);
            assertThat(Installing.post(second, Bodies.finish(2))).isEqualTo(200);

            assertThat(Installing.post(first, Bodies.finish(9, "event", "ONAPPUNINSTALL")))
                    .isEqualTo(200);
            assertThat(Installing.post(first, Bodies.finish(3))).isEqualTo(403);
            // The other node learns it with the events that come, a second later at most.
            Await.until("the other node refuses it", () -> Installing.post(second, Bodies.finish(4)) == 403);
        }
    }
}
