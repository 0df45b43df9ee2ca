// SPDX-License-Identifier: Apache-2.0
package dev.openlines.contract;

import static dev.openlines.contract.Level.MUST;
import static dev.openlines.contract.Level.SHOULD;
import static dev.openlines.contract.Oracle.E;
import static dev.openlines.contract.Oracle.H;
import static dev.openlines.contract.Oracle.R;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/** Authenticity: 101 to 129. */
final class Authenticity {

    private static final String TOKEN = "auth[application_token]";
    private static final String MEMBER = "auth[member_id]";

    /** Numbers, times, hexadecimal and random ids: words that have a digit in them. */
    private static final Pattern VARIABLE = Pattern.compile("[\\w.:+-]*[0-9][\\w.:+-]*");

    private Authenticity() {}

    @Case(
            id = 101,
            level = MUST,
            needs = {H, E, R},
            sends = "a wrong application token, everything else right, the User-Agent too",
            requires = "deny it: 401 or 403, no effect, no call to the portal",
            source = "documentation: the application token is the proof; public handlers trust the User-Agent")
    static void wrongToken(CaseRun run) {
        denied(run, run.event().set(TOKEN, run.forged()), "a wrong application token");
    }

    @Case(
            id = 102,
            level = MUST,
            needs = {H, E},
            sends = "no application token",
            requires = "deny it",
            source = "documentation: safe event handlers")
    static void noToken(CaseRun run) {
        denied(run, run.event().without(TOKEN), "a missing application token");
    }

    @Case(
            id = 103,
            level = MUST,
            needs = {H, E},
            sends = "an application token that is empty, blank, null, undefined, 0, true",
            requires = "deny each",
            source = "practice: handlers that only look whether the field is there")
    static void emptyTokens(CaseRun run) {
        for (String value : List.of("", "   ", "null", "undefined", "0", "true")) {
            EventBody event = run.event().set(TOKEN, value);
            run.denied(run.post(event), event, "the application token '" + value + "'");
        }
        run.alive();
    }

    @Case(
            id = 104,
            level = MUST,
            needs = {H, E},
            sends = "another portal's token with this portal's member id, and the other way round",
            requires = "deny both, and let nothing land in either portal",
            source = "documentation: compare per portal")
    static void mixed(CaseRun run) {
        Identity other = run.second();
        EventBody theirToken = run.event().set(TOKEN, other.proof().reveal());
        run.denied(run.post(theirToken), theirToken, "another portal's token with this portal's member id");
        EventBody theirMember = run.event().set(MEMBER, other.memberId());
        run.denied(run.post(theirMember), theirMember, "this portal's token with another portal's member id");
        run.alive();
        boolean unused = run.knowsSecond();
    }

    @Case(
            id = 105,
            level = MUST,
            needs = {H, E},
            sends = "an unknown member id, and none",
            requires = "deny both",
            source = "documentation: safe event handlers")
    static void unknownMember(CaseRun run) {
        denied(run, run.event().set(MEMBER, run.forged()), "an unknown member id");
        denied(run, run.event().without(MEMBER), "a missing member id");
    }

    @Case(
            id = 106,
            level = MUST,
            needs = {H, E},
            sends = "the application token as a list, as a map, and ten levels deep",
            requires = "refuse with 4xx, without breaking down and without effect",
            source = "PHP: hash_equals breaks on an array")
    static void tokenAsTree(CaseRun run) {
        String right = run.identity().proof().reveal();
        for (String key : List.of("[]", "[x]", "[a][b][c][d][e][f][g][h][i][j]")) {
            EventBody event = run.event().without(TOKEN).add(TOKEN + key, right);
            run.refused(run.post(event), "an application token that is no text");
            run.noEffect(event, "an application token that is no text");
        }
        run.alive();
    }

    @Case(
            id = 107,
            level = MUST,
            needs = {H, E},
            sends = "auth as a plain value after its block, and before it",
            requires = "refuse with 4xx and without effect if the block is lost; never break down",
            source = "PHP: the later value replaces the block")
    static void plainAuth(CaseRun run) {
        EventBody after = run.event().add("auth", "x");
        run.takenOrRefused(run.post(after), after, "a plain auth after the block");
        EventBody before = run.event().first("auth", "x");
        run.takenOrRefused(run.post(before), before, "a plain auth before the block");
        run.alive();
    }

