// SPDX-License-Identifier: Apache-2.0
package dev.openlines.parser;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SipHashTest {

    /** Checks the test vectors of the authors: key and messages are 0, 1, 2 …. */
    @ParameterizedTest
    @CsvSource({
        "0,  abac0158050fc4dc",
        "1,  c9f49bf37d57ca93",
        "7,  d3927d989bb11140",
        "8,  369095118d299a8e",
        "15, d320d86d2a519956",
        "16, cc4fdd1a7d908b66",
        "63, 9d199062b7bbb3a8"
    })
    void hashesAreThoseOfSipHash13(int length, String expected) {
        byte[] message = new byte[length + 2];
        for (int i = 0; i < length; i++) {
            message[i + 1] = (byte) i;
        }
        long hash = SipHash.hash(0x0706050403020100L, 0x0f0e0d0c0b0a0908L, message, 1, length);
        assertThat(Long.toHexString(hash)).isEqualTo(expected);
    }

    @Test
    void aHashDependsOnBothHalvesOfTheKey() {
        byte[] name = "chat_id".getBytes(US_ASCII);
        long hash = SipHash.hash(1, 2, name, 0, name.length);
        assertThat(SipHash.hash(1, 3, name, 0, name.length)).isNotEqualTo(hash);
        assertThat(SipHash.hash(4, 2, name, 0, name.length)).isNotEqualTo(hash);
    }
}
