// SPDX-License-Identifier: Apache-2.0
package dev.openlines.cli;

import dev.openlines.model.Secret;
import dev.openlines.parser.Limits;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.eclipse.jetty.http.HttpCompliance;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.io.ByteBufferPool;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.NetworkConnectionLimit;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.Attributes;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import org.jspecify.annotations.Nullable;

/**
 * A handler to try the suite on. It is correct unless it is given one sin. It is not for production, because it has one
 * portal, one file and one worker thread.
 */
final class PracticeHandler implements AutoCloseable {

    private static final int WAITING_CONNECTIONS = 1024;
    private static final int FEW = 50;

    /** The most threads. An unfinished body takes one, and case 318 sends two hundred of them. */
    private static final int THREADS = 400;

    private static final String PATH = "/bitrix24";

    private final @Nullable Sin sin;
    private final PracticeJudge judge;
    private final PracticeStore store;
    private final PracticePortal portal;
    private final Consumer<String> log;
    private final String memberId;
    private final ReentrantLock oneAtATime = new ReentrantLock();
    private final AtomicInteger unfinished = new AtomicInteger();
    private final Server server;

    private PracticeHandler(
            int port,
            String memberId,
            Secret proof,
            Path folder,
            Path evidence,
            @Nullable Sin sin,
            Consumer<String> log) {
        this.sin = sin;
        this.log = log;
        this.memberId = memberId;
        portal = new PracticePortal(sin, log);
        store = PracticeStore.open(folder, evidence, sin, portal);
        judge = new PracticeJudge(sin, memberId, proof, store, portal, log);
        QueuedThreadPool threads = new QueuedThreadPool(THREADS, 4, 30_000);
        threads.setName("practice");
        threads.setDaemon(true);
        // ADR 0061
        server = new Server(threads, null, ByteBufferPool.NON_POOLING);
        HttpConfiguration http = new HttpConfiguration();
        http.setSendServerVersion(false);
        if (sin == Sin.LAX_HTTP) {
            http.setHttpCompliance(HttpCompliance.RFC2616_LEGACY.with(
                    "lax",
                    HttpCompliance.Violation.MULTIPLE_CONTENT_LENGTHS,
                    HttpCompliance.Violation.TRANSFER_ENCODING_WITH_CONTENT_LENGTH));
        }
        ServerConnector connector = new ServerConnector(server, 1, 1, new HttpConnectionFactory(http));
        connector.setHost("127.0.0.1");
        connector.setPort(port);
        connector.setAcceptQueueSize(WAITING_CONNECTIONS);
        server.addConnector(connector);
        if (sin == Sin.FEW_CONNECTIONS) {
            server.addBean(new NetworkConnectionLimit(FEW, connector));
        }
        server.setErrorHandler((request, response, callback) -> {
            response.write(true, null, callback);
            return true;
        });
        server.setStopTimeout(3_000);
        server.setHandler(new org.eclipse.jetty.server.handler.GracefulHandler(new Handler.Abstract() {
            @Override
            public boolean handle(Request request, Response response, Callback callback) throws Exception {
                PracticeJudge.Answer answer = answer(request, response);
                response.setStatus(answer.status());
                response.write(true, ByteBuffer.wrap(answer.body()), callback);
                return true;
            }
        }));
    }

    /** Starts a handler; a null sin means none. The log gets the output of a careless handler. */
    static PracticeHandler start(
            int port,
            String memberId,
            Secret proof,
            Path folder,
            Path evidence,
            @Nullable Sin sin,
            Consumer<String> log) {
        PracticeHandler handler = new PracticeHandler(port, memberId, proof, folder, evidence, sin, log);
        try {
            handler.server.start();
            return handler;
        } catch (IOException e) {
            throw new IllegalArgumentException(
                    "cannot listen on port " + port + ": end the program that listens there, or choose another port",
                    e);
        } catch (Exception e) {
            throw new IllegalStateException("the practice handler did not start", e);
        }
    }

    /** Trusts another portal as well. */
    void trust(String memberId, Secret proof) {
        judge.trust(memberId, proof);
    }

