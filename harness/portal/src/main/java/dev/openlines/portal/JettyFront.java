// SPDX-License-Identifier: Apache-2.0
package dev.openlines.portal;

import com.github.tomakehurst.wiremock.core.Options;
import com.github.tomakehurst.wiremock.http.AdminRequestHandler;
import com.github.tomakehurst.wiremock.http.HttpServer;
import com.github.tomakehurst.wiremock.http.HttpServerFactory;
import com.github.tomakehurst.wiremock.http.ImmutableRequest;
import com.github.tomakehurst.wiremock.http.RequestMethod;
import com.github.tomakehurst.wiremock.http.StubRequestHandler;
import com.github.tomakehurst.wiremock.stubbing.ServeEvent;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.UriCompliance;
import org.eclipse.jetty.io.ByteBufferPool;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.io.EofException;
import org.eclipse.jetty.io.SocketChannelEndPoint;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.thread.QueuedThreadPool;

/**
 * The server in front of WireMock. Jetty 12 takes the connections, and passes every request that is not for the page or
 * the control API to WireMock's own request handler.
 *
 * <p>WireMock 3 itself contains a relocated Jetty 11, which gets no more fixes, cannot stream, and refuses the doubled
 * slashes that real clients send.
 */
final class JettyFront implements HttpServer {

    private static final int BODY_LIMIT = 16 << 20;

    private final Server server;
    private final ServerConnector connector;

    /** Makes a server, and a connector that does not know its address yet. */
    private static ServerConnector connector() {
        // Jetty's own queue would start the JVM's management only to find out the size of a cache line.
        QueuedThreadPool threads = new QueuedThreadPool(200, 4, 30_000, -1, new LinkedBlockingQueue<>(), null);
        threads.setName("portal");
        threads.setDaemon(true);
        // ADR 0061
        Server server = new Server(threads, null, ByteBufferPool.NON_POOLING);
        HttpConfiguration http = new HttpConfiguration();
        http.setSendServerVersion(false);
        http.setUriCompliance(UriCompliance.UNSAFE);
        return new ServerConnector(server, 1, 1, new HttpConnectionFactory(http));
    }

    private JettyFront(Options options, StubRequestHandler stubs, PortalServer portals, ServerConnector prepared) {
        ControlApi control = new ControlApi(portals);
        Page page = new Page();
        LiveStream live = new LiveStream(portals);
        connector = prepared;
        server = prepared.getServer();
        connector.setHost(options.bindAddress());
        connector.setPort(options.portNumber());
        connector.setAcceptQueueSize(1024);
        server.addConnector(connector);
        // Jetty's own page would show the address, and with it a token.
        server.setErrorHandler((request, response, callback) -> {
            callback.succeeded();
            return true;
        });
        server.setHandler(new Handler.Abstract() {
            @Override
            public boolean handle(Request request, Response response, Callback callback) throws Exception {
                byte[] body = body(request);
                String target = request.getHttpURI().getPathQuery();
                Map<String, String> headers = new HashMap<>();
                for (HttpField field : request.getHeaders()) {
                    headers.putIfAbsent(field.getLowerCaseName(), field.getValue());
                }
                if (LiveStream.owns(target)) {
                    return live.handle(target, headers, response, callback);
                }
                RestReply reply;
                if (ControlApi.owns(target)) {
                    reply = control.answer(request.getMethod(), target, headers, body);
                } else if (Page.owns(target)) {
                    reply = page.answer(request.getMethod(), target);
                } else {
                    reply = stubbed(stubs, request, target, body);
                }
                write(reply, request, response, callback);
                return true;
            }
        });
    }

    private static byte[] body(Request request) throws IOException {
        byte[] body = Content.Source.asInputStream(request).readNBytes(BODY_LIMIT + 1);
        if (body.length > BODY_LIMIT) {
            throw new IOException("the body is longer than " + BODY_LIMIT + " bytes");
        }
        return body;
    }

