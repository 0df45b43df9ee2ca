// SPDX-License-Identifier: Apache-2.0
package dev.openlines.contract;

import static dev.openlines.contract.ContractCase.numbered;
import static dev.openlines.contract.Level.MAY;
import static dev.openlines.contract.Level.MUST;
import static dev.openlines.contract.Level.SHOULD;

import java.util.List;
import java.util.Set;

/** Leaks (701 to 719) and what an operator sees (801 to 819). */
final class GroupH {

    private GroupH() {}

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
                            String log = run.run().log();
                            if (log == null) {
                                run.notObserved("the handler's log (L): --handler-cmd or --log lets the suite see it");
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
                        .runs(GroupH::marks),
                numbered(
                                704,
                                MUST,
                                "R",
                                "the request lines of the handler's calls to the portals",
                                "name no access token and no client secret if a header or a body can",
                                "practice: addresses end up in logs")
                        .runs(Lane.AFTER, GroupH::callLines),
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
                        }),
                numbered(
                        707,
                        SHOULD,
                        "L",
                        "metrics, health and evidence",
                        "hold no secret and no unbounded label",
                        "practice"),
                numbered(
                        708,
                        MUST,
                        "R",
                        "outgoing traffic through a proxy",
                        "reach only the portal and allowed OAuth hosts",
                        "practice"),
                numbered(
                        709,
                        SHOULD,
                        "H",
                        "addresses such as /.env, /metrics and /phpinfo.php",
                        "be private or empty of secrets",
                        "practice"),
                numbered(
                        710,
                        MAY,
                        "L",
                        "names of visitors and lines in the log",
                        "not be there at the usual level",
                        "practice"),
                numbered(
                        711,
                        SHOULD,
                        "L",
                        "crash and heap dumps after 601",
                        "hold no secret that others can read",
                        "practice"),
                numbered(801, SHOULD, "HC", "the start", "say ready only when it can accept", "practice"),
                numbered(802, SHOULD, "L", "a mixed run of 500", "count each outcome rightly", "practice"),
                numbered(
                        803, SHOULD, "L", "each reason to deny, once", "log one record with a stable code", "practice"),
                numbered(
                        804, SHOULD, "LR", "one event from end to end", "carry one correlation id through", "practice"),
                numbered(805, SHOULD, "LC", "a store that is down", "show it within 10 s", "practice"),
                numbered(806, SHOULD, "L", "a backlog of 200", "show its depth and age", "practice")
                        .in(Profile.DURABLE),
                numbered(807, SHOULD, "EC", "dead letters", "be listed and driven again, once", "practice")
                        .in(Profile.DURABLE),
                numbered(
                        808,
                        MAY,
                        "L",
                        "the latency metric beside our measurement",
                        "agree within a fifth at p95",
                        "practice"),
                numbered(
                        809,
                        SHOULD,
                        "H",
                        "a handler whose evidence is off",
                        "say how to turn it on for tests only",
                        "practice"));
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
        if (run.run().log() == null) {
            run.notObserved("the handler's log (L): --handler-cmd or --log lets the suite see it");
        }
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
