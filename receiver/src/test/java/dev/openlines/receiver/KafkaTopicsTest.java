// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.openlines.receiver.contract.InboxContract;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.kafka.common.header.Header;
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

    @Test
    void theDocumentNamesTheTopicsAndTheHeadersOfAnEvent() throws IOException {
        String document = Files.readString(Path.of("..", "docs", "topics.yaml"), StandardCharsets.UTF_8);
        KafkaTopics topics = KafkaTopics.of("kafka:one:9092/PREFIX");

        assertThat(List.of(topics.events(), topics.retry(), topics.dead(), topics.portals()))
                .allSatisfy(topic -> assertThat(document).contains('"' + topic.replace("PREFIX", "{prefix}") + '"'));
        Set<String> sent = new TreeSet<>();
        for (Header header : KafkaEvent.record(topics.events(), InboxContract.delivery(17, 1))
                .headers()) {
            sent.add(header.key());
        }
        assertThat(named(document, "(ce_[a-z]+|content-type): \\{")).containsExactlyElementsOf(sent);
        assertThat(named(document, "(openlines-[a-z]+): \\{"))
                .containsExactlyInAnyOrder(
                        KafkaRecords.KEY,
                        KafkaRecords.OFFSET,
                        KafkaRecords.DUE,
                        KafkaRecords.ATTEMPTS,
                        KafkaRecords.HISTORY,
                        KafkaRecords.REASON,
                        KafkaRecords.DIED,
                        KafkaRecords.ORIGIN,
                        KafkaRecords.REQUEUED);
    }

    private static Set<String> named(String document, String pattern) {
        Set<String> names = new TreeSet<>();
        Matcher matcher = Pattern.compile(pattern).matcher(document);
        while (matcher.find()) {
            names.add(matcher.group(1));
        }
        return names;
    }
}
