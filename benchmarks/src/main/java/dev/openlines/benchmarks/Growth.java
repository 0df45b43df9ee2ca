// SPDX-License-Identifier: Apache-2.0
package dev.openlines.benchmarks;

import com.sun.management.OperatingSystemMXBean;
import dev.openlines.model.Secret;
import dev.openlines.parser.Limits;
import dev.openlines.receiver.DispatchPolicy;
import dev.openlines.receiver.Dispatcher;
import dev.openlines.receiver.Handlers;
import dev.openlines.receiver.Inbox;
import dev.openlines.receiver.LeasingInbox;
import dev.openlines.receiver.RawDelivery;
import dev.openlines.receiver.Receiver;
import dev.openlines.receiver.Reply;
import dev.openlines.receiver.Telemetry;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.LongAdder;

/**
 * Measures the cost of an event in a growing SQLite inbox: to store it, to recognize a repeat, to lease and handle it
 * with and without order, and to forget it. Then it measures a receiver without work, and one that works off a backlog.
 * The cost is CPU time of this process, which other work on the machine changes little.
 */
public final class Growth {

    private static final int EVENTS = 8000;
    private static final int IN_FLIGHT = 64;
    private static final int PARTS = 10;
    private static final Instant NOW = Instant.now();
    private static final OperatingSystemMXBean SYSTEM =
            (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();

    /** The number of rows that are written in one commit while a store is filled. */
    private static final long PORTION = 500_000;

    /** The time over which stored events are spread. */
    private static final long SPREAD_MILLIS = 86_400_000;

    /**
     * Rows like those of events from the wire. The parameters: how many, the first number, state, the time of the first, and
     * the time between two in microseconds.
     */
    private static final String FILL = """
            with recursive number (n, at) as (
              select ?2, ?4 union all
              select n + 1, ?4 + (n + 1 - ?2) * ?5 / 1000 from number where n < ?2 + ?1 - 1)
            insert into inbox (idempotency_key, member_id, event, order_key, payload, body_bytes, received_at, state,
              not_before, finished_at)
            select printf('%010d-%s', at / 1000, lower(hex(randomblob(32)))), '__MEMBER__', 'ONSESSIONFINISH',
              '__MEMBER__/' || n,
              '{"event":"ONSESSIONFINISH","event_handler_id":"12","data":{"DATA":{"connector":{"connector_id":"livechat",'
              || '"line_id":"1","chat_id":"' || n || '","user_id":"10"},"chat":{"chat_id":"' || n || '"},"line":{"id":"1",'
              || '"name":"Open channel"}}},"ts":"' || (at / 1000) || '","auth":{"member_id":"__MEMBER__"}}',
              830, at, ?3, at, case when ?3 = 'done' then at + n % 1000 end
            from number""".replace("__MEMBER__", ReceiveServer.MEMBER);

    private static final String FILL_LEDGER = """
            insert into session_close (member_id, at, chat_id, event_key, state, origin, handler_id, utc_offset, hour,
              recorded_at)
            select member_id, received_at / 1000, id, substr(idempotency_key, 12), 'COUNTED', 'event', 12, 0, 0, received_at
            from inbox""";

    private final Path file;
    private final LongAdder handled = new LongAdder();
    private long nextChat = 1_000_000_000;

    private Growth(Path file) {
        this.file = file;
    }

    /**
     * Measures and prints tables.
     *
     * @param args the largest number of stored events (1000000), for example 10000000, and the events of the backlog (1000000)
     * @throws Exception if the store cannot be used
     */
    public static void main(String[] args) throws Exception {
        long largest = args.length > 0 ? Long.parseLong(args[0]) : 1_000_000;
        long backlog = args.length > 1 ? Long.parseLong(args[1]) : 1_000_000;
        System.out.println("CPU µs of an event, by what the inbox holds:");
        System.out.println("| stored | store | repeat | handle | handle in order | forget | heap MB | process MB |");
        System.out.println("| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
        // Measures the first size twice, because the JVM compiles the code during the first.
        run(growth -> growth.costs(1000, false));
        for (long stored = 1000; stored <= largest; stored *= 10) {
            long size = stored;
            run(growth -> growth.costs(size, true));
        }
        run(Growth::idle);
        run(growth -> growth.backlog(backlog));
    }

    /** One measurement. */
    private interface Measurement {
        void run(Growth growth) throws Exception;
    }

    private static void run(Measurement measurement) throws Exception {
        Path directory = Files.createTempDirectory("openlines-growth");
        try {
            measurement.run(new Growth(directory.resolve("inbox.db")));
        } finally {
            try (var files = Files.walk(directory)) {
                for (Path path : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(path);
                }
            }
        }
    }

    private void costs(long stored, boolean print) throws Exception {
        // The last measurement forgets these: they are sixty days old, and all others two days at most.
        fill(EVENTS, 0, "done", NOW.minusSeconds(86_400 * 60));
        fill(stored, EVENTS, "done", NOW.minusSeconds(2 * 86_400));
        try (LeasingInbox inbox = Inbox.sqlite(file)) {
            Receiver receiver = receiver(inbox, () -> {});
            List<byte[]> bodies = bodies();
            double store = perEvent(() -> send(receiver, bodies));
            double repeat = perEvent(() -> send(receiver, bodies));
            double handle = perEvent(() -> handle(inbox, false));
            send(receiver, bodies());
            double ordered = perEvent(() -> handle(inbox, true));
            double forget = perEvent(() -> {
                int forgotten = inbox.purge(NOW.minusSeconds(86_400 * 30));
                if (forgotten != EVENTS) {
                    throw new IllegalStateException("expected to forget " + EVENTS + " but did " + forgotten);
                }
            });
            if (print) {
                System.gc();
                System.out.printf(
                        Locale.ROOT,
                        "| %d | %.1f | %.1f | %.1f | %.1f | %.1f | %.1f | %.0f |%n",
                        stored,
                        store,
                        repeat,
                        handle,
                        ordered,
                        forget,
                        ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed() / 1e6,
                        Idle.residentMegabytes(ProcessHandle.current().pid()));
            }
        }
    }

    private void idle() throws Exception {
        try (LeasingInbox inbox = Inbox.sqlite(file);
                Dispatcher dispatcher = dispatcher(inbox, false)) {
            dispatcher.start();
            long pid = ProcessHandle.current().pid();
            Thread.sleep(2000);
            int seconds = 10;
            long switches = Idle.wakeUps(pid, "");
            long ours = Idle.wakeUps(pid, "openlines-");
            long cpu = SYSTEM.getProcessCpuTime();
            Thread.sleep(seconds * 1000L);
            System.out.printf(
                    Locale.ROOT,
                    "Without work, in a second: %.1f wake-ups of our threads, %.1f of all threads, %.1f ms of CPU.%n",
                    (Idle.wakeUps(pid, "openlines-") - ours) / (double) seconds,
                    (Idle.wakeUps(pid, "") - switches) / (double) seconds,
                    (SYSTEM.getProcessCpuTime() - cpu) / 1e6 / seconds);
        }
    }

    private void backlog(long events) throws Exception {
        fill(events, 0, "waiting", NOW.minusSeconds(2 * 86_400));
        System.out.println("Events a second while a backlog of " + events + " is worked off, by its tenths:");
        try (LeasingInbox inbox = Inbox.sqlite(file);
                Dispatcher dispatcher = dispatcher(inbox, false)) {
            dispatcher.start();
            StringBuilder rates = new StringBuilder();
            for (int part = 1; part <= PARTS; part++) {
                long begun = System.nanoTime();
                long before = handled.sum();
                await(events * part / PARTS);
                rates.append(String.format(
                        Locale.ROOT, " %.0f", (handled.sum() - before) / ((System.nanoTime() - begun) / 1e9)));
            }
            System.out.println(rates.substring(1));
        }
    }

    private void await(long count) throws InterruptedException {
        while (handled.sum() < count) {
            Thread.sleep(1);
        }
    }

    private void handle(LeasingInbox inbox, boolean ordered) throws Exception {
        long before = handled.sum();
        try (Dispatcher dispatcher = dispatcher(inbox, ordered)) {
            dispatcher.start();
            await(before + EVENTS);
        }
    }

    private Dispatcher dispatcher(LeasingInbox inbox, boolean ordered) {
        return new Dispatcher(
                inbox,
                Handlers.all((event, context) -> handled.increment()),
                DispatchPolicy.DEFAULT.withOrdered(ordered),
                InstantSource.system(),
                Telemetry.none());
    }

    private static Receiver receiver(Inbox inbox, Runnable stored) {
        return new Receiver(
                inbox,
                inbox.portals().trust(ReceiveServer.MEMBER, Secret.of(ReceiveServer.TOKEN)),
                Limits.DEFAULT,
                InstantSource.system(),
                stored,
                Telemetry.none());
    }

    /** Stores events of the day that begins at a time, in portions, so that the log stays small. */
    private void fill(long events, long first, String state, Instant at) throws SQLException {
        if (!Files.exists(file)) {
            Inbox.sqlite(file).close();
        }
        long micros = SPREAD_MILLIS * 1000 / events;
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file)) {
            connection.setAutoCommit(false);
            try (PreparedStatement insert = connection.prepareStatement(FILL);
                    PreparedStatement ledger = connection.prepareStatement(FILL_LEDGER + " where id > ?")) {
                for (long done = 0; done < events; done += PORTION) {
                    long before;
                    try (var row =
                            connection.createStatement().executeQuery("select coalesce(max(id), 0) from inbox")) {
                        before = row.getLong(1);
                    }
                    insert.setLong(1, Math.min(PORTION, events - done));
                    insert.setLong(2, first + done);
                    insert.setString(3, state);
                    insert.setLong(4, at.toEpochMilli() + done * micros / 1000);
                    insert.setLong(5, micros);
                    insert.executeUpdate();
                    ledger.setLong(1, before);
                    ledger.executeUpdate();
                    connection.commit();
                }
            }
        }
    }

