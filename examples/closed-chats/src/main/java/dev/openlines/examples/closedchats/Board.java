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
import org.eclipse.jetty.server.FormFields;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.Fields;
import org.eclipse.jetty.util.UrlEncoded;
import org.jspecify.annotations.Nullable;

/** The pages: the board of closed chats, a transcript, dead letters, exports, and the door. */
final class Board extends Handler.Abstract {

    private static final int ROWS = 50;
    private static final int SHOWN = 100;
    private static final int FORM_BYTES = 8 * 1024;
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
    public boolean handle(Request request, Response response, Callback callback) throws Exception {
        HEADERS.forEach((name, value) -> response.getHeaders().put(name, value));
        try {
            answer(request, response);
            callback.succeeded();
        } catch (SQLException | StoreException e) {
            System.err.println("the archive does not answer: " + e.getMessage());
            if (response.isCommitted()) {
                callback.failed(e);
            } else {
                error(response, 503, "The archive does not answer. Nothing is lost; try again in a moment.");
                callback.succeeded();
            }
        } catch (IOException e) {
            // The reader has gone.
            callback.failed(e);
        } catch (HttpException.RuntimeException e) {
            error(response, e.getCode(), "This form cannot be read.");
            callback.succeeded();
        }
        return true;
    }

    private void answer(Request request, Response response) throws SQLException, IOException {
        String path = Request.getPathInContext(request);
        boolean post = request.getMethod().equals("POST");
        if (!post && !request.getMethod().equals("GET")) {
            error(response, 405, "Only GET and POST are known here.");
        } else if (post && !fromHere(request)) {
            error(response, 403, "This form was sent from another site.");
        } else if (path.startsWith("/page/")) {
            asset(path.substring("/page/".length()), response);
        } else if (path.equals("/sign-in") && door.byPassword()) {
            signIn(request, response, post);
        } else {
            Optional<String> who = door.who(request);
            if (who.isPresent()) {
                signedIn(path, post, who.get(), request, response);
            } else if (post || path.equals("/stream") || path.equals("/charts") || !door.byPassword()) {
                error(response, 401, "Sign in first.");
            } else {
                redirect(response, "/sign-in");
            }
        }
    }

    /** Checks the origin of a form. If a browser does not send it, the form's token must do. */
    private static boolean fromHere(Request request) {
        String site = request.getHeaders().get("Sec-Fetch-Site");
        if (site != null) {
            return site.equals("same-origin");
        }
        String origin = request.getHeaders().get(HttpHeader.ORIGIN);
        String host = request.getHeaders().get(HttpHeader.HOST);
        return origin == null || origin.replaceFirst("^https?://", "").equals(host);
    }

    private void signIn(Request request, Response response, boolean post) throws IOException {
        if (!post) {
            html(response, 200, "sign-in", Map.of("problem", ""));
            return;
        }
        String password = value(form(request), "password");
        switch (door.signIn(password, request, response)) {
            case SIGNED_IN -> redirect(response, "/");
            case WRONG -> html(response, 403, "sign-in", Map.of("problem", "That is not the password."));
            case BUSY -> {
                response.getHeaders().put(HttpHeader.RETRY_AFTER, "1");
                html(response, 429, "sign-in", Map.of("problem", "Too many try at once. Try again in a moment."));
            }
        }
    }

    private void signedIn(String path, boolean post, String who, Request request, Response response)
            throws SQLException, IOException {
        if (post) {
            String token = form(request).getValue("token");
            if (!door.isFormToken(who, token)) {
                error(response, 403, "This form is too old. Go back, load the page again, and retry.");
                return;
            }
            change(path, request, response);
            return;
        }
        Fields query = Request.extractQueryParameters(request);
        Filter filter = filter(query);
        Matcher chat = CHAT.matcher(path);
        if (path.equals("/")) {
            board(filter, query, who, response);
        } else if (chat.matches()) {
            transcript(Long.parseLong(chat.group(1)), who, response);
        } else if (path.equals("/charts")) {
            html(response, 200, "charts", Map.of("charts", charts(filter)));
        } else if (path.equals("/dead-letters")) {
            deadLetters(value(query, "done"), who, response);
        } else if (path.equals("/stream")) {
            stream(filter, query, request, response);
        } else if (path.equals("/export.csv") || path.equals("/export.json")) {
            export(path.substring("/export.".length()), filter, response);
        } else {
            error(response, 404, "There is no such page.");
        }
    }

