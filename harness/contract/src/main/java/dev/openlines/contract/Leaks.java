// SPDX-License-Identifier: Apache-2.0
package dev.openlines.contract;

import static dev.openlines.contract.ContractCase.numbered;
import static dev.openlines.contract.Level.MUST;

import java.util.List;
import java.util.Set;

/** Leaks (701 to 719) and what an operator sees (801 to 819). */
final class Leaks {

    private Leaks() {}

    static List<ContractCase> cases() {
        return List.of(
                numbered(701, MUST, "H", "every answer of the whole run", "hold no secret, in any encoding", "practice")
                        .runs(Lane.AFTER, run -> {
                            run.run().leaks().forEach(leak -> run.fail("no secret in any answer", leak));
                            if (run.run().answers() == 0 && !run.dry()) {
                                run.notObserved("answers: this run sent nothing");
                            }
                        }),
                numbered(
                                702,
                                MUST,
                                "L",
                                "the handler's log and output over the whole run",
                                "hold no secret, at any level",
                                "practice")
                        .runs(Lane.AFTER, run -> {
                            String log = run.wantsLog();
                            if (log == null) {
                                return;
                            }
                            Set<String> found = run.run().canaries().in(log);
                            if (!found.isEmpty()) {
                                run.fail(
                                        "no secret in the log",
                                        "<"
                                                + String.join(
                                                        ">, <",
                                                        found.stream().limit(8).toList()) + ">");
                            }
                        }),
                numbered(
                                703,
                                MUST,
                                "HL",
                                "a mark inside a broken body, an unknown key and a value too long",
                                "neither answer with it nor log it",
                                "practice: errors quote their input")
                        .runs(Leaks::marks),
                numbered(
                                704,
                                MUST,
                                "R",
                                "the request lines of the handler's calls to the portals",
                                "name no access token and no client secret if a header or a body can",
                                "practice: addresses end up in logs")
                        .runs(Lane.AFTER, Leaks::callLines),
                numbered(
                                705,
                                MUST,
                                "H",
                                "the answers to errors",
                                "show no stack trace, class name, path, SQL or version",
                                "practice")
                        .runs(Lane.AFTER, run -> {
                            run.run().telling().stream()
                                    .limit(8)
                                    .forEach(what -> run.fail("error answers that tell nothing", what));
                            if (run.run().answers() == 0 && !run.dry()) {
                                run.notObserved("answers: this run sent nothing");
                            }
                        }));
    }

    private static void marks(CaseRun run) {
        String mark = "canary" + run.mint().hex(18);
        List<byte[]> bodies = List.of(
                CaseRun.latin("%%%" + mark + "%GG=&&[" + mark),
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
        Request json = Request.post(run.run().wire().target(), CaseRun.latin("{\"event\":\"" + mark))
                .header("Content-Type", "application/json");
        echoes(run, run.send(json), mark);
        run.aliveWithoutEvidence();
        run.wantsLog();
        run.atEnd(() -> {
            String log = run.run().log();
            if (log != null && log.contains(mark)) {
                run.fail("no content of a broken request in the log", "the mark of one");
            }
        });
    }

    private static void echoes(CaseRun run, Reply reply, String mark) {
        if ((reply.head() + reply.text()).contains(mark)) {
            run.fail("no content of a broken request in the answer", "the mark of one, with " + reply.outcome());
        }
    }

    private static void callLines(CaseRun run) {
        for (Listener.Seen call : run.run().front().seen()) {
            Set<String> found = run.run().canaries().in(call.line());
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
}
