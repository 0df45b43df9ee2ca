// SPDX-License-Identifier: Apache-2.0
package dev.openlines.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.tck.Deliveries;
import java.util.BitSet;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;

class KafkaSuspectsTest {

    @Test
    void suspectsOfADeadWorkerAreNotedTogetherAndThoseOfTwoDeathsAlone() {
        KafkaSuspects suspects = new KafkaSuspects(100, Map.of(7L, 1));
        assertThat(suspects.suspects(task(99))).isTrue();
        assertThat(suspects.suspects(task(100))).isFalse();
        suspects.ask(task(5));
        suspects.ask(task(7));
        suspects.ask(task(8));

        assertThat(suspects.propose(false)).isTrue();
        assertThat(suspects.counts(false)).isEqualTo(Map.of(5L, 1, 7L, 1, 8L, 1));
        suspects.withdraw();
        assertThat(suspects.counts(false)).as("the commit failed").isEqualTo(Map.of(7L, 1));
        assertThat(suspects.propose(false)).isTrue();
        assertThat(suspects.noted()).extracting(task -> task.offset).containsExactlyInAnyOrder(5L, 8L);
        assertThat(suspects.inHand()).isTrue();
        assertThat(suspects.alone()).isFalse();
        suspects.survived(task(5));
        suspects.survived(task(8));
        assertThat(suspects.inHand()).isFalse();

        assertThat(suspects.propose(false)).isFalse();
        assertThat(suspects.propose(true)).isTrue();
        assertThat(suspects.noted()).extracting(task -> task.offset).containsExactly(7L);
        assertThat(suspects.alone()).isTrue();
        assertThat(suspects.counts(false)).isEqualTo(Map.of(7L, 2));
        assertThat(suspects.counts(true)).as("given back, not died").isEqualTo(Map.of(7L, 1));
        suspects.survived(task(7));
        assertThat(suspects.counts(false)).isEmpty();
    }

    @Test
    void aNoteFitsBesideItsOffsetAndIsReadAsItWasWritten() {
        KafkaSuspects suspects = new KafkaSuspects(Long.MAX_VALUE, Map.of());
        for (int i = 0; i < 200; i++) {
            suspects.ask(task(Long.MAX_VALUE / 2 + i));
        }
        suspects.propose(false);
        BitSet done = new BitSet();
        done.set(0, 20_000);
        KafkaNote note = new KafkaNote(done, Long.MAX_VALUE, false, suspects.counts(false));

        assertThat(note.text().length()).isLessThanOrEqualTo(4096);
        assertThat(KafkaNote.of(note.text())).isEqualTo(note);
        assertThat(KafkaNote.of("another program's")).isEqualTo(KafkaNote.NONE);
        assertThat(KafkaNote.of("")).isEqualTo(KafkaNote.NONE);
    }

    private static KafkaTask task(long offset) {
        ProducerRecord<String, byte[]> sent = KafkaEvent.record("t", Deliveries.delivery(1, 1));
        ConsumerRecord<String, byte[]> record = new ConsumerRecord<>("t", 0, offset, sent.key(), sent.value());
        sent.headers().forEach(record.headers()::add);
        return KafkaTask.received(record);
    }
}
