// SPDX-License-Identifier: Apache-2.0
package dev.openlines.examples.closedchats;

import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.portal.Fault;
import dev.openlines.portal.PortalChat;
import dev.openlines.testkit.Await;
import dev.openlines.testkit.PostgresServer;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.CookieManager;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The page over HTTP, beside a simulated portal. */
class PageTest {

    private static final String HISTORY = "imopenlines.session.history.get";
    private static final Pattern TOKEN = Pattern.compile("name=\"token\" value=\"([^\"]+)\"");

    private Running running;
    private HttpClient browser;

    @BeforeEach
    void start(@TempDir Path folder) throws Exception {
        running = Running.in(folder);
        browser = HttpClient.newBuilder()
                .cookieHandler(new CookieManager())
                .connectTimeout(Duration.ofSeconds(30))
                .build();
        assertThat(signIn(Running.PASSWORD).statusCode()).isEqualTo(303);
    }

    @AfterEach
    void stop() {
        running.close();
    }

    @Test
    void aClosedChatIsArchivedWithItsTranscriptAndWhatPeopleWroteStaysText() throws Exception {
        PortalChat chat = running.portal.openLine("R&D <b>").openChat("telegrambot");
        chat.customerWrites("Hello <script>alert(1)</script> & \"good\" day");
        chat.operatorWrites("It is 5 > 4");

        archived(chat);

        assertThat(get("/").body())
                .contains("R&amp;D &lt;b&gt;", "telegrambot", "data-chat=\"1\"")
                .doesNotContain("<b>");
        assertThat(get("/chats/1").body())
                .contains("Hello &lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;good&quot; day", "It is 5 &gt; 4")
                .contains("class=\"customer\"", "class=\"operator\"", "class=\"system\"")
                .doesNotContain("<script>");
        assertThat(get("/?q=scri").body()).contains("data-chat=\"1\"");
        assertThat(get("/?q=absent").body()).contains("No chat fits").doesNotContain("data-chat");
        assertThat(get("/?connector=telegrambot&line=R%26D+%3Cb%3E").body()).contains("data-chat=\"1\"");
        assertThat(get("/chats/2").statusCode()).isEqualTo(404);
    }

    @Test
    void aQueryComesBackAsText() throws Exception {
        String query = "\"><script>alert(1)</script>";

        String page =
                get("/?q=" + URLEncoder.encode(query, StandardCharsets.UTF_8)).body();

        assertThat(page)
                .contains("value=\"&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;\"")
                .doesNotContain("<script>");
    }

    @Test
    void aPortalThatIsAwayIsAskedAgainAndNothingIsLost() throws Exception {
        running.portal.faults().add(Fault.gateway(502).on(HISTORY).first(1));
        PortalChat chat = running.portal.openLine("Support").openChat();
        chat.customerWrites("are you there");

        archived(chat);

        assertThat(get("/chats/1").body()).contains("are you there");
        assertThat(running.portal.calls().stream().filter(call -> call.method().equals(HISTORY)))
                .hasSize(2);
    }

    @Test
    void chatsThatThePortalDoesNotShowAreArchivedWithTheReason() throws Exception {
        running.portal
                .faults()
                .add(Fault.error(403, "ACCESS_DENIED", "You dont have access").on(HISTORY));
        PortalChat chat = running.portal.openLine("Support").openChat();

        archived(chat);

        assertThat(get("/chats/1").body()).contains("There is no transcript: the portal shows none");
    }

