// SPDX-License-Identifier: Apache-2.0
package dev.openlines.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.openlines.model.Event;
import dev.openlines.model.OnSessionFinish;
import dev.openlines.model.UnknownEvent;
import dev.openlines.receiver.DeadLetter;
import dev.openlines.receiver.DeadLetters;
import dev.openlines.receiver.Handlers;
import dev.openlines.receiver.Inbox;
import dev.openlines.receiver.LeaseRequest;
import dev.openlines.receiver.LeasedDelivery;
import dev.openlines.receiver.LeasingInbox;
import dev.openlines.receiver.Settlement;
import dev.openlines.receiver.StoreException;
import dev.openlines.tck.Deliveries;
import dev.openlines.tck.InstallationContract;
import dev.openlines.testkit.Await;
import dev.openlines.testkit.Bodies;
import dev.openlines.testkit.RawHttp;
import dev.openlines.testkit.Rows;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(300)
class ReceiverServerTest {

    private static final String FORM = "application/x-www-form-urlencoded";

    @TempDir
    Path directory;

    private final HttpClient http = HttpClient.newHttpClient();
    private final BlockingQueue<Event> handled = new LinkedBlockingQueue<>();
    private ReceiverServer server;

    @BeforeEach
    void start() {
        server = ReceiverServer.builder(handlers())
                .settings(Settings.of(environment()))
                .start();
    }

    private Handlers handlers() {
        return Handlers.on(OnSessionFinish.class, (finish, context) -> handled.add(finish))
                .otherwise((event, context) -> handled.add(event));
    }

    @AfterEach
    void stop() {
        server.close();
    }

