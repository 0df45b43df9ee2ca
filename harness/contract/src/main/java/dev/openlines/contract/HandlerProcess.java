// SPDX-License-Identifier: Apache-2.0
package dev.openlines.contract;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The handler as a child process. It is started by a shell command, killed with all of its own children, and started
 * again. Its output goes through a pipe, which a limit on the handler's files does not affect, and is kept in a file.
 */
final class HandlerProcess implements AutoCloseable {

    private static final int LAST_LINES = 20;

    private final String command;
    private final @Nullable String ready;
    private final String stopSignal;
    private final Duration patience;
    private final Wire wire;
    private final Predicate<Wire> reachable;
    private final Path output;
    private final HttpClient client = HttpClient.newHttpClient();
    private @Nullable Process process;
    private @Nullable Process watcher;
    private @Nullable Thread pump;
    private long readFrom;
    private volatile boolean closed;
    private @Nullable String trouble;

    /**
     * A script that kills a given process and its children when its own input ends. That happens when this JVM ends, in
     * whatever way.
     */
    private static final String WATCH = "trap '' INT TERM HUP; read -r line; [ \"$line\" = done ] && exit;"
            + " kill_all() { for one in $(pgrep -P \"$1\"); do kill_all \"$one\"; done; kill -9 \"$1\"; };"
            + " kill_all \"$0\" 2>/dev/null";

