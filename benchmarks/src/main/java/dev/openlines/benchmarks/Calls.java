// SPDX-License-Identifier: Apache-2.0
package dev.openlines.benchmarks;

import dev.openlines.client.PortalClient;
import dev.openlines.client.RestClient;
import dev.openlines.model.Secret;
import java.io.BufferedReader;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.Callback;

/**
 * Calls per second through one client beside the JDK's HTTP client alone, both against a Jetty in a process
 * of its own that answers at once. Both post the same parameters; ours also keeps the portal's rate (set out
 * of reach), looks at the address, reads the reply and classifies it.
 */
public final class Calls {

    private static final int IN_FLIGHT = 32;
    private static final int THREADS = 8;
    private static final String TOKEN = "0123456789".repeat(7);
    private static final byte[] ANSWER =
            ("{\"result\":{\"ID\":\"1\",\"ADMIN\":true,\"NAME\":\"Ann\",\"LAST_NAME\":\"Example\","
                            + "\"PERSONAL_GENDER\":\"F\",\"TIME_ZONE\":\"Europe\\/Riga\"},\"time\":{\"start\":1795348800.1,"
                            + "\"finish\":1795348800.2,\"duration\":0.1,\"processing\":0.01,\"date_start\":"
                            + "\"2026-11-22T19:00:00+02:00\",\"date_finish\":\"2026-11-22T19:00:00+02:00\",\"operating\":0}}")
                    .getBytes(StandardCharsets.UTF_8);

    private Calls() {}

