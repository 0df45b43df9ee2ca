// SPDX-License-Identifier: Apache-2.0
package dev.openlines.contract;

import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.model.Secret;
import java.net.URI;
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

    private static final String ODD = "aB3x/kQ7zR=mN5p/Yt8w=c9";

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
    void aHashWithTwelveOfItsCharactersIsChance() {
        String token = "5f0c2b6a9d13e7480b5c6f1d2e3a4b59687c0d1e2f3a4b5c";
        canaries.add("access_token", token);
        String hash = "ab12cd".repeat(5);

        assertThat(canaries.in("key " + hash + token.substring(20, 32) + hash)).isEmpty();
        assertThat(canaries.in("key " + hash + token.substring(20, 35) + hash)).isEmpty();
        assertThat(canaries.in("key " + hash + token.substring(20, 36) + hash)).containsExactly("access_token");
        assertThat(canaries.in("key " + hash + token + hash)).containsExactly("access_token");
        assertThat(canaries.in("key " + hash + " " + token.substring(20, 32) + "..."))
                .containsExactly("access_token");
    }

    @Test
    void aNumberWithTheZerosOfAnAccessTokenIsNone() {
        String token = "e8d3236a4f1c09b7d2a85e3600000001001300b5c6f1d2e3a4b59687c0d1e2f3a4b5c6";
        canaries.add("access_token", token);

        assertThat(canaries.in("{\"chat_id\":\"9000000001001300421\"}")).isEmpty();
        assertThat(canaries.in("<" + token.substring(12, 24) + ">")).containsExactly("access_token");
        assertThat(canaries.in("<" + token.substring(40, 52) + ">")).containsExactly("access_token");
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

    /** Tests tokens that have, in every four characters, one that the two alphabets write differently. */
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

    /** Tests an escape that leaves no twelve characters as they are. */
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

    /** Tests escapes that leave no twelve characters of {@link #ODD} as they are. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                // Encoders of JSON differ in what they escape, and in the case of digits.
                "aB3x\\/kQ7zR\\u003dmN5p\\/Yt8w\\u003dc9",
                "aB3x/kQ7zR\\u003DmN5p/Yt8w\\u003Dc9",
                "aB3x/kQ7\\u007aR=mN5p/Yt\\u0038w=c9",
                // So do those of addresses.
                "aB3x%2fkQ7zR%3dmN5p%2fYt8w%3dc9",
                "aB3x%2FkQ7zR=mN5p%2FYt8w=c9",
                "aB3x/kQ7%7aR=mN5p/Yt%38w=c9",
                "aB3x%252fkQ7zR=mN5p%252fYt8w=c9",
                // One in the other, and one beside the other.
                "aB3x%5C/kQ7zR%5Cu003dmN5p%5C/Yt8w%5Cu003dc9",
                "aB3x\\u00252fkQ7zR=mN5p\\u00252fYt8w=c9",
                "aB3x%2fkQ7zR\\u003dmN5p%2fYt8w\\u003dc9",
                // JSON in JSON, and what web servers write into their logs.
                "aB3x\\\\\\/kQ7zR\\\\u003dmN5p\\\\\\/Yt8w\\\\u003dc9",
                "aB3x\\x2FkQ7zR\\x3DmN5p\\x2FYt8w\\x3Dc9"
            })
    void escapedInPartTwiceAndInMixtures(String escaped) {
        Canaries others = new Canaries();
        others.add("token", ODD);

        assertThat(others.in("before 100%, C:\\users, " + escaped + " %zz \\")).containsExactly("token");
        assertThat(others.masked("(" + escaped + ")")).isEqualTo("(<token>)");
        // Characters after the first eight are masked, too: they are part of a secret.
        assertThat(others.masked(escaped.substring(escaped.indexOf("kQ7"))))
                .matches("\\*+.{0,6}")
                .doesNotContain("Yt8w");
    }

    @Test
    void base64ThatIsEscapedInItsTurn() {
        // In Base64 every fourth character is a slash or a plus sign.
        String odd = "aB?cD>eF?gH>iJ?kL>mN?oP>";
        Canaries others = new Canaries();
        others.add("odd", odd);
        String encoded = Base64.getEncoder().encodeToString(bytes(odd));

        assertThat(encoded).contains("/", "+");
        assertThat(others.in(encoded.replace("/", "\\/").replace("+", "\\u002b")))
                .containsExactly("odd");
        assertThat(others.in(encoded(encoded))).containsExactly("odd");
    }

    @Test
    void lettersOfOtherAlphabetsHoweverTheyAreWritten() {
        Canaries others = new Canaries();
        others.add("name", "Анна Каренина");

        assertThat(others.in("Анна Каренина")).containsExactly("name");
        assertThat(others.in(encoded("Анна Каренина"))).containsExactly("name");
        assertThat(others.in(encoded("Анна Каренина").replace("+", "%20"))).containsExactly("name");
        assertThat(others.in(new String(bytes("Анна Каренина"), StandardCharsets.ISO_8859_1)))
                .containsExactly("name");
    }

    @Test
    void aSecretThatIsLikeItsNameIsMaskedOnce() {
        Canaries others = new Canaries();
        others.add("application_token", "application_token");

        assertThat(others.masked("a application_token b")).startsWith("a <").endsWith("> b");
    }

    @Test
    void nothingElse() {
        assertThat(canaries.in("a handler that logs chat 4711 and a hash 0f343b0931126a20f133d67c2b018a3b"))
                .isEmpty();
    }

    @Test
    void publicValuesAreNoSecrets() {
        Canaries others = new Canaries();
        others.innocent("member 0123456789abcdef0123456789abcdef");
        others.add("token", "0123456789abcdef");

        assertThat(others.in("portal 0123456789abcdef0123456789abcdef")).isEmpty();
    }

    @Test
    void anApplicationTokenIsNoLessASecretForBeingInTheHandlersCommand() {
        String proof = "5f2d8c1e9b7a46d0a3c4e6f81b2d9075";
        Settings settings = new Settings(URI.create("http://127.0.0.1:9/hook"), "member", Secret.of(proof));
        settings.handlerCommand = "APPLICATION_TOKEN='" + proof + "' exec handler --folder /srv/0123456789abcdef";

        try (Run run = Run.dry(settings)) {
            assertThat(run.canaries().in("denied: " + proof)).containsExactly("application_token");
        }
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
