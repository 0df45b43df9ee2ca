// SPDX-License-Identifier: Apache-2.0
package dev.openlines.server;

import dev.openlines.receiver.HttpLimits;
import dev.openlines.receiver.spi.Gate;
import dev.openlines.receiver.spi.LastResort;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.URI;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.nio.file.attribute.FileTime;
import java.security.KeyStore;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.http.HttpException;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.io.ManagedSelector;
import org.eclipse.jetty.io.SelectorManager;
import org.eclipse.jetty.io.SocketChannelEndPoint;
import org.eclipse.jetty.server.ConnectionFactory;
import org.eclipse.jetty.server.ConnectionMetaData;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.SecureRequestCustomizer;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.SslConnectionFactory;
import org.eclipse.jetty.server.handler.ErrorHandler;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.component.AbstractLifeCycle;
import org.eclipse.jetty.util.ssl.SslContextFactory;
import org.eclipse.jetty.util.thread.Invocable;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import org.eclipse.jetty.util.thread.ScheduledExecutorScheduler;
import org.eclipse.jetty.util.thread.Scheduler;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A Jetty server that listens on one port, with or without TLS, and does not wait for slow senders. */
final class HttpPort {

    private static final Logger LOG = LoggerFactory.getLogger(HttpPort.class);
    private static final long STOP_MILLIS = 5_000;
    private static final Duration RELOAD = Duration.ofSeconds(30);
    private static final int HEADER_BYTES = 8 * 1024;
    /** The most connections that wait, as many as the platform may open at once. The kernel's own limit applies too. */
    private static final int ACCEPT_QUEUE = 1024;
    /** No request blocks a thread, so a few threads are enough. Each may be working on one body. */
    private static final int THREADS = Math.max(16, 2 * Runtime.getRuntime().availableProcessors());
    /** The bytes that a connection takes before anything has been read: measured 4 to 7 KiB, and its buffers. */
    private static final long PLAIN_BYTES = 8 * 1024;

    private static final long SECURE_BYTES = 64 * 1024;

    private final Server jetty = new Server(new Threads(), new Timer(), new OwnBuffers());
    private final ServerConnector connector;
    private final HttpConfiguration http = new HttpConfiguration();
    private final boolean secure;
    private final long reloadMillis;

    /**
     * Prepares a server.
     *
     * @param handler the handler that answers requests
     * @param limits the time and memory that a sender may take
     * @param dropped called when a connection is closed because its memory is needed for others
     * @param keys certificate and key, which are checked for changes every half minute, or null for plain HTTP
     */
    HttpPort(Handler handler, HttpLimits limits, Runnable dropped, @Nullable PemKeys keys) {
        this(handler, limits, dropped, keys, RELOAD);
    }

    HttpPort(Handler handler, HttpLimits limits, Runnable dropped, @Nullable PemKeys keys, Duration reload) {
        reloadMillis = reload.toMillis();
        http.setSendServerVersion(false);
        http.setRequestHeaderSize(HEADER_BYTES);
        HttpConnectionFactory requests = new HttpConnectionFactory(http);
        secure = keys != null;
        if (keys == null) {
            connector = new GatedConnector(limits, PLAIN_BYTES, dropped, requests);
        } else {
            // The host name is not checked, because the platform calls whatever address it was given.
            http.addCustomizer(new SecureRequestCustomizer(false));
            ConnectionFactory tls = new SslConnectionFactory(tls(keys), requests.getProtocol());
            connector = new GatedConnector(limits, SECURE_BYTES, dropped, tls, requests);
        }
        connector.setAcceptQueueSize(ACCEPT_QUEUE);
        connector.setIdleTimeout(limits.idle().toMillis());
        // SlowConnections closes idle connections. Requests that wait for the store may take as long as the server
        // allows.
        connector.setShutdownIdleTimeout(STOP_MILLIS);
        SlowConnections slow = new SlowConnections(handler, limits.head());
        connector.addEventListener(slow);
        jetty.addConnector(connector);
        jetty.setHandler(slow);
        jetty.setErrorHandler((request, response, callback) -> {
            if (request.getAttribute(ErrorHandler.ERROR_EXCEPTION) instanceof Throwable failure) {
                LastResort.check(failure);
                // Jetty refuses an unknown version of HTTP by an exception, which a sender can cause at will.
                boolean unexpected = failure instanceof RuntimeException || failure instanceof Error;
                if (response.getStatus() >= 500 && unexpected && !(failure instanceof HttpException)) {
                    LOG.error("reason=bug status={}", response.getStatus(), failure);
                }
            }
            // Jetty's own callback may block. Jetty would then complete the request on another thread, while the
            // handler may be completing it too.
            response.write(
                    true,
                    null,
                    Callback.from(Invocable.InvocationType.NON_BLOCKING, callback::succeeded, callback::failed));
            return true;
        });
        jetty.setStopTimeout(STOP_MILLIS);
    }

