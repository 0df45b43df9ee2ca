// SPDX-License-Identifier: Apache-2.0
package dev.openlines.cli;

import static dev.openlines.cli.ProbeCalls.call;
import static dev.openlines.cli.ProbeCalls.formed;
import static dev.openlines.cli.ProbeCalls.plain;

import dev.openlines.cli.Probe.Area;
import dev.openlines.cli.Probe.Call;
import dev.openlines.cli.Probe.Fact;
import dev.openlines.cli.Probe.Form;
import dev.openlines.cli.Probe.Need;
import dev.openlines.cli.Probe.Right;
import dev.openlines.cli.Probe.Side;
import jakarta.json.JsonArray;
import jakarta.json.JsonObject;
import jakarta.json.JsonString;
import jakarta.json.JsonValue;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Holds all questions, in their order. */
final class Probes {

    private static final Fact NOTHING = (answer, names) -> "";
    private static final long NOT_THERE = 2_000_000_000L;
    private static final String HISTORY = "imopenlines.session.history.get";
    private static final String DIALOG = "imopenlines.dialog.get";
    private static final String CONFIG = "imopenlines.config.get";
    private static final String SESSIONS = "imopenlines.v2.Session.list";

    private final List<Probe> all = new ArrayList<>();

    private Probes() {
        system();
        order();
        openLines();
        reports();
        surroundings();
        batch();
        events();
        changes();
        add(Area.THROTTLING, "server.time", "too many calls at once", NOTHING, plain("server.time"), Need.BURST);
    }

    static List<Probe> all() {
        return List.copyOf(new Probes().all);
    }

    /** Returns the checks of each method, by the method's name in lower case. */
    static Map<String, String> checked() {
        Map<String, Set<Area>> areas = new TreeMap<>();
        for (Probe probe : all()) {
            areas.computeIfAbsent(probe.method().toLowerCase(Locale.ROOT), method -> new TreeSet<>())
                    .add(probe.area());
        }
        Map<String, String> checked = new TreeMap<>();
        areas.forEach(
                (method, of) -> checked.put(method, of.stream().map(Area::label).collect(Collectors.joining(", "))));
        return checked;
    }

    private void add(Area area, String method, String name, Fact fact, Function<Side, Call> call, Need... needs) {
        all.add(new Probe(area, method, name, Set.of(needs), call, fact));
    }

    private void shape(String method, Map<String, ?> parameters, String name, Need... needs) {
        add(Area.SHAPE, method, name, NOTHING, side -> call(method, parameters), needs);
    }

    private void error(String method, Map<String, ?> parameters, String name, Need... needs) {
        add(Area.ERRORS, method, name, NOTHING, side -> call(method, parameters), needs);
    }

    private void system() {
        shape("server.time", Map.of(), "the portal's time");
        shape("app.info", Map.of(), "the application");
        shape("profile", Map.of(), "the caller");
        shape("scope", Map.of(), "what the application may do");
        shape("scope", Map.of("full", 1), "all scopes");
        shape("methods", Map.of(), "the methods");
        shape("method.get", Map.of("name", "profile"), "whether a method exists");
        shape("method.get", Map.of("name", "openlines.nothing"), "whether a method exists that does not");
        shape("feature.get", Map.of("CODE", "rest_offline_extended"), "whether the plan has a feature");
        error("feature.get", Map.of(), "a feature without its code");
        for (Form form : List.of(Form.FORM, Form.QUERY, Form.BROKEN_JSON)) {
            add(
                    Area.SHAPE,
                    "method.get",
                    "parameters " + form.name().toLowerCase(Locale.ROOT).replace('_', ' '),
                    (answer, names) -> answer.at("result", "isExisting")
                            .map(JsonValue::toString)
                            .filter(flag -> flag.matches("true|false"))
                            .orElse("another value"),
                    formed("method.get", Right.GOOD, form, Map.of("name", "profile")));
        }
        add(Area.SHAPE, "profile", "with .json after the name", NOTHING, plain("profile.json"));
        add(Area.SHAPE, "profile", "in other letters", NOTHING, plain("Profile"));
        add(Area.SHAPE, "profile", "with a slash after the name", NOTHING, plain("profile/"));
    }

