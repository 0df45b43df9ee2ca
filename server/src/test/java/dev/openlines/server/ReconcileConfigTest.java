// SPDX-License-Identifier: Apache-2.0
package dev.openlines.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.openlines.receiver.ReconcileSettings;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Tests of the settings for comparing with portals. */
class ReconcileConfigTest {

    @Test
    void itIsOnUnlessTurnedOff() {
        assertThat(Settings.of(Map.of()).reconcile()).isEqualTo(ReconcileSettings.DEFAULT);
        assertThat(Settings.of(Map.of("OPENLINES_RECONCILE", "off")).reconcile())
                .isNull();
    }

    @Test
    void eachTimeCanBeSet() {
        assertThat(Settings.of(Map.of(
                                "OPENLINES_RECONCILE", "PT1H",
                                "OPENLINES_RECONCILE_GRACE", "PT3M",
                                "OPENLINES_RECONCILE_SWEEP", "P7D",
                                "OPENLINES_RECONCILE_MAX_AGE", "PT12H",
                                "OPENLINES_RECONCILE_SINCE", "2026-01-31T10:00:00Z"))
                        .reconcile())
                .isEqualTo(new ReconcileSettings(
                        Duration.ofHours(1),
                        Duration.ofMinutes(3),
                        Duration.ofDays(7),
                        Duration.ofHours(12),
                        1000,
                        Instant.parse("2026-01-31T10:00:00Z")));
    }

    @ParameterizedTest
    @CsvSource({
        "OPENLINES_RECONCILE, hourly, 'expected a duration such as PT15M, found \"hourly\"'",
        "OPENLINES_RECONCILE, PT0S, 'the interval must be longer than nothing, found PT0S'",
        "OPENLINES_RECONCILE_GRACE, PT1M, 'a grace of PT1M is too short: events need at least PT3M'",
        "OPENLINES_RECONCILE_SWEEP, P36D, 'a sweep of PT864H is not possible: from one day to PT840H'",
        "OPENLINES_RECONCILE_MAX_AGE, -P1D, 'the greatest age must be longer than nothing, found PT-24H'",
        "OPENLINES_RECONCILE_SINCE, today, 'expected a time such as 2026-01-31T10:00:00Z, found \"today\"'"
    })
    void aWrongOneStopsTheStartWithOneLineThatNamesIt(String name, String value, String message) {
        assertThatThrownBy(() -> Settings.of(Map.of(name, value)))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage(name + ": " + message);
    }
}
