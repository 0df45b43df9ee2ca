// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver.spi;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class OneLineTest {

    private static final String STEERING = "\u001b[31m\u0085\u009b\u200b\u202e\u2028\u2029\udb40\udc41\ud800";

    @Test
    void aTextOfOthersSteersNothingAndIsCutBetweenCharacters() {
        assertThat(OneLine.of("a" + STEERING + "b", 40)).isEqualTo("a [31m        b");
        assertThat(OneLine.of("ab\ud83d\ude00c", 3)).isEqualTo("ab\ud83d\ude00\u2026");
    }

    @Test
    void jsonStaysTheSameValue() {
        assertThat(OneLine.escaped("{\"a\":\"\ud83d\ude00" + STEERING + "\"}"))
                .isEqualTo(
                        "{\"a\":\"\ud83d\ude00\\u001b[31m\\u0085\\u009b\\u200b\\u202e\\u2028\\u2029\\udb40\\udc41\\ud800\"}");
    }

    @Test
    void whatADatabaseSaysIsItsFirstLineWithoutAPassword() {
        assertThat(OneLine.cause(new IllegalStateException("no\u200bconnection password=canary\nKey (a)=(b)")))
                .isEqualTo("no connection password=***");
    }
}