    private void order() {
        error("openlines.nothing", Map.of(), "a method that does not exist");
        for (Right right : List.of(Right.NONE, Right.WRONG)) {
            String by = right == Right.NONE ? "without authorization" : "with a wrong one";
            add(
                    Area.ORDER,
                    "openlines.nothing",
                    "a method that does not exist, " + by,
                    NOTHING,
                    formed("openlines.nothing", right, Form.JSON, Map.of()));
            add(
                    Area.ERRORS,
                    "profile",
                    "a method that exists, " + by,
                    NOTHING,
                    formed("profile", right, Form.JSON, Map.of()));
            add(
                    Area.ORDER,
                    HISTORY,
                    "a missing parameter, " + by,
                    NOTHING,
                    formed(HISTORY, right, Form.JSON, Map.of()));
        }
        add(
                Area.ORDER,
                "profile",
                "a wrong token in the header and the good one in the body",
                NOTHING,
                formed("profile", Right.WRONG_HEADER, Form.JSON, Map.of()),
                Need.TOKEN);
        add(
                Area.ORDER,
                HISTORY,
                "a missing parameter and a missing scope",
                NOTHING,
                plain(HISTORY),
                Need.NO_OPEN_LINES);
    }

    private void openLines() {
        Need scope = Need.OPEN_LINES;
        shape("imopenlines.config.list.get", Map.of(), "the open lines", scope);
        add(
                Area.SHAPE,
                CONFIG,
                "an open line with its queue",
                NOTHING,
                side -> call(CONFIG, Map.of("CONFIG_ID", side.line())),
                scope,
                Need.LINE);
        add(
                Area.SHAPE,
                CONFIG,
                "an open line without its queue",
                NOTHING,
                side -> call(CONFIG, Map.of("CONFIG_ID", side.line(), "WITH_QUEUE", "N")),
                scope,
                Need.LINE);
        error(CONFIG, Map.of(), "an open line without its id", scope);
        error(CONFIG, Map.of("CONFIG_ID", NOT_THERE), "an open line that is not there", scope);
        error(CONFIG, Map.of("config_id", 1), "an open line by a name in lower case", scope);
        add(
                Area.SHAPE,
                DIALOG,
                "a chat",
                NOTHING,
                side -> call(DIALOG, Map.of("CHAT_ID", side.chat())),
                scope,
                Need.CHAT);
        add(
                Area.SHAPE,
                DIALOG,
                "a chat by the id of its dialog",
                NOTHING,
                side -> call(DIALOG, Map.of("dialog_id", "chat" + side.chat())),
                scope,
                Need.CHAT);
        error(DIALOG, Map.of(), "a chat without its id", scope);
        error(DIALOG, Map.of("CHAT_ID", NOT_THERE), "a chat that is not there", scope);
        add(
                Area.SHAPE,
                HISTORY,
                "a chat's history",
                NOTHING,
                side -> call(HISTORY, Map.of("CHAT_ID", side.chat())),
                scope,
                Need.CHAT);
        add(
                Area.SHAPE,
                HISTORY,
                "a session's history",
                NOTHING,
                side -> call(HISTORY, Map.of("SESSION_ID", side.session())),
                scope,
                Need.SESSION);
        error(HISTORY, Map.of(), "a history without an id", scope);
        error(HISTORY, Map.of("chat_id", 1), "a history by a name in lower case", scope);
        error(HISTORY, Map.of("CHAT_ID", NOT_THERE), "the history of a chat that is not there", scope);
        error(HISTORY, Map.of("SESSION_ID", NOT_THERE), "the history of a session that is not there", scope);
    }

