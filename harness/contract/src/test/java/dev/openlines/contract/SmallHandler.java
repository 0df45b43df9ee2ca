// SPDX-License-Identifier: Apache-2.0
package dev.openlines.contract;

import dev.openlines.model.OnSessionFinish;
import dev.openlines.model.OpenLineChat;
import dev.openlines.model.Secret;
import dev.openlines.parser.BodyFormat;
import dev.openlines.parser.DecodeException;
import dev.openlines.parser.Envelope;
import dev.openlines.parser.EventDecoder;
import dev.openlines.parser.Limits;
import jakarta.json.Json;
import jakarta.json.JsonObjectBuilder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
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

/**
 * A handler in memory: right, or careless about tokens. Writes its effects to {@link #evidence()}, none while there is
 * a file {@link #slow()}.
 */
final class SmallHandler implements AutoCloseable {

    static final String MEMBER_ID = "7d1c0a52e84f4b3f9a6be0c15d2f8e37";
    static final Secret PROOF = Secret.of("0e462097431906509019562988736854");

    private final Path folder;
    private final boolean careless;
    private final Set<String> known = ConcurrentHashMap.newKeySet();
    private final ScheduledExecutorService worker = Executors.newSingleThreadScheduledExecutor();
    private final Server server = new Server();
    private final ServerConnector connector;

    private SmallHandler(Path folder, boolean careless) {
        this.folder = folder;
        this.careless = careless;
        HttpConfiguration http = new HttpConfiguration();
        http.setSendServerVersion(false);
        connector = new ServerConnector(server, new HttpConnectionFactory(http));
        connector.setHost("127.0.0.1");
        // Longer than any case waits for the end of an unfinished request.
        connector.setIdleTimeout(Duration.ofMinutes(10).toMillis());
        server.addConnector(connector);
        server.setErrorHandler((request, response, callback) -> {
            response.write(true, null, callback);
            return true;
        });
        server.setHandler(new Handler.Abstract() {
            @Override
            public boolean handle(Request request, Response response, Callback callback) throws Exception {
                response.setStatus(status(request));
                if (response.getStatus() == 405) {
                    response.getHeaders().put(HttpHeader.ALLOW, "POST");
                }
                response.write(true, ByteBuffer.allocate(0), callback);
                return true;
            }
        });
        try {
            server.start();
        } catch (Exception e) {
            throw new IllegalStateException("the handler did not start", e);
        }
    }

    static SmallHandler right(Path folder) {
        return new SmallHandler(folder, false);
    }

    /** Returns a handler that only looks whether there is a token. */
    static SmallHandler careless(Path folder) {
        return new SmallHandler(folder, true);
    }

    /** Returns its suite, without evidence. A slow machine may acknowledge late. */
    ContractSuite suite() {
        return ContractSuite.of(uri(), MEMBER_ID, PROOF).ackMax(Duration.ofMinutes(2));
    }

    URI uri() {
        return URI.create("http://127.0.0.1:" + connector.getLocalPort() + "/hook");
    }

    Path evidence() {
        return folder.resolve("evidence.jsonl");
    }

    Path slow() {
        return folder.resolve("slow");
    }

    private int status(Request request) throws IOException {
        if (!request.getMethod().equals("POST")) {
            return 405;
        }
        String type = request.getHeaders().get(HttpHeader.CONTENT_TYPE);
        BodyFormat format = BodyFormat.ofContentType(type == null ? "" : type).orElse(null);
        if (format == null) {
            return 415;
        }
        byte[] body = Content.Source.asInputStream(request).readNBytes(Limits.DEFAULT.bodyBytes() + 1);
        if (body.length > Limits.DEFAULT.bodyBytes()) {
            return 413;
        }
        try {
            return status(Envelope.parse(body, format, Limits.DEFAULT));
        } catch (DecodeException e) {
            return 400;
        }
    }

    private int status(Envelope envelope) {
        Secret token = envelope.applicationToken().orElse(Secret.of(""));
        boolean proven = careless ? !token.reveal().isEmpty() : PROOF.equals(token);
        if (!proven || !envelope.memberId().filter(MEMBER_ID::equals).isPresent()) {
            return 403;
        }
        if (envelope.event().isEmpty()) {
            return 400;
        }
        try {
            if (EventDecoder.lenient().decode(envelope).event() instanceof OnSessionFinish finish
                    && known.add(envelope.idempotencyKey())) {
                finish.chats().forEach(this::handle);
            }
        } catch (DecodeException e) {
            // It is the portal's, and no other attempt would make it readable.
            return 200;
        }
        return 200;
    }

    private void handle(OpenLineChat chat) {
        if (Files.exists(slow())) {
            var unused = worker.schedule(() -> handle(chat), 20, TimeUnit.MILLISECONDS);
            return;
        }
        JsonObjectBuilder effect =
                Json.createObjectBuilder().add("member_id", MEMBER_ID).add("chat_id", chat.chatId());
        Long lineId = chat.lineId();
        if (lineId != null) {
            effect.add("line_id", lineId);
        }
        if (chat.connector().connectorId() != null) {
            effect.add("connector_id", chat.connector().connectorId().code());
        }
        String lineName = chat.lineName();
        if (lineName != null) {
            effect.add("line_name", lineName);
        }
        String line = effect.build() + "\n";
        worker.execute(() -> {
            try {
                Files.writeString(evidence(), line, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }

    @Override
    public void close() {
        worker.shutdownNow();
        try {
            server.stop();
        } catch (Exception e) {
            throw new IllegalStateException("the handler did not stop", e);
        }
    }
}
