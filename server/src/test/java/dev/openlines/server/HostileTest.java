// SPDX-License-Identifier: Apache-2.0
package dev.openlines.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.model.OnSessionFinish;
import dev.openlines.model.Secret;
import dev.openlines.receiver.Handlers;
import dev.openlines.receiver.HttpLimits;
import dev.openlines.receiver.Inbox;
import dev.openlines.receiver.LeasingInbox;
import dev.openlines.receiver.Portals;
import dev.openlines.receiver.Receiver;
import dev.openlines.receiver.spi.Gate;
import dev.openlines.tck.InstallationContract;
import dev.openlines.testkit.Bodies;
import dev.openlines.testkit.LogRecords;
import dev.openlines.testkit.RawHttp;
import dev.openlines.testkit.Rows;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests of hostile requests. After each of them a genuine event is answered and handled. */
@Timeout(300)
class HostileTest {

    private static final String OTHER_MEMBER = "b223c6b3710f85df22e9377d6c4f7553";
    private static final String OTHER_TOKEN = "0e462097431906509019562988736854";
    /** No machine is so slow that a genuine request takes so long. */
    private static final HttpLimits LONG =
            new HttpLimits(Duration.ofMinutes(5), Duration.ofMinutes(5), Duration.ofMinutes(5), Gate.room());

    private static final HttpLimits SHORT =
            new HttpLimits(Duration.ofSeconds(2), Duration.ofSeconds(2), Duration.ofMinutes(5), Gate.room());

    @TempDir
    Path directory;

    private final BlockingQueue<Long> handled = new LinkedBlockingQueue<>();
    private final List<Socket> sockets = new ArrayList<>();
    private ReceiverServer server;
    private RawHttp http;

    @BeforeEach
    void start() {
        start(LONG);
    }

    private void start(HttpLimits limits) {
        Map<String, String> environment = new HashMap<>(Map.of(
                "OPENLINES_PORT",
                "0",
                "OPENLINES_MONITOR_PORT",
                "0",
                "OPENLINES_PATH",
                "/in",
                "OPENLINES_INBOX",
                directory.resolve("inbox.db").toString(),
                "OPENLINES_MEMBER_ID",
                Bodies.MEMBER,
                "OPENLINES_APPLICATION_TOKEN",
                Bodies.TOKEN));
        Handlers handlers = Handlers.on(
                        OnSessionFinish.class,
                        (finish, context) -> handled.add(finish.chats().get(0).chatId()))
                .otherwise((event, context) -> {});
        server = ReceiverServer.builder(handlers)
                .settings(Settings.of(environment))
                .installations(claim -> {
                    throw new AssertionError("nothing here deserves a question");
                })
                .httpLimits(limits)
                .start();
        http = new RawHttp(server.url());
    }

    @AfterEach
    void stop() throws IOException {
        for (Socket socket : sockets) {
            socket.close();
        }
        server.close();
    }

