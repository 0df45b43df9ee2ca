// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.openlines.testkit.Bodies;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SqliteReconcileTest implements ReconcileContract {

    @TempDir
    Path directory;

    private final AtomicInteger files = new AtomicInteger();

    @Override
    public LeasingInbox open() {
        return Inbox.sqlite(directory.resolve("inbox-" + files.incrementAndGet() + ".db"));
    }

    @Test
    void aCloseThatAnotherProcessStoredWhileTheWriterHadNoConnectionIsKnown() throws Exception {
        Path file = directory.resolve("inbox.db");
        try (LeasingInbox inbox = Inbox.sqlite(file)) {
            SqlInbox sql = (SqlInbox) inbox;
            // Twice: the first connection counts what the start has written by another, later ones count alike.
            for (long chat : new long[] {11, 1}) {
                assertThat(Deliveries.store(inbox, Deliveries.delivery(chat, 1_760_000_000L)))
                        .isEqualTo(StoreResult.STORED);
                assertThatThrownBy(() -> sql.run(connection -> {
                            throw new SQLException("the disk is full", "", 13);
                        }))
                        .isInstanceOf(StoreException.class);
            }
            // The command "reconcile" does this beside the receiver.
            try (Connection other = DriverManager.getConnection("jdbc:sqlite:" + file);
                    Statement statement = other.createStatement()) {
                statement.execute("pragma busy_timeout = 5000");
                statement.execute("insert into session_close (member_id, at, chat_id, event_key, state, origin,"
                        + " handler_id, line_id, user_id, connector, session_id, closed_at, utc_offset, hour,"
                        + " recorded_at) values ('" + Bodies.MEMBER + "', 1760009000, 2, 'k', 'OPEN', 'reconciled',"
                        + " 0, 1, 10, 'livechat', 7, 1760009000, 0, 0, 0)");
            }
            assertThat(Deliveries.store(inbox, Deliveries.delivery(2, 1_760_009_001L)))
                    .as("the event of a close that is handled already")
                    .isEqualTo(StoreResult.DUPLICATE);
        }
    }
}
