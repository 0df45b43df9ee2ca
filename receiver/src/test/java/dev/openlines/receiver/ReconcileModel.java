// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.receiver.ModelPortal.Close;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One random history: closes, resumes, returns, losses, delays of up to a day, duplicates, two subscriptions, the
 * offline queue, back-dated closes, purges, moves, restored backups, runs that fail or lose their lease, clocks and
 * offsets that change. At its end each close has been handled as often as it must. A restore undoes what came after its
 * backup: what was handled since is handled again once the operator accepts it, and not before.
 */
final class ReconcileModel {

    private static final ReconcileSettings SETTINGS = new ReconcileSettings(
            Duration.ofMinutes(15), Duration.ofMinutes(5), Duration.ofDays(35), Duration.ofDays(30), 1000);

    private static final int CHATS = 4;
    private static final int STEPS = 120;

    private final Random random;
    private final ModelPortal portal =
            new ModelPortal(Instant.ofEpochSecond(Instant.now().getEpochSecond()));
    private final @Nullable ModelFiles files;
    private final List<LeasingInbox> nodes = new ArrayList<>();
    private final List<Chat> chats = new ArrayList<>();
    private final List<Flight> flights = new ArrayList<>();
    private final Map<String, Close> closeOfKey = new HashMap<>();
    /** Counts how often each close was given to handlers, by session and time. */
    private final Map<String, Integer> handled = new TreeMap<>();

    /** The closes whose event came to the inbox. */
    private final Set<Close> arrived = new HashSet<>();

    private final List<String> history = new ArrayList<>();
    private Instant watermark = Instant.EPOCH;
    private @Nullable Backup backup;

    /** Set from a restore until the operator accepts what is missing. */
    private boolean held;

    /** Prepares a history with moves and restores. */
    ReconcileModel(long seed, ModelFiles files) {
        this(seed, 1, files::open, files);
    }

    /** Prepares a history over one store with several nodes. */
    ReconcileModel(long seed, int nodes, Supplier<LeasingInbox> stores) {
        this(seed, nodes, stores, null);
    }

    private ReconcileModel(long seed, int nodes, Supplier<LeasingInbox> stores, @Nullable ModelFiles files) {
        this.random = new Random(seed);
        this.files = files;
        for (int node = 0; node < nodes; node++) {
            this.nodes.add(stores.get());
        }
        for (int chat = 1; chat <= CHATS; chat++) {
            chats.add(new Chat(chat));
        }
    }

    private static final class Chat {
        private final long id;
        private long session;
        private boolean open;
        private long begunAt;
        private long closedAt;

        Chat(long id) {
            this.id = id;
        }
    }

    /** A copy of the inbox, and what had happened when it was made. */
    private record Backup(Path copy, Map<String, Integer> handled, Set<Close> arrived, Instant watermark) {}

    /** An event on its way. */
    private record Flight(long arrives, VerifiedDelivery delivery) {}

    List<String> history() {
        return history;
    }

    void run() {
        try {
            node().run(ModelPortal.MEMBER, false);
            portal.pass(Duration.ofMinutes(10));
            for (int step = 0; step < STEPS; step++) {
                portal.pass(Duration.ofSeconds(random.nextInt(4) > 0 ? random.nextInt(1200) : random.nextInt(12)));
                arrive();
                step();
            }
            finish();
        } finally {
            nodes.forEach(Inbox::close);
        }
    }

    private void step() {
        Chat chat = chats.get(random.nextInt(CHATS));
        switch (random.nextInt(12)) {
            case 0, 1, 2, 3, 4 -> talk(chat);
            case 5 -> resume(chat);
            case 6 -> backDate(chat);
            case 7, 8 -> compare(random.nextInt(5) == 0);
            case 9 -> purge();
            case 10 -> {
                if (random.nextInt(4) == 0) {
                    portal.offset = ZoneOffset.ofHours(2 + random.nextInt(2));
                    say("offset " + portal.offset);
                }
            }
            default -> {
                if (files != null) {
                    change(files);
                }
            }
        }
    }

    /** Moves the inbox, copies it, puts a copy back, or accepts what is missing since that. */
    private void change(ModelFiles of) {
        switch (random.nextInt(6)) {
            case 0, 1 -> move(of);
            case 2 -> backUp(of);
            case 3 -> restore(of);
            default -> {
                if (held) {
                    accept();
                }
            }
        }
    }

    private void say(String what) {
        history.add(portal.second() + " " + what);
    }