    /**
     * Runs both in turn for several rounds and prints medians and their ratio.
     *
     * @param args rounds, then milliseconds a measurement; 5 and 2000 if not given
     * @throws Exception if the server does not start or a call fails
     */
    public static void main(String[] args) throws Exception {
        if (args.length > 0 && args[0].equals("serve")) {
            serve();
            return;
        }
        int rounds = args.length > 0 ? Integer.parseInt(args[0]) : 5;
        int millis = args.length > 1 ? Integer.parseInt(args[1]) : 2000;
        Process server = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        Calls.class.getName(),
                        "serve")
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try (BufferedReader said = server.inputReader(StandardCharsets.UTF_8)) {
            measure(URI.create(said.readLine()), rounds, millis);
        } finally {
            server.destroyForcibly();
        }
    }

    private static void serve() throws Exception {
        Server server = new Server(0);
        server.setHandler(new Handler.Abstract.NonBlocking() {
            @Override
            public boolean handle(Request request, Response response, Callback callback) {
                response.getHeaders().put(HttpHeader.CONTENT_TYPE, "application/json; charset=utf-8");
                Callback answer =
                        Callback.from(() -> response.write(true, ByteBuffer.wrap(ANSWER), callback), callback::failed);
                // Jetty closes a connection whose request was not read.
                Content.Source.consumeAll(request, answer);
                return true;
            }
        });
        server.start();
        System.out.println(
                "http://127.0.0.1:" + ((ServerConnector) server.getConnectors()[0]).getLocalPort() + "/rest/");
        server.join();
    }

    private static void measure(URI rest, int rounds, int millis) throws InterruptedException {
        PortalClient ours = RestClient.builder()
                .allowLoopback()
                .rate(1e9, Integer.MAX_VALUE)
                .build()
                .portal(rest, Secret.of(TOKEN));
        HttpClient raw =
                HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(10)).build();
        HttpRequest request = HttpRequest.newBuilder(rest.resolve("profile"))
                .version(HttpClient.Version.HTTP_1_1)
                .timeout(Duration.ofSeconds(65))
                .header("Content-Type", "application/json")
                .header("Accept", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString("{\"auth\":\"" + TOKEN + "\"}"))
                .build();
        Map<String, Supplier<CompletableFuture<?>>> peers = new LinkedHashMap<>();
        peers.put("java.net.http", () -> raw.sendAsync(request, HttpResponse.BodyHandlers.ofByteArray()));
        peers.put("openlines-client", () -> ours.callAsync("profile", Map.of()));
        Map<String, Runnable> waiting = new LinkedHashMap<>();
        waiting.put("java.net.http", () -> {
            try {
                raw.send(request, HttpResponse.BodyHandlers.ofByteArray());
            } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        waiting.put("openlines-client", () -> ours.call("profile", Map.of()));
        Map<String, List<Measured>> results = new LinkedHashMap<>();
        // The first round of each warms up and is not counted.
        for (int round = 0; round <= rounds; round++) {
            for (var peer : peers.entrySet()) {
                note(results, round, IN_FLIGHT + " in flight, " + peer.getKey(), inFlight(peer.getValue(), millis));
            }
            for (var peer : waiting.entrySet()) {
                note(results, round, THREADS + " threads, " + peer.getKey(), threads(peer.getValue(), millis));
            }
        }
        results.forEach((name, all) -> System.out.printf(
                Locale.ROOT,
                "%-32s %8.0f calls/s %8.1f us of CPU%n",
                name,
                median(all, Measured::perSecond),
                median(all, Measured::cpuMicros)));
        for (String how : List.of(IN_FLIGHT + " in flight", THREADS + " threads")) {
            List<Measured> mine = results.get(how + ", openlines-client");
            List<Measured> theirs = results.get(how + ", java.net.http");
            System.out.printf(
                    Locale.ROOT,
                    "%-32s %8.2f calls   %8.2f CPU%n",
                    how + ", ratio",
                    median(mine, Measured::perSecond) / median(theirs, Measured::perSecond),
                    median(mine, Measured::cpuMicros) / median(theirs, Measured::cpuMicros));
        }
    }

    /** The result of one measurement: calls each second, and the time of the client's process for a call. */
    private record Measured(double perSecond, double cpuMicros) {}

    private static void note(Map<String, List<Measured>> results, int round, String name, Measured measured) {
        List<Measured> all = results.computeIfAbsent(name, key -> new ArrayList<>());
        if (round > 0) {
            all.add(measured);
        }
    }

    private static Measured inFlight(Supplier<CompletableFuture<?>> call, int millis) throws InterruptedException {
        Semaphore room = new Semaphore(IN_FLIGHT);
        LongAdder done = new LongAdder();
        LongAdder failed = new LongAdder();
        long cpu = cpu();
        long begun = System.nanoTime();
        long end = begun + TimeUnit.MILLISECONDS.toNanos(millis);
        while (System.nanoTime() < end) {
            room.acquire();
            var unused = call.get().whenComplete((reply, failure) -> {
                (failure == null ? done : failed).increment();
                room.release();
            });
        }
        room.acquire(IN_FLIGHT);
        return measured(done, failed, begun, cpu);
    }

    private static Measured threads(Runnable call, int millis) throws InterruptedException {
        LongAdder done = new LongAdder();
        LongAdder failed = new LongAdder();
        long cpu = cpu();
        long begun = System.nanoTime();
        long end = begun + TimeUnit.MILLISECONDS.toNanos(millis);
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < THREADS; i++) {
            Thread thread = new Thread(() -> {
                while (System.nanoTime() < end) {
                    try {
                        call.run();
                        done.increment();
                    } catch (RuntimeException e) {
                        failed.increment();
                    }
                }
            });
            threads.add(thread);
            thread.start();
        }
        for (Thread thread : threads) {
            thread.join();
        }
        return measured(done, failed, begun, cpu);
    }

    private static Measured measured(LongAdder done, LongAdder failed, long begun, long cpu) {
        if (failed.sum() > 0) {
            throw new IllegalStateException(failed.sum() + " calls failed");
        }
        return new Measured(
                done.sum() * 1e9 / (System.nanoTime() - begun), (cpu() - cpu) / 1e3 / Math.max(1, done.sum()));
    }

    private static long cpu() {
        return ((com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
                .getProcessCpuTime();
    }

    private static double median(List<Measured> all, ToDoubleFunction<Measured> value) {
        double[] sorted = all.stream().mapToDouble(value).sorted().toArray();
        return sorted[sorted.length / 2];
    }
}
