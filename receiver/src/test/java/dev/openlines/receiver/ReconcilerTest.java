// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.openlines.receiver.SessionsUnavailableException.Reason;
import dev.openlines.testkit.Await;
import dev.openlines.testkit.LogRecords;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** When portals are compared, and what keeps one from it. */
@Timeout(300)
class ReconcilerTest {

    @TempDir
    Path directory;

    private final ModelPortal portal =
            new ModelPortal(Instant.ofEpochSecond(Instant.now().getEpochSecond()));
    private final List<Reason> impossible = new ArrayList<>();
    private final Telemetry telemetry = new Telemetry() {
        @Override
        public void replied(Reply reply, Duration took) {}

        @Override
        public void attempted(String outcome, Duration took) {}

        @Override
        public void notReconciled(String memberId, Reason reason) {
            impossible.add(reason);
        }
    };

    private LeasingInbox sqlite() {
        return Inbox.sqlite(directory.resolve("inbox.db"));
    }

    private Reconciler reconciler(LeasingInbox inbox) {
        return new Reconciler(inbox, portal, ReconcileSettings.DEFAULT, () -> portal.now, telemetry);
    }

    @Test
    void aPortalIsComparedWhenItIsDueAndNotBefore() {
        try (LeasingInbox inbox = sqlite()) {
            Reconciler reconciler = reconciler(inbox);
            reconciler.tick(false);
            int first = portal.calls.get();
            assertThat(first).as("a narrow run and a sweep").isEqualTo(2);

            reconciler.tick(false);
            assertThat(portal.calls.get()).isEqualTo(first);

            due((SqlInbox) inbox);
            reconciler.tick(false);
            assertThat(portal.calls.get()).as("a narrow run").isEqualTo(first + 1);

            reconciler.tick(true);
            assertThat(portal.calls.get()).as("woken").isEqualTo(first + 2);
        }
    }

    @Test
    void anIdlePortalIsComparedLessOftenUntilItsNextEvent() {
        try (LeasingInbox inbox = sqlite()) {
            SqlInbox sql = (SqlInbox) inbox;
            Reconciler reconciler = reconciler(inbox);
            List<Double> hours = new ArrayList<>();
            for (int run = 0; run < 7; run++) {
                due(sql);
                long before = Instant.now().toEpochMilli();
                reconciler.tick(false);
                ReconcileStore.State state =
                        new ReconcileStore(sql, Duration.ofMinutes(1), null).state(ModelPortal.MEMBER);
                hours.add((state.nextAt().toEpochMilli() - before) / 3_600_000.0);
            }
            assertThat(hours.get(0)).isBetween(0.4, 0.7);
            assertThat(hours.get(6)).isBetween(5.3, 6.7);

            int calls = portal.calls.get();
            portal.pass(Duration.ofMinutes(20));
            // It was received by the clock of these tests, which is ahead of the database's.
            Deliveries.store(inbox, ModelPortal.event(5, portal.second(), 12));
            reconciler.tick(false);
            assertThat(portal.calls.get()).isEqualTo(calls + 1);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "PT15M, 1, PT3M45S", "PT15M, 2, PT7M30S", "PT15M, 3, PT15M", "PT15M, 4, PT30M", "PT15M, 5, PT1H",
        "PT15M, 6, PT1H", "PT15M, 1000, PT1H", "PT2H, 1, PT30M", "PT2H, 5, PT8H", "PT1S, 1, PT0.25S"
    })
    void afterEachFailureThePortalIsAskedLater(Duration interval, int times, Duration wait) {
        assertThat(Reconciler.afterFailure(interval, times)).isEqualTo(wait);
    }

    @ParameterizedTest
    @CsvSource({
        "PT15M, 0, PT15M",
        "PT15M, 1, PT30M",
        "PT15M, 2, PT1H",
        "PT15M, 4, PT4H",
        "PT15M, 5, PT6H",
        "PT15M, 20, PT6H",
        "PT4H, 1, PT6H",
        "PT6H, 3, PT6H",
        "PT12H, 0, PT12H",
        "PT12H, 7, PT12H"
    })
    void afterEachIdleRunThePortalIsAskedLaterUpToSixHours(Duration interval, int idle, Duration wait) {
        assertThat(Reconciler.afterIdle(interval, idle)).isEqualTo(wait);
    }