    private void talk(Chat chat) {
        long now = portal.second();
        if (!chat.open) {
            if (now - chat.closedAt >= 8) {
                chat.session = portal.begin(chat.id);
                chat.begunAt = now;
                chat.open = true;
                say("begin " + chat.session + " in " + chat.id);
            }
        } else if (now - Math.max(chat.begunAt, chat.closedAt) >= 8 && !anHourFromAnother(chat.id, now)) {
            Close close = portal.close(chat.session);
            chat.open = false;
            chat.closedAt = now;
            say("close " + close + " in " + chat.id);
            send(close);
        }
    }

    private void resume(Chat chat) {
        if (!chat.open && chat.session != 0 && portal.second() - chat.closedAt >= 8) {
            portal.resume(chat.session);
            chat.open = true;
            chat.begunAt = portal.second();
            say("resume " + chat.session);
        }
    }

    /** Closes a chat as for an operator who was dismissed: no event, and the time lies in the past. */
    private void backDate(Chat chat) {
        long now = portal.second();
        long least = chat.begunAt + 10;
        long at = least + random.nextInt((int) Math.max(1, Math.min(now - least, 200_000)));
        if (chat.open && now > least + 10 && !anHourFromAnother(chat.id, at)) {
            Close close = portal.close(chat.session, at);
            chat.open = false;
            chat.closedAt = now;
            say("back-date " + close + " in " + chat.id);
        }
    }

    /**
     * Returns whether another close is an hour away. Around a change of the offset, the two cannot be told from one
     * that was written wrongly.
     */
    private boolean anHourFromAnother(long chat, long at) {
        return portal.closes.stream()
                .anyMatch(close -> close.chat() == chat
                        && Math.abs(Math.abs(close.at() - at) - CloseMatching.HOUR) <= 2 * CloseMatching.WINDOW);
    }

    private void send(Close close) {
        if (random.nextInt(4) == 0) {
            say("lost " + close);
            return;
        }
        int after = random.nextInt(3);
        int subscriptions = 1 + random.nextInt(2);
        for (int subscription = 0; subscription < subscriptions; subscription++) {
            VerifiedDelivery event =
                    ModelPortal.event(close, after + (subscription == 0 ? 0 : random.nextInt(2)), 12 + subscription);
            fly(close, event);
            if (random.nextInt(5) == 0) {
                fly(close, event);
            }
        }
        if (random.nextInt(8) == 0) {
            VerifiedDelivery event = ModelPortal.event(close, after, 12);
            fly(
                    close,
                    new VerifiedDelivery(
                            VerifiedDelivery.stored(event.payload()),
                            event.memberId(),
                            1,
                            event.receivedAt(),
                            null,
                            Origin.OFFLINE,
                            null));
        }
    }

    private void fly(Close close, VerifiedDelivery event) {
        int kind = random.nextInt(10);
        long delay = kind < 6 ? random.nextInt(5) : kind < 9 ? random.nextInt(3600) : random.nextInt(86_400);
        closeOfKey.put(event.idempotencyKey(), close);
        flights.add(new Flight(portal.second() + delay, event));
        say("event of " + close + " ts " + event.sentAt().getEpochSecond() + " in " + delay + " s");
    }

    private void arrive() {
        for (Flight flight : List.copyOf(flights)) {
            if (flight.arrives() <= portal.second()) {
                flights.remove(flight);
                StoreResult result = Deliveries.store(nodes.get(random.nextInt(nodes.size())), flight.delivery());
                Close close =
                        Objects.requireNonNull(closeOfKey.get(flight.delivery().idempotencyKey()));
                arrived.add(close);
                say("arrives " + close + " " + result);
            }
        }
    }

    private Reconciler node() {
        // Our clock is wrong by up to five minutes.
        Duration wrong = Duration.ofSeconds(random.nextInt(600) - 300);
        return new Reconciler(
                nodes.get(random.nextInt(nodes.size())),
                portal,
                SETTINGS,
                () -> portal.now.plus(wrong),
                Telemetry.none());
    }

    private void compare(boolean sweep) {
        int kind = random.nextInt(6);
        if (kind == 0) {
            portal.failAt = portal.calls.get() + random.nextInt(3);
        }
        portal.limit = random.nextInt(3) == 0 ? 2 + random.nextInt(5) : 200;
        Runnable sleeps = kind == 1 ? this::endLeases : () -> {};
        portal.beforeAnswer = sleeps;
        int closes = held ? closes() : 0;
        try {
            node().run(ModelPortal.MEMBER, sweep).ifPresentOrElse(this::compared, () -> say("lease lost"));
        } catch (SessionsUnavailableException e) {
            say("compare failed");
        } finally {
            portal.failAt = Integer.MAX_VALUE;
            portal.beforeAnswer = () -> {};
            portal.limit = 200;
            endLeases();
        }
        if (held) {
            assertThat(closes()).as("nothing is stored until it is accepted").isEqualTo(closes);
        }
    }

