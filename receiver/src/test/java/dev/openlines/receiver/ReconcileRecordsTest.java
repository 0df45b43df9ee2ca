// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.receiver.ModelPortal.Close;
import dev.openlines.receiver.SessionsUnavailableException.Reason;
import dev.openlines.testkit.Await;
import dev.openlines.testkit.LogRecords;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The records and the meters of comparisons, each with its cause. Operators search and alert by them. */
@Timeout(300)
class ReconcileRecordsTest {

    private static final String PORTAL = " portal=" + ModelPortal.MEMBER;

    @TempDir
    Path directory;

    private final ModelPortal portal =
            new ModelPortal(Instant.ofEpochSecond(Instant.now().getEpochSecond()));
    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private LeasingInbox inbox;
    private InboxMonitor monitor;
    private MicrometerTelemetry telemetry;

    @BeforeEach
    void open() {
        inbox = Inbox.sqlite(directory.resolve("inbox.db"));
        monitor = new InboxMonitor(inbox, Duration.ofHours(1));
        telemetry = new MicrometerTelemetry(registry).watch(monitor, () -> portal.now);
    }

    @AfterEach
    void close() {
        monitor.close();
        inbox.close();
    }

    /** Returns a reconciler that has seen the portal ten minutes ago. */
    private Reconciler reconciler(int doubtAbove) {
        ReconcileSettings usual = ReconcileSettings.DEFAULT;
        Reconciler reconciler = new Reconciler(
                inbox,
                portal,
                new ReconcileSettings(usual.interval(), usual.grace(), usual.sweep(), usual.maxAge(), doubtAbove),
                () -> portal.now,
                telemetry);
        compare(reconciler);
        portal.pass(Duration.ofMinutes(10));
        return reconciler;
    }

    private static void compare(Reconciler reconciler) {
        assertThat(reconciler.run(ModelPortal.MEMBER, false)).isPresent();
    }

    private static List<String> records(Reconciler reconciler) {
        return LogRecords.of(() -> compare(reconciler)).stream()
                .filter(line -> line.contains("reason="))
                .map(line -> line.substring(line.indexOf("reason=")))
                .toList();
    }

    private Close closed(long chat) {
        return portal.close(portal.begin(chat));
    }

    private double counted(String meter) {
        return registry.get("openlines.reconcile." + meter)
                .tag("portal", ModelPortal.MEMBER)
                .counter()
                .count();
    }

    private double shown(String meter) {
        return registry.get("openlines.reconcile." + meter)
                .tag("portal", ModelPortal.MEMBER)
                .gauge()
                .value();
    }

    private double late() {
        return registry.get("openlines.reconcile.late").counter().count();
    }

    @Test
    void missingClosesAreCountedAndTheirLateEventsToo() {
        Reconciler reconciler = reconciler(1000);
        Close lost = closed(17);
        assertThat(Deliveries.store(inbox, ModelPortal.event(closed(18), 1, 12)))
                .isEqualTo(StoreResult.STORED);
        portal.pass(Duration.ofMinutes(10));

        assertThat(records(reconciler))
                .containsExactly(
                        "reason=reconcile-missing" + PORTAL + " handled=1 too-old=0 of=2",
                        "reason=reconcile-cause" + PORTAL + " detail=\"not bound\"");
        assertThat(counted("compared")).isEqualTo(2);
        assertThat(counted("missing")).isEqualTo(1);
        assertThat(late()).isZero();
        assertThat(shown("blind") + shown("doubt") + shown("impossible")).isZero();

        assertThat(Deliveries.store(inbox, ModelPortal.event(lost, 5, 12))).isEqualTo(StoreResult.DUPLICATE);
        portal.pass(Duration.ofMinutes(10));
        assertThat(records(reconciler)).isEmpty();
        assertThat(counted("missing")).isEqualTo(1);
        assertThat(late()).isEqualTo(1);
        compare(reconciler);
        assertThat(late()).as("counted once").isEqualTo(1);
    }

    @Test
    void theAgeGrowsUntilThePortalIsComparedAgain() {
        Reconciler reconciler = reconciler(1000);
        assertThat(shown("age")).isEqualTo(600);
        compare(reconciler);
        assertThat(shown("age")).isZero();
        portal.pass(Duration.ofSeconds(90));
        assertThat(shown("age")).isEqualTo(90);
    }

    @Test
    void closesThatAreTooOldAreMissingAndNotHandled() {
        Reconciler reconciler = reconciler(1000);
        closed(17);
        portal.pass(Duration.ofDays(3));

        assertThat(records(reconciler)).contains("reason=reconcile-missing" + PORTAL + " handled=0 too-old=1 of=1");
        assertThat(counted("missing")).isEqualTo(1);
        assertThat(inbox.backlog().waiting()).isZero();
    }

