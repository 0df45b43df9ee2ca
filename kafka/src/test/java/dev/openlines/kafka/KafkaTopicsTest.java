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
import org.junit.jupiter.params.provider.CsvSource;

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
    @CsvSource(delimiter = '|', textBlock = """
            kafka:                           | found no such list of brokers
            kafka:one                        | found no such list of brokers
            kafka:one:9092?partitions=0      | found another value of partitions
            kafka:one:9092?window=canary     | found another value of window
            kafka:one:9092?config=           | found another value of config
            kafka:one:9092?secret=canary     | found another option
            kafka:one:9092/                  | expected a prefix of 1 to 200 characters but found one of 0
            kafka:one:9092/ca nary           | digits, and . _ - but found U+0020 as character 3
            kafka:one:9092/töpics        | digits, and . _ - but found U+00F6 as character 2
            """)
    void anotherAddressIsRefusedWithWhatIsWrongAndWithoutItsValues(String address, String message) {
        assertThatThrownBy(() -> KafkaTopics.of(address))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("expected ")
                .hasMessageEndingWith(message)
                .hasMessageNotContaining("canary");
    }

    @Test
    void aPrefixThatIsTooLongIsRefusedWithItsLength() {
        assertThatThrownBy(() -> KafkaTopics.of("kafka:one:9092/" + "x".repeat(201)))
                .hasMessage("expected a prefix of 1 to 200 characters but found one of 201");
    }
}
