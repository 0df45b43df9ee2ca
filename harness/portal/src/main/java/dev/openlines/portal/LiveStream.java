// SPDX-License-Identifier: Apache-2.0
package dev.openlines.portal;

import jakarta.json.JsonValue;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;

/**
 * {@code control/portals/LABEL/stream}: server-sent events {@code delivery} and {@code call} for each new entry of a
 * portal's journal, and {@code state} when something else has changed. Holds one thread of the server for each reader,
 * until the reader or the portal goes away.
 */
final class LiveStream {

    private static final Pattern PATH = Pattern.compile("/control/portals/([^/?]+)/stream/?(?:\\?.*)?");
    private static final long HEARTBEAT_MILLIS = 10_000;

    private final PortalServer server;

    LiveStream(PortalServer server) {
        this.server = server;
    }

    static boolean owns(String target) {
        return PATH.matcher(target).matches();
    }

    boolean handle(String target, Map<String, String> headers, Response response, Callback callback)
            throws IOException {
        Matcher path = PATH.matcher(target);
        Optional<Portal> portal = path.matches() ? server.portal(path.group(1)) : Optional.empty();
        if (portal.isEmpty() || !ControlApi.isWelcome("GET", headers)) {
            response.setStatus(portal.isEmpty() ? 404 : 403);
            callback.succeeded();
            return true;
        }
        response.setStatus(200);
        response.getHeaders().put("Content-Type", "text/event-stream; charset=utf-8");
        response.getHeaders().put("Cache-Control", "no-store");
        try {
            follow(portal.get().journal(), response);
            callback.succeeded();
        } catch (IOException e) {
            callback.failed(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            callback.failed(e);
        }
        return true;
    }

    private static void follow(Journal journal, Response response) throws IOException, InterruptedException {
        Journal.News seen = journal.news();
        write(response, "retry: 1000\nevent: state\ndata: {}\n\n");
        for (Journal.News news = journal.newsSince(seen, HEARTBEAT_MILLIS);
                news != null;
                news = journal.newsSince(seen, HEARTBEAT_MILLIS)) {
            StringBuilder out = new StringBuilder();
            news.deliveries().forEach(delivery -> event(out, "delivery", ControlView.of(delivery)));
            news.calls().forEach(call -> event(out, "call", ControlView.of(call)));
            if (news.changes() != seen.changes()) {
                event(out, "state", JsonValue.EMPTY_JSON_OBJECT);
            } else {
                out.append(": still here\n\n");
            }
            write(response, out.toString());
            seen = news;
        }
    }

    private static void event(StringBuilder out, String name, JsonValue data) {
        out.append("event: ").append(name).append("\ndata: ").append(data).append("\n\n");
    }

    private static void write(Response response, String text) throws IOException {
        Content.Sink.write(response, false, ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)));
    }
}
