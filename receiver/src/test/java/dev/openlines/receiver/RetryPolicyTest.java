// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RetryPolicyTest {

    private static final Instant NOW = Instant.ofEpochSecond(1_800_000_000);
    private static final RandomGenerator NO_JITTER = () -> 0;
    private static final RandomGenerator FULL_JITTER = () -> -1;

    private final RetryPolicy policy =
            RetryPolicy.DEFAULT.withAttempts(20).withWaits(Duration.ofSeconds(1), Duration.ofSeconds(60));

    @ParameterizedTest
    @CsvSource({"1, 1000", "2, 2000", "3, 4000", "6, 32000", "7, 60000", "19, 60000"})
    void theWaitDoublesUpToTheCap(int attempt, long millis) {
        Settlement settlement = policy.after(attempt(attempt), new IOException("away"), NOW, NO_JITTER);

        assertThat(settlement).isEqualTo(new Settlement.Retry(NOW.plusMillis(millis), "java.io.IOException: away"));
    }

    @Test
    void jitterTakesOffAtMostHalf() {
        Settlement.Retry retry = (Settlement.Retry) policy.after(attempt(3), new IOException("away"), NOW, FULL_JITTER);

        assertThat(retry.at()).isBetween(NOW.plusMillis(2000), NOW.plusMillis(2001));
    }

    @Test
    void byDefaultAnHourWithoutTheHandlersDatabaseMakesNoDeadLetters() {
        assertThat(allWaits(FULL_JITTER)).isBetween(Duration.ofMinutes(78), Duration.ofMinutes(79));
        assertThat(allWaits(NO_JITTER)).isBetween(Duration.ofMinutes(157), Duration.ofMinutes(158));
    }

    private static Duration allWaits(RandomGenerator random) {
        Instant now = NOW;
        int attempts = 1;
        while (RetryPolicy.DEFAULT.after(attempt(attempts), new IOException("away"), now, random)
                instanceof Settlement.Retry retry) {
            now = retry.at();
            attempts++;
        }
        assertThat(attempts).isEqualTo(25);
        return Duration.ofSeconds(now.getEpochSecond() - NOW.getEpochSecond());
    }

    @Test
    void theLastAttemptPutsTheEventAside() {
        assertThat(policy.after(attempt(20), new IOException("away"), NOW, NO_JITTER))
                .isEqualTo(new Settlement.Dead("attempt 20 of 20: java.io.IOException: away"));
    }

    @Test
    void aPermanentFailurePutsTheEventAsideAtOnce() {
        RetryPolicy strict = policy.withPermanent(IllegalArgumentException.class::isInstance);

        assertThat(strict.after(attempt(1), new IllegalArgumentException(), NOW, NO_JITTER))
                .isEqualTo(new Settlement.Dead("permanent: java.lang.IllegalArgumentException"));
        assertThat(strict.after(attempt(1), new IOException("away"), NOW, NO_JITTER))
                .isInstanceOf(Settlement.Retry.class);
    }

    @Test
    void anAttemptPastTheDeadlineMakesADeadLetter() {
        RetryPolicy impatient = policy.withDeadline(Duration.ofSeconds(3));

        assertThat(impatient.after(attempt(2), new IOException("away"), NOW, NO_JITTER))
                .isInstanceOf(Settlement.Retry.class);
        assertThat(impatient.after(attempt(3), new IOException("away"), NOW, NO_JITTER))
                .isEqualTo(new Settlement.Dead("past the deadline: java.io.IOException: away"));
    }

    @Test
    void aHandlerDecidesItselfHowLongToWaitUpToTheCap() {
        assertThat(policy.after(attempt(1), new Verdict("rate limit", Duration.ofSeconds(30)), NOW, NO_JITTER))
                .isEqualTo(new Settlement.Retry(NOW.plusSeconds(30), "rate limit"));
        assertThat(policy.after(attempt(1), new Verdict("rate limit", Duration.ofDays(30)), NOW, NO_JITTER))
                .isEqualTo(new Settlement.Retry(NOW.plusSeconds(60), "rate limit"));
    }

    @Test
    void aHandlerMakesItsEventADeadLetter() {
        assertThat(policy.after(attempt(1), new Verdict("no such contact", null), NOW, NO_JITTER))
                .isEqualTo(new Settlement.Dead("given up: no such contact"));
    }

    @Test
    void aPolicyOutOfRangeIsRefused() {
        assertThatThrownBy(() -> policy.withAttempts(0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("expected at least 1 attempt but found 0");
        assertThatThrownBy(() -> policy.withWaits(Duration.ofSeconds(2), Duration.ofSeconds(1)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("expected a first wait above zero and a cap not below it but found PT2S and PT1S");
        assertThatThrownBy(() -> policy.withDeadline(Duration.ofSeconds(-1)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("expected a deadline not below zero but found PT-1S");
    }

    private static LeasedDelivery attempt(int number) {
        return new LeasedDelivery(1, "m", "E", "k", "{}", NOW, number, number, "owner");
    }
}
