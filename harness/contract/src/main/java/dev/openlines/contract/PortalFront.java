// SPDX-License-Identifier: Apache-2.0
package dev.openlines.contract;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A proxy in front of the simulated portal. It records requests byte by byte, and spoils the answers while a case asks
 * for that.
 */
final class PortalFront implements AutoCloseable {

    private static final Set<String> NOT_COPIED =
            Set.of("host", "connection", "content-length", "transfer-encoding", "expect", "upgrade", "http2-settings");

    /** The treatment of a request while a fault is on. */
    sealed interface Fault {
        /** Answers later than a handler should wait. */
        record Late(java.time.Duration by) implements Fault {}

        /** Closes the connection with a reset. */
        record Reset() implements Fault {}

        /** Answers with something else. */
        record Answer(int status, String json) implements Fault {}
    }

    private final Listener listener;
    private final HttpClient client = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .followRedirects(HttpClient.Redirect.NEVER)
            .build();
    private volatile @Nullable URI portal;
    private volatile Function<Listener.Seen, @Nullable Fault> faults = request -> null;

    PortalFront() {
        listener = Listener.start(this::answer, "127.0.0.1");
    }

    /** Sets the address that the real answers come from. */
    void portalAt(URI address) {
        portal = address;
    }

    URI uri() {
        return listener.uri();
    }

    List<Listener.Seen> seen() {
        return listener.seen();
    }

    void fault(Function<Listener.Seen, @Nullable Fault> value) {
        faults = value;
    }

    void healthy() {
        faults = request -> null;
    }

    private byte @Nullable [] answer(Listener.Seen request) throws IOException, InterruptedException {
        Fault fault = faults.apply(request);
        if (fault instanceof Fault.Late late) {
            Thread.sleep(late.by().toMillis());
        } else if (fault instanceof Fault.Reset) {
            return null;
        } else if (fault instanceof Fault.Answer answer) {
            return Listener.json(answer.status(), answer.json());
        }
        return forwarded(request);
    }

    private byte @Nullable [] forwarded(Listener.Seen request) throws IOException, InterruptedException {
        URI to = portal;
        String[] line = request.line().split(" ", 3);
        if (to == null || line.length < 3) {
            return null;
        }
        try {
            HttpRequest.Builder copy = HttpRequest.newBuilder(to.resolve(line[1]))
                    .method(line[0], HttpRequest.BodyPublishers.ofByteArray(request.body()));
            request.head()
                    .lines()
                    .skip(1)
                    .filter(header -> header.contains(":"))
                    .forEach(header -> {
                        String name = header.substring(0, header.indexOf(':')).trim();
                        if (!NOT_COPIED.contains(name.toLowerCase(Locale.ROOT))) {
                            copy.header(
                                    name,
                                    header.substring(header.indexOf(':') + 1).trim());
                        }
                    });
            HttpResponse<String> answer = client.send(copy.build(), HttpResponse.BodyHandlers.ofString());
            return Listener.json(answer.statusCode(), answer.body());
        } catch (IllegalArgumentException e) {
            return Listener.json(400, "{\"error\":\"ERROR_CORE\"}");
        }
    }

    @Override
    public void close() {
        listener.close();
    }
}
