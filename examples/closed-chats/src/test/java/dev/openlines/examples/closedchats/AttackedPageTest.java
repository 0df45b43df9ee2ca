// SPDX-License-Identifier: Apache-2.0
package dev.openlines.examples.closedchats;

import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.portal.PortalChat;
import dev.openlines.testkit.Await;
import dev.openlines.testkit.RawHttp;
import dev.openlines.testkit.SteadyPortal;
import dev.openlines.testkit.Strangers;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.CookieManager;
import java.net.Socket;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The page, and strangers and customers who want more than it gives. */
@Timeout(300)
class AttackedPageTest {

    static final Map<String, String> SIGNED_IN_BY_A_PROXY = Map.of(
            "OPENLINES_PAGE_PASSWORD", "",
            "OPENLINES_PAGE_USER_HEADER", "X-User",
            "OPENLINES_TRUSTED_PROXIES", "127.0.0.1",
            "OPENLINES_PAGE_URL", "https://chats.example.com/");

    /** More than the page has threads. */
    private static final int SLOW = 70;
    /** The number of events that must be answered during the attack. */
    private static final int EVENTS = 10;

    @TempDir
    private Path folder;

    private final HttpClient browser =
            HttpClient.newBuilder().cookieHandler(new CookieManager()).build();

    @Test
    @Tag("long")
    void slowFormsKeepNoReaderOutAndAreGivenUp() throws Exception {
        try (Running running = Running.in(folder);
                SteadyPortal events = running.sending();
                Strangers strangers = new Strangers(running.page("/").getPort())) {
            strangers.hold(
                    SLOW,
                    "POST /sign-in HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\n"
                            + "Content-Length: 8000\r\n\r\np");
            events.start();
            CompletableFuture<HttpResponse<Void>> reader = browser.sendAsync(
                    HttpRequest.newBuilder(running.page("/sign-in")).build(), HttpResponse.BodyHandlers.discarding());
            Await.until("the reader's page", () -> {
                strangers.givenUp();
                return reader.isDone();
            });
            assertThat(reader.join().statusCode()).isEqualTo(200);
            events.awaitAnswers(EVENTS);
            Await.until("the end of the slow ones", strangers::givenUp);

            running.everyEventWasAnsweredAndHandled(events);
        }
    }

    @Test
    void aCustomersNameForgesNoFieldOfTheStream() throws Exception {
        try (Running running = Running.in(folder)) {
            assertThat(signIn(running).statusCode()).isEqualTo(303);
            PortalChat chat = running.portal.openLine("Support").openChat();
            running.portal.answer("imopenlines.session.history.get", """
                    {"sessionId":1,"chatId":17,"message":{"2":{"id":2,"senderid":%1$d,
                    "date":"2026-11-28T10:00:00+00:00","text":"hello"}},"users":{"%1$d":{"id":%1$d,
                    "name":"Bob\\rid: 999\\rretry: 86400000\\r\\n\\r\\revent: chat\\rdata: x\\n\\n"}}}""".formatted(chat.visitorId()));
            chat.close();
            HttpResponse<InputStream> stream = browser.send(
                    HttpRequest.newBuilder(running.page("/stream?after=0")).build(),
                    HttpResponse.BodyHandlers.ofInputStream());
            List<String> event = new ArrayList<>();
            // This reader ends a line at a carriage return, as browsers do.
            try (BufferedReader lines =
                    new BufferedReader(new InputStreamReader(stream.body(), StandardCharsets.UTF_8))) {
                String line = lines.readLine();
                while (!line.startsWith("id: ")) {
                    line = lines.readLine();
                }
                while (!line.isEmpty()) {
                    event.add(line);
                    line = lines.readLine();
                }
            }
            assertThat(event.stream().filter(line -> !line.startsWith("data: ")))
                    .containsExactly("id: 1", "event: chat");
            assertThat(event).contains("data: retry: 86400000", "data: data: x", "data: </tr>");
        }
    }

    @ParameterizedTest
    @CsvSource({"'', true", "https://chats.example.com/, true", "http://chats.example.com/, false"})
    void theSettingAndNotTheHostDecidesWhetherTheCookieNeedsTls(String url, boolean secure) throws Exception {
        try (Running running = Running.in(folder, Map.of("OPENLINES_PAGE_URL", url))) {
            String cookie = signIn(running).headers().firstValue("Set-Cookie").orElseThrow();

            assertThat(cookie).contains("HttpOnly", "SameSite=Strict", "Path=/");
            assertThat(cookie.contains("Secure")).isEqualTo(secure);
        }
    }

    @Test
    void onlyTheProxySaysWhoIsSignedIn() throws Exception {
        try (Running running = Running.in(folder, SIGNED_IN_BY_A_PROXY)) {
            RawHttp page = new RawHttp(running.page("/"));
            String anna = "X-User: anna\r\n";

            assertThat(status(page, "127.0.0.1", "chats.example.com", anna)).isEqualTo("200");
            assertThat(status(page, "127.0.0.1", "127.0.0.1:8081", anna)).isEqualTo("200");
            assertThat(status(page, "127.0.0.2", "chats.example.com", anna)).isEqualTo("401");
            assertThat(status(page, "127.0.0.1", "chats.example.com", anna + "X-User: olga\r\n"))
                    .isEqualTo("401");
            // The operator's browser, after a site has said that its name is this machine's.
            assertThat(status(page, "127.0.0.1", "evil.example", anna)).isEqualTo("421");
            assertThat(status(page, "127.0.0.1", "evil.example:8081", anna)).isEqualTo("421");
        }
    }

    private static String status(RawHttp page, String from, String host, String headers) throws IOException {
        try (Socket socket = page.connectFrom(from)) {
            socket.setSoTimeout(120_000);
            socket.getOutputStream()
                    .write(("GET / HTTP/1.1\r\nHost: " + host + "\r\n" + headers + "Connection: close\r\n\r\n")
                            .getBytes(StandardCharsets.US_ASCII));
            return new String(socket.getInputStream().readNBytes(12), StandardCharsets.US_ASCII).substring(9);
        }
    }

    private HttpResponse<Void> signIn(Running running) throws Exception {
        return browser.send(
                HttpRequest.newBuilder(running.page("/sign-in"))
                        .header("Content-Type", "application/x-www-form-urlencoded")
                        .POST(HttpRequest.BodyPublishers.ofString(
                                "password=" + URLEncoder.encode(Running.PASSWORD, StandardCharsets.UTF_8)))
                        .build(),
                HttpResponse.BodyHandlers.discarding());
    }
}