    private void reports() {
        Need scope = Need.OPEN_LINES;
        add(
                Area.ERRORS,
                SESSIONS,
                "sessions, if the portal has no reports",
                NOTHING,
                side -> call(SESSIONS, created(side)),
                scope,
                Need.NO_REPORTS);
        Need reports = Need.REPORTS;
        add(Area.SHAPE, SESSIONS, "sessions", NOTHING, side -> call(SESSIONS, created(side)), scope, reports);
        for (int limit : new int[] {1, 0, 201}) {
            add(
                    Area.PAGING,
                    SESSIONS,
                    "sessions, limit " + limit,
                    (answer, names) -> page(answer, "sessions", Math.max(1, Math.min(200, limit))),
                    side -> call(SESSIONS, with(created(side), "limit", limit)),
                    scope,
                    reports);
        }
        add(
                Area.PAGING,
                SESSIONS,
                "sessions behind the last",
                (answer, names) -> page(answer, "sessions", 0),
                side -> call(SESSIONS, with(created(side), "offset", 10_000)),
                scope,
                reports);
        error(SESSIONS, Map.of("offset", 10_001), "sessions, offset 10001", scope, reports);
        error(
                SESSIONS,
                Map.of("status", "closed", "closeReason", "auto"),
                "sessions by status and reason",
                scope,
                reports);
        error(SESSIONS, Map.of("status", "nothing"), "sessions by a status that does not exist", scope, reports);
        error(SESSIONS, Map.of("dateCloseFrom", "yesterday"), "sessions from no date", scope, reports);
        add(
                Area.ERRORS,
                SESSIONS,
                "sessions of more than a year",
                NOTHING,
                side -> call(SESSIONS, Map.of("dateCloseFrom", time(side, "early"), "dateCloseTo", time(side, "to"))),
                scope,
                reports);
        add(
                Area.ERRORS,
                SESSIONS,
                "sessions of a period that ends before it begins",
                NOTHING,
                side -> call(SESSIONS, Map.of("dateCloseFrom", time(side, "to"), "dateCloseTo", time(side, "from"))),
                scope,
                reports);
        add(
                Area.ORDER,
                SESSIONS,
                "sessions of more than a year from an offset that is too large",
                NOTHING,
                side -> call(
                        SESSIONS,
                        Map.of(
                                "dateCloseFrom", time(side, "early"),
                                "dateCloseTo", time(side, "to"),
                                "offset", 10_001)),
                scope,
                reports);
        for (String method : List.of("Stat.get", "Transfer.list")) {
            add(
                    Area.SHAPE,
                    "imopenlines.v2.Session." + method,
                    "a session's " + (method.startsWith("S") ? "figures" : "transfers"),
                    NOTHING,
                    side -> call("imopenlines.v2.Session." + method, Map.of("sessionId", List.of(side.session()))),
                    scope,
                    reports,
                    Need.SESSION);
            error("imopenlines.v2.Session." + method, Map.of(), "no session", scope, reports);
            error(
                    "imopenlines.v2.Session." + method,
                    Map.of("sessionId", IntStream.rangeClosed(1, 101).boxed().toList()),
                    "too many sessions",
                    scope,
                    reports);
        }
        String ratings = "imopenlines.v2.Session.Rating.list";
        add(
                Area.SHAPE,
                ratings,
                "ratings",
                NOTHING,
                side -> call(ratings, Map.of("dateVoteFrom", time(side, "from"), "dateVoteTo", time(side, "to"))),
                scope,
                reports);
        error(ratings, Map.of(), "ratings of no period", scope, reports);
        shape("imopenlines.v2.Operator.list", Map.of("limit", 50), "operators", scope, reports);
        String totals = "imopenlines.v2.Stat.get";
        add(
                Area.SHAPE,
                totals,
                "totals",
                NOTHING,
                side -> call(totals, Map.of("dateFrom", time(side, "from"), "dateTo", time(side, "to"))),
                scope,
                reports);
        error(totals, Map.of(), "totals of no period", scope, reports);
    }

    /**
     * Adds the questions about objects around a closed chat. The objects have fields that differ between portals, so
     * only errors are compared.
     */
    private void surroundings() {
        for (String type : List.of("lead", "deal", "contact", "company")) {
            String method = "crm." + type + ".get";
            error(method, Map.of(), "a " + type + " without its id", Need.CRM);
            error(method, Map.of("id", NOT_THERE), "a " + type + " that is not there", Need.CRM);
        }
        error("disk.file.get", Map.of(), "a file without its id", Need.FILES);
        error("disk.file.get", Map.of("id", NOT_THERE), "a file that is not there", Need.FILES);
    }

    private static Map<String, Object> created(Side side) {
        return Map.of("dateCreateFrom", time(side, "from"), "dateCreateTo", time(side, "to"));
    }

