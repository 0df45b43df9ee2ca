// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import dev.openlines.model.OnSessionFinish;
import dev.openlines.model.OpenLineChat;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** A process whose handler writes an effect for each chat of an event, and which ends like a killed one at a place. */
final class TwoChatsApp {

    static final int KILLED = 137;

    private TwoChatsApp() {}

    /** Runs the process and returns its exit code. */
    static int run(String inbox, String where) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-XX:+UseSerialGC",
                        "-cp",
                        System.getProperty("java.class.path"),
                        TwoChatsApp.class.getName(),
                        inbox,
                        where)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try {
            return process.waitFor(120, TimeUnit.SECONDS) ? process.exitValue() : -1;
        } finally {
            process.destroyForcibly();
        }
    }

    public static void main(String[] args) throws Exception {
        String where = args[1];
        RetryPolicy quick = RetryPolicy.DEFAULT.withWaits(Duration.ofMillis(1), Duration.ofMillis(2));
        try (LeasingInbox inbox =
                        args[0].startsWith("jdbc:") ? Inbox.postgresql(args[0]) : Inbox.sqlite(Path.of(args[0]));
                Dispatcher dispatcher = new Dispatcher(
                        inbox,
                        Handlers.all((event, context) -> handle((OnSessionFinish) event, context, where)),
                        // On PostgreSQL the next process waits for the end of the lease.
                        DispatchPolicy.DEFAULT.withRetry(quick).withLease(Duration.ofSeconds(1)),
                        InstantSource.system(),
                        Telemetry.none())) {
            dispatcher.start();
            while (inbox.backlog().waiting() > 0) {
                LockSupport.parkNanos(Duration.ofMillis(5).toNanos());
            }
        }
    }

    private static void handle(OnSessionFinish finish, EventContext context, String where) throws Exception {
        for (OpenLineChat chat : finish.chats()) {
            if (chat.chatId() == 8 && where.equals("between")) {
                Runtime.getRuntime().halt(KILLED);
            }
            context.inTransaction(chat.chatId(), connection -> {
                insert(connection, "chat " + chat.chatId());
                if (chat.chatId() == 8 && where.equals("within")) {
                    Runtime.getRuntime().halt(KILLED);
                }
            });
        }
        if (where.equals("after")) {
            Runtime.getRuntime().halt(KILLED);
        }
    }

    private static void insert(Connection connection, String effect) throws Exception {
        try (PreparedStatement insert = connection.prepareStatement("insert into effect values (?)")) {
            insert.setString(1, effect);
            insert.executeUpdate();
        }
    }
}
