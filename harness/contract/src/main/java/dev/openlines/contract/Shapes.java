// SPDX-License-Identifier: Apache-2.0
package dev.openlines.contract;

import static dev.openlines.contract.Level.MUST;
import static dev.openlines.contract.Level.SHOULD;
import static dev.openlines.contract.Oracle.E;
import static dev.openlines.contract.Oracle.H;
import static dev.openlines.contract.Oracle.R;

import java.util.ArrayList;
import java.util.List;

/** Setup, good events, and the shapes of the event: 001 to 029. */
final class Shapes {

    private Shapes() {}

    @Case(
            id = 1,
            level = MUST,
            needs = {H, E},
            sends = "the event as the platform sends it, a staff user's token in it, on a new connection",
            requires = "acknowledge it and have exactly one effect with portal, chat, line and connector",
            source = "module source, captured header lines")
    static void platformsEvent(CaseRun run) {
        EventBody event = run.event();
        run.acked(run.post(event), "the platform's event");
        whole(run, event, Events.LINE, Events.CONNECTOR, "the platform's event");
    }

    @Case(
            id = 2,
            level = MUST,
            needs = {H, E, R},
            sends = "the same without any access token, as after a timer closed the chat",
            requires = "acknowledge it, have one effect, and not call the portal with a token that is not there",
            source = "module source: no user, no token")
    static void tokenless(CaseRun run) {
        EventBody event = Events.withoutTokens(run.event());
        run.acked(run.post(event), "an event without tokens");
        whole(run, event, Events.LINE, Events.CONNECTOR, "an event without tokens");
        run.alive();
        run.atEnd(() -> run.front().seen().stream()
                .filter(call -> call.head().matches("(?s).*(?:[?&]auth=(?:&| |undefined|null)|(?i:bearer) *\r\n).*"))
                .forEach(call -> run.fail("no call to the portal without a token", "a call with an empty one")));
    }

    @Case(
            id = 3,
            level = MUST,
            needs = {H, E},
            declared = Declaration.WEBHOOKS,
            sends = "the five keys of an outgoing webhook's auth block, in their own order",
            requires = "acknowledge it and have one effect",
            source = "captured requests of 2018 and 2025")
    static void outgoingWebhook(CaseRun run) {
        EventBody event = Events.withoutTokens(run.event());
        List.of("domain", "client_endpoint", "server_endpoint", "member_id", "application_token")
                .forEach(key -> event.atEnd("auth[" + key + "]"));
        run.acked(run.post(event), "an outgoing webhook's event");
        whole(run, event, Events.LINE, Events.CONNECTOR, "an outgoing webhook's event");
    }

    @Case(
            id = 4,
            level = SHOULD,
            needs = {H, E},
            sends = "the current documentation's shape: a list, a session, chat.id, user.id",
            requires = "acknowledge it and have one effect with the same chat id",
            source = "documentation of 2026")
    static void documented(CaseRun run) {
        EventBody event = Events.documented(run.event());
        run.acked(run.post(event), "the documented event");
        whole(run, event, Events.LINE, Events.CONNECTOR, "the documented event");
    }

    @Case(
            id = 5,
            level = SHOULD,
            needs = {H, E},
            sends = "the old documentation's example: the line under user, eventId, broken addresses",
            requires = "acknowledge it, have one effect, and not take the line for a visitor",
            source = "documentation of 2024 and 2025")
    static void oldDocumented(CaseRun run) {
        EventBody event = Events.oldDocumented(run.event(), run.identity());
        run.acked(run.post(event), "the event of the old documentation");
        whole(run, event, Events.LINE, Events.CONNECTOR, "the event of the old documentation");
    }

    @Case(
            id = 6,
            level = SHOULD,
            needs = {H, E},
            sends = "a list of three chats in one event",
            requires = "acknowledge it and have three effects",
            source = "documentation: the field is a list")
    static void threeChats(CaseRun run) {
        EventBody one = run.event();
        EventBody body = Events.documented(one);
        List<String> chats = new ArrayList<>(List.of(one.chatId()));
        for (int i = 1; i < 3; i++) {
            String chat = run.chat();
            chats.add(chat);
            String at = "data[DATA][" + i + "]";
            body.add(at + "[connector][connector_id]", Events.CONNECTOR)
                    .add(at + "[connector][line_id]", Events.LINE)
                    .add(at + "[connector][chat_id]", chat)
                    .add(at + "[connector][user_id]", Events.VISITOR)
                    .add(at + "[chat][id]", chat);
        }
        run.acked(run.post(body.atEnd("ts").atEnd("auth")), "an event of three chats");
        chats.forEach(chat ->
                run.expect(new Expectation(chat, run.identity().memberId(), 1, 1, "each chat of an event of three")));
    }

    @Case(
            id = 7,
            level = MUST,
            needs = {H, E},
            sends = "unknown keys at every level, an unknown status and scope, one more key at the top",
            requires = "acknowledge it and have one effect",
            source = "practice: platforms add fields")
    static void unknownKeys(CaseRun run) {
        EventBody event = run.event()
                .set("auth[status]", "Q")
                .set("auth[scope]", "imopenlines,telepathy")
                .add("data[DATA][connector][mood]", "fine")
                .add("data[DATA][weather][sky]", "blue")
                .add("data[EXTRA]", "1")
                .add("auth[trace]", "abc")
                .add("priority", "3");
        run.good(event, "an event with unknown keys");
        run.alive();
    }