    @Test
    void anEventIsStoredWithoutCredentialsAcknowledgedAndHandled() throws Exception {
        HttpResponse<String> response = post(Bodies.finish(17));

        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.body()).isEmpty();
        assertThat(response.headers().map().keySet()).containsExactlyInAnyOrder("date", "content-length");
        OnSessionFinish finish = (OnSessionFinish) handled();
        assertThat(finish.chats().get(0).chatId()).isEqualTo(17);
        assertThat(finish.header().auth().memberId()).isEqualTo(Bodies.MEMBER);
        assertThat(rows("select member_id, event, order_key, body_bytes from inbox"))
                .containsExactly(Bodies.MEMBER + " ONSESSIONFINISH " + Bodies.MEMBER + "/17 "
                        + Bodies.finish(17).length());
        server.close();
        assertThat(rows("select state, attempts from inbox")).containsExactly("done 1");
        try (Stream<Path> files = Files.list(directory)) {
            assertThat(files)
                    .allSatisfy(file -> assertThat(Files.readString(file, StandardCharsets.ISO_8859_1))
                            .doesNotContain(Bodies.TOKEN, Bodies.ACCESS_TOKEN, Bodies.REFRESH_TOKEN));
        }
    }

    @Test
    void aJsonBodyIsTakenAsTheFormIs() throws Exception {
        String json = """
                {"event":"ONSESSIONFINISH","event_handler_id":"12","ts":"1760000000",
                 "data":{"DATA":{"connector":{"connector_id":"livechat","line_id":"1","chat_id":"17","user_id":"10"},
                 "chat":{"chat_id":"17"},"line":{"id":"1","name":"Open channel"}}},
                 "auth":{"domain":"portal.bitrix24.example","member_id":"%s","application_token":"%s"}}""".formatted(Bodies.MEMBER, Bodies.TOKEN);

        assertThat(post(json, "application/json; charset=utf-8").statusCode()).isEqualTo(200);
        assertThat(post(Bodies.finish(17)).statusCode()).isEqualTo(200);

        assertThat(rows("select count(*) from inbox")).containsExactly("1");
        assertThat(handled()).isInstanceOf(OnSessionFinish.class);
    }

    @Test
    void theSameBytesTwentyTimesAtOnceAreOneEvent() throws Exception {
        List<CompletableFuture<Integer>> statuses = IntStream.range(0, 20)
                .mapToObj(i -> http.sendAsync(request(Bodies.finish(17), FORM), HttpResponse.BodyHandlers.discarding())
                        .thenApply(HttpResponse::statusCode))
                .toList();

        assertThat(statuses)
                .allSatisfy(
                        status -> assertThat(status.get(30, TimeUnit.SECONDS)).isEqualTo(200));
        assertThat(handled()).isInstanceOf(OnSessionFinish.class);
        assertOnlyTheNextEventIsHandled(1);
    }

    @Test
    void anApplicationListsDeadLettersAndGivesThemBackToItsHandler() throws Exception {
        server.close();
        AtomicBoolean broken = new AtomicBoolean(true);
        Handlers handlers = Handlers.on(OnSessionFinish.class, (finish, context) -> {
                    if (broken.get()) {
                        throw context.deadLetter("the mapping is wrong");
                    }
                    handled.add(finish);
                })
                .otherwise((event, context) -> handled.add(event));
        server = ReceiverServer.builder(handlers)
                .settings(Settings.of(environment()))
                .start();
        assertThat(server.deadLetters().list(0, 10)).isEmpty();
        assertThat(post(Bodies.finish(17)).statusCode()).isEqualTo(200);
        Await.until("a dead letter", () -> !server.deadLetters().list(0, 10).isEmpty());
        List<DeadLetter> letters = server.deadLetters().list(0, 10);

        assertThat(letters).extracting(DeadLetter::reason).containsExactly("given up: the mapping is wrong");
        broken.set(false);
        assertThat(server.deadLetters().requeue(letters.get(0).id(), Instant.now()))
                .isTrue();

        assertThat(((OnSessionFinish) handled()).chats().get(0).chatId()).isEqualTo(17);
        assertThat(server.deadLetters().list(0, 10)).isEmpty();
        DeadLetters view = server.deadLetters();
        server.close();
        assertThatThrownBy(() -> view.list(0, 10)).isInstanceOf(StoreException.class);
    }

    @Test
    void aChatThatIsClosedAgainIsAnotherEvent() throws Exception {
        assertThat(post(Bodies.finish(17)).statusCode()).isEqualTo(200);
        assertThat(post(Bodies.finish(17, "ts", "1760000001")).statusCode()).isEqualTo(200);

        assertThat(handled()).isInstanceOf(OnSessionFinish.class);
        assertThat(handled()).isInstanceOf(OnSessionFinish.class);
        assertThat(rows("select count(*) from inbox")).containsExactly("2");
    }

    @Test
    void anotherSubscriptionsDeliveryIsADuplicateAndOtherContentIsKeptAsAConflict() throws Exception {
        assertThat(post(Bodies.finish(17)).statusCode()).isEqualTo(200);
        assertThat(post(Bodies.finish(17, "event_handler_id", "13")).statusCode())
                .isEqualTo(200);
        assertThat(rows("select count(*) from inbox_conflict")).containsExactly("0");

        assertThat(post(Bodies.finish(17, "surprise", "1")).statusCode()).isEqualTo(200);
        assertThat(post(Bodies.finish(17, "surprise", "1")).statusCode()).isEqualTo(200);

        assertThat(rows("select count(*) from inbox_conflict where payload like '%surprise%'"))
                .containsExactly("1");
        assertThat(handled()).isInstanceOf(OnSessionFinish.class);
        assertOnlyTheNextEventIsHandled(1);
    }

    @Test
    void anUninstallationThatCannotBeVerifiedEndsNothing() throws Exception {
        assertThat(post(Bodies.finish(17, "event", "ONAPPUNINSTALL")).statusCode())
                .isEqualTo(403);

        assertThat(post(Bodies.finish(18)).statusCode()).isEqualTo(200);
        assertThat(handled().code()).isEqualTo("ONSESSIONFINISH");
    }

    @Test
    void aPortalThatUninstalledTheApplicationIsTrustedNoLonger() throws Exception {
        server.close();
        server = ReceiverServer.builder(handlers())
                .settings(Settings.of(environment()))
                .installations(InstallationContract.YES)
                .start();
        String forged = Bodies.finish(17, "event", "ONAPPUNINSTALL", "auth[application_token]", "no");
        assertThat(post(forged).statusCode()).isEqualTo(403);
        assertThat(post(Bodies.finish(18)).statusCode()).isEqualTo(200);

        assertThat(post(Bodies.finish(17, "event", "ONAPPUNINSTALL")).statusCode())
                .isEqualTo(200);

        assertThat(post(Bodies.finish(19)).statusCode()).isEqualTo(403);
        assertThat(List.of(handled().code(), handled().code()))
                .containsExactlyInAnyOrder("ONSESSIONFINISH", "ONAPPUNINSTALL");
    }

    @Test
    void anInstallationWithoutProofChangesNothing() throws Exception {
        String forged = Bodies.finish(17, "event", "ONAPPINSTALL", "auth[application_token]", "attacker");
        assertThat(post(forged).statusCode()).isEqualTo(403);

        assertThat(post(Bodies.finish(18, "auth[application_token]", "attacker"))
                        .statusCode())
                .isEqualTo(403);
        assertOnlyTheNextEventIsHandled(0);
    }

    @Test
    void anUnknownEventGoesToTheOtherHandler() throws Exception {
        assertThat(post(Bodies.finish(17, "event", "ONCRMDEALADD")).statusCode())
                .isEqualTo(200);

        assertThat(handled()).isInstanceOf(UnknownEvent.class);
    }

    /** Lets the second change come after the handler has read the object for the first. */
    @Test
    void twoChangesOfOneObjectWithinOneSecondAreHandledTwice() throws Exception {
        Map<String, String> fields = new LinkedHashMap<>();
        fields.put("event", "ONCRMDEALUPDATE");
        fields.put("event_handler_id", "4");
        fields.put("data[FIELDS][ID]", "662");
        fields.put("ts", "1779996600");
        fields.put("auth[member_id]", Bodies.MEMBER);
        fields.put("auth[application_token]", Bodies.TOKEN);

        assertThat(post(Bodies.form(fields)).statusCode()).isEqualTo(200);
        Event first = handled();
        assertThat(post(Bodies.form(fields)).statusCode()).isEqualTo(200);

        assertThat(handled()).isEqualTo(first);
        assertOnlyTheNextEventIsHandled(2);
    }

    @Test
    void aGenuineEventThatCannotBeDecodedBecomesADeadLetterWithTheReason() throws Exception {
        String reason = "cannot be decoded: expected an integer but found text (9 characters) at "
                + "$.data.DATA.connector.chat_id";

        assertThat(post(Bodies.finish(17, "data[DATA][connector][chat_id]", "seventeen"))
                        .statusCode())
                .isEqualTo(200);
        assertOnlyTheNextEventIsHandled(1);

        server.close();
        assertThat(rows("select state, dead_reason from inbox where state <> 'done'"))
                .containsExactly("dead " + reason);
        assertThat(rows("select attempt, outcome, reason from inbox_history")).containsExactly("1 dead " + reason);
    }

    @Test
    void aWrongOrMissingTokenAndAnUnknownPortalGetTheSameBytes() throws Exception {
        List<String> bodies = List.of(
                Bodies.finish(17, "auth[application_token]", "00000fefc120afa4b628cc82d3935cce"),
                Bodies.finish(17, "auth[application_token]", ""),
                Bodies.finish(17, "auth[application_token]", Bodies.TOKEN.toUpperCase(Locale.ROOT)),
                Bodies.finish(17, "auth[application_token]", Bodies.TOKEN + "0"),
                Bodies.finish(17, "auth[application_token]", Bodies.TOKEN + "\0"),
                Bodies.finishWithout(17, "auth[application_token]"),
                Bodies.finish(17, "auth[member_id]", "00000000710f85df22e9377d6c4f7553"),
                Bodies.finishWithout(17, "auth[member_id]"));
        List<String> answers = new ArrayList<>();
        for (String body : bodies) {
            answers.add(raw(body).replaceAll("Date: [^\r]*", "Date: *"));
        }

        assertThat(answers)
                .containsOnly("HTTP/1.1 403 Forbidden\r\nDate: *\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        assertOnlyTheNextEventIsHandled(0);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "%",
                "&&&&",
                "event=ONSESSIONFINISH&auth=x",
                "event[]=ONSESSIONFINISH&auth[member_id]=m&auth[application_token]=t",
                "event=E&auth[member_id]=m&auth[application_token][]=t",
                "event=E&auth[member_id]=m&auth[application_token]=t&auth[application_token]=u",
                "event=E%0A&auth[member_id]=m&auth[application_token]=t"
            })
    void aBodyThatIsNoEventIsABadRequest(String body) throws Exception {
        assertThat(post(body).statusCode()).isEqualTo(400);
        assertOnlyTheNextEventIsHandled(0);
    }

    @ParameterizedTest
    @ValueSource(strings = {"GET", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "post"})
    void onlyPostIsAllowed(String method) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create(server.url() + "?" + Bodies.finish(17)))
                .method(method, HttpRequest.BodyPublishers.noBody())
                .build();

        HttpResponse<String> response = http.send(request, HttpResponse.BodyHandlers.ofString());

        assertThat(response.statusCode()).isEqualTo(405);
        assertThat(response.headers().allValues("allow")).containsExactly("POST");
        assertThat(response.body()).isEmpty();
        assertOnlyTheNextEventIsHandled(0);
    }

    @ParameterizedTest
    @ValueSource(strings = {"text/plain", "application/octet-stream", "multipart/form-data; boundary=x", "text/xml"})
    void anotherTypeIsUnsupported(String type) throws Exception {
        assertThat(post(Bodies.finish(17), type).statusCode()).isEqualTo(415);
        assertOnlyTheNextEventIsHandled(0);
    }

    @Test
    void aMegabyteIsTooLargeByItsDeclaredLengthAndWhileItIsRead() throws Exception {
        String megabyte = "x=" + "y".repeat(1 << 20) + "&" + Bodies.finish(17);

        assertThat(raw(head("Content-Length: " + megabyte.length()))).startsWith("HTTP/1.1 413 ");
        assertThat(raw(head("Transfer-Encoding: chunked") + "80001\r\n" + megabyte.substring(0, 0x80001) + "\r\n"))
                .startsWith("HTTP/1.1 413 ");
        assertOnlyTheNextEventIsHandled(0);
    }

    @Test
    void anotherPathIsNotFound() throws Exception {
        HttpRequest request = HttpRequest.newBuilder(server.url().resolve("/elsewhere"))
                .header("Content-Type", FORM)
                .POST(HttpRequest.BodyPublishers.ofString(Bodies.finish(17)))
                .build();

        HttpResponse<String> response = http.send(request, HttpResponse.BodyHandlers.ofString());

        assertThat(response.statusCode()).isEqualTo(404);
        assertThat(response.body()).isEmpty();
        assertOnlyTheNextEventIsHandled(0);
    }

    @Test
    void aRequestThatHttpForbidsGetsAnEmptyAnswer() throws Exception {
        assertThat(raw("POST /in HTTP/1.1\r\nHost: a\r\nHost: b\r\nContent-Length: 0\r\n\r\n"))
                .startsWith("HTTP/1.1 400 ")
                .endsWith("\r\n\r\n")
                .doesNotContain("Jetty", "<html");
    }

    @Test
    void evidenceHasOneLineForEachClosedChat() throws Exception {
        assertThat(post(Bodies.finish(17)).statusCode()).isEqualTo(200);
        assertThat(handled()).isInstanceOf(OnSessionFinish.class);
        server.close();

        String key = rows("select idempotency_key from inbox").get(0).replaceFirst("^[^-]*-", "");
        assertThat(directory.resolve("evidence.jsonl"))
                .hasContent("{\"member_id\":\"" + Bodies.MEMBER
                        + "\",\"chat_id\":17,\"line_id\":1,\"connector_id\":\"livechat\","
                        + "\"line_name\":\"Open channel\",\"at\":1760000000,\"idempotency_key\":\"" + key
                        + "\"}\n");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/x/..PATH",
                "PATH/.",
                "PATH;jsessionid=1",
                "/PATH",
                "/.PATH",
                "/%2ePATH",
                "PATH/x/..",
                "/x/%2e%2ePATH",
                "PATH?x=1/../..;y"
            })
    void onlyTheExactPathLeadsToTheEndpoint(String target) throws Exception {
        String body = Bodies.finish(17);
        String request = head("Content-Length: " + body.length())
                        .replaceFirst(
                                "POST \\S+",
                                "POST " + target.replace("PATH", server.url().getPath()))
                + body;
        try (Socket socket =
                new Socket(InetAddress.getLoopbackAddress(), server.url().getPort())) {
            socket.setSoTimeout(30_000);
            socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
            assertThat(RawHttp.head(socket))
                    .matches("(?s)HTTP/1.1 " + (target.contains("?") ? "200" : "40[04]") + " .*");
        }
    }

    @Test
    void aPortInUseStopsTheStartWithOneLine() throws Exception {
        try (ServerSocket taken = new ServerSocket(0)) {
            Map<String, String> environment = environment();
            environment.put("OPENLINES_PORT", Integer.toString(taken.getLocalPort()));
            environment.put("OPENLINES_INBOX", directory.resolve("other.db").toString());
            Settings config = Settings.of(environment);

            assertThatThrownBy(() -> ReceiverServer.builder(Handlers.all((event, context) -> {}))
                            .settings(config)
                            .start())
                    .isInstanceOf(ConfigurationException.class)
                    .hasMessage("OPENLINES_PORT: cannot listen on port " + taken.getLocalPort()
                            + ": end the program that listens there, or set another port");
        }
    }

    @Test
    void aStoppingServerClosesAConnectionAtRestAtOnceAndStoresARequestWhoseHeadIsArriving() throws Exception {
        String request = head("Content-Length: " + Bodies.finish(17).length()) + Bodies.finish(17);
        try (Socket kept = new Socket(
                        InetAddress.getLoopbackAddress(), server.url().getPort());
                Socket socket = new Socket(
                        InetAddress.getLoopbackAddress(), server.url().getPort())) {
            kept.setSoTimeout(30_000);
            kept.getOutputStream()
                    .write(request.replace("Connection: close\r\n", "").getBytes(StandardCharsets.ISO_8859_1));
            assertThat(RawHttp.head(kept)).startsWith("HTTP/1.1 200 ");
            socket.setSoTimeout(30_000);
            socket.getOutputStream().write(request.substring(0, 40).getBytes(StandardCharsets.ISO_8859_1));
            // Answered on another connection after that: these bytes have been read.
            assertThat(post(Bodies.finish(1)).statusCode()).isEqualTo(200);
            CompletableFuture<Void> closed = CompletableFuture.runAsync(server::close);
            awaitRefusal(server.url().getPort());
            assertThat(kept.getInputStream().read()).isEqualTo(-1);
            assertThat(closed).as("it waits for the one that is arriving").isNotDone();

            socket.getOutputStream().write(request.substring(40).getBytes(StandardCharsets.ISO_8859_1));

            assertThat(RawHttp.head(socket)).startsWith("HTTP/1.1 200 ").contains("Connection: close\r\n");
            closed.get(30, TimeUnit.SECONDS);
        }
        assertThat(rows("select count(*) from inbox")).containsExactly("2");
    }

    private static void awaitRefusal(int port) {
        Await.until("a closed port", () -> {
            try {
                new Socket(InetAddress.getLoopbackAddress(), port).close();
                return false;
            } catch (IOException e) {
                return true;
            }
        });
    }

    @Test
    void eventsPastTheirRetentionAreForgottenByThemselves() throws Exception {
        server.close();
        Path file = directory.resolve("old.db");
        try (LeasingInbox inbox = Inbox.sqlite(file)) {
            for (long chat = 1; chat <= 4; chat++) {
                Deliveries.store(inbox, Deliveries.delivery(chat, 1));
            }
            Instant now = Deliveries.T0;
            LeaseRequest all = new LeaseRequest("a", 9, now, now.plusSeconds(1), Deliveries.LATEST, false);
            List<LeasedDelivery> leased = inbox.lease(all);
            List<Settlement> ends = List.of(
                    new Settlement.Done(), new Settlement.Dead("no"), new Settlement.Done(), new Settlement.Dead("no"));
            for (int i = 0; i < 4; i++) {
                Instant at = i < 2 ? Instant.EPOCH : Instant.now();
                inbox.settle(leased.get(i), ends.get(i), at)
                        .toCompletableFuture()
                        .join();
            }
        }
        Map<String, String> environment = environment();
        environment.put("OPENLINES_INBOX", file.toString());
        environment.put("OPENLINES_KEEP_DONE_DAYS", "90");
        environment.put("OPENLINES_KEEP_DEAD_DAYS", "365");

        server = ReceiverServer.builder(Handlers.all((event, context) -> {}))
                .settings(Settings.of(environment))
                .start();

        String states = "select group_concat(state) from (select state from inbox order by id)";
        Await.until("what is old is forgotten", () -> Rows.of(file, states).equals(List.of("done,dead")));
        assertThat(server.deadLetters().list(0, 10)).extracting(DeadLetter::id).containsExactly(4L);
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "-1", "a year", "123456"})
    void aNumberOfDaysThatIsNoneStopsTheStartWithOneLine(String days) {
        Map<String, String> environment = environment();
        environment.put("OPENLINES_KEEP_DEAD_DAYS", days);

        assertThatThrownBy(() -> Settings.of(environment))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage(
                        "OPENLINES_KEEP_DEAD_DAYS: expected a number of days from 1 to 99999, found \"" + days + '"');
    }

    @Test
    void anInboxThatCannotBeOpenedStopsTheStartWithOneLine() {
        Path missing = directory.resolve("no such folder").resolve("inbox.db");
        Map<String, String> environment = environment();
        environment.put("OPENLINES_INBOX", missing.toString());
        Settings config = Settings.of(environment);

        assertThatThrownBy(() -> ReceiverServer.builder(Handlers.all((event, context) -> {}))
                        .settings(config)
                        .start())
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("OPENLINES_INBOX: cannot open " + missing + ": there is no folder " + missing.getParent());
    }

    private void assertOnlyTheNextEventIsHandled(int storedBefore) throws Exception {
        assertThat(post(Bodies.finish(999)).statusCode()).isEqualTo(200);
        OnSessionFinish next = (OnSessionFinish) handled();
        assertThat(next.chats().get(0).chatId()).isEqualTo(999);
        assertThat(rows("select count(*) from inbox")).containsExactly(Integer.toString(storedBefore + 1));
    }

    private Event handled() throws InterruptedException {
        Event event = handled.poll(30, TimeUnit.SECONDS);
        assertThat(event).as("an event handled within 30 seconds").isNotNull();
        return event;
    }

    private HttpResponse<String> post(String body) throws Exception {
        return post(body, FORM);
    }

    private HttpResponse<String> post(String body, String type) throws Exception {
        return http.send(request(body, type), HttpResponse.BodyHandlers.ofString());
    }

    private HttpRequest request(String body, String type) {
        return HttpRequest.newBuilder(server.url())
                .header("Content-Type", type)
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build();
    }

    private String raw(String bodyOrRequest) throws IOException {
        String request = bodyOrRequest.startsWith("POST ")
                ? bodyOrRequest
                : head("Content-Length: " + bodyOrRequest.length()) + bodyOrRequest;
        try (Socket socket =
                new Socket(InetAddress.getLoopbackAddress(), server.url().getPort())) {
            socket.setSoTimeout(30_000);
            socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
            socket.getOutputStream().flush();
            ByteArrayOutputStream answer = new ByteArrayOutputStream();
            socket.getInputStream().transferTo(answer);
            return answer.toString(StandardCharsets.ISO_8859_1);
        }
    }

    private static String head(String length) {
        return "POST /in HTTP/1.1\r\nHost: receiver\r\nUser-Agent: Bitrix24 Webhook Engine\r\nContent-Type: " + FORM
                + "\r\n" + length + "\r\nConnection: close\r\n\r\n";
    }

    private List<String> rows(String sql) {
        return Rows.of(directory.resolve("inbox.db"), sql);
    }

    private Map<String, String> environment() {
        return new HashMap<>(Map.of(
                "OPENLINES_PORT",
                "0",
                "OPENLINES_PATH",
                "/in",
                "OPENLINES_INBOX",
                directory.resolve("inbox.db").toString(),
                "OPENLINES_MEMBER_ID",
                Bodies.MEMBER,
                "OPENLINES_APPLICATION_TOKEN",
                Bodies.TOKEN,
                "OPENLINES_EVIDENCE",
                directory.resolve("evidence.jsonl").toString()));
    }
}
