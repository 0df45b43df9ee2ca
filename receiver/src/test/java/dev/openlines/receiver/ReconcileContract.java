// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.openlines.model.OnSessionFinish;
import dev.openlines.parser.EventDecoder;
import dev.openlines.receiver.ModelPortal.Close;
import dev.openlines.testkit.Bodies;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The ledger and the reconciler over one kind of database. Each history broke a simpler design. */
@Timeout(300)
interface ReconcileContract {

    /** Opens an empty inbox in a store of its own. */
    LeasingInbox open();

    /** An inbox, a portal and a reconciler between them. The database's clock is real, so the portal's begins now. */
    final class Fixture implements AutoCloseable {

        final ModelPortal portal =
                new ModelPortal(Instant.ofEpochSecond(Instant.now().getEpochSecond()));
        final LeasingInbox inbox;
        final Reconciler reconciler;

        Fixture(LeasingInbox inbox) {
            this(inbox, ReconcileSettings.DEFAULT);
        }

        Fixture(LeasingInbox inbox, ReconcileSettings settings) {
            this.inbox = inbox;
            this.reconciler = reconciler(settings);
            // The first run stores since when the portal is known.
            reconciler.run(ModelPortal.MEMBER, false);
            portal.pass(Duration.ofMinutes(10));
        }

        Reconciler reconciler(ReconcileSettings settings) {
            return new Reconciler(inbox, portal, settings, () -> portal.now, Telemetry.none());
        }

        StoreResult store(VerifiedDelivery delivery) {
            return Deliveries.store(inbox, delivery);
        }

        /** Adds a session of a chat that is closed now. */
        Close closed(long chat) {
            return portal.close(portal.begin(chat));
        }

        Reconciler.Report compare() {
            return reconciler.run(ModelPortal.MEMBER, false).orElseThrow();
        }

        Reconciler.Report sweep() {
            return reconciler.run(ModelPortal.MEMBER, true).orElseThrow();
        }

        /** Returns the events that the inbox gives to handlers now, each as done. */
        List<LeasedDelivery> handled() {
            List<LeasedDelivery> all = new ArrayList<>();
            // Later than any time of these tests.
            Instant now = portal.now.plus(Duration.ofDays(400));
            List<LeasedDelivery> some;
            do {
                some = inbox.lease(
                        new LeaseRequest("t", 1000, now, now.plusSeconds(60), now.plus(Duration.ofDays(400)), false));
                some.forEach(lease -> inbox.settle(lease, new Settlement.Done(), now)
                        .toCompletableFuture()
                        .join());
                all.addAll(some);
            } while (!some.isEmpty());
            return all;
        }

        /** Returns the sessions that were found without an event and are handled now. */
        List<Long> found() {
            return handled().stream()
                    .filter(lease -> lease.origin() == Origin.RECONCILED)
                    .map(LeasedDelivery::sessionId)
                    .toList();
        }

        void pass(Duration time) {
            portal.pass(time);
        }

        @Override
        public void close() {
            inbox.close();
        }
    }

    default Fixture fixture() {
        return new Fixture(open());
    }

