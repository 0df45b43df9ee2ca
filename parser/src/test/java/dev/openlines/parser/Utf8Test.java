// SPDX-License-Identifier: Apache-2.0
package dev.openlines.parser;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Compares texts with those of PHP's {@code json_encode} and {@code JSON_INVALID_UTF8_SUBSTITUTE}. */
class Utf8Test {

    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "'', ''",
        "41, A",
        "7f, \u007f",
        "c280, \u0080",
        "dfbf, \u07ff",
        "e0a080, \u0800",
        "ed9fbf, \ud7ff",
        "ee8080, \ue000",
        "efbfbf, \uffff",
        "f0908080, \ud800\udc00",
        "f48fbfbf, \udbff\udfff",
        "41d0bf42, A\u043fB",
        "80, \ufffd",
        "bf, \ufffd",
        "c0, \ufffd",
        "c1bf, \ufffd\ufffd",
        "f5, \ufffd",
        "ff, \ufffd",
        "c2, \ufffd",
        "c241, \ufffdA",
        "e0a0, \ufffd",
        "e0a041, \ufffdA",
        "e041, \ufffdA",
        "e080, \ufffd",
        "e08080, \ufffd",
        "e09fbf, \ufffd",
        "eda080, \ufffd",
        "edbfbf, \ufffd",
        "f08080, \ufffd",
        "f0808080, \ufffd",
        "f08fbfbf, \ufffd",
        "f4908080, \ufffd",
        "f09f98, \ufffd",
        "f09f9841, \ufffdA",
        "f09fc2a0, \ufffd\u00a0",
        "c2c2a0, \ufffd\u00a0",
        "e0c2a0, \ufffd\u00a0",
        "e0a0f09f9880, \ufffd\ud83d\ude00",
        "f0f0f0, \ufffd\ufffd\ufffd",
        "8080, \ufffd\ufffd"
    })
    void decodes(String hex, String text) {
        byte[] bytes = HexFormat.of().parseHex(hex);
        byte[] within = new byte[bytes.length + 4];
        Arrays.fill(within, (byte) 0x80);
        System.arraycopy(bytes, 0, within, 2, bytes.length);
        assertThat(Utf8.decode(bytes, 0, bytes.length)).isEqualTo(text);
        assertThat(Utf8.decode(within, 2, 2 + bytes.length)).as("a range").isEqualTo(text);
    }

    @Test
    void everyCodePointIsReadAndWrittenAsTheJdkDoes() {
        byte[] out = new byte[4];
        for (int point = 0; point <= Character.MAX_CODE_POINT; point++) {
            if (point >= 0xD800 && point <= 0xDFFF) {
                assertThat(Utf8.encode(point, out, 0)).isEqualTo(3);
                assertThat(Utf8.decode(out, 0, 3)).isEqualTo("\ufffd");
                continue;
            }
            String text = Character.toString(point);
            int end = Utf8.encode(point, out, 0);
            if (!Arrays.equals(Arrays.copyOf(out, end), text.getBytes(StandardCharsets.UTF_8))
                    || !Utf8.decode(out, 0, end).equals(text)) {
                assertThat(Utf8.decode(out, 0, end)).as("code point %x", point).isEqualTo(text);
                assertThat(Arrays.copyOf(out, end)).isEqualTo(text.getBytes(StandardCharsets.UTF_8));
            }
        }
    }
}
