// SPDX-License-Identifier: Apache-2.0
package dev.openlines.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.model.OnSessionFinish;
import dev.openlines.model.Secret;
import dev.openlines.receiver.Handlers;
import dev.openlines.receiver.HttpLimits;
import dev.openlines.receiver.Inbox;
import dev.openlines.receiver.InstallationCheck;
import dev.openlines.receiver.RetryPolicy;
import dev.openlines.testkit.Await;
import dev.openlines.testkit.Bodies;
import dev.openlines.testkit.RawHttp;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Causes what each row of the table of symptoms in {@code docs/operations.md} names, and looks for its records and meters. */
@Timeout(300)
class SymptomsTest {

    private static final Pattern CODE = Pattern.compile("`(reason=[a-z-]+|openlines_[a-z_]+(?:\\{[^`]*})?)`");

    @TempDir
    Path directory;

    private final Map<String, Scenario> scenarios = new TreeMap<>();
    private final CountDownLatch mayHandle = new CountDownLatch(1);
    private final AtomicBoolean off = new AtomicBoolean();
    private final List<Socket> sockets = new ArrayList<>();
    private final PrintStream before = System.err;
    private final ByteArrayOutputStream log = new ByteArrayOutputStream();
    private ReceiverServer server;
    private RawHttp http;

    /** Does what has the symptom. */
    private interface Scenario {
        void run() throws Exception;
    }

    @BeforeEach
    void prepare() {
        System.setErr(new PrintStream(log, true, UTF_8));
        scenarios.put("reason=unavailable", this::aStoreThatIsDown);
        scenarios.put("reason=store-changed", this::anInboxThatWasRemoved);
        scenarios.put("reason=store-new", this::anInboxThatIsNotThere);
        scenarios.put("reason=memory-inbox", () -> start(plain().inbox(Inbox.memory())));
        scenarios.put("reason=spool-begun", () -> aSpoolInUse(directory.resolve("spool")));
        scenarios.put("reason=spool-changed", this::aSpoolThatWasRemoved);
        scenarios.put("openlines_backlog", this::handlersThatAreSlow);
        scenarios.put("reason=retry", () -> aHandlerThatFails(RetryPolicy.DEFAULT));
        scenarios.put("reason=dead", () -> aHandlerThatFails(RetryPolicy.DEFAULT.withAttempts(1)));
        scenarios.put("reason=undecodable", this::anEventOfAnotherShape);
        scenarios.put("reason=wrong-token", () -> posts(Bodies.finish(1, "auth[application_token]", "no"), 403));
        scenarios.put("reason=refused", () -> posts(Bodies.finish(1, "auth[member_id]", "no"), 403));
        scenarios.put("reason=malformed", () -> posts("a=b", 400));
        scenarios.put("reason=too-large", this::aBodyOverTheLimit);
        scenarios.put("reason=near-miss", this::anAddressWithASlashMore);
        scenarios.put("reason=too-slow", this::aBodyThatStops);
        scenarios.put("reason=broken-off", this::aConnectionThatIsCut);
        scenarios.put("reason=dropped", this::manyUnfinishedRequests);
        scenarios.put("reason=unverified", this::anInstallationByAnOrdinaryUser);
        scenarios.put("reason=token-replaced", this::aSecondInstallation);
    }

    @AfterEach
    void end() throws IOException {
        mayHandle.countDown();
        for (Socket socket : sockets) {
            socket.close();
        }
        if (server != null) {
            server.close();
        }
        System.setErr(before);
        before.print(log.toString(UTF_8));
    }

    @Test
    void eachRowHasItsCause() throws IOException {
        assertThat(rows().map(row -> codes(row).get(0))).containsExactlyInAnyOrderElementsOf(scenarios.keySet());
    }

    static Stream<String> rows() throws IOException {
        String page = Files.readString(Path.of("../docs/operations.md"));
        String section = page.substring(page.indexOf("\n## Symptoms\n") + 4).split("\n## ")[0];
        return Arrays.stream(section.split("\n"))
                .filter(line -> CODE.matcher(line).find());
    }

    /** Returns what the second cell of a row names. */
    private static List<String> codes(String row) {
        return CODE.matcher(row.split(" \\| ")[1])
                .results()
                .map(found -> found.group(1))
                .toList();
    }

    @ParameterizedTest
    @MethodSource("rows")
    void theLogAndTheMetersOfARowFollowItsCause(String row) throws Exception {
        List<String> codes = codes(row);

        scenarios.get(codes.get(0)).run();

        for (String code : codes) {
            Await.until(
                    () -> code + " in:\n" + log.toString(UTF_8),
                    () -> code.startsWith("reason=") ? log.toString(UTF_8).contains(' ' + code) : counts(code));
        }
    }

    /** Returns whether a meter has another value than the one that is all right. */
    private boolean counts(String meter) throws IOException {
        String metrics = new RawHttp(server.monitorUrl().orElseThrow()).get("/metrics");
        String name = meter.replace("seconds{", "seconds_count{");
        return metrics.lines()
                .filter(line -> line.startsWith(name + ' '))
                .anyMatch(line -> line.matches(".* 0(\\.0)?") == meter.equals("openlines_ready"));
    }