    private static String time(Side side, String name) {
        return String.valueOf(side.times().get(name));
    }

    private static Map<String, Object> with(Map<String, Object> parameters, String name, Object value) {
        Map<String, Object> more = new TreeMap<>(parameters);
        more.put(name, value);
        return more;
    }

    /** States whether a page has the greatest length. */
    private static String page(PortalAnswer answer, String list, int limit) {
        int length = answer.at("result", list).map(Probes::size).orElse(-1);
        return length < 0 ? "no page" : length > limit ? "more than asked for" : "no more than asked for";
    }

    private static int size(JsonValue value) {
        return value instanceof JsonArray array
                ? array.size()
                : value instanceof JsonObject object ? object.size() : -1;
    }

    private void batch() {
        batch("commands by name", Map.of("cmd", Map.of("a", "server.time", "b", "scope")));
        batch("commands in a list", Map.of("cmd", List.of("server.time", "scope")));
        batch("no commands", Map.of());
        batch("a method that does not exist", Map.of("cmd", Map.of("a", "openlines.nothing", "b", "server.time")));
        batch("halt", Map.of("halt", 1, "cmd", Map.of("a", "openlines.nothing", "b", "server.time")));
        batch("a batch in a batch", Map.of("cmd", Map.of("a", "batch", "b", "server.time")));
        batch("a missing parameter", Map.of("cmd", Map.of("a", "feature.get", "b", "server.time")));
        batch("a method and its query", Map.of("cmd", Map.of("a", "method.get?name=profile")));
        batch("a reference", Map.of("cmd", Map.of("a", "server.time", "b", "method.get?name=$result[a]")));
        batch(
                "fifty-one commands",
                Map.of(
                        "cmd",
                        IntStream.rangeClosed(1, 51)
                                .mapToObj(n -> "server.time")
                                .toList()));
        add(
                Area.BATCH,
                "batch",
                "commands as a form",
                Probes::outcomes,
                formed("batch", Right.GOOD, Form.FORM, Map.of("cmd", Map.of("a", "server.time", "b", "scope"))));
    }

    private void batch(String name, Map<String, ?> parameters) {
        add(Area.BATCH, "batch", name, Probes::outcomes, side -> call("batch", parameters));
    }

    /** States which commands of a batch succeeded, and the codes of the others. */
    private static String outcomes(PortalAnswer answer, KnownNames names) {
        StringBuilder out = new StringBuilder();
        out.append(answer.at("result", "result").map(Probes::size).orElse(-1)).append(" succeeded");
        JsonValue errors = answer.at("result", "result_error").orElse(JsonValue.EMPTY_JSON_ARRAY);
        List<JsonValue> each = errors instanceof JsonObject object
                ? List.copyOf(object.values())
                : errors instanceof JsonArray array ? array : List.of();
        for (JsonValue one : each) {
            out.append(", ")
                    .append(
                            one instanceof JsonObject error && error.get("error") instanceof JsonString code
                                    ? names.code(code.getString())
                                    : "an error without a code");
        }
        return out.toString();
    }

    private void events() {
        shape("events", Map.of(), "the events", Need.TOKEN);
        shape("events", Map.of("SCOPE", "imopenlines"), "the events of a scope", Need.TOKEN);
        shape("event.get", Map.of(), "the subscriptions", Need.TOKEN);
        for (String method : List.of("events", "event.get", "event.offline.list")) {
            error(method, Map.of(), "by a webhook", Need.WEBHOOK);
        }
        String list = "event.offline.list";
        add(Area.PAGING, list, "the offline queue", NOTHING, plain(list), Need.TOKEN);
        add(
                Area.PAGING,
                list,
                "the offline queue behind its end",
                (answer, names) ->
                        "items " + answer.at("result").map(Probes::size).orElse(-1),
                formed(list, Right.GOOD, Form.JSON, Map.of("start", NOT_THERE)),
                Need.TOKEN,
                Need.ADMINISTRATOR);
        error(list, Map.of("filter", Map.of("NOTHING", 1)), "by a field that does not exist", Need.TOKEN);
        error(list, Map.of("order", Map.of("ID", "UP")), "in no order", Need.TOKEN);
    }

