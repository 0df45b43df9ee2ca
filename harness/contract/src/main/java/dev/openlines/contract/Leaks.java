// SPDX-License-Identifier: Apache-2.0
package dev.openlines.contract;

import static dev.openlines.contract.Level.MUST;
import static dev.openlines.contract.Oracle.H;
import static dev.openlines.contract.Oracle.L;
import static dev.openlines.contract.Oracle.R;

import java.util.List;
import java.util.Set;

/** Leaks (701 to 719) and what an operator sees (801 to 819). */
final class Leaks {

    /** The most characters of a line of the log that a finding shows. */
    private static final int EXCERPT = 160;

    private Leaks() {}

    @Case(
            id = 701,
            level = MUST,
            needs = H,
            lane = Lane.AFTER,
            sends = "every answer of the whole run",
            requires = "hold no secret, in any encoding",
            source = "practice")
    static void answers(CaseRun run) {
        run.answers().leaks().forEach(leak -> run.fail("no secret in any answer", leak));
        if (run.answers().number() == 0 && !run.dry()) {
            run.notObserved("answers: this run sent nothing");
        }
    }

    @Case(
            id = 702,
            level = MUST,
            needs = L,
            lane = Lane.AFTER,
            sends = "the handler's log and output over the whole run",
            requires = "hold no secret, at any level",
            source = "practice")
    static void log(CaseRun run) {
        if (!run.seesLog()) {
            return;
        }
        String log = run.log().text();
        Set<String> found = run.canaries().in(log);
        if (!found.isEmpty()) {
            run.fail(
                    "no secret in the log",
                    "<" + String.join(">, <", found.stream().limit(8).toList()) + ">" + firstLine(run, log));
        }
        if (Canaries.isPlain(run.identity().proof().reveal())) {
            run.notObserved("the application token in the log: ordinary text may hold it by chance;"
                    + " choose one of 32 random digits");
        }
    }

    /** Returns the first line of the log with a secret, masked and cut. */
    private static String firstLine(CaseRun run, String log) {
        return log.lines()
                .filter(line -> !run.canaries().in(line).isEmpty())
                .findFirst()
                .map(line -> {
                    String masked = run.canaries().masked(line);
                    int at = Math.max(0, masked.indexOf('<') - EXCERPT / 2);
                    return ", first in the line: "
                            + masked.substring(at, Math.min(masked.length(), at + EXCERPT))
                                    .strip();
                })
                .orElse("");
    }

    @Case(
            id = 703,
            level = MUST,
            needs = {H, L},
            sends = "a mark inside a broken body, an unknown key and a value too long",
            requires = "neither answer with it nor log it",
            source = "practice: errors quote their input")
    static void marks(CaseRun run) {
        String mark = "canary" + run.mint().hex(18);
        // The last body names it as a chat.
        run.account().know(mark);
        List<byte[]> bodies = List.of(
                EventBody.latin("%%%" + mark + "%GG=&&[" + mark),
                run.event()
                        .add(mark, "1")
                        .set("auth[application_token]", run.forged())
                        .bytes(),
                run.event().set("auth[application_token]", mark.repeat(60)).bytes(),
                run.event()
                        .without("auth[application_token]")
                        .set("event", mark)
                        .bytes(),
                run.event()
                        .set("ts", mark)
                        .set("auth[application_token]", run.forged())
                        .bytes(),
                run.event()
                        .set("data[DATA][connector][chat_id]", mark)
                        .without("data[DATA][chat]")
                        .bytes());
        for (byte[] body : bodies) {
            echoes(run, run.post(body), mark);
        }
        Request json = run.request(EventBody.latin("{\"event\":\"" + mark)).header("Content-Type", "application/json");
        echoes(run, run.send(json), mark);
        run.aliveWithoutEvidence();
        boolean unused = run.seesLog();
        run.atEnd(() -> {
            if (run.log().text().contains(mark)) {
                run.fail("no content of a broken request in the log", "the mark of one");
            }
        });
    }

    @Case(
            id = 704,
            level = MUST,
            needs = R,
            lane = Lane.AFTER,
            sends = "the request lines of the handler's calls to the portals",
            requires = "name no access token and no client secret if a header or a body can",
            source = "practice: addresses end up in logs")
    static void callLines(CaseRun run) {
        for (Listener.Seen call : run.front().seen()) {
            Set<String> found = run.canaries().in(call.line());
            String path = call.line().split("[ ?]", 3).length > 1 ? call.line().split("[ ?]", 3)[1] : "";
            boolean exchange = path.contains("oauth/token");
            if (found.stream().anyMatch(name -> name.startsWith("access_token") || name.startsWith("client_secret"))) {
                String expected = "no secret in the address of a call";
                if (exchange) {
                    run.warn(expected, "one in " + path);
                } else {
                    run.fail(expected, "one in " + path);
                    return;
                }
            }
        }
    }

    @Case(
            id = 705,
            level = MUST,
            needs = H,
            lane = Lane.AFTER,
            sends = "the answers to errors",
            requires = "show no stack trace, class name, path, SQL or version",
            source = "practice")
    static void errorAnswers(CaseRun run) {
        run.answers().telling().stream().limit(8).forEach(what -> {
            if (what.startsWith(Telltale.PROXY_BANNER) && run.intermediary().isProxy()) {
                run.warn("error answers of the proxy that tell nothing", what);
            } else {
                run.fail("error answers that tell nothing", what);
            }
        });
        if (run.answers().number() == 0 && !run.dry()) {
            run.notObserved("answers: this run sent nothing");
        }
    }

    private static void echoes(CaseRun run, Reply reply, String mark) {
        if ((reply.head() + reply.text()).contains(mark)) {
            run.fail("no content of a broken request in the answer", "the mark of one, with " + reply.outcome());
        }
    }
}
