// SPDX-License-Identifier: Apache-2.0
package dev.openlines.contract;

import static dev.openlines.contract.Level.MUST;
import static dev.openlines.contract.Level.SHOULD;
import static dev.openlines.contract.Oracle.E;
import static dev.openlines.contract.Oracle.H;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;

/** Ordinary HTTP behavior: 401 to 409, 414, 416 and 419 to 424. {@link SlowPeers} has slow and broken requests. */
final class HttpBehavior {

    private HttpBehavior() {}

    @Case(
            id = 401,
            level = MUST,
            needs = {H, E},
            sends = "GET with the whole event in the query",
            requires = "have no effect and not break down; best answer 405 with Allow: POST",
            source = "documentation: events are POST")
    static void get(CaseRun run) {
        EventBody event = run.event();
        String target = run.path();
        String with = target + (target.contains("?") ? "&" : "?") + event.text(EventBody.Style.PLATFORM);
        run.canaries().excuseTarget(with);
        Reply reply = run.send(run.request(new byte[0])
                .method("GET")
                .target(with)
                .header("Content-Type", null)
                .header("Content-Length", null));
        run.stands(reply, "GET");
        run.noEffect(event, "GET");
        if (reply.status() != 405 || reply.header("Allow").isEmpty()) {
            run.warn("status 405 with an Allow line for GET", reply);
        }
        run.alive();
    }

    @Case(
            id = 402,
            level = SHOULD,
            needs = {H, E},
            sends = "HEAD, OPTIONS, PUT, DELETE, PATCH, TRACE, and post in small letters",
            requires = "have no effect, not break down, and not echo TRACE",
            source = "RFC 9110")
    static void methods(CaseRun run) {
        for (String method : List.of("HEAD", "OPTIONS", "PUT", "DELETE", "PATCH", "TRACE", "post")) {
            EventBody event = run.event();
            Reply reply = run.send(run.request(event).method(method));
            if (!run.intermediary().closed(reply)) {
                run.stands(reply, "the method " + method);
            }
            run.noEffect(event, "the method " + method);
            if (method.equals("TRACE") && reply.text().contains(event.chatId())) {
                run.fail("no echo of TRACE", "the request in the answer");
            }
        }
        run.alive();
    }

    @Case(
            id = 403,
            level = MUST,
            needs = {H, E},
            sends = "the content type in capitals, with a charset, with odd spaces",
            requires = "acknowledge each and have one effect each",
            source = "RFC 9110: types are case-insensitive")
    static void contentTypes(CaseRun run) {
        for (String type : List.of(
                "APPLICATION/X-WWW-FORM-URLENCODED",
                Request.FORM + ";charset=utf-8",
                Request.FORM + " ;  charset=UTF-8")) {
            EventBody event = run.event();
            run.acked(run.send(run.request(event).header("Content-Type", type)), "the type " + type);
            run.effects(event, 1, "the type " + type);
        }
    }

    @Case(
            id = 404,
            level = MUST,
            needs = {H, E},
            sends = "no content type, text/plain, application/octet-stream",
            requires = "take it with effect or refuse it with 415; never break down, never lose what was taken",
            source = "practice: one documented rule")
    static void otherTypes(CaseRun run) {
        for (String type : List.of("", "text/plain", "application/octet-stream")) {
            EventBody event = run.event();
            Request request = run.request(event).header("Content-Type", type.isEmpty() ? null : type);
            Reply reply = run.send(request);
            String what = type.isEmpty() ? "no content type" : "the type " + type;
            run.takenOrRefused(reply, event, what);
            if (reply.is4xx() && reply.status() != 415) {
                run.warn("status 415 where " + what + " is not taken", reply);
            }
        }
        run.alive();
    }

    @Case(
            id = 405,
            level = MUST,
            needs = {H, E},
            sends = "plain chunks with borders inside %5B and inside the token",
            requires = "acknowledge it and have one effect",
            source = "RFC 9112")
    static void plainChunks(CaseRun run) {
        chunks(run, false);
    }

    @Case(
            id = 406,
            level = MUST,
            needs = {H, E},
            sends = "Expect: 100-continue with the body held back for a second",
            requires = "answer 2xx in the end; best send 100 before",
            source = "RFC 9110")
    static void expectContinue(CaseRun run) throws InterruptedException {
        EventBody event = run.event();
        Request request = run.request(event).header("Expect", "100-continue");
        try (Connection connection = run.open()) {
            connection.write(request.head()).pause(Duration.ofSeconds(1));
            boolean early = connection.answerWaits();
            Reply reply = run.read(connection.write(request.body()));
            if (!reply.is2xx()) {
                run.fail("status 2xx in the end for Expect: 100-continue", reply);
            }
            run.effects(event, 1, "Expect: 100-continue");
            if (!run.dry() && (!early || !reply.interim())) {
                run.warn("100 Continue before the body", "none within a second");
            }
        }
        run.alive();
    }

