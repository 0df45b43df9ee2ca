// SPDX-License-Identifier: Apache-2.0
package dev.openlines.contract;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Locale;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CanariesTest {

    private static final String SECRET = "aB/3+x9=kQ~7zR&2mN_5";

    private final Canaries canaries = new Canaries();

    @BeforeEach
    void oneSecret() {
        canaries.add("token", SECRET);
    }

    @Test
    void asItIs() {
        assertThat(canaries.in("x" + SECRET + "y")).containsExactly("token");
    }

    @Test
    void anyTwelveCharactersInARow() {
        assertThat(canaries.in("<" + SECRET.substring(4, 16) + ">")).containsExactly("token");
        assertThat(canaries.in("<" + SECRET.substring(4, 15) + ">")).isEmpty();
    }

    @Test
    void encodedForAnAddressOnce() {
        assertThat(canaries.in("?t=" + encoded(SECRET))).containsExactly("token");
    }

    @Test
    void encodedForAnAddressTwice() {
        assertThat(canaries.in("?t=" + encoded(encoded(SECRET)))).containsExactly("token");
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a", "ab", "abc"})
    void inBase64AtAnyOffset(String before) {
        assertThat(canaries.in(Base64.getEncoder().encodeToString(bytes(before + SECRET + "!"))))
                .containsExactly("token");
    }

    /** Every four characters of these have one that the two alphabets write differently. */
    @ParameterizedTest
    @ValueSource(strings = {"", "a", "ab", "abc"})
    void inTheBase64OfAddressesAtAnyOffset(String before) {
        String odd = "?>~?~>?>~?~>?>~?~>?>~?~>";
        Canaries others = new Canaries();
        others.add("odd", odd);

        String text = Base64.getUrlEncoder().encodeToString(bytes(before + odd + "!"));

        assertThat(text).doesNotContain("+", "/");
        assertThat(others.in(text)).containsExactly("odd");
    }

    @Test
    void inHexadecimalOfSmallLetters() {
        assertThat(canaries.in(HexFormat.of().formatHex(bytes(SECRET)))).containsExactly("token");
    }

    @Test
    void inHexadecimalOfCapitals() {
        assertThat(canaries.in(HexFormat.of().withUpperCase().formatHex(bytes(SECRET))))
                .containsExactly("token");
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /** No twelve characters of this one stay as they are. */
    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '`',
            value = {
                "aB3x/kQ7zR/mN5p/Yt8w/c , aB3x\\/kQ7zR\\/mN5p\\/Yt8w\\/c",
                "aB3x\"kQ7zR\"mN5p\"Yt8w , aB3x\\\"kQ7zR\\\"mN5p\\\"Yt8w",
                "aB3x\\kQ7zR\\mN5p\\Yt8w , aB3x\\\\kQ7zR\\\\mN5p\\\\Yt8w"
            })
    void escapedInJson(String secret, String escaped) {
        Canaries others = new Canaries();
        others.add("token", secret);

        assertThat(others.in("{\"t\":\"" + escaped + "\"}")).containsExactly("token");
    }

    @Test
    void escapedInJsonByTheNumbersOfItsCharacters() {
        StringBuilder numbers = new StringBuilder();
        SECRET.chars().forEach(c -> numbers.append(String.format(Locale.ROOT, "\\u%04x", c)));

        assertThat(canaries.in("\"" + numbers + "\"")).containsExactly("token");
    }

    @Test
    void nothingElse() {
        assertThat(canaries.in("a handler that logs chat 4711 and a hash 0f343b0931126a20f133d67c2b018a3b"))
                .isEmpty();
    }

    @Test
    void whatEverybodyMaySeeIsNoSecret() {
        Canaries others = new Canaries();
        others.innocent("member 0123456789abcdef0123456789abcdef");
        others.add("token", "0123456789abcdef");

        assertThat(others.in("portal 0123456789abcdef0123456789abcdef")).isEmpty();
    }

    @Test
    void aTargetThatWeWroteSecretsIntoIsExcused() {
        canaries.excuse("/hook?t=" + SECRET);

        assertThat(canaries.in("GET /hook?t=" + SECRET + " 405")).isEmpty();
        assertThat(canaries.in("GET /hook?t=" + SECRET + " " + SECRET)).containsExactly("token");
        assertThat(canaries.masked("GET /hook?t=" + SECRET)).isEqualTo("GET /hook?t=<token>");
    }

    @Test
    void maskedTextHoldsTheNameInstead() {
        assertThat(canaries.masked("got " + SECRET + "!")).isEqualTo("got <token>!");
    }
}
