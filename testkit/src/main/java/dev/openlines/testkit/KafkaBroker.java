// SPDX-License-Identifier: Apache-2.0
package dev.openlines.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * One real broker for all tests of a process; it ends with the process. Each test has topics of its own. Its timeouts
 * are long, so that a slow machine neither loses a write nor treats a worker as dead.
 */
public final class KafkaBroker {

    private static final KafkaCluster BROKER = KafkaCluster.start(1);
    private static final Path PATIENT = patient();
    private static final AtomicInteger PREFIX = new AtomicInteger();

    private KafkaBroker() {}

    /** Returns the address of topics that nothing else uses. */
    public static String newTopics(int partitions) {
        return "kafka:" + BROKER.servers() + "/test" + PREFIX.incrementAndGet() + "?partitions=" + partitions
                + "&config=" + PATIENT;
    }

    private static Path patient() {
        try {
            Path config = Files.createTempFile("openlines-kafka", ".properties");
            config.toFile().deleteOnExit();
            return Files.writeString(
                    config, "session.timeout.ms=300000\nrequest.timeout.ms=60000\ndelivery.timeout.ms=120000\n");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