    @Test
    default void aCloseWhoseEventNeverCameIsHandledAndReadsLikeTheEvent() throws Exception {
        try (Fixture f = fixture()) {
            Close close = f.portal.close(f.portal.begin(17, 4, 21));
            f.pass(Duration.ofMinutes(10));

            Reconciler.Report report = f.compare();

            assertThat(report.missing()).isEqualTo(1);
            assertThat(report.missed())
                    .singleElement()
                    .extracting(missing -> missing.session().sessionId())
                    .isEqualTo(close.session());
            assertThat(f.portal.causes).hasSize(1);
            LeasedDelivery leased = f.handled().get(0);
            assertThat(leased.origin()).isEqualTo(Origin.RECONCILED);
            assertThat(leased.sessionId()).isEqualTo(close.session());
            assertThat(leased.closedAt()).isEqualTo(Instant.ofEpochSecond(close.at()));
            assertThat(leased.idempotencyKey()).matches("[0-9a-f]{64}");
            OnSessionFinish finish = (OnSessionFinish) EventDecoder.lenient()
                    .decode(VerifiedDelivery.stored(leased.payload()))
                    .event();
            assertThat(finish.header().sentAt()).isEqualTo(Instant.ofEpochSecond(close.at()));
            assertThat(finish.chats()).singleElement().satisfies(chat -> {
                assertThat(chat.chatId()).isEqualTo(17);
                assertThat(chat.lineId()).isEqualTo(4);
                assertThat(chat.lineName()).isEqualTo("Line 4");
                assertThat(chat.connector().userId()).isEqualTo(21);
                assertThat(String.valueOf(chat.connector().connectorId())).isEqualTo("livechat");
            });
            f.pass(Duration.ofMinutes(10));
            assertThat(f.compare().missing()).isZero();
            assertThat(f.sweep().missing()).isZero();
            assertThat(f.handled()).isEmpty();
        }
    }

    @Test
    default void aCloseWhoseEventCameIsNotHandledAgain() {
        try (Fixture f = fixture()) {
            Close close = f.closed(17);
            assertThat(f.store(ModelPortal.event(close, 2, 12))).isEqualTo(StoreResult.STORED);
            f.pass(Duration.ofMinutes(10));

            assertThat(f.compare().missing()).isZero();
            assertThat(f.sweep().missing()).isZero();

            assertThat(f.handled()).singleElement().satisfies(leased -> {
                assertThat(leased.origin()).isEqualTo(Origin.EVENT);
                assertThat(leased.sessionId()).isNull();
            });
            assertThat(rows(f)).singleElement().satisfies(row -> {
                assertThat(row.sessionId()).isEqualTo(close.session());
                assertThat(row.closedAt()).isEqualTo(close.at());
            });
        }
    }

    @Test
    default void aLateEventOfAFoundCloseIsADuplicateAndItsRepeatToo() {
        try (Fixture f = fixture()) {
            Close close = f.closed(17);
            f.pass(Duration.ofMinutes(10));
            f.compare();
            assertThat(f.found()).containsExactly(close.session());

            VerifiedDelivery late = ModelPortal.event(close, 1, 12);
            assertThat(f.store(late)).isEqualTo(StoreResult.DUPLICATE);
            assertThat(f.store(late)).isEqualTo(StoreResult.DUPLICATE);

            assertThat(f.handled()).isEmpty();
            assertThat(late(f)).containsExactly(late.payload());
            // The same chat is closed again a minute later: another close, and the repeat has not claimed it.
            f.pass(Duration.ofMinutes(1));
            Close next = f.closed(17);
            assertThat(f.store(ModelPortal.event(next, 0, 12))).isEqualTo(StoreResult.STORED);
            f.pass(Duration.ofMinutes(10));
            assertThat(f.compare().missing()).isZero();
        }
    }

    /** Looks an event up only if something may be there, and always after others have written. */
    @Test
    default void aCloseThatIsFoundBetweenTwoEventsIsKnownToTheSecond() {
        try (Fixture f = new Fixture(open())) {
            Close lost = f.closed(17);
            assertThat(f.store(ModelPortal.event(f.closed(5), 0, 12))).isEqualTo(StoreResult.STORED);
            f.pass(Duration.ofMinutes(10));
            assertThat(f.compare().missing()).isEqualTo(1);

            assertThat(f.store(ModelPortal.event(lost, 60, 12))).isEqualTo(StoreResult.DUPLICATE);

            Close moved = f.closed(18);
            assertThat(f.store(ModelPortal.event(f.closed(6), 0, 12))).isEqualTo(StoreResult.STORED);
            ClosedSession session = new ClosedSession(
                    moved.session(), 18, 1, 10, "livechat", null, f.portal.now.atOffset(ZoneOffset.UTC), "closed");
            assertThat(f.inbox
                            .store(ReconciledClose.of(ModelPortal.MEMBER, session, null, f.portal.now))
                            .toCompletableFuture()
                            .join())
                    .isEqualTo(StoreResult.STORED);

            assertThat(f.store(ModelPortal.event(moved, 60, 12))).isEqualTo(StoreResult.DUPLICATE);
        }
    }