    private void change(String path, Request request, Response response) throws IOException {
        Matcher requeue = REQUEUE.matcher(path);
        if (requeue.matches()) {
            boolean done = deadLetters.requeue(Long.parseLong(requeue.group(1)), clock.instant());
            redirect(response, "/dead-letters?done=" + (done ? "requeued" : "gone"));
        } else if (path.equals("/sign-out")) {
            door.signOut(request, response);
            redirect(response, "/sign-in");
        } else {
            error(response, 404, "There is no such page.");
        }
    }

    private void board(Filter filter, Fields query, String who, Response response) throws SQLException, IOException {
        Chat before = archive.chat(number(value(query, "before"))).orElse(null);
        // Read before the rows: what is archived between the two comes by the stream, too, and replaces its row.
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
        html(response, 200, "board", values);
    }

    private Charts charts(Filter filter) throws SQLException {
        return Charts.of(archive, filter, clock.instant());
    }

    private void transcript(long id, String who, Response response) throws SQLException, IOException {
        Optional<Chat> chat = archive.chat(id);
        if (chat.isEmpty()) {
            error(response, 404, "There is no such chat.");
            return;
        }
        Map<String, Object> values = common(who);
        values.put("chat", chat.get());
        values.put("messages", archive.messages(id));
        html(response, 200, "chat", values);
    }

    private void deadLetters(String done, String who, Response response) throws IOException {
        Map<String, Object> values = common(who);
        List<DeadLetter> letters = deadLetters.list(0, SHOWN);
        values.put("letters", letters);
        values.put("deadLetterCount", count(letters));
        values.put(
                "said",
                switch (done) {
                    case "requeued" -> "The event is handled again.";
                    case "gone" -> "That event is no dead letter any more.";
                    default -> "";
                });
        html(response, 200, "dead-letters", values);
    }

    private void stream(Filter filter, Fields query, Request request, Response response)
            throws SQLException, IOException {
        String last = request.getHeaders().get("Last-Event-ID");
        long from = number(last == null ? value(query, "after") : last);
        if (!live.follow(from, id -> archive.after(filter, id, ROWS), this::row, response)) {
            response.getHeaders().put(HttpHeader.RETRY_AFTER, "10");
            error(response, 503, "Too many pages are open.");
        }
    }

    private String row(Chat chat) {
        return pages.html("row", Map.of("chat", chat));
    }

    private void export(String format, Filter filter, Response response) throws SQLException, IOException {
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

    private static Fields form(Request request) {
        try {
            return FormFields.getFields(request, 5, FORM_BYTES);
        } catch (IllegalArgumentException e) {
            throw new HttpException.RuntimeException(400, e);
        }
    }

    private static String value(Fields fields, String name) {
        String value = fields.getValue(name);
        return value == null ? "" : value;
    }

    private static long number(@Nullable String text) {
        return text != null && text.matches("\\d{1,18}") ? Long.parseLong(text) : 0;
    }

    private void asset(String name, Response response) throws IOException {
        Optional<byte[]> asset = pages.asset(name);
        if (asset.isEmpty()) {
            error(response, 404, "There is no such file.");
            return;
        }
        response.getHeaders().put(HttpHeader.CACHE_CONTROL, "no-cache");
        send(response, 200, Pages.type(name), asset.get());
    }

    private void html(Response response, int status, String template, Map<String, Object> values) throws IOException {
        String html = pages.html(template, values);
        send(response, status, "text/html; charset=utf-8", html.getBytes(StandardCharsets.UTF_8));
    }

    private void error(Response response, int status, String said) throws IOException {
        html(response, status, "error", Map.of("said", said));
    }

    private static void redirect(Response response, String to) {
        response.setStatus(303);
        response.getHeaders().put(HttpHeader.LOCATION, to);
    }

    private static void send(Response response, int status, String type, byte[] bytes) throws IOException {
        response.setStatus(status);
        response.getHeaders().put(HttpHeader.CONTENT_TYPE, type);
        response.getHeaders().put(HttpHeader.CONTENT_LENGTH, bytes.length);
        Content.Sink.write(response, true, ByteBuffer.wrap(bytes));
    }
}