    @Test
    void eachWaitIsUpToATenthShorterOrLonger() {
        Duration wait = Duration.ofMinutes(10);

        assertThat(Reconciler.jittered(wait, () -> 0)).isEqualTo(Duration.ofMinutes(9));
        assertThat(Reconciler.jittered(wait, () -> Long.MIN_VALUE)).isBetween(wait.minusMillis(1), wait);
        assertThat(Reconciler.jittered(wait, () -> -1))
                .isBetween(Duration.ofMinutes(11).minusMillis(1), Duration.ofMinutes(11));
    }

    @Test
    void aPortalIsNotAskedBeforeTheTimeThatItWants() {
        try (LeasingInbox inbox = sqlite()) {
            portal.failure = new SessionsUnavailableException(Reason.THROTTLED, Duration.ofHours(5), null);
            long before = Instant.now().toEpochMilli();

            reconciler(inbox).tick(false);

            ReconcileStore.State state =
                    new ReconcileStore((SqlInbox) inbox, Duration.ofMinutes(1), null).state(ModelPortal.MEMBER);
            // The database's clock has milliseconds of its own.
            assertThat(state.nextAt().toEpochMilli() - before)
                    .isGreaterThan(Duration.ofHours(5).minusSeconds(2).toMillis());
        }
    }

    @Test
    void aPortalThatCannotListIsToldOnceADayAndDisturbsNoEvent() {
        for (Reason reason : EnumSet.allOf(Reason.class)) {
            try (LeasingInbox inbox = Inbox.sqlite(directory.resolve(reason + ".db"))) {
                Reconciler reconciler = reconciler(inbox);
                portal.failure = new SessionsUnavailableException(reason, null, null);
                impossible.clear();
                due((SqlInbox) inbox);
                reconciler.tick(true);
                assertThat(impossible).containsExactly(reason);
                assertThat(Deliveries.store(inbox, ModelPortal.event(5, portal.second(), 12)))
                        .isEqualTo(StoreResult.STORED);
                assertThatThrownBy(() -> reconciler.run(ModelPortal.MEMBER, false))
                        .isInstanceOf(SessionsUnavailableException.class)
                        .hasMessage(reason.remedy());
                portal.failure = null;
                assertThat(reconciler.run(ModelPortal.MEMBER, false))
                        .as("the lease was given back")
                        .isPresent();
            }
        }
    }

    /** Portals that block in a call, or fail at once, beside one that answers. */
    private final class Silent implements ClosedSessions {

        private final CountDownLatch answer = new CountDownLatch(1);
        private final AtomicInteger asked = new AtomicInteger();
        private final Set<String> silent = new TreeSet<>();
        private volatile boolean fails;

        Silent(int count) {
            for (int i = 0; i < count; i++) {
                // Before the other in every order of names.
                silent.add("%032x".formatted(i));
            }
        }

        @Override
        public Set<String> portals() {
            Set<String> all = new TreeSet<>(silent);
            all.addAll(portal.portals());
            return all;
        }

