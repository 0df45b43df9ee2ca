// SPDX-License-Identifier: Apache-2.0
package dev.openlines.contract;

import static dev.openlines.contract.Level.MUST;
import static dev.openlines.contract.Oracle.E;
import static dev.openlines.contract.Oracle.H;
import static dev.openlines.contract.Oracle.R;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Text that means something to a database, a directory or a file system, in each field but the line's name: 126, 218.
 */
final class Injections {

    private static final String TOKEN = "auth[application_token]";
    private static final String MEMBER = "auth[member_id]";
    private static final String CONNECTOR = "data[DATA][connector][connector_id]";
    private static final String LINE = "data[DATA][connector][line_id]";
    private static final String USER = "data[DATA][connector][user_id]";

    private Injections() {}

    @Case(
            id = 126,
            level = MUST,
            needs = {H, E, R},
            sends = "SQL, NoSQL operators, patterns and paths as member id and as application token: each"
                    + " makes a careless look-up find a portal",
            requires = "refuse each with 4xx, without effect and without a call to the portal",
            source = "practice: authentication by a query that is put together from the request")
    static void asCredentials(CaseRun run) {
        String right = run.identity().proof().reveal();
        String member = run.identity().memberId();
        String wrong = run.forged();
        memberIds(wrong)
                .forEach((how, text) ->
                        refused(run, run.event().set(MEMBER, text).set(TOKEN, wrong), "the member id with " + how));
        // If the token is right, a look-up that finds any portal is enough.
        List.of(
                        "x' OR '1'='1",
                        "x\" OR \"1\"=\"1",
                        "' OR member_id<>'",
                        member + "' -- ",
                        member + "'#",
                        "%",
                        "_".repeat(member.length()),
                        ".*",
                        "*",
                        "*)(member_id=*",
                        "./" + member,
                        "x/../" + member,
                        member + "/.",
                        member + "\0")
                .forEach(text -> refused(run, run.event().set(MEMBER, text), "the member id " + shown(text, member)));
        List.of("' OR '1'='1", "x' OR 1=1 -- ", "\" OR \"\"=\"", "%", "_".repeat(right.length()), ".*", "*", "*)(a=*")
                .forEach(text -> refused(run, run.event().set(TOKEN, text), "the application token " + text));
        for (String operator : List.of("[$ne]", "[$gt]", "[$regex]", "[$exists]")) {
            String value = operator.equals("[$regex]") ? ".*" : "";
            refused(
                    run,
                    run.event().without(TOKEN).add(TOKEN + operator, value),
                    "the application token as the operator " + operator);
            refused(
                    run,
                    run.event()
                            .without(TOKEN)
                            .without(MEMBER)
                            .add(MEMBER + operator, value)
                            .add(TOKEN + operator, value),
                    "member id and application token as the operator " + operator);
        }
        run.alive();
    }

    @Case(
            id = 218,
            level = MUST,
            needs = {H, E},
            sends = "SQL and expressions as chat id, line id, connector code and user id",
            requires = "not break down, act on no other chat, and keep the connector code as it was sent",
            source = "practice: injection")
    static void asData(CaseRun run) {
        for (String code : List.of(
                "a'||'b",
                "a' 'b",
                "it's",
                "two\"quotes",
                "back\\slash",
                "x'); DELETE FROM events; -- ",
                "${7*7}{{7*7}}",
                "../../x")) {
            EventBody event = run.event().set(CONNECTOR, code);
            String what = "the connector code " + code;
            taken(run, event, what);
            run.expect(new Expectation(event.chatId(), run.identity().memberId(), 0, 1, what).with(null, code));
        }
        for (String text : List.of("17' OR '1'='1", "17; DROP TABLE events", "17||'1'", "$(id)", "../17")) {
            EventBody line = run.event().set(LINE, text);
            taken(run, line, "the line id " + text);
            run.expect(new Expectation(line.chatId(), run.identity().memberId(), 0, 1, "the line id " + text));
            EventBody user = run.event().set(USER, text);
            taken(run, user, "the user id " + text);
            run.expect(new Expectation(user.chatId(), run.identity().memberId(), 0, 1, "the user id " + text));
        }
        // A query that computes finds the previous chat. A query that ends at the quote finds the chat itself.
        for (String form :
                List.of("%s-1", "%s' OR '1'='1", "%s OR 1=1", "%s; DROP TABLE events", "%s'||'", "(SELECT %s)")) {
            String before = run.chat();
            String own = run.chat();
            String text = String.format(Locale.ROOT, form, own);
            EventBody event = run.event(run.identity(), text);
            taken(run, event, "the chat id " + text);
            run.noEffect(own, "the chat id " + text);
            run.noEffect(before, "the chat id " + text);
        }
        run.alive();
    }

    /** Queries whose answer is the wrong token, for tables of one to four columns, by their description. */
    private static Map<String, String> memberIds(String wrong) {
        Map<String, String> texts = new LinkedHashMap<>();
        for (String quote : List.of("'", "\"")) {
            for (int columns = 1; columns <= 4; columns++) {
                List<String> cells = new ArrayList<>();
                for (int i = 0; i < columns; i++) {
                    cells.add("'" + wrong + "'");
                }
                texts.put(
                        "UNION SELECT of " + columns + " columns after " + (quote.equals("'") ? "one quote" : "two"),
                        "x" + quote + " UNION SELECT " + String.join(", ", cells) + " -- ");
            }
        }
        texts.put("a condition that is always true", "x' OR '1'='1' -- ");
        texts.put("a comment", "x'/**/OR/**/1=1#");
        return texts;
    }

    private static String shown(String text, String member) {
        return text.replace(member, "MEMBER").replace("\0", "NUL").replaceAll("_{3,}", "of underscores");
    }

    private static void refused(CaseRun run, EventBody event, String what) {
        run.refused(run.post(event), what);
        run.noEffect(event, what);
        run.noRest(event);
    }

    /** Expects that the event is acknowledged or refused, and breaks nothing. */
    private static void taken(CaseRun run, EventBody event, String what) {
        Reply reply = run.post(event);
        if (!reply.is2xx() && !reply.is4xx()) {
            run.fail("status 2xx or 4xx for " + what, reply);
        }
    }
}
