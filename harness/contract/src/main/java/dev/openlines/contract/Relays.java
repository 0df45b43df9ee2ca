// SPDX-License-Identifier: Apache-2.0
package dev.openlines.contract;

import static dev.openlines.contract.Level.SHOULD;
import static dev.openlines.contract.Oracle.E;
import static dev.openlines.contract.Oracle.H;

import jakarta.json.Json;
import jakarta.json.JsonObjectBuilder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Events that do not come from the platform directly, and slow ones: 318, 426 and 427. */
final class Relays {

    private static final String TOKEN = "auth[application_token]";

    private Relays() {}

    @Case(
            id = 318,
            level = SHOULD,
            needs = {H, E},
            profile = Profile.EDGE,
            lane = Lane.ALONE,
            sends = "two hundred bodies that never end, a byte of each now and then, and good events between",
            requires = "acknowledge the good events in time",
            source = "practice: places that unfinished bodies take")
    static void unfinishedBodies(CaseRun run) throws InterruptedException {
        List<Connection> slow = new ArrayList<>();
        try {
            for (int i = 0; i < (run.dry() ? 1 : 200); i++) {
                Request request = run.request(run.event());
                slow.add(run.open().write(request.head()).write(EventBody.latin("event=")));
            }
            for (int i = 0; i < 5; i++) {
                for (Connection connection : slow) {
                    connection.write(EventBody.latin("O"));
                }
                run.good(run.event(), "a good event beside 200 unfinished ones");
                slow.get(0).pause(Duration.ofMillis(500));
            }
        } finally {
            slow.forEach(Connection::close);
        }
        run.alive();
    }

    @Case(
            id = 426,
            level = SHOULD,
            needs = {H, E},
            sends = "the event at addresses that are nearly the handler's: a slash more, other case, dots",
            requires = "take it with effect or refuse it; never acknowledge it and forget it",
            source = "public reports: a slash too many, and no event ever arrives")
    static void nearMisses(CaseRun run) {
        String target = run.path();
        String path = target.split("\\?", 2)[0];
        String query = target.substring(path.length());
        List<String> near = new ArrayList<>(List.of(path + "/" + query, "/" + path + query, path + "/." + query));
        String swapped = path.equals(path.toLowerCase(java.util.Locale.ROOT))
                ? path.toUpperCase(java.util.Locale.ROOT)
                : path.toLowerCase(java.util.Locale.ROOT);
        if (!swapped.equals(path)) {
            near.add(swapped + query);
            near.add("/x/.." + path + query);
        }
        for (String other : near) {
            EventBody event = run.event();
            String what = "the event at " + other;
            Reply reply = run.send(run.request(event).target(other));
            if (reply.status() / 100 == 3) {
                run.warn("an answer at the address itself, not a redirect, for " + what, reply);
                run.noEffect(event, what);
            } else {
                run.takenOrRefused(reply, event, what);
            }
        }
        run.alive();
    }

    @Case(
            id = 427,
            level = SHOULD,
            needs = {H, E},
            sends = "the event as multipart, as JSON and as flat JSON, as relays and form builders forward it,"
                    + " each also with a wrong token",
            requires = "take it with effect or refuse it; deny the wrong token in every form",
            source = "public reports: integration platforms between portal and handler")
    static void relayed(CaseRun run) {
        for (boolean right : List.of(true, false)) {
            EventBody multipart = event(run, right);
            String boundary = "----relay" + run.mint().hex(16);
            judged(
                    run,
                    run.send(run.request(multipart(multipart, boundary))
                            .header("Content-Type", "multipart/form-data; boundary=" + boundary)),
                    multipart,
                    right,
                    "multipart");
            EventBody nested = event(run, right);
            judged(run, run.send(json(run, nested(nested))), nested, right, "JSON");
            EventBody flat = event(run, right);
            judged(run, run.send(json(run, flat(flat))), flat, right, "flat JSON");
        }
        run.alive();
    }

    private static EventBody event(CaseRun run, boolean right) {
        return right ? run.event() : run.event().set(TOKEN, run.forged());
    }

    private static void judged(CaseRun run, Reply reply, EventBody event, boolean right, String what) {
        if (right) {
            run.takenOrRefused(reply, event, "an event as " + what);
        } else {
            run.refused(reply, "a wrong token in " + what);
            run.noEffect(event, "a wrong token in " + what);
        }
    }

    private static Request json(CaseRun run, String json) {
        return run.request(json.getBytes(StandardCharsets.UTF_8)).header("Content-Type", "application/json");
    }

    /** Returns the form's names as keys of one object, as form builders forward them. */
    private static String flat(EventBody event) {
        JsonObjectBuilder all = Json.createObjectBuilder();
        event.fields().forEach(field -> all.add(field[0], field[1]));
        return all.build().toString();
    }

    private static String nested(EventBody event) {
        JsonObjectBuilder connector = Json.createObjectBuilder();
        JsonObjectBuilder chat = Json.createObjectBuilder();
        JsonObjectBuilder line = Json.createObjectBuilder();
        JsonObjectBuilder auth = Json.createObjectBuilder();
        for (String[] field : event.fields()) {
            String last = field[0].replaceFirst(".*\\[(\\w+)]$", "$1");
            if (field[0].startsWith("data[DATA][connector]")) {
                connector.add(last, field[1]);
            } else if (field[0].startsWith("data[DATA][chat]")) {
                chat.add(last, field[1]);
            } else if (field[0].startsWith("data[DATA][line]")) {
                line.add(last, field[1]);
            } else if (field[0].startsWith("auth[")) {
                auth.add(last, field[1]);
            }
        }
        return Json.createObjectBuilder()
                .add("event", event.value("event"))
                .add("event_handler_id", event.value("event_handler_id"))
                .add(
                        "data",
                        Json.createObjectBuilder()
                                .add(
                                        "DATA",
                                        Json.createObjectBuilder()
                                                .add("connector", connector)
                                                .add("chat", chat)
                                                .add("line", line)))
                .add("ts", event.value("ts"))
                .add("auth", auth)
                .build()
                .toString();
    }

    private static byte[] multipart(EventBody event, String boundary) {
        StringBuilder out = new StringBuilder();
        for (String[] field : event.fields()) {
            out.append("--").append(boundary).append("\r\nContent-Disposition: form-data; name=\"");
            out.append(field[0]).append("\"\r\n\r\n").append(field[1]).append("\r\n");
        }
        return (out + "--" + boundary + "--\r\n").getBytes(StandardCharsets.UTF_8);
    }
}