    /** Adds the questions that change something. Each is refused, or a later one undoes it. */
    private void changes() {
        String bind = "event.bind";
        change(Area.ERRORS, bind, Map.of("handler", "H"), "no event");
        change(Area.ERRORS, bind, Map.of("event", "ONAPPTEST"), "no handler");
        change(Area.ERRORS, bind, Map.of("event", "ONAPPTEST", "handler", "https://localhost/"), "no address to reach");
        change(Area.ERRORS, bind, Map.of("event", "ONAPPTEST", "handler", "ftp://H"), "no protocol to use");
        change(
                Area.ORDER,
                bind,
                Map.of("event", "ONOPENLINESNOTHING", "handler", "https://localhost/"),
                "no such event and no address to reach");
        change(Area.ERRORS, bind, Map.of("event", "ONOPENLINESNOTHING", "handler", "H"), "no such event");
        change(Area.SUBSCRIPTIONS, bind, Map.of("event", "ONAPPTEST", "handler", "H"), "a handler");
        change(Area.SUBSCRIPTIONS, bind, Map.of("event", "ONAPPTEST", "handler", "H"), "a handler that is bound");
        change(Area.SUBSCRIPTIONS, "event.get", Map.of(), "the subscriptions with the one that was made");
        change(Area.SUBSCRIPTIONS, "event.test", Map.of("openlines", "compare"), "a test event");
        change(Area.SUBSCRIPTIONS, "event.unbind", Map.of("event", "ONAPPTEST", "handler", "H"), "a handler");
        change(
                Area.SUBSCRIPTIONS,
                "event.unbind",
                Map.of("event", "ONAPPTEST", "handler", "H"),
                "a handler that is not bound");
        change(Area.ERRORS, "event.unbind", Map.of("event", "ONAPPTEST"), "no handler");
        Need scope = Need.OPEN_LINES;
        Need admin = Need.ADMINISTRATOR;
        Map<String, String> offline =
                Map.of("event", "ONSESSIONFINISH", "event_type", "offline", "auth_connector", "Q");
        change(Area.QUEUE, bind, offline, "a queue", scope, admin);
        change(Area.QUEUE, bind, offline, "a queue that is bound", scope, admin);
        change(
                Area.ERRORS,
                bind,
                Map.of("event", "ONAPPTEST", "event_type", "offline", "auth_connector", "Q"),
                "a queue for an event that has none",
                admin);
        change(Area.ERRORS, bind, Map.of("event", "ONSESSIONFINISH", "event_type", "later"), "no type of event", scope);
        change(Area.QUEUE, "event.offline.list", Map.of("auth_connector", "Q"), "an empty queue", admin);
        change(Area.QUEUE, "event.offline.get", Map.of("auth_connector", "Q"), "an empty queue", admin);
        change(Area.ERRORS, "event.offline.get", Map.of("auth_connector", "Q", "limit", 0), "no events", admin);
        change(Area.ERRORS, "event.offline.clear", Map.of("auth_connector", "Q"), "no process", admin);
        change(Area.ERRORS, "event.offline.error", Map.of("auth_connector", "Q"), "no process", admin);
        change(Area.QUEUE, "event.unbind", offline, "a queue", scope, admin);
        for (String method : List.of(bind, "event.unbind", "event.test", "event.offline.get")) {
            add(Area.ERRORS, method, "by a webhook", NOTHING, plain(method), Need.CHANGES, Need.WEBHOOK);
        }
    }

    /** Adds a question. {@code H} stands for the handler's address, {@code Q} for the queue's key. */
    private void change(Area area, String method, Map<String, ?> parameters, String name, Need... more) {
        Need[] needs = new Need[more.length + 2];
        System.arraycopy(more, 0, needs, 0, more.length);
        needs[more.length] = Need.CHANGES;
        needs[more.length + 1] = Need.TOKEN;
        add(
                area,
                method,
                name,
                NOTHING,
                side -> {
                    Map<String, Object> own = new TreeMap<>(parameters);
                    own.replaceAll((key, value) -> value.equals("H")
                            ? side.handler()
                            : value.equals("Q")
                                    ? side.queue()
                                    : value.equals("ftp://H") ? side.handler().replace("https", "ftp") : value);
                    return call(method, own);
                },
                needs);
    }
}
