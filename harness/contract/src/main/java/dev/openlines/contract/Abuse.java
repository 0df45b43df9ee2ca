// SPDX-License-Identifier: Apache-2.0
package dev.openlines.contract;

import static dev.openlines.contract.Level.MUST;
import static dev.openlines.contract.Level.SHOULD;
import static dev.openlines.contract.Oracle.E;
import static dev.openlines.contract.Oracle.H;
import static dev.openlines.contract.Oracle.L;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import java.util.zip.GZIPOutputStream;

/** Limits and abuse: 301 to 329. */
final class Abuse {

    private static final Duration MINUTE = Duration.ofSeconds(60);

    /** If the profile edge is not selected, the end of the wait only decides about a warning. */
    private static final Duration A_WHILE = Duration.ofSeconds(15);

    private static final int REFUSED = 300;

    /**
     * The bytes that the log may grow for each refused request. An access log and a record with a reason need less.
     */
    private static final long PRINTED = 512;

    private Abuse() {}

    @Case(
            id = 301,
            level = MUST,
            needs = {H, E},
            sends = "an authentic event of five kilobytes",
            requires = "acknowledge it",
            source = "the largest captured body has 4.6 KB")
    static void fiveKilobytes(CaseRun run) {
        run.good(padded(run, 5_000), "an event of 5 KB");
    }

    @Case(
            id = 302,
            level = SHOULD,
            needs = {H, E},
            sends = "an authentic event of 64 kilobytes, padded with unknown keys",
            requires = "acknowledge it and have one effect",
            source = "practice: room for growth")
    static void sixtyFourKilobytes(CaseRun run) {
        run.good(padded(run, 64_000), "an event of 64 KB");
    }

    @Case(
            id = 303,
            level = MUST,
            needs = {H, L},
            lane = Lane.ALONE,
            sends = "ten megabytes with the right token at the end",
            requires = "refuse with 413 or 4xx or close; take less than 64 MB for it",
            source = "practice: unbounded bodies")
    static void tenMegabytes(CaseRun run) {
        long before = Footprint.memory(run);
        EventBody event = run.event();
        StringBuilder pad = new StringBuilder(10_500_000);
        for (int i = 0; i < 640; i++) {
            pad.append("pad").append(i).append('=').append("x".repeat(16_000)).append('&');
        }
        byte[] body = (pad + event.text(EventBody.Style.PLATFORM)).getBytes(StandardCharsets.ISO_8859_1);
        Reply reply = run.send(run.request(body), Duration.ofSeconds(15));
        run.refusedOrClosed(reply, "a body of 10 MB");
        Footprint.grewBy(run, before, "a body of 10 MB");
        run.aliveWithoutEvidence();
    }

    @Case(
            id = 304,
            level = MUST,
            needs = {H, L},
            lane = Lane.LONG,
            sends = "two gigabytes promised, ten kilobytes sent, then nothing",
            requires =
                    "allocate nothing for the promise, serve others meanwhile, and in the edge profile end it within 60 s",
            source = "practice: slow bodies")
    static void promise(CaseRun run) throws InterruptedException {
        long before = Footprint.memory(run);
        byte[] part = padded(run, 10_000).bytes();
        Request request = run.request(part).header("Content-Length", "2147483647");
        try (Connection connection = run.open()) {
            connection.write(request.bytes());
            // A handler with one worker may serve the first request, and the second, before it handles the incomplete
            // one, but not all of them.
            for (int others = 0; others < 5; others++) {
                run.aliveWithoutEvidence();
            }
            Footprint.grewBy(run, before, "a promise of 2 GB");
            boolean edge = run.settings().profiles.contains(Profile.EDGE);
            Reply reply = run.seen(connection.read(edge ? MINUTE : A_WHILE));
            if (reply.status() == 0 && !reply.closed()) {
                waitsForEver(run, reply, edge);
            } else if (reply.is2xx()) {
                run.fail("4xx or a closed connection for a body that does not come", reply);
            }
        }
        run.aliveWithoutEvidence();
    }

    @Case(
            id = 305,
            level = MUST,
            needs = H,
            lane = Lane.ALONE,
            sends = "a hundred thousand pairs",
            requires = "answer in time without breaking down, best with 4xx",
            source = "PHP stops at a thousand variables")
    static void manyPairs(CaseRun run) {
        StringBuilder pairs = new StringBuilder();
        for (int i = 0; i < 100_000; i++) {
            pairs.append("&k").append(i).append("=1");
        }
        inTime(run, run.post(with(run.event(), pairs)), "100 000 pairs");
        run.aliveWithoutEvidence();
    }