    /** Closes at 10:00:00 and 10:01:00 of one chat, and the first event was lost. */
    @Test
    default void ofTwoClosesAMinuteApartTheOneWithoutAnEventIsFound() {
        try (Fixture f = fixture()) {
            Close first = f.closed(17);
            f.pass(Duration.ofMinutes(1));
            Close second = f.closed(17);
            assertThat(f.store(ModelPortal.event(second, 0, 12))).isEqualTo(StoreResult.STORED);
            f.pass(Duration.ofMinutes(10));

            f.compare();

            assertThat(f.found()).containsExactly(first.session());
        }
    }

    /** Finds both closes, and then the events come, the second first. */
    @Test
    default void twoFoundClosesAreClaimedByTheirEventsInEitherOrder() {
        for (boolean secondFirst : new boolean[] {true, false}) {
            try (Fixture f = fixture()) {
                long chat = secondFirst ? 17 : 18;
                Close first = f.closed(chat);
                f.pass(Duration.ofMinutes(1));
                Close second = f.closed(chat);
                f.pass(Duration.ofMinutes(10));
                f.compare();
                assertThat(f.found()).containsExactlyInAnyOrder(first.session(), second.session());

                for (Close close : secondFirst ? List.of(second, first) : List.of(first, second)) {
                    assertThat(f.store(ModelPortal.event(close, 0, 12))).isEqualTo(StoreResult.DUPLICATE);
                }

                assertThat(f.handled()).isEmpty();
                assertThat(rows(f).stream()
                                .filter(row -> row.origin() == Origin.EVENT
                                        && row.place().chatId() == chat)
                                .map(row -> row.sessionId() + "@" + row.at()))
                        .containsExactly(first + "", second + "");
            }
        }
    }

    /** Runs with {@code KEEP_DONE_DAYS=1} after the grant was lost for three days. */
    @Test
    default void closesHandledAndPurgedAreNotFoundAgainAfterDaysWithoutAGrant() {
        try (Fixture f = fixture()) {
            Close close = f.closed(17);
            f.store(ModelPortal.event(close, 1, 12));
            assertThat(f.handled()).hasSize(1);
            f.portal.failure = unavailable(SessionsUnavailableException.Reason.ACCESS);
            f.pass(Duration.ofDays(3));
            assertThatThrownBy(f::compare).isInstanceOf(SessionsUnavailableException.class);
            assertThat(f.inbox.purge(f.portal.now.plus(Duration.ofDays(500)))).isEqualTo(1);
            Reconciler.forget(f.inbox, f.portal.now);
            f.portal.failure = null;

            assertThat(f.compare().missing()).isZero();
            assertThat(f.sweep().missing()).isZero();

            assertThat(f.handled()).isEmpty();
            assertThat(f.store(ModelPortal.event(close, 1, 12)))
                    .as("the event once more, after its purge")
                    .isEqualTo(StoreResult.DUPLICATE);
        }
    }

    /** Finds a close an hour after the last message that appears nine days later, without an event. */
    @Test
    default void aDismissedOperatorsSessionIsFoundByTheSweep() {
        ReconcileSettings settings = new ReconcileSettings(
                Duration.ofMinutes(15), Duration.ofMinutes(5), Duration.ofDays(35), Duration.ofDays(20), 1000);
        try (Fixture f = new Fixture(open(), settings)) {
            long session = f.portal.begin(17);
            long lastMessage = f.portal.second();
            f.pass(Duration.ofDays(9));
            f.compare();
            Close close = f.portal.close(session, lastMessage + 3600);

            assertThat(f.compare().missing()).isZero();
            assertThat(f.sweep().missing()).isEqualTo(1);
            assertThat(f.sweep().missing()).isZero();

            assertThat(f.handled())
                    .singleElement()
                    .extracting(LeasedDelivery::closedAt)
                    .isEqualTo(Instant.ofEpochSecond(close.at()));
        }
    }

