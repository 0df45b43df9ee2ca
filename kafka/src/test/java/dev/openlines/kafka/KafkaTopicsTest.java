// SPDX-License-Identifier: Apache-2.0
package dev.openlines.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class KafkaTopicsTest {

    @Test
    void anAddressHasBrokersAndWhatIsToBeOtherThanUsual(@TempDir Path folder) throws IOException {
        Path config =
                Files.writeString(folder.resolve("kafka.properties"), "security.protocol=SSL\nssl.key.password=s\n");

        assertThat(KafkaTopics.of("kafka:one:9092"))
                .isEqualTo(new KafkaTopics("one:9092", "openlines", 12, 10_000, Map.of()));
        assertThat(KafkaTopics.of("kafka:one:9092,two:9093/shop?partitions=3&window=5&config=" + config))
                .isEqualTo(new KafkaTopics(
                        "one:9092,two:9093", "shop", 3, 5, Map.of("security.protocol", "SSL", "ssl.key.password", "s")))
                .hasToString("kafka:one:9092,two:9093/shop");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "kafka:",
                "kafka:one",
                "kafka:one:9092/a b",
                "kafka:one:9092?partitions=0",
                "kafka:one:9092?secret=canary"
            })
    void anotherAddressIsRefusedWithoutItsValues(String address) {
        assertThatThrownBy(() -> KafkaTopics.of(address))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("expected ")
                .hasMessageNotContaining("canary");
    }
}