        @Override
        public Page list(Query query) {
            if (!silent.contains(query.memberId())) {
                return portal.list(query);
            }
            asked.incrementAndGet();
            try {
                if (!fails) {
                    answer.await();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            throw new SessionsUnavailableException(Reason.AWAY, null, null);
        }
    }

    @Test
    void aPortalThatFallsSilentHoldsUpNoOther() {
        Silent sessions = new Silent(1);
        try (LeasingInbox inbox = sqlite();
                Reconciler reconciler =
                        new Reconciler(inbox, sessions, ReconcileSettings.DEFAULT, () -> portal.now, telemetry)) {
            reconciler.start();
            Await.until("the silent portal is asked", () -> sessions.asked.get() == 1);
            await(2);
            reconciler.wake();
            await(3);
            assertThat(sessions.asked).as("its call is still under way").hasValue(1);
        }
    }

    @Test
    void manyPortalsThatStaySilentWaitForEachOtherOnly() {
        Silent sessions = new Silent(20);
        try (LeasingInbox inbox = sqlite();
                Reconciler reconciler =
                        new Reconciler(inbox, sessions, ReconcileSettings.DEFAULT, () -> portal.now, telemetry)) {
            sessions.fails = true;
            reconciler.tick(true);
            assertThat(sessions.asked).hasValue(20);
            assertThat(portal.calls.get()).isEqualTo(2);

            sessions.fails = false;
            reconciler.wake();
            reconciler.start();
            Await.until("a silent portal is asked", () -> sessions.asked.get() == 21);
            await(3);
            reconciler.wake();
            await(4);
            assertThat(sessions.asked).as("one at a time").hasValue(21);
        }
    }

    @Test
    void nothingIsComparedWhileTheSpoolHoldsEvents() throws Exception {
        try (LeasingInbox spooling = Inbox.spooled(sqlite(), directory.resolve("spool"));
                Connection other = DriverManager.getConnection("jdbc:sqlite:" + directory.resolve("inbox.db"));
                Statement statement = other.createStatement()) {
            Reconciler reconciler = reconciler(spooling);
            // Another process that has the file locked.
            statement.execute("begin immediate");
            assertThat(Deliveries.store(spooling, ModelPortal.event(5, portal.second(), 12)))
                    .isEqualTo(StoreResult.STORED);
            reconciler.tick(true);
            assertThat(portal.calls.get()).isZero();

            statement.execute("rollback");
            Await.until("the spool is empty", () -> !((SpoolingInbox) spooling).holdsEvents());
            reconciler.tick(true);
            assertThat(portal.calls.get()).isPositive();
        }
    }

    @Test
    void anInboxWithoutALedgerIsRefused() {
        LeasingInbox none = new WatchedInbox(sqlite());
        try (none) {
            assertThatThrownBy(() -> reconciler(none))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("reconciling needs an inbox in SQLite or PostgreSQL");
        }
    }

    @Test
    void settingsThatWouldLoseOrDoubleClosesAreRefused() {
        ReconcileSettings good = ReconcileSettings.DEFAULT;
        assertThatThrownBy(() -> new ReconcileSettings(
                        good.interval(), Duration.ofSeconds(179), good.sweep(), good.maxAge(), good.doubtAbove()))
                .hasMessage("a grace of PT2M59S is too short: events need at least PT3M");
        assertThatThrownBy(() -> new ReconcileSettings(
                        good.interval(), good.grace(), Duration.ofDays(36), good.maxAge(), good.doubtAbove()))
                .hasMessage("a sweep of PT864H is not possible: from one day to PT840H");
    }

    @Test
    void theThreadComparesAtItsStartAndWhenItIsWoken() throws Exception {
        try (LeasingInbox inbox = sqlite();
                Reconciler reconciler = reconciler(inbox).start()) {
            await(2);
            reconciler.wake();
            await(3);
        }
    }

    @Test
    void aNodeThatDiedWhileItComparedDelaysNoOther() {
        try (LeasingInbox inbox = sqlite()) {
            Reconciler reconciler = reconciler(inbox);
            reconciler.tick(false);
            ReconcileStore store = new ReconcileStore((SqlInbox) inbox, Duration.ofMinutes(5), null);
            assertThat(store.acquire(ModelPortal.MEMBER, "dead", true)).isPresent();
            int before = portal.calls.get();

            reconciler.tick(true);
            assertThat(portal.calls.get()).as("the dead node has the lease").isEqualTo(before);
            endLeases((SqlInbox) inbox);
            reconciler.tick(false);
            assertThat(portal.calls.get()).as("woken before").isEqualTo(before + 1);
            reconciler.tick(false);
            assertThat(portal.calls.get()).as("compared since").isEqualTo(before + 1);

            assertThat(store.acquire(ModelPortal.MEMBER, "dead", true)).isPresent();
        }
        // On SQLite no other process can have it.
        try (LeasingInbox inbox = sqlite()) {
            int before = portal.calls.get();
            reconciler(inbox).tick(true);
            assertThat(portal.calls.get()).isEqualTo(before + 1);
        }
    }

    @Test
    void aNodeThatLostItsLeaseSaysSoAndMakesNoCallWhileTheOtherHasIt() {
        try (LeasingInbox inbox = sqlite()) {
            SqlInbox sql = (SqlInbox) inbox;
            Reconciler reconciler = reconciler(inbox);
            reconciler.tick(false);
            ReconcileStore store = new ReconcileStore(sql, Duration.ofMinutes(5), null);
            AtomicInteger taken = new AtomicInteger();
            portal.beforeAnswer = () -> {
                endLeases(sql);
                taken.addAndGet(store.acquire(ModelPortal.MEMBER, "other", true).isPresent() ? 1 : 0);
            };
            int before = portal.calls.get();
            List<String> log = LogRecords.of(() -> assertThat(reconciler.run(ModelPortal.MEMBER, false))
                    .as("what the command tells the operator")
                    .isEmpty());
            assertThat(taken).hasValue(1);
            assertThat(log).anyMatch(line -> line.endsWith("reason=reconcile-lost portal=" + ModelPortal.MEMBER));

            due(sql);
            reconciler.tick(false);
            reconciler.tick(true);
            assertThat(portal.calls).hasValue(before + 1);
        }
    }

    /** Checks that no other node and no command waits for the end of a lease that is not used. */
    @Test
    void aFailureThatMustNotBeGivesTheLeaseBackAndThePortalIsAskedLater() {
        try (LeasingInbox inbox = sqlite()) {
            Reconciler reconciler = reconciler(inbox);
            for (Throwable failure : List.of(new IllegalStateException("a test"), new LinkageError("a test"))) {
                portal.beforeAnswer = () -> ReconcilerTest.<RuntimeException>fail(failure);
                assertThatThrownBy(() -> reconciler.run(ModelPortal.MEMBER, false))
                        .isSameAs(failure);
            }
            int calls = portal.calls.get();
            List<String> log = LogRecords.of(() -> reconciler.tick(true));
            assertThat(log).anyMatch(line -> line.endsWith("reason=reconcile-failed portal=" + ModelPortal.MEMBER));
            assertThat(portal.calls).as("woken").hasValue(calls + 1);

            reconciler.tick(false);
            assertThat(portal.calls).as("its wait counts, however it was woken").hasValue(calls + 1);
            portal.beforeAnswer = () -> {};
            assertThat(reconciler.run(ModelPortal.MEMBER, false))
                    .as("the lease was given back")
                    .isPresent();
        }
    }

    @SuppressWarnings("unchecked")
    private static <E extends Throwable> void fail(Throwable failure) throws E {
        throw (E) failure;
    }

    @Test
    void writesToTheLedgerWaitForOtherConnections() throws Exception {
        try (LeasingInbox inbox = sqlite();
                LeasingInbox source = Inbox.sqlite(directory.resolve("source.db"))) {
            SqlInbox sql = (SqlInbox) inbox;
            for (int chat = 1; chat <= 20; chat++) {
                Deliveries.store(source, ModelPortal.event(chat, portal.second(), 12));
            }
            settleAll(source);
            ReconcileStore store = new ReconcileStore(sql, Duration.ofMinutes(1), null);
            store.state(ModelPortal.MEMBER);
            AtomicBoolean ended = new AtomicBoolean();
            Thread other = new Thread(() -> {
                while (!ended.get()) {
                    ReconcileStore.hold((SqlInbox) inbox, "busy");
                }
            });
            other.start();
            try {
                for (int round = 1; round <= 200; round++) {
                    assertThat(Deliveries.store(inbox, ModelPortal.event(5000 + round, portal.second(), 12)))
                            .isEqualTo(StoreResult.STORED);
                    assertThat(inbox.store(found(round)).toCompletableFuture().join())
                            .isEqualTo(StoreResult.STORED);
                    assertThat(new LedgerCopy((SqlInbox) source, sql).run()).isEqualTo(20);
                    forget(sql);
                }
            } finally {
                ended.set(true);
                other.join();
            }
        }
    }

    /** Returns a close of a chat that no event of these tests concerns. */
    private ReconciledClose found(int number) {
        ClosedSession session = new ClosedSession(
                number, 1000 + number, 1, 10, "livechat", null, portal.now.atOffset(ZoneOffset.UTC), "closed");
        return ReconciledClose.of(ModelPortal.MEMBER, session, null, portal.now);
    }

    private void settleAll(LeasingInbox inbox) {
        Instant now = portal.now.plus(Duration.ofDays(400));
        inbox.lease(new LeaseRequest("t", 500, now, now.plusSeconds(60), now, false))
                .forEach(lease -> inbox.settle(lease, new Settlement.Done(), now)
                        .toCompletableFuture()
                        .join());
    }

    private static void forget(SqlInbox inbox) {
        execute(inbox, "delete from session_close");
    }

    private static void endLeases(SqlInbox inbox) {
        execute(inbox, "update reconcile_state set lease_until = 0");
    }

    private static int execute(SqlInbox inbox, String sql) {
        return inbox.run(connection -> {
            try (var statement = connection.createStatement()) {
                return statement.executeUpdate(sql);
            }
        });
    }

    @Test
    void theMonitorTellsWhenTheInboxCanStoreAgain() {
        AtomicInteger told = new AtomicInteger();
        WatchedInbox watched = new WatchedInbox(sqlite());
        try (watched;
                InboxMonitor monitor =
                        new InboxMonitor(watched, Duration.ofMillis(5)).whenReadyAgain(told::incrementAndGet)) {
            watched.down = true;
            Await.until("not ready", () -> !monitor.ready());
            assertThat(told).hasValue(0);
            watched.down = false;
            Await.until("ready again", () -> told.get() == 1);
        }
    }

    private void await(int calls) {
        Await.until("call " + calls, () -> portal.calls.get() >= calls);
    }

    private static void due(SqlInbox inbox) {
        execute(inbox, "update reconcile_state set next_at = 0");
    }
}
