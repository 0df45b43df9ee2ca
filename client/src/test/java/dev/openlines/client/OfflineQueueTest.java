// SPDX-License-Identifier: Apache-2.0
package dev.openlines.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.openlines.client.FakePortal.Answered;
import dev.openlines.client.OfflineQueue.Drained;
import dev.openlines.model.OnSessionFinish;
import dev.openlines.model.Secret;
import dev.openlines.parser.BodyFormat;
import dev.openlines.parser.Envelope;
import dev.openlines.parser.EventDecoder;
import dev.openlines.parser.Limits;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(300)
class OfflineQueueTest {

    private final FakeQueue queue = new FakeQueue();

    @Test
    void drainsAllAndClearsOnlyWhatIsStored() {
        for (int chat = 1; chat <= 120; chat++) {
            queue.add(chat);
        }
        try (FakePortal portal = new FakePortal(queue::answer)) {
            List<String> stored = new ArrayList<>();

            IllegalStateException unreadable = new IllegalStateException("unreadable");
            Consumer<OfflineEvent> picky = event -> {
                if (event.messageId().endsWith("7")) {
                    throw unreadable;
                }
                assertThat(queue.holds(event.messageId())).isTrue();
                stored.add(event.messageId());
            };

            assertThat(on(portal).drain(picky)).isEqualTo(new Drained(108, 12, unreadable));
            assertThat(stored).hasSize(108).doesNotHaveDuplicates();
            assertThat(queue.size()).isEqualTo(12);
            assertThat(queue.failed()).isEqualTo(12);
            // Those that failed are tried again, and again, and do not keep the others back.
            assertThat(on(portal).drain(picky)).isEqualTo(new Drained(0, 12, unreadable));
            queue.add(900);
            assertThat(on(portal).drain(picky)).isEqualTo(new Drained(1, 12, unreadable));
            assertThat(on(portal).drain(event -> stored.add(event.messageId()))).isEqualTo(new Drained(12, 0, null));
            assertThat(stored).hasSize(121).doesNotHaveDuplicates();
            assertThat(queue.size()).isZero();
        }
    }

    @Test
    void anEventThatAlwaysFailsDoesNotTakeItsNextOccurrenceAlong() {
        queue.add(7);
        try (FakePortal portal = new FakePortal(queue::answer)) {
            IllegalStateException bad = new IllegalStateException("bad");
            Instant first = Instant.parse("2026-11-22T17:00:00Z");
            List<Instant> stored = new ArrayList<>();
            Consumer<OfflineEvent> picky = event -> {
                if (event.queuedAt().equals(first)) {
                    throw bad;
                }
                stored.add(event.queuedAt());
            };
            assertThat(on(portal).drain(picky)).isEqualTo(new Drained(0, 1, bad));
            assertThat(on(portal).drain(picky)).isEqualTo(new Drained(0, 1, bad));
            queue.add(7, "2026-11-22T20:00:00+02:00");

            assertThat(on(portal).drain(picky)).isEqualTo(new Drained(1, 1, bad));
            assertThat(on(portal).drain(event -> stored.add(event.queuedAt()))).isEqualTo(new Drained(1, 0, null));
            assertThat(stored).containsExactly(Instant.parse("2026-11-22T18:00:00Z"), first);
        }
    }

    @Test
    void aStoreThatIsDownKeepsTheQueueAsItIs() {
        for (int chat = 1; chat <= 500; chat++) {
            queue.add(chat);
        }
        try (FakePortal portal = new FakePortal(queue::answer)) {
            IllegalStateException down = new IllegalStateException("the database is down");

            assertThat(on(portal).drain(event -> {
                        throw down;
                    }))
                    .isEqualTo(new Drained(0, 50, down));
            assertThat(queue.size()).isEqualTo(500);
            List<String> stored = new ArrayList<>();
            assertThat(on(portal).drain(event -> stored.add(event.messageId()))).isEqualTo(new Drained(500, 0, null));
            assertThat(stored).hasSize(500).doesNotHaveDuplicates();
        }
    }