    @Case(
            id = 8,
            level = MUST,
            needs = {H, E},
            sends = "without line, with a session, user_id 0, user_id absent, an empty connector code",
            requires = "acknowledge each, have one effect each, and invent nothing that is absent",
            source = "module source: null leaves the pair out, 0 for group chats")
    static void absences(CaseRun run) {
        EventBody noLine = run.event().without("data[DATA][line]");
        run.acked(run.post(noLine), "an event without line");
        whole(run, noLine, Events.LINE, Events.CONNECTOR, "an event without line");
        EventBody session = run.event()
                .add("data[DATA][session][id]", "1207")
                .add("data[DATA][session][closed]", "Y")
                .atEnd("ts")
                .atEnd("auth");
        run.good(session, "an event with a session");
        run.good(run.event().set("data[DATA][connector][user_id]", "0"), "an event with user_id 0");
        run.good(run.event().without("data[DATA][connector][user_id]"), "an event without user_id");
        EventBody noCode = run.event().set("data[DATA][connector][connector_id]", "");
        run.acked(run.post(noCode), "an event with an empty connector code");
        run.expect(new Expectation(
                        noCode.chatId(), run.identity().memberId(), 1, 1, "an event with an empty connector code")
                .with(Events.LINE, ""));
    }

    @Case(
            id = 9,
            level = MUST,
            needs = {H, E},
            sends = "the subscription's number as event_handler_id, as eventId, as event_id, and absent",
            requires = "acknowledge each and have one effect each",
            source = "captures, documentation, the PHP SDK")
    static void handlerIds(CaseRun run) {
        for (String name : List.of("event_handler_id", "eventId", "event_id")) {
            run.good(run.event().rename("event_handler_id", name), "an event with " + name);
        }
        run.good(run.event().without("event_handler_id"), "an event without a handler id");
    }

    @Case(
            id = 10,
            level = MUST,
            needs = {H, E},
            sends = "brackets raw and escaped, escapes in both cases, both spaces, keys in any order",
            requires = "acknowledge each and have the same effect",
            source = "PHP's form encoding, tests of real senders")
    static void spellings(CaseRun run) {
        List<EventBody.Style> styles = List.of(
                new EventBody.Style(true, false, false),
                new EventBody.Style(false, true, false),
                new EventBody.Style(false, false, true),
                new EventBody.Style(true, true, true));
        for (EventBody.Style style : styles) {
            EventBody event = run.event();
            run.acked(run.post(event.bytes(style)), "another spelling of the same form");
            whole(run, event, Events.LINE, Events.CONNECTOR, "another spelling of the same form");
        }
        EventBody authFirst = run.event().inFront("auth");
        run.acked(run.post(authFirst), "an event with auth first");
        whole(run, authFirst, Events.LINE, Events.CONNECTOR, "an event with auth first");
        EventBody shuffled = run.event().shuffled(run.mint().seed());
        run.acked(run.post(shuffled), "an event with its keys shuffled");
        whole(run, shuffled, Events.LINE, Events.CONNECTOR, "an event with its keys shuffled");
    }

    @Case(
            id = 11,
            level = MUST,
            needs = {H, E},
            sends = "a line named with markup, ampersands, Cyrillic, emoji, Arabic, and 255 characters",
            requires = "acknowledge each and keep the name exactly",
            source = "module source: user-entered, 255 wide")
    static void names(CaseRun run) {
        String odd = "R&D = 50 + 50 % <b>\"Линия\"</b> 'été' \uD83D\uDE00 \u0645\u0631\u062D\u0628\u0627";
        named(run, odd);
        named(run, "Поддержка ".repeat(26).substring(0, 255));
    }

    @Case(
            id = 12,
            level = SHOULD,
            needs = {H, E},
            sends = "a line name in bytes that are no UTF-8: FF FE, and CP1251",
            requires = "acknowledge it and have one effect; the bytes may be replaced, the handler must not break",
            source = "practice: invalid bytes pass through PHP")
    static void invalidUtf8(CaseRun run) {
        for (String raw : List.of("%FF%FE", "%CF%EE%E4%E4%E5%F0%E6%EA%E0")) {
            run.good(run.event().setVerbatim("data[DATA][line][name]", raw), "a line name that is no UTF-8");
        }
        run.alive();
    }

    @Case(
            id = 13,
            level = MUST,
            needs = {H, E},
            sends = "chat ids above 2^31 and 2^53, with leading zeros, and of nineteen digits",
            requires = "acknowledge each and keep the number exactly; leading zeros may go",
            source = "module source: ids are text on the wire")
    static void bigIds(CaseRun run) {
        long own = run.mint().chat();
        List<String> ids = List.of(
                Long.toString((1L << 31) + own),
                Long.toString((1L << 53) + own * 2 + 1),
                "000" + own,
                Long.toString(9_000_000_000_000_000_001L + own * 10));
        for (String id : ids) {
            String what = "a chat id of " + id.length() + " digits" + (id.startsWith("0") ? ", zeros first" : "");
            EventBody event = run.event(run.identity(), id);
            run.acked(run.post(event), what);
            run.effects(event, 1, what + " (" + id + ")");
        }
        run.alive();
    }

