// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class GroupCommitTest {

    /** How often it is closed while others submit: without the mend it hung once in some hundred. */
    private static final int ROUNDS = 200;

    @Test
    void aCloseEndsThoughOthersSubmitAndEachOfThemIsAnswered() throws Exception {
        SqlDialect dialect =
                new SqlDialect("sqlite", "memory", GroupCommitTest::open, GroupCommitTest::open, "", "select 1");
        for (int round = 0; round < ROUNDS; round++) {
            GroupCommit writer = new GroupCommit(dialect, (connection, deliveries) -> List.of());
            writer.start();
            List<CompletableFuture<Boolean>> replies = Collections.synchronizedList(new ArrayList<>());
            CountDownLatch go = new CountDownLatch(1);
            List<Thread> submitting = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                Thread thread = new Thread(() -> {
                    go.countDown();
                    int refused = 0;
                    while (refused < 20) {
                        CompletableFuture<Boolean> reply = writer.submit(connection -> true);
                        replies.add(reply);
                        refused += reply.isCompletedExceptionally() ? 1 : 0;
                    }
                });
                submitting.add(thread);
                thread.start();
            }
            go.await();

            Thread closing = new Thread(writer::close);
            closing.setDaemon(true);
            closing.start();
            closing.join(TimeUnit.SECONDS.toMillis(20));
            assertThat(closing.isAlive()).as("still closing in round %s", round).isFalse();

            for (Thread thread : submitting) {
                thread.join();
            }
            for (CompletableFuture<Boolean> reply : replies) {
                assertThat(reply.handle((done, refused) -> true).get(30, TimeUnit.SECONDS))
                        .as("an answer in round %s", round)
                        .isTrue();
            }
        }
    }

    private static Connection open() throws SQLException {
        Connection connection = DriverManager.getConnection("jdbc:sqlite::memory:");
        connection.setAutoCommit(false);
        return connection;
    }
}
