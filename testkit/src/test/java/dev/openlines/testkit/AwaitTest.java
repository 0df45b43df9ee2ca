// SPDX-License-Identifier: Apache-2.0
package dev.openlines.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class AwaitTest {

    @Test
    void itLooksUntilTheConditionHolds() {
        AtomicInteger looks = new AtomicInteger();

        Await.until("the third look", () -> looks.incrementAndGet() == 3);

        assertThat(looks).hasValue(3);
    }

    @Test
    void aConditionThatIsNotMetIsNamedAtTheEnd() {
        AtomicInteger looks = new AtomicInteger();

        assertThatThrownBy(() -> Await.until(Duration.ofMillis(20), () -> "look " + looks, () -> {
                    looks.incrementAndGet();
                    return false;
                }))
                .isInstanceOf(AssertionError.class)
                .hasMessage("waited 0 s for: look " + looks);
        assertThat(looks).hasValueGreaterThan(1);
    }

    @Test
    void aConditionThatThrowsEndsTheWait() {
        assertThatThrownBy(() -> Await.until("no end", () -> {
                    throw new IOException("broken");
                }))
                .hasRootCauseMessage("broken");
    }

    @Test
    void workThatEndsTooSoonFailsAndWorkThatTakesItsTimeDoesNot() throws Exception {
        Await.noSooner(Duration.ZERO, () -> {});

        assertThatThrownBy(() -> Await.noSooner(Duration.ofDays(1), () -> {}))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("not the least of 86400000 ms");
    }
}