    @Test
    default void aCloseThatIsTooOldIsReportedUntilItIsAcceptedAndItsLateEventIsHandled() {
        try (Fixture f = fixture()) {
            long session = f.portal.begin(17);
            long other = f.portal.begin(18);
            long then = f.portal.second();
            f.pass(Duration.ofDays(9));
            f.portal.close(session, then + 60);
            Close second = f.portal.close(other, then + 90);

            assertThat(f.sweep().reported()).isEqualTo(2);
            assertThat(f.sweep().reported()).isZero();
            assertThat(f.handled()).isEmpty();

            assertThat(f.store(ModelPortal.event(second, 1, 12))).isEqualTo(StoreResult.STORED);
            Reconciler.Report dry = f.reconciler.dryRun(ModelPortal.MEMBER);
            assertThat(dry.missed())
                    .extracting(missing -> missing.session().sessionId())
                    .containsExactly(session);
            f.reconciler.accept(ModelPortal.MEMBER, dry.portalTime());
            assertThat(f.sweep().missing()).isEqualTo(1);
            assertThat(f.handled())
                    .extracting(LeasedDelivery::origin)
                    .containsExactlyInAnyOrder(Origin.EVENT, Origin.RECONCILED);
        }
    }

    /** Closes a session, resumes it and closes it again within the grace; both events come, or one of them, or none. */
    @Test
    default void aSecondCloseWithinTheGraceIsOneCloseOfTheListAndTwoOfTheEvents() {
        for (int events = 0; events < 4; events++) {
            try (Fixture f = fixture()) {
                long chat = 20L + events;
                long session = f.portal.begin(chat);
                Close first = f.portal.close(session);
                f.pass(Duration.ofSeconds(90));
                f.portal.resume(session);
                f.pass(Duration.ofSeconds(30));
                Close second = f.portal.close(session);
                int stored = 0;
                for (Close close : List.of(first, second)) {
                    if ((events & (close.equals(first) ? 1 : 2)) != 0) {
                        assertThat(f.store(ModelPortal.event(close, 1, 12))).isEqualTo(StoreResult.STORED);
                        stored++;
                    }
                }
                f.pass(Duration.ofMinutes(10));

                Reconciler.Report report = f.compare();

                boolean lastLost = (events & 2) == 0;
                // The first close is in the list no more: if its event is lost too, nothing says that it was.
                int expected = stored + (lastLost ? 1 : 0);
                assertThat(report.doubt()).isNull();
                assertThat(f.handled()).as("events %d", events).hasSize(expected);
            }
        }
    }

    /** Repeats the portal's local hour. The portal writes the first pass with the offset of the second. */
    @Test
    default void inTheRepeatedHourOfAutumnNothingIsHandledTwice() {
        try (Fixture f = fixture()) {
            Close before = f.closed(17);
            f.store(ModelPortal.event(before, 0, 12));
            f.pass(Duration.ofMinutes(20));
            Close inIt = f.closed(18);
            f.store(ModelPortal.event(inIt, 1, 12));
            Close lost = f.closed(19);
            f.pass(Duration.ofMinutes(50));
            f.portal.offset = ZoneOffset.ofHours(2);
            f.portal.rewrite(inIt.session(), 3600);
            f.portal.rewrite(lost.session(), 3600);
            Close after = f.closed(20);
            f.store(ModelPortal.event(after, 1, 12));
            f.pass(Duration.ofMinutes(30));

            Reconciler.Report report = f.compare();

            assertThat(report.doubt()).isNull();
            assertThat(f.found()).containsExactly(lost.session());
            assertThat(f.store(ModelPortal.event(lost, 1, 12)))
                    .as("its event comes late, an hour apart")
                    .isEqualTo(StoreResult.DUPLICATE);
        }
    }