    private ReceiverServerBuilder plain() {
        return builder(Handlers.all((event, context) -> {}));
    }

    private ReceiverServerBuilder builder(Handlers handlers) {
        return ReceiverServer.builder(handlers)
                .host("127.0.0.1")
                .port(0)
                .path("/in")
                .monitor("127.0.0.1", 0)
                .inbox(directory.resolve("inbox.db").toString())
                .trust(Bodies.MEMBER, Secret.of(Bodies.TOKEN));
    }

    private void start(ReceiverServerBuilder builder) {
        server = builder.start();
        http = new RawHttp(server.url());
    }

    private void post(String body, int status) throws IOException {
        assertThat(http.post(body)).startsWith("HTTP/1.1 " + status + ' ');
    }

    private void posts(String body, int status) throws IOException {
        start(plain());
        post(body, status);
    }

    private void aStoreThatIsDown() throws IOException {
        start(plain().inbox(FaultyInbox.switched(Inbox.sqlite(directory.resolve("inbox.db")), off)));
        off.set(true);
        post(Bodies.finish(1), 503);
    }

    private void anInboxThatWasRemoved() throws IOException {
        posts(Bodies.finish(1), 200);
        Files.delete(directory.resolve("inbox.db"));
        post(Bodies.finish(2), 503);
    }

    private void anInboxThatIsNotThere() throws IOException {
        posts(Bodies.finish(1), 200);
        server.close();
        Files.delete(directory.resolve("inbox.db"));
        start(plain());
    }

    private void aSpoolInUse(Path spool) throws IOException {
        start(plain().inbox(FaultyInbox.switched(Inbox.sqlite(directory.resolve("inbox.db")), off))
                .spool(spool));
        off.set(true);
        post(Bodies.finish(1), 200);
    }

    private void aSpoolThatWasRemoved() throws IOException {
        Path spool = directory.resolve("spool");
        aSpoolInUse(spool);
        Files.delete(spool);
        post(Bodies.finish(2), 503);
    }

    private void handlersThatAreSlow() throws IOException {
        start(builder(Handlers.all((event, context) -> mayHandle.await())));
        post(Bodies.finish(1), 200);
    }

    private void aHandlerThatFails(RetryPolicy retry) throws IOException {
        start(builder(Handlers.all((event, context) -> {
                    throw new IllegalStateException("the archive is away");
                }))
                .retry(retry));
        post(Bodies.finish(1), 200);
    }

    private void anEventOfAnotherShape() throws IOException {
        start(builder(Handlers.on(OnSessionFinish.class, (event, context) -> {}).otherwise((event, context) -> {})));
        post(Bodies.finish(1, "data[DATA][chat][chat_id]", "x"), 200);
    }

    private void aBodyOverTheLimit() throws IOException {
        start(plain());
        assertThat(http.head("Content-Length: 600000")).startsWith("HTTP/1.1 413 ");
    }

    private void anAddressWithASlashMore() throws IOException {
        start(plain());
        assertThat(http.send("POST /in/", Bodies.finish(1))).startsWith("HTTP/1.1 404 ");
    }

    private void aBodyThatStops() throws IOException {
        Duration second = Duration.ofSeconds(1);
        Duration hour = Duration.ofHours(1);
        start(plain().httpLimits(new HttpLimits(hour, second, hour, 10_000_000)));
        open(http.request("POST /in", Bodies.finish(1)).substring(0, 300));
    }

    private void aConnectionThatIsCut() throws IOException {
        start(plain());
        open(http.request("POST /in", Bodies.finish(1)).substring(0, 300));
        sockets.get(0).close();
    }

    private void manyUnfinishedRequests() throws IOException {
        Duration hour = Duration.ofHours(1);
        start(plain().httpLimits(new HttpLimits(hour, hour, hour, 1_000_000)));
        for (int i = 0; i < 200; i++) {
            open(http.request("POST /in", Bodies.finish(1)).substring(0, 300));
        }
    }

    private void open(String bytes) throws IOException {
        Socket socket = http.connect();
        sockets.add(socket);
        try {
            socket.getOutputStream().write(bytes.getBytes(UTF_8));
        } catch (java.net.SocketException e) {
            // Dropped already.
        }
    }

    private void anInstallationByAnOrdinaryUser() throws IOException {
        start(plain().installations(claim -> InstallationCheck.Answer.NOT_ADMINISTRATOR));
        post(Bodies.finish(1, "event", "ONAPPINSTALL", "auth[application_token]", "another"), 403);
    }

    private void aSecondInstallation() throws IOException {
        start(plain().installations(claim -> InstallationCheck.Answer.VERIFIED));
        post(Bodies.finish(1, "event", "ONAPPINSTALL", "auth[application_token]", "another"), 200);
    }
}
