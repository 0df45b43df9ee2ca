// SPDX-License-Identifier: Apache-2.0
package dev.openlines.examples.closedchats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.openlines.server.ConfigurationException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("long")
class SignInTest {

    @Test
    void twoHashesOfAPasswordDifferAndAShortOneIsRefused() {
        assertThat(SignIn.hash("correct horse battery", 1_000))
                .matches("pbkdf2-sha256:1000:[\\w-]{43}:[\\w-]{43}")
                .isNotEqualTo(SignIn.hash("correct horse battery", 1_000));
        assertThatThrownBy(() -> SignIn.hash("elevenchars"))
                .hasMessage("expected a password of at least 12 characters");
    }

    @Test
    void oneWayInIsSetAndNotTwo() {
        String hash = SignIn.hash("correct horse battery", 1_000);
        for (Map<String, String> settings : List.of(
                Map.<String, String>of(),
                Map.of("OPENLINES_PAGE_PASSWORD", hash, "OPENLINES_PAGE_USER_HEADER", "X-User"),
                Map.of("OPENLINES_PAGE_PASSWORD", "correct horse battery"))) {
            assertThatThrownBy(() -> SignIn.of(settings, InstantSource.system()))
                    .isInstanceOf(ConfigurationException.class)
                    .hasMessageStartingWith("OPENLINES_PAGE_PASSWORD: expected a hash made by hash-password")
                    .hasMessageNotContaining("horse");
        }
    }

    @Test
    void aFormsTokenIsOfItsReader() {
        SignIn door = SignIn.of(Map.of("OPENLINES_PAGE_USER_HEADER", "X-User"), InstantSource.system());

        assertThat(door.isFormToken("anna", door.formToken("anna"))).isTrue();
        assertThat(door.isFormToken("anna", door.formToken("olga"))).isFalse();
        assertThat(door.isFormToken("anna", null)).isFalse();
        assertThat(SignIn.of(Map.of("OPENLINES_PAGE_USER_HEADER", "X-User"), InstantSource.system())
                        .isFormToken("anna", door.formToken("anna")))
                .isFalse();
    }

    @Test
    void guessesTakeTurnsAndThoseWithoutATurnAreRefused(@TempDir Path folder) throws Exception {
        String slow = SignIn.hash(Running.PASSWORD, 3_000_000);
        try (Running running = Running.in(folder, Map.of("OPENLINES_PAGE_PASSWORD", slow))) {
            HttpClient client = HttpClient.newHttpClient();
            URI door = running.page("/sign-in");
            List<CompletableFuture<HttpResponse<Void>>> guesses = IntStream.range(0, 12)
                    .mapToObj(i ->
                            client.sendAsync(guess(door, "guess number " + i), HttpResponse.BodyHandlers.discarding()))
                    .toList();
            List<Integer> answers =
                    guesses.stream().map(guess -> guess.join().statusCode()).toList();

            assertThat(answers).contains(403, 429).containsOnly(403, 429);
            assertThat(client.send(guess(door, Running.PASSWORD), HttpResponse.BodyHandlers.discarding())
                            .statusCode())
                    .isEqualTo(303);
        }
    }

    private static HttpRequest guess(URI door, String password) {
        return HttpRequest.newBuilder(door)
                .header("Content-Type", "application/x-www-form-urlencoded")
                .POST(HttpRequest.BodyPublishers.ofString(
                        "password=" + URLEncoder.encode(password, StandardCharsets.UTF_8)))
                .build();
    }
}