    private List<byte[]> bodies() {
        List<byte[]> bodies = new ArrayList<>(EVENTS);
        for (int i = 0; i < EVENTS; i++) {
            bodies.add(Receive.body(nextChat++, NOW.getEpochSecond()).getBytes(StandardCharsets.US_ASCII));
        }
        return bodies;
    }

    private static void send(Receiver receiver, List<byte[]> bodies) {
        for (int from = 0; from < bodies.size(); from += IN_FLIGHT) {
            List<CompletableFuture<Reply>> replies = new ArrayList<>(IN_FLIGHT);
            for (byte[] body : bodies.subList(from, Math.min(from + IN_FLIGHT, bodies.size()))) {
                replies.add(receiver.receive(
                                new RawDelivery("POST", "application/x-www-form-urlencoded", body, null, "127.0.0.1"))
                        .toCompletableFuture());
            }
            for (CompletableFuture<Reply> reply : replies) {
                if (reply.join().status() != 200) {
                    throw new IllegalStateException("expected 200 but found " + reply.join());
                }
            }
        }
    }

    /** Work that may throw. */
    private interface Work {
        void run() throws Exception;
    }

    private static double perEvent(Work work) throws Exception {
        long begun = SYSTEM.getProcessCpuTime();
        work.run();
        return (SYSTEM.getProcessCpuTime() - begun) / 1000.0 / EVENTS;
    }
}