    @Case(
            id = 407,
            level = SHOULD,
            needs = H,
            sends = "Expect with something else",
            requires = "answer 417 or ignore it",
            source = "RFC 9110")
    static void unknownExpectation(CaseRun run) {
        Reply reply = run.send(run.request(run.event()).header("Expect", "the-unexpected"));
        if (!reply.is2xx() && reply.status() != 417) {
            run.fail("status 417 or 2xx for an unknown expectation", reply);
        }
        run.aliveWithoutEvidence();
    }

    @Case(
            id = 408,
            level = SHOULD,
            needs = {H, E},
            sends = "the event over HTTP/1.0",
            requires = "acknowledge it",
            source = "RFC 9112")
    static void http10(CaseRun run) {
        EventBody event = run.event();
        run.acked(run.send(run.request(event).version("HTTP/1.0").header("Connection", null)), "HTTP/1.0");
        run.effects(event, 1, "HTTP/1.0");
    }

    @Case(
            id = 409,
            level = MUST,
            needs = {H, E},
            sends = "a hundred events on one connection, then Connection: close",
            requires = "acknowledge all, mix up none, and close when asked to",
            source = "RFC 9112")
    static void keptAlive(CaseRun run) {
        Connection connection = run.open();
        int connections = 1;
        try {
            for (int i = 0; i < 100; i++) {
                EventBody event = run.event();
                boolean last = i == 99;
                Request request = run.request(event).header("Connection", last ? "close" : "keep-alive");
                Reply reply = connection.write(request.bytes()).read(run.patience());
                if (reply.status() == 0
                        && i > 0
                        && reply.failure() != null
                        && reply.failure().startsWith("closed")) {
                    connection.close();
                    connection = run.open();
                    connections++;
                    reply = connection.write(request.bytes()).read(run.patience());
                }
                run.seen(reply);
                if (!run.acked(reply, "event " + (i + 1) + " of 100 on a kept connection")) {
                    return;
                }
                run.effects(event, 1, "each of 100 events on a kept connection");
                if (!last
                        && reply.header("Connection")
                                .filter("close"::equalsIgnoreCase)
                                .isPresent()) {
                    connection.close();
                    connection = run.open();
                    connections++;
                }
            }
            if (!run.dry() && !connection.endsWithin(Duration.ofSeconds(3))) {
                run.fail("the connection closed after Connection: close", "it is still open 3 s later");
            }
            if (connections > 1) {
                run.note("the handler ended connections: 100 events took " + connections);
            }
        } finally {
            connection.close();
        }
    }

    @Case(
            id = 414,
            level = SHOULD,
            needs = {H, E},
            sends = "the sending direction closed after the request",
            requires = "answer all the same",
            source = "RFC 9112")
    static void halfClosed(CaseRun run) {
        EventBody event = run.event();
        try (Connection connection = run.open()) {
            Reply reply = run.read(connection.write(run.request(event).bytes()).half());
            if (reply.closed() && run.intermediary().isProxy()) {
                // The proxy takes the sender for gone, and may have passed the event on.
                run.warn("an answer of the proxy on a half-closed connection", reply);
                run.expect(
                        new Expectation(event.chatId(), run.identity().memberId(), 0, 1, "a half-closed connection"));
                return;
            }
            run.acked(reply, "a half-closed connection");
            run.effects(event, 1, "a half-closed connection");
        }
    }

    @Case(
            id = 416,
            level = MUST,
            needs = E,
            sends = "a connection reset in the middle of a body",
            requires = "have no effect from a part",
            source = "RFC 9112: an incomplete message")
    static void resetInBody(CaseRun run) throws InterruptedException {
        EventBody event = run.event();
        byte[] whole = with(event, "&pad=" + "x".repeat(2_000));
        Request request = run.request(whole);
        byte[] bytes = request.bytes();
        try (Connection connection = run.open()) {
            connection.write(java.util.Arrays.copyOf(bytes, bytes.length - 1_500));
            connection.pause(Duration.ofMillis(300));
            run.seen(Reply.notAwaited(connection.sentSoFar()));
            connection.reset();
        }
        run.noEffect(event, "a body that never ended");
        run.alive();
    }