    /** Compares portals that write old local times with the offset of today. */
    @Test
    default void aTimeThatIsWrittenWithAnotherOffsetIsStillTheSameClose() {
        try (Fixture f = fixture()) {
            f.store(ModelPortal.event(f.closed(17), 0, 12));
            f.closed(18);
            f.pass(Duration.ofMinutes(10));
            assertThat(f.compare().missing()).isEqualTo(1);
            f.portal.offset = ZoneOffset.ofHours(2);
            f.portal.rewriteOffsets();
            f.pass(Duration.ofHours(2));

            assertThat(f.compare().missing()).isZero();
            assertThat(f.sweep().missing()).isZero();
        }
    }

    @Test
    default void aGrantThatLostItsRightsIsNoticedAndNothingIsSkipped() {
        try (Fixture f = fixture()) {
            f.store(ModelPortal.event(f.closed(17), 0, 12));
            f.pass(Duration.ofMinutes(10));
            Instant before = f.compare().watermark();
            f.portal.sees = false;
            f.store(ModelPortal.event(f.closed(18), 0, 12));
            Close lost = f.closed(19);
            f.pass(Duration.ofHours(3));

            Reconciler.Report blind = f.compare();

            assertThat(blind.blind()).isTrue();
            assertThat(blind.watermark()).isEqualTo(before);
            f.portal.sees = true;
            f.pass(Duration.ofHours(3));
            Reconciler.Report seeing = f.compare();
            assertThat(seeing.blind()).isFalse();
            assertThat(seeing.watermark()).isAfter(before);
            assertThat(f.found()).containsExactly(lost.session());
        }
    }

    @Test
    default void threeHundredClosesInOneSecondAreEachHandledOnce() {
        try (Fixture f = fixture()) {
            for (long chat = 1; chat <= 300; chat++) {
                Close close = f.closed(chat);
                if (chat % 3 == 0) {
                    f.store(ModelPortal.event(close, chat % 2, 12));
                }
            }
            f.pass(Duration.ofMinutes(10));
            f.portal.calls.set(0);

            assertThat(f.compare().missing()).isEqualTo(200);

            assertThat(f.portal.calls.get()).isLessThanOrEqualTo(300 / 100 + 3);
            assertThat(new TreeSet<>(f.found())).hasSize(200);
            f.pass(Duration.ofMinutes(10));
            assertThat(f.compare().missing()).isZero();
        }
    }

    @Test
    default void theSameCloseByTwoSubscriptionsIsOne() {
        try (Fixture f = fixture()) {
            Close close = f.closed(17);
            assertThat(f.store(ModelPortal.event(close, 0, 12))).isEqualTo(StoreResult.STORED);
            assertThat(f.store(ModelPortal.event(close, 2, 13))).isEqualTo(StoreResult.DUPLICATE);
            assertThat(f.store(ModelPortal.event(close, 3, 14)))
                    .as("three seconds later")
                    .isEqualTo(StoreResult.STORED);
            assertThat(f.store(ModelPortal.event(18, close.at(), 12))).isEqualTo(StoreResult.STORED);
            assertThat(f.store(ModelPortal.event(18, close.at() + 1, 12)))
                    .as("by the same subscription: another close")
                    .isEqualTo(StoreResult.STORED);
        }
    }

    @Test
    default void twoClosesInTwoSecondsByTwoSubscriptionsAreTwo() {
        for (List<Long> order : List.of(
                List.of(112L, 113L, 212L, 213L), List.of(112L, 213L, 212L, 113L), List.of(213L, 112L, 113L, 212L))) {
            try (Fixture f = fixture()) {
                long chat = 100L + order.hashCode() % 50;
                long stored = order.stream()
                        .filter(one -> f.store(ModelPortal.event(chat, f.portal.second() + one / 100 * 2, one % 100))
                                == StoreResult.STORED)
                        .count();
                assertThat(stored).as("%s", order).isEqualTo(2);
            }
        }
    }