    private static RestReply stubbed(StubRequestHandler stubs, Request request, String target, byte[] body) {
        ImmutableRequest.Builder copy = ImmutableRequest.create()
                .withAbsoluteUrl("http://127.0.0.1" + target)
                .withMethod(RequestMethod.fromString(request.getMethod()))
                .withProtocol("HTTP/1.1")
                .withClientIp(Request.getRemoteAddr(request))
                .withBody(body);
        for (HttpField field : request.getHeaders()) {
            copy.withHeader(field.getName(), field.getValue());
        }
        ImmutableRequest asked = copy.build();
        RestReply[] reply = new RestReply[1];
        stubs.handle(
                asked,
                (forRequest, answer, attributes) -> {
                    Map<String, String> headers = new LinkedHashMap<>();
                    answer.getHeaders().all().forEach(header -> headers.put(header.key(), header.firstValue()));
                    reply[0] = new RestReply(answer.getStatus(), headers, answer.getBody());
                },
                ServeEvent.of(asked));
        return reply[0];
    }

    /** Writes the answer, or the part of it that a fault leaves. */
    private void write(RestReply reply, Request request, Response response, Callback callback) {
        String[] effect = reply.headers().getOrDefault(Fault.EFFECT, "none").split(" ", 2);
        switch (effect[0]) {
            case "reset" -> {
                linger(request);
                callback.failed(new EofException("reset, as planned"));
            }
            case "truncate" -> {
                response.setStatus(reply.status());
                reply.headers().forEach((name, value) -> response.getHeaders().put(name, value));
                response.getHeaders().remove(Fault.EFFECT);
                response.getHeaders().put("Content-Length", Integer.toString(reply.body().length));
                ByteBuffer half = ByteBuffer.wrap(reply.body(), 0, reply.body().length / 2);
                response.write(
                        false,
                        half,
                        Callback.from(
                                () -> callback.failed(new EofException("truncated, as planned")), callback::failed));
            }
            case "hang" ->
                later(effect[1], () -> {
                    request.getConnectionMetaData()
                            .getConnection()
                            .getEndPoint()
                            .close();
                    callback.failed(new EofException("hung up, as planned"));
                });
            case "slow" -> later(effect[1], () -> write(reply, response, callback));
            default -> write(reply, response, callback);
        }
    }

    private void later(String millis, Runnable task) {
        server.getScheduler().schedule(task, Long.parseLong(millis), TimeUnit.MILLISECONDS);
    }

    /** Makes the next close a reset. */
    private static void linger(Request request) {
        EndPoint endPoint = request.getConnectionMetaData().getConnection().getEndPoint();
        if (endPoint instanceof SocketChannelEndPoint socket) {
            try {
                socket.getChannel().setOption(StandardSocketOptions.SO_LINGER, 0);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        endPoint.close();
    }

    private static void write(RestReply reply, Response response, Callback callback) {
        response.setStatus(reply.status());
        reply.headers().forEach((name, value) -> response.getHeaders().put(name, value));
        response.getHeaders().remove(Fault.EFFECT);
        response.getHeaders().put("Content-Length", Integer.toString(reply.body().length));
        response.write(true, ByteBuffer.wrap(reply.body()), callback);
    }

    @Override
    public void start() {
        try {
            server.start();
        } catch (IOException e) {
            boolean taken = e instanceof BindException || e.getCause() instanceof BindException;
            throw new UncheckedIOException(
                    "port " + connector.getPort() + (taken ? " is taken" : " cannot be listened on")
                            + ": end the program that listens there, or choose another port",
                    e);
        } catch (Exception e) {
            throw new IllegalStateException("the portal's HTTP server did not start", e);
        }
    }

    @Override
    public void stop() {
        try {
            server.stop();
        } catch (Exception e) {
            throw new IllegalStateException("the portal's HTTP server did not stop", e);
        }
    }

    @Override
    public boolean isRunning() {
        return server.isRunning();
    }

    @Override
    public int port() {
        return connector.getLocalPort();
    }

    @Override
    public int httpsPort() {
        return -1;
    }

    /**
     * Lets WireMock use this server instead of its own. Jetty initializes its classes on another thread, while WireMock
     * initializes its own ones.
     */
    static final class Factory implements HttpServerFactory {

        private final PortalServer portals;
        private final CompletableFuture<ServerConnector> prepared =
                CompletableFuture.supplyAsync(JettyFront::connector, task -> new Thread(task, "portal-start").start());

        Factory(PortalServer portals) {
            this.portals = portals;
        }

        @Override
        public String getName() {
            return "jetty-front";
        }

        @Override
        public HttpServer buildHttpServer(Options options, AdminRequestHandler admin, StubRequestHandler stubs) {
            return new JettyFront(options, stubs, portals, prepared.join());
        }
    }
}