    @Case(
            id = 419,
            level = MUST,
            needs = {H, E},
            sends = "Content-Encoding: gzip over a plain body, and over a real one",
            requires = "not break down; read the plain one as it is or refuse it",
            source = "practice")
    static void declaredGzip(CaseRun run) {
        EventBody plain = run.event();
        Reply reply = run.send(run.request(plain).header("Content-Encoding", "gzip"));
        run.takenOrRefused(reply, plain, "a plain body said to be gzip");
        EventBody packed = run.event();
        Reply other = run.send(run.request(SlowPeers.gzip(packed.bytes())).header("Content-Encoding", "gzip"));
        run.stands(other, "a gzip body");
        run.expect(new Expectation(packed.chatId(), run.identity().memberId(), 0, 1, "a gzip body"));
        run.alive();
    }

    @Case(
            id = 420,
            level = SHOULD,
            needs = H,
            sends = "the exact address, and with a slash, a query and a double slash",
            requires = "answer at the exact address, never with a redirect",
            source = "unknown whether the platform follows")
    static void exactAddress(CaseRun run) {
        Reply reply = run.post(run.event());
        if (reply.status() / 100 == 3) {
            run.fail("no redirect at the exact address", reply);
        }
        String target = run.path();
        for (String other : List.of(target + "/", target + "?a=1", "/" + target)) {
            run.stands(run.send(run.request(run.event()).target(other)), "another spelling of the address");
        }
    }

    @Case(
            id = 421,
            level = SHOULD,
            needs = H,
            sends = "a good event",
            requires = "answer briefly: no cookie, no HTML, a right length, no banner",
            source = "practice: the platform ignores the answer")
    static void brief(CaseRun run) {
        Reply reply = run.post(run.event());
        if (!run.acked(reply, "a good event") || run.dry()) {
            return;
        }
        if (reply.body().length > 1024) {
            run.fail("a body of at most 1024 bytes", reply.body().length + " bytes");
        }
        if (reply.header("Set-Cookie").isPresent()) {
            run.fail("no Set-Cookie", "one");
        }
        if (HTML.matcher(reply.text()).find()) {
            run.fail("no HTML", "markup in the body");
        }
        reply.head().lines().filter(line -> BANNER.matcher(line).matches()).forEach(line -> {
            String name = line.substring(0, line.indexOf(':'));
            if (name.equalsIgnoreCase("Server") && run.intermediary().isProxy()) {
                run.warn("no banner of the proxy", "the header line " + name);
            } else {
                run.fail("no banner", "the header line " + name);
            }
        });
    }

    @Case(
            id = 424,
            level = SHOULD,
            needs = {H, E},
            lane = Lane.LONG,
            sends = "bytes one by one, and one byte, two seconds, the rest",
            requires = "acknowledge both and have one effect each",
            source = "practice: segments are not messages")
    static void slices(CaseRun run) throws InterruptedException {
        EventBody sliced = run.event();
        try (Connection connection = run.open()) {
            for (byte b : run.request(sliced).bytes()) {
                connection.write(new byte[] {b});
            }
            run.acked(run.read(connection), "bytes one by one");
            run.effects(sliced, 1, "bytes one by one");
        }
        EventBody paused = run.event();
        byte[] bytes = run.request(paused).bytes();
        try (Connection connection = run.open()) {
            connection.write(new byte[] {bytes[0]}).pause(Duration.ofSeconds(2));
            connection.write(java.util.Arrays.copyOfRange(bytes, 1, bytes.length));
            Reply reply = run.read(connection);
            if (!reply.is2xx()) {
                run.fail("status 2xx for a request with a pause in it", reply);
            }
            run.effects(paused, 1, "a request with a pause in it");
        }
    }

    @Case(
            id = 425,
            level = SHOULD,
            needs = {H, E},
            sends = "chunks with an extension and a trailer",
            requires = "acknowledge it and have one effect",
            source = "RFC 9112; the JDK's HttpServer knows neither")
    static void chunkExtras(CaseRun run) {
        chunks(run, true);
    }

    private static byte[] with(EventBody event, String more) {
        return EventBody.join(event.bytes(), more.getBytes(StandardCharsets.US_ASCII));
    }

    private static void chunks(CaseRun run, boolean extras) {
        EventBody event = run.event();
        String text = event.text(EventBody.Style.PLATFORM);
        int bracket = text.indexOf("%5B") + 1;
        int token = text.length() - 7;
        String what = extras ? "a chunked body with an extension and a trailer" : "a body in plain chunks";
        Request request = run.request(event);
        run.acked(
                run.send(
                        extras
                                ? request.chunkedWithExtras(bracket, bracket + 1, token)
                                : request.chunked(bracket, bracket + 1, token)),
                what);
        run.effects(event, 1, what);
        run.alive();
    }

    private static final Pattern HTML = Pattern.compile("(?i)<(?:!doctype|html|body|pre|p|br|div|h1)\\b");
    private static final Pattern BANNER =
            Pattern.compile("(?i)^(?:x-powered-by|x-aspnet-version|x-runtime): *.+|^server: *.*\\d.*");
}