    /**
     * Initializes classes of Jetty on another thread, while the caller opens the inbox. Wait for it before you make a
     * server: two threads that initialize the same classes may block each other for ever.
     */
    static CompletableFuture<Void> warm() {
        return CompletableFuture.runAsync(
                () -> {
                    var unused = new HttpPort(new Handler.Sequence(), HttpLimits.DEFAULT, () -> {}, null);
                },
                task -> new Thread(task, "openlines-start").start());
    }

    private SslContextFactory.Server tls(PemKeys keys) {
        SslContextFactory.Server tls = new SslContextFactory.Server();
        tls.setKeyStore(keys.load());
        tls.setKeyStorePassword("");
        tls.setIncludeProtocols("TLSv1.2", "TLSv1.3");
        jetty.addBean(new Reload(tls, keys));
        return tls;
    }

    /** Takes the address of a sender from these proxies. Call it before {@link #listen}. */
    HttpPort behind(TrustedProxies proxies) {
        if (!proxies.networks().isEmpty()) {
            http.addCustomizer((request, answer) -> Forwarded.by(proxies, request));
        }
        return this;
    }

    /**
     * Listens.
     *
     * @param setting the setting's name, for messages
     * @param host the address, or null for all
     * @throws ConfigurationException if the port is taken or the host is not of this machine
     */
    void listen(String setting, @Nullable String host, int port) {
        connector.setHost(host);
        connector.setPort(port);
        try {
            jetty.start();
        } catch (IOException e) {
            throw new ConfigurationException(
                    setting + ": cannot listen on port " + port
                            + (host == null
                                    ? ": end the program that listens there, or set another port"
                                    : " of " + host + ": expected a free port, and an address of this machine"),
                    e);
        } catch (ConfigurationException e) {
            throw e;
        } catch (Exception e) {
            throw new IllegalStateException("Jetty did not start", e);
        }
    }

    /** Returns the address, by the loopback interface if it listens on all. */
    URI url(String path) {
        String host = connector.getHost();
        String shown = host == null || host.equals("0.0.0.0") || host.equals("::") ? "127.0.0.1" : host;
        return URI.create((secure ? "https" : "http") + "://" + (shown.contains(":") ? "[" + shown + "]" : shown) + ":"
                + connector.getLocalPort() + path);
    }

    /** Returns the address that it listens on, for log records, or an asterisk for all addresses. */
    String listening(String path) {
        String host = connector.getHost() == null ? "*" : connector.getHost();
        return (secure ? "https" : "http") + "://" + (host.contains(":") ? "[" + host + "]" : host) + ":"
                + connector.getLocalPort() + path;
    }

    /** Stops accepting requests, and answers those that were accepted. */
    void stop() throws Exception {
        jetty.stop();
    }

    /** Gives each connection its place. */
    private final class GatedConnector extends ServerConnector {

        private final Gate gate;
        private final long weight;
        private final Runnable dropped;

        GatedConnector(HttpLimits limits, long weight, Runnable dropped, ConnectionFactory... protocols) {
            super(jetty, 1, 1, protocols);
            this.gate = new Gate(limits.room());
            this.weight = weight;
            this.dropped = dropped;
        }

