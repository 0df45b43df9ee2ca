// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.openlines.model.Secret;
import dev.openlines.parser.BodyFormat;
import dev.openlines.parser.Envelope;
import dev.openlines.parser.Limits;
import dev.openlines.testkit.Await;
import dev.openlines.testkit.Bodies;
import dev.openlines.testkit.Rows;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.AbstractList;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(300)
class SpoolTest {

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    @TempDir
    Path directory;

    private Path file;
    private WatchedInbox store;

    @BeforeEach
    void open() {
        file = directory.resolve("spool");
        store = new WatchedInbox(Inbox.sqlite(directory.resolve("inbox.db")));
    }

    /** Drains the events that wait: the file is open. Nothing more is acknowledged into it. */
    @Test
    void aSpoolThatIsRemovedReplacedOrCutTakesNoMore() throws Exception {
        for (String way : List.of("removed", "replaced", "cut")) {
            file = directory.resolve("spool-" + way);
            try (LeasingInbox inbox = SpoolingInbox.open(
                    new WatchedInbox(Inbox.sqlite(directory.resolve(way + ".db"))) {
                        {
                            store = this;
                        }
                    },
                    file,
                    PATIENCE)) {
                store.down = true;
                assertThat(Deliveries.store(inbox, Deliveries.delivery(1, 1))).isEqualTo(StoreResult.STORED);
                switch (way) {
                    case "removed" -> Files.delete(file);
                    case "replaced" -> {
                        Files.delete(file);
                        Files.write(file, "OLSPOOL1".getBytes(StandardCharsets.US_ASCII));
                    }
                    default -> Files.write(file, new byte[0]);
                }

                assertThatThrownBy(() -> Deliveries.store(inbox, Deliveries.delivery(2, 1)))
                        .as(way)
                        .isInstanceOf(StoreException.class)
                        .hasStackTraceContaining("was removed, replaced or cut short while it was in use");
                assertThatThrownBy(inbox::probe).isInstanceOf(StoreException.class);

                store.down = false;
                if (way.equals("cut")) {
                    // The part that was cut away cannot be stored before the next event.
                    assertThatThrownBy(inbox::probe).isInstanceOf(StoreException.class);
                    assertThat(stored(inbox, 3)).isFalse();
                } else {
                    while (!stored(inbox, 3)) {
                        Thread.onSpinWait();
                    }
                    inbox.probe();
                    assertThat(inbox.backlog().waiting()).isEqualTo(2);
                }
            }
        }
    }

    private static boolean stored(LeasingInbox inbox, long chat) {
        try {
            Deliveries.store(inbox, Deliveries.delivery(chat, 1));
            return true;
        } catch (StoreException e) {
            return false;
        }
    }

    @Test
    void whileTheStoreIsDownEventsAreKeptAndGoIntoItInOrderAfterwards() throws Exception {
        try (LeasingInbox inbox = SpoolingInbox.open(store, file, PATIENCE)) {
            assertThat(Deliveries.store(inbox, Deliveries.delivery(1, 1))).isEqualTo(StoreResult.STORED);
            store.down = true;
            for (long chat = 2; chat <= 600; chat++) {
                assertThat(Deliveries.store(inbox, Deliveries.delivery(chat, 1)))
                        .isEqualTo(StoreResult.STORED);
            }
            // A repeat is noticed by the inbox only.
            assertThat(Deliveries.store(inbox, Deliveries.delivery(2, 1))).isEqualTo(StoreResult.STORED);
            inbox.probe();
            assertThat(Files.size(file)).isGreaterThan(100_000);
            assertThat(Files.readString(file, StandardCharsets.ISO_8859_1))
                    .doesNotContain(Bodies.TOKEN, Bodies.ACCESS_TOKEN, Bodies.REFRESH_TOKEN);

            store.down = false;

            awaitDrained();
            assertThat(Deliveries.store(inbox, Deliveries.delivery(601, 1))).isEqualTo(StoreResult.STORED);
        }
        assertThat(chats())
                .containsExactlyElementsOf(
                        LongStream.rangeClosed(1, 601).boxed().toList());
    }

