// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.receiver.ModelPortal.Close;
import dev.openlines.receiver.ReconcileContract.Fixture;
import dev.openlines.testkit.PostgresServer;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Moves an inbox with its ledger from one kind of database to the other. */
@Timeout(300)
class LedgerMoveTest {

    enum Direction {
        SQLITE_TO_POSTGRESQL,
        POSTGRESQL_TO_SQLITE
    }

    @TempDir
    Path directory;

    @ParameterizedTest
    @EnumSource
    void closesThatWereKnownBeforeTheMoveAreNotHandledAgainAndALostOneIsFound(Direction direction) {
        boolean toPostgres = direction == Direction.SQLITE_TO_POSTGRESQL;
        LeasingInbox sqlite = Inbox.sqlite(directory.resolve("inbox.db"));
        LeasingInbox postgres = Inbox.postgresql(PostgresServer.newSchema());
        try (Fixture old = new Fixture(toPostgres ? sqlite : postgres);
                LeasingInbox next = toPostgres ? postgres : sqlite) {
            // One event came, and one close was found. Both are handled and forgotten.
            Close came = old.closed(17);
            old.store(ModelPortal.event(came, 0, 12));
            Close found = old.closed(18);
            old.pass(Duration.ofMinutes(10));
            assertThat(old.compare().missing()).isEqualTo(1);
            assertThat(old.handled()).hasSize(2);
            assertThat(old.inbox.purge(old.portal.now.plus(Duration.ofDays(500))))
                    .isEqualTo(2);
            // These two wait.
            Close waiting = old.closed(19);
            old.store(ModelPortal.event(waiting, 0, 12));
            Close foundAndWaiting = old.closed(20);
            old.pass(Duration.ofMinutes(10));
            assertThat(old.compare().missing()).isEqualTo(1);
            // This one is lost, and closed after the last comparison.
            Close lost = old.closed(21);
            old.pass(Duration.ofMinutes(10));
            InboxMove move = new InboxMove(old.inbox, next, () -> old.portal.now);

            assertThat(move.events()).isEqualTo(2);
            assertThat(move.closes()).isPositive();
            assertThat(move.closes()).as("the new store knows them by now").isZero();

            assertThat(handled(next, old.portal.now))
                    .containsExactlyInAnyOrder("19", "20@" + foundAndWaiting.session());
            for (Close close : List.of(came, found, waiting, foundAndWaiting)) {
                assertThat(Deliveries.store(next, ModelPortal.event(close, 0, 12)))
                        .as("the event of chat %d once more", close.chat())
                        .isEqualTo(StoreResult.DUPLICATE);
            }
            Reconciler moved =
                    new Reconciler(next, old.portal, ReconcileSettings.DEFAULT, () -> old.portal.now, Telemetry.none());
            Reconciler.Report narrow = moved.run(ModelPortal.MEMBER, false).orElseThrow();
            assertThat(narrow.doubt()).isNull();
            assertThat(narrow.missing()).isEqualTo(1);
            Reconciler.Report sweep = moved.run(ModelPortal.MEMBER, true).orElseThrow();
            assertThat(sweep.compared()).isEqualTo(5);
            assertThat(sweep.missing()).isZero();
            assertThat(handled(next, old.portal.now)).containsExactly("21@" + lost.session());
        }
    }

    /** Returns the chats that the inbox gives to handlers now, each as done, with the session of a found one. */
    private static List<String> handled(LeasingInbox inbox, Instant portalTime) {
        Instant now = portalTime.plus(Duration.ofDays(400));
        List<String> chats = new ArrayList<>();
        for (LeasedDelivery leased :
                inbox.lease(new LeaseRequest("t", 100, now, now.plusSeconds(60), now.plusSeconds(600), false))) {
            long chat =
                    VerifiedDelivery.finish(leased.payload()).places().get(0).chatId();
            chats.add(leased.sessionId() == null ? Long.toString(chat) : chat + "@" + leased.sessionId());
            inbox.settle(leased, new Settlement.Done(), now)
                    .toCompletableFuture()
                    .join();
        }
        return chats;
    }
}