        @Override
        protected SocketChannelEndPoint newEndPoint(SocketChannel channel, ManagedSelector selector, SelectionKey key) {
            SocketChannelEndPoint endPoint =
                    new GatedEndPoint(channel, selector, key, getScheduler(), gate, weight, dropped);
            endPoint.setIdleTimeout(getIdleTimeout());
            return endPoint;
        }

        @Override
        protected SelectorManager newSelectorManager(Executor executor, Scheduler scheduler, int selectors) {
            return new ServerConnectorManager(executor, scheduler, selectors) {
                @Override
                protected void execute(Runnable task) {
                    if (GatedEndPoint.dropping()) {
                        task.run();
                    } else {
                        super.execute(task);
                    }
                }
            };
        }
    }

    /** A request whose sender is not the other end of the connection, because a proxy sent it. */
    private static final class Forwarded extends Request.Wrapper {

        private final InetSocketAddress sender;

        private Forwarded(Request request, InetSocketAddress sender) {
            super(request);
            this.sender = sender;
        }

        static Request by(TrustedProxies proxies, Request request) {
            if (request.getConnectionMetaData().getRemoteSocketAddress() instanceof InetSocketAddress peer
                    && peer.getAddress() != null) {
                InetAddress sender = proxies.sender(
                        peer.getAddress(), request.getHeaders().getValuesList(HttpHeader.X_FORWARDED_FOR));
                if (!sender.equals(peer.getAddress())) {
                    return new Forwarded(request, new InetSocketAddress(sender, 0));
                }
            }
            return request;
        }

        @Override
        public ConnectionMetaData getConnectionMetaData() {
            return new ConnectionMetaData.Wrapper(super.getConnectionMetaData()) {
                @Override
                public SocketAddress getRemoteSocketAddress() {
                    return sender;
                }
            };
        }
    }

    /** Jetty's threads, which log the exceptions of their jobs and continue. */
    private static final class Threads extends QueuedThreadPool {

        Threads() {
            // Jetty's own queue would start the JVM's management only to find out the size of a cache line.
            super(THREADS, 8, new LinkedBlockingQueue<>());
        }

        @Override
        protected void runJob(Runnable job) {
            LastResort.checked(job).run();
        }
    }

    /** Jetty's timer, which swallows the exceptions of its tasks. */
    private static final class Timer extends ScheduledExecutorScheduler {

        @Override
        public Task schedule(Runnable task, long delay, TimeUnit unit) {
            return super.schedule(LastResort.checked(task), delay, unit);
        }
    }

    /** Takes a renewed certificate without a restart. Used by one thread of the scheduler at a time. */
    private final class Reload extends AbstractLifeCycle {

        private final SslContextFactory.Server tls;
        private final PemKeys keys;
        private List<FileTime> loaded = List.of();

        Reload(SslContextFactory.Server tls, PemKeys keys) {
            this.tls = tls;
            this.keys = keys;
        }

        @Override
        protected void doStart() throws IOException {
            loaded = keys.version();
            jetty.getScheduler().schedule(this::look, reloadMillis, TimeUnit.MILLISECONDS);
        }

        private void look() {
            if (!isRunning()) {
                return;
            }
            try {
                List<FileTime> version = keys.version();
                if (!version.equals(loaded)) {
                    KeyStore renewed = keys.load();
                    tls.reload(factory -> factory.setKeyStore(renewed));
                    loaded = version;
                    LOG.info("reason=certificate-renewed");
                }
            } catch (Exception e) {
                LastResort.check(e);
                LOG.error("reason=certificate-not-renewed: the one before stays in use", e);
            }
            jetty.getScheduler().schedule(this::look, reloadMillis, TimeUnit.MILLISECONDS);
        }
    }

    /** Returns a number that a port may have; 0 stands for any free one. */
    static int number(String option, int port) {
        if (port < 0 || port > 65535) {
            throw new IllegalArgumentException("expected a " + option + " from 0 to 65535 but found " + port);
        }
        return port;
    }
}
