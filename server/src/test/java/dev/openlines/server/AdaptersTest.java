// SPDX-License-Identifier: Apache-2.0
package dev.openlines.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.openlines.model.Secret;
import dev.openlines.parser.Limits;
import dev.openlines.receiver.HttpLimits;
import dev.openlines.receiver.HttpServerReceiver;
import dev.openlines.receiver.Inbox;
import dev.openlines.receiver.LeaseRequest;
import dev.openlines.receiver.LeasedDelivery;
import dev.openlines.receiver.LeasingInbox;
import dev.openlines.receiver.Portals;
import dev.openlines.receiver.Receiver;
import dev.openlines.receiver.ReceiverServlet;
import dev.openlines.receiver.Reply;
import dev.openlines.receiver.StoreResult;
import dev.openlines.receiver.Telemetry;
import dev.openlines.receiver.VerifiedDelivery;
import dev.openlines.tck.Deliveries;
import dev.openlines.testkit.Await;
import dev.openlines.testkit.Bodies;
import dev.openlines.testkit.RawHttp;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.eclipse.jetty.ee11.servlet.ServletContextHandler;
import org.eclipse.jetty.ee11.servlet.ServletHolder;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Each adapter gives the same answers and stores the same events. */
@Timeout(300)
class AdaptersTest {

    private static final String FORM = "application/x-www-form-urlencoded";

    private static final HttpLimits LIMITS =
            new HttpLimits(Duration.ofSeconds(30), Duration.ofSeconds(30), Duration.ofSeconds(30), 400_000);
    /** With so many places that are not given back there would be no room. */
    private static final int MANY = 50;

    @TempDir
    Path directory;

    private final Deque<AutoCloseable> parts = new ArrayDeque<>();
    private final Map<String, Integer> replies = new ConcurrentHashMap<>();
    private final AtomicBoolean off = new AtomicBoolean();
    private final AtomicInteger asked = new AtomicInteger();
    /** Every event is stored after this. */
    private volatile CompletableFuture<?> held = CompletableFuture.completedFuture(null);

    private volatile String lastTraceparent;
    private LeasingInbox inbox;
    private Receiver receiver;

    /** Starts a server with a receiver at {@code /in} and returns its port. */
    interface Adapter {
        int start(Receiver receiver, Deque<AutoCloseable> parts) throws Exception;
    }

    static Stream<Adapter> adapters() {
        return Stream.of(AdaptersTest::jetty, AdaptersTest::servlet, AdaptersTest::jdk);
    }

    @BeforeEach
    void open() {
        LeasingInbox store = FaultyInbox.switched(Inbox.sqlite(directory.resolve("inbox.db")), off);
        inbox = FaultyInbox.of(store, (method, arguments) -> {
            if (!method.equals("store")) {
                return null;
            }
            VerifiedDelivery delivery = (VerifiedDelivery) arguments[0];
            lastTraceparent = delivery.traceparent();
            CompletableFuture<?> first = held;
            asked.incrementAndGet();
            CompletionStage<StoreResult> stored = first.thenCompose(ignored -> store.store(delivery));
            return stored;
        });
        parts.push(inbox);
        receiver = new Receiver(
                inbox,
                new Portals().trust(Bodies.MEMBER, Secret.of(Bodies.TOKEN)),
                Limits.DEFAULT.withBodyBytes(65_536).withValueBytes(16_384),
                InstantSource.system(),
                () -> {},
                new Telemetry() {
                    @Override
                    public void replied(Reply reply, Duration took) {
                        replies.merge(reply.reason(), 1, Integer::sum);
                    }

                    @Override
                    public void attempted(String outcome, Duration took) {
                        // Nothing is handled here.
                    }
                });
    }

    @AfterEach
    void close() throws Exception {
        while (!parts.isEmpty()) {
            parts.pop().close();
        }
    }

