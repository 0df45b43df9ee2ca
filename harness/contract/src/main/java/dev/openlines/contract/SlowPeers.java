// SPDX-License-Identifier: Apache-2.0
package dev.openlines.contract;

import static dev.openlines.contract.Level.MUST;
import static dev.openlines.contract.Level.SHOULD;
import static dev.openlines.contract.Oracle.E;
import static dev.openlines.contract.Oracle.H;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPOutputStream;

/** Slow and broken HTTP requests of group E: 410 to 413, 417 and 418. */
final class SlowPeers {

    private static final Duration MINUTE = Duration.ofSeconds(60);
    private static final Duration A_WHILE = Duration.ofSeconds(2);

    private SlowPeers() {}

    @Case(
            id = 410,
            level = SHOULD,
            needs = {H, E},
            profile = Profile.EDGE,
            sends = "two events at once on one connection",
            requires = "answer both in order, or close after one",
            source = "RFC 9112")
    static void pipelined(CaseRun run) {
        EventBody one = run.event();
        EventBody two = run.event();
        try (Connection connection = run.open()) {
            connection.write(EventBody.join(
                    run.request(one).header("Connection", "keep-alive").bytes(),
                    run.request(two).bytes()));
            Reply first = run.read(connection);
            run.acked(first, "the first of two events sent at once");
            run.effects(one, 1, "the first of two events sent at once");
            Reply second = run.read(connection);
            if (second.status() != 0 && !second.is2xx()) {
                run.fail("status 2xx, or the connection closed, for the second of two events", second);
            }
            run.expect(new Expectation(
                    two.chatId(),
                    run.identity().memberId(),
                    second.is2xx() ? 1 : 0,
                    1,
                    "the second of two events sent at once"));
        }
        run.alive();
    }

    @Case(
            id = 411,
            level = MUST,
            needs = {H, E},
            lane = Lane.LONG,
            sends = "an authentic event whose last 200 bytes come one each tenth of a second, beside normal traffic",
            requires = "keep normal traffic in time; acknowledge the slow one, or end it",
            source = "practice: slow bodies")
    static void dripping(CaseRun run) throws InterruptedException {
        EventBody event = run.event();
        Request request = run.request(event);
        try (Connection connection = run.open()) {
            byte[] body = request.body();
            int slow = body.length - 200;
            connection.write(EventBody.join(request.head(), java.util.Arrays.copyOf(body, slow)));
            for (int i = slow; i < body.length && connection.isOpen() && !connection.answerWaits(); i++) {
                connection.write(new byte[] {body[i]}).pause(Duration.ofMillis(100));
                if (i % 50 == 25) {
                    run.aliveWithoutEvidence();
                }
            }
            Reply reply = run.read(connection);
            if (reply.is2xx()) {
                run.effects(event, 1, "a slow event that was acknowledged");
            } else if (!reply.refusedOrClosed()) {
                run.fail("status 2xx, 408 or a closed connection for a slow event", reply);
            } else {
                run.noEffect(event, "a slow event that was refused");
            }
        }
        run.alive();
    }

    @Case(
            id = 412,
            level = MUST,
            needs = H,
            profile = Profile.EDGE,
            lane = Lane.ALONE,
            sends = "two hundred connections that drip header lines",
            requires = "acknowledge a normal event in time; best end the slow ones within a minute",
            source = "practice: slowloris")
    static void slowHeaders(CaseRun run) throws InterruptedException {
        List<Connection> slow = new ArrayList<>();
        try {
            byte[] start = EventBody.latin("POST " + run.path() + " HTTP/1.1\r\nHost: x\r\n");
            for (int i = 0; i < (run.dry() ? 1 : 200); i++) {
                slow.add(run.open().write(start));
            }
            for (int i = 0; i < 5; i++) {
                for (Connection connection : slow) {
                    connection.write(EventBody.latin("X-Drip-" + i + ": 1\r\n"));
                }
                run.aliveWithoutEvidence();
                slow.get(0).pause(Duration.ofSeconds(1));
            }
            long end = System.nanoTime() + MINUTE.toNanos();
            boolean ended = slow.get(0).endsWithin(Duration.ofNanos(Math.max(1, end - System.nanoTime())));
            if (!run.dry() && !ended) {
                run.warn("connections that drip headers ended within 60 s", "they stay open");
            }
        } finally {
            slow.forEach(Connection::close);
        }
        run.aliveWithoutEvidence();
    }

    @Case(
            id = 413,
            level = SHOULD,
            needs = H,
            lane = Lane.ALONE,
            sends = "two hundred requests whose answers are not read",
            requires = "keep normal traffic in time",
            source = "practice: slow readers")
    static void unreadAnswers(CaseRun run) {
        List<Connection> unread = new ArrayList<>();
        try {
            for (int i = 0; i < (run.dry() ? 1 : 200); i++) {
                Connection connection = run.open();
                unread.add(connection.write(run.request(run.event()).bytes()));
            }
            run.aliveWithoutEvidence();
        } finally {
            unread.forEach(Connection::close);
        }
    }

