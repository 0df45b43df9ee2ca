// SPDX-License-Identifier: Apache-2.0
package dev.openlines.examples.demo;

import dev.openlines.client.RestClient;
import dev.openlines.client.Subscription;
import dev.openlines.harness.Delivery;
import dev.openlines.harness.Portal;
import dev.openlines.harness.PortalLine;
import dev.openlines.harness.PortalServer;
import dev.openlines.model.OnSessionFinish;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Starts a simulated portal and the quickstart application as a process of its own, subscribes the
 * application, closes three chats, and shows what the application's handler saw.
 */
public final class Demo {

    private static final int CHATS = 3;
    private static final long PATIENCE_SECONDS = 60;

    private Demo() {}

    /**
     * Runs the demo.
     *
     * @param args the application's jar; a folder for its inbox; whether to end after three chats
     * @throws Exception if a process or file of the demo fails
     */
    public static void main(String[] args) throws Exception {
        Path jar = Path.of(args[0]);
        Path folder = Files.createDirectories(Path.of(args[1]));
        boolean once = Boolean.parseBoolean(args[2]);
        int exit;
        try (PortalServer server = PortalServer.start();
                Application application = Application.start(jar, folder, server.portal())) {
            exit = run(server, application, once);
        }
        System.exit(exit);
    }

    private static int run(PortalServer server, Application application, boolean once) throws InterruptedException {
        Portal portal = application.portal;
        URI receiver =
                application.ready.orTimeout(PATIENCE_SECONDS, TimeUnit.SECONDS).join();
        RestClient.builder()
                .allowLoopback()
                .build()
                .portal(portal.restUri(), portal.accessToken())
                .subscriptions()
                .ensure(Subscription.online(OnSessionFinish.CODE, receiver));
        PortalLine line = portal.openLine("Support & sales");
        for (int i = 0; i < CHATS; i++) {
            for (Delivery delivery : line.openChat().close()) {
                if (!delivery.acknowledged()) {
                    System.err.println("not acknowledged: " + delivery);
                    return 1;
                }
            }
        }
        if (!application.handled.await(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
            System.err.println("the application did not handle all of " + CHATS + " closed chats");
            return 1;
        }
        if (!once) {
            System.out.println("portal at " + server.uri() + " and receiver at " + receiver + ", until Ctrl-C");
            application.process.waitFor();
        }
        return 0;
    }

    /** The quickstart application, started as a user would. */
    private static final class Application implements AutoCloseable {

        final Portal portal;
        final Process process;
        final CompletableFuture<URI> ready = new CompletableFuture<>();
        final CountDownLatch handled = new CountDownLatch(CHATS);

        private Application(Portal portal, Process process) {
            this.portal = portal;
            this.process = process;
        }

        static Application start(Path jar, Path folder, Portal portal) throws IOException {
            String java =
                    Path.of(System.getProperty("java.home"), "bin", "java").toString();
            ProcessBuilder builder = new ProcessBuilder(java, "-XX:TieredStopAtLevel=1", "-jar", jar.toString());
            builder.redirectError(ProcessBuilder.Redirect.INHERIT);
            builder.environment().put("OPENLINES_PORT", "0");
            builder.environment()
                    .put("OPENLINES_INBOX", folder.resolve("inbox.db").toString());
            builder.environment().put("OPENLINES_MEMBER_ID", portal.memberId());
            builder.environment()
                    .put(
                            "OPENLINES_APPLICATION_TOKEN",
                            portal.applicationToken().reveal());
            Application application = new Application(portal, builder.start());
            Thread reader = new Thread(application::read, "application-output");
            reader.setDaemon(true);
            reader.start();
            return application;
        }

        /** Shows what the application prints, and learns from it. */
        private void read() {
            String ready = "receiver ready at ";
            try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
                for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                    System.out.println(line);
                    if (line.startsWith(ready)) {
                        this.ready.complete(URI.create(line.substring(ready.length())));
                    } else if (line.startsWith("closed chat=")) {
                        handled.countDown();
                    }
                }
                this.ready.completeExceptionally(new IllegalStateException("the application ended"));
            } catch (IOException e) {
                this.ready.completeExceptionally(e);
            }
        }

        @Override
        public void close() {
            process.destroy();
            process.onExit()
                    .completeOnTimeout(process, PATIENCE_SECONDS, TimeUnit.SECONDS)
                    .thenAccept(Process::destroyForcibly)
                    .join();
        }
    }
}
