// SPDX-License-Identifier: Apache-2.0
package dev.openlines.examples.quickstart;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.testkit.Await;
import dev.openlines.testkit.Bodies;
import dev.openlines.testkit.SteadyPortal;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;

/**
 * The packaged receiver as a process of its own, and a portal that sends it twenty events a second, each on a connection
 * of its own, as the platform does.
 */
final class AttackedReceiver implements AutoCloseable {

    /** A text of a stranger that must be in no log. */
    static final String CANARY = "canary-4711";

    private static final int LINES = 20;
    private static final Pattern MONITOR = Pattern.compile("reason=started .* monitor=http://127\\.0\\.0\\.1:(\\d+)");

    private final SteadyPortal portal = new SteadyPortal(chat -> post(Bodies.finish(chat)), this::state);
    private final Deque<String> last = new ConcurrentLinkedDeque<>();
    private final Queue<String> handled = new ConcurrentLinkedQueue<>();
    private final List<Thread> readers = new ArrayList<>();
    private final AtomicLong printed = new AtomicLong();
    private final Queue<String> canaries = new ConcurrentLinkedQueue<>();
    private final Process process;
    private volatile int port;
    private volatile int monitor;
    private volatile boolean tls;

    /**
     * Starts it and waits until it is ready.
     *
     * @param heap such as 64m
     * @param settings beside a free port, a free monitor port, the inbox and the portal
     */
    AttackedReceiver(Path directory, String heap, Map<String, String> settings) throws IOException {
        process = start(directory, heap, settings);
        read(process.errorReader(UTF_8), line -> {
            Matcher started = MONITOR.matcher(line);
            if (started.find()) {
                monitor = Integer.parseInt(started.group(1));
            }
        });
        read(process.inputReader(UTF_8), line -> {
            if (line.startsWith("receiver ready at ")) {
                URI url = URI.create(line.substring("receiver ready at ".length()));
                tls = url.getScheme().equals("https");
                port = url.getPort();
            } else if (line.startsWith("closed chat=")) {
                handled.add(line.substring("closed chat=".length(), line.indexOf(' ', 7)));
            }
        });
        Await.until(this::state, () -> port > 0 && monitor > 0);
    }