    @Test
    default void theSameCloseFromTheOfflineQueueIsOne() {
        try (Fixture f = fixture()) {
            Close close = f.closed(17);
            assertThat(f.store(ModelPortal.event(close, 0, 12))).isEqualTo(StoreResult.STORED);
            VerifiedDelivery event = ModelPortal.event(close, 1, 12);
            VerifiedDelivery offline = new VerifiedDelivery(
                    VerifiedDelivery.stored(event.payload()),
                    event.memberId(),
                    1,
                    event.receivedAt(),
                    null,
                    Origin.OFFLINE,
                    null);
            assertThat(f.store(offline)).isEqualTo(StoreResult.DUPLICATE);
        }
    }

    @Test
    default void ofAnEventWithSeveralChatsOnlyThoseThatWereNotFoundAreHandled() {
        try (Fixture f = fixture()) {
            Close first = f.closed(17);
            Close other = f.closed(27);
            f.pass(Duration.ofMinutes(10));
            f.compare();
            assertThat(f.found()).containsExactlyInAnyOrder(first.session(), other.session());

            for (List<Integer> order : List.of(List.of(0, 1), List.of(1, 0))) {
                // An event per order, and the second has another chat that is new.
                Map<String, String> fields = new LinkedHashMap<>();
                fields.put("event", "ONSESSIONFINISH");
                fields.put("ts", Long.toString(first.at() + order.get(0)));
                for (int chat : order) {
                    long id = chat == 0 ? 17 + 10L * order.get(0) : 18 + 10L * order.get(0);
                    fields.put("data[DATA][" + chat + "][connector][chat_id]", Long.toString(id));
                }
                fields.put("auth[member_id]", Bodies.MEMBER);
                fields.put("auth[application_token]", Bodies.TOKEN);
                VerifiedDelivery event = Deliveries.delivery(Bodies.form(fields));
                assertThat(f.store(event)).isEqualTo(StoreResult.STORED);
                assertThat(f.store(event)).isEqualTo(StoreResult.DUPLICATE);
            }

            assertThat(f.handled().stream()
                            .flatMap(leased -> VerifiedDelivery.finish(leased.payload()).places().stream())
                            .map(ClosePlace::chatId))
                    .containsExactly(18L, 28L);
        }
    }

    @Test
    default void eventsAndClosesThatDoNotFitInOneChatAreADoubt() {
        try (Fixture f = fixture()) {
            Close close = f.closed(17);
            f.closed(18);
            // Three hours off: what a wrong reading of the portal's times would look like.
            f.store(ModelPortal.event(17, close.at() + 10_800, 12));
            f.pass(Duration.ofHours(4));

            Reconciler.Report report = f.compare();

            assertThat(report.doubt())
                    .isEqualTo("events without a close and closes without an event in the same" + " chats: 1");
            assertThat(f.found()).isEmpty();
            f.reconciler.accept(
                    ModelPortal.MEMBER, f.reconciler.dryRun(ModelPortal.MEMBER).portalTime());
            assertThat(f.compare().missing()).isEqualTo(2);
        }
    }

    @Test
    default void farMoreMissingClosesThanEverAreADoubt() {
        ReconcileSettings settings = new ReconcileSettings(
                Duration.ofMinutes(15), Duration.ofMinutes(5), Duration.ofDays(35), Duration.ofDays(2), 10);
        try (Fixture f = new Fixture(open(), settings)) {
            for (long chat = 1; chat <= 11; chat++) {
                f.closed(chat);
            }
            f.pass(Duration.ofMinutes(10));

            assertThat(f.compare().doubt()).isEqualTo("more than 10 closes without an event");

            assertThat(f.found()).isEmpty();
        }
    }

