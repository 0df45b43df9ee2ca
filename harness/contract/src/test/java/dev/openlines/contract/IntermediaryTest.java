// SPDX-License-Identifier: Apache-2.0
package dev.openlines.contract;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.ConnectException;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Handlers behind a proxy and behind a queue: the right one is not failed for what stands before it. */
class IntermediaryTest {

    private static final String NGINX = "Server: nginx/1.22.1\r\n";

    private static final String PAGE = "<html><center>nginx/1.22.1</center></html>";

    /** Cases whose denials, refusals and effects a queue changes. */
    private static final String[] JUDGED = {
        "001", "101", "102", "103", "105", "106", "108", "110", "114", "121", "126", "201", "202", "207", "404", "426",
        "427", "501", "522"
    };

    @TempDir
    private Path folder;

    private static byte[] passed(Listener.Seen request, URI to) throws IOException {
        try (Socket socket = new Socket(to.getHost(), to.getPort())) {
            String head = request.head().replaceAll("(?im)^transfer-encoding:.*\r\n", "");
            socket.getOutputStream().write(EventBody.join(head.getBytes(StandardCharsets.ISO_8859_1), request.body()));
            return socket.getInputStream().readAllBytes();
        }
    }

    private static byte[] page(int status) {
        return ("HTTP/1.1 " + status + " -\r\n" + NGINX + "Content-Type: text/html\r\nContent-Length: " + PAGE.length()
                        + "\r\nConnection: close\r\n\r\n" + PAGE)
                .getBytes(StandardCharsets.ISO_8859_1);
    }

    /** Returns the answer of the handler with the proxy's header line. */
    private static byte[] marked(byte[] answer) {
        return new String(answer, StandardCharsets.ISO_8859_1)
                .replaceFirst("\r\n", "\r\n" + NGINX)
                .getBytes(StandardCharsets.ISO_8859_1);
    }

    private static ContractSuite suite(Listener front, SmallHandler handler) {
        return ContractSuite.of(front.uri().resolve("/hook"), SmallHandler.MEMBER_ID, SmallHandler.PROOF)
                .ackMax(Duration.ofMinutes(2))
                .evidence(new EvidenceFile(handler.evidence()));
    }

    private static CaseResult result(ContractReport report, String number) {
        return report.result("OSF-C-" + number).orElseThrow();
    }

    @Test
    void aProxyIsFoundOutAndItsBannerIsAWarning() {
        try (SmallHandler handler = SmallHandler.right(folder);
                Listener proxy = Listener.start(
                        request -> request.line().startsWith("GET")
                                        && request.line().contains("event=")
                                ? page(400)
                                : marked(passed(request, handler.uri())),
                        "127.0.0.1")) {
            ContractReport report =
                    suite(proxy, handler).only("001", "401", "421", "705").run();

            assertThat(report.ids(Level.MUST, Verdict.FAIL)).isEmpty();
            assertThat(report.ids(Level.SHOULD, Verdict.FAIL)).isEmpty();
            assertThat(result(report, "705").warnings())
                    .containsExactly(
                            "expected error answers of the proxy that tell nothing; got a proxy's version banner in"
                                    + " the answer with status 400 of OSF-C-401");
            assertThat(report.remarks())
                    .containsExactly(
                            "a proxy answers for the handler (the header line Server: nginx/1.22.1), as --proxied says");
        }
    }

    @Test
    void aHandlerThatShowsThatBannerWithoutAProxyFails() {
        try (SmallHandler handler = SmallHandler.right(folder);
                Listener own = Listener.start(
                        request -> request.line().startsWith("GET")
                                ? new String(page(400), StandardCharsets.ISO_8859_1)
                                        .replace(NGINX, "")
                                        .getBytes(StandardCharsets.ISO_8859_1)
                                : passed(request, handler.uri()),
                        "127.0.0.1")) {
            assertThat(suite(own, handler).only("401", "705").run().ids(Level.MUST, Verdict.FAIL))
                    .containsExactly("OSF-C-705");
        }
    }