    @Test
    void aSinkThatSaysItsStoreIsDownBreaksOffAndMarksNothing() {
        for (int chat = 1; chat <= 120; chat++) {
            queue.add(chat);
        }
        try (FakePortal portal = new FakePortal(queue::answer)) {
            ClientStoreException down = new ClientStoreException("the database is down", null);
            List<String> stored = new ArrayList<>();

            assertThatThrownBy(() -> on(portal).drain(event -> {
                        if (stored.size() == 10) {
                            throw down;
                        }
                        stored.add(event.messageId());
                    }))
                    .isSameAs(down);

            assertThat(queue.size()).isEqualTo(110);
            assertThat(queue.failed()).isZero();
            // The chat of an event that is reserved is closed again: a second record, and both come.
            queue.add(50, "2026-11-22T20:00:00+02:00");
            assertThat(on(portal).drain(event -> stored.add(event.messageId()))).isEqualTo(new Drained(111, 0, null));
            assertThat(stored).hasSize(121);
            assertThat(queue.size()).isZero();
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
    void aDrainThatBreaksOffAnywhereLosesAndDoublesNothing(long seed) {
        Random random = new Random(seed);
        for (int chat = 1; chat <= 130; chat++) {
            queue.add(chat);
        }
        int[] callsLeft = {1 + random.nextInt(8)};
        try (FakePortal portal = new FakePortal(asked -> {
            Answered answer = queue.answer(asked);
            // The portal did as it was told, and the answer is lost.
            return callsLeft[0]-- > 0 ? answer : Answered.error(500, "INTERNAL_SERVER_ERROR", "");
        })) {
            Set<String> inbox = new TreeSet<>();
            int storesLeft = random.nextInt(130);
            boolean broken = false;
            try {
                int[] left = {storesLeft};
                on(portal).drain(event -> {
                    if (left[0]-- == 0) {
                        throw new StackOverflowError("killed");
                    }
                    inbox.add(event.messageId());
                });
            } catch (ClientException | StackOverflowError e) {
                broken = true;
            }
            assertThat(broken).as("seed %d", seed).isTrue();

            callsLeft[0] = Integer.MAX_VALUE;
            on(portal).drain(event -> inbox.add(event.messageId()));

            assertThat(inbox).as("seed %d", seed).hasSize(130);
            assertThat(queue.size()).as("seed %d", seed).isZero();
        }
    }

    @Test
    void aDrainedEventIsTheEventThatWouldHaveBeenPosted() {
        queue.add(17);
        try (FakePortal portal = new FakePortal(queue::answer)) {
            List<OfflineEvent> events = new ArrayList<>();
            on(portal).drain(events::add);

            assertThat(events).singleElement().satisfies(event -> {
                assertThat(event.userId()).isEqualTo(1);
                assertThat(event).hasToString("ONSESSIONFINISH " + "%032d".formatted(17));
                byte[] body = event.toDelivery(Secret.of("canary-application"));
                Envelope envelope = Envelope.parse(body, BodyFormat.JSON, Limits.DEFAULT);
                assertThat(envelope.memberId()).contains(FakeOAuth.MEMBER);
                assertThat(envelope.applicationToken()).contains(Secret.of("canary-application"));
                OnSessionFinish finish = (OnSessionFinish)
                        EventDecoder.lenient().decode(envelope).event();
                assertThat(finish.chats().get(0).chatId()).isEqualTo(17);
                assertThat(finish.header().sentAt()).isEqualTo(event.queuedAt());
            });
        }
    }

    @Test
    void aPortalWithoutThePlanIsSaidAndNothingIsTaken() {
        try (FakePortal portal = new FakePortal(asked -> asked.method().equals("event.offline.list")
                ? Answered.ok("{\"result\":[]}")
                : Answered.error(403, "WRONG_LICENSE", "This feature is not enabled"))) {
            assertThatThrownBy(() -> on(portal).drain(event -> {}))
                    .hasMessage("event.offline.get: HTTP 403 WRONG_LICENSE: This feature is not enabled");
        }
    }

    @Test
    void aQueueOfItsOwnIsNamedInEveryCall() {
        queue.add(1);
        try (FakePortal portal = new FakePortal(queue::answer)) {
            client(portal).offlineQueue("mine").drain(event -> {});

            assertThat(portal.asked)
                    .hasSize(4)
                    .allSatisfy(asked ->
                            assertThat(asked.json().getString("auth_connector")).isEqualTo("mine"));
        }
    }

    private static OfflineQueue on(FakePortal portal) {
        return client(portal).offlineQueue();
    }

    private static PortalClient client(FakePortal portal) {
        TokenStore store = TokenStore.memory();
        store.save(new Grant(
                FakeOAuth.MEMBER,
                portal.rest(),
                portal.rest(),
                Secret.of("canary-access"),
                Secret.of("canary-refresh"),
                Instant.now().plusSeconds(3600),
                List.of(),
                false,
                0));
        return RestClient.builder()
                .allowLoopback()
                .patience(java.time.Duration.ZERO)
                .rate(1e6, 10_000)
                .application("app.1", FakeOAuth.SECRET, store)
                .build()
                .portal(FakeOAuth.MEMBER);
    }
}