    @Case(
            id = 306,
            level = MUST,
            needs = H,
            lane = Lane.ALONE,
            sends = "a key nested a thousand and a hundred thousand deep",
            requires = "not run out of stack; refuse or ignore it",
            source = "practice: recursion over input")
    static void deepKeys(CaseRun run) {
        for (int depth : List.of(1_000, 100_000)) {
            String key = "&data" + "%5Ba%5D".repeat(depth) + "=1";
            standsOrCloses(run, run.post(with(run.event(), key)), "a key nested " + depth + " deep");
        }
        run.aliveWithoutEvidence();
    }

    @Case(
            id = 307,
            level = MUST,
            needs = {H, L},
            lane = Lane.ALONE,
            sends = "an index of 999 999 999 in the list of chats",
            requires = "make no giant array; refuse it or read it as a map",
            source = "practice: arrays by index")
    static void giantIndex(CaseRun run) {
        long before = Footprint.memory(run);
        String auth = run.event().without("data").text(EventBody.Style.PLATFORM);
        String chat = run.chat();
        String body = auth + "&data%5BDATA%5D%5B999999999%5D%5Bchat%5D%5Bchat_id%5D=" + chat
                + "&data%5BDATA%5D%5B999999999%5D%5Bconnector%5D%5Bchat_id%5D=" + chat;
        Reply reply = run.post(body.getBytes(StandardCharsets.ISO_8859_1));
        if (run.stands(reply, "an index of 999 999 999") && reply.answered().compareTo(run.settings().ackMax) > 0) {
            run.fail("an answer in time for an index of 999 999 999", reply);
        }
        Footprint.grewBy(run, before, "an index of 999 999 999");
        run.aliveWithoutEvidence();
    }

    @Case(
            id = 308,
            level = SHOULD,
            needs = H,
            lane = Lane.ALONE,
            sends = "60 000 keys that collide in the hash tables of Java, PHP or JavaScript",
            requires = "answer in time",
            source = "practice: hash flooding")
    static void collidingKeys(CaseRun run) {
        inTime(run, run.post(with(run.event(), javaTwins())), "60 000 keys with one Java hash");
        inTime(run, run.post(with(run.event(), phpTwins())), "60 000 keys with one PHP hash");
        run.aliveWithoutEvidence();
    }

    @Case(
            id = 309,
            level = MUST,
            needs = {H, E},
            sends = "the token after a thousand and one other pairs",
            requires = "acknowledge with effect or refuse; never an effect without having seen the token",
            source = "PHP stops at a thousand variables")
    static void lateToken(CaseRun run) {
        String right = run.identity().proof().reveal();
        StringBuilder pairs = new StringBuilder();
        for (int i = 0; i < 1_001; i++) {
            pairs.append("&k").append(i).append('=').append(i);
        }
        String token = "&auth%5Bapplication_token%5D=";
        EventBody good = run.event().without("auth[application_token]");
        Reply reply = run.post(with(good, pairs + token + EventBody.escape(right, EventBody.Style.PLATFORM)));
        run.takenOrRefused(reply, good, "the token after 1001 other pairs");
        EventBody bad = run.event().without("auth[application_token]");
        Reply other = run.post(with(bad, pairs + token + run.forged()));
        run.refused(other, "a wrong token after 1001 other pairs");
        run.noEffect(bad, "a wrong token after 1001 other pairs");
        run.alive();
    }