    @Case(
            id = 417,
            level = MUST,
            needs = {H, E},
            profile = Profile.EDGE,
            sends = "contradictory lengths with a second event hidden in the tail",
            requires = "refuse or close; the hidden event has no effect",
            source = "RFC 9112: request smuggling")
    static void smuggled(CaseRun run) {
        EventBody outer = run.event();
        String host = Request.authority(run.wire().target());
        String target = run.path();
        String start = "POST " + target + " HTTP/1.1\r\nHost: " + host + "\r\nContent-Type: " + Request.FORM + "\r\n";
        String body = outer.text(EventBody.Style.PLATFORM);
        List<String> lengths = List.of(
                "Content-Length: %d\r\nTransfer-Encoding: chunked\r\n",
                "Content-Length: 5\r\nContent-Length: %d\r\n", "Content-Length: -1\r\n");
        for (String length : lengths) {
            EventBody hidden = run.event();
            String tail = new String(run.request(hidden).bytes(), StandardCharsets.ISO_8859_1);
            String head = start + String.format(java.util.Locale.ROOT, length, body.length() + tail.length()) + "\r\n";
            String chunk = length.contains("chunked") ? "0\r\n\r\n" : body;
            try (Connection connection = run.open()) {
                Reply reply = run.read(connection.write(EventBody.latin(head + chunk + tail)));
                if (!reply.refusedOrClosed() && reply.status() != 501) {
                    run.fail("status 4xx or a closed connection for contradictory lengths", reply);
                }
                connection.endsWithin(Duration.ofMillis(500));
            }
            run.noEffect(hidden, "an event hidden behind contradictory lengths");
        }
        run.alive();
    }

    @Case(
            id = 418,
            level = SHOULD,
            needs = {H, E},
            profile = Profile.EDGE,
            sends = "bad and missing chunks, bare line feeds, folded lines, spaces before colons, no Host",
            requires = "refuse or close; no effect",
            source = "RFC 9112")
    static void bentHttp(CaseRun run) {
        String target = run.path();
        String host = "Host: " + Request.authority(run.wire().target()) + "\r\n";
        String form = "Content-Type: " + Request.FORM + "\r\n";
        String post = "POST " + target + " HTTP/1.1\r\n";
        String chunked = post + host + form + "Transfer-Encoding: chunked\r\n\r\n";
        EventBody badSize = run.event();
        bent(run, "a chunk size that is no number", chunked + "xyz\r\n" + text(badSize) + "\r\n0\r\n\r\n", badSize);
        EventBody noEnd = run.event();
        Reply waited =
                sent(run, chunked + Integer.toHexString(text(noEnd).length()) + "\r\n" + text(noEnd) + "\r\n", A_WHILE);
        // More chunks may come, so waiting is right.
        if (waited.is2xx()) {
            run.fail("no acknowledgement of chunks without their end", waited);
        }
        run.noEffect(noEnd, "chunks without their end");
        EventBody bare = run.event();
        Reply bareReply =
                sent(run, (post + host + form + length(bare)).replace("\r\n", "\n") + "\n" + text(bare), A_WHILE);
        // RFC 9112 allows a recipient to treat a bare line feed as the end of a line.
        run.expect(new Expectation(
                bare.chatId(),
                run.identity().memberId(),
                bareReply.is2xx() ? 1 : 0,
                1,
                "bare line feeds between header lines"));
        EventBody folded = run.event();
        bent(
                run,
                "a folded header line",
                post + host + form + "X-Folded: a\r\n b\r\n" + length(folded) + "\r\n" + text(folded),
                folded);
        EventBody spaced = run.event();
        bent(
                run,
                "a space before a colon",
                post + host + form + length(spaced).replace(":", " :") + "\r\n" + text(spaced),
                spaced);
        EventBody noHost = run.event();
        bent(run, "no Host", post + form + length(noHost) + "\r\n" + text(noHost), noHost);
        EventBody twoHosts = run.event();
        bent(
                run,
                "two Hosts",
                post + host + "Host: other\r\n" + form + length(twoHosts) + "\r\n" + text(twoHosts),
                twoHosts);
        run.alive();
    }

    static byte[] gzip(byte[] body) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
            gzip.write(body);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toByteArray();
    }

    private static void bent(CaseRun run, String what, String request, EventBody event) {
        Reply reply = sent(run, request, run.patience());
        if (!reply.refusedOrClosed()) {
            run.fail("status 4xx or a closed connection for " + what, reply);
        }
        run.noEffect(event, what);
    }

    /**
     * Sends the whole request and leaves the sending direction open, because some servers drop a client that has closed
     * it.
     */
    private static Reply sent(CaseRun run, String request, Duration patience) {
        try (Connection connection = run.open()) {
            return run.seen(connection.write(EventBody.latin(request)).read(patience));
        }
    }

    private static String text(EventBody event) {
        return event.text(EventBody.Style.PLATFORM);
    }

    private static String length(EventBody event) {
        return "Content-Length: " + text(event).length() + "\r\n";
    }
}