    /** Makes the handler ask the portal at this address about each chat, as handlers that fetch a transcript do. */
    void asks(String address) {
        portal.askAt(address);
    }

    /** Compares the portal's closed sessions with the received events, once, on a thread of its own. */
    void compares(Secret webhook) {
        if (sin != Sin.NEVER_COMPARES) {
            new PracticeSessions(webhook, memberId, store, log).start();
        }
    }

    URI uri() {
        return URI.create("http://127.0.0.1:" + ((ServerConnector) server.getConnectors()[0]).getLocalPort() + PATH);
    }

    @Override
    public void close() {
        try {
            server.stop();
        } catch (TimeoutException e) {
            log.accept("requests were still under way at the end");
        } catch (Exception e) {
            throw new IllegalStateException("the practice handler did not stop", e);
        } finally {
            store.close();
        }
    }

    private PracticeJudge.Answer answer(Request request, Response response) throws IOException, InterruptedException {
        if (sin != Sin.ONE_AT_A_TIME) {
            return judged(request, response);
        }
        oneAtATime.lock();
        try {
            return judged(request, response);
        } finally {
            oneAtATime.unlock();
        }
    }

    private PracticeJudge.Answer judged(Request request, Response response) throws IOException, InterruptedException {
        if (sin == Sin.FORGETS_NEAR_MISSES && !request.getHttpURI().getPath().equals(PATH)) {
            return PracticeJudge.Answer.of(200);
        }
        if (request.getMethod().equals("GET") && sin == Sin.EFFECT_ON_GET) {
            byte[] query = String.valueOf(request.getHttpURI().getQuery()).getBytes(StandardCharsets.US_ASCII);
            return judge.received(new Asked(null, request.getHeaders(), query));
        }
        if (!request.getMethod().equals("POST")) {
            response.getHeaders().put(HttpHeader.ALLOW, "POST");
            return last(405, response);
        }
        if (sin == Sin.TIRES_OF_CONNECTIONS && tired(request)) {
            return PracticeJudge.Answer.of(503);
        }
        int limit = sin == Sin.UNBOUNDED_BODY || sin == Sin.INFLATES ? 64 << 20 : Limits.DEFAULT.bodyBytes();
        int tooLarge = sin == Sin.BREAKS_ON_SIZE ? 500 : 413;
        boolean patient = sin == Sin.ONE_AT_A_TIME;
        if (request.getHeaders().getLongField(HttpHeader.CONTENT_LENGTH) > limit && !patient) {
            return last(tooLarge, response);
        }
        byte[] body;
        try {
            if (unfinished.incrementAndGet() > FEW && sin == Sin.ROOM_FOR_FEW_BODIES) {
                return last(503, response);
            }
            body = read(request, limit);
        } finally {
            unfinished.decrementAndGet();
        }
        if (body.length > limit) {
            return last(tooLarge, response);
        }
        return judge.received(new Asked(request.getHttpURI().getQuery(), request.getHeaders(), body));
    }

    private byte[] read(Request request, int limit) throws IOException {
        InputStream in = Content.Source.asInputStream(request);
        if (sin != Sin.PARTIAL_BODIES) {
            return in.readNBytes(limit + 1);
        }
        ByteArrayOutputStream some = new ByteArrayOutputStream();
        try {
            for (int b = in.read(); b >= 0 && some.size() <= limit; b = in.read()) {
                some.write(b);
            }
        } catch (IOException e) {
            log.accept("a body ended early");
        }
        return some.toByteArray();
    }

    /** Returns the last answer of its connection. */
    private static PracticeJudge.Answer last(int status, Response response) {
        response.getHeaders().put(HttpHeader.CONNECTION, "close");
        return PracticeJudge.Answer.of(status);
    }

    private static boolean tired(Request request) {
        Attributes connection = request.getConnectionMetaData();
        Object before = connection.getAttribute("requests");
        int now = before instanceof Integer number ? number + 1 : 1;
        connection.setAttribute("requests", now);
        return now > FEW;
    }
}