    @Test
    default void afterARestoreNothingIsHandledUntilItIsAccepted() {
        try (Fixture f = fixture()) {
            f.reconciler.hold("restored from a backup");
            Close close = f.closed(17);
            f.pass(Duration.ofMinutes(10));
            assertThat(f.compare().doubt()).isEqualTo("restored from a backup");
            assertThat(f.found()).isEmpty();

            Reconciler.Report dry = f.reconciler.dryRun(ModelPortal.MEMBER);
            assertThat(dry.missed()).hasSize(1);
            f.reconciler.accept(ModelPortal.MEMBER, dry.portalTime());

            assertThat(f.compare().missing()).isEqualTo(1);
            assertThat(f.found()).containsExactly(close.session());
        }
    }

    @Test
    default void afterARestoreAPortalThatWasNeverComparedIsHeldToo() {
        try (Fixture f = fixture()) {
            Close known = f.closed(5);
            f.store(ModelPortal.event(known, 0, 12));
            f.handled();
            // This is what a backup holds that was made after the first event and before the first comparison.
            ((SqlInbox) f.inbox).run(connection -> {
                try (var statement = connection.createStatement()) {
                    return statement.executeUpdate("delete from reconcile_state");
                }
            });
            f.reconciler.hold("restored from a backup");
            f.closed(17);
            f.pass(Duration.ofMinutes(10));

            assertThat(f.compare().doubt()).isEqualTo("restored from a backup");
            assertThat(f.found()).isEmpty();
        }
    }

    @Test
    default void aNodeThatSleptBeyondItsLeaseWritesNothing() {
        try (Fixture f = fixture()) {
            Close close = f.closed(17);
            f.pass(Duration.ofMinutes(10));
            SqlInbox sql = (SqlInbox) f.inbox;
            ReconcileStore store = new ReconcileStore(sql, Duration.ofMinutes(5), null);
            ReconcileStore.Lease lease =
                    store.acquire(ModelPortal.MEMBER, "sleeper", true).orElseThrow();
            assertThat(f.reconciler.run(ModelPortal.MEMBER, false)).isEmpty();
            endLeases(sql);
            boolean goesOn = store.inLease(lease, connection -> true);
            assertThat(goesOn).as("while no other node has taken it").isTrue();
            endLeases(sql);
            ReconcileStore.Lease other =
                    store.acquire(ModelPortal.MEMBER, "other", true).orElseThrow();

            assertThatThrownBy(() -> store.inLease(lease, connection -> true))
                    .isInstanceOf(ReconcileStore.LeaseLostException.class);
            store.release(lease, Duration.ZERO, null);
            assertThat(store.renew(other)).as("what the sleeper gives back").isTrue();
            store.release(other, Duration.ZERO, null);
            assertThat(store.renew(other)).as("after it was given back").isFalse();

            assertThat(f.compare().missing()).isEqualTo(1);

            assertThatThrownBy(() -> store.inLease(lease, connection -> true))
                    .isInstanceOf(ReconcileStore.LeaseLostException.class);
            assertThat(f.found()).containsExactly(close.session());
        }
    }

    private static void endLeases(SqlInbox inbox) {
        inbox.run(connection -> {
            try (var statement = connection.createStatement()) {
                return statement.executeUpdate("update reconcile_state set lease_until = 5 where lease_until > 0");
            }
        });
    }