    @ParameterizedTest
    @CsvSource({
        "auth[application_token][], x",
        "auth[application_token][a][b][c][d][e][f], x",
        "auth[application_token][0], 51856fefc120afa4b628cc82d3935cce",
        "auth, x",
        "auth[member_id][], a223c6b3710f85df22e9377d6c4f7553",
    })
    void aTokenOfAnotherTypeIsABadRequestAndHasNoEffect(String name, String value) throws Exception {
        String body = Bodies.finish(17) + "&" + Bodies.form(Map.of(name, value));

        assertThat(http.post(body)).startsWith("HTTP/1.1 400 ");
        assertThat(http.post(Bodies.form(Map.of(name, value)) + "&" + Bodies.finish(17)))
                .startsWith("HTTP/1.1 400 ");
        assertAlive();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"application_token\":true,\"member_id\":\"M\"}|400",
                "{\"application_token\":0,\"member_id\":\"M\"}|400",
                "{\"application_token\":[\"T\"],\"member_id\":\"M\"}|400",
                "{\"application_token\":{\"0\":\"T\"},\"member_id\":\"M\"}|400",
                "{\"application_token\":null,\"member_id\":\"M\"}|403",
                "{\"application_token\":\"null\",\"member_id\":\"M\"}|403",
                "{\"application_token\":\"\",\"member_id\":\"M\"}|403",
                "{\"application_token\":\" T\",\"member_id\":\"M\"}|403",
                "{\"application_token\":\"T\\u0000\",\"member_id\":\"M\"}|403",
                "{\"application_token\":\"no\",\"application_token\":\"T\",\"member_id\":\"M\"}|400",
                "\"T\"|400",
                "[\"T\"]|403",
            })
    void aJsonTokenOfAnotherTypeHasNoEffect(String auth, int status) throws Exception {
        String json = ("{\"event\":\"ONSESSIONFINISH\",\"ts\":\"1\",\"data\":{},\"auth\":" + auth + "}")
                .replace("\"M\"", '"' + Bodies.MEMBER + '"')
                .replace("T\"", Bodies.TOKEN + '"');

        assertThat(http.post(json, "Content-Type: application/json")).startsWith("HTTP/1.1 " + status + " ");
        assertAlive();
    }

    @Test
    void aTokenOfAnotherPortalIsRefusedBothWays() throws Exception {
        try (LeasingInbox inbox = Inbox.sqlite(directory.resolve("two.db"))) {
            Portals portals = new Portals()
                    .trust(Bodies.MEMBER, Secret.of(Bodies.TOKEN))
                    .trust(OTHER_MEMBER, Secret.of(OTHER_TOKEN));
            Receiver receiver = InstallationContract.receiver(inbox, portals, InstallationContract.NOW);

            assertThat(InstallationContract.post(receiver, Bodies.finish(1, "auth[application_token]", OTHER_TOKEN)))
                    .isEqualTo(403);
            assertThat(InstallationContract.post(receiver, Bodies.finish(1, "auth[member_id]", OTHER_MEMBER)))
                    .isEqualTo(403);
            // PHP takes these for equal numbers: 0e… is 0 times ten to the something.
            assertThat(InstallationContract.post(
                            receiver,
                            Bodies.finish(
                                    1,
                                    "auth[member_id]",
                                    OTHER_MEMBER,
                                    "auth[application_token]",
                                    "0e830400451993494058024219903391")))
                    .isEqualTo(403);
            assertThat(inbox.backlog().waiting()).isZero();
        }
    }

    @Test
    void aTokenOutsideOfTheBodyIsNone() throws Exception {
        String body = Bodies.finishWithout(17, "auth[application_token]");
        for (String header : List.of(
                "Cookie: application_token=" + Bodies.TOKEN,
                "Authorization: Bearer " + Bodies.TOKEN,
                "X-Forwarded-For: 127.0.0.1",
                "application_token: " + Bodies.TOKEN)) {
            assertThat(http.post(body, header)).startsWith("HTTP/1.1 403 ");
        }
        assertThat(http.send("POST /in?auth%5Bapplication_token%5D=" + Bodies.TOKEN, body))
                .startsWith("HTTP/1.1 403 ");
        assertAlive();
    }

    @Test
    void theSameEventReplayedAfterManyOthersIsOneEvent() throws Exception {
        assertThat(http.post(Bodies.finish(17))).startsWith("HTTP/1.1 200 ");
        for (long chat = 1000; chat < 1500; chat++) {
            assertThat(http.post(Bodies.finish(chat))).startsWith("HTTP/1.1 200 ");
        }

        assertThat(http.post(Bodies.finish(17))).startsWith("HTTP/1.1 200 ");

        List<Long> chats = new ArrayList<>();
        for (int i = 0; i < 501; i++) {
            chats.add(handled.poll(30, TimeUnit.SECONDS));
        }
        assertThat(chats).doesNotHaveDuplicates().contains(17L);
        assertAlive();
    }

    @Test
    void tenMegabytesWithTheRightTokenAtTheEndAreNotRead() throws Exception {
        String body = "x=" + "y".repeat(10 << 20) + "&" + Bodies.finish(17);

        assertThat(http.head("Content-Length: " + body.length())).startsWith("HTTP/1.1 413 ");
        assertThat(http.endless(body)).startsWith("HTTP/1.1 413 ");
        assertAlive();
    }

    @Test
    void twoDeclaredGigabytesAllocateNothingAndAreRefusedAtOnce() throws Exception {
        assertThat(http.head("Content-Length: 2147483648")).startsWith("HTTP/1.1 413 ");
        assertThat(http.head("Content-Length: 9223372036854775807")).startsWith("HTTP/1.1 413 ");
        assertAlive();
    }

    @Test
    void aCompressedBodyIsNotInflated() throws Exception {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (OutputStream gzip = new GZIPOutputStream(bytes)) {
            byte[] zeros = new byte[1 << 20];
            for (int i = 0; i < 30; i++) {
                gzip.write(zeros);
            }
        }
        String bomb = bytes.toString(StandardCharsets.ISO_8859_1);

        assertThat(http.post(bomb, "Content-Encoding: gzip")).startsWith("HTTP/1.1 415 ");
        assertAlive();
    }

    /** Checks that a sender cannot cause records of bugs, which have a stack trace, as often as it likes. */
    @ParameterizedTest
    @ValueSource(strings = {"GET / HTTP/9.9", "GET /"})
    void anUnknownVersionOfHttpIsNoBug(String line) throws Exception {
        List<String> log = LogRecords.of(() -> {
            try (Socket socket = http.connect()) {
                socket.setSoTimeout(120_000);
                socket.getOutputStream().write((line + "\r\nHost: a\r\n\r\n").getBytes(StandardCharsets.US_ASCII));
                assertThat(RawHttp.head(socket)).startsWith("HTTP/1.1 505 ");
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        });

        assertThat(log).noneMatch(record -> record.contains("reason=bug"));
        assertAlive();
    }

    @Test
    void othersAreServedWhileSomeSendOneByteNowAndThen() throws Exception {
        List<Dripping> slow = slow();
        for (long chat = 100; chat < 110; chat++) {
            assertThat(http.post(Bodies.finish(chat))).startsWith("HTTP/1.1 200 ");
        }

        for (int i = 0; i < 10; i++) {
            assertThat(handled.poll(30, TimeUnit.SECONDS)).isBetween(100L, 109L);
        }
        assertThat(slow).noneMatch(one -> one.dropped().isDone());
    }

    @Test
    void aSenderOfOneByteNowAndThenIsDropped() throws Exception {
        server.close();
        start(SHORT);

        for (Dripping one : slow()) {
            assertThat(one.dropped().get(60, TimeUnit.SECONDS)).isTrue();
        }
        assertAlive();
        assertThat(metrics()).contains("openlines_received_seconds_count{outcome=\"too-slow\"} 20");
    }

    /** Opens twenty connections that drip the head of a request, and twenty that drip its body. */
    private List<Dripping> slow() throws IOException {
        String request = http.request("POST /in", Bodies.finish(17));
        int body = request.indexOf("\r\n\r\n") + 4;
        List<Dripping> slow = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            slow.add(drip("", request.substring(0, body - 4)));
            slow.add(drip(request.substring(0, body), request.substring(body)));
        }
        return slow;
    }

    @Test
    void aThousandIdleConnectionsTakeNoOnesPlaceAndAreDropped() throws Exception {
        server.close();
        start(SHORT);
        for (int i = 0; i < 1000; i++) {
            sockets.add(http.connect());
        }

        assertAlive();

        for (Socket socket : sockets) {
            socket.setSoTimeout(30_000);
            assertThat(closed(socket)).isTrue();
        }
    }

    @Test
    void aKeptConnectionMayRestAndThenGoOn() throws Exception {
        server.close();
        start(SHORT);
        try (Socket kept = http.connect()) {
            kept.setSoTimeout(30_000);
            String request = "POST /in HTTP/1.1\r\nHost: receiver\r\nContent-Length: 0\r\n\r\n";
            kept.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
            assertThat(RawHttp.head(kept)).startsWith("HTTP/1.1 415 ");
            // Longer than the head of a request may take.
            CompletableFuture<String> rest = CompletableFuture.supplyAsync(
                    () -> "rested", CompletableFuture.delayedExecutor(3, TimeUnit.SECONDS));
            assertThat(rest.get(30, TimeUnit.SECONDS)).isEqualTo("rested");

            kept.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
            assertThat(RawHttp.head(kept)).startsWith("HTTP/1.1 415 ");
        }
    }

    /** Returns beginnings of requests that stop before they are whole. */
    static Stream<String> unfinished() {
        String start = "POST /in HTTP/1.1\r\nHost: receiver\r\n";
        String form = start + "Content-Type: application/x-www-form-urlencoded\r\n";
        String lines = "x:\r\n".repeat(1900);
        return Stream.of(
                "",
                "P",
                start + lines,
                form + "Content-Length: 10000\r\n\r\n" + "y".repeat(9_999),
                form + "Content-Length: 524288\r\n\r\n",
                form + lines + "Content-Length: 10\r\n\r\n",
                form + "Transfer-Encoding: chunked\r\n\r\n2710\r\n" + "y".repeat(9_999),
                form + "Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n" + lines,
                start + "\r\n" + start + lines,
                (start + "\r\n").repeat(100) + start);
    }

    /** Runs with longer time limits than this test: a connection is dropped only because others need its memory. */
    @ParameterizedTest
    @MethodSource
    void unfinished(String sent) throws Exception {
        server.close();
        start(new HttpLimits(Duration.ofHours(1), Duration.ofHours(1), Duration.ofHours(1), 2_000_000));
        for (int i = 0; i < 400; i++) {
            Socket socket = http.connectFrom("127.0.0.2");
            sockets.add(socket);
            try {
                socket.getOutputStream().write(sent.getBytes(StandardCharsets.ISO_8859_1));
            } catch (SocketException e) {
                // Dropped already.
            }
            if (i % 30 == 0) {
                assertThat(http.post(Bodies.finish(i))).startsWith("HTTP/1.1 200 ");
                assertThat(handled.poll(30, TimeUnit.SECONDS)).isEqualTo(i);
            }
        }

        Socket oldest = sockets.get(0);
        oldest.setSoTimeout(30_000);
        boolean open = true;
        while (open) {
            // Reads the answers to what was whole.
            open = !closed(oldest);
        }
        assertAlive();
        assertThat(metrics()).contains("openlines_received_seconds_count{outcome=\"dropped\"}");
    }

    @Test
    void theMonitorDropsTheOldestConnectionToo() throws Exception {
        server.close();
        start(new HttpLimits(Duration.ofHours(1), Duration.ofHours(1), Duration.ofHours(1), 2_000_000));
        RawHttp monitor = new RawHttp(server.monitorUrl().orElseThrow());
        Socket oldest = monitor.connectFrom("127.0.0.2");
        sockets.add(oldest);
        // Once it is answered, the connection is known: Jetty takes connections up on several threads, in no order.
        oldest.setSoTimeout(30_000);
        oldest.getOutputStream()
                .write("GET /health/live HTTP/1.1\r\nHost: r\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        assertThat(RawHttp.head(oldest)).startsWith("HTTP/1.1 200 ");
        for (int i = 0; i < 400; i++) {
            sockets.add(monitor.connectFrom("127.0.0.2"));
        }

        assertThat(monitor.get("/health/live")).startsWith("HTTP/1.1 200 ");
        boolean open = true;
        while (open) {
            // Reads the rest of the answer.
            open = !closed(oldest);
        }
    }

    @Test
    void tenThousandUnknownPortalsLeaveNothingBehind() throws Exception {
        String before = metrics();
        List<String> log = LogRecords.of(this::tenThousandUnknownPortals);

        // Twenty in ten seconds: a tenth of all would be eight minutes, longer than this test may take.
        assertThat(log.size()).isBetween(1, 1000);
        assertThat(Rows.of(directory.resolve("inbox.db"), "select count(*) from inbox"))
                .containsExactly("0");
        assertThat(Rows.of(directory.resolve("inbox.db"), "select count(*) from portal_token"))
                .containsExactly("0");
        assertThat(metrics()).contains("openlines_received_seconds_count{outcome=\"refused\"} 10000");
        // One outcome more, however many portals.
        long added =
                metrics().lines().filter(line -> line.startsWith("openlines_")).count()
                        - before.lines()
                                .filter(line -> line.startsWith("openlines_"))
                                .count();
        assertThat(added).isLessThan(100);
        assertAlive();
    }

    private void tenThousandUnknownPortals() {
        Random random = new Random(7);
        List<CompletableFuture<String>> senders = new ArrayList<>();
        for (int sender = 0; sender < 4; sender++) {
            long seed = random.nextLong();
            senders.add(CompletableFuture.supplyAsync(() -> {
                Random mine = new Random(seed);
                return http.kept(2500, i -> Bodies.finish(i, "auth[member_id]", Long.toHexString(mine.nextLong())));
            }));
        }
        for (CompletableFuture<String> sender : senders) {
            assertThat(sender.orTimeout(200, TimeUnit.SECONDS).join()).isEqualTo("403");
        }
    }

    private void assertAlive() throws Exception {
        assertThat(http.post(Bodies.finish(999))).startsWith("HTTP/1.1 200 ");
        assertThat(handled.poll(30, TimeUnit.SECONDS)).isEqualTo(999);
        assertThat(handled).isEmpty();
    }

    private String metrics() throws IOException {
        return new RawHttp(server.monitorUrl().orElseThrow()).get("/metrics");
    }

    private static boolean closed(Socket socket) {
        try {
            return socket.getInputStream().read() < 0;
        } catch (SocketException e) {
            return true;
        } catch (IOException e) {
            throw new AssertionError("still open", e);
        }
    }

    /** A connection that gets a byte each fifth of a second, and whether it was dropped before its last. */
    private record Dripping(CompletableFuture<Boolean> dropped) {}

    private Dripping drip(String first, String slowly) throws IOException {
        Socket socket = http.connect();
        sockets.add(socket);
        socket.getOutputStream().write(first.getBytes(StandardCharsets.ISO_8859_1));
        socket.getOutputStream().flush();
        CompletableFuture<Boolean> dropped = new CompletableFuture<>();
        drip(socket, slowly.getBytes(StandardCharsets.ISO_8859_1), 0, dropped);
        return new Dripping(dropped);
    }

    private static void drip(Socket socket, byte[] bytes, int sent, CompletableFuture<Boolean> dropped) {
        if (sent == bytes.length) {
            dropped.complete(false);
            return;
        }
        try {
            socket.getOutputStream().write(bytes[sent]);
        } catch (IOException e) {
            dropped.complete(true);
            return;
        }
        CompletableFuture.delayedExecutor(200, TimeUnit.MILLISECONDS)
                .execute(() -> drip(socket, bytes, sent + 1, dropped));
    }
}
