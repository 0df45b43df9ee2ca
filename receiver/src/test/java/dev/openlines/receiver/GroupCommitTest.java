// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(300)
class GroupCommitTest {

    /** The number of times that it is closed while others submit. Before the fix it hung once in some hundred. */
    private static final int ROUNDS = 200;

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    /** SQLite's number for commits that wait for the disk. */
    private static final int FULL = 2;

    /** SQLite's number for commits that do not. */
    private static final int NORMAL = 1;

    @Test
    @Tag("long")
    void aCloseEndsThoughOthersSubmitAndEachOfThemIsAnswered() throws Exception {
        SqlDialect dialect = new SqlDialect(
                "sqlite",
                "memory",
                GroupCommitTest::open,
                GroupCommitTest::open,
                "",
                "",
                "select 1",
                SqliteWatch.none());
        for (int round = 0; round < ROUNDS; round++) {
            GroupCommit writer = new GroupCommit(dialect, PATIENCE);
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
            closing.join(TimeUnit.SECONDS.toMillis(60));
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

    @Test
    void aCommitWaitsForTheDiskUnlessAllOfItMayBeUndone(@TempDir Path directory) {
        SqlDialect dialect = SqlDialect.sqlite(directory.resolve("inbox.db"));
        GroupCommit writer = new GroupCommit(dialect, PATIENCE);
        // Both are in one commit, since the thread has not begun.
        CompletableFuture<Integer> lazy = writer.submit(GroupCommit.Kind.LAZY, GroupCommitTest::synchronous);
        CompletableFuture<Integer> durable = writer.submit(GroupCommitTest::synchronous);
        writer.start();
        assertThat(lazy.join()).isEqualTo(FULL);
        assertThat(durable.join()).isEqualTo(FULL);

        for (GroupCommit.Kind kind : GroupCommit.Kind.values()) {
            assertThat(writer.submit(kind, GroupCommitTest::synchronous).join())
                    .as("%s", kind)
                    .isEqualTo(kind == GroupCommit.Kind.DURABLE ? FULL : NORMAL);
        }
        assertThat(writer.submit(GroupCommitTest::synchronous).join()).isEqualTo(FULL);
        writer.close();
    }

    private static int synchronous(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("pragma synchronous")) {
            return row.getInt(1);
        }
    }

    @Test
    void theRetryOneByOneOfAGroupEndsWhenTheStoreIsLost() throws Exception {
        AtomicInteger runs = new AtomicInteger();
        GroupCommit.Work<Boolean> bad = connection -> {
            if (runs.incrementAndGet() == 1) {
                throw new SQLException("a row", "", 19);
            }
            throw new SQLException("the disk is gone", "", 10);
        };
        int others = group(bad, PATIENCE);

        // The whole group, then the bad one alone, which takes the store with it: no other is tried.
        assertThat(runs).hasValue(2);
        assertThat(others).isZero();
    }

    @Test
    void theRetryOneByOneOfAGroupEndsWhenPatienceDoes() throws Exception {
        AtomicInteger runs = new AtomicInteger();
        GroupCommit.Work<Boolean> locked = connection -> {
            runs.incrementAndGet();
            throw new SQLException("the file is locked", "", 5);
        };
        int others = group(locked, Duration.ZERO);

        assertThat(runs).hasValue(1);
        assertThat(others).isZero();
    }

    @Test
    void theRetryOneByOneOfAGroupFailsOnlyWhoIsToBlame() throws Exception {
        GroupCommit.Work<Boolean> bad = connection -> {
            throw new SQLException("a row", "", 19);
        };
        assertThat(group(bad, PATIENCE)).isEqualTo(100);
    }

    /** Commits a bad piece with a hundred others. Returns how many of the others succeeded; all are answered. */
    private static int group(GroupCommit.Work<Boolean> bad, Duration patience) throws Exception {
        SqlDialect dialect = new SqlDialect(
                "sqlite",
                "memory",
                GroupCommitTest::open,
                GroupCommitTest::open,
                "",
                "",
                "select 1",
                SqliteWatch.none());
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch gathered = new CountDownLatch(1);
        List<CompletableFuture<Boolean>> others = new ArrayList<>();
        try (GroupCommit writer = new GroupCommit(dialect, patience)) {
            writer.start();
            CompletableFuture<Boolean> first = writer.submit(connection -> {
                begun.countDown();
                try {
                    return gathered.await(30, TimeUnit.SECONDS);
                } catch (InterruptedException e) {
                    throw new SQLException(e);
                }
            });
            assertThat(begun.await(30, TimeUnit.SECONDS)).isTrue();
            CompletableFuture<Boolean> failing = writer.submit(bad);
            for (int i = 0; i < 100; i++) {
                others.add(writer.submit(connection -> true));
            }
            gathered.countDown();
            assertThat(first.get(30, TimeUnit.SECONDS)).isTrue();
            assertThat(failing.handle((done, failure) -> failure).get(30, TimeUnit.SECONDS))
                    .isInstanceOf(StoreException.class);
            int succeeded = 0;
            for (CompletableFuture<Boolean> other : others) {
                succeeded +=
                        other.handle((done, failure) -> failure == null ? 1 : 0).get(30, TimeUnit.SECONDS);
            }
            return succeeded;
        }
    }

    @Test
    void aDriverThatFailsAgainWhileAFailureIsUndoneDoesNotEndTheWriter() throws Exception {
        AtomicInteger opened = new AtomicInteger();
        SqlDialect.Connections connections = () -> opened.getAndIncrement() == 0 ? broken(open()) : open();
        SqlDialect dialect =
                new SqlDialect("sqlite", "memory", connections, connections, "", "", "select 1", SqliteWatch.none());
        try (GroupCommit writer = new GroupCommit(dialect, PATIENCE)) {
            writer.start();

            CompletableFuture<Boolean> first = writer.submit(connection -> {
                throw new SQLException("the disk is gone", "", 10);
            });
            assertThat(first.handle((done, refused) -> refused).get(30, TimeUnit.SECONDS))
                    .isInstanceOf(StoreException.class);

            assertThat(writer.submit(connection -> true).get(30, TimeUnit.SECONDS))
                    .isTrue();
        }
    }

    /** Returns a connection that throws more than JDBC promises when it is rolled back or closed. */
    private static Connection broken(Connection connection) {
        return (Connection) Proxy.newProxyInstance(
                GroupCommitTest.class.getClassLoader(), new Class<?>[] {Connection.class}, (proxy, method, args) -> {
                    if (method.getName().equals("rollback") || method.getName().equals("close")) {
                        connection.close();
                        throw new IllegalStateException("a driver's own");
                    }
                    return method.invoke(connection, args);
                });
    }

    private static Connection open() throws SQLException {
        Connection connection = DriverManager.getConnection("jdbc:sqlite::memory:");
        connection.setAutoCommit(false);
        return connection;
    }
}