    private int closes() {
        return ((SqlInbox) nodes.get(0)).run(connection -> {
            try (var statement = connection.createStatement();
                    var row = statement.executeQuery("select count(*) from session_close")) {
                row.next();
                return row.getInt(1);
            }
        });
    }

    private void compared(Reconciler.Report report) {
        say("compared " + report);
        assertThat(report.watermark()).as("P4").isAfterOrEqualTo(watermark);
        watermark = report.watermark();
    }

    /** Ends the leases: the node sleeps too long. */
    private void endLeases() {
        ((SqlInbox) nodes.get(0)).run(connection -> {
            try (var statement = connection.createStatement()) {
                return statement.executeUpdate("update reconcile_state set lease_until = 0");
            }
        });
    }

    private void handle() {
        Instant now = portal.now.plus(Duration.ofDays(400));
        for (LeasingInbox node : nodes) {
            List<LeasedDelivery> leased;
            do {
                leased = node.lease(
                        new LeaseRequest("t", 500, now, now.plusSeconds(60), now.plus(Duration.ofDays(400)), false));
                for (LeasedDelivery lease : leased) {
                    String close = lease.origin() == Origin.RECONCILED
                            ? lease.sessionId() + "@" + lease.closedAt().getEpochSecond()
                            : String.valueOf(closeOfKey.get(lease.idempotencyKey()));
                    handled.merge(close, 1, Integer::sum);
                    say("handled " + close + " " + lease.origin());
                    node.settle(lease, new Settlement.Done(), now)
                            .toCompletableFuture()
                            .join();
                }
            } while (!leased.isEmpty());
        }
    }

    private void purge() {
        handle();
        say("purged " + nodes.get(0).purge(portal.now.plus(Duration.ofDays(500))));
        Reconciler.forget(nodes.get(0), portal.now);
    }

    private void move(ModelFiles of) {
        LeasingInbox old = nodes.remove(0);
        LeasingInbox next = of.open();
        InboxMove move = new InboxMove(old, next, () -> portal.now.plus(Duration.ofDays(400)));
        say("moved " + move.events() + " and " + move.closes());
        old.close();
        nodes.add(next);
    }

    private void backUp(ModelFiles of) {
        backup = new Backup(of.backup(), Map.copyOf(handled), Set.copyOf(arrived), watermark);
        say("backed up");
    }

    private void restore(ModelFiles of) {
        Backup last = backup;
        if (last == null) {
            return;
        }
        nodes.remove(0).close();
        boolean elsewhere = random.nextBoolean();
        nodes.add(of.restore(last.copy(), elsewhere));
        handled.clear();
        handled.putAll(last.handled());
        arrived.clear();
        arrived.addAll(last.arrived());
        watermark = last.watermark();
        held = true;
        say("restored" + (elsewhere ? " elsewhere" : ""));
        assertThat(stateOfPortal().held())
                .isEqualTo(
                        elsewhere ? "the inbox was copied from another place" : "the inbox was restored from a backup");
    }

    private ReconcileStore.State stateOfPortal() {
        return new ReconcileStore((SqlInbox) nodes.get(0), Duration.ofMinutes(5), null).state(ModelPortal.MEMBER);
    }

    /** Looks at a dry run and accepts what is missing, as the command {@code reconcile} does. */
    private void accept() {
        Reconciler node = node();
        node.accept(ModelPortal.MEMBER, node.dryRun(ModelPortal.MEMBER).portalTime());
        held = false;
        say("accepted");
        compared(node.run(ModelPortal.MEMBER, true).orElseThrow());
    }

    private void finish() {
        portal.pass(Duration.ofDays(1));
        arrive();
        portal.pass(Duration.ofMinutes(20));
        say("end");
        for (boolean sweep : new boolean[] {false, true, false}) {
            Reconciler.Report report = node().run(ModelPortal.MEMBER, sweep).orElseThrow();
            say("compared " + report);
            if (report.doubt() != null) {
                accept();
            }
        }
        handle();
        for (Close close : portal.closes) {
            int times = handled.getOrDefault(close.toString(), 0);
            assertThat(times).as("P2: %s has one effect at most", close).isLessThanOrEqualTo(1);
            if (arrived.contains(close) || portal.lists(close)) {
                assertThat(times).as("P1, P3: %s is handled", close).isEqualTo(1);
            }
        }
        assertThat(handled.keySet())
                .as("nothing that was no close")
                .isSubsetOf(portal.closes.stream().map(Close::toString).toList());
    }
}