    /** Runs the packaged jar with settings that name a portal. */
    static Process start(Path directory, String heap, Map<String, String> settings, String... arguments)
            throws IOException {
        ProcessBuilder builder = new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx" + heap,
                "-XX:+ExitOnOutOfMemoryError",
                "-jar",
                Path.of(System.getProperty("quickstart.jar")).toAbsolutePath().toString());
        builder.command().addAll(List.of(arguments));
        builder.directory(directory.toFile());
        Map<String, String> environment = new HashMap<>(Map.of(
                "OPENLINES_PORT",
                "0",
                "OPENLINES_MONITOR_PORT",
                "0",
                "OPENLINES_INBOX",
                directory.resolve("inbox.db").toString()));
        if (!settings.containsKey("OPENLINES_CLIENT_ID")) {
            environment.put("OPENLINES_MEMBER_ID", Bodies.MEMBER);
            environment.put("OPENLINES_APPLICATION_TOKEN", Bodies.TOKEN);
        }
        environment.putAll(settings);
        builder.environment().putAll(environment);
        return builder.start();
    }

    private void read(BufferedReader lines, java.util.function.Consumer<String> each) {
        Thread reader = new Thread(
                () -> lines.lines().forEach(line -> {
                    each.accept(line);
                    if (!line.startsWith("closed chat=")) {
                        printed.addAndGet(line.length());
                    }
                    if (line.contains(CANARY)) {
                        canaries.add(line);
                    }
                    last.add(line);
                    if (last.size() > LINES) {
                        last.poll();
                    }
                }),
                "reads-output");
        reader.setDaemon(true);
        reader.start();
        readers.add(reader);
    }

    int port() {
        return port;
    }

    Process process() {
        return process;
    }

    /** Returns how many characters it has printed, without the lines of the handler; also after its end. */
    long printed() throws InterruptedException {
        if (!process.isAlive()) {
            for (Thread reader : readers) {
                reader.join();
            }
        }
        return printed.get();
    }

    /** Returns the lines with {@link #CANARY} that it has printed. */
    Queue<String> canaries() {
        return canaries;
    }

    /** Begins to send. */
    void send() {
        portal.start();
    }

    /** Gives the next chat a number, so that it is none that an earlier receiver had. */
    void startWith(int chat) {
        portal.startWith(chat);
    }

    /** Sends nothing until {@link #resume}, and returns when every event was answered. */
    void suspend() {
        portal.suspend();
    }

    /** Pauses the portal, and waits until every event that was answered with 200 was handled. */
    void pause() {
        suspend();
        Await.until(this::state, () -> handled.containsAll(answered("200")));
    }

    /** Goes on. Returns the number of the first chat that is sent from now on. */
    int resume() {
        return portal.resume();
    }

    /** Sends an event now. Returns the status, or what happened instead. */
    String sendNow() {
        return portal.sendNow();
    }

    /** Returns how many events were sent and not answered yet. */
    int unanswered() {
        return portal.unanswered();
    }

    /** Waits until so many more events were answered than now. */
    void awaitAnswers(int more) {
        portal.awaitAnswers(more);
    }

    /** Returns the chats whose event got an answer with this status. */
    Set<String> answered(String status) {
        return portal.answers().entrySet().stream()
                .filter(answer -> answer.getValue().equals(status))
                .map(answer -> answer.getKey().toString())
                .collect(Collectors.toSet());
    }

    /** Returns the statuses that events got from this chat on. */
    Set<String> answersFrom(int first) {
        return portal.answersFrom(first);
    }

    /** Returns the chats that the handler has printed, in its order. */
    List<String> handled() {
        return List.copyOf(handled);
    }

    /** Sends no more, and returns when the last event was answered. */
    void rest() {
        portal.rest();
    }

    /** Ends it by SIGTERM, and checks that every event was answered with 200 and handled once. */
    void everyEventWasAnsweredAndHandled() throws Exception {
        rest();
        assertThat(sendNow()).as(this::state).isEqualTo("200");
        assertThat(health()).as(this::state).isEqualTo("200");
        assertThat(answersFrom(1)).as(this::state).containsExactly("200");
        Await.until(this::state, () -> handled.containsAll(answered("200")));

        terminate();

        assertThat(handled()).doesNotHaveDuplicates().containsExactlyInAnyOrderElementsOf(answered("200"));
    }

    /** Ends it by SIGTERM. Not by Process.destroy(), which also closes what is still being read of its output. */
    void terminate() throws InterruptedException {
        process.toHandle().destroy();
        assertThat(process.waitFor(120, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue())
                .as(() -> "ended by SIGTERM, and not before: " + state())
                .isEqualTo(143);
    }

    String health() {
        return exchange(monitor, false, "GET /health/ready HTTP/1.1\r\nHost: receiver\r\nConnection: close\r\n\r\n");
    }

    /** Posts a body as the platform does. Returns the status. */
    String post(String body) {
        return exchange(port, tls, request(body));
    }

    /** Posts a body from another address of this machine. Returns the status. */
    String postFrom(String from, String body) throws IOException {
        try (Socket socket = connectFrom(from)) {
            return answer(socket, request(body));
        }
    }

    private static String request(String body) {
        return "POST / HTTP/1.1\r\nHost: receiver\r\nConnection: close\r\n"
                + "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: " + body.length() + "\r\n\r\n"
                + body;
    }

    private static String exchange(int to, boolean secure, String request) {
        try (Socket plain = new Socket(InetAddress.getLoopbackAddress(), to);
                Socket socket = secure ? secured(plain) : plain) {
            return answer(socket, request);
        } catch (IOException e) {
            return e.toString();
        }
    }

    private static String answer(Socket socket, String request) throws IOException {
        socket.setSoTimeout(120_000);
        socket.getOutputStream().write(request.getBytes(ISO_8859_1));
        socket.getOutputStream().flush();
        String status = new String(socket.getInputStream().readNBytes(12), ISO_8859_1);
        return status.isEmpty() ? "closed" : status.substring("HTTP/1.1 ".length());
    }

    /** Connects from another address of this machine, without TLS. */
    Socket connectFrom(String from) throws IOException {
        return new Socket(InetAddress.getLoopbackAddress(), port, InetAddress.getByName(from), 0);
    }

    /** Speaks TLS on a connection. */
    static Socket secured(Socket plain) throws IOException {
        try {
            SSLContext any = SSLContext.getInstance("TLS");
            any.init(null, new javax.net.ssl.TrustManager[] {new MadeJustNow()}, null);
            SSLSocket socket =
                    (SSLSocket) any.getSocketFactory().createSocket(plain, "receiver", plain.getPort(), true);
            plain.setSoTimeout(120_000);
            socket.startHandshake();
            return socket;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Tells whether the process has ended and how, and what it printed last. */
    String state() {
        return (process.isAlive() ? "alive" : "exit " + process.exitValue()) + ", answers " + portal + ", handled "
                + handled.size() + ", last lines:\n" + String.join("\n", last) + '\n';
    }

    @Override
    public void close() {
        portal.close();
        process.destroyForcibly();
    }
}