    @Test
    void anAnswerOfAnotherShapeMakesTheEventADeadLetterUntilItIsRequeued() throws Exception {
        running.portal.answer(HISTORY, "{\"sessionId\":\"canary\"}");
        PortalChat chat = running.portal.openLine("Support").openChat();
        chat.close();
        String letters = await("/dead-letters", "Dead letters (1)");
        String requeue = "/dead-letters/" + letters.replaceAll("(?s).*data-letter=\"(\\d+)\".*", "$1") + "/requeue";
        assertThat(letters)
                .contains(
                        "<bdi>ONSESSIONFINISH</bdi> of portal <bdi>" + running.portal.memberId() + "</bdi>",
                        "attempts: 1",
                        "Dead letters (1)")
                .doesNotContain("canary", running.portal.applicationToken().reveal());

        assertThat(post(requeue, "token=wrong").statusCode()).isEqualTo(403);
        assertThat(post(requeue, "").statusCode()).isEqualTo(403);
        assertThat(get("/dead-letters").body()).contains("data-letter=");

        running.portal.answer(
                HISTORY,
                "{\"sessionId\":1,\"chatId\":17,\"message\":{\"4\":{\"id\":4,\"chatid\":17,"
                        + "\"senderid\":0,\"date\":\"2026-11-28T10:00:00+00:00\",\"text\":\"mended\"}},\"users\":{}}");
        HttpResponse<String> requeued = post(requeue, "token=" + token(letters));
        assertThat(requeued.statusCode()).isEqualTo(303);
        assertThat(requeued.headers().firstValue("Location")).contains("/dead-letters?done=requeued");
        await("/", "data-chat=\"1\"");
        assertThat(get("/chats/1").body()).contains("mended");
        assertThat(get("/dead-letters").body()).contains("There is no dead letter", "Dead letters (0)");
        assertThat(post(requeue, "token=" + token(letters)).headers().firstValue("Location"))
                .contains("/dead-letters?done=gone");
    }

    @Test
    void withoutSigningInNothingIsShown() throws Exception {
        HttpClient stranger = HttpClient.newHttpClient();
        for (String path : List.of("/", "/dead-letters", "/chats/1", "/export.csv", "/export.json", "/no-such-page")) {
            HttpResponse<String> answer = send(stranger, path, Map.of());
            assertThat(answer.statusCode()).as(path).isEqualTo(303);
            assertThat(answer.headers().firstValue("Location")).contains("/sign-in");
            assertThat(answer.body()).isEmpty();
        }
        for (String path : List.of("/stream", "/charts")) {
            assertThat(send(stranger, path, Map.of()).statusCode()).as(path).isEqualTo(401);
        }
        assertThat(send(stranger, "/", Map.of("Cookie", SignIn.COOKIE + "=made-up"))
                        .statusCode())
                .isEqualTo(303);
        assertThat(send(stranger, "/sign-in", Map.of()).body()).contains("type=\"password\"");
    }

    @Test
    void aWrongPasswordOpensNothingAndASessionEndsWhenItIsSignedOut() throws Exception {
        assertThat(signIn("wrong horse battery").statusCode()).isEqualTo(403);
        assertThat(signIn("").statusCode()).isEqualTo(403);
        HttpResponse<String> in = signIn(Running.PASSWORD);
        String cookie = in.headers().firstValue("Set-Cookie").orElseThrow();
        assertThat(cookie).contains("HttpOnly", "SameSite=Strict", "Path=/");
        String session = cookie.split(";", 2)[0];
        HttpClient other = HttpClient.newHttpClient();
        assertThat(send(other, "/", Map.of("Cookie", session)).statusCode()).isEqualTo(200);

        assertThat(post("/sign-out", "token=" + token(get("/").body())).statusCode())
                .isEqualTo(303);

        assertThat(send(other, "/", Map.of("Cookie", session)).statusCode()).isEqualTo(303);
    }

    @Test
    void aFormOfAnotherSiteChangesNothing() throws Exception {
        String form = "token=" + token(get("/").body());
        for (Map<String, String> headers : List.of(
                Map.of("Sec-Fetch-Site", "cross-site"),
                Map.of("Sec-Fetch-Site", "same-site"),
                Map.of("Origin", "https://evil.example"),
                Map.of("Origin", "null"))) {
            assertThat(post("/sign-out", form, headers).statusCode())
                    .as("%s", headers)
                    .isEqualTo(403);
        }
        assertThat(get("/").statusCode()).isEqualTo(200);
        assertThat(post("/sign-out", form, Map.of("Origin", origin())).statusCode())
                .isEqualTo(303);
    }

