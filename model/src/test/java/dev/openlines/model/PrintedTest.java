// SPDX-License-Identifier: Apache-2.0
package dev.openlines.model;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PrintedTest {

    @ParameterizedTest
    @ValueSource(
            ints = {
                // Controls, of ASCII and beyond it.
                0x00,
                0x07,
                0x09,
                0x0a,
                0x0d,
                0x1b,
                0x7f,
                0x80,
                0x85,
                0x90,
                0x9b,
                0x9d,
                0x9f,
                // Characters without a width: soft hyphen, spaces, joiners, byte order mark.
                0xad,
                0x200b,
                0x200c,
                0x200d,
                0x2060,
                0xfeff,
                // The direction of writing: marks, embeddings, overrides, isolates.
                0x061c,
                0x200e,
                0x200f,
                0x202a,
                0x202b,
                0x202c,
                0x202d,
                0x202e,
                0x2066,
                0x2067,
                0x2068,
                0x2069,
                // Separators of lines and paragraphs, annotations.
                0x2028,
                0x2029,
                0xfff9,
                0xfffb,
                // Tags, which are beyond the first plane.
                0xe0001,
                0xe0020,
                0xe0041,
                0xe007f,
                // Halves of characters.
                0xd800,
                0xdbff,
                0xdc00,
                0xdfff
            })
    void aCharacterThatSteersATerminalIsASpace(int codePoint) {
        assertThat(Printed.steers(codePoint)).isTrue();
        // Not beside its other half, which would make a character of both.
        assertThat(Printed.line("a" + Character.toString(codePoint) + "b")).isEqualTo("a b");
    }

    @Test
    void aCharacterThatOnlyShowsSomethingStays() {
        // Latin, Cyrillic, Arabic, a combining accent, spaces, an emoji, private use, and one that no table knows yet.
        String text = "a\u00e9\u044f\u0639e\u0301 \u00a0\u2003\ud83d\ude00\ue000\ufffd\ud87f\udffd";

        assertThat(text.codePoints()).noneMatch(Printed::steers);
        assertThat(Printed.line(text)).isSameAs(text);
    }
}
