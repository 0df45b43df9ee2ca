// SPDX-License-Identifier: Apache-2.0
package dev.openlines.examples.closedchats;

import dev.openlines.receiver.DeadLetter;
import dev.openlines.receiver.DeadLetters;
import dev.openlines.receiver.StoreException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.eclipse.jetty.http.HttpException;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.Fields;
import org.eclipse.jetty.util.UrlEncoded;
import org.jspecify.annotations.Nullable;

/** The pages: the board of closed chats, a transcript, dead letters, exports, and the sign-in page. */
final class Board extends Handler.Abstract {

    private static final int ROWS = 50;
    private static final int SHOWN = 100;
    private static final Pattern CHAT = Pattern.compile("/chats/(\\d{1,18})");
    private static final Pattern REQUEUE = Pattern.compile("/dead-letters/(\\d{1,18})/requeue");
    private static final Map<String, String> HEADERS = Map.of(
            "Content-Security-Policy",
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
                    + "base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
            "X-Content-Type-Options",
            "nosniff",
            "Referrer-Policy",
            "same-origin",
            "Cross-Origin-Opener-Policy",
            "same-origin",
            "Cache-Control",
            "no-store");

    private final Archive archive;
    private final DeadLetters deadLetters;
    private final SignIn door;
    private final Live live;
    private final Comparisons comparisons;
    private final InstantSource clock;
    private final Pages pages = new Pages();

    Board(
            Archive archive,
            DeadLetters deadLetters,
            SignIn door,
            Live live,
            Comparisons comparisons,
            InstantSource clock) {
        this.archive = archive;
        this.deadLetters = deadLetters;
        this.door = door;
        this.live = live;
        this.comparisons = comparisons;
        this.clock = clock;
    }

    @Override
    public boolean handle(Request request, Response response, Callback callback) {
        HEADERS.forEach((name, value) -> response.getHeaders().put(name, value));
        if (request.getMethod().equals("POST") && refusal(request) == null) {
            FormReader.read(
                    request,
                    form -> answer(request, form, response, callback),
                    failure -> unreadable(failure, response, callback));
        } else {
            answer(request, Fields.EMPTY, response, callback);
        }
        return true;
    }

    /** Answers on a thread that may block. Does not wait there until a browser has received the page. */
    private void answer(Request request, Fields form, Response response, Callback callback) {
        try {
            ByteBuffer page = page(request, form, response);
            if (page == null) {
                callback.succeeded();
            } else {
                response.write(true, page, callback);
            }
        } catch (SQLException | StoreException e) {
            System.err.println("the archive does not answer: "
                    + String.valueOf(e.getMessage()).lines().findFirst().orElse(""));
            if (response.isCommitted()) {
                Response.writeError(request, response, callback, e);
            } else {
                ByteBuffer page =
                        error(response, 503, "The archive does not answer. Nothing is lost; try again in a moment.");
                response.write(true, page, callback);
            }
        } catch (IOException | RuntimeException | Error e) {
            // The reader has gone, or this is a fault. Jetty logs that one.
            Response.writeError(request, response, callback, e);
        }
    }

    private void unreadable(Throwable failure, Response response, Callback callback) {
        int status = failure instanceof HttpException refused ? refused.getCode() : 400;
        response.write(true, error(response, status, "This form cannot be read."), callback);
    }

    /** A request that is refused before its body is read. */
    private record Refusal(int status, String said) {}

    private @Nullable Refusal refusal(Request request) {
        boolean post = request.getMethod().equals("POST");
        if (!post && !request.getMethod().equals("GET")) {
            return new Refusal(405, "Only GET and POST are known here.");
        }
        if (!door.isHere(request)) {
            return new Refusal(421, "This page has another address.");
        }
        if (post && !fromHere(request)) {
            return new Refusal(403, "This form was sent from another site.");
        }
        boolean signingIn = Request.getPathInContext(request).equals("/sign-in") && door.byPassword();
        return post && !signingIn && door.who(request).isEmpty() ? new Refusal(401, "Sign in first.") : null;
    }