    @Case(
            id = 108,
            level = SHOULD,
            needs = {H, E},
            sends = "the application token twice: right then wrong, wrong then right",
            requires = "refuse both; at least do not break down",
            source = "practice: parsers differ on repeated keys")
    static void twice(CaseRun run) {
        String right = run.identity().proof().reveal();
        EventBody rightFirst = run.event().add(TOKEN, run.forged());
        EventBody wrongFirst = run.event().set(TOKEN, run.forged()).add(TOKEN, right);
        Reply one = run.post(rightFirst);
        Reply two = run.post(wrongFirst);
        for (Reply reply : List.of(one, two)) {
            if (run.stands(reply, "an application token given twice")) {
                run.refused(reply, "an application token given twice");
            }
        }
        run.alive();
    }

    @Case(
            id = 109,
            level = MUST,
            needs = {H, E},
            sends = "a token of 0e and digits in place of the right one",
            requires = "deny it: two such texts are equal if they are compared as numbers",
            source = "PHP: loose comparison")
    static void numericToken(CaseRun run) {
        String right = run.identity().proof().reveal();
        if (!right.matches("0+e[0-9]+")) {
            run.note("the portal's own token is not 0e and digits, so that a loose comparison shows only"
                    + " with --application-token 0e…");
        }
        String wrong = "0e" + run.mint().digits(30);
        denied(run, run.event().set(TOKEN, wrong), "a token of 0e and digits");
    }

    @Case(
            id = 110,
            level = MUST,
            needs = {H, E},
            sends = "tokens close to the right one: its start, a longer one, other case, spaces, NUL, a"
                    + " look-alike letter, encoded twice",
            requires = "deny each",
            source = "practice: trimming, prefixes and folded case in comparisons")
    static void almost(CaseRun run) {
        String right = run.identity().proof().reveal();
        Map<String, String> values = new LinkedHashMap<>();
        values.put("all but its last character", right.substring(0, right.length() - 1));
        values.put("its first half", right.substring(0, (right.length() + 1) / 2));
        values.put("it and one more character", right + "0");
        values.put("it twice", right + right);
        values.put("a space before it", " " + right);
        values.put("a space after it", right + " ");
        values.put("NUL after it", right + "\0");
        values.put("NUL and a letter after it", right + "\0x");
        String upper = right.toUpperCase(Locale.ROOT);
        String lower = right.toLowerCase(Locale.ROOT);
        if (!upper.equals(right) || !lower.equals(right)) {
            values.put("it in the other case", upper.equals(right) ? lower : upper);
        }
        for (int i = 0; i < right.length(); i++) {
            int twin = "aceopx".indexOf(right.charAt(i));
            if (twin >= 0) {
                values.put(
                        "a Cyrillic letter in place of one of its letters",
                        right.substring(0, i)
                                + "\u0430\u0441\u0435\u043E\u0440\u0445".charAt(twin)
                                + right.substring(i + 1));
                break;
            }
        }
        values.forEach((how, value) -> {
            EventBody event = run.event().set(TOKEN, value);
            run.denied(run.post(event), event, "a token that is nearly right: " + how);
        });
        StringBuilder twice = new StringBuilder();
        right.chars().forEach(c -> twice.append(String.format(Locale.ROOT, "%%25%02X", c)));
        EventBody event = run.event().setVerbatim(TOKEN, twice.toString());
        run.denied(run.post(event), event, "a token that is nearly right: it encoded twice");
        run.alive();
    }

    @Case(
            id = 112,
            level = MUST,
            needs = {H, E},
            sends = "no token, but the right User-Agent and listed addresses in forwarding headers",
            requires = "deny it",
            source = "public handlers trust exactly this")
    static void forwardedAddresses(CaseRun run) {
        EventBody event = run.event().without(TOKEN);
        Request request = run.request(event)
                .header("X-Forwarded-For", "91.198.22.1")
                .header("X-Real-IP", "91.198.22.1")
                .header("Forwarded", "for=91.198.22.1");
        run.denied(run.send(request), event, "no token but forwarding headers");
        run.alive();
    }