    @Test
    void everyAnswerHasTheHeadersThatKeepBrowsersSafe() throws Exception {
        for (String path : List.of("/", "/sign-in", "/page/page.js", "/no-such-page", "/export.csv")) {
            assertThat(get(path).headers().map())
                    .as(path)
                    .containsEntry("X-Content-Type-Options", List.of("nosniff"))
                    .containsEntry("Referrer-Policy", List.of("same-origin"))
                    .hasEntrySatisfying(
                            "Content-Security-Policy",
                            policy -> assertThat(policy.get(0))
                                    .contains("default-src 'none'", "frame-ancestors 'none'")
                                    .doesNotContain("unsafe"))
                    .doesNotContainKey("Server");
        }
        assertThat(get("/").headers().firstValue("Cache-Control")).contains("no-store");
        for (String name : List.of("pico.css", "chart.js", "page.css", "page.js", "icon.svg")) {
            assertThat(get("/page/" + name).statusCode()).as(name).isEqualTo(200);
        }
        assertThat(get("/page/template/board.html").statusCode()).isEqualTo(404);
        assertThat(get("/page/..%2Fwebjars.properties").statusCode()).isIn(400, 404);
    }

    @Test
    void aRequestThatCannotBeReadIsRefusedInOneSentence() throws Exception {
        assertThat(post("/sign-in", "password=%zz").statusCode()).isEqualTo(400);
        assertThat(post("/sign-in", "password=" + "x".repeat(10_000)).statusCode())
                .isEqualTo(413);
        assertThat(post("/sign-in", "a=&b=&c=&d=&e=&f=&password=").statusCode()).isEqualTo(413);
        assertThat(get("/no-such-page").body()).contains("There is no such page.");
        HttpRequest delete = HttpRequest.newBuilder(running.page("/")).DELETE().build();
        assertThat(browser.send(delete, HttpResponse.BodyHandlers.discarding()).statusCode())
                .isEqualTo(405);
        assertThat(get("/?before=abc&q=").statusCode()).isEqualTo(200);
    }

    @Test
    void exportsHoldTranscriptsAndNoFormulas() throws Exception {
        PortalChat chat = running.portal.openLine("=cmd()").openChat();
        chat.customerWrites("one, \"two\"\nthree");
        archived(chat);

        HttpResponse<String> csv = get("/export.csv");
        assertThat(csv.headers().firstValue("Content-Type")).contains("text/csv; charset=utf-8");
        assertThat(csv.headers().firstValue("Content-Disposition"))
                .contains("attachment; filename=\"closed-chats.csv\"");
        assertThat(csv.body())
                .startsWith("id,portal,chat,session,line_id,line,connector,")
                .contains(",'=cmd(),", "Guest: one, \"\"two\"\"\nthree");
        HttpResponse<String> json = get("/export.json?q=three");
        assertThat(json.headers().firstValue("Content-Type")).contains("application/json");
        assertThat(json.body())
                .contains("\"line\":\"=cmd()\"", "\"role\":\"customer\"", "\"text\":\"one, \\\"two\\\"\\nthree\"");
        assertThat(get("/export.json?q=absent").body()).isEqualTo("[]");
    }