    @Test
    default void aListThatTakesLongerThanALeaseIsComparedByTheNodeThatBegan() {
        ReconcileSettings usual = ReconcileSettings.DEFAULT;
        ReconcileSettings settings =
                new ReconcileSettings(usual.interval(), usual.grace(), usual.sweep(), usual.maxAge(), 10_000);
        try (Fixture f = new Fixture(open(), settings)) {
            SqlInbox sql = (SqlInbox) f.inbox;
            for (int chat = 1; chat <= 3000; chat++) {
                f.closed(chat);
                f.pass(Duration.ofSeconds(1));
            }
            f.pass(Duration.ofMinutes(10));
            ModelPortal same = new ModelPortal(f.portal.now);
            Reconciler other =
                    new Reconciler(f.inbox, same, ReconcileSettings.DEFAULT, () -> f.portal.now, Telemetry.none());
            // Each page takes 25 seconds: by the database's clock, the lease comes so much nearer to its end.
            f.portal.beforeAnswer = () -> {
                sql.run(connection -> {
                    try (var statement = connection.createStatement()) {
                        return statement.executeUpdate(
                                "update reconcile_state set lease_until = lease_until - 25000 where lease_until > 0");
                    }
                });
                other.run(ModelPortal.MEMBER, false);
            };
            assertThat(f.compare().missing()).isEqualTo(3000);
            assertThat(same.calls).as("of another node meanwhile").hasValue(0);
        }
    }

    @Test
    default void theWatermarkDoesNotPassAPageThatFailedAndNeverGoesBack() {
        try (Fixture f = fixture()) {
            Instant before = f.compare().watermark();
            f.closed(17);
            f.pass(Duration.ofMinutes(10));
            f.portal.failure = unavailable(SessionsUnavailableException.Reason.AWAY);
            assertThatThrownBy(f::compare).isInstanceOf(SessionsUnavailableException.class);
            f.portal.failure = null;
            assertThat(f.reconciler.dryRun(ModelPortal.MEMBER).missed()).hasSize(1);
            Instant after = f.compare().watermark();
            assertThat(after).isAfter(before);
            // The portal's clock goes back.
            f.pass(Duration.ofMinutes(-30));
            assertThat(f.compare().watermark()).isEqualTo(after);
        }
    }

    @Test
    default void aRepeatedEventAfterAMoveIsKnownAndAFoundCloseKeepsItsSession() {
        Fixture old = fixture();
        Fixture next = new Fixture(open());
        try (old;
                next) {
            Close handled = old.closed(17);
            old.store(ModelPortal.event(handled, 0, 12));
            assertThat(old.handled()).hasSize(1);
            Close found = old.closed(18);
            Close waiting = old.closed(19);
            old.store(ModelPortal.event(waiting, 0, 12));
            old.pass(Duration.ofMinutes(10));
            old.compare();
            InboxMove move = new InboxMove(old.inbox, next.inbox, () -> old.portal.now);

            assertThat(move.events()).isEqualTo(2);
            assertThat(move.closes()).isPositive();
            assertThat(move.closes()).isZero();

            assertThat(next.handled())
                    .extracting(lease -> Optional.ofNullable(lease.sessionId()).orElse(0L))
                    .containsExactlyInAnyOrder(found.session(), 0L);
            for (Close close : List.of(handled, found, waiting)) {
                assertThat(next.store(ModelPortal.event(close, 0, 12))).isEqualTo(StoreResult.DUPLICATE);
            }
            Reconciler moved = new Reconciler(
                    next.inbox, old.portal, ReconcileSettings.DEFAULT, () -> old.portal.now, Telemetry.none());
            old.pass(Duration.ofMinutes(10));
            assertThat(moved.run(ModelPortal.MEMBER, false).orElseThrow().missing())
                    .isZero();
        }
    }

    static SessionsUnavailableException unavailable(SessionsUnavailableException.Reason reason) {
        return new SessionsUnavailableException(reason, null, null);
    }

    private static List<LedgerRow> rows(Fixture f) {
        return ((SqlInbox) f.inbox)
                .run(connection -> SessionLedger.read(connection, ModelPortal.MEMBER, 0, Long.MAX_VALUE / 2));
    }

    private static List<String> late(Fixture f) {
        return ((SqlInbox) f.inbox).run(connection -> {
            try (var statement = connection.createStatement();
                    var row = statement.executeQuery("select payload from session_late")) {
                List<String> payloads = new ArrayList<>();
                while (row.next()) {
                    payloads.add(row.getString(1));
                }
                return payloads;
            }
        });
    }
}
