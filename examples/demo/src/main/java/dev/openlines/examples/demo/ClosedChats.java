// SPDX-License-Identifier: Apache-2.0
package dev.openlines.examples.demo;

import dev.openlines.portal.Portal;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.CookieManager;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** The closed-chats application, configured and started in the way of an operator. */
final class ClosedChats implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final Process process;
    private final String password;
    private final Path log;
    private final CompletableFuture<URI> endpoint = new CompletableFuture<>();
    private final CompletableFuture<URI> page = new CompletableFuture<>();
    private final CountDownLatch subscribed = new CountDownLatch(1);

    private ClosedChats(Process process, String password, Path log) {
        this.process = process;
        this.password = password;
        this.log = log;
    }

    static ClosedChats start(Path jar, Path folder, Portal portal) throws IOException, InterruptedException {
        byte[] random = new byte[6];
        new SecureRandom().nextBytes(random);
        String password = "demo-" + HexFormat.of().formatHex(random);
        Path key = folder.resolve("token.key");
        command(jar, "", "inbox", "new-key", key.toString());
        String hash = command(jar, password + "\n", "hash-password");
        Path log = folder.resolve("application.log");
        ProcessBuilder builder = java(jar);
        builder.redirectError(log.toFile());
        builder.environment()
                .putAll(Map.of(
                        "OPENLINES_PORT", "0",
                        "OPENLINES_PAGE_PORT", "0",
                        "OPENLINES_PAGE_URL", "http://127.0.0.1/",
                        "OPENLINES_PAGE_PASSWORD", hash,
                        "OPENLINES_INBOX", folder.resolve("closed-chats.db").toString(),
                        "OPENLINES_TOKENS", folder.resolve("tokens.db").toString(),
                        "OPENLINES_TOKEN_KEY", key.toString(),
                        "OPENLINES_CLIENT_ID", portal.clientId(),
                        "OPENLINES_CLIENT_SECRET", portal.clientSecret().reveal(),
                        "OPENLINES_OAUTH_HOSTS", portal.restUri().getAuthority()));
        builder.environment().put("OPENLINES_HOST", "127.0.0.1");
        ClosedChats application = new ClosedChats(builder.start(), password, log);
        Thread reader = new Thread(application::read, "application-output");
        reader.setDaemon(true);
        reader.start();
        return application;
    }

    private static ProcessBuilder java(Path jar, String... arguments) {
        ProcessBuilder builder = new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+ExitOnOutOfMemoryError",
                "-jar",
                jar.toString());
        builder.command().addAll(java.util.List.of(arguments));
        return builder;
    }

    private static String command(Path jar, String input, String... arguments)
            throws IOException, InterruptedException {
        Process tool = java(jar, arguments)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try (var out = tool.getOutputStream()) {
            out.write(input.getBytes(StandardCharsets.UTF_8));
        }
        String said = new String(tool.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        if (tool.waitFor() != 0) {
            throw new IOException(arguments[0] + " ended with " + tool.exitValue());
        }
        return said;
    }

    /** Reads addresses from the application's output. */
    private void read() {
        try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (line.startsWith("receiver ready at ")) {
                    endpoint.complete(URI.create(line.substring("receiver ready at ".length())));
                } else if (line.startsWith("page ready at ")) {
                    page.complete(URI.create(line.substring("page ready at ".length())));
                } else if (line.startsWith("subscribed ")) {
                    subscribed.countDown();
                }
            }
        } catch (IOException e) {
            endpoint.completeExceptionally(e);
        }
        endpoint.completeExceptionally(new IllegalStateException("the application ended"));
        page.completeExceptionally(new IllegalStateException("the application ended"));
    }

    /** Waits for the address of the receiver. */
    URI endpoint() {
        return endpoint.orTimeout(PATIENCE.toSeconds(), TimeUnit.SECONDS).join();
    }

    /** Waits for the address of the board. */
    URI page() {
        return page.orTimeout(PATIENCE.toSeconds(), TimeUnit.SECONDS).join();
    }

    String password() {
        return password;
    }

    boolean awaitSubscribed() throws InterruptedException {
        return subscribed.await(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    }

    /** Waits, and returns whether the application has ended meanwhile. */
    boolean ends(Duration time) throws InterruptedException {
        return process.waitFor(time.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** Returns whether a signal ended the application, such as Ctrl-C, which all processes of the demo get. */
    boolean wasInterrupted() {
        return process.exitValue() == 128 + 2 || process.exitValue() == 128 + 15;
    }

    /** Returns the file that the application writes its log to. */
    Path log() {
        return log;
    }

    /** Signs in, waits until the board has this number of rows, and returns its number of rows. */
    long awaitRows(int wanted) throws IOException, InterruptedException {
        HttpClient browser =
                HttpClient.newBuilder().cookieHandler(new CookieManager()).build();
        browser.send(
                HttpRequest.newBuilder(page().resolve("/sign-in"))
                        .header("Content-Type", "application/x-www-form-urlencoded")
                        .POST(HttpRequest.BodyPublishers.ofString("password=" + password))
                        .build(),
                HttpResponse.BodyHandlers.discarding());
        long rows = 0;
        for (long end = System.nanoTime() + PATIENCE.toNanos(); rows < wanted && System.nanoTime() < end; ) {
            HttpResponse<String> board =
                    browser.send(HttpRequest.newBuilder(page()).build(), HttpResponse.BodyHandlers.ofString());
            rows = board.body().split("<tr data-chat=", -1).length - 1L;
        }
        return rows;
    }

    @Override
    public void close() {
        process.destroy();
        process.onExit()
                .completeOnTimeout(process, PATIENCE.toSeconds(), TimeUnit.SECONDS)
                .thenAccept(Process::destroyForcibly)
                .join();
    }
}