    @Case(
            id = 310,
            level = MUST,
            needs = {H, L},
            lane = Lane.ALONE,
            sends = "30 KB of gzip that inflate to 300 MB, declared as such",
            requires = "refuse it or read it as it is; inflate nothing beyond a limit",
            source = "practice: zip bombs")
    static void bomb(CaseRun run) {
        long before = Footprint.memory(run);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(out, 65_536)) {
            gzip.write((run.event().text(EventBody.Style.PLATFORM) + "&pad=").getBytes(StandardCharsets.ISO_8859_1));
            byte[] zeros = new byte[1 << 20];
            for (int i = 0; i < (run.dry() ? 1 : 300); i++) {
                gzip.write(zeros);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Request request = run.request(out.toByteArray()).header("Content-Encoding", "gzip");
        Reply reply = run.send(request, Duration.ofSeconds(20));
        run.refusedOrClosed(reply, "gzip that inflates to 300 MB");
        Footprint.grewBy(run, before, "gzip that inflates to 300 MB");
        run.aliveWithoutEvidence();
    }

    @Case(
            id = 311,
            level = SHOULD,
            needs = H,
            lane = Lane.ALONE,
            sends = "a body of 64 KB in chunks of one byte",
            requires = "handle it in time or refuse it",
            source = "practice")
    static void tinyChunks(CaseRun run) {
        byte[] body = padded(run, 60_000).bytes();
        int[] cuts = new int[body.length];
        for (int i = 0; i < cuts.length; i++) {
            cuts[i] = i;
        }
        Request request = run.request(body).chunked(cuts);
        inTime(run, run.send(request), "64 KB in chunks of one byte");
        run.aliveWithoutEvidence();
    }

    @Case(
            id = 312,
            level = SHOULD,
            needs = H,
            profile = Profile.EDGE,
            sends = "a header of 70 KB, 500 header lines, a request target of 64 KB",
            requires = "refuse with 4xx or close",
            source = "practice: servers differ widely")
    static void bigHeads(CaseRun run) {
        EventBody one = run.event();
        edge(run, run.send(run.request(one).header("X-Padding", "x".repeat(70_000))), "a header of 70 KB");
        Request many = run.request(run.event());
        for (int i = 0; i < 500; i++) {
            many.line("X-Padding-" + i + ": x");
        }
        edge(run, run.send(many), "500 header lines");
        String target = run.path();
        edge(run, run.send(run.request(run.event()).target(target + "?" + "x".repeat(65_536))), "a target of 64 KB");
        run.aliveWithoutEvidence();
    }

    @Case(
            id = 314,
            level = SHOULD,
            needs = H,
            lane = Lane.ALONE,
            sends = "a thousand open connections that say nothing",
            requires = "acknowledge a new event in time",
            source = "practice: a thread for each connection")
    static void idle(CaseRun run) {
        List<Connection> open = new ArrayList<>();
        try {
            for (int i = 0; i < (run.dry() ? 1 : 1_000); i++) {
                open.add(run.open());
            }
            run.aliveWithoutEvidence();
        } finally {
            open.forEach(Connection::close);
        }
    }

    @Case(
            id = 315,
            level = SHOULD,
            needs = {H, E},
            lane = Lane.ALONE,
            sends = "ten times the usual rate on one portal for 20 s",
            requires = "keep another portal's answers below the budget",
            source = "practice: noisy neighbours")
    static void noisyNeighbor(CaseRun run) throws InterruptedException {
        if (!run.knowsSecond() && !run.dry()) {
            return;
        }
        neighbours(run);
    }

    @Case(
            id = 316,
            level = SHOULD,
            needs = H,
            sends = "added messages of 20 000 Latin, Cyrillic, Chinese and emoji characters, up to 240 KB",
            requires = "acknowledge each; a handler of OnSessionFinish alone may refuse them",
            source = "documentation: a message has at most 20 000 characters")
    static void longMessages(CaseRun run) {
        for (String character : List.of("a", "я", "語", "😀")) {
            EventBody event = run.event()
                    .set("event", "ONOPENLINEMESSAGEADD")
                    .add("data[DATA][message][id]", "5")
                    .add("data[DATA][message][text]", character.repeat(20_000));
            Reply reply = run.post(event.atEnd("ts").atEnd("auth"));
            run.acked(reply, "a message of 20 000 times " + character);
        }
        run.alive();
    }

    @Case(
            id = 319,
            level = SHOULD,
            needs = {H, L},
            lane = Lane.ALONE,
            sends =
                    "three hundred refused requests of each kind, four kilobytes each: with a wrong token, unreadable, with a broken header line",
            requires = "refuse them, and print less than 512 bytes for each",
            source = "practice: strangers must not fill the disk")
    static void refusedInTheLog(CaseRun run) throws InterruptedException {
        if (!run.seesLog() && !run.dry()) {
            return;
        }
        String padding = run.mint().hex(4_096);
        prints(run, "events with a wrong token", () -> {
            EventBody event =
                    run.event().set("auth[application_token]", run.forged()).add("pad", padding);
            run.noEffect(event, "events with a wrong token");
            return run.request(event);
        });
        prints(run, "bodies that are no form", () -> run.request(EventBody.latin("%%%=&[" + padding)));
        prints(run, "requests with a broken header line", () -> {
            EventBody event = run.event().set("auth[application_token]", run.forged());
            run.noEffect(event, "requests with a broken header line");
            return run.request(event).line("X Broken\u0000: " + padding);
        });
        run.alive();
    }

    static EventBody padded(CaseRun run, int size) {
        EventBody event = run.event();
        int room = size - event.bytes().length;
        for (int i = 0; room > 40; i++) {
            int length = Math.min(1_000, room) - 20;
            event.add("data[PAD][p" + i + "]", "x".repeat(Math.max(1, length)));
            room = size - event.bytes().length;
        }
        return event.atEnd("ts").atEnd("auth");
    }

    private static byte[] with(EventBody event, CharSequence pairs) {
        return EventBody.join(event.bytes(), pairs.toString().getBytes(StandardCharsets.ISO_8859_1));
    }

    private static void inTime(CaseRun run, Reply reply, String what) {
        if (run.intermediary().closed(reply)) {
            return;
        }
        if (run.stands(reply, what) && reply.answered().compareTo(run.settings().ackMax) > 0) {
            run.fail("an answer within " + run.settings().ackMax.toMillis() + " ms for " + what, reply);
        } else if (reply.is2xx()) {
            run.note(what + ": answered with " + reply.status() + "; 4xx would be better");
        }
    }

    private static void standsOrCloses(CaseRun run, Reply reply, String what) {
        if (!run.intermediary().closed(reply)) {
            run.stands(reply, what);
        }
    }

    /**
     * Reports an answer that never ends. The handler's server decides this. A server that faces the internet must end
     * it, but php -S behind a proxy need not.
     */
    private static void waitsForEver(CaseRun run, Reply reply, boolean edge) {
        if (edge) {
            run.fail("an answer or a closed connection within 60 s for a body that does not come", reply);
        } else {
            run.warn(
                    "an answer or a closed connection within " + A_WHILE.toSeconds()
                            + " s for a body that does not come (with --profile edge it must come within 60 s)",
                    reply);
        }
    }

    /**
     * Returns keys with equal hashes in Java. Aa and BB have equal hashes, so all words of one length that consist of
     * them do, too.
     */
    private static StringBuilder javaTwins() {
        StringBuilder pairs = new StringBuilder();
        for (int i = 0; i < 60_000; i++) {
            pairs.append('&');
            for (int bit = 15; bit >= 0; bit--) {
                pairs.append((i >> bit & 1) == 0 ? "Aa" : "BB");
            }
            pairs.append("=1");
        }
        return pairs;
    }

    /** Returns keys with equal hashes in PHP, whose hash multiplies by 33, so that Ez and FY have equal hashes. */
    private static StringBuilder phpTwins() {
        StringBuilder pairs = new StringBuilder();
        for (int i = 0; i < 60_000; i++) {
            pairs.append('&');
            for (int bit = 15; bit >= 0; bit--) {
                pairs.append((i >> bit & 1) == 0 ? "Ez" : "FY");
            }
            pairs.append("=1");
        }
        return pairs;
    }

    private static void edge(CaseRun run, Reply reply, String what) {
        if (!run.intermediary().closed(reply) && (reply.is5xx() || reply.status() == 0)) {
            run.fail("4xx or a closed connection for " + what, reply);
        }
    }

    /** Sends requests of one kind, which are to be refused, and compares the length of the log. */
    private static void prints(CaseRun run, String what, Supplier<Request> kind) throws InterruptedException {
        long before = run.log().length();
        Load load = new Load(run, 16);
        for (int i = 0; i < (run.dry() ? 1 : REFUSED); i++) {
            load.add(kind.get().bytes());
        }
        load.begin(Duration.ZERO);
        for (Reply reply : load.await()) {
            if (run.byQueue(reply)) {
                run.notObserved("what a refused request prints: the queue answers before the handler sees it");
                return;
            }
            if (reply.is2xx() && !run.dry()) {
                run.fail("4xx or a closed connection for each of " + REFUSED + " " + what, reply);
                return;
            }
        }
        long printed = grownTo(run) - before;
        if (printed >= REFUSED * PRINTED) {
            run.failUnlessBusy(
                    "less than " + PRINTED + " bytes in the log for each of " + REFUSED + " " + what,
                    printed / REFUSED + " bytes each");
        }
    }

    /** Returns the length of the log as soon as it grows no more; logs may be written late. */
    private static long grownTo(CaseRun run) throws InterruptedException {
        long length = run.log().length();
        for (int i = 0; i < 20 && !run.dry(); i++) {
            Thread.sleep(100);
            long now = run.log().length();
            if (now == length) {
                return length;
            }
            length = now;
        }
        return length;
    }

    private static void neighbours(CaseRun run) throws InterruptedException {
        Identity other = run.second();
        Load load = new Load(run, 16);
        for (int i = 0; i < 2_000; i++) {
            load.add(run.request(run.event()).bytes());
        }
        load.begin(Duration.ofMillis(10));
        for (int i = 0; i < 40; i++) {
            EventBody event = run.event(other, run.chat());
            run.acked(run.post(event), "another portal's event during a flood");
            if (!run.dry()) {
                Thread.sleep(500);
            }
        }
        load.await();
        run.alive();
    }
}
