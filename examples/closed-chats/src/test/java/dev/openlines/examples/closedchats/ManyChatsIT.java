// SPDX-License-Identifier: Apache-2.0
package dev.openlines.examples.closedchats;

import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.portal.Portal;
import dev.openlines.portal.PortalServer;
import dev.openlines.portal.PortalSetup;
import java.io.BufferedReader;
import java.net.CookieManager;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/** Measures the page over ten thousand archived chats, as docs/benchmarks.md says; with {@code -Psoak} only. */
@EnabledIfSystemProperty(named = "chats.many", matches = "true", disabledReason = "measures: -Psoak")
class ManyChatsIT {

    private static final int CHATS = 10_000;
    private static final int REQUESTS = 200;
    private static final List<String> WORDS = List.of(
            "parcel",
            "order",
            "address",
            "refund",
            "hello",
            "thanks",
            "заказ",
            "доставка",
            "спасибо",
            "when",
            "tomorrow");

    @Test
    void pageAndSearchOverTenThousandChats(@TempDir Path folder) throws Exception {
        try (PortalServer server = PortalServer.start()) {
            Portal portal = server.portal(PortalSetup.minted());
            Map<String, String> settings = Running.settings(folder, server, portal);
            fill(settings.get("OPENLINES_INBOX"));
            ProcessBuilder builder = new ProcessBuilder(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-Xmx128m",
                    "-jar",
                    System.getProperty("closed-chats.jar"));
            builder.environment().putAll(settings);
            Process process =
                    builder.redirectError(ProcessBuilder.Redirect.INHERIT).start();
            try (BufferedReader output = process.inputReader(StandardCharsets.UTF_8)) {
                String line = output.readLine();
                while (!line.startsWith("page ready at ")) {
                    line = output.readLine();
                }
                URI page = URI.create(line.substring("page ready at ".length()));
                HttpClient browser = HttpClient.newBuilder()
                        .cookieHandler(new CookieManager())
                        .build();
                send(
                        browser,
                        HttpRequest.newBuilder(page.resolve("/sign-in"))
                                .header("Content-Type", "application/x-www-form-urlencoded")
                                .POST(HttpRequest.BodyPublishers.ofString(
                                        "password=" + Running.PASSWORD.replace(' ', '+'))));
                measure(browser, page, "page", "/");
                measure(browser, page, "search, half of all", "/?q=parc");
                measure(browser, page, "search, one chat", "/?q=unique4711");
                measure(
                        browser,
                        page,
                        "search and filter",
                        "/?q=" + URLEncoder.encode("заказ", StandardCharsets.UTF_8) + "&line=Line+3&connector=viber");
                measure(browser, page, "page 100", "/?before=5000");
                measure(browser, page, "transcript", "/chats/5000");
                long rows = send(browser, HttpRequest.newBuilder(page.resolve("/export.csv")))
                        .lines()
                        .count();
                assertThat(rows).isGreaterThan(CHATS);
                System.out.println("after an export of all: " + memory(process) + " most in memory");
            } finally {
                process.destroyForcibly().waitFor();
            }
        }
    }

    private static void measure(HttpClient browser, URI page, String what, String path) throws Exception {
        long[] nanos = new long[REQUESTS];
        long first = 0;
        for (int i = 0; i < REQUESTS; i++) {
            long start = System.nanoTime();
            assertThat(send(browser, HttpRequest.newBuilder(page.resolve(path))))
                    .contains("Closed chats");
            nanos[i] = System.nanoTime() - start;
            first = i == 0 ? nanos[0] : first;
        }
        java.util.Arrays.sort(nanos);
        System.out.printf(
                "%-20s first %.1f ms, median %.1f ms, 99 %% %.1f ms, most %.1f ms%n",
                what,
                first / 1e6,
                nanos[REQUESTS / 2] / 1e6,
                nanos[REQUESTS * 99 / 100] / 1e6,
                nanos[REQUESTS - 1] / 1e6);
    }

    private static String send(HttpClient browser, HttpRequest.Builder request) throws Exception {
        return browser.send(request.build(), HttpResponse.BodyHandlers.ofString())
                .body();
    }

    private static String memory(Process process) throws Exception {
        return Files.readAllLines(Path.of("/proc/" + process.pid() + "/status")).stream()
                .filter(line -> line.startsWith("VmHWM"))
                .findFirst()
                .orElseThrow();
    }

    private static void fill(String file) throws Exception {
        Random random = new Random(17);
        Instant now = Instant.now();
        try (Archive archive = Archive.open(file);
                Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file)) {
            connection.setAutoCommit(false);
            for (int i = 0; i < CHATS; i++) {
                Instant closed = now.minusSeconds(60L * (CHATS - i));
                Instant opened = closed.minusSeconds(random.nextInt(10_000));
                List<Message> messages = new ArrayList<>();
                for (int m = 0; m < 12; m++) {
                    StringBuilder text = new StringBuilder(m == 0 ? "unique" + i : "");
                    for (int w = 0; w < 12; w++) {
                        text.append(' ')
                                .append(WORDS.get(random.nextInt(WORDS.size())))
                                .append(random.nextInt(300));
                    }
                    messages.add(new Message(
                            "Name", m % 2 == 0 ? "customer" : "operator", opened, text.toString(), List.of()));
                }
                Chat chat = new Chat(
                        0,
                        "key" + i,
                        "portal",
                        i,
                        (long) i,
                        1L,
                        "Line " + i % 7,
                        List.of("livechat", "viber", "telegrambot").get(i % 3),
                        "Customer " + i,
                        "Operator " + i % 20,
                        opened,
                        closed,
                        messages.size(),
                        null,
                        false,
                        About.NOTHING);
                archive.add(connection, chat, messages);
            }
            connection.commit();
        }
    }
}