    /** Returns the page, whose status and headers are set, or null if it is written already. */
    private @Nullable ByteBuffer page(Request request, Fields form, Response response)
            throws SQLException, IOException {
        Refusal refusal = refusal(request);
        if (refusal != null) {
            return error(response, refusal.status(), refusal.said());
        }
        String path = Request.getPathInContext(request);
        boolean post = request.getMethod().equals("POST");
        if (!post && path.startsWith("/page/")) {
            return asset(path.substring("/page/".length()), response);
        }
        if (path.equals("/sign-in") && door.byPassword()) {
            return post ? signIn(form, request, response) : html(response, 200, "sign-in", Map.of("problem", ""));
        }
        Optional<String> who = door.who(request);
        if (who.isPresent()) {
            return post
                    ? change(path, form, who.get(), request, response)
                    : signedIn(path, who.get(), request, response);
        }
        return path.equals("/stream") || path.equals("/charts") || !door.byPassword()
                ? error(response, 401, "Sign in first.")
                : redirect(response, "/sign-in");
    }

    /** Checks the origin of a form. If a browser does not send it, the form's token must do. */
    private boolean fromHere(Request request) {
        String site = request.getHeaders().get("Sec-Fetch-Site");
        if (site != null) {
            return site.equals("same-origin");
        }
        String origin = request.getHeaders().get(HttpHeader.ORIGIN);
        String host = request.getHeaders().get(HttpHeader.HOST);
        return origin == null
                || door.isOrigin(origin)
                || origin.replaceFirst("^https?://", "").equals(host);
    }

    private ByteBuffer signIn(Fields form, Request request, Response response) {
        return switch (door.signIn(value(form, "password"), request, response)) {
            case SIGNED_IN -> redirect(response, "/");
            case WRONG -> html(response, 403, "sign-in", Map.of("problem", "That is not the password."));
            case BUSY -> {
                response.getHeaders().put(HttpHeader.RETRY_AFTER, "1");
                yield html(response, 429, "sign-in", Map.of("problem", "Too many try at once. Try again in a moment."));
            }
        };
    }

    private @Nullable ByteBuffer signedIn(String path, String who, Request request, Response response)
            throws SQLException, IOException {
        Fields query = Request.extractQueryParameters(request);
        Filter filter = filter(query);
        Matcher chat = CHAT.matcher(path);
        if (chat.matches()) {
            return transcript(Long.parseLong(chat.group(1)), who, response);
        }
        return switch (path) {
            case "/" -> board(filter, query, who, response);
            case "/charts" -> html(response, 200, "charts", Map.of("charts", charts(filter)));
            case "/dead-letters" -> deadLetters(query, who, response);
            case "/stream" -> stream(filter, query, request, response);
            case "/export.csv", "/export.json" -> export(path.substring("/export.".length()), filter, response);
            default -> error(response, 404, "There is no such page.");
        };
    }

    private ByteBuffer change(String path, Fields form, String who, Request request, Response response) {
        if (!door.isFormToken(who, form.getValue("token"))) {
            return error(response, 403, "This form is too old. Go back, load the page again, and retry.");
        }
        Matcher requeue = REQUEUE.matcher(path);
        if (requeue.matches()) {
            boolean done = deadLetters.requeue(Long.parseLong(requeue.group(1)), clock.instant());
            return redirect(response, "/dead-letters?done=" + (done ? "requeued" : "gone"));
        }
        if (path.equals("/sign-out")) {
            door.signOut(request, response);
            return redirect(response, "/sign-in");
        }
        return error(response, 404, "There is no such page.");
    }

    private ByteBuffer board(Filter filter, Fields query, String who, Response response) throws SQLException {
        Chat before = archive.chat(number(value(query, "before"))).orElse(null);
        // This is read before the rows. A chat that is archived in between also comes through the stream, and replaces
        // its row.
        long newest = archive.newest();
        List<Chat> chats = archive.page(filter, before, ROWS);
        Map<String, Object> values = common(who);
        values.put("filter", filter);
        values.put("query", query(filter));
        values.put("lines", archive.choices("line"));
        values.put("connectors", archive.choices("connector"));
        values.put("operators", archive.choices("operator"));
        values.put("charts", charts(filter));
        values.put("chats", chats);
        values.put("newest", newest);
        values.put("live", before == null);
        values.put("compared", comparisons.last().map(Instant::toString).orElse(""));
        values.put("failing", comparisons.failing());
        values.put(
                "older", chats.size() < ROWS ? 0L : chats.get(chats.size() - 1).id());
        return html(response, 200, "board", values);
    }

    private Charts charts(Filter filter) throws SQLException {
        return Charts.of(archive, filter, clock.instant());
    }

    private ByteBuffer transcript(long id, String who, Response response) throws SQLException {
        Optional<Chat> chat = archive.chat(id);
        if (chat.isEmpty()) {
            return error(response, 404, "There is no such chat.");
        }
        Map<String, Object> values = common(who);
        values.put("chat", chat.get());
        values.put("messages", archive.messages(id));
        return html(response, 200, "chat", values);
    }