    /**
     * Creates a process from the command with its placeholders filled in. If {@code ready} is null, it is ready when
     * it can be reached.
     */
    HandlerProcess(
            String command,
            @Nullable String ready,
            String stopSignal,
            Duration patience,
            Wire wire,
            Predicate<Wire> reachable) {
        this.command = command;
        this.ready = ready;
        this.stopSignal = stopSignal;
        this.patience = patience;
        this.wire = wire;
        this.reachable = reachable;
        try {
            output = Files.createTempFile("openlines-handler", ".log");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Starts the handler and waits until it is ready. Returns false if it does not become ready; {@link #trouble} has
     * the reason. Does nothing if it runs, because another thread has started it.
     */
    synchronized boolean start() throws InterruptedException {
        if (alive()) {
            return true;
        }
        try {
            awaitOutput();
            readFrom = Files.size(output);
            Process started = new ProcessBuilder("sh", "-c", command)
                    .redirectErrorStream(true)
                    .redirectInput(
                            ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                    .start();
            process = started;
            Thread reader = new Thread(() -> keep(started.getInputStream()), "contract-handler-output");
            reader.setDaemon(true);
            reader.start();
            pump = reader;
            watch(started.pid());
        } catch (IOException e) {
            throw new UncheckedIOException("the handler's command cannot be started", e);
        }
        long end = System.nanoTime() + patience.toNanos();
        while (System.nanoTime() < end && !closed) {
            if (!alive()) {
                trouble = ended();
                return false;
            }
            if (isReady()) {
                return true;
            }
            Thread.sleep(20);
        }
        trouble = "it was not ready within " + patience.toSeconds() + " s" + printed();
        return false;
    }

    /** Returns why the last start failed, or how the process ended, with its last output. */
    synchronized String trouble() {
        return String.valueOf(trouble);
    }

    /** Returns how the process ended and its last output, for a handler that is not alive. */
    synchronized String ended() throws InterruptedException {
        Process running = process;
        awaitOutput();
        return running == null || running.isAlive()
                ? "its process runs" + printed()
                : "its process ended with exit code " + running.exitValue() + printed();
    }

    private String printed() {
        String text = output().substring((int) readFrom).strip();
        List<String> lines = text.lines().toList();
        List<String> last = lines.subList(Math.max(0, lines.size() - LAST_LINES), lines.size());
        return text.isEmpty() ? ", and it printed nothing" : "; it printed last:\n" + String.join("\n", last);
    }

    private void keep(InputStream printed) {
        try (printed;
                OutputStream file = Files.newOutputStream(output, StandardOpenOption.APPEND)) {
            printed.transferTo(file);
        } catch (IOException e) {
            // A killed process breaks its pipe. The output so far is kept.
        }
    }

    /** Waits for what the last process printed; its children may hold the pipe open longer. */
    private void awaitOutput() throws InterruptedException {
        Thread reader = pump;
        if (reader != null && !alive()) {
            reader.join(2_000);
        }
    }

    private void watch(long pid) throws IOException {
        unwatch();
        watcher = new ProcessBuilder("sh", "-c", WATCH, Long.toString(pid))
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
    }

    private void unwatch() {
        Process old = watcher;
        if (old != null) {
            try (OutputStream in = old.getOutputStream()) {
                in.write("done\n".getBytes(StandardCharsets.US_ASCII));
            } catch (IOException e) {
                // The process has ended already.
            }
            watcher = null;
        }
    }

    private boolean isReady() throws InterruptedException {
        if (ready == null) {
            return reachable.test(wire);
        }
        if (ready.startsWith("http://") || ready.startsWith("https://")) {
            try {
                HttpRequest request = HttpRequest.newBuilder(URI.create(ready))
                        .timeout(Duration.ofSeconds(2))
                        .build();
                return client.send(request, HttpResponse.BodyHandlers.discarding())
                                .statusCode()
                        < 500;
            } catch (IOException e) {
                return false;
            }
        }
        return Pattern.compile(ready)
                .matcher(output().substring((int) readFrom))
                .find();
    }

    /** Returns the wire to the address that the process listens on. */
    Wire wire() {
        return wire;
    }

    /** Returns the shell command that starts the handler, with its places filled in. */
    String command() {
        return command;
    }

    synchronized boolean alive() {
        Process running = process;
        return running != null && running.isAlive();
    }

    /** Waits for the end of the process. Returns whether it has ended. */
    boolean endsWithin(Duration atMost) throws InterruptedException {
        Process running;
        synchronized (this) {
            running = process;
        }
        return running == null || running.waitFor(atMost.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** Returns the number of the running process, or empty if there is none. */
    synchronized String pid() {
        Process running = process;
        return running == null ? "" : Long.toString(running.pid());
    }

    /** Sends SIGKILL to the process and everything it started. */
    synchronized void kill() throws InterruptedException {
        Process running = process;
        if (running == null) {
            return;
        }
        List<ProcessHandle> children = running.descendants().toList();
        // The process itself is not destroyed through Java, because that would close the pipe and lose its last output.
        running.toHandle().destroyForcibly();
        children.forEach(ProcessHandle::destroyForcibly);
        running.waitFor(10, TimeUnit.SECONDS);
        for (ProcessHandle child : children) {
            child.onExit()
                    .orTimeout(10, TimeUnit.SECONDS)
                    .exceptionally(e -> child)
                    .join();
        }
        unwatch();
    }

    /** Sends the polite signal. Returns how long the process took to end, or empty if it did not end in time. */
    synchronized java.util.Optional<Duration> stop(Duration atMost) throws InterruptedException {
        Process running = process;
        if (running == null) {
            return java.util.Optional.of(Duration.ZERO);
        }
        long begun = System.nanoTime();
        Stream.concat(Stream.of(running.toHandle()), running.descendants())
                .toList()
                .forEach(this::signal);
        boolean ended = running.waitFor(atMost.toMillis(), TimeUnit.MILLISECONDS);
        Duration took = Duration.ofNanos(System.nanoTime() - begun);
        kill();
        return ended ? java.util.Optional.of(took) : java.util.Optional.empty();
    }

    private void signal(ProcessHandle to) {
        try {
            new ProcessBuilder("kill", "-" + stopSignal, Long.toString(to.pid()))
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start()
                    .waitFor();
        } catch (IOException e) {
            throw new UncheckedIOException("the signal cannot be sent", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Returns all output so far, of every start. */
    String output() {
        try {
            if (closed && !Files.exists(output)) {
                return "";
            }
            return new String(Files.readAllBytes(output), StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Returns the length of all output so far, in bytes. */
    long printedBytes() {
        try {
            return Files.exists(output) ? Files.size(output) : 0;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Returns the memory of the process and its children in bytes, or -1 if this system does not tell it. */
    long memory() {
        Process running = process;
        if (running == null) {
            return -1;
        }
        return Stream.concat(Stream.of(running.toHandle()), running.descendants())
                .mapToLong(handle -> resident(handle.pid()))
                .reduce((a, b) -> a < 0 || b < 0 ? Math.max(a, b) : a + b)
                .orElse(-1);
    }

    private static long resident(long pid) {
        try (Stream<String> lines = Files.lines(Path.of("/proc/" + pid + "/status"))) {
            return lines.filter(line -> line.startsWith("VmRSS:"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")) * 1024)
                    .findFirst()
                    .orElse(-1);
        } catch (IOException | UncheckedIOException e) {
            return -1;
        }
    }

    @Override
    public void close() {
        closed = true;
        try {
            kill();
            Files.deleteIfExists(output);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
