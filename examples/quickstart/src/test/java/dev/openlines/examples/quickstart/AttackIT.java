// SPDX-License-Identifier: Apache-2.0
package dev.openlines.examples.quickstart;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The packaged jar with the least heap that the documents name, while strangers at several addresses take what memory
 * they can and a portal sends its events.
 */
@Timeout(600)
class AttackIT {

    private static final String MEMBER = "a223c6b3710f85df22e9377d6c4f7553";
    private static final String TOKEN = "51856fefc120afa4b628cc82d3935cce";
    private static final int CONNECTIONS = Integer.getInteger("attack.connections");
    /** The number of events that must be answered during an attack. */
    private static final int EVENTS = 10;

    private static final int LINES = 20;
    private static final List<String> ADDRESSES = List.of("127.0.0.2", "127.0.0.3", "127.0.0.4");

    @TempDir
    Path directory;

    private final List<Socket> sockets = new ArrayList<>();
    private final Deque<String> log = new ConcurrentLinkedDeque<>();
    private final ScheduledExecutorService portal = Executors.newSingleThreadScheduledExecutor();
    private Process process;

    @AfterEach
    void end() throws IOException {
        portal.shutdownNow();
        process.destroyForcibly();
        closeAll();
    }

    @Test
    void everyGenuineEventIsAnsweredAndHandledMeanwhile() throws Exception {
        int monitor = freePort();
        start(monitor);
        BufferedReader errors = process.errorReader(StandardCharsets.UTF_8);
        CompletableFuture<Void> drained =
                CompletableFuture.runAsync(() -> errors.lines().forEach(this::keep));
        BufferedReader output = process.inputReader(StandardCharsets.UTF_8);
        int port = URI.create(output.readLine().replaceFirst(".* ", "")).getPort();
        CompletableFuture<List<String>> handled = CompletableFuture.supplyAsync(() -> output.lines()
                .peek(this::keep)
                .filter(line -> line.startsWith("closed chat="))
                .toList());
        Map<String, Integer> answers = new TreeMap<>();
        AtomicInteger chats = new AtomicInteger();
        Semaphore answered = new Semaphore(0);
        // Twenty events a second.
        var unused = portal.scheduleAtFixedRate(
                () -> {
                    answers.merge(answer(port, chats.incrementAndGet()), 1, Integer::sum);
                    answered.release();
                },
                0,
                50,
                TimeUnit.MILLISECONDS);

        for (String unfinished : attacks()) {
            byte[] bytes = unfinished.getBytes(StandardCharsets.ISO_8859_1);
            for (int i = 0; i < CONNECTIONS; i++) {
                attack(port, ADDRESSES.get(i % ADDRESSES.size()), bytes);
            }
            answered.drainPermits();
            assertThat(answered.tryAcquire(EVENTS, 120, TimeUnit.SECONDS))
                    .as(this::state)
                    .isTrue();
            assertThat(health(monitor)).as(this::state).isEqualTo("200");
            closeAll();
        }
        portal.shutdown();
        assertThat(portal.awaitTermination(60, TimeUnit.SECONDS)).isTrue();
        assertThat(answer(port, chats.incrementAndGet())).as(this::state).isEqualTo("200");
        assertThat(health(monitor)).as(this::state).isEqualTo("200");

        // Not Process.destroy(), which also closes what is still being read of its output.
        process.toHandle().destroy();

        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as("ended by SIGTERM, and not before").isEqualTo(143);
        assertThat(answers).containsOnlyKeys("200");
        assertThat(handled.get(60, TimeUnit.SECONDS)).doesNotHaveDuplicates().hasSize(chats.get());
        drained.get(60, TimeUnit.SECONDS);
    }

    private void keep(String line) {
        log.add(line);
        if (log.size() > LINES) {
            log.remove();
        }
    }

    /** Tells whether the process has ended and how, and what it printed last. */
    private String state() {
        return (process.isAlive() ? "alive" : "exit " + process.exitValue()) + ", last lines:\n"
                + String.join("\n", log) + '\n';
    }

    /** Returns the bytes that each connection sends before it waits. */
    private static List<String> attacks() {
        String start = "POST / HTTP/1.1\r\nHost: receiver\r\n";
        String form = start + "Content-Type: application/x-www-form-urlencoded\r\n";
        String lines = "x:\r\n".repeat(1900);
        return List.of(
                "",
                start + lines,
                form + "Content-Length: 524288\r\n\r\n" + "y".repeat(524_287),
                form + "Content-Length: 100\r\n\r\ny",
                form + lines + "Content-Length: 100\r\n\r\ny",
                form + "Transfer-Encoding: chunked\r\n\r\n" + ("fff\r\n" + "y".repeat(4095) + "\r\n").repeat(127)
                        + "9\r\nz",
                form + "Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n" + lines,
                (form + "Content-Length: 1\r\n\r\nx").repeat(50) + start + lines);
    }

    private void attack(int port, String from, byte[] bytes) {
        try {
            Socket socket = new Socket(InetAddress.getLoopbackAddress(), port, InetAddress.getByName(from), 0);
            sockets.add(socket);
            socket.getOutputStream().write(bytes);
        } catch (IOException e) {
            // Dropped: as it should be.
        }
    }

    private void closeAll() throws IOException {
        for (Socket socket : sockets) {
            socket.close();
        }
        sockets.clear();
    }

    /** Sends an event as the platform does: on a connection of its own. Returns the status. */
    private static String answer(int port, int chat) {
        String body = form(chat);
        return exchange(
                port,
                "POST / HTTP/1.1\r\nHost: receiver\r\nConnection: close\r\n"
                        + "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: " + body.length()
                        + "\r\n\r\n" + body);
    }

    private static String health(int port) {
        return exchange(port, "GET /health/ready HTTP/1.1\r\nHost: receiver\r\nConnection: close\r\n\r\n");
    }

    private static String exchange(int port, String request) {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout(60_000);
            socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
            String status = new String(socket.getInputStream().readNBytes(12), StandardCharsets.US_ASCII);
            return status.isEmpty() ? "closed" : status.substring("HTTP/1.1 ".length());
        } catch (IOException e) {
            return e.toString();
        }
    }

    /** Returns a port that was free, since the receiver does not print the port of its monitor. */
    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    private void start(int monitor) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx64m",
                "-XX:+ExitOnOutOfMemoryError",
                "-jar",
                System.getProperty("quickstart.jar"));
        builder.directory(directory.toFile());
        builder.environment()
                .putAll(Map.of(
                        "OPENLINES_PORT",
                        "0",
                        "OPENLINES_MONITOR_PORT",
                        "" + monitor,
                        "OPENLINES_INBOX",
                        directory.resolve("inbox.db").toString(),
                        "OPENLINES_MEMBER_ID",
                        MEMBER,
                        "OPENLINES_APPLICATION_TOKEN",
                        TOKEN));
        process = builder.start();
    }

    private static String form(int chat) {
        return "event=ONSESSIONFINISH&event_handler_id=12"
                + "&data%5BDATA%5D%5Bconnector%5D%5Bconnector_id%5D=livechat"
                + "&data%5BDATA%5D%5Bconnector%5D%5Bline_id%5D=7"
                + "&data%5BDATA%5D%5Bconnector%5D%5Bchat_id%5D=" + chat
                + "&data%5BDATA%5D%5Bchat%5D%5Bchat_id%5D=" + chat
                + "&ts=1760000000&auth%5Bmember_id%5D=" + MEMBER
                + "&auth%5Bapplication_token%5D=" + TOKEN;
    }
}
