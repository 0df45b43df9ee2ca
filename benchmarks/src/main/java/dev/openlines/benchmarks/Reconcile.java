// SPDX-License-Identifier: Apache-2.0
package dev.openlines.benchmarks;

import com.sun.management.OperatingSystemMXBean;
import dev.openlines.client.OpenLines;
import dev.openlines.client.RestClient;
import dev.openlines.client.SessionFilter;
import dev.openlines.client.SessionPage;
import dev.openlines.model.Secret;
import dev.openlines.parser.Limits;
import dev.openlines.portal.Portal;
import dev.openlines.portal.PortalChat;
import dev.openlines.portal.PortalLine;
import dev.openlines.portal.PortalServer;
import dev.openlines.portal.PortalSetup;
import dev.openlines.receiver.ClosedSession;
import dev.openlines.receiver.ClosedSessions;
import dev.openlines.receiver.Inbox;
import dev.openlines.receiver.LeasingInbox;
import dev.openlines.receiver.Portals;
import dev.openlines.receiver.RawDelivery;
import dev.openlines.receiver.Receiver;
import dev.openlines.receiver.ReconcileSettings;
import dev.openlines.receiver.Reconciler;
import dev.openlines.receiver.Reply;
import dev.openlines.receiver.Telemetry;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Measures the cost of reconciling over SQLite: ten thousand sessions of a portal that limits calls; a run that finds
 * nothing beside few and beside many stored closes, while other events come; and storing the event of a closed chat
 * beside another event of the same size, with and without closes that wait for theirs.
 */
public final class Reconcile {

    private static final int SESSIONS = 10_000;
    private static final int PORTALS = 100;
    private static final int EVENTS = 20_000;
    private static final int AT_ONCE = 64;
    private static final String TOKEN = "51856fefc120afa4b628cc82d3935cce";

