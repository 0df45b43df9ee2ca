// SPDX-License-Identifier: Apache-2.0
package dev.openlines.examples.closedchats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.openlines.server.ConfigurationException;
import dev.openlines.server.Settings;
import dev.openlines.testkit.Await;
import dev.openlines.testkit.RawHttp;
import dev.openlines.testkit.SteadyPortal;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("long")
@Timeout(300)
class SignInTest {

    private static final AtomicInteger CLAIMS = new AtomicInteger();
    /** The end of the operator's address. */
    private static final int OPERATOR = 9;
    /** The number of events that must be answered between two of the operator's visits. */
    private static final int EVENTS = 5;

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
            assertThatThrownBy(() -> door(settings))
                    .isInstanceOf(ConfigurationException.class)
                    .hasMessageStartingWith("OPENLINES_PAGE_PASSWORD: expected a hash made by hash-password")
                    .hasMessageNotContaining("horse");
        }
    }

    @Test
    void aFormsTokenIsOfItsReader() {
        SignIn door = door(AttackedPageTest.SIGNED_IN_BY_A_PROXY);

        assertThat(door.isFormToken("anna", door.formToken("anna"))).isTrue();
        assertThat(door.isFormToken("anna", door.formToken("olga"))).isFalse();
        assertThat(door.isFormToken("anna", null)).isFalse();
        assertThat(door(AttackedPageTest.SIGNED_IN_BY_A_PROXY).isFormToken("anna", door.formToken("anna")))
                .isFalse();
    }

    @Test
    void aProxyThatSignsPeopleInIsNamedAndSoIsThePage() {
        for (String needed : List.of("OPENLINES_TRUSTED_PROXIES", "OPENLINES_PAGE_URL")) {
            Map<String, String> settings = new HashMap<>(AttackedPageTest.SIGNED_IN_BY_A_PROXY);
            settings.remove(needed);
            assertThatThrownBy(() -> door(settings))
                    .isInstanceOf(ConfigurationException.class)
                    .hasMessage(needed + ": expected a value, since OPENLINES_PAGE_USER_HEADER is set, but found none");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"chats.example.com", "ftp://a/", "https://a/b", "https://a b/", "https:///", "https://u@a/"})
    void anAddressThatIsNoneIsNamed(String address) {
        assertThatThrownBy(() -> door(Map.of("OPENLINES_PAGE_PASSWORD", Running.HASH, "OPENLINES_PAGE_URL", address)))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("OPENLINES_PAGE_URL: expected the address of the page such as https://chats.example.com/,"
                        + " found \"" + address + '"');
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

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @Timeout(600)
    void theRightPasswordIsTakenWhileOthersGuess(boolean proxied, @TempDir Path folder) throws Exception {
        Map<String, String> settings = Map.of(
                "OPENLINES_PAGE_PASSWORD",
                SignIn.hash(Running.PASSWORD, 300_000),
                "OPENLINES_TRUSTED_PROXIES",
                proxied ? "127.0.0.1" : "");
        AtomicBoolean end = new AtomicBoolean();
        List<CompletableFuture<Void>> guessing = new ArrayList<>();
        try (Running running = Running.in(folder, settings);
                SteadyPortal events = running.sending()) {
            RawHttp page = new RawHttp(running.page("/"));
            events.start();
            // Three sources, each with two that guess.
            AtomicIntegerArray wrong = new AtomicIntegerArray(3);
            for (int i = 0; i < 6; i++) {
                int source = i % 3;
                guessing.add(CompletableFuture.runAsync(
                        () -> {
                            while (!end.get()) {
                                if (status(page, proxied, 2 + source, "guessed wrong") == 403) {
                                    wrong.incrementAndGet(source);
                                }
                            }
                        },
                        task -> new Thread(task).start()));
            }
            try {
                Await.until("a wrong guess of each", () -> IntStream.range(0, 3).allMatch(i -> wrong.get(i) > 0));
                for (int i = 0; i < 5; i++) {
                    int before = IntStream.range(0, 3).map(wrong::get).sum();
                    assertThat(status(page, proxied, OPERATOR, Running.PASSWORD))
                            .isEqualTo(303);
                    Await.until(
                            "another guess",
                            () -> IntStream.range(0, 3).map(wrong::get).sum() > before);
                    events.awaitAnswers(EVENTS);
                }
                assertThat(status(page, proxied, OPERATOR, "mistyped")).isEqualTo(403);
                assertThat(status(page, proxied, OPERATOR, Running.PASSWORD)).isEqualTo(303);
            } finally {
                end.set(true);
                CompletableFuture.allOf(guessing.toArray(CompletableFuture[]::new))
                        .join();
            }

            running.everyEventWasAnsweredAndHandled(events);
        }
    }

    /** Tries a password from an address that ends with this number, or through a proxy that says so. */
    private static int status(RawHttp page, boolean proxied, int source, String password) {
        // The sender has written the first address, another one each time.
        String forwarded = proxied
                ? "X-Forwarded-For: 192.0.2." + CLAIMS.incrementAndGet() % 250 + ", 203.0.113." + source + "\r\n"
                : "";
        String body = "password=" + URLEncoder.encode(password, StandardCharsets.UTF_8);
        try (Socket socket = page.connectFrom(proxied ? "127.0.0.1" : "127.0.0." + source)) {
            socket.setSoTimeout(120_000);
            socket.getOutputStream()
                    .write(("POST /sign-in HTTP/1.1\r\nHost: 127.0.0.1\r\n" + forwarded
                                    + "Connection: close\r\nContent-Type: application/x-www-form-urlencoded\r\n"
                                    + "Content-Length: " + body.length() + "\r\n\r\n" + body)
                            .getBytes(StandardCharsets.US_ASCII));
            return Integer.parseInt(RawHttp.head(socket).substring(9, 12));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static SignIn door(Map<String, String> settings) {
        return SignIn.of(Settings.of(settings, Application.OWN), InstantSource.system());
    }

    private static HttpRequest guess(URI door, String password) {
        return HttpRequest.newBuilder(door)
                .header("Content-Type", "application/x-www-form-urlencoded")
                .POST(HttpRequest.BodyPublishers.ofString(
                        "password=" + URLEncoder.encode(password, StandardCharsets.UTF_8)))
                .build();
    }
}