    @Test
    void aDoubtIsShownUntilAnOperatorHasAccepted() {
        Reconciler reconciler = reconciler(10);
        for (long chat = 1; chat <= 11; chat++) {
            closed(chat);
        }
        portal.pass(Duration.ofMinutes(10));

        assertThat(records(reconciler))
                .containsExactly("reason=reconcile-doubt" + PORTAL
                        + " detail=\"more than 10 closes without an event\": look at a dry run, then accept it");
        assertThat(shown("doubt")).isEqualTo(1);
        assertThat(counted("missing")).isZero();

        reconciler.accept(
                ModelPortal.MEMBER, reconciler.dryRun(ModelPortal.MEMBER).portalTime());
        compare(reconciler);
        assertThat(shown("doubt")).isZero();
        assertThat(counted("missing")).isEqualTo(11);
    }

    @Test
    void aStoreThatIsHeldSaysSoAndWhatToDo() {
        Reconciler reconciler = reconciler(1000);
        List<String> held = LogRecords.of(() -> reconciler.hold("restored from a backup"));
        closed(17);
        portal.pass(Duration.ofMinutes(10));

        assertThat(held)
                .anyMatch(line -> line.contains("reason=reconcile-held place=")
                        && line.endsWith("inbox.db: restored from a backup; look at a dry run, then accept it"));
        assertThat(records(reconciler))
                .containsExactly("reason=reconcile-doubt" + PORTAL
                        + " detail=\"restored from a backup\": look at a dry run, then accept it");
        assertThat(shown("doubt")).isEqualTo(1);
    }

    @Test
    void aGrantThatSeesNothingIsBlindUntilItSees() {
        Reconciler reconciler = reconciler(1000);
        portal.sees = false;
        Deliveries.store(inbox, ModelPortal.event(closed(18), 0, 12));
        portal.pass(Duration.ofHours(3));

        assertThat(records(reconciler))
                .containsExactly("reason=reconcile-blind" + PORTAL + ": events came whose sessions the portal does not"
                        + " list; may the user of the grant still see the reports?");
        assertThat(shown("blind")).isEqualTo(1);

        portal.sees = true;
        portal.pass(Duration.ofHours(3));
        assertThat(records(reconciler)).isEmpty();
        assertThat(shown("blind")).isZero();
    }

    @Test
    void aSecondWithMoreClosesThanCanBeListedIsSaid() {
        Reconciler reconciler = reconciler(10);
        for (long chat = 1; chat <= 10_500; chat++) {
            closed(chat);
        }
        portal.pass(Duration.ofMinutes(10));

        assertThat(records(reconciler))
                .contains("reason=reconcile-incomplete" + PORTAL + ": more closes in one second than can be listed");
    }

    @Test
    void aFaultInOneComparisonIsSaidAndThePortalIsComparedAgain() {
        Reconciler reconciler = reconciler(1000);
        portal.failure = new IllegalStateException("a fault");

        List<String> log = LogRecords.of(() -> reconciler.tick(true));

        assertThat(log).anyMatch(line -> line.endsWith("reason=reconcile-failed" + PORTAL));
        portal.failure = null;
        closed(17);
        portal.pass(Duration.ofMinutes(10));
        // Its wait is over.
        ((SqlInbox) inbox).run(connection -> {
            try (var statement = connection.createStatement()) {
                return statement.executeUpdate("update reconcile_state set next_at = 0");
            }
        });
        reconciler.tick(false);
        assertThat(counted("missing")).isEqualTo(1);
    }

    @Test
    void aFaultBeforeAnyPortalIsAskedIsSaidAndPortalsAreComparedLater() {
        AtomicInteger asked = new AtomicInteger();
        ClosedSessions sessions = new ClosedSessions() {
            @Override
            public Set<String> portals() {
                if (asked.getAndIncrement() == 0) {
                    throw new IllegalStateException("a fault");
                }
                return portal.portals();
            }

            @Override
            public Page list(Query query) {
                return portal.list(query);
            }
        };

        List<String> log = LogRecords.of(() -> {
            try (Reconciler reconciler =
                    new Reconciler(inbox, sessions, ReconcileSettings.DEFAULT, () -> portal.now, telemetry).start()) {
                Await.until("the first look", () -> asked.get() > 0);
                reconciler.wake();
                Await.until("the portal is compared", () -> portal.calls.get() > 0);
            }
        });

        assertThat(log).anyMatch(line -> line.endsWith("reason=reconcile-failed"));
    }

    @Test
    void aPortalThatCannotListIsImpossibleAndOneThatIsAwayIsNot() {
        Reconciler reconciler = reconciler(1000);
        for (Reason reason : Reason.values()) {
            portal.failure = new SessionsUnavailableException(reason, null, null);
            reconciler.tick(true);
            boolean passes = reason == Reason.THROTTLED || reason == Reason.AWAY;
            assertThat(shown("impossible")).as("%s", reason).isEqualTo(passes ? 0 : 1);
        }
        assertThat(counted("compared")).isZero();

        portal.failure = null;
        reconciler.tick(true);
        assertThat(shown("impossible")).isZero();
    }
}
