// SPDX-License-Identifier: Apache-2.0
package dev.openlines.contract;

import static dev.openlines.contract.Level.MUST;
import static dev.openlines.contract.Oracle.C;
import static dev.openlines.contract.Oracle.E;
import static dev.openlines.contract.Oracle.H;
import static dev.openlines.contract.Oracle.R;

import dev.openlines.portal.Portal;
import dev.openlines.portal.PortalChat;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Reconciling: 901 to 919. The handler compares the closed sessions that the portal lists with the events that came,
 * when it starts. The suite closes chats on the simulated portal, sends some of their events, and starts the handler
 * again when all closes are ten minutes old by the portal's clock.
 */
final class Reconciling {

    private static final String METHOD = "imopenlines.v2.session.list";

    private static final Duration STOP = Duration.ofSeconds(30);

    /** The age of closes, longer than the wait of any handler for an event. */
    private static final Duration OLD = Duration.ofMinutes(10);

    private Reconciling() {}

    @Case(
            id = 901,
            level = MUST,
            needs = {E, R, C},
            profile = Profile.RECONCILE,
            lane = Lane.PROCESS,
            sends = "no event of a chat that was closed while the handler was stopped; a start",
            requires = "find the close in the portal's list of sessions and have one effect of it",
            source = "documentation: imopenlines.v2.Session.list; events are sent once")
    static void closedWhileDown(CaseRun run) throws InterruptedException {
        HandlerProcess process = Resilience.process(run);
        if (process == null && !run.dry()) {
            return;
        }
        stop(process);
        String chat = close(run).chatId();
        run.expect(new Expectation(
                chat, run.identity().memberId(), 1, 1, "a chat that was closed while the handler was stopped"));
        restart(run, process, true);
        run.alive();
    }

    @Case(
            id = 902,
            level = MUST,
            needs = {H, E, R, C},
            profile = Profile.RECONCILE,
            lane = Lane.PROCESS,
            sends = "events of three chats, whose closes the portal lists too; two starts",
            requires = "have one effect of each",
            source = "documentation: imopenlines.v2.Session.list")
    static void listedToo(CaseRun run) throws InterruptedException {
        HandlerProcess process = Resilience.process(run);
        if (process == null && !run.dry()) {
            return;
        }
        List<EventBody> events = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            EventBody event = close(run);
            events.add(event);
            run.acked(run.post(event), "the event of a chat that the portal lists as closed");
        }
        for (int i = 0; i < 2; i++) {
            stop(process);
            if (!restart(run, process, false)) {
                return;
            }
        }
        // The time when the last comparison should have ended.
        EventBody last = run.event();
        run.good(last, "the good event afterwards");
        await(run, last.chatId());
        events.forEach(event -> run.effects(event, 1, "an event whose close the portal lists too"));
    }

    @Case(
            id = 903,
            level = MUST,
            needs = {H, E, R, C},
            profile = Profile.RECONCILE,
            lane = Lane.PROCESS,
            sends = "the event of a close that the handler has found in the list, late",
            requires = "acknowledge it and have no second effect",
            source = "practice: an event may wait in the platform or a proxy")
    static void lateEvent(CaseRun run) throws InterruptedException {
        HandlerProcess process = Resilience.process(run);
        if (process == null && !run.dry()) {
            return;
        }
        stop(process);
        EventBody late = close(run);
        if (!restart(run, process, false)) {
            return;
        }
        if (!await(run, late.chatId())) {
            run.notObserved("a close that the handler has found in the portal's list: see 901");
            return;
        }
        run.good(late, "the event of a close that was found before");
        run.alive();
    }

    /**
     * Closes a chat on the portal, which sends no event itself. Returns the event that the platform would have sent.
     */
    private static EventBody close(CaseRun run) {
        Portal portal = run.portal();
        if (portal == null) {
            return run.event();
        }
        PortalChat chat = portal.openLine(Events.LINE_NAME).openChat();
        chat.customerWrites("hello");
        var unused = chat.close();
        return run.event(run.identity(), Long.toString(chat.id()))
                .set("ts", Long.toString(portal.clock().instant().getEpochSecond()));
    }

    private static void stop(@Nullable HandlerProcess process) throws InterruptedException {
        if (process != null) {
            process.stop(STOP);
        }
    }

    /**
     * Starts the handler when all closes are old, and waits until it has asked for sessions. Returns false if it does
     * not ask.
     */
    private static boolean restart(CaseRun run, @Nullable HandlerProcess process, boolean must)
            throws InterruptedException {
        Portal portal = run.portal();
        if (process == null || portal == null) {
            return run.dry();
        }
        portal.clock().advance(OLD);
        long before = asked(run);
        if (!Resilience.restart(run, process)) {
            return false;
        }
        Duration settle = run.settings().settle;
        if (!run.effects().await(() -> asked(run) > before, settle)) {
            String what = "a call of imopenlines.v2.Session.list within " + settle.toSeconds() + " s of the start";
            if (must) {
                run.fail(what, "none: {WEBHOOK_URL} in --handler-cmd is the portal's address for it");
            } else {
                run.notObserved(what);
            }
            return false;
        }
        return true;
    }

    private static long asked(CaseRun run) {
        return run.front().seen().stream()
                .filter(call -> call.line().toLowerCase(Locale.ROOT).contains(METHOD))
                .count();
    }

    /** Waits for the effect of a chat. */
    private static boolean await(CaseRun run, String chat) throws InterruptedException {
        EffectBook effects = run.effects();
        return run.dry() || effects.await(() -> !effects.of(chat).isEmpty(), run.settings().settle);
    }
}