    @Test
    void eventsLeftInTheFileByAKillAreInTheInboxAtTheNextStart() throws Exception {
        Path copy = directory.resolve("copy");
        try (LeasingInbox inbox = SpoolingInbox.open(store, file, PATIENCE)) {
            store.down = true;
            for (long chat = 1; chat <= 20; chat++) {
                Deliveries.store(inbox, Deliveries.delivery(chat, 1));
            }
            Files.copy(file, copy);
        }
        try (FileChannel torn = FileChannel.open(copy, StandardOpenOption.WRITE)) {
            torn.truncate(torn.size() - 1);
        }

        try (LeasingInbox inbox = Inbox.spooled(Inbox.sqlite(directory.resolve("inbox.db")), copy)) {
            assertThat(inbox.backlog().waiting()).isEqualTo(19);
        }

        assertThat(chats())
                .containsExactlyElementsOf(LongStream.rangeClosed(1, 19).boxed().toList());
        assertThat(Files.size(copy)).isEqualTo(EmergencySpool.begin());
        // The part that was cut off is not thrown away.
        assertThat(Files.size(directory.resolve("copy.bad"))).isEqualTo(Files.size(file) - 1);
    }

    @Test
    void eventsDrainedBeforeAnInterruptionAreNotInTheInboxTwice() throws Exception {
        Path copy = directory.resolve("copy");
        try (LeasingInbox inbox = SpoolingInbox.open(store, file, PATIENCE)) {
            store.down = true;
            for (long chat = 1; chat <= 20; chat++) {
                Deliveries.store(inbox, Deliveries.delivery(chat, 1));
            }
            // A kill after seven were brought to the inbox leaves this: there is no mark in the file.
            Files.copy(file, copy);
            store.down = false;
            for (long chat = 1; chat <= 7; chat++) {
                Deliveries.store(store, Deliveries.delivery(chat, 1));
            }
            store.down = true;
        }

        for (int start = 0; start < 2; start++) {
            Path left = directory.resolve("left" + start);
            Files.copy(copy, left);
            try (LeasingInbox inbox = Inbox.spooled(Inbox.sqlite(directory.resolve("inbox.db")), left)) {
                assertThat(inbox.backlog().waiting()).isEqualTo(20);
            }
        }
        assertThat(chats())
                .containsExactlyElementsOf(LongStream.rangeClosed(1, 20).boxed().toList());
    }

    @Test
    void aByteThatTurnedEndsTheFileThereAndIsKeptAside() throws Exception {
        try (LeasingInbox inbox = SpoolingInbox.open(store, file, PATIENCE)) {
            store.down = true;
            for (long chat = 1; chat <= 3; chat++) {
                Deliveries.store(inbox, Deliveries.delivery(chat, 1));
            }
        }
        byte[] bytes = Files.readAllBytes(file);
        bytes[(bytes.length - 8) / 2] ^= 1;
        Files.write(file, bytes);

        try (LeasingInbox inbox = Inbox.spooled(Inbox.sqlite(directory.resolve("inbox.db")), file)) {
            assertThat(inbox.backlog().waiting()).isEqualTo(1);
        }
        assertThat(directory.resolve("spool.bad")).hasBinaryContent(bytes);
    }

    @Test
    void anUninstallationInTheFileIsNotForgotten() throws Exception {
        Portals portals =
                new Portals().trust(Bodies.MEMBER, Secret.of(Bodies.TOKEN)).verifiedBy(Installing.YES);
        try (LeasingInbox inbox = SpoolingInbox.open(store, file, PATIENCE)) {
            store.down = true;
            Receiver receiver = Installing.receiver(inbox, portals, Installing.NOW);
            assertThat(Installing.post(receiver, Bodies.finish(9, "event", "ONAPPUNINSTALL")))
                    .isEqualTo(200);
            assertThat(Installing.post(receiver, Bodies.finish(1))).isEqualTo(403);
        }

        try (LeasingInbox inbox = Inbox.spooled(Inbox.sqlite(directory.resolve("inbox.db")), file)) {
            Portals after = inbox.portals().trust(Bodies.MEMBER, Secret.of(Bodies.TOKEN));
            Receiver receiver = Installing.receiver(inbox, after, Installing.NOW);
            assertThat(Installing.post(receiver, Bodies.finish(2))).isEqualTo(403);
        }
    }

    @Test
    void aStoreThatDoesNotAnswerIsNotWaitedFor() throws Exception {
        LeasingInbox silent = new WatchedInbox(store) {
            @Override
            public CompletionStage<StoreResult> store(VerifiedDelivery delivery) {
                return new CompletableFuture<>();
            }

            @Override
            public CompletionStage<Void> storeInOrder(List<VerifiedDelivery> deliveries) {
                return CompletableFuture.failedStage(new StoreException("gone", null));
            }
        };
        try (LeasingInbox inbox = SpoolingInbox.open(silent, file, Duration.ofMillis(50))) {
            assertThat(inbox.store(Deliveries.delivery(1, 1))
                            .toCompletableFuture()
                            .get(30, TimeUnit.SECONDS))
                    .isEqualTo(StoreResult.STORED);
        }
        assertThat(Files.size(file)).isGreaterThan(500);
    }

