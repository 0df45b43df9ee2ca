// SPDX-License-Identifier: Apache-2.0
package dev.openlines.contract;

import dev.openlines.model.Event;
import dev.openlines.model.OnSessionFinish;
import dev.openlines.model.OpenLineChat;
import dev.openlines.model.Secret;
import dev.openlines.parser.BodyFormat;
import dev.openlines.parser.DecodeException;
import dev.openlines.parser.Envelope;
import dev.openlines.parser.EventDecoder;
import dev.openlines.parser.Limits;
import jakarta.json.JsonObject;
import jakarta.json.JsonString;
import jakarta.json.JsonValue;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import org.jspecify.annotations.Nullable;

/**
 * A handler to try the suite on: right, unless told to commit one sin. Not for production: one portal,
 * one file, one thread that works.
 */
final class PracticeHandler implements AutoCloseable {

    private static final byte[] NOTHING = new byte[0];
    private static final String ENGINE = "Bitrix24 Webhook Engine";

    private static final class Answer {

        private final int status;
        private final byte[] body;

        Answer(int status, byte[] body) {
            this.status = status;
            this.body = body;
        }

        static Answer of(int status) {
            return new Answer(status, NOTHING);
        }
    }

    private final @Nullable Sin sin;
    private final String memberId;
    private final PracticeStore store;
    private final Consumer<String> log;
    private final Map<String, Secret> proofs = new ConcurrentHashMap<>();
    private final ReentrantLock oneAtATime = new ReentrantLock();
    private final HttpClient client = HttpClient.newHttpClient();
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
        this.memberId = memberId;
        this.log = log;
        proofs.put(memberId, proof);
        store = PracticeStore.open(folder, evidence, sin);
        QueuedThreadPool threads = new QueuedThreadPool(64, 4, 30_000);
        threads.setName("practice");
        threads.setDaemon(true);
        server = new Server(threads);
        HttpConfiguration http = new HttpConfiguration();
        http.setSendServerVersion(false);
        ServerConnector connector = new ServerConnector(server, 1, 1, new HttpConnectionFactory(http));
        connector.setHost("127.0.0.1");
        connector.setPort(port);
        connector.setAcceptQueueSize(1024);
        server.addConnector(connector);
        server.setErrorHandler((request, response, callback) -> {
            response.write(true, null, callback);
            return true;
        });
        server.setStopTimeout(3_000);
        server.setHandler(new org.eclipse.jetty.server.handler.GracefulHandler(new Handler.Abstract() {
            @Override
            public boolean handle(Request request, Response response, Callback callback) throws Exception {
                Answer answer = answer(request, response);
                response.setStatus(answer.status);
                response.write(true, ByteBuffer.wrap(answer.body), callback);
                return true;
            }
        }));
    }

    /** Starts; sin null is none. The log gets what a careless handler would print. */
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
            throw new IllegalArgumentException("the practice handler cannot listen on port " + port, e);
        } catch (Exception e) {
            throw new IllegalStateException("the practice handler did not start", e);
        }
    }

    URI uri() {
        return URI.create(
                "http://127.0.0.1:" + ((ServerConnector) server.getConnectors()[0]).getLocalPort() + "/bitrix24");
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

    private Answer answer(Request request, Response response) throws IOException, InterruptedException {
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

    private Answer judged(Request request, Response response) throws IOException, InterruptedException {
        byte[] body;
        if (request.getMethod().equals("GET") && sin == Sin.EFFECT_ON_GET) {
            body = String.valueOf(request.getHttpURI().getQuery()).getBytes(StandardCharsets.US_ASCII);
        } else if (!request.getMethod().equals("POST")) {
            response.getHeaders().put(HttpHeader.ALLOW, "POST");
            response.getHeaders().put(HttpHeader.CONNECTION, "close");
            return Answer.of(405);
        } else if (BodyFormat.ofContentType(request.getHeaders().get(HttpHeader.CONTENT_TYPE))
                .isEmpty()) {
            response.getHeaders().put(HttpHeader.CONNECTION, "close");
            return Answer.of(415);
        } else {
            int limit = sin == Sin.UNBOUNDED_BODY ? 64 << 20 : Limits.DEFAULT.bodyBytes();
            if (request.getHeaders().getLongField(HttpHeader.CONTENT_LENGTH) > limit) {
                response.getHeaders().put(HttpHeader.CONNECTION, "close");
                return Answer.of(413);
            }
            body = Content.Source.asInputStream(request).readNBytes(limit + 1);
            if (body.length > limit) {
                response.getHeaders().put(HttpHeader.CONNECTION, "close");
                return Answer.of(413);
            }
        }
        if (sin == Sin.LOGS_REQUESTS) {
            log.accept("request " + new String(body, StandardCharsets.UTF_8));
        }
        if (sin == Sin.ARRAY_BY_INDEX && new String(body, StandardCharsets.US_ASCII).contains("999999999")) {
            return Answer.of(hugeArray() ? 200 : 500);
        }
        BodyFormat format = BodyFormat.ofContentType(request.getHeaders().get(HttpHeader.CONTENT_TYPE))
                .orElse(BodyFormat.FORM);
        try {
            Limits limits =
                    sin == Sin.UNBOUNDED_BODY ? new Limits(64 << 20, 1_000_000, 16, 256, 64 << 20) : Limits.DEFAULT;
            return received(
                    Envelope.parse(body, format, limits), request.getHeaders().get(HttpHeader.USER_AGENT), body);
        } catch (DecodeException e) {
            if (sin == Sin.BREAKS_ON_LIST && String.valueOf(e.getMessage()).contains("application_token")) {
                return Answer.of(500);
            }
            return sin == Sin.ECHOES_BODY ? new Answer(400, body) : Answer.of(400);
        }
    }

    /** Memory by the input's say-so: more than any heap here has. */
    private static boolean hugeArray() {
        try {
            return new long[999_999_999].length > 0;
        } catch (OutOfMemoryError e) {
            return false;
        }
    }

    private Answer received(Envelope envelope, @Nullable String agent, byte[] body) throws InterruptedException {
        if (sin == Sin.ACTS_BEFORE_CHECK) {
            finish(envelope);
        }
        String member = envelope.memberId().orElse("");
        if (sin == Sin.BELIEVES_INSTALLS && envelope.event().equals("ONAPPINSTALL")) {
            envelope.applicationToken().ifPresent(token -> proofs.put(member, token));
        }
        if (!trusted(member, envelope.applicationToken().orElse(Secret.of("")), agent)) {
            if (sin == Sin.HANGS_ON_BAD_TOKEN) {
                Thread.sleep(20_000);
            }
            return sin == Sin.ECHOES_BODY ? new Answer(403, body) : Answer.of(403);
        }
        if (envelope.event().isEmpty()) {
            return Answer.of(400);
        }
        if (sin == Sin.REJECTS_OLD && age(envelope) > 300) {
            return Answer.of(400);
        }
        if (sin == Sin.FOLLOWS_ENDPOINT || sin == Sin.WAITS_FOR_PORTAL || sin == Sin.REFRESHES_PER_EVENT) {
            callThePortal(envelope);
        }
        if (envelope.event().equals("ONAPPUNINSTALL")) {
            proofs.remove(member);
            return Answer.of(200);
        }
        return finish(envelope);
    }

    private boolean trusted(String member, Secret token, @Nullable String agent) {
        if (sin == Sin.TRUSTS_USER_AGENT && ENGINE.equals(agent)) {
            return true;
        }
        if (sin == Sin.ANY_TOKEN && !token.reveal().isEmpty()) {
            return true;
        }
        Secret known = proofs.get(sin == Sin.IGNORES_MEMBER_ID ? memberId : member);
        if (known == null) {
            return false;
        }
        boolean numbers = token.reveal().matches("0+e[0-9]+") && known.reveal().matches("0+e[0-9]+");
        return known.equals(token) || (sin == Sin.LOOSE_COMPARISON && numbers);
    }

    private static long age(Envelope envelope) {
        JsonValue ts = envelope.raw().get("ts");
        String text = ts instanceof JsonString string ? string.getString() : "";
        return text.matches("[0-9]{1,10}") ? Instant.now().getEpochSecond() - Long.parseLong(text) : 0;
    }

    private Answer finish(Envelope envelope) {
        if (!envelope.event().equals(OnSessionFinish.CODE)) {
            return Answer.of(200);
        }
        List<String> effects = new ArrayList<>();
        try {
            boolean list = envelope.raw().get("data") instanceof JsonObject data
                    && data.get("DATA") instanceof JsonObject only
                    && !only.containsKey("0");
            if (sin == Sin.FIRST_ELEMENT_ONLY && list) {
                return Answer.of(200);
            }
            Event event = EventDecoder.lenient().decode(envelope).event();
            if (event instanceof OnSessionFinish finish) {
                for (OpenLineChat chat : finish.chats()) {
                    effects.add(line(envelope.memberId().orElse(""), chat));
                }
            }
        } catch (DecodeException e) {
            return Answer.of(200);
        }
        String key = sin == Sin.KEY_WITHOUT_TS
                ? envelope.memberId().orElse("") + envelope.raw().get("data")
                : envelope.idempotencyKey();
        return Answer.of(store.take(key, effects) ? 200 : 503);
    }

    private String line(String member, OpenLineChat chat) {
        String id =
                sin == Sin.IDS_AS_FLOATS ? Long.toString((long) (double) chat.chatId()) : Long.toString(chat.chatId());
        var line =
                jakarta.json.Json.createObjectBuilder().add("member_id", member).add("chat_id", id);
        Long lineId = chat.lineId();
        if (lineId != null) {
            line.add("line_id", lineId);
        }
        if (chat.connector().connectorId() != null) {
            line.add("connector_id", chat.connector().connectorId().toString());
        }
        String name = chat.lineName();
        if (name != null) {
            line.add("line_name", name);
        }
        return line.build().toString();
    }

    /** What a careless handler does before it answers. */
    private void callThePortal(Envelope envelope) throws InterruptedException {
        JsonObject auth = envelope.raw().getJsonObject("auth");
        String body = "auth=" + auth.getString("access_token", "");
        String address = auth.getString("client_endpoint", "") + "app.info";
        if (sin == Sin.REFRESHES_PER_EVENT) {
            if (!auth.containsKey("refresh_token")) {
                return;
            }
            body = "grant_type=refresh_token&refresh_token=" + auth.getString("refresh_token", "");
            address = auth.getString("server_endpoint", "").replaceFirst("rest/$", "oauth/token/");
        }
        try {
            HttpRequest call = HttpRequest.newBuilder(URI.create(address))
                    .timeout(Duration.ofSeconds(15))
                    .header("Content-Type", dev.openlines.contract.Request.FORM)
                    .POST(HttpRequest.BodyPublishers.ofString(body))
                    .build();
            client.send(call, HttpResponse.BodyHandlers.discarding());
        } catch (IOException | IllegalArgumentException e) {
            log.accept("the portal cannot be asked");
        }
    }
}
