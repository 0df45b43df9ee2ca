// SPDX-License-Identifier: Apache-2.0
package dev.openlines.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.testkit.Bodies;
import dev.openlines.testkit.RawHttp;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.ToDoubleFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/**
 * Half of what a receiver can take, for {@code -Dsoak.minutes=30}: heap, handles and latency must not grow.
 * {@link SoakApp} is a process of its own.
 */
@EnabledIfSystemProperty(named = "soak.minutes", matches = "[1-9]\\d*", disabledReason = "takes long: -Psoak")
@Timeout(value = 3, unit = TimeUnit.HOURS)
class SoakTest {

    private static final int SENDERS = 16;
    private static final long WARM_UP_SECONDS = Long.getLong("soak.warmup", 20);

    @TempDir
    Path directory;

    private final AtomicLong nextChat = new AtomicLong(1);
    private final ConcurrentLinkedQueue<Long> latencies = new ConcurrentLinkedQueue<>();

    /** The measurements of a part of the time. */
    private record Sample(double heapMegabytes, double handles, double p50Millis, double p99Millis, double rate) {}

    @Test
    void halfOfTheHighestRateIsTakenForLongWithoutGrowth() throws Exception {
        Process process = start();
        List<Sample> samples = new ArrayList<>();
        ExecutorService senders = Executors.newFixedThreadPool(SENDERS);
        try {
            BufferedReader out = process.inputReader(StandardCharsets.UTF_8);
            URI url = URI.create(out.readLine());
            send(senders, url, 0, WARM_UP_SECONDS);
            sample(process, out, WARM_UP_SECONDS);
            send(senders, url, 0, WARM_UP_SECONDS);
            double highest = sample(process, out, WARM_UP_SECONDS).rate();
            long parts = Math.max(6, Integer.getInteger("soak.minutes"));
            long seconds = Integer.getInteger("soak.minutes") * 60L / parts;
            for (int i = 0; i < parts; i++) {
                send(senders, url, highest / 2, seconds);
                samples.add(sample(process, out, seconds));
                System.out.println("soak " + (i + 1) + " of " + parts + ", highest rate " + Math.round(highest) + ": "
                        + samples.get(i));
            }
        } finally {
            senders.shutdownNow();
            process.destroy();
            process.waitFor(2, TimeUnit.MINUTES);
        }
        int third = samples.size() / 3;
        List<Sample> first = samples.subList(0, third);
        List<Sample> last = samples.subList(samples.size() - third, samples.size());
        assertThat(median(last, Sample::heapMegabytes))
                .as("heap: %s", samples)
                .isLessThan(median(first, Sample::heapMegabytes) * 1.3 + 8);
        assertThat(median(last, Sample::handles))
                .as("handles: %s", samples)
                .isLessThan(median(first, Sample::handles) + 10);
        assertThat(median(last, Sample::p50Millis))
                .as("latency: %s", samples)
                .isLessThan(median(first, Sample::p50Millis) * 2 + 3);
        assertThat(median(last, Sample::p99Millis))
                .as("latency: %s", samples)
                .isLessThan(median(first, Sample::p99Millis) * 2 + 10);
    }

    private Process start() throws IOException {
        ProcessBuilder builder = new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-cp",
                System.getProperty("java.class.path"),
                SoakApp.class.getName(),
                directory.resolve("inbox.db").toString());
        builder.redirectError(directory.resolve("errors.log").toFile());
        return builder.start();
    }

    private Sample sample(Process process, BufferedReader out, long seconds) throws IOException {
        long[] sorted = latencies.stream().mapToLong(Long::longValue).sorted().toArray();
        latencies.clear();
        OutputStream in = process.getOutputStream();
        in.write('\n');
        in.flush();
        String[] seen = out.readLine().split(" ");
        return new Sample(
                Double.parseDouble(seen[0]),
                Double.parseDouble(seen[1]),
                sorted[sorted.length / 2] / 1e6,
                sorted[(int) (sorted.length * 0.99)] / 1e6,
                (double) sorted.length / seconds);
    }

    /** Sends on kept connections, at a rate, or as fast as answers come if the rate is 0. */
    private void send(ExecutorService senders, URI url, double rate, long seconds) throws Exception {
        List<Future<?>> running = new ArrayList<>();
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
        for (int i = 0; i < SENDERS; i++) {
            long first = System.nanoTime() + (rate > 0 ? (long) (1e9 / rate * i) : 0);
            running.add(senders.submit(() -> send(url, first, rate > 0 ? (long) (SENDERS * 1e9 / rate) : 0, until)));
        }
        for (Future<?> one : running) {
            one.get(seconds + 120, TimeUnit.SECONDS);
        }
    }

    private void send(URI url, long first, long gap, long until) {
        RawHttp http = new RawHttp(url);
        try (Socket socket = http.connect()) {
            socket.setTcpNoDelay(true);
            socket.setSoTimeout(60_000);
            for (long due = first; due < until; due = gap > 0 ? due + gap : System.nanoTime()) {
                while (System.nanoTime() < due) {
                    LockSupport.parkNanos(due - System.nanoTime());
                }
                String request = http.request("POST /in", Bodies.finish(nextChat.getAndIncrement()))
                        .replace("Connection: close\r\n", "");
                // From when it was due: a late answer to one is late for those behind it.
                long begun = gap > 0 ? due : System.nanoTime();
                socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
                String answer = RawHttp.head(socket);
                latencies.add(System.nanoTime() - begun);
                assertThat(answer).startsWith("HTTP/1.1 200 ");
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static double median(List<Sample> samples, ToDoubleFunction<Sample> what) {
        double[] sorted = samples.stream().mapToDouble(what).toArray();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }
}