    private static final OperatingSystemMXBean PROCESS =
            (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();

    private final Path directory;
    private final int rounds;
    private final AtomicLong chats = new AtomicLong(1_000_000);

    private Reconcile(Path directory, int rounds) {
        this.directory = directory;
        this.rounds = rounds;
    }

    /**
     * Measures and prints.
     *
     * @param args rounds (5), and what: {@code sessions}, {@code nothing} or {@code storing}; all by default
     * @throws Exception if it cannot
     */
    public static void main(String[] args) throws Exception {
        Path directory = Files.createTempDirectory("openlines-reconcile");
        try {
            Reconcile reconcile = new Reconcile(directory, args.length > 0 ? Integer.parseInt(args[0]) : 5);
            String what = args.length > 1 ? args[1] : "";
            if (what.isEmpty() || what.equals("sessions")) {
                reconcile.manySessions();
            }
            if (what.isEmpty() || what.equals("nothing")) {
                reconcile.nothingMissing();
            }
            if (what.isEmpty() || what.equals("storing")) {
                reconcile.storing();
            }
        } finally {
            try (var files = Files.list(directory)) {
                for (Path file : files.toList()) {
                    Files.delete(file);
                }
            }
            Files.delete(directory);
        }
    }

    /** Compares ten thousand closes without an event, from a portal that takes two calls a second and fifty at once. */
    private void manySessions() throws Exception {
        try (PortalServer server = PortalServer.start();
                LeasingInbox inbox = Inbox.sqlite(directory.resolve("many.db"))) {
            Portal portal = server.portal(PortalSetup.minted().label("shop"));
            RestClient client = RestClient.builder().allowLoopback().build();
            AtomicReference<OpenLines> lines =
                    new AtomicReference<>(client.portal(portal.restUri(), portal.accessToken())
                            .yielding()
                            .openLines());
            ClosedSessions sessions = new OfOnePortal(portal.memberId()) {
                @Override
                public Page list(Query query) {
                    SessionPage page = lines.get()
                            .sessionPage(SessionFilter.closed(query.from(), query.to())
                                    .offset(query.offset())
                                    .limit(query.limit()));
                    return new Page(
                            page.sessions().stream()
                                    .map(one -> new ClosedSession(
                                            one.id(),
                                            one.chatId(),
                                            one.lineId(),
                                            one.userId(),
                                            one.source().code(),
                                            one.createdAt(),
                                            one.closedAt(),
                                            one.status().code()))
                                    .toList(),
                            page.hasNextPage(),
                            Objects.requireNonNull(page.answeredAt()));
                }
            };
            ReconcileSettings usual = ReconcileSettings.DEFAULT;
            ReconcileSettings settings =
                    new ReconcileSettings(usual.interval(), usual.grace(), usual.sweep(), usual.maxAge(), 2 * SESSIONS);
            portal.clock().freeze();
            Reconciler reconciler = new Reconciler(inbox, sessions, settings, InstantSource.system(), Telemetry.none());
            reconciler.run(portal.memberId(), false);
            PortalLine line = portal.openLine("Support");
            for (int i = 0; i < SESSIONS; i++) {
                PortalChat chat = line.openChat();
                chat.close();
                if (i % 10 == 0) {
                    portal.clock().advance(Duration.ofSeconds(1));
                }
            }
            portal.clock().run();
            portal.clock().advance(Duration.ofSeconds(SESSIONS / 10 + 600));
            lines.set(client.portal(portal.restUri(), portal.accessToken())
                    .yielding()
                    .openLines());
            portal.limits().leakyBucket(2, 50);
            long begun = System.nanoTime();
            Reconciler.Report report = reconciler.run(portal.memberId(), false).orElseThrow();
            System.out.printf(
                    Locale.ROOT,
                    "%d sessions compared, %d missing stored, %d calls at 2 a second and 50 at once: %.1f s%n",
                    report.compared(),
                    report.missing(),
                    report.calls(),
                    (System.nanoTime() - begun) / 1e9);
        }
    }

    /** Measures a run that finds nothing, beside a thousand and beside a million closes. */
    private void nothingMissing() throws Exception {
        long[] few = new long[rounds * 40];
        long[] many = new long[rounds * 40];
        try (Stored one = new Stored("few.db", 1000);
                Stored other = new Stored("lots.db", 1_000_000)) {
            try (Stored.Traffic traffic = one.traffic();
                    Stored.Traffic otherTraffic = other.traffic()) {
                for (int i = -20; i < few.length; i++) {
                    long first = one.run();
                    long second = other.run();
                    if (i >= 0) {
                        few[i] = first;
                        many[i] = second;
                    }
                }
                traffic.check();
                otherTraffic.check();
            }
        }
        System.out.printf(
                Locale.ROOT,
                "a run that finds nothing, beside %d portals with 1000 other events a minute: %s with 1000 closes, %s"
                        + " with 1000000 (median, and the middle half, of %d); %.2f times%n",
                PORTALS,
                middle(few, 1e6, "ms"),
                middle(many, 1e6, "ms"),
                few.length,
                (double) median(many) / median(few));
    }

    /** Stores an event of a closed chat and one of an opened chat, in turn: the time, and the CPU time of the process. */
    private void storing() throws Exception {
        for (int open : new int[] {0, 100_000}) {
            Round[] finish = new Round[rounds];
            Round[] start = new Round[rounds];
            try (Stored stored = new Stored("store-" + open + ".db", 0)) {
                stored.open(open);
                for (int round = -1; round < rounds; round++) {
                    Round first = stored.store("ONSESSIONFINISH");
                    Round second = stored.store("ONSESSIONSTART");
                    if (round >= 0) {
                        finish[round] = first;
                        start[round] = second;
                    }
                }
            }
            told(
                    "time",
                    open,
                    Arrays.stream(finish).mapToLong(Round::time).toArray(),
                    Arrays.stream(start).mapToLong(Round::time).toArray());
            told(
                    "CPU",
                    open,
                    Arrays.stream(finish).mapToLong(Round::cpu).toArray(),
                    Arrays.stream(start).mapToLong(Round::cpu).toArray());
        }
    }

    private void told(String what, int open, long[] finish, long[] start) {
        double[] ratios = new double[finish.length];
        for (int i = 0; i < ratios.length; i++) {
            ratios[i] = (double) finish[i] / start[i];
        }
        Arrays.sort(ratios);
        System.out.printf(
                Locale.ROOT,
                "storing an event, %d at once, %d closes wait for theirs, %s: OnSessionFinish %s, OnSessionStart %s"
                        + " (%d rounds of %d each); %.2f times, %.2f to %.2f by round%n",
                AT_ONCE,
                open,
                what,
                middle(finish, 1e3 * EVENTS, "µs"),
                middle(start, 1e3 * EVENTS, "µs"),
                rounds,
                EVENTS,
                ratios[ratios.length / 2],
                ratios[0],
                ratios[ratios.length - 1]);
    }

    /** Holds the cost of one round of storing, in nanoseconds. */
    private record Round(long time, long cpu) {}

    private static long median(long[] values) {
        long[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }

    private static String middle(long[] values, double unit, String name) {
        long[] sorted = values.clone();
        Arrays.sort(sorted);
        return String.format(
                Locale.ROOT,
                "%.2f %s (%.2f to %.2f)",
                sorted[sorted.length / 2] / unit,
                name,
                sorted[sorted.length / 4] / unit,
                sorted[sorted.length * 3 / 4] / unit);
    }

    private abstract static class OfOnePortal implements ClosedSessions {
        private final String memberId;

        OfOnePortal(String memberId) {
            this.memberId = memberId;
        }

        @Override
        public Set<String> portals() {
            return Set.of(memberId);
        }
    }

    /** An inbox with closes of a hundred portals, and a receiver over it. */
    private final class Stored implements AutoCloseable {

        private final Path file;
        private final LeasingInbox inbox;
        private final Receiver receiver;
        private final Reconciler reconciler;

        Stored(String name, int closes) throws Exception {
            file = directory.resolve(name);
            inbox = Inbox.sqlite(file);
            Portals portals = new Portals();
            for (int portal = 0; portal < PORTALS; portal++) {
                portals.trust(member(portal), Secret.of(TOKEN));
            }
            receiver = new Receiver(inbox, portals, Limits.DEFAULT, InstantSource.system(), () -> {}, Telemetry.none());
            Instant now = Instant.now();
            // Each portal's closes of the last 30 days, the latest of them as old as the grace.
            fill(closes, now.getEpochSecond() - 600);
            List<ClosedSession> listed = listed(closes, now);
            reconciler = new Reconciler(
                    inbox,
                    new OfOnePortal(member(0)) {
                        @Override
                        public Page list(Query query) {
                            return new Page(
                                    listed.stream()
                                            .filter(one ->
                                                    !one.closedAt().toInstant().isBefore(query.from()))
                                            .toList(),
                                    false,
                                    Instant.now());
                        }
                    },
                    ReconcileSettings.DEFAULT,
                    InstantSource.system(),
                    Telemetry.none());
        }

        private static String member(int portal) {
            return "%032x".formatted(portal + 1);
        }

        /** Writes into the table: to send as many events would take longer than all that is measured. */
        private void fill(int closes, long latest) throws Exception {
            execute("insert into session_close (member_id, at, chat_id, event_key, state, origin, handler_id, line_id,"
                    + " user_id, connector, utc_offset, hour, recorded_at, session_id, closed_at)"
                    + " with recursive n (i) as (select 0 union all select i + 1 from n where i + 1 < " + closes + ")"
                    + " select printf('%032x', i % " + PORTALS + " + 1), " + latest + " - (i / " + PORTALS + ") * "
                    + step(closes) + ", i + 1, printf('%064x', i), 'COUNTED', 'event', 12, 1, 10, 'livechat', 0, 0, "
                    + latest + " * 1000, i + 1, " + latest + " - (i / " + PORTALS + ") * " + step(closes)
                    + " from n where " + closes + " > 0");
        }

        private static long step(int closes) {
            return Math.max(1, Duration.ofDays(30).toSeconds() / Math.max(1, closes / PORTALS));
        }

        /** Returns the portal's list: the same ten closes, whatever is stored. */
        private List<ClosedSession> listed(int closes, Instant now) {
            List<ClosedSession> listed = new ArrayList<>();
            for (int i = 0; i < Math.min(10, closes / PORTALS); i++) {
                listed.add(new ClosedSession(
                        (long) i * PORTALS + 1,
                        (long) i * PORTALS + 1,
                        1,
                        10,
                        "livechat",
                        null,
                        Instant.ofEpochSecond(now.getEpochSecond() - 600 - i * step(closes))
                                .atOffset(ZoneOffset.UTC),
                        "closed"));
            }
            return listed;
        }

        /** Adds closes that were found and whose event may still come. */
        void open(int count) throws Exception {
            execute("insert into session_close (member_id, at, chat_id, event_key, state, origin, handler_id, line_id,"
                    + " user_id, connector, utc_offset, hour, recorded_at, session_id, closed_at)"
                    + " with recursive n (i) as (select 0 union all select i + 1 from n where i + 1 < " + count + ")"
                    + " select printf('%032x', 1), 1700000000 + i, i + 1, printf('o%063x', i), 'OPEN', 'reconciled', 0,"
                    + " 1, 10, 'livechat', 0, 0, 0, i + 1, 1700000000 + i from n where " + count + " > 0");
        }

        private void execute(String sql) throws Exception {
            try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
                    Statement statement = connection.createStatement()) {
                statement.executeUpdate(sql);
            }
        }

        long run() {
            long begun = System.nanoTime();
            Reconciler.Report report = reconciler.run(member(0), false).orElseThrow();
            long took = System.nanoTime() - begun;
            if (report.missing() > 0 || report.doubt() != null) {
                throw new IllegalStateException("expected nothing to be missing but found " + report);
            }
            return took;
        }

        /** Stores events that differ, as many at once as sixty-four connections send. */
        Round store(String event) {
            List<byte[]> bodies = new ArrayList<>(EVENTS);
            for (int i = 0; i < EVENTS; i++) {
                bodies.add(body(member(0), event));
            }
            long begun = System.nanoTime();
            long used = PROCESS.getProcessCpuTime();
            for (int from = 0; from < EVENTS; from += AT_ONCE) {
                List<CompletableFuture<Reply>> replies = new ArrayList<>(AT_ONCE);
                for (byte[] body : bodies.subList(from, Math.min(EVENTS, from + AT_ONCE))) {
                    replies.add(receive(body));
                }
                replies.forEach(CompletableFuture::join);
            }
            return new Round(System.nanoTime() - begun, PROCESS.getProcessCpuTime() - used);
        }

        private CompletableFuture<Reply> receive(byte[] body) {
            return receiver.receive(new RawDelivery("POST", "application/x-www-form-urlencoded", body))
                    .thenApply(reply -> {
                        if (reply.status() != 200) {
                            throw new IllegalStateException("expected 200 but found " + reply.status());
                        }
                        return reply;
                    })
                    .toCompletableFuture();
        }

        private byte[] body(String memberId, String event) {
            long chat = chats.incrementAndGet();
            return ("event=" + event + "&event_handler_id=12"
                            + "&data%5BDATA%5D%5Bconnector%5D%5Bconnector_id%5D=livechat"
                            + "&data%5BDATA%5D%5Bconnector%5D%5Bline_id%5D=7"
                            + "&data%5BDATA%5D%5Bconnector%5D%5Bchat_id%5D=" + chat
                            + "&data%5BDATA%5D%5Bconnector%5D%5Buser_id%5D=10"
                            + "&data%5BDATA%5D%5Bchat%5D%5Bchat_id%5D=" + chat
                            + "&data%5BDATA%5D%5Bline%5D%5Bid%5D=7&data%5BDATA%5D%5Bline%5D%5Bname%5D=Support"
                            + "&ts=" + Instant.now().getEpochSecond() + "&auth%5Bmember_id%5D=" + memberId
                            + "&auth%5Bapplication_token%5D=" + TOKEN)
                    .getBytes(StandardCharsets.UTF_8);
        }

        /** Sends a thousand events a minute that are no closes, over all portals. */
        Traffic traffic() {
            return new Traffic();
        }

        private final class Traffic implements AutoCloseable {

            private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
            private final AtomicReference<Throwable> failure = new AtomicReference<>();
            private int next;

            Traffic() {
                timer.scheduleAtFixedRate(this::send, 0, 60, TimeUnit.MILLISECONDS);
            }

            private void send() {
                receive(body(member(next++ % PORTALS), "ONSESSIONSTART")).whenComplete((reply, failed) -> {
                    if (failed != null) {
                        failure.set(failed);
                    }
                });
            }

            void check() {
                if (failure.get() != null) {
                    throw new IllegalStateException("the traffic has stopped", failure.get());
                }
            }

            @Override
            public void close() {
                timer.shutdownNow();
            }
        }

        @Override
        public void close() {
            inbox.close();
        }
    }
}