    @ParameterizedTest
    @MethodSource("adapters")
    void theAnswersAreTheSame(Adapter adapter) throws Exception {
        int port = adapter.start(receiver, parts);
        String good = Bodies.finish(17);
        String padded = good + "&x=" + "y".repeat(60_000 - good.length());

        assertThat(answer(port, head("POST", FORM, "Content-Length: " + good.length()) + good))
                .startsWith("HTTP/1.1 200 ");
        assertThat(answer(port, head("POST", FORM, "Content-Length: " + good.length()) + good))
                .startsWith("HTTP/1.1 200 ");
        assertThat(answer(port, head("POST", FORM, "Transfer-Encoding: chunked") + chunked(Bodies.finish(18))))
                .startsWith("HTTP/1.1 200 ");
        assertThat(answer(port, head("POST", FORM, "Content-Length: 1") + "%")).startsWith("HTTP/1.1 400 ");
        String wrong = Bodies.finish(17, "auth[application_token]", "no");
        assertThat(answer(port, head("POST", FORM, "Content-Length: " + wrong.length()) + wrong))
                .startsWith("HTTP/1.1 403 ");
        assertThat(answer(port, head("GET", FORM, "X: y")))
                .startsWith("HTTP/1.1 405 ")
                .containsIgnoringCase("Allow: POST");
        assertThat(answer(port, head("POST", "text/plain", "Content-Length: 1") + "x"))
                .startsWith("HTTP/1.1 415 ");
        assertThat(answer(port, head("POST", FORM, "Content-Length: 10000000"))).startsWith("HTTP/1.1 413 ");
        String large = "x=" + "y".repeat(70_000);
        assertThat(answer(port, head("POST", FORM, "Transfer-Encoding: chunked") + chunked(large)))
                .startsWith("HTTP/1.1 413 ");
        assertThat(answer(port, head("POST", FORM, "Content-Length: " + padded.length()) + padded))
                .startsWith("HTTP/1.1 400 ");
        off.set(true);
        String another = Bodies.finish(19);
        assertThat(answer(port, head("POST", FORM, "Content-Length: " + another.length()) + another))
                .startsWith("HTTP/1.1 503 ")
                .containsIgnoringCase("Retry-After: 5");
        off.set(false);
        assertThat(inbox.backlog().waiting()).isEqualTo(2);
    }

    /** Sends bodies that a container's own reading of forms would change or lose. */
    @ParameterizedTest
    @MethodSource("adapters")
    void storedEventsAreMadeOfTheBytesOnTheWireAndOfNothingElse(Adapter adapter) throws Exception {
        int port = adapter.start(receiver, parts);
        List<String> forms = List.of(
                Bodies.finish(1) + "&data[DATA][line][name]=first&data%5BDATA%5D%5bline%5D[name]=last",
                Bodies.finish(2) + "&a.b=1&c+d=2&e[=3&f[x]y=4&g[][h]=5&g[]=6",
                Bodies.finish(3) + "&data[DATA][line][name]=%FF%FE%00%E2%82&=nameless&empty&&",
                Bodies.finish(4) + "&x;y=1;z=2&data[DATA][line][name]=%D0%9B%D0%B8%D0%BD%D0%B8%D1%8F+1%2B1");
        for (String form : forms) {
            String request = head("POST", FORM + "; charset=windows-1251", "Content-Length: " + form.length())
                            .replace(" /in ", " /in?event=ONAPPTEST&ts=1&x=y ")
                    + form;
            assertThat(answer(port, request)).startsWith("HTTP/1.1 200 ");
        }

        List<LeasedDelivery> stored = inbox.lease(
                new LeaseRequest("a", 10, Instant.now(), Instant.now().plusSeconds(60), Deliveries.LATEST, false));
        assertThat(stored)
                .extracting(LeasedDelivery::payload)
                .containsExactlyElementsOf(forms.stream()
                        .map(form -> Deliveries.delivery(form).payload())
                        .toList());
        assertThat(stored.get(0).payload()).contains("\"name\":\"last\"").doesNotContain("first", "ONAPPTEST");
        assertThat(stored.get(1).payload()).contains("\"a_b\":\"1\"", "\"c_d\":\"2\"", "\"e_\":\"3\"");
    }

