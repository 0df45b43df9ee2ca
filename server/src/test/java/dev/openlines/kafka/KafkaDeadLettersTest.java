// SPDX-License-Identifier: Apache-2.0
package dev.openlines.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.receiver.DeadLetter;
import dev.openlines.receiver.DeadLetters;
import dev.openlines.server.ReceiverCommand;
import dev.openlines.tck.Deliveries;
import dev.openlines.testkit.KafkaBroker;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Thousands of dead letters on a real broker: number N of them is of chat N and died N seconds after the first. */
@Timeout(300)
@Tag("long")
class KafkaDeadLettersTest {

    private static final int LETTERS = 3000;
    private static final Instant FIRST = Instant.parse("2027-01-01T00:00:00Z");

    private String address;
    private KafkaTopics topics;
    private KafkaInbox inbox;

    @BeforeEach
    void threeThousandLetters() {
        address = KafkaBroker.newTopics(2);
        topics = KafkaTopics.of(address);
        inbox = KafkaInbox.open(topics);
        List<CompletableFuture<?>> appended = new ArrayList<>();
        for (int number = 0; number < LETTERS; number++) {
            appended.add(inbox.append(letter(number)));
        }
        appended.forEach(inbox::await);
    }

    @AfterEach
    void close() {
        inbox.close();
    }

    @Test
    void thousandsAreListedPageByPageAndEachIsShown() {
        assertThat(inbox.backlog().dead()).isEqualTo(LETTERS);
        List<DeadLetter> letters = new ArrayList<>();
        List<DeadLetter> page = inbox.deadLetters().list(0, 100);
        while (!page.isEmpty()) {
            letters.addAll(page);
            page = inbox.deadLetters().list(page.get(page.size() - 1).id(), 100);
        }

        assertThat(letters).hasSize(LETTERS);
        assertThat(letters).extracting(DeadLetter::id).isSorted().doesNotHaveDuplicates();
        DeadLetter last = letters.get(LETTERS - 1);
        assertThat(last.diedAt()).isEqualTo(FIRST.plusSeconds(LETTERS - 1));
        DeadLetter shown = inbox.deadLetters().show(letters.get(1500).id()).orElseThrow();
        assertThat(shown.idempotencyKey())
                .isEqualTo(Deliveries.delivery(1501, 1).idempotencyKey());
        assertThat(inbox.deadLetters().show(last.id() + 1)).isEmpty();
        assertThat(inbox.deadLetters().show(0)).isEmpty();
    }

    @Test
    void deadLettersRequeuedOrDiscardedAreGoneForEveryNodeAndTheOthersStay() {
        List<DeadLetter> letters = inbox.deadLetters().list(0, LETTERS);
        Set<Long> gone = new HashSet<>();
        try (KafkaInbox other = KafkaInbox.open(topics)) {
            assertThat(other.deadLetters().list(0, 1)).hasSize(1);
            for (int number = 0; number < 200; number++) {
                long id = letters.get(number * 15).id();
                gone.add(id);
                DeadLetters view = number % 3 == 0 ? other.deadLetters() : inbox.deadLetters();
                boolean done = number % 2 == 0 ? view.requeue(id, FIRST) : view.discard(id, FIRST);
                assertThat(done).isTrue();
                assertThat(inbox.deadLetters().requeue(id, FIRST)).isFalse();
                assertThat(other.deadLetters().discard(id, FIRST)).isFalse();
                assertThat(inbox.deadLetters().show(id)).isEmpty();
            }
            for (KafkaInbox node : List.of(inbox, other)) {
                assertThat(node.backlog().dead()).isEqualTo(LETTERS - 200);
                assertThat(node.backlog().waiting()).as("requeued").isEqualTo(100);
                assertThat(node.deadLetters().list(0, LETTERS))
                        .extracting(DeadLetter::id)
                        .hasSize(LETTERS - 200)
                        .doesNotContainAnyElementsOf(gone)
                        .isSorted();
            }
        }
    }

    @Test
    @Timeout(300) // One by one it would take minutes.
    void aPurgeForgetsWhatDiedBeforeATimeAndNotWhatDiedAtIt() {
        assertThat(inbox.deadLetters().purge(FIRST)).isZero();
        assertThat(inbox.backlog().dead()).isEqualTo(LETTERS);

        assertThat(inbox.deadLetters().purge(FIRST.plusSeconds(2000))).isEqualTo(2000);

        assertThat(inbox.backlog().dead()).isEqualTo(1000);
        assertThat(inbox.deadLetters().list(0, 1).get(0).diedAt()).isEqualTo(FIRST.plusSeconds(2000));
        assertThat(inbox.deadLetters().purge(FIRST.plusSeconds(2000))).isZero();
        assertThat(inbox.deadLetters().purge(FIRST.plusSeconds(2000).plusMillis(1)))
                .isEqualTo(1);
        assertThat(inbox.deadLetters().purge(Instant.MAX)).isEqualTo(999);
        assertThat(inbox.deadLetters().list(0, 10)).isEmpty();
        try (KafkaInbox other = KafkaInbox.open(topics)) {
            assertThat(other.backlog().dead()).isZero();
        }
    }

    @Test
    void allOfThemAreRequeuedByOneCommandAndHaveTheirHistory() {
        assertThat(inbox.deadLetters().purge(FIRST.plusSeconds(LETTERS - 1000))).isEqualTo(LETTERS - 1000);
        List<String> out = new ArrayList<>();

        int code = ReceiverCommand.run(
                List.of("inbox", "requeue", "all"), Map.of("OPENLINES_INBOX", address), out::add, line -> {});

        assertThat(code).isZero();

        assertThat(out).containsExactly("requeued=1000");
        assertThat(inbox.backlog().dead()).isZero();
        assertThat(inbox.backlog().waiting()).isEqualTo(1000);
    }

    private ProducerRecord<String, byte[]> letter(int number) {
        ProducerRecord<String, byte[]> event = KafkaEvent.record(topics.events(), Deliveries.delivery(number + 1, 1));
        ConsumerRecord<String, byte[]> received =
                new ConsumerRecord<>(topics.events(), 0, number, event.key(), event.value());
        event.headers().forEach(received.headers()::add);
        return KafkaRecords.dead(
                topics.dead(),
                topics.events() + "-0@" + number,
                received,
                "no such contact",
                1,
                FIRST.plusSeconds(number));
    }
}
