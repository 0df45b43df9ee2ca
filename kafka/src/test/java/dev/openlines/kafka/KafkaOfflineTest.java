// SPDX-License-Identifier: Apache-2.0
package dev.openlines.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.openlines.model.OnSessionFinish;
import dev.openlines.parser.BodyFormat;
import dev.openlines.parser.Envelope;
import dev.openlines.parser.Limits;
import dev.openlines.receiver.ClosedSession;
import dev.openlines.receiver.ClosedSessions;
import dev.openlines.receiver.DispatchPolicy;
import dev.openlines.receiver.Handlers;
import dev.openlines.receiver.Inbox;
import dev.openlines.receiver.InboxMove;
import dev.openlines.receiver.LeasingInbox;
import dev.openlines.receiver.OfflineFeed;
import dev.openlines.receiver.OfflineQueues;
import dev.openlines.receiver.Origin;
import dev.openlines.receiver.ReconcileSettings;
import dev.openlines.receiver.Reconciler;
import dev.openlines.receiver.Telemetry;
import dev.openlines.tck.Deliveries;
import dev.openlines.testkit.Await;
import dev.openlines.testkit.KafkaBroker;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Tests of Kafka's promise for closes that come in other ways: less than a database with a ledger. */
@Timeout(300)
class KafkaOfflineTest {

    private static final long SECOND = 1_790_000_000;

    private record Handled(
            long chat, Origin origin, @Nullable Long session) {}

    @TempDir
    Path folder;

    private final Queue<Handled> handled = new ConcurrentLinkedQueue<>();
    private final List<OfflineQueues.Queued> queue = new ArrayList<>();
    private final OfflineQueues queues = new OfflineQueues() {
        @Override
        public Set<String> portals() {
            return Set.of(Deliveries.MEMBER);
        }

        /** Clears nothing: as a process that dies before it has cleared. */
        @Override
        public Drained drain(String memberId, Consumer<Queued> sink) {
            queue.forEach(sink);
            return new Drained(0, null);
        }
    };

    private KafkaInbox inbox;

    @BeforeEach
    void openInbox() {
        inbox = KafkaInbox.open(KafkaTopics.of(KafkaBroker.newTopics(1)));
    }

    @AfterEach
    void closeInbox() {
        inbox.close();
    }

    private static OfflineQueues.Queued queued(long chat, long second) {
        Envelope posted =
                Envelope.parse(Deliveries.form(chat).getBytes(StandardCharsets.UTF_8), BodyFormat.FORM, Limits.DEFAULT);
        return new OfflineQueues.Queued(
                OnSessionFinish.CODE,
                Instant.ofEpochSecond(second),
                Objects.requireNonNull(posted.raw().get("data")));
    }

    private void drain() {
        try (OfflineFeed feed = new OfflineFeed(
                inbox, queues, Duration.ofMinutes(1), InstantSource.system(), () -> {}, Telemetry.none())) {
            assertThat(feed.drain(Deliveries.MEMBER).failed()).isZero();
        }
    }

    private void work() {
        Handlers handlers = Handlers.on(
                        OnSessionFinish.class,
                        (finish, context) -> handled.add(new Handled(
                                finish.chats().get(0).chatId(),
                                context.origin(),
                                context.sessionId().orElse(null))))
                .otherwise((event, context) -> {});
        try (KafkaDispatcher dispatcher = new KafkaDispatcher(
                        inbox, handlers, DispatchPolicy.DEFAULT, InstantSource.system(), Telemetry.none())
                .start()) {
            Await.until(() -> inbox.backlog().waiting() == 0);
            assertThat(dispatcher).isNotNull();
        }
    }

    @Test
    void anEventThatTheQueueGivesAgainIsHandledOnce() {
        queue.add(queued(17, SECOND));
        drain();
        drain();
        work();

        assertThat(handled).containsExactly(new Handled(17, Origin.OFFLINE, null));
    }

    /** Sends a close twice within two seconds. A database recognizes it; Kafka recognizes equal times only. */
    @Test
    void aCloseByTwoWaysIsOneOnlyIfItsTimesAreEqual() {
        queue.add(queued(17, SECOND));
        queue.add(queued(18, SECOND));
        inbox.await(inbox.store(Deliveries.delivery(17, SECOND)));
        inbox.await(inbox.store(Deliveries.delivery(18, SECOND + 1)));
        drain();
        work();

        assertThat(handled)
                .containsExactlyInAnyOrder(
                        new Handled(17, Origin.EVENT, null),
                        new Handled(18, Origin.EVENT, null),
                        new Handled(18, Origin.OFFLINE, null));
    }

    @Test
    @Tag("long")
    void nothingIsCompared() {
        assertThatThrownBy(() -> new Reconciler(
                        inbox, listing(), ReconcileSettings.DEFAULT, InstantSource.system(), Telemetry.none()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("reconciling needs an inbox in SQLite or PostgreSQL");
    }

    @Test
    void aCloseThatADatabaseHasFoundKeepsItsOriginAndSessionWhenItIsMoved() {
        try (LeasingInbox sqlite = Inbox.sqlite(folder.resolve("inbox.db"));
                Reconciler reconciler = new Reconciler(
                        sqlite,
                        listing(),
                        ReconcileSettings.DEFAULT.since(Instant.now().minus(Duration.ofHours(1))),
                        InstantSource.system(),
                        Telemetry.none())) {
            assertThat(reconciler.run(Deliveries.MEMBER, false).orElseThrow().missing())
                    .isEqualTo(1);
            assertThat(new InboxMove(sqlite, inbox, InstantSource.system()).events())
                    .isEqualTo(1);
        }
        work();

        assertThat(handled).containsExactly(new Handled(17, Origin.RECONCILED, 7L));
    }

    /** Returns a portal that lists one close of ten minutes ago. */
    private static ClosedSessions listing() {
        Instant closed = Instant.now().truncatedTo(ChronoUnit.SECONDS).minus(Duration.ofMinutes(10));
        ClosedSession session =
                new ClosedSession(7, 17, 1, 10, "livechat", null, closed.atOffset(ZoneOffset.UTC), "closed");
        return new ClosedSessions() {
            @Override
            public Set<String> portals() {
                return Set.of(Deliveries.MEMBER);
            }

            @Override
            public Page list(Query query) {
                return new Page(List.of(session), false, Instant.now());
            }
        };
    }
}