    /** Fills all of the room with unfinished bodies; a body that comes whole gets the room of the oldest. */
    @ParameterizedTest
    @MethodSource("adapters")
    void theOldestUnfinishedBodyIsDroppedAndWholeOnesAreServed(Adapter adapter) throws Exception {
        int port = adapter.start(receiver, parts);
        List<Socket> unfinished = new ArrayList<>();
        for (int i = 0; i < MANY / 2; i++) {
            String body = Bodies.finish(i) + "&x=" + "y".repeat(10_000) + "&z=" + "y".repeat(10_000);
            Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
            parts.push(socket);
            unfinished.add(socket);
            String request = head("POST", FORM, "Content-Length: " + body.length()) + body;
            socket.getOutputStream()
                    .write(request.substring(0, request.length() - 1).getBytes(StandardCharsets.ISO_8859_1));
            String good = Bodies.finish(1000 + i);
            assertThat(answer(port, head("POST", FORM, "Content-Length: " + good.length()) + good))
                    .startsWith("HTTP/1.1 200 ");
        }

        Socket oldest = unfinished.get(0);
        oldest.setSoTimeout(30_000);
        // An adapter that can only close the connection does that.
        assertThat(start(oldest)).isIn("HTTP/1.1 503", "");
        unfinished.get(unfinished.size() - 1).getOutputStream().write('y');
        assertThat(RawHttp.head(unfinished.get(unfinished.size() - 1))).startsWith("HTTP/1.1 200 ");
        assertThat(replies).containsKey("dropped").doesNotContainKey("busy");
        assertThat(inbox.backlog().waiting()).isEqualTo(MANY / 2 + 1);
    }

    /** Cuts off bodies in four ways. With a place kept by each of them there would be no room for the last request. */
    @ParameterizedTest
    @MethodSource("adapters")
    void aBodyThatBreaksOffIsRecordedOnceAndGivesItsPlaceBack(Adapter adapter) throws Exception {
        int port = adapter.start(receiver, parts);
        String body = Bodies.finish(17) + "&x=" + "y".repeat(10_000) + "&z=" + "y".repeat(10_000);
        String counted = head("POST", FORM, "Content-Length: " + body.length()) + body;
        String chunked = head("POST", FORM, "Transfer-Encoding: chunked") + chunked(body);
        int sent = 0;
        for (int i = 0; i < MANY / 2; i++) {
            String whole = i % 2 == 0 ? counted : chunked;
            try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
                socket.setSoTimeout(30_000);
                socket.getOutputStream()
                        .write(whole.substring(0, whole.length() - 10).getBytes(StandardCharsets.ISO_8859_1));
                if (i % 4 < 2) {
                    // The sender waits for an answer, and gets none that says 200.
                    socket.shutdownOutput();
                    assertThat(start(socket)).isIn("HTTP/1.1 400", "");
                }
            }
            int expected = ++sent;
            Await.until(() -> replies.toString(), () -> replies.getOrDefault("broken-off", 0) == expected);
        }