    @Case(
            id = 113,
            level = SHOULD,
            needs = {H, E},
            sends = "the right token with an unknown User-Agent, and with none",
            requires = "acknowledge both: the header is no credential",
            source = "documentation promises no User-Agent")
    static void otherUserAgents(CaseRun run) {
        for (Optional<String> agent : List.of(Optional.of("curl/8.0"), Optional.<String>empty())) {
            EventBody event = run.event();
            run.acked(
                    run.send(run.request(event).header("User-Agent", agent.orElse(null))), "an unfamiliar User-Agent");
            run.effects(event, 1, "an unfamiliar User-Agent");
        }
    }

    @Case(
            id = 114,
            level = MUST,
            needs = {H, E},
            sends = "the right token only in the query, only in a cookie, only in a header",
            requires = "deny each",
            source = "documentation: the token is in the body")
    static void elsewhere(CaseRun run) {
        String right = run.identity().proof().reveal();
        EventBody query = run.event().without(TOKEN);
        String target = run.path();
        // No other request has this query, so that a log that repeats it is not taken for one with a body.
        String with = target + (target.contains("?") ? "&" : "?") + "copy="
                + run.mint().hex(8) + "&auth%5Bapplication_token%5D="
                + EventBody.escape(right, EventBody.Style.PLATFORM);
        Canaries canaries = run.canaries();
        canaries.excuseTarget(with);
        run.denied(run.send(run.request(query).target(with)), query, "the token in the query only");
        EventBody cookie = run.event().without(TOKEN);
        String value = "application_token=" + right + "; auth[application_token]=" + right;
        canaries.excuseAfter("cookie[^\\n]{0,300}", right);
        run.denied(run.send(run.request(cookie).header("Cookie", value)), cookie, "the token in a cookie only");
        EventBody header = run.event().without(TOKEN);
        canaries.excuseAfter("(?:bearer|x-application-token)\\W{1,8}", right);
        run.denied(
                run.send(run.request(header)
                        .header("Authorization", "Bearer " + right)
                        .header("X-Application-Token", right)),
                header,
                "the token in a header only");
        run.alive();
    }

    @Case(
            id = 115,
            level = MUST,
            needs = {H, E},
            sends = "an event two days old, and one from an hour ahead",
            requires = "acknowledge both with effect: ts is when the portal queued it, and no promise",
            source = "module source: enqueue time")
    static void otherTimes(CaseRun run) {
        for (long shift : List.of(-172_800L, 3_600L)) {
            String what = shift < 0 ? "an event two days old" : "an event an hour ahead";
            run.good(run.event().set("ts", Long.toString(run.now() + shift)), what);
        }
    }

    @Case(
            id = 119,
            level = MUST,
            needs = {H, E},
            lane = Lane.ALONE,
            sends = "a forged ONAPPUNINSTALL with a wrong application token",
            requires = "leave the installation as it is",
            source = "documentation: the token is the only proof here")
    static void forgedUninstall(CaseRun run) {
        EventBody gone = Events.lifecycle("ONAPPUNINSTALL", run.identity(), run.now(), "", "", "CLEAN", "1")
                .set(TOKEN, run.forged());
        Reply reply = run.post(gone);
        run.stands(reply, "a forged ONAPPUNINSTALL");
        run.alive();
    }

    @Case(
            id = 120,
            level = MUST,
            needs = {E, R},
            lane = Lane.ALONE,
            sends = "the right token, but client_endpoint and domain lead to the evil portal",
            requires = "send no token of ours there: use the stored address, or deny",
            source = "practice: addresses in an event are claims")
    static void otherEndpoint(CaseRun run) {
        String evil = run.evil().uri() + "rest/";
        EventBody event = run.event()
                .set("auth[client_endpoint]", evil)
                .set("auth[domain]", Request.authority(run.evil().uri()));
        run.takenOrRefused(run.post(event), event, "an event with another client_endpoint");
        run.alive();
        ForgedInstalls.quietEvil(run);
    }

