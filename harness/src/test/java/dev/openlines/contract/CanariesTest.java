// SPDX-License-Identifier: Apache-2.0
package dev.openlines.contract;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HexFormat;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
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
    void encodedForAnAddressOnceAndTwice() {
        String once = URLEncoder.encode(SECRET, StandardCharsets.UTF_8);

        assertThat(canaries.in("?t=" + once)).containsExactly("token");
        assertThat(canaries.in("?t=" + URLEncoder.encode(once, StandardCharsets.UTF_8)))
                .containsExactly("token");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a", "ab", "abc"})
    void inBase64AtAnyOffset(String before) {
        byte[] bytes = (before + SECRET + "!").getBytes(StandardCharsets.UTF_8);

        assertThat(canaries.in(Base64.getEncoder().encodeToString(bytes))).containsExactly("token");
        assertThat(canaries.in(Base64.getUrlEncoder().encodeToString(bytes))).containsExactly("token");
    }

    @Test
    void inHexadecimalOfBothCases() {
        byte[] bytes = SECRET.getBytes(StandardCharsets.UTF_8);

        assertThat(canaries.in(HexFormat.of().formatHex(bytes))).containsExactly("token");
        assertThat(canaries.in(HexFormat.of().withUpperCase().formatHex(bytes))).containsExactly("token");
    }

    @Test
    void escapedInJson() {
        assertThat(canaries.in("\"" + SECRET.replace("/", "\\/") + "\"")).containsExactly("token");
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