        assertThat(replies).containsOnlyKeys("broken-off");
        String good = Bodies.finish(18);
        assertThat(answer(port, head("POST", FORM, "Content-Length: " + good.length()) + good))
                .startsWith("HTTP/1.1 200 ");
        assertThat(inbox.backlog().waiting()).isEqualTo(1);
    }

    @ParameterizedTest
    @MethodSource("adapters")
    void aSenderWhoFindsNoRoomBesideWholeRequestsIsToldWhenToTryAgain(Adapter adapter) throws Exception {
        int port = adapter.start(receiver, parts);
        held = new CompletableFuture<>();
        String good = Bodies.finish(17) + "&x=" + "y".repeat(10_000) + "&z=" + "y".repeat(10_000);
        String whole = head("POST", FORM, "Content-Length: " + good.length()) + good;
        List<Socket> waiting = new ArrayList<>();
        while (!replies.containsKey("busy")) {
            assertThat(waiting.size()).as("requests until one is turned away").isLessThan(MANY);
            Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
            parts.push(socket);
            waiting.add(socket);
            int before = asked.get();
            socket.getOutputStream().write(whole.getBytes(StandardCharsets.ISO_8859_1));
            Await.until("the request is read", () -> asked.get() > before || replies.containsKey("busy"));
        }
        assertThat(RawHttp.head(waiting.remove(waiting.size() - 1)))
                .startsWith("HTTP/1.1 503 ")
                .containsIgnoringCase("Retry-After: 1\r\n")
                .containsIgnoringCase("Connection: close");

        held.complete(null);

        assertThat(waiting).isNotEmpty();
        for (Socket socket : waiting) {
            assertThat(RawHttp.head(socket)).startsWith("HTTP/1.1 200 ");
        }
        assertThat(answer(port, whole)).startsWith("HTTP/1.1 200 ");
    }

    private static String start(Socket socket) throws IOException {
        try {
            return new String(socket.getInputStream().readNBytes(12), StandardCharsets.ISO_8859_1);
        } catch (SocketException e) {
            return "";
        }
    }

    @ParameterizedTest
    @MethodSource("adapters")
    void aReceiverThatThrowsKeepsNoPlaceAmongTheRequests(Adapter adapter) throws Exception {
        AtomicBoolean broken = new AtomicBoolean(true);
        Receiver throwing = new Receiver(
                inbox,
                new Portals().trust(Bodies.MEMBER, Secret.of(Bodies.TOKEN)),
                Limits.DEFAULT.withBodyBytes(65_536).withValueBytes(16_384),
                () -> {
                    if (broken.get()) {
                        throw new IllegalStateException("a clock that has no time");
                    }
                    return Instant.EPOCH;
                },
                () -> {},
                Telemetry.none());
        int port = adapter.start(throwing, parts);
        for (int i = 0; i < MANY; i++) {
            String body = Bodies.finish(i);
            assertThat(answer(port, head("POST", FORM, "Content-Length: " + body.length()) + body))
                    .doesNotStartWith("HTTP/1.1 503 ")
                    .doesNotStartWith("HTTP/1.1 200 ");
        }

        broken.set(false);

        String body = Bodies.finish(17);
        assertThat(answer(port, head("POST", FORM, "Content-Length: " + body.length()) + body))
                .startsWith("HTTP/1.1 200 ");
    }

    @ParameterizedTest
    @MethodSource("adapters")
    void theTraceOfTheRequestGoesOnIfItIsWellFormed(Adapter adapter) throws Exception {
        int port = adapter.start(receiver, parts);
        String trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        String good = Bodies.finish(17);
        String length = "Content-Length: " + good.length();

        answer(port, head("POST", FORM, length + "\r\ntraceparent: " + trace) + good);
        assertThat(lastTraceparent).isEqualTo(trace);
        for (String other : new String[] {
            "",
            "\r\ntraceparent: " + trace.replace('a', '0').replace("0", "\""),
            "\r\ntraceparent: " + trace + "x",
            "\r\ntraceparent: 00-" + "0".repeat(32) + "-b7ad6b7169203331-01"
        }) {
            answer(port, head("POST", FORM, length + other) + good);
            assertThat(lastTraceparent).isNull();
        }
    }

    private static int jetty(Receiver receiver, Deque<AutoCloseable> parts) throws Exception {
        return start(new JettyReceiver(receiver, LIMITS), parts);
    }

    private static int servlet(Receiver receiver, Deque<AutoCloseable> parts) throws Exception {
        ServletContextHandler context = new ServletContextHandler("/");
        ServletHolder holder = new ServletHolder(new ReceiverServlet(receiver, LIMITS.room(), LIMITS.idle()));
        holder.setAsyncSupported(true);
        context.addServlet(holder, "/in");
        return start(context, parts);
    }

    private static int start(Handler handler, Deque<AutoCloseable> parts) throws Exception {
        Server server = new Server(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        server.setHandler(handler);
        server.start();
        parts.push(server::stop);
        return ((ServerConnector) server.getConnectors()[0]).getLocalPort();
    }

    private static int jdk(Receiver receiver, Deque<AutoCloseable> parts) throws Exception {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        ExecutorService pool = Executors.newFixedThreadPool(MANY);
        server.setExecutor(pool);
        server.createContext("/in", new HttpServerReceiver(receiver, LIMITS));
        server.start();
        parts.push(() -> {
            server.stop(0);
            pool.shutdownNow();
        });
        return server.getAddress().getPort();
    }

    private static String answer(int port, String request) throws Exception {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout(30_000);
            socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
            socket.getOutputStream().flush();
            ByteArrayOutputStream answer = new ByteArrayOutputStream();
            int next = socket.getInputStream().read();
            while (next >= 0 && !answer.toString(StandardCharsets.ISO_8859_1).endsWith("\r\n\r\n")) {
                answer.write(next);
                next = answer.toString(StandardCharsets.ISO_8859_1).endsWith("\r\n\r\n")
                        ? -1
                        : socket.getInputStream().read();
            }
            return answer.toString(StandardCharsets.ISO_8859_1);
        }
    }

    private static String head(String method, String type, String length) {
        return method + " /in HTTP/1.1\r\nHost: receiver\r\nContent-Type: " + type + "\r\n" + length
                + "\r\nConnection: close\r\n\r\n";
    }

    private static String chunked(String body) {
        return Integer.toHexString(body.length()) + "\r\n" + body + "\r\n0\r\n\r\n";
    }
}