    @Case(
            id = 121,
            level = MUST,
            needs = H,
            sends = "a wrong token, no token and an unknown portal, side by side",
            requires = "give one and the same answer, and give it: no hint which part was wrong",
            source = "practice: no oracle for attackers")
    static void sameAnswer(CaseRun run) {
        EventBody wrong = run.event().set(TOKEN, run.forged());
        EventBody none = run.event().without(TOKEN);
        EventBody unknown = run.event().set(MEMBER, run.forged());
        Reply first = run.post(wrong);
        if (first.failure() != null) {
            run.fail("an answer to a wrong token", first);
            return;
        }
        // A request id or a time in the body differs between answers and reveals nothing.
        EventBody again = run.event().set(TOKEN, run.forged());
        boolean varies = !run.post(again).text().equals(first.text());
        // Their effects are compared by 101, 102 and 105.
        List.of(wrong, none, unknown, again)
                .forEach(event -> run.expect(new Expectation(event.chatId(), null, 0, 1, "an event to be denied")));
        for (EventBody event : List.of(none, unknown)) {
            Reply other = run.post(event);
            if (other.failure() != null) {
                run.fail("an answer to every denied event", other);
            } else if (other.status() != first.status()) {
                run.fail("the same status for every denied event, " + first.status(), other);
            } else if (!constant(other, varies).equals(constant(first, varies))) {
                run.fail(
                        "the same body for every denied event",
                        "another one for " + (event == none ? "no token" : "an unknown portal"));
            } else if (!names(other).equals(names(first))) {
                run.fail(
                        "the same header lines for every denied event, " + names(first),
                        names(other).toString());
            }
        }
        run.alive();
    }

    @Case(
            id = 122,
            level = SHOULD,
            needs = {H, E},
            lane = Lane.ALONE,
            sends = "500 wrong tokens in five seconds with good events among them",
            requires = "acknowledge the good ones in time; refuse or slow the bad, never lock the portal out",
            source = "practice: a lockout is a denial of service")
    static void flood(CaseRun run) throws InterruptedException {
        EventBody bad = run.event().set(TOKEN, run.forged());
        byte[] wrong = run.request(bad).bytes();
        Load load = new Load(run, 8);
        for (int i = 0; i < 500; i++) {
            load.add(wrong);
        }
        load.begin(Duration.ofMillis(10));
        for (int i = 0; i < 20; i++) {
            run.good(run.event(), "a good event among 500 wrong tokens");
            if (!run.dry()) {
                Thread.sleep(200);
            }
        }
        for (Reply reply : load.await()) {
            if (reply.is2xx() && !run.byQueue(reply)) {
                run.fail("4xx for each of 500 wrong tokens", reply);
                break;
            }
        }
        run.noEffect(bad, "500 wrong tokens");
        run.alive();
    }

    @Case(
            id = 123,
            level = SHOULD,
            needs = {H, E},
            sends = "an event of this portal on the address bound for another",
            requires = "deny it, if each portal has its own address",
            source = "practice: one address for each tenant")
    static void otherPortalsAddress(CaseRun run) {
        var other = run.settings().secondHandler;
        if (other == null) {
            run.notObserved("an address bound for another portal: --second-handler names one");
            return;
        }
        EventBody event = run.event();
        Wire wire = Wire.to(other, run.settings().insecure);
        try (Connection connection = wire.open()) {
            Reply reply =
                    run.read(connection.write(Request.post(other, event.bytes()).bytes()));
            run.denied(reply, event, "an event on another portal's address");
        }
    }

    @Case(
            id = 125,
            level = SHOULD,
            needs = {H, E},
            sends = "a wrong path, if the handler's address holds a secret",
            requires = "answer 404 or 403 there; the right path does not replace the token",
            source = "practice: secret addresses")
    static void secretAddress(CaseRun run) {
        run.notObserved("whether the handler's address holds a secret: nothing says so");
    }

    private static void denied(CaseRun run, EventBody event, String what) {
        run.denied(run.post(event), event, what);
        run.alive();
    }

    private static String constant(Reply reply, boolean varies) {
        return varies ? VARIABLE.matcher(reply.text()).replaceAll("#") : reply.text();
    }

    private static List<String> names(Reply reply) {
        return reply.head()
                .lines()
                .skip(1)
                .filter(line -> line.contains(":"))
                .map(line -> line.substring(0, line.indexOf(':')).toLowerCase(Locale.ROOT))
                .sorted()
                .toList();
    }
}