    @Case(
            id = 14,
            level = SHOULD,
            needs = {H, E},
            sends = "the event's name in mixed case",
            requires = "acknowledge it and have one effect",
            source = "module source: names are case-insensitive when bound")
    static void mixedCase(CaseRun run) {
        run.good(run.event().set("event", "OnSessionFinish"), "OnSessionFinish");
    }

    @Case(
            id = 15,
            level = MUST,
            needs = {H, E},
            sends = "other events on the same address: start, message, connector's finish, CRM, unknown",
            requires = "answer 2xx, have no effect of a finish, and not take them for an attack",
            source = "documentation: one address may serve many events")
    static void otherEvents(CaseRun run) {
        for (String name : List.of(
                "ONSESSIONSTART",
                "ONIMCONNECTORDIALOGFINISH",
                "ONOPENLINEMESSAGEADD",
                "ONCRMDEALADD",
                "ONSOMETHINGNEW")) {
            EventBody event = run.event().set("event", name);
            if (name.equals("ONCRMDEALADD")) {
                event.without("data")
                        .add("data[FIELDS][ID]", event.chatId())
                        .atEnd("ts")
                        .atEnd("auth");
            } else if (name.equals("ONOPENLINEMESSAGEADD")) {
                event.add("data[DATA][message][id]", "5")
                        .add("data[DATA][message][chat_id]", event.chatId())
                        .add("data[DATA][message][text]", "hello")
                        .atEnd("ts")
                        .atEnd("auth");
            } else if (name.equals("ONIMCONNECTORDIALOGFINISH")) {
                event = Events.documented(event)
                        .add("data[CONNECTOR]", Events.CONNECTOR)
                        .add("data[LINE]", Events.LINE)
                        .atEnd("ts")
                        .atEnd("auth");
            }
            Reply reply = run.post(event);
            if (!reply.is2xx()) {
                run.fail("status 2xx for " + name, reply);
            }
            run.noEffect(event, name);
        }
        run.alive();
    }

    @Case(
            id = 18,
            level = SHOULD,
            needs = {H, E},
            sends = "ONAPPTEST with a tree under QUERY",
            requires = "answer 2xx without an effect of a finish",
            source = "module source: event.test")
    static void applicationTest(CaseRun run) {
        EventBody test = Events.lifecycle("ONAPPTEST", run.identity(), run.now(), run.token(), "", "QUERY][a][b", "1")
                .add("data[QUERY][chat_id]", run.chat());
        Reply reply = run.post(test);
        if (!reply.is2xx()) {
            run.fail("status 2xx for ONAPPTEST", reply);
        }
        run.noEffect(test.value("data[QUERY][chat_id]"), "ONAPPTEST");
        run.alive();
    }

    @Case(
            id = 23,
            level = MUST,
            needs = {E, R},
            sends = "events without a refresh token, as is normal, and with one, as the documentation shows",
            requires = "never replace a stored refresh token by nothing, nor use the event's one-off token",
            source = "module source: this event carries none")
    static void refreshToken(CaseRun run) {
        String oneOff = run.secret("refresh_token", 70);
        run.good(run.event(), "an event without a refresh token");
        run.good(run.event().set("auth[refresh_token]", oneOff), "an event with a refresh token");
        run.good(run.event().set("auth[refresh_token]", ""), "an event with an empty refresh token");
        run.atEnd(() -> run.front().seen().stream()
                .filter(call -> call.text().contains(oneOff))
                .forEach(call -> run.fail(
                        "no use of an event's one-off refresh token",
                        call.line().split("\\?", 2)[0])));
    }

    @Case(
            id = 24,
            level = SHOULD,
            needs = H,
            lane = Lane.LONG,
            sends = "the first event after five idle minutes",
            requires = "acknowledge it in time",
            source = "practice: pools and connections go stale")
    static void afterIdleMinutes(CaseRun run) throws InterruptedException {
        if (!run.settings().slow && !run.dry()) {
            run.notObserved("five idle minutes: --slow waits for them");
            return;
        }
        run.good(run.event(), "an event before the pause");
        if (!run.dry()) {
            Thread.sleep(300_000);
        }
        run.good(run.event(), "the first event after five idle minutes");
    }

    /** Expects one effect that names portal, line and connector. */
    private static void whole(CaseRun run, EventBody event, String line, String connector, String what) {
        run.expect(new Expectation(event.chatId(), run.identity().memberId(), 1, 1, what).with(line, connector));
    }

    private static void named(CaseRun run, String name) {
        EventBody event = run.event().set("data[DATA][line][name]", name);
        run.acked(run.post(event), "a line name of " + name.length() + " characters");
        run.expect(new Expectation(event.chatId(), run.identity().memberId(), 1, 1, "a line with such a name")
                .named(name));
    }
}