    @Test
    void anEventThatCannotBeSpooledFailsAloneAndTheNextIsKept() throws Exception {
        try (LeasingInbox inbox = SpoolingInbox.open(store, file, PATIENCE)) {
            store.down = true;
            Deliveries.store(inbox, Deliveries.delivery(1, 1));

            assertThatThrownBy(() -> Deliveries.store(
                            inbox, unwritable(new TrustChange(Bodies.MEMBER, null, List.of(), Instant.MAX))))
                    .isInstanceOf(StoreException.class)
                    .hasRootCauseInstanceOf(ArithmeticException.class);

            assertThat(Deliveries.store(inbox, Deliveries.delivery(2, 1))).isEqualTo(StoreResult.STORED);
            store.down = false;
            awaitDrained();
        }
        assertThat(chats()).containsExactly(1L, 2L);
    }

    @Test
    void theFileIsClearedAlsoWhereTheLastOneOnItsWayThereFailsAfterTheOthersAreInTheInbox() throws Exception {
        CountDownLatch writing = new CountDownLatch(1);
        CountDownLatch stored = new CountDownLatch(1);
        WatchedInbox slow = new WatchedInbox(store) {
            @Override
            public CompletionStage<StoreResult> store(VerifiedDelivery delivery) {
                return CompletableFuture.failedStage(new StoreException("away", null));
            }

            @Override
            public CompletionStage<Void> storeInOrder(List<VerifiedDelivery> deliveries) {
                await(writing);
                return super.storeInOrder(deliveries).thenRun(stored::countDown);
            }
        };
        List<String> failsLate = new AbstractList<>() {
            @Override
            public int size() {
                writing.countDown();
                await(stored);
                awaitDrainerToRest();
                throw new IllegalStateException("for the test");
            }

            @Override
            public String get(int index) {
                throw new IndexOutOfBoundsException(index);
            }
        };
        try (LeasingInbox inbox = SpoolingInbox.open(slow, file, PATIENCE)) {
            Deliveries.store(inbox, Deliveries.delivery(1, 1));

            assertThatThrownBy(() -> Deliveries.store(
                            inbox, unwritable(new TrustChange(Bodies.MEMBER, null, failsLate, Instant.EPOCH))))
                    .isInstanceOf(StoreException.class)
                    .hasRootCauseMessage("for the test");

            awaitDrained();
        }
        assertThat(chats()).containsExactly(1L);
    }

    private static VerifiedDelivery unwritable(TrustChange change) {
        return new VerifiedDelivery(
                Envelope.parse(Bodies.finish(99).getBytes(StandardCharsets.UTF_8), BodyFormat.FORM, Limits.DEFAULT),
                Bodies.MEMBER,
                1,
                Instant.EPOCH,
                change);
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(30, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /** Waits until the drainer has written that the inbox has all there is. */
    private static void awaitDrainerToRest() {
        Thread drainer = Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().equals("openlines-spool-drain"))
                .findFirst()
                .orElseThrow();
        Await.until("a drainer at rest", () -> drainer.getState() == Thread.State.TIMED_WAITING);
    }

    @Test
    void onlyItsOwnerMayReadItAndOneProcessUseIt() throws Exception {
        try (LeasingInbox inbox = SpoolingInbox.open(store, file, PATIENCE)) {
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                    .isEqualTo("rw-------");

            assertThatThrownBy(() -> Inbox.spooled(inbox, file))
                    .isInstanceOf(StoreException.class)
                    .hasMessage("another process uses " + file);
        }
    }

    @Test
    void anotherFileIsNotTakenForASpool() throws Exception {
        Files.writeString(file, "another program's letters");

        assertThatThrownBy(() -> Inbox.spooled(store, file))
                .isInstanceOf(StoreException.class)
                .hasRootCauseMessage("expected a spool of version 1 but found another file at " + file);
        assertThat(file).hasContent("another program's letters");
    }

    private void awaitDrained() {
        Await.until("an empty spool", () -> Files.size(file) <= EmergencySpool.begin());
    }

    /** Returns the chats in the order of storing. */
    private List<Long> chats() {
        List<Long> chats = new ArrayList<>();
        for (String row : Rows.of(directory.resolve("inbox.db"), "select order_key from inbox order by id")) {
            chats.add(Long.valueOf(row.substring(row.indexOf('/') + 1)));
        }
        return chats;
    }
}
