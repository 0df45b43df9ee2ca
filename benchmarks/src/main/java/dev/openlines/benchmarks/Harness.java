// SPDX-License-Identifier: Apache-2.0
package dev.openlines.benchmarks;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.openlines.portal.Portal;
import dev.openlines.portal.PortalServer;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The simulated portal and its sender: a new virtual portal, and {@code send} beside a bare socket loop, each in a process
 * of its own, in turn in every round. Medians of the rounds.
 */
final class Harness {

    private static final int EVENTS = 1000;
    private static final int CONCURRENCY = 64;
    private static final String BODY = "event=ONSESSIONFINISH&x=" + "y".repeat(800);

    private Harness() {}

    /** Runs the rounds; {@code raw PORT} is the bare loop, for a process of its own. */
    public static void main(String[] arguments) throws IOException, InterruptedException {
        if (arguments.length == 2 && arguments[0].equals("raw")) {
            System.out.printf(Locale.ROOT, "in %.3f s%n", rawLoop(Integer.parseInt(arguments[1])));
            return;
        }
        int rounds = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 5;
        Path jar = Path.of("..", "harness", "cli", "target", "openlines.jar")
                .toAbsolutePath()
                .normalize();
        double[] portals = new double[rounds];
        double[] sent = new double[rounds];
        double[] raw = new double[rounds];
        try (Acknowledging handler = new Acknowledging()) {
            for (int round = 0; round < rounds; round++) {
                portals[round] = newPortal();
                sent[round] = seconds(List.of(
                        java(),
                        "-jar",
                        jar.toString(),
                        "send",
                        "--to",
                        "http://127.0.0.1:" + handler.port() + "/",
                        "--member-id",
                        "m",
                        "--application-token",
                        "t",
                        "--count",
                        "" + EVENTS,
                        "--concurrency",
                        "" + CONCURRENCY));
                raw[round] = seconds(List.of(
                        java(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        Harness.class.getName(),
                        "raw",
                        "" + handler.port()));
            }
        }
        print("a new virtual portal", portals, "ms", 5);
        print(EVENTS + " events, " + CONCURRENCY + " at a time, by send", sent, "s", 2 * median(raw));
        print("the same by a bare socket loop", raw, "s", Double.NaN);
        System.out.printf(Locale.ROOT, "send takes %.2f times the bare loop%n", median(sent) / median(raw));
    }

    private static void print(String what, double[] values, String unit, double goal) {
        System.out.printf(
                Locale.ROOT,
                "%-45s %9.3f %s%s%n",
                what,
                median(values),
                unit,
                Double.isNaN(goal) ? "" : String.format(Locale.ROOT, " (goal: at most %.3f)", goal));
    }

    private static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }

    private static double newPortal() {
        try (PortalServer server = PortalServer.start()) {
            server.portal().openLine("warm").openChat();
            int count = 200;
            List<Portal> made = new ArrayList<>(count);
            long begun = System.nanoTime();
            for (int i = 0; i < count; i++) {
                made.add(server.portal());
            }
            double millis = (System.nanoTime() - begun) / 1e6 / made.size();
            made.forEach(Portal::close);
            return millis;
        }
    }

    private static String java() {
        return Path.of(System.getProperty("java.home"), "bin", "java").toString();
    }

    /** Returns the time that a process reports. */
    private static double seconds(List<String> command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String printed = new String(process.getInputStream().readAllBytes(), UTF_8);
        Matcher time = Pattern.compile("in ([0-9.]+) s").matcher(printed);
        if (process.waitFor() != 0 || !time.find()) {
            throw new IllegalStateException("unexpected: " + printed);
        }
        return Double.parseDouble(time.group(1));
    }

    private static double rawLoop(int port) throws InterruptedException {
        byte[] request = ("POST / HTTP/1.1\r\nHost: 127.0.0.1:" + port
                        + "\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: " + BODY.length()
                        + "\r\nConnection: close\r\n\r\n" + BODY)
                .getBytes(ISO_8859_1);
        AtomicInteger next = new AtomicInteger();
        long begun = System.nanoTime();
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < CONCURRENCY; i++) {
            Thread thread = new Thread(() -> {
                byte[] answer = new byte[512];
                while (next.getAndIncrement() < EVENTS) {
                    try (Socket socket = new Socket()) {
                        socket.setTcpNoDelay(true);
                        socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
                        socket.getOutputStream().write(request);
                        InputStream in = socket.getInputStream();
                        while (in.read(answer) >= 0) {
                            // To the end of the connection.
                        }
                    } catch (IOException e) {
                        throw new IllegalStateException(e);
                    }
                }
            });
            threads.add(thread);
            thread.start();
        }
        for (Thread thread : threads) {
            thread.join();
        }
        return (System.nanoTime() - begun) / 1e9;
    }

    /** Reads a request by its length and says 200. */
    private static final class Acknowledging implements AutoCloseable {

        private static final byte[] OK =
                "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".getBytes(ISO_8859_1);

        private final ServerSocket listener = new ServerSocket(0, 1024, InetAddress.getLoopbackAddress());
        private final ExecutorService threads = Executors.newFixedThreadPool(CONCURRENCY + 1);

        Acknowledging() throws IOException {
            threads.execute(() -> {
                while (!listener.isClosed()) {
                    try {
                        Socket socket = listener.accept();
                        threads.execute(() -> answer(socket));
                    } catch (IOException e) {
                        // Closed, or the next one.
                    }
                }
            });
        }

        int port() {
            return listener.getLocalPort();
        }

        private static void answer(Socket socket) {
            try (socket) {
                InputStream in = socket.getInputStream();
                byte[] buffer = new byte[8192];
                int size = 0;
                int end = -1;
                int length = 0;
                while (end < 0 || size < end + length) {
                    int read = in.read(buffer, size, buffer.length - size);
                    if (read < 0) {
                        return;
                    }
                    size += read;
                    String text = new String(buffer, 0, size, ISO_8859_1);
                    if (end < 0 && text.contains("\r\n\r\n")) {
                        end = text.indexOf("\r\n\r\n") + 4;
                        Matcher found =
                                Pattern.compile("(?i)content-length: (\\d+)").matcher(text);
                        length = found.find() ? Integer.parseInt(found.group(1)) : 0;
                    }
                }
                socket.getOutputStream().write(OK);
            } catch (IOException e) {
                // The sender counts what it did not get.
            }
        }

        @Override
        public void close() throws IOException {
            listener.close();
            threads.shutdownNow();
        }
    }
}