    /**
     * Tests what nginx answers for a handler that refuses a long body and closes the connection before all of it came.
     * Without a proxy the suite sees the closed connection, which is a refusal.
     */
    @Test
    void aProxysAnswerForAConnectionThatTheHandlerClosedIsARefusal() {
        try (SmallHandler handler = SmallHandler.right(folder);
                Listener proxy = Listener.start(
                        request -> request.body().length > 500_000 ? page(502) : marked(passed(request, handler.uri())),
                        "127.0.0.1");
                Listener own = Listener.start(
                        request -> request.body().length > 500_000
                                ? new String(page(502), StandardCharsets.ISO_8859_1)
                                        .replace(NGINX, "")
                                        .getBytes(StandardCharsets.ISO_8859_1)
                                : passed(request, handler.uri()),
                        "127.0.0.1")) {
            ContractReport report = suite(proxy, handler).only("305", "306").run();

            assertThat(report.ids(Level.MUST, Verdict.PASS)).containsExactly("OSF-C-305", "OSF-C-306");
            assertThat(suite(own, handler).only("305", "306").run().ids(Level.MUST, Verdict.FAIL))
                    .as("not behind a proxy")
                    .containsExactly("OSF-C-305", "OSF-C-306");
        }
    }

    @Test
    void aHandlerThatStartsLaterThanItsProxyIsWaitedFor() {
        AtomicInteger early = new AtomicInteger(5);
        try (SmallHandler handler = SmallHandler.right(folder);
                Listener proxy = Listener.start(
                        request -> early.getAndDecrement() > 0 ? page(502) : marked(passed(request, handler.uri())),
                        "127.0.0.1")) {
            ContractReport report = suite(proxy, handler).only("001").run();

            assertThat(result(report, "001").failures()).isEmpty();
            assertThat(early).hasNegativeValue();
        }
    }

    /** Starts a queue that delivers each request twice. */
    private static Listener queue(SmallHandler handler) {
        BlockingQueue<Listener.Seen> waiting = new LinkedBlockingQueue<>();
        URI to = handler.uri();
        Thread worker = new Thread(
                () -> {
                    while (true) {
                        try {
                            Listener.Seen next = waiting.take();
                            for (int i = 0; i < 2; i++) {
                                byte[] unused = passed(next, to);
                            }
                        } catch (InterruptedException | ConnectException e) {
                            // The test is over.
                            return;
                        } catch (IOException e) {
                            // The handler closed the connection, which refuses the request.
                        }
                    }
                },
                "queue");
        worker.setDaemon(true);
        worker.start();
        return Listener.start(
                request -> {
                    // The suite opens connections without a request, to see that it can.
                    if (!request.head().isEmpty()) {
                        waiting.add(request);
                    }
                    return Listener.json(202, "");
                },
                "127.0.0.1");
    }

    @Test
    void aRightHandlerBehindAQueueIsJudgedByItsEffects() {
        try (SmallHandler handler = SmallHandler.right(folder);
                Listener queue = queue(handler)) {
            ContractReport judged = suite(queue, handler).queued().only(JUDGED).run();

            assertThat(judged.ids(Level.MUST, Verdict.FAIL)).isEmpty();
            assertThat(judged.ids(Level.SHOULD, Verdict.FAIL)).isEmpty();
            assertThat(suite(queue, handler).only("101").run().ids(Level.MUST, Verdict.FAIL))
                    .as("not said to be behind a queue")
                    .containsExactly("OSF-C-101");
        }
    }

    /** Tests 317 and 319, whose requests the queue acknowledges before the handler can refuse them. */
    @Test
    void aQueueThatAcknowledgesWhatTheHandlerRefusesFailsNothing() throws IOException {
        Path log = Files.createFile(folder.resolve("log"));
        Path store = Files.createDirectory(folder.resolve("store"));
        try (SmallHandler handler = SmallHandler.right(folder);
                Listener queue = queue(handler)) {
            ContractReport judged = suite(queue, handler)
                    .queued()
                    .logs(log)
                    .store(store)
                    .only("317", "319")
                    .run();

            assertThat(judged.ids(Level.SHOULD, Verdict.PASS)).containsExactly("OSF-C-317");
            assertThat(judged.ids(Level.SHOULD, Verdict.NOT_OBSERVED)).containsExactly("OSF-C-319");
        }
    }

    @Test
    void aQueueHidesNoCarelessHandler() {
        try (SmallHandler handler = SmallHandler.careless(folder);
                Listener queue = queue(handler)) {
            assertThat(suite(queue, handler)
                            .queued()
                            .only("001", "101", "102", "501")
                            .run()
                            .ids(Level.MUST, Verdict.FAIL))
                    .containsExactly("OSF-C-101");
        }
    }

    @Test
    void aQueueThatLosesEventsFails() {
        try (SmallHandler handler = SmallHandler.right(folder);
                Listener loses = Listener.start(request -> Listener.json(202, ""), "127.0.0.1")) {
            ContractReport report = suite(loses, handler)
                    .queued()
                    .settle(Probe.QUIET)
                    .only("001")
                    .run();

            assertThat(report.ids(Level.MUST, Verdict.FAIL)).containsExactly("OSF-C-001");
        }
    }
}
