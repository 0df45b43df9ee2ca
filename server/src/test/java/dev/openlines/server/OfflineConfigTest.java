// SPDX-License-Identifier: Apache-2.0
package dev.openlines.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Tests of the settings for draining portals' offline queues. */
class OfflineConfigTest {

    @Test
    void itIsOffUnlessAnIntervalIsSet() {
        assertThat(Settings.of(Map.of()).offline()).isNull();
        assertThat(Settings.of(Map.of("OPENLINES_OFFLINE", "off")).offline()).isNull();
        assertThat(Settings.of(Map.of("OPENLINES_OFFLINE", "PT1M")).offline()).isEqualTo(Duration.ofMinutes(1));
    }

    @ParameterizedTest
    @CsvSource({
        "on, 'expected off or a duration such as PT1M, found \"on\"'",
        "PT9S, 'expected at least PT10S, found \"PT9S\"'",
        "-PT1M, 'expected at least PT10S, found \"-PT1M\"'"
    })
    void aWrongOneStopsTheStartWithOneLineThatNamesIt(String value, String message) {
        assertThatThrownBy(() -> Settings.of(Map.of("OPENLINES_OFFLINE", value)))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("OPENLINES_OFFLINE: " + message);
    }
}
