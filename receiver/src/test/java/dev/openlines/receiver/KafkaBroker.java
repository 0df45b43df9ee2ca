// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.testkit.KafkaCluster;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** One real broker for all tests of a process; it ends with the process. Each test has topics of its own. */
final class KafkaBroker {

    private static final KafkaCluster BROKER = KafkaCluster.start(1);
    private static final AtomicInteger PREFIX = new AtomicInteger();

    private KafkaBroker() {}

    static KafkaTopics newTopics(int partitions) {
        return KafkaTopics.of(
                "kafka:" + BROKER.servers() + "/test" + PREFIX.incrementAndGet() + "?partitions=" + partitions);
    }

    static void await(BooleanSupplier condition) {
        long begun = System.nanoTime();
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime() - begun)
                    .as("a condition within 30 seconds")
                    .isLessThan(Duration.ofSeconds(30).toNanos());
            LockSupport.parkNanos(Duration.ofMillis(20).toNanos());
        }
    }
}
