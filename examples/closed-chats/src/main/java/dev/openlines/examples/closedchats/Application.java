// SPDX-License-Identifier: Apache-2.0
package dev.openlines.examples.closedchats;

import dev.openlines.client.RestClient;
import dev.openlines.client.Subscription;
import dev.openlines.model.OnAppInstall;
import dev.openlines.model.OnAppUninstall;
import dev.openlines.model.OnSessionFinish;
import dev.openlines.receiver.EventContext;
import dev.openlines.receiver.Handlers;
import dev.openlines.server.ConfigurationException;
import dev.openlines.server.PortalSessions;
import dev.openlines.server.ReceiverServer;
import dev.openlines.server.ReceiverServerBuilder;
import dev.openlines.server.Settings;
import java.io.IOException;
import java.net.URI;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import org.eclipse.jetty.io.ByteBufferPool;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import org.jspecify.annotations.Nullable;

/** The whole application: archive, receiver and page. */
final class Application implements AutoCloseable {

    /** The names of the application's own settings. */
    static final String[] OWN = {
        "OPENLINES_PUBLIC_URL",
        "OPENLINES_PAGE_HOST",
        "OPENLINES_PAGE_PORT",
        "OPENLINES_PAGE_URL",
        "OPENLINES_PAGE_PASSWORD",
        "OPENLINES_PAGE_USER_HEADER",
        "OPENLINES_CRM_NOTES"
    };

    /** The most connections that the kernel holds until they are accepted. */
    private static final int ACCEPT_QUEUE = 1024;

    private final Deque<AutoCloseable> parts = new ArrayDeque<>();
    private final CompletableFuture<URI> endpoint = new CompletableFuture<>();
    private final @Nullable URI publicUrl;
    private final RestClient client;
    private final boolean simulated;
    private final ReceiverServer receiver;
    private final URI page;

    private Application(Settings config) {
        try {
            Map<String, String> settings = config.values();
            InstantSource clock = InstantSource.system();
            publicUrl = publicUrl(settings.getOrDefault("OPENLINES_PUBLIC_URL", ""));
            SignIn door = SignIn.of(config, clock);
            boolean notes = crmNotes(settings);
            // A portal on this machine reaches this receiver without a public address.
            simulated = settings.getOrDefault("OPENLINES_OAUTH_HOSTS", "").startsWith("127.0.0.1:");
            client = config.client()
                    .orElseThrow(() -> new ConfigurationException(
                            "OPENLINES_CLIENT_ID: expected the application's client_id but found none", null));
            Archive archive = opened(Archive.open(config.inbox()));
            Live live = new Live();
            Archiver archiver = new Archiver(client, archive, notes, live::changed);
            Handlers handlers = Handlers.on(OnSessionFinish.class, archiver::closed)
                    .on(OnAppInstall.class, (event, context) -> subscribe(context))
                    .ignoringOthers();
            Comparisons comparisons = new Comparisons(clock);
            ReceiverServerBuilder builder =
                    ReceiverServer.builder(handlers).settings(config).telemetry(comparisons);
            if (publicUrl != null) {
                builder.sessions(new PortalSessions(client).subscribing(publicUrl));
            }
            receiver = opened(builder.start());
            endpoint.complete(receiver.url());
            page = listen(settings, new Board(archive, receiver.deadLetters(), door, live, comparisons, clock));
            opened(live);
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    /**
     * Starts it.
     *
     * @param environment names and values, such as {@code System.getenv()}
     * @throws ConfigurationException if it cannot start with these settings; nothing is left open
     */
    static Application start(Map<String, String> environment) {
        return new Application(Settings.of(environment, OWN));
    }

    private static boolean crmNotes(Map<String, String> settings) {
        String notes = settings.getOrDefault("OPENLINES_CRM_NOTES", "off");
        return switch (notes) {
            case "on" -> true;
            case "off", "" -> false;
            default -> throw ConfigurationException.wrong("OPENLINES_CRM_NOTES", "on or off", notes);
        };
    }

    private static @Nullable URI publicUrl(String text) {
        if (text.isBlank()) {
            return null;
        }
        try {
            if (text.matches("https?://[^/\\s]+/\\S*")) {
                return URI.create(text);
            }
        } catch (IllegalArgumentException e) {
            // The value is refused below.
        }
        throw ConfigurationException.wrong(
                "OPENLINES_PUBLIC_URL", "an address such as https://chats.example.com/", text);
    }

    /** Asks a portal that has installed the application to send closed chats here. */
    private void subscribe(EventContext context) {
        URI address;
        if (publicUrl != null) {
            address = publicUrl;
        } else if (simulated) {
            address = endpoint.join();
        } else {
            System.err.println("OPENLINES_PUBLIC_URL: not set, so portal " + context.memberId()
                    + " is not asked to send closed chats");
            return;
        }
        client.portal(context.memberId())
                .subscriptions()
                .ensure(List.of(
                        Subscription.online(OnSessionFinish.CODE, address),
                        Subscription.online(OnAppUninstall.CODE, address)));
        System.out.println("subscribed portal=" + context.memberId());
    }

    private URI listen(Map<String, String> settings, Board board) {
        String host = settings.getOrDefault("OPENLINES_PAGE_HOST", "127.0.0.1");
        String port = settings.getOrDefault("OPENLINES_PAGE_PORT", "8081");
        if (!port.matches("\\d{1,5}") || Integer.parseInt(port) > 65535) {
            throw ConfigurationException.wrong("OPENLINES_PAGE_PORT", "a number from 0 to 65535", port);
        }
        // Jetty's own queue would start the JVM's management only to find out the size of a cache line.
        QueuedThreadPool threads = new QueuedThreadPool(64, 4, new LinkedBlockingQueue<>());
        threads.setName("page");
        // Jetty 12.1.14 may lend a pooled buffer to two connections at once after a malformed head (ADR 0061).
        Server server = new Server(threads, null, ByteBufferPool.NON_POOLING);
        HttpConfiguration http = new HttpConfiguration();
        http.setSendServerVersion(false);
        ServerConnector connector = new ServerConnector(server, 1, 1, new HttpConnectionFactory(http));
        connector.setHost(host);
        connector.setPort(Integer.parseInt(port));
        connector.setAcceptQueueSize(ACCEPT_QUEUE);
        server.addConnector(connector);
        server.setHandler(board);
        // The log has the fault; the page does not show it.
        server.setErrorHandler((request, response, callback) -> {
            response.write(true, null, callback);
            return true;
        });
        parts.push(server::stop);
        try {
            server.start();
        } catch (IOException e) {
            throw new ConfigurationException(
                    "OPENLINES_PAGE_PORT: cannot listen on port " + port + " of " + host
                            + ": end the program that listens there, or set another port",
                    e);
        } catch (Exception e) {
            throw new IllegalStateException("Jetty did not start", e);
        }
        return URI.create("http://" + host + ":" + connector.getLocalPort() + "/");
    }

    private <T extends AutoCloseable> T opened(T part) {
        parts.push(part);
        return part;
    }

    /** Returns the address that portals send events to. */
    URI endpoint() {
        return receiver.url();
    }

    /** Returns the address of the page. */
    URI page() {
        return page;
    }

    /** Waits until the process is asked to end, and then closes everything. */
    void join() throws InterruptedException {
        Runtime.getRuntime().addShutdownHook(new Thread(this::close, "closed-chats-stop"));
        receiver.join();
    }

    @Override
    public synchronized void close() {
        while (!parts.isEmpty()) {
            try {
                parts.pop().close();
            } catch (Exception e) {
                System.err.println("a part did not close: " + e);
            }
        }
    }
}