    @Test
    void theStreamSendsRowsAndGoesOnWhereAReaderLeftOff() throws Exception {
        PortalChat first = running.portal.openLine("Support").openChat();
        first.customerWrites("<img src=x>");
        try (InputStream in = stream("/stream?after=0", Map.of())) {
            BufferedReader lines = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8));
            assertThat(lines.readLine()).isEqualTo("retry: 1000");
            first.close();
            String row = untilBlank(lines, "id: 1");
            assertThat(row).contains("event: chat", "data: <tr data-chat=\"1\">", "Support");
        }
        archived(running.portal.lines().get(0).openChat());
        try (InputStream in = stream("/stream?after=0", Map.of("Last-Event-ID", "1"))) {
            BufferedReader lines = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8));
            assertThat(untilBlank(lines, "id: ")).contains("data-chat=\"2\"");
        }
    }

    @Test
    void behindAProxyWhoeverItNamesIsIn(@TempDir Path folder) throws Exception {
        try (Running proxied = Running.in(folder, AttackedPageTest.SIGNED_IN_BY_A_PROXY)) {
            HttpClient proxy = HttpClient.newHttpClient();
            HttpRequest.Builder request = HttpRequest.newBuilder(proxied.page("/"));
            assertThat(proxy.send(request.build(), HttpResponse.BodyHandlers.ofString())
                            .statusCode())
                    .isEqualTo(401);
            HttpResponse<String> in =
                    proxy.send(request.header("X-User", "anna").build(), HttpResponse.BodyHandlers.ofString());
            assertThat(in.statusCode()).isEqualTo(200);
            assertThat(in.body()).contains("Dead letters (0)").doesNotContain("Sign out");
        }
    }

    @Test
    void onPostgresqlItIsTheSame(@TempDir Path folder) throws Exception {
        String inbox = PostgresServer.newSchema();
        try (Running shared = Running.in(folder, Map.of("OPENLINES_INBOX", inbox))) {
            PortalChat chat = shared.portal.openLine("Support").openChat();
            chat.customerWrites("слово");
            assertThat(chat.close()).isNotEmpty().allMatch(delivery -> delivery.acknowledged());
            try (Archive archive = Archive.open(inbox)) {
                Filter filter = new Filter("слов", "Support", "livechat", "");
                Await.until("a chat", () -> !archive.page(filter, null, 5).isEmpty());
                assertThat(archive.page(filter, null, 5)).hasSize(1);
            }
        }
    }

    private void archived(PortalChat chat) throws Exception {
        String before = get("/").body();
        assertThat(chat.close()).isNotEmpty().allMatch(delivery -> delivery.acknowledged());
        int rows = before.split("data-chat=", -1).length;
        await("/", "data-chat=\"" + rows + "\"");
    }

    /** Asks again until the page holds a text. */
    private String await(String path, String text) {
        AtomicReference<String> body = new AtomicReference<>();
        Await.until(() -> text + " in " + body, () -> {
            body.set(get(path).body());
            return body.get().contains(text);
        });
        return body.get();
    }

    private static String untilBlank(BufferedReader lines, String start) throws IOException {
        StringBuilder event = new StringBuilder();
        String line = lines.readLine();
        while (!line.startsWith(start)) {
            line = lines.readLine();
        }
        while (!line.isEmpty()) {
            event.append(line).append('\n');
            line = lines.readLine();
        }
        return event.toString();
    }

    private InputStream stream(String path, Map<String, String> headers) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(running.page(path));
        headers.forEach(request::header);
        HttpResponse<InputStream> answer = browser.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
        assertThat(answer.statusCode()).isEqualTo(200);
        return answer.body();
    }

    private static String token(String page) {
        Matcher token = TOKEN.matcher(page);
        assertThat(token.find()).isTrue();
        return token.group(1);
    }

    private String origin() {
        return running.page("/").toString().replaceFirst("/$", "");
    }

    private HttpResponse<String> signIn(String password) throws Exception {
        return post("/sign-in", "password=" + URLEncoder.encode(password, StandardCharsets.UTF_8));
    }

    private HttpResponse<String> get(String path) throws Exception {
        return send(browser, path, Map.of());
    }

    private HttpResponse<String> send(HttpClient client, String path, Map<String, String> headers) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(running.page(path));
        headers.forEach(request::header);
        return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    private HttpResponse<String> post(String path, String form) throws Exception {
        return post(path, form, Map.of());
    }

    private HttpResponse<String> post(String path, String form, Map<String, String> headers) throws Exception {
        URI uri = running.page(path);
        HttpRequest.Builder request = HttpRequest.newBuilder(uri)
                .header("Content-Type", "application/x-www-form-urlencoded")
                .POST(HttpRequest.BodyPublishers.ofString(form));
        headers.forEach(request::header);
        return browser.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }
}