    private ByteBuffer deadLetters(Fields query, String who, Response response) {
        Map<String, Object> values = common(who);
        long after = number(value(query, "after"));
        List<DeadLetter> letters = deadLetters.list(after, SHOWN + 1);
        boolean more = letters.size() > SHOWN;
        values.put("letters", more ? letters.subList(0, SHOWN) : letters);
        values.put("after", after);
        values.put("later", more ? letters.get(SHOWN - 1).id() : 0L);
        values.put(
                "said",
                switch (value(query, "done")) {
                    case "requeued" -> "The event is handled again.";
                    case "gone" -> "That event is no dead letter any more.";
                    default -> "";
                });
        return html(response, 200, "dead-letters", values);
    }

    private @Nullable ByteBuffer stream(Filter filter, Fields query, Request request, Response response)
            throws SQLException, IOException {
        String last = request.getHeaders().get("Last-Event-ID");
        long from = number(last == null ? value(query, "after") : last);
        if (!live.follow(from, id -> archive.after(filter, id, ROWS), this::row, response)) {
            response.getHeaders().put(HttpHeader.RETRY_AFTER, "10");
            return error(response, 503, "Too many pages are open.");
        }
        return null;
    }

    private String row(Chat chat) {
        return pages.html("row", Map.of("chat", chat));
    }

    private @Nullable ByteBuffer export(String format, Filter filter, Response response)
            throws SQLException, IOException {
        response.getHeaders()
                .put(HttpHeader.CONTENT_DISPOSITION, "attachment; filename=\"closed-chats." + format + "\"");
        try (OutputStream out = Content.Sink.asOutputStream(response)) {
            if (format.equals("csv")) {
                response.getHeaders().put(HttpHeader.CONTENT_TYPE, "text/csv; charset=utf-8");
                Export.csv(archive, filter, out);
            } else {
                response.getHeaders().put(HttpHeader.CONTENT_TYPE, "application/json");
                Export.json(archive, filter, out);
            }
        }
        return null;
    }

    private static String count(List<DeadLetter> letters) {
        return letters.size() < SHOWN ? Integer.toString(letters.size()) : SHOWN + " or more";
    }

    private Map<String, Object> common(String who) {
        Map<String, Object> values = new HashMap<>();
        values.put("deadLetterCount", count(deadLetters.list(0, SHOWN)));
        values.put("token", door.formToken(who));
        values.put("byPassword", door.byPassword());
        values.put("now", Instant.ofEpochSecond(clock.instant().getEpochSecond()));
        return values;
    }

    private static Filter filter(Fields query) {
        return new Filter(
                value(query, "q").strip(), value(query, "line"), value(query, "connector"), value(query, "operator"));
    }

    private static String query(Filter filter) {
        Fields fields = new Fields();
        fields.put("q", filter.words());
        fields.put("line", filter.line());
        fields.put("connector", filter.connector());
        fields.put("operator", filter.operator());
        return UrlEncoded.encode(fields.toMultiMap(), StandardCharsets.UTF_8, true);
    }

    private static String value(Fields fields, String name) {
        String value = fields.getValue(name);
        return value == null ? "" : value;
    }

    private static long number(@Nullable String text) {
        return text != null && text.matches("\\d{1,18}") ? Long.parseLong(text) : 0;
    }

    private ByteBuffer asset(String name, Response response) {
        Optional<byte[]> asset = pages.asset(name);
        if (asset.isEmpty()) {
            return error(response, 404, "There is no such file.");
        }
        response.getHeaders().put(HttpHeader.CACHE_CONTROL, "no-cache");
        return page(response, 200, Pages.type(name), asset.get());
    }

    private ByteBuffer html(Response response, int status, String template, Map<String, Object> values) {
        String html = pages.html(template, values);
        return page(response, status, "text/html; charset=utf-8", html.getBytes(StandardCharsets.UTF_8));
    }

    private ByteBuffer error(Response response, int status, String said) {
        return html(response, status, "error", Map.of("said", said));
    }

    private static ByteBuffer redirect(Response response, String to) {
        response.setStatus(303);
        response.getHeaders().put(HttpHeader.LOCATION, to);
        return ByteBuffer.allocate(0);
    }

    private static ByteBuffer page(Response response, int status, String type, byte[] bytes) {
        response.setStatus(status);
        response.getHeaders().put(HttpHeader.CONTENT_TYPE, type);
        response.getHeaders().put(HttpHeader.CONTENT_LENGTH, bytes.length);
        return ByteBuffer.wrap(bytes);
    }
}
