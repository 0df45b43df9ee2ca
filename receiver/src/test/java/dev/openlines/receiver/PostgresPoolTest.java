// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.openlines.testkit.PostgresServer;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ConcurrentLinkedDeque;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.postgresql.ds.PGSimpleDataSource;

/** An inbox over an application's own pool, whose connections are cut while they are idle. */
@Timeout(300)
class PostgresPoolTest {

    private final String url = PostgresServer.newSchema();
    private final String name = "pool-" + UUID.randomUUID();
    private final Pool pool = new Pool();

    @AfterEach
    void end() throws SQLException {
        pool.end();
    }

    @Test
    void connectionsOfAPoolThatWereCutCostNoEvent() throws Exception {
        try (LeasingInbox inbox = Inbox.postgresql(pool)) {
            for (int i = 1; i <= 5; i++) {
                pool.fill(6);
                assertThat(cut()).as("connections cut").isEqualTo(7);

                assertThat(Deliveries.store(inbox, Deliveries.delivery(i, 1))).isEqualTo(StoreResult.STORED);
            }
            assertThat(inbox.backlog().waiting()).isEqualTo(5);
        }
    }

    @Test
    void aPoolWhoseConnectionsNeverWorkIsGivenUpAndNamed() throws Exception {
        try (LeasingInbox inbox = Inbox.postgresql(pool)) {
            cut();
            pool.broken = true;
            assertThatThrownBy(() -> inbox.store(Deliveries.delivery(1, 1))
                            .toCompletableFuture()
                            .join())
                    .cause()
                    .isInstanceOf(StoreException.class)
                    .hasMessageMatching("cannot write to PostgreSQL: the pool has lent \\d+ connections, one after the"
                            + " other, and none of them works");
            pool.broken = false;
            assertThat(Deliveries.store(inbox, Deliveries.delivery(1, 1))).isEqualTo(StoreResult.STORED);
        }
    }

    /** Ends all connections of the pool, as an administrator or a proxy does. Returns how many. */
    private int cut() throws SQLException {
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

    /** Lends the connection that has waited longest, and notices only if one that comes back says that it is closed. */
    private final class Pool extends PGSimpleDataSource {

        private static final long serialVersionUID = 1;

        private final transient Deque<Connection> idle = new ConcurrentLinkedDeque<>();
        private transient volatile boolean broken;

        Pool() {
            setUrl(url);
            setApplicationName(name);
        }

        void fill(int size) throws SQLException {
            List<Connection> lent = new ArrayList<>();
            for (int i = 0; i < size; i++) {
                lent.add(getConnection());
            }
            for (Connection connection : lent) {
                connection.close();
            }
            assertThat(idle).as("idle connections").hasSize(size);
        }

        void end() throws SQLException {
            for (Connection connection : idle) {
                connection.close();
            }
        }

        @Override
        public Connection getConnection() throws SQLException {
            Connection found = idle.poll();
            Connection real = found == null ? super.getConnection() : found;
            if (broken) {
                real.close();
            }
            return (Connection) Proxy.newProxyInstance(
                    Pool.class.getClassLoader(), new Class<?>[] {Connection.class}, (proxy, method, arguments) -> {
                        if (method.getName().equals("close")) {
                            if (!real.isClosed()) {
                                idle.add(real);
                            }
                            return null;
                        }
                        try {
                            return method.invoke(real, arguments);
                        } catch (InvocationTargetException e) {
                            throw e.getCause();
                        }
                    });
        }
    }
}
